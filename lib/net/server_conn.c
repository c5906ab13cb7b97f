/* The life of one connection: its handles, its timer, its end. */
#include "lib/net/server_inner.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"

#include <stdlib.h>
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

/* Some of the waiting output went, or it is too late. */
static void send_timed_out(struct server_conn *conn)
{
    if (conn_output_moves(conn))
        conn_set_deadline(conn, conn->server->limits->send_ms);
    else if (conn->state == CONN_EXCHANGE)
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
    INVARIANT(conn->writing == NULL);
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
        .server = server,
        .deadline_ms = UINT64_MAX,
        .armed_ms = UINT64_MAX,
        .handles_open = 2,
    };
    conn->tcp.data = conn;
    conn->timer.data = conn;
    link_init(&conn->link);
    link_init(&conn->ready);
    /* Neither fails: no socket is made here, and a timer needs nothing. */
    uv_tcp_init(server->loop, &conn->tcp);
    uv_timer_init(server->loop, &conn->timer);
    link_add_last(&server->conns, &conn->link);
    server->conn_count++;
    conn->fd = fd;
    if (uv_tcp_open(&conn->tcp, fd) != 0) {
        close(fd);
        conn_close(conn);
        return ERR_IO;
    }
    conn_set_deadline(conn, server->limits->idle_ms);
    conn_update_reading(conn);
    return 0;
}

static void begin_close(struct server_conn *conn)
{
    conn_enter(conn, CONN_CLOSED);
    conn->is_reading = false;
    conn->deadline_ms = UINT64_MAX;
    link_remove(&conn->ready);
    uv_close((uv_handle_t *)&conn->timer, on_handle_closed);
}

void conn_close(struct server_conn *conn)
{
    if (conn->state == CONN_CLOSED)
        return;
    begin_close(conn);
    uv_close((uv_handle_t *)&conn->tcp, on_handle_closed);
}

void conn_reset(struct server_conn *conn)
{
    if (conn->state == CONN_CLOSED)
        return;
    begin_close(conn);
    if (uv_tcp_close_reset(&conn->tcp, on_handle_closed) != 0)
        uv_close((uv_handle_t *)&conn->tcp, on_handle_closed);
}

void conn_free_spares(struct server *server)
{
    while (server->spare_count > 0)
        free(take_conn(server));
    while (server->spare_writes != NULL) {
        struct write_request *next = server->spare_writes->next;

        free(server->spare_writes);
        server->spare_writes = next;
    }
}
