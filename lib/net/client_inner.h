/** The HTTP client's state, which its files share. Nobody else includes it. */
#ifndef WEIR_NET_CLIENT_INNER_H
#define WEIR_NET_CLIENT_INNER_H

#include "lib/net/chunk_pool.h"
#include "lib/net/http_client.h"
#include "lib/net/link.h"
#include "lib/net/resolver.h"

#include <curl/curl.h>
#include <openssl/ssl.h>

enum {
    /* libcurl walks all connections of a multi for every transfer: many small ones. */
    MULTI_TRANSFERS_MAX = 8,
    MULTI_CONNECTIONS_MAX = 40, /* open and idle ones of a multi */
    MULTI_IDLE_MS = 60000,      /* a multi without a transfer for so long closes its connections */
    TRANSFER_INFORMATIONAL_MAX = 16, /* 1xx heads before the answer's */
    TRANSFER_HEAD_BYTES_MAX = 65536,
    TRANSFER_VALUE_BYTES_MAX = 128, /* of a field that on_head() tells; longer ones are not told */
    TRANSFER_STREAM_BUFFER_BYTES = 2048,
    TRANSFER_BUFFER_BYTES = 4096,
    ENDPOINT_SPARE_MAX = 256, /* configured handles that an endpoint keeps */
};

enum transfer_class { CLASS_SHORT, CLASS_STREAM, CLASS_COUNT };

/** One CURLM and what the loop knows about it. */
struct multi {
    CURLM *handle; /* NULL while nothing uses it */
    struct http_client *client;
    uv_timer_t timer;
    struct link kick;   /* client->kicks: its time has come */
    struct link doomed; /* transfers to remove as soon as libcurl is not on the stack */
    uint64_t due_ms;    /* in the loop's time; UINT64_MAX: never */
    uint64_t used_ms;   /* when a transfer last ended here */
    uint64_t armed_ms;  /* when the timer fires, maybe too early; UINT64_MAX: it is not running */
    uint32_t live;
    uint32_t index; /* in its class */
    uint8_t class;
    bool is_busy; /* libcurl is on the stack */
};

/** Where one descriptor of libcurl's stands; an array by descriptor. */
struct socket_place {
    struct multi *multi; /* NULL: idle or not libcurl's */
    uint32_t events;     /* what epoll watches; 0: not in the set */
};

struct multi_class {
    struct multi **multis;
    uint32_t count;
    uint32_t room_from; /* no multi below this one has room */
};

struct http_client {
    uv_loop_t *loop;
    uint64_t transfers_max;
    uint64_t open;
    int epoll_fd;
    uv_poll_t poll;
    uv_check_t check;     /* after a turn's events: what they started */
    uv_prepare_t prepare; /* before the loop blocks: what timers and others started */
    uv_timer_t deadlines;
    uv_timer_t sweep;
    struct link starting; /* transfers to hand to libcurl */
    struct link resuming;
    struct link kicks;
    struct link live;            /* all transfers that are open */
    uint64_t deadlines_armed_ms; /* UINT64_MAX: the timer is not running */
    struct multi_class classes[CLASS_COUNT];
    struct socket_place *sockets;
    uint32_t sockets_max;
    uint64_t sockets_open;
    struct resolver *resolver;
    X509_STORE *store; /* NULL: no https */
    struct chunk_pool uploads;
    uint32_t handles_open;
};

struct http_endpoint {
    struct http_client *client;
    CURLU *url;
    struct curl_slist *headers;
    struct resolver_name *name; /* NULL: an address, or a name that libcurl knows by itself */
    struct link spare;          /* configured transfers */
    uint32_t spare_count;
    uint32_t open;
    bool is_given_up;
};

/** X(state, what ends it) */
#define TRANSFER_STATE_MAP(X)             \
    X(SPARE, "http_transfer_start()")     \
    X(RESOLVING, "the resolver's answer") \
    X(STARTING, "the next client_run()")  \
    X(RUNNING, "libcurl, or an abort")

enum transfer_state {
#define X(name, ends) TRANSFER_##name,
    TRANSFER_STATE_MAP(X)
#undef X
};

struct http_transfer {
    CURL *easy;
    struct http_endpoint *endpoint;
    struct multi *multi;
    const struct http_transfer_handlers *handlers;
    void *ctx;
    struct http_upload upload;
    uint64_t upload_offset;
    struct chunk *upload_chunk; /* a small body, for libcurl to send with the head */
    struct link queue;          /* client->starting, multi->doomed or endpoint->spare: by state */
    struct link alive;          /* client->live */
    struct link resume;         /* client->resuming */
    struct link waiting;        /* on a name */
    struct curl_slist own_headers[HTTP_CALL_HEADERS_MAX];
    struct curl_slist resolve; /* what CURLOPT_RESOLVE is given */
    uint64_t phase_deadline_ms;
    uint64_t total_deadline_ms;
    uint64_t first_byte_ms;
    uint64_t between_ms;
    int64_t content_length;
    int err; /* why libcurl was told to stop */
    uint32_t head_bytes;
    uint16_t status;
    uint8_t informational;
    uint8_t state;
    bool is_stream;
    bool is_chunked;
    bool has_head; /* on_head() was called */
    bool is_paused;
    bool is_muted; /* aborted: no callback any more */
    uint8_t content_type_bytes;
    uint8_t retry_after_bytes;
    char content_type[TRANSFER_VALUE_BYTES_MAX];
    char retry_after[TRANSFER_VALUE_BYTES_MAX];
};

#endif
