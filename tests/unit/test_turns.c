/*
 * A client that is gone and the upstream's connection: both on one loop, as in a worker. Counted are
 * turns of the loop, not milliseconds: the descriptor is closed before the turn ends that has told
 * of the client.
 */
#include "lib/base/err.h"
#include "lib/net/http_client.h"
#include "lib/net/server.h"
#include "tests/unit/loopback_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

enum { DESCRIPTORS_LOOKED_AT = 1024, NOT_YET = -1 };

static struct {
    uv_loop_t loop;
    uv_prepare_t counter;
    int turn; /* of the loop, counted at its top */
    struct chunk_pool chunks;
    struct server_limits limits;
    struct server *server;
    struct http_client *client;
    struct http_endpoint *endpoint;
    int listener; /* the upstream's */
    uint16_t port;
    int client_fd;   /* the client's end of its connection */
    int upstream_fd; /* the upstream's end of its connection */
    int transfer_fd; /* our end of the upstream's connection */
    struct received seen_by_client;
    struct received seen_by_upstream;

    struct server_conn *conn;
    struct http_transfer *transfer;
    size_t heads;
    size_t pieces;
    bool is_paused;
    int gone_turn;
    int gone_err;
    int closed_turn; /* the first turn at whose end the descriptor was closed */
} rig;

/* --- a proxy that knows nothing --------------------------------------------------------------- */

static enum http_body_verdict on_upstream_body(void *ctx, struct span bytes)
{
    struct iovec vec = {span_writable(bytes), bytes.len};

    (void)ctx;
    rig.pieces++;
    if (rig.is_paused)
        return HTTP_BODY_PAUSE;
    int64_t waiting = server_write(rig.conn, &vec, 1, SERVER_COPY);
    assert_true(waiting >= 0);
    rig.is_paused = waiting > 0;
    return HTTP_BODY_GO_ON;
}

static void on_upstream_head(void *ctx, const struct http_answer_head *head)
{
    (void)ctx;
    assert_int_equal(head->status, 200);
    rig.heads++;
}

static void on_upstream_end(void *ctx, int err)
{
    (void)ctx;
    (void)err;
    rig.transfer = NULL;
    fail_msg("no upstream of these tests ends by itself: %s", err_name(err));
}

static const struct http_transfer_handlers transfer_handlers = {
    .on_head = on_upstream_head,
    .on_body = on_upstream_body,
    .on_end = on_upstream_end,
};

static size_t read_upload(void *ctx, uint64_t offset, char *to, size_t room)
{
    (void)ctx;
    assert_true(offset == 0 && room > 0);
    to[0] = 'x';
    return 1;
}

static void on_client_head(struct server_conn *conn, const struct http_request *request)
{
    (void)request;
    rig.conn = conn;
    server_set_exchange(conn, &rig);
    server_want_body(conn);
}

static void on_client_body(struct server_conn *conn, struct span bytes, bool last)
{
    struct http_call call = {
        .endpoint = rig.endpoint,
        .upload = {1, read_upload},
        .connect_ms = 30000,
        .first_byte_ms = 30000,
        .between_ms = 30000,
        .total_ms = 30000,
        .handlers = &transfer_handlers,
    };

    (void)conn;
    (void)bytes;
    if (last)
        assert_int_equal(http_transfer_start(rig.client, &call, &rig.transfer), 0);
}

static void on_client_sent(struct server_conn *conn)
{
    (void)conn;
    if (!rig.is_paused)
        return;
    rig.is_paused = false;
    http_transfer_resume(rig.transfer);
}

static void on_client_gone(struct server_conn *conn, int err)
{
    assert_ptr_equal(conn, rig.conn);
    rig.gone_turn = rig.turn;
    rig.gone_err = err;
    http_transfer_abort(&rig.transfer);
}

static void on_client_refused(struct server_conn *conn, const struct server_refusal *refusal)
{
    (void)conn;
    fail_msg("refused: %s", err_name(refusal->err));
}

static const struct server_handlers server_handlers = {
    .on_head = on_client_head,
    .on_body = on_client_body,
    .on_sent = on_client_sent,
    .on_gone = on_client_gone,
    .on_refused = on_client_refused,
};

/* --- the rig ---------------------------------------------------------------------------------- */

static bool is_closed(int fd)
{
    return fcntl(fd, F_GETFD) < 0 && errno == EBADF;
}

static void on_turn(uv_prepare_t *prepare)
{
    (void)prepare;
    rig.turn++;
}

/* One turn; what it has closed is written down. */
static void turn(void)
{
    uv_run(&rig.loop, UV_RUN_NOWAIT);
    if (rig.transfer_fd >= 0 && rig.closed_turn == NOT_YET && is_closed(rig.transfer_fd))
        rig.closed_turn = rig.turn;
}

static int setup(void **state)
{
    (void)state;
    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    memset(&rig, 0, sizeof(rig));
    rig.client_fd = rig.upstream_fd = rig.transfer_fd = -1;
    rig.gone_turn = rig.closed_turn = NOT_YET;
    rig.limits = (struct server_limits){
        .connections_max = 4,
        .head_bytes = 8192,
        .body_bytes = 8192,
        .idle_ms = 60000,
        .head_ms = 60000,
        .body_ms = 60000,
        .send_ms = 60000,
        .queue_bytes_max = 16 << 20,
    };
    chunk_pool_init(&rig.chunks, 64 << 20, 4);
    assert_int_equal(uv_loop_init(&rig.loop), 0);
    uv_prepare_init(&rig.loop, &rig.counter);
    uv_prepare_start(&rig.counter, on_turn);

    struct server_config server = {.loop = &rig.loop,
                                   .handlers = &server_handlers,
                                   .limits = &rig.limits,
                                   .chunks = &rig.chunks,
                                   .owner = &rig};
    rig.server = server_new(&server);
    assert_non_null(rig.server);
    int listener = loopback_listen();
    uint16_t server_port = loopback_port(listener);
    assert_int_equal(server_listen(rig.server, 1, listener), 0);

    char url[64];
    rig.listener = loopback_listen();
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/v1", (unsigned)loopback_port(rig.listener));
    struct http_client_config client = {
        .loop = &rig.loop, .transfers_max = 4, .ca_file = span_of(NULL)};
    struct http_endpoint_config endpoint = {.url = span_of(url)};
    assert_int_equal(http_client_new(&client, &rig.client), 0);
    assert_int_equal(http_endpoint_new(rig.client, &endpoint, &rig.endpoint), 0);
    rig.client_fd = loopback_connect(server_port);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    http_endpoint_free(&rig.endpoint);
    http_client_free(&rig.client);
    server_abort_all(rig.server);
    RUN_UNTIL(&rig.loop, server_connection_count(rig.server) == 0);
    server_free(&rig.server);
    uv_close((uv_handle_t *)&rig.counter, NULL);
    uv_run(&rig.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&rig.loop), 0);
    chunk_pool_close(&rig.chunks);
    received_free(&rig.seen_by_client);
    received_free(&rig.seen_by_upstream);
    close(rig.listener);
    if (rig.client_fd >= 0)
        close(rig.client_fd);
    if (rig.upstream_fd >= 0)
        close(rig.upstream_fd);
    return 0;
}

static bool try_accept(void)
{
    rig.upstream_fd = accept4(rig.listener, NULL, NULL, SOCK_CLOEXEC);
    return rig.upstream_fd >= 0;
}

/* The descriptor of ours at whose other end the upstream sits. */
static int find_transfer_fd(void)
{
    struct sockaddr_in peer = {.sin_port = 0};
    socklen_t len = sizeof(peer);

    assert_int_equal(getpeername(rig.upstream_fd, (struct sockaddr *)(void *)&peer, &len), 0);
    for (int fd = 0; fd < DESCRIPTORS_LOOKED_AT; fd++) {
        struct sockaddr_in own = {.sin_port = 0};

        len = sizeof(own);
        if (getsockname(fd, (struct sockaddr *)(void *)&own, &len) == 0 &&
            own.sin_family == AF_INET && own.sin_port == peer.sin_port)
            return fd;
    }
    fail_msg("nobody has the other end");
    return -1;
}

/* --- states ----------------------------------------------------------------------------------- */

#define ANSWER_HEAD                                          \
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" \
    "Transfer-Encoding: chunked\r\n\r\n"
#define EVENT      "c\r\ndata: {\"a\"}\n\r\n"
#define HALF_EVENT "7\r\ndata: {\r\n"

static void reach_waiting(void)
{
    send_all(rig.client_fd, SPAN("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\nx"));
    RUN_UNTIL(&rig.loop, try_accept());
    RUN_UNTIL(&rig.loop, has_received(rig.upstream_fd, &rig.seen_by_upstream, "\r\n\r\nx"));
    rig.transfer_fd = find_transfer_fd();
    assert_false(is_closed(rig.transfer_fd));
}

static void reach_head(void)
{
    reach_waiting();
    send_all(rig.upstream_fd, SPAN(ANSWER_HEAD));
    RUN_UNTIL(&rig.loop, rig.heads == 1);
}

static void reach_between_events(void)
{
    reach_head();
    send_all(rig.upstream_fd, SPAN(EVENT));
    RUN_UNTIL(&rig.loop, has_received(rig.client_fd, &rig.seen_by_client, "{\"a\"}"));
}

static void reach_inside_event(void)
{
    reach_head();
    send_all(rig.upstream_fd, SPAN(HALF_EVENT));
    RUN_UNTIL(&rig.loop, has_received(rig.client_fd, &rig.seen_by_client, "data: {"));
}

/* One chunk without an end, so that a send may be cut anywhere. */
static bool is_held(void)
{
    char bytes[4096];

    memset(bytes, 'x', sizeof(bytes));
    bool has_room = send_some(rig.upstream_fd, (struct span){bytes, sizeof(bytes)}) > 0;
    return rig.is_paused && !has_room;
}

/* The client reads nothing, the upstream goes on until it is no longer read either. */
static void reach_held(void)
{
    reach_head();
    send_all(rig.upstream_fd, SPAN("ffffffff\r\n"));
    RUN_UNTIL(&rig.loop, is_held());
}

static void close_client(void)
{
    close(rig.client_fd);
    rig.client_fd = -1;
}

static void reset_client(void)
{
    loopback_reset(&rig.client_fd);
}

static const struct {
    const char *name;
    void (*reach)(void);
} states[] = {
    {"waiting for the head", reach_waiting},
    {"between head and body", reach_head},
    {"between two events", reach_between_events},
    {"inside an event", reach_inside_event},
    {"held", reach_held},
};

static void check_turns(const char *name, const char *how)
{
    for (struct monotime deadline = monotime_after(monotime_now(), LOOPBACK_DEADLINE_MS);
         rig.gone_turn == NOT_YET || rig.closed_turn == NOT_YET;) {
        turn();
        if (monotime_reached(monotime_now(), deadline))
            fail_msg("%s, %s: gone in turn %d, closed in turn %d", name, how, rig.gone_turn,
                     rig.closed_turn);
    }
    if (rig.closed_turn != rig.gone_turn)
        fail_msg("%s, %s: closed %d turns later", name, how, rig.closed_turn - rig.gone_turn);
    assert_int_equal(rig.gone_err, ERR_CLIENT_GONE);
}

static void a_client_that_is_gone_closes_the_upstream_in_the_same_turn(void **state)
{
    static const struct {
        const char *how;
        void (*leave)(void);
    } ways[] = {{"closes", close_client}, {"resets", reset_client}};

    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]) * 2; i++) {
        setup(state);
        states[i / 2].reach();
        ways[i % 2].leave();
        check_turns(states[i / 2].name, ways[i % 2].how);
        /* Not another turn, and the upstream knows. */
        while (!has_ended(rig.upstream_fd, &rig.seen_by_upstream))
            sched_yield();
        teardown(state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_that_is_gone_closes_the_upstream_in_the_same_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
