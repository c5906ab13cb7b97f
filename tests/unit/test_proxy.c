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
    int start_err;
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

static int client_complete(void *ctx)
{
    record(ctx, 'c');
    return ((struct recorder *)ctx)->complete_err;
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
    *recorder = (struct recorder){.taken = PROXY_TAKEN};
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

static void an_upstream_that_refuses_our_key_is_a_502_and_not_a_401(void **state)
{
    static const int statuses[] = {401, 403};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct recorder recorder;

        begin(&recorder);
        proxy_admit(&recorder.proxy);
        assert_false(proxy_on_upstream_head(&recorder.proxy, statuses[i]));
        check(&recorder, "saf", PROXY_FAILED, ERR_UPSTREAM_AUTH);
        assert_int_equal(err_http_status(recorder.err), 502);
    }
}

static void an_upstream_that_ends_before_its_first_byte_fails_the_call(void **state)
{
    struct recorder recorder;

    (void)state;
    begin(&recorder);
    proxy_admit(&recorder.proxy);
    proxy_on_upstream_end(&recorder.proxy, ERR_UPSTREAM_CONNECT);
    check(&recorder, "sf", PROXY_FAILED, ERR_UPSTREAM_CONNECT);
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
    check(&recorder, "shf", PROXY_TRUNCATED, ERR_UPSTREAM_CUT);
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
    check(&recorder, "shbf", PROXY_CLIENT_GONE, ERR_CLIENT_GONE);
}

static void every_state_has_a_name(void **state)
{
    (void)state;
    for (enum proxy_state each = 0; each < PROXY_STATE_COUNT; each++)
        assert_true(proxy_state_name(each)[0] != '\0');
    assert_string_equal(proxy_state_name(PROXY_STATE_COUNT), "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_call_completes),
        cmocka_unit_test(a_refusal_never_touches_the_upstream),
        cmocka_unit_test(an_upstream_that_cannot_be_started_fails_the_call),
        cmocka_unit_test(an_upstream_that_refuses_our_key_is_a_502_and_not_a_401),
        cmocka_unit_test(an_upstream_that_ends_before_its_first_byte_fails_the_call),
        cmocka_unit_test(an_answer_without_a_body_gets_its_head),
        cmocka_unit_test(an_answer_that_is_cut_is_truncated_and_never_complete),
        cmocka_unit_test(an_answer_without_its_terminator_is_truncated),
        cmocka_unit_test(a_slow_client_holds_the_upstream_until_it_has_read),
        cmocka_unit_test(what_was_sent_while_not_held_changes_nothing),
        cmocka_unit_test(a_held_call_may_end),
        cmocka_unit_test(a_client_that_leaves_ends_the_upstream_in_every_state),
        cmocka_unit_test(a_client_that_is_found_gone_by_a_write_stops_the_upstream),
        cmocka_unit_test(every_state_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
