/* From received bytes to heads and bodies. */
#include "lib/net/server_inner.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { CHUNK_ROOM = sizeof(((struct chunk *)NULL)->bytes) };

/* --- kept input ------------------------------------------------------------------------------- */

static uint32_t kept_bytes(const struct server_conn *conn)
{
    return conn->input_end - conn->input_begin;
}

struct span conn_kept_input(const struct server_conn *conn)
{
    if (conn->input == NULL)
        return (struct span){NULL, 0};
    return (struct span){conn->input + conn->input_begin, kept_bytes(conn)};
}

/* A head may hold a key: no copy of it outlives the request. */
void conn_release_input(struct server_conn *conn)
{
    span_wipe((struct span){conn->input, conn->input_end});
    if (conn->input != NULL && conn->input_chunk == NULL) {
        free(conn->input);
        conn->server->large_heads--;
    }
    chunk_return(conn->server->chunks, &conn->input_chunk);
    conn->input = NULL;
    conn->input_begin = 0;
    conn->input_end = 0;
    conn->input_cap = 0;
}

/* A head that is longer than a chunk gets memory of the size that the limit allows. */
static bool grow_input(struct server_conn *conn)
{
    struct server *server = conn->server;
    uint32_t kept = kept_bytes(conn);

    if (conn->input_chunk == NULL || server->large_heads == SERVER_LARGE_HEADS_MAX)
        return false;
    char *memory = malloc(conn->guard.bytes_max);
    if (memory == NULL)
        return false;
    INVARIANT(kept < conn->guard.bytes_max);
    memcpy(memory, conn->input + conn->input_begin, kept);
    span_wipe((struct span){conn->input, conn->input_end});
    chunk_return(server->chunks, &conn->input_chunk);
    server->large_heads++;
    conn->input = memory;
    conn->input_begin = 0;
    conn->input_end = kept;
    conn->input_cap = conn->guard.bytes_max;
    return true;
}

/* The bytes lie in the shared buffer: copy them. */
static bool copy_to_input(struct server_conn *conn, struct span bytes)
{
    struct chunk *chunk = chunk_take(conn->server->chunks);

    if (chunk == NULL)
        return false;
    INVARIANT(bytes.len <= sizeof(chunk->bytes));
    memcpy(chunk->bytes, bytes.ptr, bytes.len);
    span_wipe(bytes);
    conn->input = chunk->bytes;
    conn->input_chunk = chunk;
    conn->input_begin = 0;
    conn->input_end = (uint32_t)bytes.len;
    conn->input_cap = CHUNK_ROOM;
    return true;
}

/* Received bytes are lost: what they belonged to cannot go on. */
static void lose_input(struct server_conn *conn, struct span bytes)
{
    conn->unread = 0;
    conn->keep_alive = false;
    if (conn->state == CONN_HEAD) {
        conn_refuse(conn, ERR_NO_MEMORY, bytes);
        span_wipe(bytes);
    } else if (conn->state == CONN_EXCHANGE && !http_body_is_complete(&conn->body)) {
        conn->body_err = ERR_BODY_MEMORY;
        if (conn->body_wanted)
            server_queue_ready(conn);
    }
}

/* What advance() left over is kept for the next time. */
static void keep_input(struct server_conn *conn, struct span bytes)
{
    conn->unread = (uint32_t)bytes.len;
    if (bytes.len == 0) {
        if (conn->input != NULL)
            conn_release_input(conn);
        return;
    }
    if (conn->input != NULL) {
        conn->input_begin = (uint32_t)(bytes.ptr - conn->input);
    } else if (!copy_to_input(conn, bytes)) {
        lose_input(conn, bytes);
        return;
    }
    if (conn->state == CONN_HEAD && kept_bytes(conn) == conn->input_cap && !grow_input(conn))
        lose_input(conn, conn_kept_input(conn));
}

/* --- one step at a time ----------------------------------------------------------------------- */

static bool take_head(struct server_conn *conn, struct span *bytes)
{
    struct http_request *request = &conn->server->request;
    size_t head_end = 0;
    int err = http_guard_feed(&conn->guard, span_skip(*bytes, conn->head_fed), &head_end);

    if (err == ERR_AGAIN) {
        if (conn->head_fed == 0)
            conn_set_deadline(conn, conn->server->limits->head_ms);
        conn->head_fed = (uint32_t)bytes->len;
        return false;
    }
    struct span head = {bytes->ptr, conn->head_fed + head_end};
    if (err == 0)
        err = http_request_parse(head, request);
    else
        head = *bytes;
    *bytes = span_skip(*bytes, err == 0 ? head.len : bytes->len);
    conn->unread = (uint32_t)bytes->len;
    if (err == 0)
        conn_begin_exchange(conn, request);
    else
        conn_refuse(conn, err, head);
    span_wipe(head);
    return true;
}

/* Takes the next piece; what is wrong with it is an error value. */
static int next_piece(struct server_conn *conn, struct span *bytes, struct span *content)
{
    *content = (struct span){NULL, 0};
    if (http_body_is_complete(&conn->body))
        return 0;
    int err = http_body_next(&conn->body, bytes, content);

    conn->unread = (uint32_t)bytes->len;
    conn->body_bytes += content->len;
    if (err == 0 && conn->body_bytes > conn->server->limits->body_bytes)
        return ERR_BODY_TOO_LARGE;
    return err;
}

static bool take_body(struct server_conn *conn, struct span *bytes)
{
    struct span content;

    if (!conn->body_wanted || conn->body_stopped)
        return false;
    if (conn->body_err != 0) {
        conn_fail_body(conn, conn->body_err);
        return true;
    }
    if (conn->body_done)
        return false;
    if (bytes->len == 0 && !http_body_is_complete(&conn->body))
        return false;

    int err = next_piece(conn, bytes, &content);
    if (err != 0) {
        conn_fail_body(conn, err);
        return true;
    }
    bool last = http_body_is_complete(&conn->body);
    if (last) {
        conn->body_done = true;
        if (conn->out_bytes == 0)
            conn_clear_deadline(conn);
    } else if (conn->out_bytes == 0) {
        conn_set_deadline(conn, conn->server->limits->body_ms);
    }
    if (last || content.len > 0)
        conn->server->handlers->on_body(conn, content, last);
    return true;
}

static bool discard_body(struct server_conn *conn, struct span *bytes)
{
    struct span content;

    if (bytes->len == 0)
        return false;
    int err = next_piece(conn, bytes, &content);
    span_wipe(content);
    if (err != 0 || content.len > conn->discard_left) {
        conn_linger(conn);
        return true;
    }
    conn->discard_left -= (uint32_t)content.len;
    if (!http_body_is_complete(&conn->body))
        return true;
    conn_enter(conn, CONN_IDLE);
    conn_set_deadline(conn, conn->server->limits->idle_ms);
    return true;
}

/* @return false when there is nothing more to do with these bytes now */
static bool step(struct server_conn *conn, struct span *bytes)
{
    switch ((enum conn_state)conn->state) {
    case CONN_IDLE:
        if (bytes->len == 0)
            return false;
        http_guard_init(&conn->guard, (uint32_t)conn->server->limits->head_bytes);
        conn->head_fed = 0;
        conn_enter(conn, CONN_HEAD);
        return true;
    case CONN_HEAD:
        return take_head(conn, bytes);
    case CONN_EXCHANGE:
        return take_body(conn, bytes);
    case CONN_DISCARDING:
        return discard_body(conn, bytes);
    case CONN_FINISHING:
        return false;
    case CONN_LINGERING:
    case CONN_CLOSED:
        break;
    }
    /* What nobody reads may be a form with a key in it. */
    span_wipe(*bytes);
    *bytes = (struct span){NULL, 0};
    return false;
}

/* The client sends no more: what is complete has been answered, the rest never will be. */
static void settle_eof(struct server_conn *conn)
{
    if (conn->state == CONN_EXCHANGE)
        conn_gone(conn, ERR_CLIENT_GONE);
    else if (conn->state != CONN_FINISHING && link_is_alone(&conn->ready))
        conn_close(conn);
}

/*
 * A loop and not a recursion: thousands of pipelined requests are answered at one stack depth.
 * Handlers run inside; what they call changes states and flags, never the bytes.
 */
static void advance(struct server_conn *conn, struct span bytes)
{
    if (conn->is_advancing)
        return;
    conn->is_advancing = true;
    while (step(conn, &bytes))
        continue;
    conn->is_advancing = false;
    keep_input(conn, bytes);
    if (conn->state == CONN_CLOSED)
        return;
    conn_update_polling(conn);
    if (conn->eof_seen)
        settle_eof(conn);
}

void conn_advance_kept(struct server_conn *conn)
{
    advance(conn, conn_kept_input(conn));
}

/* --- from the socket -------------------------------------------------------------------------- */

bool conn_wants_bytes(const struct server_conn *conn)
{
    if (conn->state != CONN_EXCHANGE && conn->state != CONN_FINISHING)
        return conn->state != CONN_CLOSED;
    return conn->input == NULL || kept_bytes(conn) < conn->input_cap;
}

/* Behind the input that is kept. */
static struct iovec room_behind_input(struct server_conn *conn)
{
    if (conn->input_end == conn->input_cap && conn->input_begin > 0) {
        uint32_t kept = kept_bytes(conn);

        memmove(conn->input, conn->input + conn->input_begin, kept);
        span_wipe(span_from(conn->input + kept, conn->input + conn->input_end));
        conn->input_begin = 0;
        conn->input_end = kept;
    }
    return (struct iovec){conn->input + conn->input_end, conn->input_cap - conn->input_end};
}

/*
 * Never more than can be used up or kept: what follows a head or a body must fit one chunk. The
 * end of a chunked body cannot be foreseen.
 */
static size_t shared_room(const struct server_conn *conn)
{
    bool in_body = (conn->state == CONN_EXCHANGE && conn->body_wanted && !conn->body_stopped) ||
                   conn->state == CONN_DISCARDING;

    if (conn->state == CONN_LINGERING)
        return SERVER_READ_BYTES;
    if (in_body && conn->body.kind == HTTP_BODY_LENGTH &&
        conn->body.left > SERVER_READ_BYTES - CHUNK_ROOM)
        return SERVER_READ_BYTES;
    if (in_body && conn->body.kind == HTTP_BODY_LENGTH)
        return CHUNK_ROOM + conn->body.left;
    return CHUNK_ROOM;
}

void conn_read_end(struct server_conn *conn, bool is_eof)
{
    conn->eof_seen = true;
    if (conn->state == CONN_FINISHING && !is_eof)
        conn_close(conn);
    else
        settle_eof(conn);
}

static void linger_on(struct server_conn *conn, size_t count)
{
    if (count >= conn->linger_left)
        conn_close(conn);
    else
        conn->linger_left -= (uint32_t)count;
}

static void take_bytes(struct server_conn *conn, struct span bytes)
{
    if (conn->state == CONN_LINGERING) {
        span_wipe(bytes);
        linger_on(conn, bytes.len);
    } else if (conn->input != NULL) {
        conn->input_end += (uint32_t)bytes.len;
        conn_advance_kept(conn);
    } else {
        advance(conn, bytes);
    }
}

void conn_read(struct server_conn *conn)
{
    struct iovec room = {conn->server->read_buffer, shared_room(conn)};
    ssize_t count;

    if (conn->input != NULL)
        room = room_behind_input(conn);
    /* What has come waits for its turn, and what comes behind it in the kernel. */
    if (room.iov_len == 0)
        return;
    do {
        count = recv(conn->fd, room.iov_base, room.iov_len, MSG_DONTWAIT);
    } while (count < 0 && errno == EINTR);
    if (count > 0)
        take_bytes(conn, (struct span){room.iov_base, (size_t)count});
    else if (count == 0 || errno != EAGAIN)
        conn_read_end(conn, count == 0);
}
