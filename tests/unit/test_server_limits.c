/* The ends that a connection can come to, and the bounds it lives in. */
#include "tests/unit/server_fixture.h"

static void fixture_on_empty(void *owner)
{
    assert_ptr_equal(owner, &fx);
    note('e');
}

/* --- time ------------------------------------------------------------------------------------- */

static void an_idle_connection_is_closed_in_time(void **state)
{
    (void)state;
    fx.limits.idle_ms = 30;
    client_sends(SPAN(GET("/now")));
    client_sees_end();
    assert_string_equal(fx.log, "h");
}

/* Method: four requests with pauses that are longer together than one of them may be. */
static void a_busy_connection_is_not_idle(void **state)
{
    (void)state;
    fx.limits.idle_ms = 500;
    for (size_t i = 1; i <= 4; i++) {
        client_sends(SPAN(GET("/now")));
        RUN_UNTIL(&fx.loop,
                  has_received(fx.fd, &fx.got, "ok") && count_of(fx.got.bytes, "ok") == i);
        uint64_t then_ms = uv_now(&fx.loop);
        RUN_UNTIL(&fx.loop, uv_now(&fx.loop) > then_ms + 200);
    }
    assert_int_equal(fx.got.end, 0);
    client_sees_end();
}

static void a_late_head_is_refused(void **state)
{
    (void)state;
    fx.limits.head_ms = 30;
    client_sends(SPAN("GET /"));
    client_gets("no");
    client_sees_end();
    assert_string_equal(fx.log, "r");
    assert_int_equal(fx.err, ERR_REQUEST_TIMEOUT);
}

static void a_late_body_is_answered(void **state)
{
    (void)state;
    fx.limits.body_ms = 30;
    client_sends(SPAN("POST /body HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nabc"));
    client_gets("no");
    client_sees_end();
    assert_string_equal(fx.log, "hbg");
    assert_int_equal(fx.err, ERR_REQUEST_TIMEOUT);
}

static void a_client_that_reads_nothing_is_given_up(void **state)
{
    (void)state;
    fx.limits.send_ms = 30;
    client_sends(SPAN(GET("/later")));
    wait_for_log("h");
    assert_true(write_big(2, SERVER_BORROW) > 0);
    wait_for_log("hg");
    assert_int_equal(fx.err, ERR_CLIENT_SLOW);
    RUN_UNTIL(&fx.loop, server_connection_count(fx.server) == 0);
}

static void an_open_exchange_without_output_has_no_deadline(void **state)
{
    (void)state;
    fx.limits.idle_ms = 10;
    fx.limits.head_ms = 10;
    fx.limits.body_ms = 10;
    fx.limits.send_ms = 10;
    client_sends(SPAN("POST /later HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\nx"));
    wait_for_log("h");
    uint64_t then_ms = uv_now(&fx.loop);
    RUN_UNTIL(&fx.loop, uv_now(&fx.loop) > then_ms + 60);
    assert_string_equal(fx.log, "h");
    answer_text(fx.conn, ANSWER_OK, false);
    client_gets("ok");
}

/* --- size ------------------------------------------------------------------------------------- */

static void a_body_that_cannot_be_taken_is_answered(void **state)
{
    static const struct {
        const char *sent;
        int err;
        const char *log;
    } rows[] = {
        {"POST /body HTTP/1.1\r\nhost: a\r\ncontent-length: 11\r\n\r\nhello, worl",
         ERR_BODY_TOO_LARGE, "hg"},
        {"POST /body HTTP/1.1\r\nhost: a\r\ncontent-length: 11\r\nexpect: 100-continue\r\n\r\n",
         ERR_BODY_TOO_LARGE, "hg"},
        {"POST /body HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
         "5\r\nhello\r\n6\r\n, worl\r\n",
         ERR_BODY_TOO_LARGE, "hbg"},
        {"POST /body HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
         "5\r\nhello\r\n5;a=b\r\n",
         ERR_BAD_REQUEST, "hg"},
    };

    (void)state;
    fx.limits.body_bytes = 10;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        fx.log_len = 0;
        fx.fd = loopback_connect(fx.port);
        client_sends(span_of(rows[i].sent));
        client_gets("no");
        client_sees_end();
        assert_string_equal(fx.log, rows[i].log);
        assert_int_equal(fx.err, rows[i].err);
        assert_int_equal(count_of(fx.got.bytes, "100 Continue"), 0);
        close(fx.fd);
        fx.fd = -1;
        received_free(&fx.got);
    }
}

static void a_body_that_fails_behind_the_begun_answer_ends_the_connection(void **state)
{
    (void)state;
    client_sends(SPAN("POST /body HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
                      "5\r\nhello\r\n"));
    wait_for_log("hb");
    assert_int_equal(write_text(fx.conn, "HTTP/1.1 200 OK\r\n\r\n", SERVER_COPY), 0);
    client_sends(SPAN("x"));
    wait_for_log("hbg");
    assert_int_equal(fx.err, ERR_CLIENT_GONE);
}

static void connections_over_the_limit_are_closed_and_counted(void **state)
{
    (void)state;
    fx.limits.connections_max = 1;
    client_sends(SPAN(GET("/now")));
    client_gets("ok");
    int second = loopback_connect(fx.port);
    struct received got = {NULL, 0, 0, 0};
    RUN_UNTIL(&fx.loop, has_ended(second, &got));
    close(second);
    received_free(&got);
    assert_int_equal(server_refused_count(fx.server), 1);
    assert_int_equal(server_accepted_count(fx.server), 1);
    leave(CLOSES);
    RUN_UNTIL(&fx.loop, server_connection_count(fx.server) == 0);
    client_sends(SPAN(GET("/now")));
    received_free(&fx.got);
    client_gets("ok");
}

static void without_memory_a_partial_head_is_refused(void **state)
{
    (void)state;
    fx.chunks.live_max = 0;
    client_sends(SPAN(GET("/now")));
    client_gets("ok");
    client_sends(SPAN("GET /"));
    client_gets("no");
    client_sees_end();
    assert_int_equal(fx.err, ERR_NO_MEMORY);
    fx.chunks.live_max = 64;
}

static void without_memory_a_body_that_came_too_early_is_refused(void **state)
{
    (void)state;
    fx.chunks.live_max = 0;
    client_sends(SPAN("POST /later HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello"));
    wait_for_log("h");
    server_want_body(fx.conn);
    wait_for_log("hg");
    assert_int_equal(fx.err, ERR_BODY_MEMORY);
    client_gets("no");
    client_sees_end();
    fx.chunks.live_max = 64;
}

static void without_memory_waiting_output_ends_the_connection(void **state)
{
    (void)state;
    client_sends(SPAN(GET("/later")));
    wait_for_log("h");
    fx.chunks.live_max = 0;
    assert_int_equal(write_big(1, SERVER_COPY), ERR_NO_MEMORY);
    server_abort(fx.conn);
    RUN_UNTIL(&fx.loop, has_ended(fx.fd, &fx.got));
    assert_string_equal(fx.log, "h");
    fx.chunks.live_max = 64;
}

/* --- the end of the server -------------------------------------------------------------------- */

static void a_drain_lets_exchanges_end_and_closes_the_rest(void **state)
{
    struct received got = {NULL, 0, 0, 0};

    (void)state;
    int idle = loopback_connect(fx.port);
    client_sends(SPAN(GET("/later")));
    wait_for_log("h");
    RUN_UNTIL(&fx.loop, server_connection_count(fx.server) == 2);
    server_unlisten(fx.server, 7);
    server_drain(fx.server, fixture_on_empty);
    RUN_UNTIL(&fx.loop, has_ended(idle, &got));
    close(idle);
    received_free(&got);
    assert_int_equal(server_connection_count(fx.server), 1);
    assert_false(server_keeps_alive(fx.conn));
    answer_text(fx.conn, ANSWER_OK, false);
    client_gets("ok");
    client_sees_end();
    wait_for_log("he");
    turn_often();
    assert_string_equal(fx.log, "he");
}

static void a_drain_waits_for_the_first_request_of_a_connection(void **state)
{
    (void)state;
    client_sends(SPAN(""));
    RUN_UNTIL(&fx.loop, server_connection_count(fx.server) == 1);
    server_drain(fx.server, fixture_on_empty);
    turn_often();
    client_sends(SPAN(GET("/now")));
    client_gets("ok");
    client_sees_end();
    wait_for_log("he");
}

static void a_drain_answers_what_the_kernel_holds_already(void **state)
{
    (void)state;
    client_sends(SPAN(GET("/now")));
    client_gets("ok");
    client_sends(SPAN(GET("/now")));
    server_drain(fx.server, fixture_on_empty);
    client_sees_end();
    assert_int_equal(count_of(fx.got.bytes, "ok"), 2);
    assert_false(fx.keeps_alive);
    wait_for_log("hhe");
}

static void a_drain_of_an_empty_server_is_told_in_a_later_turn(void **state)
{
    (void)state;
    server_drain(fx.server, fixture_on_empty);
    assert_string_equal(fx.log, "");
    wait_for_log("e");
}

static void an_unlistened_server_accepts_no_more(void **state)
{
    (void)state;
    int other = loopback_listen();
    uint16_t port = loopback_port(other);
    assert_int_equal(server_listen(fx.server, 8, other), 0);
    server_unlisten(fx.server, 7);
    fx.port = port;
    client_sends(SPAN(GET("/now")));
    client_gets("ok");
    server_unlisten(fx.server, 8);
    turn_often();
    client_sends(SPAN(GET("/now")));
    RUN_UNTIL(&fx.loop, has_received(fx.fd, &fx.got, "ok") && fx.heads == 2);
}

static void everything_can_be_aborted_at_once(void **state)
{
    (void)state;
    int idle = loopback_connect(fx.port);
    client_sends(SPAN(GET("/later")));
    wait_for_log("h");
    RUN_UNTIL(&fx.loop, server_connection_count(fx.server) == 2);
    server_abort_all(fx.server);
    assert_string_equal(fx.log, "hg");
    assert_int_equal(fx.err, ERR_CLIENT_GONE);
    RUN_UNTIL(&fx.loop, server_connection_count(fx.server) == 0);
    close(idle);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, server_setup, server_teardown)
    const struct CMUnitTest tests[] = {
        T(an_idle_connection_is_closed_in_time),
        T(a_busy_connection_is_not_idle),
        T(a_late_head_is_refused),
        T(a_late_body_is_answered),
        T(a_client_that_reads_nothing_is_given_up),
        T(an_open_exchange_without_output_has_no_deadline),
        T(a_body_that_cannot_be_taken_is_answered),
        T(a_body_that_fails_behind_the_begun_answer_ends_the_connection),
        T(connections_over_the_limit_are_closed_and_counted),
        T(without_memory_a_partial_head_is_refused),
        T(without_memory_a_body_that_came_too_early_is_refused),
        T(without_memory_waiting_output_ends_the_connection),
        T(a_drain_lets_exchanges_end_and_closes_the_rest),
        T(a_drain_waits_for_the_first_request_of_a_connection),
        T(a_drain_answers_what_the_kernel_holds_already),
        T(a_drain_of_an_empty_server_is_told_in_a_later_turn),
        T(an_unlistened_server_accepts_no_more),
        T(everything_can_be_aborted_at_once),
    };
#undef T

    /* As the worker does: a write to a dead client is an error value. */
    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
