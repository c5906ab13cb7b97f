/* The call machine against a recorder: every port writes one letter, the test reads the string. */
#include "lib/base/err.h"
#include "worker/proxy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

struct recorder {
    struct proxy proxy;
    char calls[64];
    size_t len;
    unsigned attempts_left; /* after the first */
    bool pauses;            /* before each attempt but the first */
    int start_err;
    enum attempt_result peeked;
    int error; /* of what stands, instead of what is told by default */
    enum attempt_result reported;
    int complete_err;
    enum proxy_taken taken;
    enum proxy_outcome outcome;
    int err;
    unsigned finished;
};

static void record(void *ctx, char what)
{
    struct recorder *recorder = ctx;

    assert_true(recorder->len < sizeof(recorder->calls) - 1);
    recorder->calls[recorder->len++] = what;
    recorder->calls[recorder->len] = '\0';
}

static int upstream_next(void *ctx, enum attempt_result result)
{
    struct recorder *recorder = ctx;

    recorder->reported = result;
    if (result == ATTEMPT_OPEN)
        return 0;
    record(ctx, 'n');
    if (recorder->attempts_left == 0)
        return ERR_NOT_FOUND;
    recorder->attempts_left--;
    return recorder->pauses ? ERR_AGAIN : 0;
}

static int upstream_start(void *ctx)
{
    record(ctx, 's');
    return ((struct recorder *)ctx)->start_err;
}

static void upstream_resume(void *ctx)
{
    record(ctx, 'r');
}

static void upstream_abort(void *ctx)
{
    record(ctx, 'a');
}

static enum attempt_result client_peek(void *ctx, struct span bytes, bool last)
{
    struct recorder *recorder = ctx;

    (void)bytes;
    assert_false(last && recorder->peeked == ATTEMPT_OPEN);
    if (recorder->peeked == ATTEMPT_OPEN)
        record(ctx, 'k');
    return recorder->peeked;
}

static int client_error(void *ctx, enum attempt_result result)
{
    struct recorder *recorder = ctx;

    return recorder->error != 0 ? recorder->error : proxy_error_of(result);
}

static enum proxy_taken client_comment(void *ctx)
{
    record(ctx, '.');
    return ((struct recorder *)ctx)->taken;
}

static enum proxy_taken client_begin(void *ctx, struct span bytes)
{
    record(ctx, bytes.len > 0 ? 'h' : 'e');
    return ((struct recorder *)ctx)->taken;
}

static enum proxy_taken client_more(void *ctx, struct span bytes)
{
    (void)bytes;
    record(ctx, 'b');
    return ((struct recorder *)ctx)->taken;
}

static int client_complete(void *ctx, int err)
{
    record(ctx, 'c');
    return err != 0 ? err : ((struct recorder *)ctx)->complete_err;
}

static void finished(void *ctx, enum proxy_outcome outcome, int err)
{
    struct recorder *recorder = ctx;

    record(ctx, 'f');
    recorder->finished++;
    recorder->outcome = outcome;
    recorder->err = err;
}

static const struct proxy_ports ports = {
    .upstream_next = upstream_next,
    .client_peek = client_peek,
    .client_error = client_error,
    .client_comment = client_comment,
    .upstream_start = upstream_start,
    .upstream_resume = upstream_resume,
    .upstream_abort = upstream_abort,
    .client_begin = client_begin,
    .client_more = client_more,
    .client_complete = client_complete,
    .finished = finished,
};

static void begin(struct recorder *recorder)
{
    *recorder = (struct recorder){.taken = PROXY_TAKEN, .peeked = ATTEMPT_ANSWERED};
    proxy_init(&recorder->proxy, &ports, recorder);
}

static void begin_streaming(struct recorder *recorder)
{
    begin(recorder);
    proxy_admit(&recorder->proxy);
    assert_true(proxy_on_upstream_head(&recorder->proxy, 200));
    assert_int_equal(proxy_on_upstream_body(&recorder->proxy, SPAN("x")), PROXY_GO_ON);
}

static void check(const struct recorder *recorder, const char *calls, enum proxy_outcome outcome,
                  int err)
{
    assert_string_equal(recorder->calls, calls);
    assert_int_equal(recorder->finished, 1);
    assert_int_equal(recorder->outcome, outcome);
    assert_int_equal(recorder->err, err);
    assert_int_equal(recorder->proxy.state, PROXY_FINISHED);
}

static void a_plain_call_completes(void **state)
{
    struct recorder recorder;

    (void)state;
    begin_streaming(&recorder);
    assert_int_equal(proxy_on_upstream_body(&recorder.proxy, SPAN("y")), PROXY_GO_ON);
    proxy_on_upstream_end(&recorder.proxy, 0);
    check(&recorder, "shbcf", PROXY_COMPLETE, 0);
}

static void a_refusal_never_touches_the_upstream(void **state)
{
    struct recorder recorder;

    (void)state;
    begin(&recorder);
    proxy_refuse(&recorder.proxy, ERR_NOT_GRANTED);
    check(&recorder, "f", PROXY_FAILED, ERR_NOT_GRANTED);
}

static void an_upstream_that_cannot_be_started_fails_the_call(void **state)
{
    struct recorder recorder;

    (void)state;
    begin(&recorder);
    recorder.start_err = ERR_TOO_MANY_CALLS;
    proxy_admit(&recorder.proxy);
    check(&recorder, "sf", PROXY_FAILED, ERR_TOO_MANY_CALLS);
}

static void begin_waiting(struct recorder *recorder, unsigned attempts_left)
{
    begin(recorder);
    recorder->attempts_left = attempts_left;
    proxy_admit(&recorder->proxy);
    assert_int_equal(recorder->proxy.state, PROXY_WAITING);
}

static void what_an_upstream_says_of_us_is_a_502_of_ours(void **state)
{
    static const struct {
        int status;
        int err;
    } rows[] = {
        {401, ERR_UPSTREAM_AUTH},
        {403, ERR_UPSTREAM_AUTH},
        {404, ERR_UPSTREAM_MODEL},
        {302, ERR_UPSTREAM_PROTOCOL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct recorder recorder;

        begin_waiting(&recorder, 0);
        assert_false(proxy_on_upstream_head(&recorder.proxy, rows[i].status));
        check(&recorder, "snaf", PROXY_FAILED, rows[i].err);
        assert_int_equal(err_http_status(recorder.err), 502);
    }
}

static void a_failed_status_moves_on_and_the_next_answer_counts(void **state)
{
    static const int statuses[] = {401, 403, 404, 408, 409, 425, 429, 500, 502, 503, 529};

    (void)state;
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        struct recorder recorder;

        begin_waiting(&recorder, 1);
        assert_false(proxy_on_upstream_head(&recorder.proxy, statuses[i]));
        assert_true(proxy_on_upstream_head(&recorder.proxy, 200));
        assert_int_equal(proxy_on_upstream_body(&recorder.proxy, SPAN("x")), PROXY_GO_ON);
        proxy_on_upstream_end(&recorder.proxy, 0);
        check(&recorder, "snashcf", PROXY_COMPLETE, 0);
    }
}

static void what_the_client_did_wrong_goes_through_at_once(void **state)
{
    static const int statuses[] = {400, 413, 422};

    (void)state;
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        struct recorder recorder;

        begin_waiting(&recorder, 1);
        recorder.peeked = ATTEMPT_ERROR_BODY;
        assert_true(proxy_on_upstream_head(&recorder.proxy, statuses[i]));
        assert_int_equal(proxy_on_upstream_body(&recorder.proxy, SPAN("x")), PROXY_GO_ON);
        proxy_on_upstream_end(&recorder.proxy, 0);
        check(&recorder, "shcf", PROXY_COMPLETE, 0);
    }
}

static void the_last_failure_goes_through_as_the_upstream_said_it(void **state)
{
    struct recorder recorder;

    (void)state;
    begin_waiting(&recorder, 1);
    assert_false(proxy_on_upstream_head(&recorder.proxy, 500));
    assert_true(proxy_on_upstream_head(&recorder.proxy, 503));
    recorder.peeked = ATTEMPT_ERROR_BODY;
    assert_int_equal(proxy_on_upstream_body(&recorder.proxy, SPAN("x")), PROXY_GO_ON);
    proxy_on_upstream_end(&recorder.proxy, 0);
    check(&recorder, "snasnhcf", PROXY_COMPLETE, 0);
}

static void a_failed_transfer_moves_on(void **state)
{
    static const struct {
        int err;
        enum attempt_result result;
    } rows[] = {
        {ERR_UPSTREAM_CONNECT, ATTEMPT_CONNECT}, {ERR_UPSTREAM_RESOLVE, ATTEMPT_RESOLVE},
        {ERR_UPSTREAM_TLS, ATTEMPT_TLS},         {ERR_UPSTREAM_CUT, ATTEMPT_CUT},
        {ERR_UPSTREAM_TIMEOUT, ATTEMPT_TIMEOUT}, {ERR_UPSTREAM_PROTOCOL, ATTEMPT_MALFORMED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct recorder recorder;

        begin_waiting(&recorder, 1);
        proxy_on_upstream_end(&recorder.proxy, rows[i].err);
        assert_int_equal(recorder.reported, rows[i].result);
        proxy_on_upstream_end(&recorder.proxy, rows[i].err);
        check(&recorder, "snasnf", PROXY_FAILED, rows[i].err);
    }
}

static void what_stands_and_cannot_be_passed_on_is_an_error_of_ours(void **state)
{
    struct recorder recorder;

    (void)state;
    /* A refusal that is held back until it is whole. */
    begin_waiting(&recorder, 1);
    recorder.error = ERR_UPSTREAM_REJECTED;
    assert_true(proxy_on_upstream_head(&recorder.proxy, 422));
    recorder.peeked = ATTEMPT_OPEN;
    assert_int_equal(proxy_on_upstream_body(&recorder.proxy, SPAN("x")), PROXY_GO_ON);
    recorder.peeked = ATTEMPT_ANSWERED;
    proxy_on_upstream_end(&recorder.proxy, 0);
    check(&recorder, "skaf", PROXY_FAILED, ERR_UPSTREAM_REJECTED);
    /* An answer that cannot be read, and nothing is left to try. */
    begin_waiting(&recorder, 0);
    recorder.peeked = ATTEMPT_MALFORMED;
    assert_true(proxy_on_upstream_head(&recorder.proxy, 200));
    assert_int_equal(proxy_on_upstream_body(&recorder.proxy, SPAN("x")), PROXY_STOP);
    check(&recorder, "snaf", PROXY_FAILED, ERR_UPSTREAM_PROTOCOL);
    /* At its end it may still move on. */
    begin_waiting(&recorder, 1);
    recorder.peeked = ATTEMPT_MALFORMED;
    assert_true(proxy_on_upstream_head(&recorder.proxy, 200));
    proxy_on_upstream_end(&recorder.proxy, 0);
    assert_int_equal(recorder.reported, ATTEMPT_MALFORMED);
    assert_int_equal(recorder.proxy.state, PROXY_WAITING);
}

static void an_answer_that_cannot_go_on_ends_truncated(void **state)
{
    struct recorder recorder;

    (void)state;
    begin_streaming(&recorder);
    recorder.taken = PROXY_BROKEN;
    assert_int_equal(proxy_on_upstream_body(&recorder.proxy, SPAN("y")), PROXY_STOP);
    check(&recorder, "shbaf", PROXY_TRUNCATED, ERR_UPSTREAM_PROTOCOL);
    begin_waiting(&recorder, 1);
    recorder.taken = PROXY_BROKEN;
    assert_true(proxy_on_upstream_head(&recorder.proxy, 200));
    proxy_on_upstream_end(&recorder.proxy, 0);
    check(&recorder, "seaf", PROXY_TRUNCATED, ERR_UPSTREAM_PROTOCOL);
}

static void an_attempt_that_cannot_begin_moves_on(void **state)
{
    struct recorder recorder;

    (void)state;
    begin(&recorder);
    recorder.attempts_left = 2;
    recorder.start_err = ERR_UPSTREAM_AUTH_PENDING;
    proxy_admit(&recorder.proxy);
    assert_int_equal(recorder.reported, ATTEMPT_PENDING);
    check(&recorder, "snsnsnf", PROXY_FAILED, ERR_UPSTREAM_AUTH_PENDING);
}

static void an_attempt_that_cannot_begin_may_wait_for_the_next(void **state)
{
    struct recorder recorder;

    (void)state;
    begin(&recorder);
    recorder.attempts_left = 1;
    recorder.pauses = true;
    recorder.start_err = ERR_UPSTREAM_AUTH_PENDING;
    proxy_admit(&recorder.proxy);
    assert_int_equal(recorder.proxy.state, PROXY_ADMITTED);
    recorder.start_err = 0;
    proxy_on_due(&recorder.proxy);
    assert_int_equal(recorder.proxy.state, PROXY_WAITING);
    assert_true(proxy_on_upstream_head(&recorder.proxy, 200));
    assert_int_equal(proxy_on_upstream_body(&recorder.proxy, SPAN("x")), PROXY_GO_ON);
    proxy_on_upstream_end(&recorder.proxy, 0);
    check(&recorder, "snshcf", PROXY_COMPLETE, 0);
}

static void an_error_in_an_answers_clothes_moves_on(void **state)
{
    struct recorder recorder;

    (void)state;
    begin_waiting(&recorder, 1);
    assert_true(proxy_on_upstream_head(&recorder.proxy, 200));
    recorder.peeked = ATTEMPT_ERROR_BODY;
    assert_int_equal(proxy_on_upstream_body(&recorder.proxy, SPAN("x")), PROXY_STOP);
    assert_int_equal(recorder.reported, ATTEMPT_ERROR_BODY);
    /* The second one errs too, and nothing is left: it goes through. */
    assert_true(proxy_on_upstream_head(&recorder.proxy, 200));
    assert_int_equal(proxy_on_upstream_body(&recorder.proxy, SPAN("x")), PROXY_GO_ON);
    proxy_on_upstream_end(&recorder.proxy, 0);
    check(&recorder, "snasnhcf", PROXY_COMPLETE, 0);
}

static void the_head_is_held_back_until_the_answer_shows(void **state)
{
    struct recorder recorder;

    (void)state;
    begin_waiting(&recorder, 1);
    assert_true(proxy_on_upstream_head(&recorder.proxy, 200));
    recorder.peeked = ATTEMPT_OPEN;
    assert_int_equal(proxy_on_upstream_body(&recorder.proxy, SPAN("x")), PROXY_GO_ON);
    assert_int_equal(recorder.proxy.state, PROXY_WAITING);
    /* Cut while it is held back: the client never saw it. */
    proxy_on_upstream_end(&recorder.proxy, ERR_UPSTREAM_CUT);
    assert_int_equal(recorder.proxy.state, PROXY_WAITING);
    recorder.peeked = ATTEMPT_ANSWERED;
    assert_int_equal(proxy_on_upstream_body(&recorder.proxy, SPAN("x")), PROXY_GO_ON);
    proxy_on_upstream_end(&recorder.proxy, 0);
    check(&recorder, "sknashcf", PROXY_COMPLETE, 0);
}

static void an_attempt_waits_for_its_pause(void **state)
{
    struct recorder recorder;

    (void)state;
    begin_waiting(&recorder, 1);
    recorder.pauses = true;
    assert_false(proxy_on_upstream_head(&recorder.proxy, 503));
    assert_int_equal(recorder.proxy.state, PROXY_ADMITTED);
    assert_string_equal(recorder.calls, "sna");
    proxy_on_silence(&recorder.proxy);
    proxy_on_due(&recorder.proxy);
    assert_int_equal(recorder.proxy.state, PROXY_WAITING);
    proxy_on_due(&recorder.proxy);
    assert_string_equal(recorder.calls, "snas");
    proxy_on_client_gone(&recorder.proxy, ERR_CLIENT_GONE);
    check(&recorder, "snasaf", PROXY_CLIENT_GONE, ERR_CLIENT_GONE);
}

static void an_attempt_that_cannot_be_started_ends_the_call(void **state)
{
    struct recorder recorder;

    (void)state;
    begin_waiting(&recorder, 1);
    recorder.start_err = ERR_NO_MEMORY;
    assert_false(proxy_on_upstream_head(&recorder.proxy, 503));
    check(&recorder, "snasf", PROXY_FAILED, ERR_NO_MEMORY);
}

static void silence_is_filled_with_comments(void **state)
{
    struct recorder recorder;

    (void)state;
    begin_streaming(&recorder);
    proxy_on_silence(&recorder.proxy);
    assert_string_equal(recorder.calls, "sh.");
    recorder.taken = PROXY_TAKEN_FULL;
    proxy_on_silence(&recorder.proxy);
    assert_int_equal(recorder.proxy.state, PROXY_HELD);
    /* A client that does not read needs none. */
    proxy_on_silence(&recorder.proxy);
    assert_string_equal(recorder.calls, "sh..");
    recorder.taken = PROXY_NOT_TAKEN;
    proxy_on_client_sent(&recorder.proxy);
    proxy_on_silence(&recorder.proxy);
    check(&recorder, "sh..r.af", PROXY_CLIENT_GONE, ERR_CLIENT_GONE);
}

static void long_silence_lets_a_held_head_go(void **state)
{
    struct recorder recorder;

    (void)state;
    begin_waiting(&recorder, 1);
    assert_true(proxy_on_upstream_head(&recorder.proxy, 200));
    proxy_on_silence(&recorder.proxy);
    assert_int_equal(recorder.proxy.state, PROXY_STREAMING);
    proxy_on_upstream_end(&recorder.proxy, ERR_UPSTREAM_CUT);
    check(&recorder, "secf", PROXY_TRUNCATED, ERR_UPSTREAM_CUT);
}

static void an_upstream_that_ends_before_its_first_byte_fails_the_call(void **state)
{
    struct recorder recorder;

    (void)state;
    begin(&recorder);
    proxy_admit(&recorder.proxy);
    proxy_on_upstream_end(&recorder.proxy, ERR_UPSTREAM_CONNECT);
    check(&recorder, "snf", PROXY_FAILED, ERR_UPSTREAM_CONNECT);
}

static void an_answer_without_a_body_gets_its_head(void **state)
{
    struct recorder recorder;

    (void)state;
    begin(&recorder);
    proxy_admit(&recorder.proxy);
    assert_true(proxy_on_upstream_head(&recorder.proxy, 200));
    proxy_on_upstream_end(&recorder.proxy, 0);
    check(&recorder, "secf", PROXY_COMPLETE, 0);
}

static void an_answer_that_is_cut_is_truncated_and_never_complete(void **state)
{
    struct recorder recorder;

    (void)state;
    begin_streaming(&recorder);
    proxy_on_upstream_end(&recorder.proxy, ERR_UPSTREAM_CUT);
    check(&recorder, "shcf", PROXY_TRUNCATED, ERR_UPSTREAM_CUT);
}

static void an_answer_without_its_terminator_is_truncated(void **state)
{
    struct recorder recorder;

    (void)state;
    begin_streaming(&recorder);
    recorder.complete_err = ERR_UPSTREAM_CUT;
    proxy_on_upstream_end(&recorder.proxy, 0);
    check(&recorder, "shcf", PROXY_TRUNCATED, ERR_UPSTREAM_CUT);
}

static void a_slow_client_holds_the_upstream_until_it_has_read(void **state)
{
    struct recorder recorder;

    (void)state;
    begin_streaming(&recorder);
    recorder.taken = PROXY_TAKEN_FULL;
    assert_int_equal(proxy_on_upstream_body(&recorder.proxy, SPAN("y")), PROXY_GO_ON);
    assert_int_equal(recorder.proxy.state, PROXY_HELD);
    assert_int_equal(proxy_on_upstream_body(&recorder.proxy, SPAN("z")), PROXY_PAUSE);
    recorder.taken = PROXY_TAKEN;
    proxy_on_client_sent(&recorder.proxy);
    assert_int_equal(recorder.proxy.state, PROXY_STREAMING);
    assert_int_equal(proxy_on_upstream_body(&recorder.proxy, SPAN("z")), PROXY_GO_ON);
    proxy_on_upstream_end(&recorder.proxy, 0);
    check(&recorder, "shbrbcf", PROXY_COMPLETE, 0);
}

static void what_was_sent_while_not_held_changes_nothing(void **state)
{
    struct recorder recorder;

    (void)state;
    begin_streaming(&recorder);
    proxy_on_client_sent(&recorder.proxy);
    assert_int_equal(recorder.proxy.state, PROXY_STREAMING);
    assert_string_equal(recorder.calls, "sh");
}

static void a_held_call_may_end(void **state)
{
    struct recorder recorder;

    (void)state;
    begin_streaming(&recorder);
    recorder.taken = PROXY_TAKEN_FULL;
    proxy_on_upstream_body(&recorder.proxy, SPAN("y"));
    proxy_on_upstream_end(&recorder.proxy, 0);
    check(&recorder, "shbcf", PROXY_COMPLETE, 0);
}

static void a_client_that_leaves_ends_the_upstream_in_every_state(void **state)
{
    struct recorder recorder;

    (void)state;
    begin(&recorder);
    proxy_on_client_gone(&recorder.proxy, ERR_CLIENT_GONE);
    check(&recorder, "f", PROXY_CLIENT_GONE, ERR_CLIENT_GONE);

    begin(&recorder);
    proxy_admit(&recorder.proxy);
    proxy_on_client_gone(&recorder.proxy, ERR_CLIENT_GONE);
    check(&recorder, "saf", PROXY_CLIENT_GONE, ERR_CLIENT_GONE);

    begin_streaming(&recorder);
    proxy_on_client_gone(&recorder.proxy, ERR_CLIENT_SLOW);
    check(&recorder, "shaf", PROXY_CLIENT_GONE, ERR_CLIENT_SLOW);

    begin_streaming(&recorder);
    recorder.taken = PROXY_TAKEN_FULL;
    proxy_on_upstream_body(&recorder.proxy, SPAN("y"));
    proxy_on_client_gone(&recorder.proxy, ERR_CLIENT_GONE);
    check(&recorder, "shbaf", PROXY_CLIENT_GONE, ERR_CLIENT_GONE);
}

static void a_client_that_is_found_gone_by_a_write_stops_the_upstream(void **state)
{
    struct recorder recorder;

    (void)state;
    begin_streaming(&recorder);
    recorder.taken = PROXY_NOT_TAKEN;
    assert_int_equal(proxy_on_upstream_body(&recorder.proxy, SPAN("y")), PROXY_STOP);
    check(&recorder, "shbaf", PROXY_CLIENT_GONE, ERR_CLIENT_GONE);
}

static void begin_held(struct recorder *recorder)
{
    begin_streaming(recorder);
    recorder->taken = PROXY_TAKEN_FULL;
    assert_int_equal(proxy_on_upstream_body(&recorder->proxy, SPAN("y")), PROXY_GO_ON);
    assert_int_equal(recorder->proxy.state, PROXY_HELD);
}

static void begin_pausing(struct recorder *recorder)
{
    begin_waiting(recorder, 1);
    recorder->pauses = true;
    assert_false(proxy_on_upstream_head(&recorder->proxy, 503));
    assert_int_equal(recorder->proxy.state, PROXY_ADMITTED);
}

static void begin_unanswered(struct recorder *recorder)
{
    begin_waiting(recorder, 3);
}

/* Bytes have come, and are held back. */
static void begin_peeking(struct recorder *recorder)
{
    begin_waiting(recorder, 3);
    recorder->peeked = ATTEMPT_OPEN;
    assert_true(proxy_on_upstream_head(&recorder->proxy, 200));
    assert_int_equal(proxy_on_upstream_body(&recorder->proxy, SPAN("x")), PROXY_GO_ON);
    assert_int_equal(recorder->proxy.state, PROXY_WAITING);
}

static void the_gateway_ends_a_call_in_every_state(void **state)
{
    static const struct {
        void (*begin)(struct recorder *recorder);
        const char *calls;
        enum proxy_outcome outcome;
    } rows[] = {
        {begin, "f", PROXY_FAILED},
        {begin_pausing, "snaaf", PROXY_FAILED},
        {begin_unanswered, "saf", PROXY_FAILED},
        {begin_peeking, "skaf", PROXY_FAILED},
        {begin_streaming, "shaf", PROXY_TRUNCATED},
        {begin_held, "shbaf", PROXY_TRUNCATED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct recorder recorder;

        rows[i].begin(&recorder);
        proxy_end(&recorder.proxy, ERR_KEY_REVOKED);
        check(&recorder, rows[i].calls, rows[i].outcome, ERR_KEY_REVOKED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_call_completes),
        cmocka_unit_test(a_refusal_never_touches_the_upstream),
        cmocka_unit_test(an_upstream_that_cannot_be_started_fails_the_call),
        cmocka_unit_test(what_an_upstream_says_of_us_is_a_502_of_ours),
        cmocka_unit_test(a_failed_status_moves_on_and_the_next_answer_counts),
        cmocka_unit_test(what_the_client_did_wrong_goes_through_at_once),
        cmocka_unit_test(the_last_failure_goes_through_as_the_upstream_said_it),
        cmocka_unit_test(a_failed_transfer_moves_on),
        cmocka_unit_test(what_stands_and_cannot_be_passed_on_is_an_error_of_ours),
        cmocka_unit_test(an_answer_that_cannot_go_on_ends_truncated),
        cmocka_unit_test(an_attempt_that_cannot_begin_moves_on),
        cmocka_unit_test(an_attempt_that_cannot_begin_may_wait_for_the_next),
        cmocka_unit_test(an_error_in_an_answers_clothes_moves_on),
        cmocka_unit_test(the_head_is_held_back_until_the_answer_shows),
        cmocka_unit_test(an_attempt_waits_for_its_pause),
        cmocka_unit_test(an_attempt_that_cannot_be_started_ends_the_call),
        cmocka_unit_test(silence_is_filled_with_comments),
        cmocka_unit_test(long_silence_lets_a_held_head_go),
        cmocka_unit_test(an_upstream_that_ends_before_its_first_byte_fails_the_call),
        cmocka_unit_test(an_answer_without_a_body_gets_its_head),
        cmocka_unit_test(an_answer_that_is_cut_is_truncated_and_never_complete),
        cmocka_unit_test(an_answer_without_its_terminator_is_truncated),
        cmocka_unit_test(a_slow_client_holds_the_upstream_until_it_has_read),
        cmocka_unit_test(what_was_sent_while_not_held_changes_nothing),
        cmocka_unit_test(a_held_call_may_end),
        cmocka_unit_test(a_client_that_leaves_ends_the_upstream_in_every_state),
        cmocka_unit_test(a_client_that_is_found_gone_by_a_write_stops_the_upstream),
        cmocka_unit_test(the_gateway_ends_a_call_in_every_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
