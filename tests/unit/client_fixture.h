/** An HTTP client under test, and an upstream that the test plays by hand on raw sockets. */
#ifndef WEIR_TESTS_CLIENT_FIXTURE_H
#define WEIR_TESTS_CLIENT_FIXTURE_H

#include "lib/base/err.h"
#include "lib/net/client_inner.h"
#include "tests/unit/loopback_fixture.h"

#include <signal.h>
#include <stdio.h>

/** One call, what it was told, and what its handlers do. */
struct test_call {
    struct http_transfer *transfer;
    struct span body;
    enum http_body_verdict verdict; /* of each piece, until told otherwise */
    bool abort_in_head;
    bool abort_in_body;
    struct test_call *victim; /* aborted from this one's on_body() */
    size_t heads;
    size_t pieces;
    size_t ends;
    size_t reads_from_start;
    int status;
    int64_t content_length;
    int64_t max_age_s;
    char content_type[64];
    char retry_after[64];
    int err;
    struct received got;
};

struct client_fixture {
    uv_loop_t loop;
    struct http_client *client;
    struct http_endpoint *endpoint;
    int listener;
    uint16_t port;
    int fd; /* the upstream's end of the connection */
    size_t accepted;
    struct received request;
};

static struct client_fixture cx;

static void test_on_head(void *ctx, const struct http_answer_head *head)
{
    struct test_call *call = ctx;

    assert_int_equal(call->ends, 0);
    call->heads++;
    call->status = head->status;
    call->content_length = head->content_length;
    call->max_age_s = head->max_age_s;
    snprintf(call->content_type, sizeof(call->content_type), "%.*s", SPAN_FMT(head->content_type));
    snprintf(call->retry_after, sizeof(call->retry_after), "%.*s", SPAN_FMT(head->retry_after));
    if (call->abort_in_head)
        http_transfer_abort(&call->transfer);
}

static enum http_body_verdict test_on_body(void *ctx, struct span bytes)
{
    struct test_call *call = ctx;

    assert_int_equal(call->heads, 1);
    assert_int_equal(call->ends, 0);
    call->pieces++;
    if (call->victim != NULL)
        http_transfer_abort(&call->victim->transfer);
    if (call->abort_in_body) {
        http_transfer_abort(&call->transfer);
        return HTTP_BODY_GO_ON;
    }
    if (call->verdict == HTTP_BODY_GO_ON) {
        call->got.end = 1; /* receive_some() only makes room */
        receive_some(-1, &call->got, bytes.len);
        memcpy(call->got.bytes + call->got.len, bytes.ptr, bytes.len);
        call->got.len += bytes.len;
        call->got.bytes[call->got.len] = '\0';
    }
    return call->verdict;
}

static void test_on_end(void *ctx, int err)
{
    struct test_call *call = ctx;

    assert_non_null(call->transfer);
    call->transfer = NULL;
    call->ends++;
    call->err = err;
}

static const struct http_transfer_handlers test_handlers = {
    .on_head = test_on_head,
    .on_body = test_on_body,
    .on_end = test_on_end,
};

/* A few bytes at a time, so that nobody counts on getting all. */
static size_t test_read(void *ctx, uint64_t offset, char *to, size_t room)
{
    struct test_call *call = ctx;
    size_t left = call->body.len - (size_t)offset;
    size_t len = left < room ? left : room;

    if (offset == 0)
        call->reads_from_start++;
    if (len > 7000)
        len = 7000;
    memcpy(to, call->body.ptr + offset, len);
    return len;
}

static struct http_call http_call_of(struct test_call *call)
{
    return (struct http_call){
        .endpoint = cx.endpoint,
        .upload = {call->body.len, test_read},
        .connect_ms = 30000,
        .first_byte_ms = 30000,
        .between_ms = 30000,
        .total_ms = 30000,
        .handlers = &test_handlers,
        .ctx = call,
    };
}

static void start(const struct http_call *http)
{
    struct test_call *call = http->ctx;

    assert_int_equal(http_transfer_start(cx.client, http, &call->transfer), 0);
    assert_non_null(call->transfer);
}

static inline void start_plain(struct test_call *call)
{
    struct http_call http = http_call_of(call);

    start(&http);
}

static inline void call_free(struct test_call *call)
{
    http_transfer_abort(&call->transfer);
    received_free(&call->got);
    *call = (struct test_call){.transfer = NULL};
}

/* `origin` is a scheme and a host. */
static int new_endpoint(const char *origin, struct http_endpoint **out)
{
    static const struct span lines[] = {{"Authorization: Bearer secret", 28},
                                        {"Content-Type: application/json", 30}};
    char url[256];

    snprintf(url, sizeof(url), "%s:%u/v1/chat", origin, (unsigned)cx.port);
    struct http_endpoint_config config = {
        .url = span_of(url), .header_lines = lines, .header_count = 2};
    return http_endpoint_new(cx.client, &config, out);
}

static int client_setup_with(const char *ca_file)
{
    struct http_client_config config = {
        .loop = &cx.loop, .transfers_max = 1000, .ca_file = span_of(ca_file)};

    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    memset(&cx, 0, sizeof(cx));
    cx.fd = -1;
    assert_int_equal(uv_loop_init(&cx.loop), 0);
    assert_int_equal(http_client_new(&config, &cx.client), 0);
    cx.listener = loopback_listen();
    cx.port = loopback_port(cx.listener);
    return 0;
}

static inline int client_setup(void **state)
{
    (void)state;
    client_setup_with(NULL);
    return new_endpoint("http://127.0.0.1", &cx.endpoint);
}

static int client_teardown(void **state)
{
    (void)state;
    http_endpoint_free(&cx.endpoint);
    http_client_free(&cx.client);
    assert_null(cx.client);
    uv_run(&cx.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&cx.loop), 0);
    if (cx.fd >= 0)
        close(cx.fd);
    if (cx.listener >= 0)
        close(cx.listener);
    received_free(&cx.request);
    return 0;
}

static bool try_accept(void)
{
    int fd = accept4(cx.listener, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0)
        return false;
    if (cx.fd >= 0)
        close(cx.fd);
    cx.fd = fd;
    cx.accepted++;
    return true;
}

static inline void upstream_accepts(void)
{
    RUN_UNTIL(&cx.loop, try_accept());
}

/** The whole request has come: a body of `body_bytes` behind its head. */
static inline bool has_request(size_t body_bytes)
{
    receive_some(cx.fd, &cx.request, 65536);
    const char *end = strstr(cx.request.bytes, "\r\n\r\n");
    return end != NULL && cx.request.len >= (size_t)(end + 4 - cx.request.bytes) + body_bytes;
}

static inline void upstream_gets_request(size_t body_bytes)
{
    received_free(&cx.request);
    RUN_UNTIL(&cx.loop, has_request(body_bytes));
}

static inline void upstream_sends(const char *text)
{
    send_all(cx.fd, span_of(text));
}

/** The client has closed its end; seen without another turn of the loop. */
static inline bool upstream_is_closed(void)
{
    struct received rest = {NULL, 0, 0, 0};
    size_t before;

    do {
        before = rest.len;
        receive_some(cx.fd, &rest, 65536);
    } while (rest.end == 0 && rest.len > before);
    bool closed = rest.end != 0;
    received_free(&rest);
    return closed;
}

static inline void turn_often(void)
{
    for (int i = 0; i < 20; i++)
        uv_run(&cx.loop, UV_RUN_NOWAIT);
}

static inline void answer_one(struct test_call *call, const char *answer)
{
    upstream_gets_request(call->body.len);
    upstream_sends(answer);
    RUN_UNTIL(&cx.loop, call->ends == 1);
    assert_int_equal(call->err, 0);
}

static inline char *make_bytes(size_t len)
{
    char *bytes = malloc(len + 1);

    assert_non_null(bytes);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)('a' + i % 23);
    bytes[len] = '\0';
    return bytes;
}

#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

#endif
