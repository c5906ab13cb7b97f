/* One request and its answer: from the head to the next request, or to the connection's end. */
#include "lib/net/server_inner.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"

#include <sys/socket.h>

/* --- the beginning ---------------------------------------------------------------------------- */

static void enter_exchange(struct server_conn *conn)
{
    conn_enter(conn, CONN_EXCHANGE);
    conn_clear_deadline(conn);
    conn->has_served = true;
    conn->exchange = NULL;
    conn->body_bytes = 0;
    conn->body_err = 0;
    conn->keep_alive = false;
    conn->expects_continue = false;
    conn->has_answer = false;
    conn->owes_sent = false;
    conn->body_wanted = false;
    conn->body_done = false;
    conn->body_stopped = false;
}

void conn_begin_exchange(struct server_conn *conn, const struct http_request *request)
{
    enter_exchange(conn);
    conn->keep_alive = request->keep_alive;
    conn->expects_continue = request->expect_continue;
    http_body_init(&conn->body, request);
    conn->server->handlers->on_head(conn, request);
}

void conn_refuse(struct server_conn *conn, int err, struct span head)
{
    const struct server_refusal refusal = {
        .err = err,
        .is_head = span_equal(http_guard_method(&conn->guard, head), SPAN("HEAD")),
        .target = http_guard_target(&conn->guard, head),
    };

    enter_exchange(conn);
    conn->body_stopped = true;
    conn->server->handlers->on_refused(conn, &refusal);
    if (conn->state == CONN_EXCHANGE)
        conn_close(conn);
}

/* --- the body --------------------------------------------------------------------------------- */

bool conn_awaits_body(const struct server_conn *conn)
{
    return conn->state == CONN_EXCHANGE && conn->body_wanted && !conn->body_done &&
           !conn->body_stopped;
}

/* Will the client send little enough of its body to throw it away and go on? */
static bool can_outlast_body(const struct server_conn *conn)
{
    if (http_body_is_complete(&conn->body))
        return true;
    if (conn->body_stopped || conn->body_err != 0)
        return false;
    /* It waits for 100 Continue: whether it sends the body after another answer is not known. */
    if (conn->expects_continue && !conn->body_wanted)
        return false;
    return conn->body.kind == HTTP_BODY_CHUNKED || conn->body.left <= SERVER_DISCARD_BYTES_MAX;
}

static void send_continue(struct server_conn *conn)
{
    struct span line = SPAN("HTTP/1.1 100 Continue\r\n\r\n");
    struct iovec vec = {span_writable(line), line.len};

    /* No handler is told of it here: the read that comes next meets the client's end. */
    if (conn_send(conn, &vec, 1, SERVER_COPY) < 0)
        conn->is_dead = false;
}

void server_want_body(struct server_conn *conn)
{
    if (conn->state != CONN_EXCHANGE || conn->body_wanted)
        return;
    conn->body_wanted = true;
    if (conn->body.kind == HTTP_BODY_LENGTH && conn->body.left > conn->server->limits->body_bytes) {
        conn->body_err = ERR_BODY_TOO_LARGE;
    } else if (!http_body_is_complete(&conn->body)) {
        if (conn->expects_continue && conn->unread == 0 && conn->body_err == 0)
            send_continue(conn);
        if (conn->out_bytes == 0)
            conn_set_deadline(conn, conn->server->limits->body_ms);
    }
    if (conn->unread > 0 || conn->body_err != 0 || http_body_is_complete(&conn->body))
        server_queue_ready(conn);
    conn_update_polling(conn);
}

void conn_fail_body(struct server_conn *conn, int err)
{
    conn->body_stopped = true;
    conn->keep_alive = false;
    conn_clear_deadline(conn);
    if (conn->has_answer) {
        conn_gone(conn, ERR_CLIENT_GONE);
        return;
    }
    conn->server->handlers->on_gone(conn, err);
    if (conn->state == CONN_EXCHANGE)
        conn_close(conn);
}

/* --- the end ---------------------------------------------------------------------------------- */

void conn_gone(struct server_conn *conn, int err)
{
    /* The handler knows it from server_write(), and still holds the connection. */
    if (conn->is_dead)
        return;
    conn_reset(conn);
    conn->server->handlers->on_gone(conn, err);
}

void conn_linger(struct server_conn *conn)
{
    if (conn->eof_seen || shutdown(conn->fd, SHUT_WR) != 0) {
        conn_close(conn);
        return;
    }
    conn_enter(conn, CONN_LINGERING);
    conn->linger_left = SERVER_LINGER_BYTES_MAX;
    conn_set_deadline(conn, SERVER_LINGER_MS);
    if (conn->is_advancing)
        return;
    conn->unread = 0;
    conn_release_input(conn);
    conn_update_polling(conn);
}

static void close_after_answer(struct server_conn *conn)
{
    /* Closing a socket with unread bytes resets it, and a reset can overtake the answer. */
    if (conn->unread > 0 || conn->body_stopped || !http_body_is_complete(&conn->body))
        conn_linger(conn);
    else
        conn_close(conn);
}

void conn_next(struct server_conn *conn)
{
    struct server *server = conn->server;

    if (!conn->keep_alive || server->is_draining) {
        close_after_answer(conn);
        return;
    }
    if (http_body_is_complete(&conn->body)) {
        conn_enter(conn, CONN_IDLE);
        conn_set_deadline(conn, server->limits->idle_ms);
    } else {
        conn_enter(conn, CONN_DISCARDING);
        conn->discard_left = SERVER_DISCARD_BYTES_MAX;
        conn_set_deadline(conn, SERVER_LINGER_MS);
    }
    if (conn->unread > 0)
        server_queue_ready(conn);
    else if (conn->eof_seen)
        conn_close(conn);
    conn_update_polling(conn);
}

bool server_keeps_alive(const struct server_conn *conn)
{
    return conn->keep_alive && !conn->server->is_draining && can_outlast_body(conn);
}

int64_t server_write(struct server_conn *conn, const struct iovec *vec, size_t count,
                     enum server_write_mode mode)
{
    if (conn->state == CONN_CLOSED || conn->is_dead)
        return ERR_CLIENT_GONE;
    INVARIANT(conn->state == CONN_EXCHANGE);
    INVARIANT(conn->borrowed == NULL && count <= SERVER_BORROW_MAX);
    /* The handler has just told the client whether the connection stays; that holds. */
    if (!conn->has_answer)
        conn->keep_alive = server_keeps_alive(conn);
    conn->has_answer = true;

    int64_t waiting = conn_send(conn, vec, count, mode);
    if (waiting > 0)
        conn->owes_sent = true;
    return waiting;
}

void server_end(struct server_conn *conn, bool close)
{
    if (conn->state == CONN_CLOSED)
        return;
    INVARIANT(conn->state == CONN_EXCHANGE && conn->borrowed == NULL);
    if (conn->is_dead) {
        conn_reset(conn);
        return;
    }
    conn->exchange = NULL;
    if (close || !server_keeps_alive(conn))
        conn->keep_alive = false;
    conn_enter(conn, CONN_FINISHING);
    if (conn->out_bytes == 0)
        conn_next(conn);
}

void server_abort(struct server_conn *conn)
{
    if (conn->state == CONN_CLOSED)
        return;
    INVARIANT(conn->state == CONN_EXCHANGE);
    conn_reset(conn);
}

int server_socket(const struct server_conn *conn)
{
    return conn->state == CONN_CLOSED ? -1 : conn->fd;
}

void *server_owner(const struct server_conn *conn)
{
    return conn->server->owner;
}

void server_set_exchange(struct server_conn *conn, void *exchange)
{
    conn->exchange = exchange;
}

void *server_exchange(const struct server_conn *conn)
{
    return conn->exchange;
}
