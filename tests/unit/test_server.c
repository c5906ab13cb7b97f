/* Requests, bodies and answers over real sockets. */
#include "tests/unit/server_fixture.h"

static void a_connection_serves_one_request_after_another(void **state)
{
    (void)state;
    for (size_t i = 1; i <= 3; i++) {
        client_sends(SPAN(GET("/now")));
        RUN_UNTIL(&fx.loop,
                  has_received(fx.fd, &fx.got, "ok") && count_of(fx.got.bytes, "ok") == i);
    }
    assert_string_equal(fx.log, "hhh");
    assert_int_equal(server_accepted_count(fx.server), 1);
    assert_int_equal(server_connection_count(fx.server), 1);
    assert_int_equal(fx.got.end, 0);
}

static void an_idle_connection_holds_no_memory(void **state)
{
    (void)state;
    client_sends(SPAN(GET("/now")));
    client_gets("ok");
    assert_int_equal(fx.chunks.live, 0);
}

static void ten_thousand_pipelined_requests_are_answered_at_one_stack_depth(void **state)
{
    enum { COUNT = 10000 };
    struct span one = SPAN(GET("/now"));
    size_t total = one.len * COUNT;
    size_t sent = 0;
    char *all = malloc(total);

    (void)state;
    assert_non_null(all);
    for (size_t i = 0; i < COUNT; i++)
        memcpy(all + i * one.len, one.ptr, one.len);
    fx.fd = loopback_connect(fx.port);
    while (sent < total || fx.got.len < COUNT * strlen(ANSWER_OK)) {
        sent += send_some(fx.fd, (struct span){all + sent, total - sent});
        uv_run(&fx.loop, UV_RUN_NOWAIT);
        receive_some(fx.fd, &fx.got, 65536);
        assert_int_equal(fx.got.end, 0);
    }
    free(all);
    assert_int_equal(fx.heads, COUNT);
    assert_int_equal(count_of(fx.got.bytes, ANSWER_OK), COUNT);
    /* Two callers, one depth each. */
    assert_true(fx.stack_high - fx.stack_low < 256);
    assert_int_equal(fx.chunks.live, 0);
}

static void a_pipelined_request_waits_for_the_answer_before_it(void **state)
{
    (void)state;
    client_sends(SPAN(GET("/later") GET("/now")));
    RUN_UNTIL(&fx.loop, fx.heads == 1 && first_conn()->unread > 0);
    for (int i = 0; i < 10; i++)
        uv_run(&fx.loop, UV_RUN_NOWAIT);
    assert_int_equal(fx.heads, 1);
    answer_text(fx.conn, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfirst", false);
    /* None of the calls calls back: the next head comes from the loop. */
    assert_int_equal(fx.heads, 1);
    client_gets("ok");
    assert_true(strstr(fx.got.bytes, "first") < strstr(fx.got.bytes, "ok"));
    assert_string_equal(fx.log, "hh");
}

static void reading_stops_when_a_chunk_of_pipelined_bytes_waits(void **state)
{
    enum { COUNT = 100000 };
    size_t sent = 0;
    char *bytes = malloc(COUNT);

    (void)state;
    memset(bytes, 'a', COUNT);
    client_sends(SPAN(GET("/later")));
    wait_for_log("h");
    RUN_UNTIL(&fx.loop, (sent += send_some(fx.fd, (struct span){bytes, COUNT - sent})) == COUNT &&
                            (first_conn()->polled & UV_READABLE) == 0);
    free(bytes);
    assert_true(first_conn()->unread <= CHUNK_BYTES);
    assert_int_equal(fx.chunks.live, 1);
    assert_string_equal(fx.log, "h");
    /* Its end stands behind bytes that nobody reads, and is seen all the same. */
    shutdown(fx.fd, SHUT_WR);
    wait_for_log("hg");
    assert_int_equal(fx.err, ERR_CLIENT_GONE);
}

static void a_head_may_be_cut_anywhere(void **state)
{
    struct span head = SPAN(GET("/now"));

    (void)state;
    for (size_t cut = 1; cut < head.len; cut++) {
        client_sends((struct span){head.ptr, cut});
        wait_for_unread(cut);
        client_sends(span_skip(head, cut));
        RUN_UNTIL(&fx.loop,
                  has_received(fx.fd, &fx.got, "ok") && count_of(fx.got.bytes, ANSWER_OK) == cut);
    }
    assert_int_equal(fx.heads, head.len - 1);
    assert_int_equal(fx.chunks.live, 0);
}

static void a_head_larger_than_a_chunk_is_taken_up_to_its_limit(void **state)
{
    enum { PADS = 60, PAD_BYTES = 1000 };
    char head[PADS * (PAD_BYTES + 8) + 128];
    size_t len = (size_t)snprintf(head, sizeof(head), "GET /now HTTP/1.1\r\nhost: a\r\n");

    (void)state;
    for (int i = 0; i < PADS; i++) {
        len += (size_t)snprintf(head + len, sizeof(head) - len, "x%d: ", i);
        memset(head + len, 'p', PAD_BYTES);
        len += PAD_BYTES;
        len += (size_t)snprintf(head + len, sizeof(head) - len, "\r\n");
    }
    len += (size_t)snprintf(head + len, sizeof(head) - len, "\r\n");
    fx.limits.head_bytes = len;
    client_sends((struct span){head, len / 2});
    wait_for_unread(len / 2);
    assert_int_equal(fx.chunks.live, 0);
    client_sends((struct span){head + len / 2, len - len / 2});
    client_gets("ok");
    assert_int_equal(fx.server->large_heads, 0);

    fx.limits.head_bytes = len - 1;
    client_sends((struct span){head, len});
    client_gets("no");
    client_sees_end();
    assert_int_equal(fx.err, ERR_HEAD_TOO_LARGE);
    assert_int_equal(fx.server->large_heads, 0);
}

static void a_refused_head_is_answered_and_closed(void **state)
{
    static const struct {
        const char *bytes;
        int err;
        const char *target;
        bool is_head;
    } rows[] = {
        {"HEAD /a HTTP/1.1\r\nhost : a\r\n", ERR_BAD_REQUEST, "/a", true},
        {"\r\nHEAD /a\x7f HTTP/1.1\r\n", ERR_BAD_REQUEST, "", true},
        {"HEAD /a HTTP/1.1\r\nhost: a\r\nexpect: more\r\n\r\n", ERR_EXPECTATION, "/a", true},
        {"head /a HTTP/1.1\r\nhost: a\r\n\r\n", ERR_METHOD_UNKNOWN, "/a", false},
        {"HEAD\t/a HTTP/1.1\r\n", ERR_BAD_REQUEST, "", false},
        {"G@T /a HTTP/1.1\r\n", ERR_BAD_REQUEST, "", false},
        {"GET /a\x7f HTTP/1.1\r\n", ERR_BAD_REQUEST, "", false},
        {"GET /a HTTP/1.1\nhost: a\n\n", ERR_BAD_REQUEST, "/a", false},
        {"\r\nGET /a?b HTTP/2.0\r\nhost: a\r\n\r\n", ERR_HTTP_VERSION, "/a?b", false},
        {"BREW /a HTTP/1.1\r\nhost: a\r\n\r\n", ERR_METHOD_UNKNOWN, "/a", false},
        {"GET /a HTTP/1.1\r\nhost: a\r\nexpect: more\r\n\r\n", ERR_EXPECTATION, "/a", false},
        {"GET / HTTP/1.1\r\nhost: a\r\n\r\n\r\n\r\n\r\nGET", ERR_BAD_REQUEST, "", false},
    };
    const size_t count = sizeof(rows) / sizeof(rows[0]);

    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            server_setup(state);
        /* The last row's first request is served. */
        fx.limits.head_bytes = 1024;
        client_sends(span_of(rows[i].bytes));
        if (i + 1 == count) {
            wait_for_log("h");
            answer_text(fx.conn, ANSWER_OK, false);
        }
        client_gets("no");
        client_sees_end();
        assert_int_equal(fx.err, rows[i].err);
        assert_string_equal(fx.target, rows[i].target);
        assert_int_equal(fx.log[fx.log_len - 1], rows[i].is_head ? 'R' : 'r');
        if (i + 1 < count)
            server_teardown(state);
    }
}

static void a_handler_may_leave_a_refusal_unanswered(void **state)
{
    (void)state;
    fx.mute = true;
    client_sends(SPAN("\1"));
    RUN_UNTIL(&fx.loop, has_ended(fx.fd, &fx.got));
    assert_string_equal(fx.log, "r");
    assert_int_equal(fx.got.len, 0);
}

static void check_cut_body(struct span head, struct span framed, struct span content)
{
    for (size_t cut = 0; cut <= framed.len; cut++) {
        size_t heads = fx.heads;
        size_t answers = count_of(fx.got.bytes == NULL ? "" : fx.got.bytes, "ok");
        size_t used = framed.len - cut;

        fx.body.len = 0;
        client_sends(head);
        client_sends((struct span){framed.ptr, cut});
        RUN_UNTIL(&fx.loop, fx.heads == heads + 1);
        if (used > 0)
            client_sends(span_skip(framed, cut));
        RUN_UNTIL(&fx.loop, has_received(fx.fd, &fx.got, "ok") &&
                                count_of(fx.got.bytes, "ok") == answers + 1);
        assert_true(span_equal((struct span){fx.body.bytes, fx.body.len}, content));
    }
    assert_int_equal(fx.chunks.live, 0);
}

static void a_body_comes_whole_wherever_it_is_cut(void **state)
{
    (void)state;
    check_cut_body(SPAN("POST /body HTTP/1.1\r\nhost: a\r\ncontent-length: 12\r\n\r\n"),
                   SPAN("hello, world"), SPAN("hello, world"));
    check_cut_body(SPAN("POST /body HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"),
                   SPAN("5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n"), SPAN("hello, world"));
}

static void a_wanted_body_that_is_not_there_ends_at_once(void **state)
{
    (void)state;
    client_sends(SPAN("POST /body HTTP/1.1\r\nhost: a\r\n\r\n"
                      "POST /body HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n"));
    RUN_UNTIL(&fx.loop, has_received(fx.fd, &fx.got, "ok") && count_of(fx.got.bytes, "ok") == 2);
    assert_string_equal(fx.log, "hlhl");
    assert_int_equal(fx.body.len, 0);
}

static void a_body_may_be_wanted_later(void **state)
{
    (void)state;
    client_sends(SPAN("POST /later HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello"));
    wait_for_log("h");
    wait_for_unread(5);
    server_want_body(fx.conn);
    assert_string_equal(fx.log, "h");
    wait_for_log("hl");
    assert_string_equal(fx.body.bytes, "hello");
    client_gets("ok");
}

static void continue_is_sent_when_the_body_is_wanted(void **state)
{
    (void)state;
    client_sends(SPAN("POST /later HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n"
                      "expect: 100-continue\r\n\r\n"));
    wait_for_log("h");
    receive_some(fx.fd, &fx.got, 64);
    assert_int_equal(fx.got.len, 0);
    server_want_body(fx.conn);
    client_gets("HTTP/1.1 100 Continue\r\n\r\n");
    client_sends(SPAN("hello"));
    client_gets("ok");
    assert_string_equal(fx.log, "hl");
    assert_int_equal(fx.got.end, 0);
}

static void an_answer_instead_of_continue_closes(void **state)
{
    (void)state;
    client_sends(SPAN("POST /now HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n"
                      "expect: 100-continue\r\n\r\n"));
    client_gets("ok");
    client_sees_end();
    assert_false(fx.keeps_alive);
    assert_int_equal(count_of(fx.got.bytes, "100 Continue"), 0);
}

static void a_small_body_that_nobody_wants_is_thrown_away(void **state)
{
    (void)state;
    client_sends(SPAN("POST /now HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhe"));
    client_gets("ok");
    client_sends(SPAN("llo" GET("/now")));
    RUN_UNTIL(&fx.loop, has_received(fx.fd, &fx.got, "ok") && count_of(fx.got.bytes, "ok") == 2);
    assert_string_equal(fx.log, "hh");
    assert_int_equal(fx.got.end, 0);
}

static void a_large_body_that_nobody_wants_closes_after_the_answer(void **state)
{
    enum { BYTES = 1 << 20 };
    size_t sent = 0;
    char *body = calloc(1, BYTES);

    (void)state;
    client_sends(SPAN("POST /now HTTP/1.1\r\nhost: a\r\ncontent-length: 1048576\r\n\r\n"));
    /* The client goes on sending as if there were no answer; no reset may overtake that one. */
    RUN_UNTIL(&fx.loop,
              (sent += send_some(fx.fd, (struct span){body + sent, BYTES - sent})) == BYTES);
    free(body);
    client_gets("ok");
    client_sees_end();
    assert_false(fx.keeps_alive);
    assert_string_equal(fx.log, "h");
}

static void an_endless_chunked_body_that_nobody_wants_closes(void **state)
{
    char chunk[1100];
    int len = snprintf(chunk, sizeof(chunk), "3f9\r\n%0*d\r\n", 0x3f9, 0);
    struct span piece = {chunk, (size_t)len};

    (void)state;
    client_sends(SPAN("POST /now HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"));
    for (int i = 0; i < 66; i++)
        client_sends(piece);
    client_gets("ok");
    client_sees_end();
    assert_string_equal(fx.log, "h");
}

static void http_1_0_closes_unless_asked(void **state)
{
    (void)state;
    client_sends(SPAN("GET /now HTTP/1.0\r\nconnection: keep-alive\r\n\r\n"));
    client_gets("ok");
    assert_true(fx.keeps_alive);
    client_sends(SPAN("GET /now HTTP/1.0\r\n\r\n"));
    client_sees_end();
    assert_false(fx.keeps_alive);
    assert_int_equal(count_of(fx.got.bytes, "ok"), 2);
}

static void connection_close_is_honoured(void **state)
{
    (void)state;
    client_sends(SPAN("GET /now HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n" GET("/now")));
    client_sees_end();
    assert_string_equal(fx.log, "h");
    assert_int_equal(count_of(fx.got.bytes, "ok"), 1);
}

static void complete_requests_before_a_half_close_are_answered(void **state)
{
    (void)state;
    client_sends(SPAN(GET("/now") GET("/now") "GET /now HT"));
    shutdown(fx.fd, SHUT_WR);
    client_sees_end();
    assert_string_equal(fx.log, "hh");
    assert_int_equal(count_of(fx.got.bytes, "ok"), 2);
}

static void an_abort_resets_the_connection(void **state)
{
    (void)state;
    client_sends(SPAN(GET("/later")));
    wait_for_log("h");
    assert_int_equal(write_text(fx.conn, "HTTP/1.1 200 OK\r\n\r\nha", SERVER_COPY), 0);
    server_abort(fx.conn);
    RUN_UNTIL(&fx.loop, has_ended(fx.fd, &fx.got));
    assert_int_equal(fx.got.end, ECONNRESET);
    assert_string_equal(fx.log, "h");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, server_setup, server_teardown)
    const struct CMUnitTest tests[] = {
        T(a_connection_serves_one_request_after_another),
        T(an_idle_connection_holds_no_memory),
        T(ten_thousand_pipelined_requests_are_answered_at_one_stack_depth),
        T(a_pipelined_request_waits_for_the_answer_before_it),
        T(reading_stops_when_a_chunk_of_pipelined_bytes_waits),
        T(a_head_may_be_cut_anywhere),
        T(a_head_larger_than_a_chunk_is_taken_up_to_its_limit),
        T(a_refused_head_is_answered_and_closed),
        T(a_handler_may_leave_a_refusal_unanswered),
        T(a_body_comes_whole_wherever_it_is_cut),
        T(a_wanted_body_that_is_not_there_ends_at_once),
        T(a_body_may_be_wanted_later),
        T(continue_is_sent_when_the_body_is_wanted),
        T(an_answer_instead_of_continue_closes),
        T(a_small_body_that_nobody_wants_is_thrown_away),
        T(a_large_body_that_nobody_wants_closes_after_the_answer),
        T(an_endless_chunked_body_that_nobody_wants_closes),
        T(http_1_0_closes_unless_asked),
        T(connection_close_is_honoured),
        T(complete_requests_before_a_half_close_are_answered),
        T(an_abort_resets_the_connection),
    };
#undef T

    return cmocka_run_group_tests(tests, NULL, NULL);
}
