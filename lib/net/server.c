/* The server as a whole: its life, its turns, its counts. */
#include "lib/net/server_inner.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"

#include <stdlib.h>

enum { DRAIN_TURNS = 2 };

/* --- turns ------------------------------------------------------------------------------------ */

static void tell_empty(struct server *server)
{
    void (*on_empty)(void *owner) = server->on_empty;

    server->on_empty = NULL;
    if (on_empty != NULL)
        on_empty(server->owner);
}

void server_check_empty(struct server *server)
{
    if (server->is_draining && server->drain_turns == 0 && server->conn_count == 0)
        tell_empty(server);
}

/*
 * A client whose connection was accepted a moment ago is about to send its request, and has nothing
 * that would tell it to try again. One that has been served knows that a kept connection may close.
 */
static void close_idle(struct server *server)
{
    struct link *next;

    for (struct link *link = server->conns.next; link != &server->conns; link = next) {
        struct server_conn *conn = LINK_OWNER(link, struct server_conn, link);

        next = link->next;
        if (conn->state != CONN_IDLE || conn->unread > 0)
            continue;
        if (conn->has_served)
            conn_close(conn);
        else
            conn_set_deadline(conn, SERVER_DRAIN_FRESH_MS);
    }
}

static void on_idle(uv_idle_t *idle)
{
    struct server *server = idle->data;
    struct link batch;
    struct link *link;

    link_init(&batch);
    link_move_all(&server->ready, &batch);
    while ((link = link_take_first(&batch)) != NULL)
        conn_advance_kept(LINK_OWNER(link, struct server_conn, ready));
    if (server->drain_turns > 0 && --server->drain_turns == 0)
        close_idle(server);
    if (link_is_alone(&server->ready) && server->drain_turns == 0)
        uv_idle_stop(idle);
    server_check_empty(server);
}

void server_queue_ready(struct server_conn *conn)
{
    /* Inside advance() the bytes are being looked at anyway. */
    if (conn->is_advancing || conn->state == CONN_CLOSED || !link_is_alone(&conn->ready))
        return;
    link_add_last(&conn->server->ready, &conn->ready);
    uv_idle_start(&conn->server->idle, on_idle);
}

void server_drain(struct server *server, void (*on_empty)(void *owner))
{
    server->is_draining = true;
    server->on_empty = on_empty;
    /* One whole turn, so that requests which the kernel holds already are read and answered. */
    server->drain_turns = DRAIN_TURNS;
    uv_idle_start(&server->idle, on_idle);
}

void server_abort_all(struct server *server)
{
    struct link *next;

    for (struct link *link = server->conns.next; link != &server->conns; link = next) {
        struct server_conn *conn = LINK_OWNER(link, struct server_conn, link);

        next = link->next;
        if (conn->state == CONN_EXCHANGE && !conn->is_dead)
            conn_gone(conn, ERR_CLIENT_GONE);
        else
            conn_reset(conn);
    }
}

/* --- life ------------------------------------------------------------------------------------- */

struct server *server_new(const struct server_config *config)
{
    struct server *server = malloc(sizeof(*server));

    if (server == NULL)
        return NULL;
    /* Not the buffers behind it: they are large, and written before they are read. */
    memset(server, 0, offsetof(struct server, request));
    server->loop = config->loop;
    server->handlers = config->handlers;
    server->limits = config->limits;
    server->chunks = config->chunks;
    server->owner = config->owner;
    link_init(&server->listeners);
    link_init(&server->conns);
    link_init(&server->spare_conns);
    link_init(&server->ready);
    uv_idle_init(server->loop, &server->idle);
    uv_timer_init(server->loop, &server->accept_pause);
    server->idle.data = server;
    server->accept_pause.data = server;
    server->handles_open = 2;
    return server;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct server *server = handle->data;

    if (--server->handles_open == 0)
        free(server);
}

void server_free(struct server **server)
{
    struct server *freed = *server;

    if (freed == NULL)
        return;
    INVARIANT(freed->conn_count == 0);
    *server = NULL;
    server_unlisten_all(freed);
    conn_free_spares(freed);
    uv_close((uv_handle_t *)&freed->idle, on_handle_closed);
    uv_close((uv_handle_t *)&freed->accept_pause, on_handle_closed);
}

uint64_t server_connection_count(const struct server *server)
{
    return server->conn_count;
}

uint64_t server_accepted_count(const struct server *server)
{
    return server->accepted_count;
}

uint64_t server_refused_count(const struct server *server)
{
    return server->refused_count;
}
