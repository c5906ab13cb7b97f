/* Calls that go well: requests, answers, kept connections, streams. */
#include "tests/unit/client_fixture.h"

#include <sys/epoll.h>

static void a_call_sends_its_body_and_gets_the_answer(void **state)
{
    struct test_call call = {.body = SPAN("{\"model\":\"m\"}")};

    (void)state;
    start_plain(&call);
    upstream_accepts();
    upstream_gets_request(call.body.len);
    assert_non_null(strstr(cx.request.bytes, "POST /v1/chat HTTP/1.1\r\n"));
    assert_non_null(strstr(cx.request.bytes, "\r\nAuthorization: Bearer secret\r\n"));
    assert_non_null(strstr(cx.request.bytes, "\r\nContent-Length: 13\r\n"));
    assert_non_null(strstr(cx.request.bytes, "\r\n\r\n{\"model\":\"m\"}"));
    assert_int_equal(count_of(cx.request.bytes, "Content-Type:"), 1);
    assert_int_equal(count_of(cx.request.bytes, "Expect:"), 0);
    assert_int_equal(count_of(cx.request.bytes, "Encoding:"), 0);
    upstream_sends(OK_HEAD "Retry-After: 7\r\nContent-Length: 2\r\n\r\nok");
    RUN_UNTIL(&cx.loop, call.ends == 1);
    assert_int_equal(call.err, 0);
    assert_int_equal(call.heads, 1);
    assert_int_equal(call.status, 200);
    assert_int_equal(call.content_length, 2);
    assert_string_equal(call.content_type, "application/json");
    assert_string_equal(call.retry_after, "7");
    assert_string_equal(call.got.bytes, "ok");
    assert_int_equal(http_client_open_count(cx.client), 0);
    call_free(&call);
}

static void a_get_has_no_body_and_tells_how_long_it_is_fresh(void **state)
{
    char url[64];
    struct test_call call = {.body = SPAN("")};
    struct http_endpoint *endpoint = NULL;

    (void)state;
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/keys?v=1", cx.port);
    struct http_endpoint_config config = {.url = span_of(url), .is_get = true};
    assert_int_equal(http_endpoint_new(cx.client, &config, &endpoint), 0);
    struct http_call http = http_call_of(&call);
    http.endpoint = endpoint;
    start(&http);
    upstream_accepts();
    upstream_gets_request(0);
    assert_non_null(strstr(cx.request.bytes, "GET /keys?v=1 HTTP/1.1\r\n"));
    assert_int_equal(count_of(cx.request.bytes, "Content-Length"), 0);
    assert_int_equal(count_of(cx.request.bytes, "Transfer-Encoding"), 0);
    upstream_sends(OK_HEAD "Cache-Control: public\r\nCache-Control: max-age=90, x=1\r\n"
                           "Cache-Control: max-age=60\r\nContent-Length: 2\r\n\r\nok");
    RUN_UNTIL(&cx.loop, call.ends == 1);
    assert_int_equal(call.err, 0);
    assert_int_equal(call.max_age_s, 60);
    assert_string_equal(call.got.bytes, "ok");
    http_endpoint_free(&endpoint);
    call_free(&call);
}

static void a_start_does_not_call_back(void **state)
{
    struct test_call call = {.body = SPAN("x")};

    (void)state;
    close(cx.listener);
    cx.listener = -1;
    start_plain(&call);
    assert_int_equal(call.ends, 0);
    RUN_UNTIL(&cx.loop, call.ends == 1);
    assert_int_equal(call.err, ERR_UPSTREAM_CONNECT);
}

static void a_kept_connection_is_used_again(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        struct test_call call = {.body = SPAN("x")};

        start_plain(&call);
        if (i == 0)
            upstream_accepts();
        answer_one(&call, OK_HEAD "Content-Length: 2\r\n\r\nok");
        call_free(&call);
    }
    assert_false(try_accept());
}

static void a_head_without_a_body_ends_the_answer(void **state)
{
    struct test_call call = {.body = SPAN("x")};

    (void)state;
    start_plain(&call);
    upstream_accepts();
    answer_one(&call, "HTTP/1.1 429 Slow Down\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(call.status, 429);
    assert_int_equal(call.content_length, 0);
    assert_int_equal(call.pieces, 0);
}

/* Method: A, B, A over one connection, where B differs in all that can differ between two calls. */
static void a_call_leaves_nothing_behind_for_the_next(void **state)
{
    static char own[] = "x-request-id: 17";
    static char *const own_lines[] = {own};
    char *large = make_bytes(100000);
    struct received seen[3] = {{NULL, 0, 0, 0}, {NULL, 0, 0, 0}, {NULL, 0, 0, 0}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct test_call call = {.body = i == 1 ? span_of(large) : SPAN("small")};
        struct http_call http = http_call_of(&call);

        if (i == 1) {
            http.header_lines = own_lines;
            http.header_count = 1;
            http.connect_ms = 1234;
        }
        start(&http);
        if (i == 0)
            upstream_accepts();
        answer_one(&call, OK_HEAD "Content-Length: 2\r\n\r\nok");
        seen[i] = cx.request;
        cx.request = (struct received){NULL, 0, 0, 0};
        call_free(&call);
    }
    assert_int_equal(cx.accepted, 1);
    assert_string_equal(seen[0].bytes, seen[2].bytes);
    assert_int_equal(count_of(seen[0].bytes, "x-request-id"), 0);
    assert_int_equal(count_of(seen[1].bytes, "x-request-id: 17\r\n"), 1);
    assert_int_equal(count_of(seen[1].bytes, "Authorization: Bearer secret\r\n"), 1);
    assert_non_null(strstr(seen[1].bytes, large));
    for (size_t i = 0; i < 3; i++)
        received_free(&seen[i]);
    free(large);
}

static void bodies_of_every_size_arrive_whole(void **state)
{
    static const size_t sizes[] = {0, 1, 16367, 16368, 16369, 65536, 3000000};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char *bytes = make_bytes(sizes[i]);
        struct test_call call = {.body = {bytes, sizes[i]}};

        start_plain(&call);
        if (i == 0)
            upstream_accepts();
        answer_one(&call, OK_HEAD "Content-Length: 2\r\n\r\nok");
        const char *body = strstr(cx.request.bytes, "\r\n\r\n") + 4;
        assert_string_equal(body, bytes);
        call_free(&call);
        free(bytes);
    }
    assert_int_equal(cx.accepted, 1);
    assert_int_equal(cx.client->uploads.live, 0);
}

/* Method: the upstream closes the kept connection when the second request has reached it. */
static void a_body_is_sent_again_when_a_kept_connection_is_dead(void **state)
{
    static const size_t sizes[] = {10, 100000};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char *bytes = make_bytes(sizes[i]);
        struct test_call first = {.body = SPAN("x")};
        struct test_call second = {.body = {bytes, sizes[i]}};

        start_plain(&first);
        if (i == 0)
            upstream_accepts();
        answer_one(&first, OK_HEAD "Content-Length: 2\r\n\r\nok");
        start_plain(&second);
        upstream_gets_request(second.body.len);
        close(cx.fd);
        cx.fd = -1;
        upstream_accepts();
        answer_one(&second, OK_HEAD "Content-Length: 2\r\n\r\nok");
        assert_string_equal(strstr(cx.request.bytes, "\r\n\r\n") + 4, bytes);
        call_free(&first);
        call_free(&second);
        free(bytes);
    }
    assert_int_equal(cx.accepted, 3);
}

static void an_idle_connection_that_the_upstream_closes_does_not_spin(void **state)
{
    struct test_call call = {.body = SPAN("x")};

    (void)state;
    start_plain(&call);
    upstream_accepts();
    answer_one(&call, OK_HEAD "Content-Length: 2\r\n\r\nok");
    close(cx.fd);
    cx.fd = -1;
    turn_often();
    struct epoll_event event;
    assert_int_equal(epoll_wait(cx.client->epoll_fd, &event, 1, 0), 0);
    call_free(&call);
    struct test_call next = {.body = SPAN("x")};
    start_plain(&next);
    upstream_accepts();
    answer_one(&next, OK_HEAD "Content-Length: 2\r\n\r\nok");
    call_free(&next);
}

static void interim_heads_are_passed_over(void **state)
{
    struct test_call call = {.body = SPAN("x")};

    (void)state;
    start_plain(&call);
    upstream_accepts();
    answer_one(&call, "HTTP/1.1 100 Continue\r\n\r\n"
                      "HTTP/1.1 103 Early Hints\r\nContent-Type: text/html\r\n\r\n"
                      "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok");
    assert_int_equal(call.heads, 1);
    assert_int_equal(call.status, 201);
    assert_string_equal(call.content_type, "");
    call_free(&call);
}

static void chunks_have_no_length_that_is_told(void **state)
{
    struct test_call call = {.body = SPAN("x")};

    (void)state;
    start_plain(&call);
    upstream_accepts();
    answer_one(&call, OK_HEAD "Transfer-Encoding: chunked\r\n\r\n"
                              "2\r\nok\r\n3\r\nay!\r\n0\r\nTrailer: 1\r\n\r\n");
    assert_int_equal(call.content_length, -1);
    assert_string_equal(call.got.bytes, "okay!");
    call_free(&call);
}

static void an_answer_without_a_length_ends_with_its_connection(void **state)
{
    struct test_call call = {.body = SPAN("x")};

    (void)state;
    start_plain(&call);
    upstream_accepts();
    upstream_gets_request(1);
    upstream_sends(OK_HEAD "\r\nok");
    RUN_UNTIL(&cx.loop, call.pieces == 1);
    close(cx.fd);
    cx.fd = -1;
    RUN_UNTIL(&cx.loop, call.ends == 1);
    assert_int_equal(call.err, 0);
    assert_int_equal(call.content_length, -1);
    call_free(&call);
}

/* --- streams ---------------------------------------------------------------------------------- */

static void a_stream_is_delivered_as_it_comes(void **state)
{
    struct test_call call = {.body = SPAN("x")};
    struct http_call http = http_call_of(&call);

    (void)state;
    start(&http);
    upstream_accepts();
    upstream_gets_request(1);
    upstream_sends(OK_HEAD "Transfer-Encoding: chunked\r\n\r\n");
    RUN_UNTIL(&cx.loop, call.heads == 1);
    for (size_t i = 1; i <= 10; i++) {
        upstream_sends("6\r\ndata:\n\r\n");
        RUN_UNTIL(&cx.loop, call.got.len == 6 * i);
    }
    assert_int_equal(call.ends, 0);
    /* The request's copy is not held while the answer goes on. */
    assert_int_equal(cx.client->uploads.live, 0);
    upstream_sends("0\r\n\r\n");
    RUN_UNTIL(&cx.loop, call.ends == 1);
    assert_int_equal(call.err, 0);
    call_free(&call);
}

static void a_paused_piece_comes_again(void **state)
{
    enum { BYTES = 300000 };
    char *bytes = make_bytes(BYTES);
    struct test_call call = {.body = SPAN("x")};
    struct http_call http = http_call_of(&call);
    size_t sent = 0;

    (void)state;
    start(&http);
    upstream_accepts();
    upstream_gets_request(1);
    upstream_sends(OK_HEAD "Content-Length: 300000\r\n\r\n");
    while (call.ends == 0) {
        call.verdict = HTTP_BODY_PAUSE;
        size_t pieces = call.pieces;
        RUN_UNTIL(&cx.loop, (sent += send_some(cx.fd, (struct span){bytes + sent, BYTES - sent}),
                             call.pieces > pieces || call.ends > 0));
        if (call.ends > 0)
            break;
        /* Nothing comes while it is paused, and resuming does not call back. */
        pieces = call.pieces;
        turn_often();
        assert_int_equal(call.pieces, pieces);
        call.verdict = HTTP_BODY_GO_ON;
        http_transfer_resume(call.transfer);
        http_transfer_resume(call.transfer);
        assert_int_equal(call.pieces, pieces);
        RUN_UNTIL(&cx.loop, call.pieces > pieces || call.ends > 0);
    }
    assert_int_equal(call.err, 0);
    assert_int_equal(call.got.len, BYTES);
    assert_memory_equal(call.got.bytes, bytes, BYTES);
    call_free(&call);
    free(bytes);
}

static void a_resumed_piece_may_pause_again(void **state)
{
    struct test_call call = {.body = SPAN("x"), .verdict = HTTP_BODY_PAUSE};

    (void)state;
    start_plain(&call);
    upstream_accepts();
    upstream_gets_request(1);
    upstream_sends(OK_HEAD "Content-Length: 2\r\n\r\nok");
    for (size_t i = 1; i <= 3; i++) {
        RUN_UNTIL(&cx.loop, call.pieces == i);
        turn_often();
        assert_int_equal(call.pieces, i);
        http_transfer_resume(call.transfer);
    }
    call.verdict = HTTP_BODY_GO_ON;
    RUN_UNTIL(&cx.loop, call.ends == 1);
    assert_string_equal(call.got.bytes, "ok");
    call_free(&call);
}

static void the_limit_of_open_transfers_holds(void **state)
{
    struct test_call calls[3] = {{.body = SPAN("x")}, {.body = SPAN("x")}, {.body = SPAN("x")}};
    struct http_call third = http_call_of(&calls[2]);

    (void)state;
    http_client_set_limit(cx.client, 2);
    start_plain(&calls[0]);
    start_plain(&calls[1]);
    assert_int_equal(http_transfer_start(cx.client, &third, &calls[2].transfer),
                     ERR_TOO_MANY_CALLS);
    assert_null(calls[2].transfer);
    call_free(&calls[0]);
    assert_int_equal(http_transfer_start(cx.client, &third, &calls[2].transfer), 0);
    call_free(&calls[1]);
    call_free(&calls[2]);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, client_setup, client_teardown)
    const struct CMUnitTest tests[] = {
        T(a_call_sends_its_body_and_gets_the_answer),
        T(a_get_has_no_body_and_tells_how_long_it_is_fresh),
        T(a_start_does_not_call_back),
        T(a_kept_connection_is_used_again),
        T(a_head_without_a_body_ends_the_answer),
        T(a_call_leaves_nothing_behind_for_the_next),
        T(bodies_of_every_size_arrive_whole),
        T(a_body_is_sent_again_when_a_kept_connection_is_dead),
        T(an_idle_connection_that_the_upstream_closes_does_not_spin),
        T(interim_heads_are_passed_over),
        T(chunks_have_no_length_that_is_told),
        T(an_answer_without_a_length_ends_with_its_connection),
        T(a_stream_is_delivered_as_it_comes),
        T(a_paused_piece_comes_again),
        T(a_resumed_piece_may_pause_again),
        T(the_limit_of_open_transfers_holds),
    };
#undef T

    return cmocka_run_group_tests(tests, NULL, NULL);
}
