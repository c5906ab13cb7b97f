/* Output that waits, and clients that leave. */
#include "tests/unit/server_fixture.h"

/* --- the client goes away --------------------------------------------------------------------- */

static void a_client_that_leaves_is_told_exactly_once_in_every_phase(void **state)
{
    static const struct {
        const char *sent;
        const char *log; /* before it leaves */
        bool is_told;
    } rows[] = {
        {"", "", false},
        {"GET /la", "", false},
        {GET("/now"), "h", false},
        {GET("/later"), "h", true},
        {GET("/later") GET("/later"), "h", true},
        {"POST /later HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nabc", "h", true},
        {"POST /body HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nabc", "hb", true},
        {"POST /body HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n", "h",
         true},
        {"POST /now HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nabc", "h", false},
    };
    static const enum leaving ways[] = {CLOSES, HALF_CLOSES, RESETS};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) * 3; i++) {
        size_t told = rows[i / 3].is_told ? 1 : 0;

        fx.log_len = 0;
        fx.log[0] = '\0';
        fx.fd = loopback_connect(fx.port);
        client_sends(span_of(rows[i / 3].sent));
        RUN_UNTIL(&fx.loop, server_connection_count(fx.server) == 1);
        if (strcmp(rows[i / 3].sent, "GET /la") == 0)
            wait_for_unread(strlen(rows[i / 3].sent));
        wait_for_log(rows[i / 3].log);
        leave(ways[i % 3]);
        RUN_UNTIL(&fx.loop, server_connection_count(fx.server) == 0);
        assert_int_equal(count_of(fx.log, "g"), told);
        assert_int_equal(fx.log_len, strlen(rows[i / 3].log) + told);
        if (told > 0)
            assert_int_equal(fx.err, ERR_CLIENT_GONE);
        assert_int_equal(fx.chunks.live, 0);
        if (fx.fd >= 0)
            close(fx.fd);
        fx.fd = -1;
    }
}

static void a_client_that_leaves_a_waiting_answer_is_told(void **state)
{
    static const enum server_write_mode modes[] = {SERVER_COPY, SERVER_BORROW};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        client_sends(SPAN(GET("/later")));
        RUN_UNTIL(&fx.loop, fx.conn != NULL);
        assert_true(write_big(4, modes[i % 2]) > 0);
        leave(i < 2 ? CLOSES : RESETS);
        RUN_UNTIL(&fx.loop, server_connection_count(fx.server) == 0);
        assert_int_equal(fx.err, ERR_CLIENT_GONE);
        assert_null(fx.conn);
        assert_int_equal(fx.chunks.live, 0);
        free(fx.big);
        fx.big = NULL;
    }
    assert_string_equal(fx.log, "hghghghg");
}

static void an_answer_that_is_ended_is_sent_to_a_client_that_half_closed(void **state)
{
    (void)state;
    client_sends(SPAN(GET("/later")));
    wait_for_log("h");
    int64_t waiting = write_big(4, SERVER_COPY);
    assert_true(waiting > 0);
    server_end(fx.conn, false);
    leave(HALF_CLOSES);
    turn_often();
    RUN_UNTIL(&fx.loop, has_ended(fx.fd, &fx.got));
    assert_int_equal(fx.got.end, 1);
    assert_int_equal(fx.got.len, BIG_BYTES);
    assert_memory_equal(fx.got.bytes, fx.big, BIG_BYTES);
    assert_string_equal(fx.log, "h");
}

/* --- waiting output --------------------------------------------------------------------------- */

static void read_big(size_t step)
{
    RUN_UNTIL(&fx.loop, (receive_some(fx.fd, &fx.got, step), fx.got.len >= BIG_BYTES));
    assert_memory_equal(fx.got.bytes, fx.big, BIG_BYTES);
}

static void what_waits_arrives_whole_and_is_told_once(void **state)
{
    static const struct {
        size_t pieces;
        size_t step;
        enum server_write_mode mode;
    } rows[] = {
        {1, 65536, SERVER_COPY},   {1, 3001, SERVER_COPY},      {512, 20011, SERVER_COPY},
        {1, 65536, SERVER_BORROW}, {512, 20011, SERVER_BORROW}, {4, 3001, SERVER_BORROW},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        fx.log_len = 0;
        fx.got.len = 0;
        client_sends(SPAN(GET("/later")));
        wait_for_log("h");
        assert_true(write_big(rows[i].pieces, rows[i].mode) > 0);
        read_big(rows[i].step);
        wait_for_log("hs");
        assert_int_equal(fx.chunks.live, 0);
        answer_text(fx.conn, "", false);
        turn_often();
        assert_string_equal(fx.log, "hs");
        free(fx.big);
        fx.big = NULL;
    }
}

static void copied_and_borrowed_bytes_keep_their_order(void **state)
{
    (void)state;
    client_sends(SPAN(GET("/later")));
    wait_for_log("h");
    int64_t waiting = write_big(1, SERVER_COPY);
    assert_true(waiting > 0);
    assert_int_equal(write_text(fx.conn, "copied,", SERVER_COPY), waiting + 7);
    assert_int_equal(write_text(fx.conn, "borrowed.", SERVER_BORROW), waiting + 16);
    read_big(65536);
    client_gets("copied,borrowed.");
    assert_int_equal(fx.got.len, BIG_BYTES + 16);
    wait_for_log("hs");
    server_end(fx.conn, false);
}

static void the_queue_of_copies_has_a_bound(void **state)
{
    (void)state;
    fx.limits.queue_bytes_max = BIG_BYTES;
    client_sends(SPAN(GET("/later")));
    wait_for_log("h");
    int64_t waiting = write_big(1, SERVER_COPY);
    assert_true(waiting > 0);
    struct iovec vec = {fx.big, BIG_BYTES - (size_t)waiting + 1};
    assert_int_equal(server_write(fx.conn, &vec, 1, SERVER_COPY), ERR_NO_SPACE);
    vec.iov_len--;
    assert_int_equal(server_write(fx.conn, &vec, 1, SERVER_COPY), BIG_BYTES);
    assert_int_equal(write_text(fx.conn, "xyz", SERVER_COPY), ERR_NO_SPACE);
    assert_int_equal(write_text(fx.conn, "xyz", SERVER_COPY_ALL), BIG_BYTES + 3);
    server_abort(fx.conn);
    RUN_UNTIL(&fx.loop, server_connection_count(fx.server) == 0);
    assert_int_equal(fx.chunks.live, 0);
}

static void a_pipelined_request_waits_until_all_is_sent(void **state)
{
    (void)state;
    client_sends(SPAN(GET("/later") GET("/now")));
    wait_for_log("h");
    assert_true(write_big(1, SERVER_COPY) > 0);
    server_end(fx.conn, false);
    turn_often();
    assert_string_equal(fx.log, "h");
    read_big(65536);
    client_gets(ANSWER_OK);
    assert_string_equal(fx.log, "hh");
}

static void a_write_to_a_dead_client_says_so(void **state)
{
    (void)state;
    client_sends(SPAN(GET("/later")));
    wait_for_log("h");
    leave(RESETS);
    /* The reset is in the kernel, and the loop has not seen it. */
    assert_int_equal(write_text(fx.conn, "x", SERVER_COPY), ERR_CLIENT_GONE);
    /* Until the handler gives it up, the connection is there and says nothing more. */
    turn_often();
    assert_int_equal(write_text(fx.conn, "x", SERVER_COPY), ERR_CLIENT_GONE);
    assert_string_equal(fx.log, "h");
    server_abort(fx.conn);
    RUN_UNTIL(&fx.loop, server_connection_count(fx.server) == 0);
    assert_string_equal(fx.log, "h");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, server_setup, server_teardown)
    const struct CMUnitTest tests[] = {
        T(a_client_that_leaves_is_told_exactly_once_in_every_phase),
        T(a_client_that_leaves_a_waiting_answer_is_told),
        T(an_answer_that_is_ended_is_sent_to_a_client_that_half_closed),
        T(what_waits_arrives_whole_and_is_told_once),
        T(copied_and_borrowed_bytes_keep_their_order),
        T(the_queue_of_copies_has_a_bound),
        T(a_pipelined_request_waits_until_all_is_sent),
        T(a_write_to_a_dead_client_says_so),
    };
#undef T

    /* As the worker does: a write to a dead client is an error value. */
    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
