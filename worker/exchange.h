/**
 * One worker's parts, and what every handler of requests shares.
 *
 * A handler that answers at once uses reply_…() and keeps nothing. One that waits puts a record
 * whose first member is a struct exchange behind the connection; the connection's events then go
 * to its table.
 */
#ifndef WEIR_WORKER_EXCHANGE_H
#define WEIR_WORKER_EXCHANGE_H

#include "lib/access/access.h"
#include "lib/base/text.h"
#include "lib/dialect/dialect.h"
#include "lib/net/link.h"
#include "lib/net/server.h"
#include "shm/revocations.h"
#include "shm/state.h"
#include "worker/attempts.h"
#include "worker/generations.h"
#include "worker/record_pool.h"
#include "worker/translation_memory.h"

enum { REQUEST_ID_BYTES = 24, DATE_BYTES = 29, CALL_LINES_PER_SECOND = 10 };

struct worker {
    uv_loop_t loop;
    uint32_t number;
    int channel_fd;
    enum worker_phase phase;
    struct state state;
    struct worker_slot *slot;
    struct revocations revocations;
    uint64_t revocations_seen; /* revocations_changes() at the last look */
    struct generations generations;
    struct worker_tokens tokens;
    struct server *server;
    struct server_limits limits;
    struct http_client *client; /* NULL before the first generation */
    struct digester *digester;
    struct chunk_pool chunks; /* partial heads, waiting output */
    struct chunk_pool bodies; /* request bodies: limits.body_memory */
    struct record_pool calls;
    struct record_pool call_requests;
    struct record_pool peeks; /* beginnings of answers that are held back */
    struct translation_memory translation;
    struct link open_calls;    /* struct call */
    struct link pausing_calls; /* struct call_request: an attempt failed, the next one is not due */
    struct attempt_rules rules;
    uint64_t keepalive_ms; /* 0: no comments */
    uint64_t draws; /* counted from a random number: what each draw among deployments begins with */
    struct record_pool listings;
    struct record_pool signins;
    struct record_pool pages;
    struct listing_copies *copies;
    uint64_t calls_open;
    uint64_t calls_max;
    uint64_t accepted_counted; /* of the server's count, what the slot has */
    uint64_t refused_counted;
    int64_t stale_keys_logged_s; /* Unix time */
    /* When the steward was told last of a refused token, by account_mark(); 0: never. */
    uint64_t refusals_said_ms[TOKEN_REFUSAL_PLACES];
    uint32_t call_lines;     /* in this second: at most CALL_LINES_PER_SECOND */
    uint32_t breaker_lines;  /* likewise */
    uint32_t lines_left_out; /* how many more there were */
    uv_poll_t channel;
    uv_timer_t second;
    uv_timer_t drain_deadline;
    uv_timer_t pauses; /* the first of pausing_calls that is due */
    uv_check_t turn;
    char date[DATE_BYTES + 1]; /* "Fri, 20 Nov 2026 23:50:28 GMT" */
    char request_id_prefix[9]; /* eight hex digits, new for each process */
};

/**
 * How many calls are open at once. Those that were admitted under a higher limit get their transfers:
 * they are refused no more.
 */
void call_limit(struct worker *worker, uint64_t calls_max);

/** One request, from its head on. */
struct request {
    struct worker *worker;
    struct server_conn *conn;
    uint64_t number;   /* in this worker slot, for the black box */
    uint8_t protocol;  /* enum wire_protocol of a call */
    uint8_t operation; /* enum call_operation of it */
    uint8_t errors;    /* enum error_dialect of the route */
    uint8_t http_minor;
    bool is_head;
    char id[REQUEST_ID_BYTES]; /* x-request-id; `req_` and 20 hex digits */
};

struct exchange;

/** What a record behind a connection does with the connection's events; see server.h. */
struct exchange_table {
    void (*on_body)(struct exchange *exchange, struct span bytes, bool last);
    void (*on_sent)(struct exchange *exchange);
    void (*on_gone)(struct exchange *exchange, int err);
};

struct exchange {
    const struct exchange_table *table;
};

/** The fields that a route's handler adds to a head, each line with its CRLF. */
struct reply {
    int status;
    struct span content_type; /* empty: no body */
    int64_t content_length;   /* -1: chunked (HTTP/1.1) or until the connection closes (1.0) */
    struct span fields;
    const struct generation *generation; /* for x-weir-generation; NULL: none */
    bool close;                          /* say `Connection: close` */
};

enum { REPLY_FIELDS_BYTES_MAX = 2048, REPLY_HEAD_BYTES_MAX = 3072, REPLY_BODY_BYTES_MAX = 4096 };

/** Write a head, and count its status. */
void reply_head(const struct request *request, const struct reply *reply, struct text *out);

/** A whole small answer at once; ends the exchange. */
void reply_small(const struct request *request, const struct reply *reply, struct span body);

/** The same in one piece: in front of `body` are REPLY_HEAD_BYTES_MAX writable bytes. */
void reply_behind_head(const struct request *request, const struct reply *reply, struct span body);

/** The same with a body in pieces, at most REPLY_PIECES_MAX; `reply` need not know their length. */
enum { REPLY_PIECES_MAX = 3 };
void reply_pieces(const struct request *request, const struct reply *reply,
                  const struct span *pieces, size_t count);

/** On to another page, by GET; at most REPLY_FIELDS_BYTES_MAX with the `fields`. */
void reply_see_other(const struct request *request, const struct generation *generation,
                     struct span where, struct span fields);

struct reply_error {
    int err;
    struct span subject;    /* what was asked for, or empty; see struct dialect_error */
    struct span detail;     /* one more sentence, or empty */
    struct span param;      /* the request field that it is about, or empty */
    struct span fields;     /* as in struct reply */
    uint64_t retry_after_s; /* of a 429 or 503; 0: a second with a 503, else none */
    const struct generation *generation;
};

/** An error in the route's dialect; ends the exchange. */
void reply_error(const struct request *request, const struct reply_error *error);

/** The reason phrase of a status line. */
const char *reply_reason(int status);

#endif
