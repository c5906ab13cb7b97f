/** A server whose handler does what the request's path says, and writes down what it was told. */
#ifndef WEIR_TESTS_SERVER_FIXTURE_H
#define WEIR_TESTS_SERVER_FIXTURE_H

#include "lib/base/err.h"
#include "lib/net/server_inner.h"
#include "tests/unit/loopback_fixture.h"

#include <stdio.h>

#define ANSWER_OK      "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
#define ANSWER_REFUSED "HTTP/1.1 400 Bad\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno"
#define GET(path)      "GET " path " HTTP/1.1\r\nhost: a\r\n\r\n"
#define BIG_BYTES      (2U << 20) /* far more than the kernel holds */
#define LOG_BYTES      4096

struct server_fixture {
    uv_loop_t loop;
    struct chunk_pool chunks;
    struct server_limits limits;
    struct server *server;
    uint16_t port;
    int fd; /* the one client of most tests */
    struct received got;

    struct server_conn *conn; /* the last one that the handler was called for */
    char log[LOG_BYTES];      /* h head, b body, l last piece, s sent, g gone, r refused, e empty */
    size_t log_len;
    size_t heads;
    int err;                                /* of the last g or r */
    char target[HTTP_TARGET_BYTES_MAX + 1]; /* of the last r */
    struct received body;
    size_t pieces;
    bool mute;        /* g and r are not answered */
    bool keeps_alive; /* what the server said at the last head */
    uintptr_t stack_low;
    uintptr_t stack_high;
    char *big;
};

static struct server_fixture fx;

static void note(char what)
{
    if (fx.log_len < LOG_BYTES - 1)
        fx.log[fx.log_len++] = what;
    fx.log[fx.log_len] = '\0';
}

static int64_t write_text(struct server_conn *conn, const char *text, enum server_write_mode mode)
{
    struct span bytes = span_of(text);
    struct iovec vec = {span_writable(bytes), bytes.len};

    return server_write(conn, &vec, 1, mode);
}

static void answer_text(struct server_conn *conn, const char *text, bool close)
{
    if (write_text(conn, text, SERVER_COPY) < 0)
        server_abort(conn);
    else
        server_end(conn, close);
}

static void fixture_on_head(struct server_conn *conn, const struct http_request *request)
{
    void *frame = __builtin_frame_address(0);
    uintptr_t here = (uintptr_t)frame;

    if (fx.stack_low == 0 || here < fx.stack_low)
        fx.stack_low = here;
    if (here > fx.stack_high)
        fx.stack_high = here;
    fx.heads++;
    fx.conn = conn;
    fx.keeps_alive = server_keeps_alive(conn);
    assert_null(server_exchange(conn));
    server_set_exchange(conn, &fx);
    note('h');
    if (span_equal(request->path, SPAN("/now")))
        answer_text(conn, ANSWER_OK, false);
    else if (span_equal(request->path, SPAN("/close")))
        answer_text(conn, ANSWER_OK, true);
    else if (span_equal(request->path, SPAN("/body")))
        server_want_body(conn);
    else if (span_equal(request->path, SPAN("/abort")))
        server_abort(conn);
}

static void fixture_on_body(struct server_conn *conn, struct span bytes, bool last)
{
    assert_ptr_equal(server_exchange(conn), &fx);
    fx.pieces++;
    if (bytes.len > 0) {
        receive_some(-1, &fx.body, bytes.len);
        memcpy(fx.body.bytes + fx.body.len, bytes.ptr, bytes.len);
        fx.body.len += bytes.len;
        fx.body.bytes[fx.body.len] = '\0';
    }
    note(last ? 'l' : 'b');
    if (last)
        answer_text(conn, ANSWER_OK, false);
}

static void fixture_on_sent(struct server_conn *conn)
{
    assert_ptr_equal(conn, fx.conn);
    note('s');
}

static void fixture_on_gone(struct server_conn *conn, int err)
{
    note('g');
    fx.err = err;
    if (err == ERR_CLIENT_GONE || err == ERR_CLIENT_SLOW)
        assert_int_equal(write_text(conn, "x", SERVER_COPY), ERR_CLIENT_GONE);
    else if (!fx.mute)
        answer_text(conn, ANSWER_REFUSED, true);
    fx.conn = NULL;
}

static void fixture_on_refused(struct server_conn *conn, const struct server_refusal *refusal)
{
    note(refusal->is_head ? 'R' : 'r');
    assert_true(refusal->target.len < sizeof(fx.target));
    (void)snprintf(fx.target, sizeof(fx.target), "%.*s", SPAN_FMT(refusal->target));
    fx.err = refusal->err;
    if (!fx.mute)
        answer_text(conn, ANSWER_REFUSED, true);
}

static const struct server_handlers fixture_handlers = {
    .on_head = fixture_on_head,
    .on_body = fixture_on_body,
    .on_sent = fixture_on_sent,
    .on_gone = fixture_on_gone,
    .on_refused = fixture_on_refused,
};

static int server_setup(void **state)
{
    struct server_config config = {
        .loop = &fx.loop,
        .handlers = &fixture_handlers,
        .limits = &fx.limits,
        .chunks = &fx.chunks,
        .owner = &fx,
    };

    (void)state;
    memset(&fx, 0, sizeof(fx));
    fx.fd = -1;
    fx.body.end = 1; /* receive_some() only makes room */
    fx.limits = (struct server_limits){
        .connections_max = 16,
        .head_bytes = 8192,
        .body_bytes = 1 << 20,
        .idle_ms = 60000,
        .head_ms = 60000,
        .body_ms = 60000,
        .send_ms = 60000,
        .queue_bytes_max = 16 << 20,
    };
    chunk_pool_init(&fx.chunks, 64 << 20, 4);
    assert_int_equal(uv_loop_init(&fx.loop), 0);
    fx.server = server_new(&config);
    assert_non_null(fx.server);
    int fd = loopback_listen();
    fx.port = loopback_port(fd);
    assert_int_equal(server_listen(fx.server, 7, fd), 0);
    return 0;
}

static int server_teardown(void **state)
{
    (void)state;
    if (fx.fd >= 0)
        close(fx.fd);
    server_abort_all(fx.server);
    RUN_UNTIL(&fx.loop, server_connection_count(fx.server) == 0);
    server_free(&fx.server);
    assert_null(fx.server);
    uv_run(&fx.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&fx.loop), 0);
    chunk_pool_close(&fx.chunks);
    received_free(&fx.got);
    received_free(&fx.body);
    free(fx.big);
    return 0;
}

/** The client connects and sends. */
static inline void client_sends(struct span bytes)
{
    if (fx.fd < 0)
        fx.fd = loopback_connect(fx.port);
    send_all(fx.fd, bytes);
}

static inline void client_gets(const char *text)
{
    RUN_UNTIL(&fx.loop, has_received(fx.fd, &fx.got, text));
}

/** The client sees the end of the connection, in order. */
static inline void client_sees_end(void)
{
    RUN_UNTIL(&fx.loop, has_ended(fx.fd, &fx.got));
    assert_int_equal(fx.got.end, 1);
}

static inline void wait_for_log(const char *log)
{
    RUN_UNTIL(&fx.loop, fx.log_len >= strlen(log));
    assert_string_equal(fx.log, log);
}

static inline bool has_conn(void)
{
    return !link_is_alone(&fx.server->conns);
}

/** The oldest connection; only where has_conn() holds. */
static inline struct server_conn *first_conn(void)
{
    return LINK_OWNER(fx.server->conns.next, struct server_conn, link);
}

/** The server has read that many bytes that it cannot use yet. */
static inline void wait_for_unread(size_t count)
{
    RUN_UNTIL(&fx.loop, has_conn() && first_conn()->unread == count);
}

static inline void turn_often(void)
{
    for (int i = 0; i < 20; i++)
        uv_run(&fx.loop, UV_RUN_NOWAIT);
}

enum leaving { CLOSES, HALF_CLOSES, RESETS };

static inline void leave(enum leaving how)
{
    if (how == CLOSES) {
        close(fx.fd);
        fx.fd = -1;
    } else if (how == HALF_CLOSES) {
        shutdown(fx.fd, SHUT_WR);
    } else {
        loopback_reset(&fx.fd);
    }
}

static inline void make_big(void)
{
    fx.big = malloc(BIG_BYTES);
    assert_non_null(fx.big);
    for (size_t i = 0; i < BIG_BYTES; i++)
        fx.big[i] = (char)('a' + i % 23);
}

/* A large answer in `count` pieces of the same size, none of which the client reads. */
static inline int64_t write_big(size_t count, enum server_write_mode mode)
{
    struct iovec *vec = calloc(count, sizeof(*vec));

    assert_non_null(vec);
    make_big();
    for (size_t i = 0; i < count; i++)
        vec[i] = (struct iovec){fx.big + i * (BIG_BYTES / count), BIG_BYTES / count};
    int64_t waiting = server_write(fx.conn, vec, count, mode);
    free(vec);
    return waiting;
}

#endif
