/**
 * HTTP/1.1 calls to upstreams, on a libuv loop. The transport (libcurl connects, weir speaks) does
 * not show here: kept connections, and one more attempt when a kept one turns out to be dead.
 *
 * Life of a transfer:
 *
 *   phase      entered by               the owner may             callbacks
 *   started    http_transfer_start()    abort                     on_head
 *   answering  on_head()                pause, resume, abort      on_body, on_end
 *   ended      on_end(), abort          -                         -
 *
 * Exactly one of on_end() and http_transfer_abort() ends a transfer; its handle is dead after
 * either. http_transfer_start() never calls back before it returns. Callbacks come from the loop,
 * on_body() possibly several times a turn. Names are resolved in the background and remembered; a
 * transfer to a name that is not known yet waits for it within connect_ms.
 */
#ifndef WEIR_NET_HTTP_CLIENT_H
#define WEIR_NET_HTTP_CLIENT_H

#include "lib/base/span.h"

#include <stdint.h>
#include <uv.h>

struct http_client;
struct http_endpoint;
struct http_transfer;

struct http_client_config {
    uv_loop_t *loop;
    uint64_t transfers_max; /* open at once; then ERR_TOO_MANY_CALLS */
    struct span ca_file;    /* PEM bundle, parsed once per client; empty: trust nobody */
};

/** @return 0, ERR_NO_MEMORY, ERR_IO, or ERR_CONFIG when ca_file cannot be read. After fork only. */
int http_client_new(const struct http_client_config *config, struct http_client **out);

/**
 * Aborts what is open (no callbacks) and clears the pointer; NULL is fine. Never from a callback.
 * The loop must still run its close callbacks. Endpoints may be given up before or after.
 */
void http_client_free(struct http_client **client);

/** For a reload; applies to transfers started from now on. */
void http_client_set_limit(struct http_client *client, uint64_t transfers_max);

uint64_t http_client_open_count(const struct http_client *client);

/** Where calls go: one per deployment and path. Copied; holds the provider's key, so wiped at free. */
struct http_endpoint_config {
    struct span url;                 /* "https://api.openai.com/v1/chat/completions" */
    const struct span *header_lines; /* "Authorization: Bearer …"; without CRLF */
    uint32_t header_count;
    bool is_get; /* GET, without a body; else POST */
};

enum { HTTP_ENDPOINT_HEADERS_MAX = 8, HTTP_CALL_HEADERS_MAX = 4 };

/**
 * Its name is looked up at once, in the background.
 *
 * @return 0, ERR_NO_MEMORY, or ERR_INVALID for an URL that is not http or https or holds a user,
 *         more than HTTP_ENDPOINT_HEADERS_MAX header lines, or one with a NUL, a line end or a
 *         field of the body's framing
 */
int http_endpoint_new(struct http_client *client, const struct http_endpoint_config *config,
                      struct http_endpoint **out);

/**
 * Give it up; open transfers go on, it is freed with the last one. Clears the pointer; NULL is fine.
 */
void http_endpoint_free(struct http_endpoint **endpoint);

/**
 * The bytes to send: `read` is asked for them in order, and from the start again on a reconnect.
 * A small body is read whole inside http_transfer_start(); nothing is read after on_head() but the
 * rest of a large one.
 */
struct http_upload {
    uint64_t bytes;
    /** Copy up to `room` bytes from `offset` on; returns how many; never 0 before `bytes`. */
    size_t (*read)(void *ctx, uint64_t offset, char *to, size_t room);
};

struct http_answer_head {
    int status;
    int64_t content_length;   /* -1: not told */
    struct span content_type; /* empty: not told, or longer than 128 bytes */
    struct span retry_after;  /* empty: not told, or longer than 64 bytes */
    int64_t max_age_s;        /* of Cache-Control; -1: not told */
};

enum http_body_verdict {
    HTTP_BODY_GO_ON,
    HTTP_BODY_PAUSE, /* the piece was not taken: it comes again after http_transfer_resume() */
    HTTP_BODY_ABORT, /* on_end() follows with ERR_CLIENT_GONE */
};

struct http_transfer_handlers {
    /** The final head (1xx are passed over); spans die on return. */
    void (*on_head)(void *ctx, const struct http_answer_head *head);
    enum http_body_verdict (*on_body)(void *ctx, struct span bytes);
    /**
     * 0: the answer is complete by its framing. Else ERR_CLIENT_GONE, ERR_NO_MEMORY or an
     * ERR_UPSTREAM_… value: …_CONNECT when no byte of an answer came, …_CUT when it broke off later.
     */
    void (*on_end)(void *ctx, int err);
};

struct http_call {
    struct http_endpoint *endpoint;
    struct http_upload upload;
    /** Beside the endpoint's: NUL-terminated, without CRLF; borrowed until on_head() or the end. */
    char *const *header_lines;
    uint32_t header_count;  /* ≤ HTTP_CALL_HEADERS_MAX */
    uint64_t connect_ms;    /* name, connection and TLS */
    uint64_t first_byte_ms; /* from the start to on_head() */
    uint64_t between_ms;    /* silence after it; does not run while paused */
    uint64_t total_ms;
    const struct http_transfer_handlers *handlers;
    void *ctx; /* for handlers and upload.read */
};

/**
 * @return 0, ERR_TOO_MANY_CALLS, ERR_NO_MEMORY, or ERR_INVALID for too many header lines or one
 *         with a line end in it
 */
int http_transfer_start(struct http_client *client, const struct http_call *call,
                        struct http_transfer **out);

/**
 * Go on after HTTP_BODY_PAUSE. The body callback comes in a later turn, never from inside this call.
 */
void http_transfer_resume(struct http_transfer *transfer);

/**
 * End it in this very turn: the upstream's connection is closed. May be called from any callback
 * of any transfer; no callback of this one follows. Clears the pointer; NULL is fine.
 */
void http_transfer_abort(struct http_transfer **transfer);

#endif
