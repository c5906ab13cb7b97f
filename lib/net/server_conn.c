/* The life of one connection: its handles, its timer, its end. */
#include "lib/net/server_inner.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

_Static_assert(sizeof(struct server_conn) <= 768, "an idle client connection must stay cheap");

static const unsigned next_states[] = {
#define X(name, next) [CONN_##name] = (next),
    CONN_STATE_MAP(X)
#undef X
};

void conn_enter(struct server_conn *conn, enum conn_state next)
{
    INVARIANT((next_states[conn->state] & (1U << next)) != 0);
    conn->state = (uint8_t)next;
}

/* --- the timer -------------------------------------------------------------------------------- */

/* Of the waiting output nothing went. */
static void send_timed_out(struct server_conn *conn)
{
    if (conn->state == CONN_EXCHANGE)
        conn_gone(conn, ERR_CLIENT_SLOW);
    else
        conn_reset(conn);
}

static void timed_out(struct server_conn *conn)
{
    conn_clear_deadline(conn);
    switch ((enum conn_state)conn->state) {
    case CONN_IDLE:
    case CONN_LINGERING:
        conn_close(conn);
        break;
    case CONN_HEAD:
        conn_refuse(conn, ERR_REQUEST_TIMEOUT, conn_kept_input(conn));
        break;
    case CONN_EXCHANGE:
        if (conn->out_bytes > 0)
            send_timed_out(conn);
        else
            conn_fail_body(conn, ERR_REQUEST_TIMEOUT);
        break;
    case CONN_FINISHING:
        send_timed_out(conn);
        break;
    case CONN_DISCARDING:
        conn_linger(conn);
        break;
    case CONN_CLOSED:
        break;
    }
}

static void on_timer(uv_timer_t *timer);

static void arm(struct server_conn *conn, uint64_t now_ms)
{
    uint64_t delay_ms = conn->deadline_ms > now_ms ? conn->deadline_ms - now_ms : 0;

    conn->armed_ms = conn->deadline_ms;
    uv_timer_start(&conn->timer, on_timer, delay_ms, 0);
}

static void on_timer(uv_timer_t *timer)
{
    struct server_conn *conn = timer->data;
    uint64_t now_ms = uv_now(timer->loop);

    conn->armed_ms = UINT64_MAX;
    if (conn->deadline_ms == UINT64_MAX)
        return;
    if (now_ms < conn->deadline_ms)
        arm(conn, now_ms);
    else
        timed_out(conn);
}

/*
 * A deadline that moves on leaves the timer as it is: it fires early, sees that, and is armed once
 * more. So a request costs no work on libuv's heap of timers.
 */
void conn_set_deadline(struct server_conn *conn, uint64_t delay_ms)
{
    uint64_t now_ms = uv_now(conn->server->loop);

    conn->deadline_ms = now_ms + delay_ms;
    if (conn->armed_ms > conn->deadline_ms)
        arm(conn, now_ms);
}

void conn_clear_deadline(struct server_conn *conn)
{
    conn->deadline_ms = UINT64_MAX;
}

/* --- readiness -------------------------------------------------------------------------------- */

/*
 * By uv_poll_t and not by uv_tcp_t, which reads through the file layer, and can wait for room in the
 * kernel only with a request that it is given memory for.
 */
static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct server_conn *conn = poll->data;

    if (status != 0) {
        /* libuv has stopped waiting; reading or writing, whatever was waited for, says why. */
        events = conn->polled;
        conn->polled = 0;
    }
    if ((events & UV_DISCONNECT) != 0)
        conn_read_end(conn, true);
    else if ((events & UV_READABLE) != 0)
        conn_read(conn);
    if ((events & UV_WRITABLE) != 0 && conn->state != CONN_CLOSED && conn->out_bytes > 0)
        conn_go_on_writing(conn);
    conn_update_polling(conn);
}

void conn_update_polling(struct server_conn *conn)
{
    int wanted = 0;
    int err = 0;

    if (conn->is_advancing || conn->state == CONN_CLOSED)
        return;
    if (!conn->eof_seen && conn_wants_bytes(conn))
        wanted |= UV_READABLE;
    if (conn->out_bytes > 0)
        wanted |= UV_WRITABLE;
    /* Behind what there is no room for stands the client's end, which would be read in turn. */
    if (wanted == 0 && conn->state == CONN_EXCHANGE && !conn->eof_seen)
        wanted = UV_DISCONNECT;
    if (wanted == conn->polled)
        return;
    conn->polled = (uint8_t)wanted;
    if (wanted == 0)
        err = uv_poll_stop(&conn->poll);
    else
        err = uv_poll_start(&conn->poll, wanted, on_ready);
    INVARIANT(err == 0);
}

/* --- open and close --------------------------------------------------------------------------- */

static struct server_conn *take_conn(struct server *server)
{
    struct link *spare = link_take_first(&server->spare_conns);

    if (spare == NULL)
        return malloc(sizeof(struct server_conn));
    server->spare_count--;
    return LINK_OWNER(spare, struct server_conn, link);
}

static void return_conn(struct server *server, struct server_conn *conn)
{
    if (server->conn_count + server->spare_count >= server->limits->connections_max) {
        free(conn);
        return;
    }
    link_add_last(&server->spare_conns, &conn->link);
    server->spare_count++;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct server_conn *conn = handle->data;
    struct server *server = conn->server;

    INVARIANT(conn->handles_open > 0);
    if (--conn->handles_open > 0)
        return;
    conn_release_input(conn);
    conn_release_output(conn);
    link_remove(&conn->link);
    server->conn_count--;
    return_conn(server, conn);
    server_check_empty(server);
}

int conn_open(struct server *server, int fd)
{
    struct server_conn *conn = take_conn(server);

    if (conn == NULL) {
        close(fd);
        return ERR_NO_MEMORY;
    }
    *conn = (struct server_conn){
        .fd = fd,
        .server = server,
        .deadline_ms = UINT64_MAX,
        .armed_ms = UINT64_MAX,
        .handles_open = 2,
    };
    link_init(&conn->link);
    link_init(&conn->ready);
    if (uv_poll_init(server->loop, &conn->poll, fd) != 0) {
        close(fd);
        return_conn(server, conn);
        return ERR_IO;
    }
    uv_timer_init(server->loop, &conn->timer);
    conn->poll.data = conn;
    conn->timer.data = conn;
    link_add_last(&server->conns, &conn->link);
    server->conn_count++;
    conn_set_deadline(conn, server->limits->idle_ms);
    conn_update_polling(conn);
    return 0;
}

void conn_close(struct server_conn *conn)
{
    if (conn->state == CONN_CLOSED)
        return;
    conn_enter(conn, CONN_CLOSED);
    conn->deadline_ms = UINT64_MAX;
    link_remove(&conn->ready);
    uv_close((uv_handle_t *)&conn->timer, on_handle_closed);
    uv_close((uv_handle_t *)&conn->poll, on_handle_closed);
    close(conn->fd);
}

void conn_reset(struct server_conn *conn)
{
    static const struct linger at_once = {.l_onoff = 1};

    if (conn->state == CONN_CLOSED)
        return;
    /* It fails on a socket that is not TCP, which has no reset. */
    (void)setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    conn_close(conn);
}

void conn_free_spares(struct server *server)
{
    while (server->spare_count > 0)
        free(take_conn(server));
}
