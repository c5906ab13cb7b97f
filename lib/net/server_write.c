/* Output: straight to the kernel, and what it does not take at once. */
#include "lib/net/server_inner.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"

#include <errno.h>
#include <limits.h>
#include <sys/socket.h>

enum {
    FLUSH_VEC_MAX = 64, /* chunks written by one system call */
};

_Static_assert(SERVER_BORROW_MAX <= IOV_MAX, "one sendmsg() takes them");

/* --- the queue: chunks of copied bytes, then one list of borrowed ones ------------------------ */

static struct iovec *borrowed_vec(const struct server_conn *conn)
{
    return (struct iovec *)(void *)conn->borrowed->bytes;
}

void conn_release_output(struct server_conn *conn)
{
    chunk_return_list(conn->server->chunks, &conn->out_first);
    chunk_return(conn->server->chunks, &conn->borrowed);
    conn->out_last = NULL;
    conn->out_bytes = 0;
}

static struct chunk *chunk_with_room(struct server_conn *conn)
{
    struct chunk *last = conn->out_last;

    if (last != NULL && last->end < sizeof(last->bytes))
        return last;
    struct chunk *chunk = chunk_take(conn->server->chunks);
    if (chunk == NULL)
        return NULL;
    if (last == NULL)
        conn->out_first = chunk;
    else
        last->next = chunk;
    conn->out_last = chunk;
    return chunk;
}

static bool append(struct server_conn *conn, struct span bytes)
{
    while (bytes.len > 0) {
        struct chunk *chunk = chunk_with_room(conn);

        if (chunk == NULL)
            return false;
        size_t room = sizeof(chunk->bytes) - chunk->end;
        size_t len = bytes.len < room ? bytes.len : room;
        memcpy(chunk->bytes + chunk->end, bytes.ptr, len);
        chunk->end += (uint32_t)len;
        conn->out_bytes += len;
        bytes = span_skip(bytes, len);
    }
    return true;
}

/* Copies what lies behind the first `sent` bytes. */
static bool append_rest(struct server_conn *conn, const struct iovec *vec, size_t count,
                        size_t sent)
{
    for (size_t i = 0; i < count; i++) {
        struct span bytes = {vec[i].iov_base, vec[i].iov_len};
        size_t skipped = sent < bytes.len ? sent : bytes.len;

        sent -= skipped;
        if (skipped < bytes.len && !append(conn, span_skip(bytes, skipped)))
            return false;
    }
    return true;
}

/* Drops `sent` bytes from the front of a gather list; returns how many entries are used up. */
static size_t skip_sent(struct iovec *vec, size_t count, size_t sent)
{
    size_t done = 0;

    while (done < count && vec[done].iov_len <= sent) {
        sent -= vec[done].iov_len;
        done++;
    }
    if (done < count) {
        vec[done].iov_base = (char *)vec[done].iov_base + sent;
        vec[done].iov_len -= sent;
    }
    return done;
}

static bool borrow_rest(struct server_conn *conn, const struct iovec *vec, size_t count,
                        size_t sent)
{
    conn->borrowed = chunk_take(conn->server->chunks);
    if (conn->borrowed == NULL)
        return false;
    memcpy(conn->borrowed->bytes, vec, count * sizeof(*vec));
    conn->borrowed->end = (uint32_t)count;
    conn->borrowed->begin = (uint32_t)skip_sent(borrowed_vec(conn), count, sent);
    for (size_t i = conn->borrowed->begin; i < count; i++)
        conn->out_bytes += borrowed_vec(conn)[i].iov_len;
    return true;
}

/* The front of the queue as a gather list; returns its length. */
static size_t front(const struct server_conn *conn, struct iovec *vec, size_t vec_max)
{
    size_t count = 0;

    for (struct chunk *chunk = conn->out_first; chunk != NULL && count < vec_max;
         chunk = chunk->next) {
        vec[count].iov_base = chunk->bytes + chunk->begin;
        vec[count++].iov_len = chunk->end - chunk->begin;
    }
    if (conn->borrowed == NULL)
        return count;
    for (size_t i = conn->borrowed->begin; i < conn->borrowed->end && count < vec_max; i++)
        vec[count++] = borrowed_vec(conn)[i];
    return count;
}

static void drop_front(struct server_conn *conn, size_t sent)
{
    struct chunk_pool *chunks = conn->server->chunks;

    conn->out_bytes -= sent;
    while (sent > 0 && conn->out_first != NULL) {
        struct chunk *first = conn->out_first;
        size_t len = first->end - first->begin;

        if (sent < len) {
            first->begin += (uint32_t)sent;
            return;
        }
        sent -= len;
        conn->out_first = first->next;
        chunk_return(chunks, &first);
    }
    if (conn->out_first == NULL)
        conn->out_last = NULL;
    if (conn->borrowed == NULL)
        return;
    struct chunk *list = conn->borrowed;
    list->begin += (uint32_t)skip_sent(borrowed_vec(conn) + list->begin, list->end - list->begin,
                                       sent);
    if (list->begin == list->end)
        chunk_return(chunks, &conn->borrowed);
}

/* --- to the kernel ---------------------------------------------------------------------------- */

/*
 * By the socket's own calls: the file layer costs writev() a few percent, and so does a message with
 * a list of pieces where there is but one.
 */
static ssize_t send_now(int fd, const struct iovec *vec, size_t count)
{
    const struct msghdr message = {
        .msg_iov = (void *)span_writable((struct span){(const char *)vec, count * sizeof(*vec)}),
        .msg_iovlen = count,
    };

    if (count == 1)
        return send(fd, vec->iov_base, vec->iov_len, MSG_NOSIGNAL | MSG_DONTWAIT);
    return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* @return how many bytes the kernel took, or ERR_CLIENT_GONE */
static ssize_t try_write(struct server_conn *conn, const struct iovec *vec, size_t count)
{
    ssize_t sent;

    do {
        sent = send_now(conn->fd, vec, count);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0)
        return sent;
    return errno == EAGAIN || errno == ENOBUFS ? 0 : ERR_CLIENT_GONE;
}

/* @return 0 with the queue empty or the kernel full, or ERR_CLIENT_GONE */
static int flush(struct server_conn *conn)
{
    struct iovec vec[FLUSH_VEC_MAX];

    while (conn->out_bytes > 0) {
        size_t count = front(conn, vec, FLUSH_VEC_MAX);
        ssize_t sent = try_write(conn, vec, count);

        if (sent < 0)
            return (int)sent;
        if (sent == 0)
            return 0;
        drop_front(conn, (size_t)sent);
    }
    return 0;
}

/* A write failed with nobody to return it to. */
static void lose_client(struct server_conn *conn)
{
    if (conn->state == CONN_EXCHANGE)
        conn_gone(conn, ERR_CLIENT_GONE);
    else
        conn_close(conn);
}

static void all_sent(struct server_conn *conn)
{
    if (conn_awaits_body(conn))
        conn_set_deadline(conn, conn->server->limits->body_ms);
    else
        conn_clear_deadline(conn);
    if (conn->state == CONN_FINISHING) {
        conn_next(conn);
    } else if (conn->owes_sent) {
        conn->owes_sent = false;
        conn->server->handlers->on_sent(conn);
    }
}

void conn_go_on_writing(struct server_conn *conn)
{
    uint64_t waiting = conn->out_bytes;

    if (flush(conn) != 0)
        lose_client(conn);
    else if (conn->out_bytes == 0)
        all_sent(conn);
    else if (conn->out_bytes < waiting)
        conn_set_deadline(conn, conn->server->limits->send_ms);
}

/* The kernel took `sent` bytes of these; the rest waits. */
static int queue_rest(struct server_conn *conn, const struct iovec *vec, size_t count, size_t sent,
                      enum server_write_mode mode)
{
    bool is_first = conn->out_bytes == 0;
    bool queued = mode == SERVER_BORROW ? borrow_rest(conn, vec, count, sent)
                                        : append_rest(conn, vec, count, sent);

    if (!queued)
        return ERR_NO_MEMORY;
    if (is_first) {
        conn_set_deadline(conn, conn->server->limits->send_ms);
        conn_update_polling(conn);
    }
    return 0;
}

int64_t conn_send(struct server_conn *conn, const struct iovec *vec, size_t count,
                  enum server_write_mode mode)
{
    uint64_t total = 0;
    ssize_t sent = 0;

    for (size_t i = 0; i < count; i++)
        total += vec[i].iov_len;
    if (total == 0)
        return (int64_t)conn->out_bytes;
    if (mode == SERVER_COPY && conn->out_bytes + total > conn->server->limits->queue_bytes_max)
        return ERR_NO_SPACE;
    if (conn->out_bytes == 0) {
        sent = try_write(conn, vec, count);
        if (sent >= 0 && (uint64_t)sent == total)
            return 0;
    }
    int err = sent < 0 ? (int)sent : queue_rest(conn, vec, count, (size_t)sent, mode);
    if (err != 0) {
        conn->is_dead = true;
        return err;
    }
    return (int64_t)conn->out_bytes;
}
