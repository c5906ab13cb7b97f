/** What the files of the server share. Nobody else includes it. */
#ifndef WEIR_NET_SERVER_INNER_H
#define WEIR_NET_SERVER_INNER_H

#include "lib/net/link.h"
#include "lib/net/server.h"
#include "lib/wire/http_body.h"
#include "lib/wire/http_guard.h"

enum {
    SERVER_READ_BYTES = 65536,        /* the buffer that all connections share; one fill a turn */
    SERVER_DISCARD_BYTES_MAX = 65536, /* of a body that nobody wanted, to keep the connection */
    SERVER_LINGER_BYTES_MAX = 64 << 20,
    SERVER_LINGER_MS = 3000,
    SERVER_DRAIN_FRESH_MS = 1000, /* in a drain: for a connection's first request */
    SERVER_ACCEPTS_MAX = 64,      /* a turn and listening socket */
    SERVER_ACCEPT_PAUSE_MS = 100,
    SERVER_LARGE_HEADS_MAX = 64, /* partial heads that do not fit a chunk, at once */
};

#define CONN_BIT(state) (1U << CONN_##state)

/** X(state, the states it may move to): the only moves there are, made by conn_enter(). */
#define CONN_STATE_MAP(X)                                                                         \
    /* nothing received of a request; waits idle_ms */                                            \
    X(IDLE, CONN_BIT(HEAD) | CONN_BIT(CLOSED))                                                    \
    /* a head has begun; waits head_ms */                                                         \
    X(HEAD, CONN_BIT(EXCHANGE) | CONN_BIT(CLOSED))                                                \
    /* the handler has it; waits for the handler, body_ms for the body, send_ms for the reader */ \
    X(EXCHANGE, CONN_BIT(FINISHING) | CONN_BIT(CLOSED))                                           \
    /* the handler is done; waits send_ms for the reader */                                       \
    X(FINISHING, CONN_BIT(IDLE) | CONN_BIT(DISCARDING) | CONN_BIT(LINGERING) | CONN_BIT(CLOSED))  \
    /* all is sent, the rest of a small body is thrown away */                                    \
    X(DISCARDING, CONN_BIT(IDLE) | CONN_BIT(LINGERING) | CONN_BIT(CLOSED))                        \
    /* our side is shut down, so that the client reads the answer before a reset */               \
    X(LINGERING, CONN_BIT(CLOSED))                                                                \
    /* handles are closing; the struct goes back when they have */                                \
    X(CLOSED, 0)

enum conn_state {
#define X(name, next) CONN_##name,
    CONN_STATE_MAP(X)
#undef X
};

struct server_conn {
    uv_poll_t poll;
    uv_timer_t timer;
    int fd;
    struct server *server;
    struct link link;  /* server->conns, or server->spare_conns */
    struct link ready; /* server->ready: input is left and may be looked at */
    void *exchange;

    uint64_t deadline_ms; /* in the loop's time; UINT64_MAX: none */
    uint64_t armed_ms;    /* when the timer fires, maybe before the deadline; UINT64_MAX: never */

    struct http_guard guard;
    struct http_body body;
    uint64_t body_bytes;
    uint32_t discard_left;
    uint32_t linger_left;

    /* Bytes that were received and could not be used up at once. */
    char *input;               /* NULL: none */
    struct chunk *input_chunk; /* where `input` points into; NULL: it is malloc's */
    uint32_t input_begin;
    uint32_t input_end;
    uint32_t input_cap;
    uint32_t head_fed; /* bytes of the head that the guard has seen already */
    uint32_t unread;   /* received and not used up: what `input` will hold when advance() is done */

    /* Output that waits: copied bytes, then borrowed ones. */
    struct chunk *out_first;
    struct chunk *out_last;
    struct chunk *borrowed; /* iovecs from index `begin` to `end` */
    uint64_t out_bytes;

    int body_err; /* to be told at the next step */
    uint8_t state;
    uint8_t polled; /* what `poll` waits for, of enum uv_poll_event; 0: it is stopped */
    uint8_t handles_open;
    bool keep_alive : 1;
    bool expects_continue : 1;
    bool has_answer : 1;
    bool owes_sent : 1;
    bool body_wanted : 1;
    bool body_done : 1;    /* `last` was told */
    bool body_stopped : 1; /* failed: nothing more of it is looked at */
    bool is_dead : 1;      /* a write failed; the handler knows it from server_write() */
    bool is_advancing : 1;
    bool eof_seen : 1;
    bool has_served : 1; /* an exchange has begun on it */
};

struct server {
    uv_loop_t *loop;
    const struct server_handlers *handlers;
    const struct server_limits *limits;
    struct chunk_pool *chunks;
    void *owner;

    uv_idle_t idle; /* active while `ready` or a drain has work, so that the loop does not block */
    uv_timer_t accept_pause;
    struct link listeners;
    struct link conns;
    struct link spare_conns;
    struct link ready;

    uint64_t conn_count;
    uint64_t spare_count;
    uint64_t accepted_count;
    uint64_t refused_count;
    uint32_t large_heads;
    uint8_t handles_open;
    uint8_t drain_turns; /* until idle connections are closed */
    bool is_draining;
    bool is_accept_paused;
    void (*on_empty)(void *owner);

    struct http_request request; /* the one that is being parsed */
    char read_buffer[SERVER_READ_BYTES];
};

/* server.c */

/** Look at the connection's kept input at the loop's next turn. */
void server_queue_ready(struct server_conn *conn);

/** A connection has gone: tells a draining server's owner when it was the last. */
void server_check_empty(struct server *server);

/* server_listen.c */
void server_unlisten_all(struct server *server);

/* server_conn.c */

/** Take over an accepted socket. @return 0, or ERR_NO_MEMORY or ERR_IO with the socket closed */
int conn_open(struct server *server, int fd);
void conn_enter(struct server_conn *conn, enum conn_state next);
void conn_set_deadline(struct server_conn *conn, uint64_t delay_ms);
void conn_clear_deadline(struct server_conn *conn);

/** Without telling the handler. The struct lives until the loop has run its close callbacks. */
void conn_close(struct server_conn *conn);
void conn_reset(struct server_conn *conn);

/** Wait for what the connection can use now: bytes, room for waiting output, or nothing. */
void conn_update_polling(struct server_conn *conn);

/** Frees the spare connections. */
void conn_free_spares(struct server *server);

/* server_read.c */

/** Is there use and room for what the client sends? */
bool conn_wants_bytes(const struct server_conn *conn);

/** The socket is readable: one fill of the buffer, so that others have their turn. */
void conn_read(struct server_conn *conn);

/** The client sends no more. @param is_eof  false: something is wrong with its socket */
void conn_read_end(struct server_conn *conn, bool is_eof);
void conn_advance_kept(struct server_conn *conn);

/** What was received and not used up; in CONN_HEAD: the head as far as it came. */
struct span conn_kept_input(const struct server_conn *conn);
void conn_release_input(struct server_conn *conn);

/* server_exchange.c */

void conn_begin_exchange(struct server_conn *conn, const struct http_request *request);
void conn_refuse(struct server_conn *conn, int err, struct span head); /* as far as it came */

/** Closes, then tells the handler; does neither when a write has told it already. */
void conn_gone(struct server_conn *conn, int err);
void conn_fail_body(struct server_conn *conn, int err);

/** The exchange is over and all is sent: the next request, or the way to the end. */
void conn_next(struct server_conn *conn);

/** Close so that a client that is still sending can read the answer first. */
void conn_linger(struct server_conn *conn);

/** Is body_ms running? */
bool conn_awaits_body(const struct server_conn *conn);

/* server_write.c */

/** What server_write() does, without what it means for the exchange. */
int64_t conn_send(struct server_conn *conn, const struct iovec *vec, size_t count,
                  enum server_write_mode mode);

/** Output waits, and the kernel may have room for it. */
void conn_go_on_writing(struct server_conn *conn);
void conn_release_output(struct server_conn *conn);

#endif
