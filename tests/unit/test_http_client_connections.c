/* Connections: opened, kept, doubted; answers that come early, in pieces, or too fast. */
#include "tests/unit/client_fixture.h"

#include <sys/epoll.h>

static void a_multi_lets_go_of_a_plain_connection_that_is_open(void **state)
{
    enum { COUNT = 3 * MULTI_CONNECTIONS_MAX };
    static struct test_call calls[COUNT];

    (void)state;
    memset(calls, 0, sizeof(calls));
    for (size_t i = 0; i < COUNT; i++) {
        calls[i].body = SPAN("x");
        start_plain(&calls[i]);
    }
    for (size_t i = 0; i < COUNT; i++) {
        upstream_accepts();
        cx.fd = -1; /* left open until the client closes it */
    }
    turn_often();
    assert_int_equal(cx.client->plain_multis.count, 3);
    for (uint32_t i = 0; i < cx.client->plain_multis.count; i++)
        assert_int_equal(cx.client->plain_multis.all[i]->live, 0);
    assert_int_equal(http_client_open_count(cx.client), COUNT);
    assert_int_equal(cx.client->sockets_open, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        call_free(&calls[i]);
    assert_int_equal(http_client_open_count(cx.client), 0);
    assert_int_equal(cx.client->sockets_open, 0);
}

static void idle_connections_make_room_for_calls(void **state)
{
    struct test_call calls[2] = {{.body = SPAN("x")}, {.body = SPAN("x")}};
    struct http_endpoint *other = NULL;

    (void)state;
    http_client_set_limit(cx.client, 1);
    start_plain(&calls[0]);
    upstream_accepts();
    answer_one(&calls[0], OK_HEAD "Content-Length: 2\r\n\r\nok");
    /* The same address by another name is another origin. */
    assert_int_equal(new_endpoint("http://localhost", &other), 0);
    struct http_call http = http_call_of(&calls[1]);
    http.endpoint = other;
    start(&http);
    RUN_UNTIL(&cx.loop, upstream_is_closed());
    upstream_accepts();
    assert_int_equal(cx.client->sockets_open, 1);
    answer_one(&calls[1], OK_HEAD "Content-Length: 2\r\n\r\nok");
    http_endpoint_free(&other);
    call_free(&calls[0]);
    call_free(&calls[1]);
    /* Nobody can use it any more. */
    assert_true(upstream_is_closed());
}

/* Method: the answer, and what makes its connection useless, in one piece. */
static void a_connection_is_not_used_again_when_it_is_doubtful(void **state)
{
    static const char *const answers[] = {
        OK_HEAD "Content-Length: 2\r\n\r\nok!",
        OK_HEAD "Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        OK_HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n\r\n",
        OK_HEAD "Connection: x, Close\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct test_call call = {.body = SPAN("x")};

        start_plain(&call);
        upstream_accepts();
        answer_one(&call, answers[i]);
        assert_string_equal(call.got.bytes, "ok");
        assert_true(upstream_is_closed());
        call_free(&call);
    }
    assert_int_equal(cx.accepted, 5);
}

static void what_comes_on_an_idle_connection_closes_it(void **state)
{
    struct test_call call = {.body = SPAN("x")};

    (void)state;
    start_plain(&call);
    upstream_accepts();
    answer_one(&call, OK_HEAD "Content-Length: 2\r\n\r\nok");
    turn_often();
    assert_false(upstream_is_closed());
    upstream_sends("HTTP/1.1 200 OK\r\n");
    RUN_UNTIL(&cx.loop, upstream_is_closed());
    call_free(&call);
}

static void a_dead_connection_is_not_tried_twice(void **state)
{
    struct test_call first = {.body = SPAN("x")};
    struct test_call second = {.body = SPAN("y")};

    (void)state;
    start_plain(&first);
    upstream_accepts();
    answer_one(&first, OK_HEAD "Content-Length: 2\r\n\r\nok");
    start_plain(&second);
    for (int i = 0; i < 2; i++) {
        if (i == 1)
            upstream_accepts();
        upstream_gets_request(1);
        close(cx.fd);
        cx.fd = -1;
    }
    RUN_UNTIL(&cx.loop, second.ends == 1);
    assert_int_equal(second.err, ERR_UPSTREAM_CONNECT);
    assert_int_equal(cx.accepted, 2);
    call_free(&first);
}

/* Method: an answer comes while most of the body is still to be sent. */
static void an_early_answer_is_told_and_its_connection_closed(void **state)
{
    size_t len = 8U << 20;
    char *bytes = make_bytes(len);
    struct test_call call = {.body = {bytes, len}};

    (void)state;
    start_plain(&call);
    upstream_accepts();
    turn_often();
    upstream_sends("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
    RUN_UNTIL(&cx.loop, call.ends == 1);
    assert_int_equal(call.err, 0);
    assert_int_equal(call.status, 413);
    assert_string_equal(call.got.bytes, "no");
    RUN_UNTIL(&cx.loop, upstream_is_closed());
    assert_int_equal(cx.client->uploads.live, 0);
    call_free(&call);
    free(bytes);
}

/* Method: the head comes early, the answer's end only after the whole body. */
static void the_rest_of_a_body_is_sent_behind_an_early_head(void **state)
{
    size_t len = 8U << 20;
    char *bytes = make_bytes(len);
    struct test_call call = {.body = {bytes, len}};

    (void)state;
    start_plain(&call);
    upstream_accepts();
    turn_often();
    upstream_sends(OK_HEAD "Content-Length: 2\r\n\r\no");
    RUN_UNTIL(&cx.loop, call.pieces == 1);
    upstream_gets_request(len);
    assert_string_equal(strstr(cx.request.bytes, "\r\n\r\n") + 4, bytes);
    upstream_sends("k");
    RUN_UNTIL(&cx.loop, call.ends == 1);
    assert_int_equal(call.err, 0);
    assert_false(upstream_is_closed());
    call_free(&call);
    free(bytes);
}

static void an_answer_may_be_cut_anywhere(void **state)
{
    static const char answer[] =
        "HTTP/1.1 100 Continue\r\n\r\n" OK_HEAD
        "Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n2\r\nef\r\n0\r\nTrailer: 1\r\n\r\n";

    (void)state;
    for (size_t cut = 1; cut < sizeof(answer) - 1; cut++) {
        struct test_call call = {.body = SPAN("x")};

        start_plain(&call);
        if (cut == 1)
            upstream_accepts();
        upstream_gets_request(1);
        send_all(cx.fd, (struct span){answer, cut});
        turn_often();
        upstream_sends(answer + cut);
        RUN_UNTIL(&cx.loop, call.ends == 1);
        assert_int_equal(call.err, 0);
        assert_int_equal(call.status, 200);
        assert_string_equal(call.got.bytes, "abcdef");
        call_free(&call);
    }
    assert_int_equal(cx.accepted, 1);
}

/* Method: several chunks in one read, each refused once, the upstream gone meanwhile. */
static void a_pause_keeps_what_has_come(void **state)
{
    struct test_call call = {.body = SPAN("x"), .verdict = HTTP_BODY_PAUSE};

    (void)state;
    start_plain(&call);
    upstream_accepts();
    upstream_gets_request(1);
    upstream_sends(OK_HEAD "Transfer-Encoding: chunked\r\n\r\n"
                           "4\r\nabcd\r\n3\r\nefg\r\n5\r\nhi");
    RUN_UNTIL(&cx.loop, call.pieces == 1);
    loopback_reset(&cx.fd);
    turn_often();
    struct epoll_event event;
    assert_int_equal(epoll_wait(cx.client->epoll_fd, &event, 1, 0), 0);
    assert_int_equal(call.pieces, 1);
    call.verdict = HTTP_BODY_GO_ON;
    http_transfer_resume(call.transfer);
    RUN_UNTIL(&cx.loop, call.ends == 1);
    assert_string_equal(call.got.bytes, "abcdefghi");
    assert_int_equal(call.pieces, 4);
    assert_int_equal(call.err, ERR_UPSTREAM_CUT);
    assert_int_equal(cx.client->held.live, 0);
    call_free(&call);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, client_setup, client_teardown)
    const struct CMUnitTest tests[] = {
        T(a_multi_lets_go_of_a_plain_connection_that_is_open),
        T(idle_connections_make_room_for_calls),
        T(a_connection_is_not_used_again_when_it_is_doubtful),
        T(what_comes_on_an_idle_connection_closes_it),
        T(a_dead_connection_is_not_tried_twice),
        T(an_early_answer_is_told_and_its_connection_closed),
        T(the_rest_of_a_body_is_sent_behind_an_early_head),
        T(an_answer_may_be_cut_anywhere),
        T(a_pause_keeps_what_has_come),
    };
#undef T

    return cmocka_run_group_tests(tests, NULL, NULL);
}
