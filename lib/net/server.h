/**
 * The server side of HTTP/1.1 on a libuv loop: one `struct server` a process, one
 * `struct server_conn` a client connection. It knows nothing of models or keys. The process must
 * ignore SIGPIPE.
 *
 * Life of a connection, and what the handler may call in each phase:
 *
 *   phase     entered by                        the handler may
 *   idle      accept, end of an exchange        -
 *   head      first byte of a request           -
 *   request   on_head()                         read fields, want_body, write, end, abort
 *   body      server_want_body()                write, end, abort
 *   answer    first server_write()              write, end, abort
 *   closing   server_end(close), abort, gone    -
 *
 * An exchange is one request and its answer: it begins with on_head() and is over when server_end()
 * or server_abort() was called, or on_gone() was delivered; exactly one of the three happens. After
 * it the connection takes the next request, which may have arrived already (pipelining; answers go
 * out in order because the next request is not looked at before). Every handler callback may call
 * any server_*() function of its connection; none of these calls back before it returns, except
 * that server_write() reports a dead client by its return value.
 *
 * Bounds: connections_max connections, head_bytes a head, one CHUNK of pipelined bytes behind an
 * open exchange (then reading stops), queue_bytes_max waiting output by copy, and behind it 128 KiB
 * in the kernel that the network has not taken. Nothing is allocated for a request: connections
 * come from a pool, reads go into one buffer that all connections share, and a head or a body piece
 * is used before it is left.
 */
#ifndef WEIR_NET_SERVER_H
#define WEIR_NET_SERVER_H

#include "lib/base/span.h"
#include "lib/net/chunk_pool.h"
#include "lib/wire/http_request.h"

#include <sys/uio.h>
#include <uv.h>

struct server;
struct server_conn;

/** Read at every use, so that a reload changes them for the next request. */
struct server_limits {
    uint64_t connections_max;
    uint64_t head_bytes;
    uint64_t body_bytes; /* of a Content-Length or of all chunks together: ERR_BODY_TOO_LARGE */
    uint64_t idle_ms;
    uint64_t head_ms;
    uint64_t body_ms;         /* silence inside a body */
    uint64_t send_ms;         /* waiting output of which the client takes nothing */
    uint64_t queue_bytes_max; /* waiting output by copy for one connection */
};

/** A request that did not come to be. */
struct server_refusal {
    int err;            /* why: malformed, late, too large, or no memory for it */
    bool is_head;       /* the answer has no body (RFC 9110 section 9.3.2); false when unknown */
    struct span target; /* what was asked for; empty when the head ended or failed before its end */
};

struct server_handlers {
    /**
     * A request head is complete and well-formed. All spans die when this returns. Nothing of the
     * body has been kept, and no `100 Continue` sent: both begin with server_want_body(). An
     * exchange that is ended without it drains a small body (64 KiB) or closes.
     */
    void (*on_head)(struct server_conn *conn, const struct http_request *request);

    /** A piece of the body; `last` comes exactly once, maybe with an empty piece. */
    void (*on_body)(struct server_conn *conn, struct span bytes, bool last);

    /** All that was written has gone to the kernel; comes only after a write that left some. */
    void (*on_sent)(struct server_conn *conn);

    /**
     * The exchange is over without an answer's end. ERR_CLIENT_GONE: the client closed,
     * half-closed or reset, or its body failed after the answer was begun; ERR_CLIENT_SLOW: it read
     * nothing for send_ms. The connection is dead already, server_write() says so.
     *
     * Any other value: no answer was begun, and the body was late (ERR_REQUEST_TIMEOUT), malformed
     * (ERR_BAD_REQUEST), too large (ERR_BODY_TOO_LARGE) or had no room before it was wanted
     * (ERR_BODY_MEMORY). The handler may answer with server_write() and server_end() before this
     * returns; the connection closes after it.
     */
    void (*on_gone)(struct server_conn *conn, int err);

    /**
     * No request came to be. The handler may answer with server_write() and server_end() before
     * this returns; the connection closes after it. The refusal dies with the call.
     */
    void (*on_refused)(struct server_conn *conn, const struct server_refusal *refusal);
};

struct server_config {
    uv_loop_t *loop;
    const struct server_handlers *handlers;
    const struct server_limits *limits; /* borrowed for the server's life */
    struct chunk_pool *chunks; /* borrowed: partial heads, pipelined bytes, queued output */
    void *owner;               /* server_owner() of each connection */
};

/** @return NULL when out of memory */
struct server *server_new(const struct server_config *config);

/**
 * Every connection must be closed. Stops listening and clears the pointer; NULL is fine. The loop
 * must still run its close callbacks.
 */
void server_free(struct server **server);

/**
 * Accept on an inherited listening socket until server_unlisten(). Several may be open. It is of
 * TCP, or a stream socket of the machine (AF_UNIX), on which server_abort() cannot reset: there a
 * client knows a cut answer by its framing alone.
 *
 * @param fd  owned by the server from here on, also on failure
 * @return 0, ERR_IO, or ERR_NO_MEMORY
 */
int server_listen(struct server *server, uint64_t slot, int fd);

/** Stop accepting on all sockets with that slot number; what was accepted goes on. */
void server_unlisten(struct server *server, uint64_t slot);

/**
 * No more keep-alive: idle connections close once the requests that have reached the kernel are
 * read, the others after their exchange; one that has had no request yet has a second for it.
 * Calls `on_empty(owner)` once from a later turn, when no connection is left. It goes on accepting:
 * call server_unlisten() first.
 */
void server_drain(struct server *server, void (*on_empty)(void *owner));

/** Close every connection at once, exchanges included: they get on_gone before this returns. */
void server_abort_all(struct server *server);

uint64_t server_connection_count(const struct server *server);
uint64_t server_accepted_count(const struct server *server);
uint64_t server_refused_count(const struct server *server);

/** The client's socket, to ask who is behind it; never to be read, written or closed. -1: gone */
int server_socket(const struct server_conn *conn);

/** The owner of server_config. */
void *server_owner(const struct server_conn *conn);

/** What the handler keeps for the exchange; NULL at its beginning. */
void server_set_exchange(struct server_conn *conn, void *exchange);
void *server_exchange(const struct server_conn *conn);

/** Take the body: sends `100 Continue` when it is awaited. The body may follow in this same turn. */
void server_want_body(struct server_conn *conn);

/** How a write treats what the kernel does not take at once. */
enum server_write_mode {
    SERVER_COPY,     /* copied to the queue, up to queue_bytes_max: the bytes may die at once */
    SERVER_COPY_ALL, /* copied whatever waits there already: what cannot come in smaller pieces.
                        The pool of chunks is the bound */
    SERVER_BORROW, /* the bytes must live until on_sent() or on_gone(); count ≤ SERVER_BORROW_MAX;
                      no other write before on_sent() */
};

/** What fits a chunk, which holds the list while it waits; at most IOV_MAX. */
enum { SERVER_BORROW_MAX = (CHUNK_BYTES - 16) / sizeof(struct iovec) };

/**
 * Write bytes of the answer as they are: the handler writes status line, fields and body.
 *
 * @return how many bytes wait in the queue (0: all went to the kernel); ERR_NO_SPACE when
 *         SERVER_COPY could pass the queue's bound (nothing was written); ERR_CLIENT_GONE or
 *         ERR_NO_MEMORY when the connection is dead: call server_abort(), on_gone() will not come
 */
int64_t server_write(struct server_conn *conn, const struct iovec *vec, size_t count,
                     enum server_write_mode mode);

/**
 * The answer is complete. The connection goes on to its next request once everything has been
 * sent, or closes when `close` is true, the request asked for it, or the server drains. The
 * exchange is over: `conn` must not be used any more. Never while borrowed bytes wait.
 */
void server_end(struct server_conn *conn, bool close);

/** Reset the connection, without sending what waits: a cut answer cannot look complete. */
void server_abort(struct server_conn *conn);

/**
 * Will the connection be kept after this exchange? For the answer's `Connection` field; what it is
 * at the first server_write() holds, unless a drain begins.
 */
bool server_keeps_alive(const struct server_conn *conn);

#endif
