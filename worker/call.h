/**
 * A call, as the worker holds it: the client's connection on one side, a transfer on the other, and
 * between them the machine of proxy.h.
 *
 *   call.c           the record's life, and the ports
 *   call_request.c   the request's way in: body, model, grant
 *   call_attempts.c  which deployment, when, and how it went
 *   call_answer.c    the answer's way out
 *
 * Where the upstream speaks another protocol than the client, call_translation.h comes between.
 */
#ifndef WEIR_WORKER_CALL_H
#define WEIR_WORKER_CALL_H

#include "lib/net/link.h"
#include "lib/protocol/answer.h"
#include "lib/protocol/call.h"
#include "worker/attempts.h"
#include "worker/handlers.h"
#include "worker/peek.h"
#include "worker/proxy.h"
#include "worker/translation_memory.h"
#include "worker/upload.h"

enum {
    /** The provider's name for the model as a JSON string; of its bytes each can need an escape. */
    CALL_MODEL_BYTES_MAX = 2 * LAYOUT_UPSTREAM_MODEL_BYTES_MAX + 9,
    CALL_HEADER_BYTES_MAX = 768, /* one client's field that is passed on, with its NUL */
    CALL_HEADERS_MAX = 2,
    CALL_CONTENT_TYPE_BYTES_MAX = 96,
    CALL_RETRY_AFTER_BYTES_MAX = 40,
    /** `provider=word` with a comma and a blank, for each attempt. */
    CALL_ATTEMPTS_BYTES_MAX = ATTEMPT_LOG_MAX * 80,
};

/** A field of the client's that goes to the upstream: "anthropic-version: 2023-06-01", or empty. */
struct call_header {
    char line[CALL_HEADER_BYTES_MAX];
};

struct call;

/** What only the way to the upstream needs; given back when the answer has begun. */
struct call_request {
    struct call *call;
    struct call_reader reader;
    struct chunk *body_first;
    struct chunk *body_last;
    struct chunk
        *translated; /* the body of the attempt, when its upstream speaks another protocol */
    struct upload upload;
    uint32_t model;
    struct attempts attempts;
    uint64_t due_ms;     /* of the next attempt, on the loop's clock */
    struct link pausing; /* on worker.pausing_calls until then */
    struct call_header headers[CALL_HEADERS_MAX];
    char upstream_model[CALL_MODEL_BYTES_MAX];
    struct attempt_field field; /* what can be tried; set at the first attempt */
};

struct call_translation;

struct call {
    struct exchange exchange; /* first: the connection points here */
    struct request request;
    struct proxy proxy;
    struct link open;              /* on worker.open_calls */
    struct generation *generation; /* NULL from the first byte of the answer on */
    struct http_transfer *transfer;
    struct call_request *in; /* NULL once the answer has begun and the request is sent */
    struct access access;
    struct access_hold hold;    /* of its key; what sweep.h looks at */
    struct state_cell *health;  /* of the deployment that is being tried, or has answered */
    uint64_t generation_number; /* which it began with: its cells are those of that one */
    uint64_t give_up_ms;        /* on the loop's clock: total_ms is of all attempts together */
    uint64_t quiet_since_ms;    /* on the loop's clock: when something last went to the client */
    struct call_memory *memory; /* NULL until an attempt is translated */
    struct call_translation *translated; /* of this attempt; in `memory` */
    int fault;                           /* why a translated answer cannot go on */
    uint8_t upstream_protocol;           /* enum wire_protocol of this attempt */
    bool conn_is_dead;                   /* the server has reported the client gone */
    bool was_started;                    /* an upstream has been asked */
    bool is_answered;                    /* the beginning of the answer was one: ATTEMPT_ANSWERED */
    bool is_barred;                      /* its key works no more */
    bool strips_usage;
    bool is_stream;   /* the answer is server-sent events */
    bool is_chunked;  /* the answer is framed by chunks */
    bool has_head;    /* the answer's head went out */
    bool closes;      /* the answer ends with the connection */
    bool is_recorded; /* the upstream's head is known */
    bool is_finished; /* `out` has seen its last byte */
    int status;       /* the upstream's */
    int64_t content_length;
    struct span error_detail; /* static text, or in `memory` */
    struct span error_param;
    uint8_t slug_json_bytes;
    uint8_t content_type_bytes;
    uint8_t retry_after_bytes;
    uint8_t provider_bytes;
    uint16_t held_bytes;
    char *held; /* the beginning of the answer, PEEK_BYTES_MAX of a pool's; NULL: nothing */
    /* What lies behind is written before it is read, and not cleared for each call. */
    char slug_json[LAYOUT_SLUG_BYTES_MAX + 2];
    char provider[LAYOUT_PROVIDER_BYTES_MAX]; /* of the last attempt; for the log */
    char content_type[CALL_CONTENT_TYPE_BYTES_MAX];
    char retry_after[CALL_RETRY_AFTER_BYTES_MAX];
    struct peek peek;
    struct answer out;
};

/** The upstream's events; ctx is the call. */
extern const struct http_transfer_handlers call_upstream_handlers;

/* --- call.c ---------------------------------------------------------------------------------- */

/** Its key works no more, and `err` says why: end it, and count it as revoked. Frees the record. */
void call_bar(struct call *call, int err);

/** The oldest generation whose cells an open call may still write to; 0: no call is open. */
uint64_t call_oldest_named(const struct worker *worker);

/** Give back what only the request's way in needed. */
void call_release_request(struct call *call);

/**
 * May another line of this kind go to the log in this second? A storm of failures must not become
 * a storm of lines, nor keep the line of a breaker from being seen.
 *
 * @param lines  worker->call_lines or worker->breaker_lines
 */
bool call_may_log(struct call *call, uint32_t *lines);

/* --- call_request.c -------------------------------------------------------------------------- */

/**
 * Ready to take the body.
 *
 * @param model  what a path names, percent-encoded; empty where the body does
 * @return 0, ERR_HEAD_TOO_LARGE, or ERR_BAD_REQUEST
 */
int call_request_begin(struct call *call, const struct http_request *http, struct span model);

/** The next bytes of the body. @return 0 or why the request is refused */
int call_request_feed(struct call *call, struct span bytes);

/** The body is whole: which model, and may it be called? @return 0 or why not */
int call_request_end(struct call *call);

/** The body as a deployment gets it: with the provider's name for the model. */
void call_request_plan(struct call *call, uint32_t deployment);

/* --- call_attempts.c ------------------------------------------------------------------------- */

/** Ports; see proxy_ports. */
int call_upstream_next(void *ctx, enum attempt_result result);
int call_upstream_start(void *ctx);

/** The answer begins: the attempt's result is known. */
void call_attempt_answered(struct call *call);

/** An answer that had begun was whole. */
void call_attempt_completed(struct call *call);

/** An answer that had begun is not whole; the breaker is told when that is the deployment's doing. */
void call_attempt_cut(struct call *call, int err);

/** "openai=timeout, azure=ok"; nothing when nothing was tried. Needs `in` and the generation. */
void call_attempts_render(const struct call *call, struct text *out);

/** Seconds until a deployment of the model is tried again; 0: unknown. As above. */
uint64_t call_attempts_wait_s(const struct call *call);

/** The timer of `worker->pauses`: attempts whose pause is over. */
void call_attempts_on_due(uv_timer_t *timer);

/* --- call_answer.c --------------------------------------------------------------------------- */

/** Ports. */
enum attempt_result call_client_peek(void *ctx, struct span bytes, bool last);
int call_client_error(void *ctx, enum attempt_result result);
enum proxy_taken call_client_begin(void *ctx, struct span bytes);
enum proxy_taken call_client_more(void *ctx, struct span bytes);
enum proxy_taken call_client_comment(void *ctx);
int call_client_complete(void *ctx, int err);

/** What was held back of an answer that will not go out. */
void call_drop_held(struct call *call);

/** An answer that was not completed: make final what it told of its usage until then. */
void call_read_usage(struct call *call);

/** Tell the client of a truncated stream, as far as its protocol can say it. */
void call_client_truncated(struct call *call, int err);

/** Once a second: comments into the streams that have been silent for keepalive_ms. */
void call_answer_tick(struct worker *worker);

#endif
