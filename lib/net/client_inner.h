/** What the files of the HTTP client share. Nobody else includes it. */
#ifndef WEIR_NET_CLIENT_INNER_H
#define WEIR_NET_CLIENT_INNER_H

#include "lib/net/chunk_pool.h"
#include "lib/net/client_connection.h"
#include "lib/net/http_client.h"
#include "lib/net/link.h"
#include "lib/net/resolver.h"
#include "lib/wire/http_response.h"

#include <openssl/ssl.h>

enum {
    TRANSFER_SPARE_MAX = 1024,
    TRANSFER_LENGTH_BYTES_MAX = 48, /* "Content-Length: …" and the head's end */
    READS_MAX = 4,                  /* of a connection in one turn */
};

struct http_client {
    uv_loop_t *loop;
    uint64_t transfers_max;
    uint64_t open;
    int epoll_fd;
    uv_poll_t poll;
    uv_check_t check;     /* after a turn's events: what they started */
    uv_prepare_t prepare; /* before the loop blocks: what timers and others started */
    uv_idle_t unread_idle;
    uv_timer_t deadlines;
    uv_timer_t sweep;
    struct link starting; /* transfers to give a connection */
    struct link resuming;
    struct link unread;             /* connections with bytes that epoll does not tell of */
    struct link kicks;              /* multis whose time has come */
    struct link live;               /* all transfers that are open */
    uint64_t deadlines_armed_ms;    /* UINT64_MAX: the timer is not running */
    struct http_transfer *speaking; /* the one whose callback runs; NULL once it is dead */
    struct http_origin *origins;
    struct multis plain_multis;
    struct multis tls_multis;
    struct socket_place *sockets; /* by descriptor */
    uint32_t sockets_max;
    uint64_t sockets_open;
    int kept_fd;      /* libcurl closes it, and it stays open; -1: none */
    struct link idle; /* connections, the one that is idle longest first */
    struct link spare_connections;
    uint32_t spare_connection_count;
    uint32_t spare_handle_count;
    CURL *spare_handles[CONNECTION_HANDLES_MAX];
    struct link spare_transfers;
    uint32_t spare_transfer_count;
    struct resolver *resolver;
    X509_STORE *store; /* NULL: no https */
    struct chunk_pool uploads;
    struct chunk_pool held; /* what paused transfers have not taken */
    uint32_t handles_open;
    char
        in[sizeof(((struct chunk *)NULL)->bytes)]; /* one read; fits a chunk when it is not taken */
    char out[CHUNK_BYTES]; /* one write over TLS, which takes its bytes in one piece */
};

struct http_endpoint {
    struct http_client *client;
    struct http_origin *origin;
    char *head; /* from the request line on, without the end; holds a key */
    size_t head_bytes;
    size_t head_room; /* bytes of the mapping at `head` */
    uint32_t open;
    bool is_get;
    bool is_given_up;
};

/** X(state, what ends it) */
#define TRANSFER_STATE_MAP(X)                    \
    X(SPARE, "http_transfer_start()")            \
    X(RESOLVING, "the resolver's answer")        \
    X(STARTING, "the next client_run()")         \
    X(CONNECTING, "libcurl's word, or an abort") \
    X(RUNNING, "the answer's end, its connection's")

enum transfer_state {
#define X(name, ends) TRANSFER_##name,
    TRANSFER_STATE_MAP(X)
#undef X
};

struct http_transfer {
    struct http_endpoint *endpoint;
    struct connection *connection; /* while CONNECTING and RUNNING */
    const struct http_transfer_handlers *handlers;
    void *ctx;
    struct link queue;   /* client->starting or client->spare_transfers: by state */
    struct link alive;   /* client->live */
    struct link resume;  /* client->resuming */
    struct link waiting; /* on a name */
    uint64_t phase_deadline_ms;
    uint64_t total_deadline_ms;
    uint64_t connect_ms;
    uint64_t first_byte_ms;
    uint64_t between_ms;
    struct http_upload upload;
    uint64_t read_bytes; /* of the upload, so far */
    struct chunk *chunk; /* the upload's bytes from begin on are not sent; NULL: none are left */
    uint64_t head_sent;  /* bytes of the request's head that are sent */
    uint64_t head_bytes;
    struct chunk *held;  /* received and not taken: a piece from begin on, and a rest */
    uint32_t held_piece; /* bytes of the piece */
    uint32_t held_rest;  /* where the rest begins */
    struct span lines[HTTP_CALL_HEADERS_MAX];
    uint32_t line_count;
    uint32_t length_bytes;
    uint8_t state;
    bool is_sending;  /* something of the request is left, and may still be sent */
    bool is_sent;     /* the whole request is out */
    bool is_cut;      /* the connection takes nothing any more */
    bool has_begun;   /* a byte of the answer has come */
    bool has_head;    /* on_head() was called */
    bool has_surplus; /* bytes came behind the answer */
    bool is_paused;
    bool needs_new_connection; /* a kept one was dead */
    char length[TRANSFER_LENGTH_BYTES_MAX];
    struct http_response response;
};

/* client.c */

/** See to it that the transfer's deadlines are looked at in time. */
void client_watch_deadline(struct http_transfer *transfer);

/** Read this connection on in the next turn, whatever epoll says. */
void client_read_on(struct connection *connection);

/* client_transfer.c */

/** The transfer is over: tell the owner. Its connection goes back if it can be used again. */
void transfer_end(struct http_transfer *transfer, int err);

/** The connection died: once more on a fresh one, or over. */
void transfer_on_lost(struct http_transfer *transfer);

/** Give it a connection; ends it when that is not possible. */
void transfer_run(struct http_transfer *transfer);

/** Its connection is open, or `err` says why not. */
void transfer_on_connected(struct http_transfer *transfer, int err);

/** Its name is known, or is not: go on. */
void transfer_on_resolved(struct link *waiting, int err);

/** When it has to be ended if nothing happens. */
uint64_t transfer_deadline_ms(const struct http_transfer *transfer);

/** Something happened: the next thing must come within `wait_ms`. */
void transfer_moved(struct http_transfer *transfer, uint64_t wait_ms);

/** Frees what is on the list of spare ones. */
void transfer_free_spare(struct http_client *client);

/* client_request.c */

/** Take the call's upload and lines. @return 0 or ERR_NO_MEMORY */
int request_begin(struct http_transfer *transfer, const struct http_call *call);

/** From the first byte again, for another connection. */
void request_rewind(struct http_transfer *transfer);

/** Send what the socket takes. The transfer lives; a failure shows in is_cut. */
void request_send(struct http_transfer *transfer);

/** Give back what the upload holds. */
void request_end(struct http_transfer *transfer);

/* client_answer.c: the transfer may be dead after each of these */

/** Read what there is. */
void answer_read(struct http_transfer *transfer);

/** Go on with what a paused transfer did not take. */
void answer_resume(struct http_transfer *transfer);

/* client_endpoint.c */

/** Frees it when it is given up and nothing is open. */
void endpoint_check(struct http_endpoint *endpoint);

#endif
