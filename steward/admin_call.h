/**
 * One request to the admin API, from its head to the end of its answer.
 *
 *   phase      entered by             waits for
 *   head       on_head()              -
 *   body       a route that takes one the rest of it
 *   decided    the route's handler    with wait: the change to be published
 *   sending    the answer             the client to read
 *
 * Everything that a call needs lies in its arena, itself included, and goes when it ends. Nothing
 * of this is in the request path of the gateway's clients.
 */
#ifndef WEIR_STEWARD_ADMIN_CALL_H
#define WEIR_STEWARD_ADMIN_CALL_H

#include "lib/base/text.h"
#include "lib/net/server.h"
#include "steward/admin_input.h"
#include "steward/admin_routes.h"
#include "steward/directory_keys.h"
#include "steward/publisher.h"

enum {
    ADMIN_ARENA_BYTES_MAX = 96 << 20, /* the largest page of entities, and its text */
    ADMIN_ANSWER_BYTES_MAX = 24 << 20,
    ADMIN_WAIT_MS = 10000, /* for a change to be published, unless the client says less */
    ADMIN_PAGE_DEFAULT = 100,
    ADMIN_ANSWER_KEPT_S = 24 * 60 * 60, /* under an idempotency key */
};

struct steward;
struct admin_backup;

struct admin_answer {
    int status;
    struct text text;         /* the body; empty: none */
    struct span content_type; /* empty: application/json */
    uint64_t version;         /* of the entity, for ETag; 0: none */
    uint64_t change;          /* that it made or found; 0: none */
    struct span effective;    /* "committed", "published", … */
    struct span kept;         /* what a repetition is answered with, when it is not the body */
    bool is_repeated;         /* it is such a repetition */
    bool is_streamed;         /* the handler writes it by itself, later */
};

struct admin_call {
    struct publisher_waiter waiter;
    struct steward *steward;
    struct server_conn *conn;
    struct arena *arena;
    const struct admin_route *route; /* NULL: none was found */
    struct directory_call directory;
    struct directory_refusal refusal;
    struct span target;                     /* path and query as received */
    struct span params[ADMIN_PARAMS_MAX];   /* of the path, decoded */
    struct span queries[ADMIN_QUERY_COUNT]; /* decoded; ptr NULL: not given */
    bool has_if_match;
    uint64_t if_match; /* 0: any version, as `*` */
    bool has_if_none_match;
    uint64_t if_none_match;  /* 0: any */
    struct span request_key; /* empty: none */
    uint64_t wait_ms;        /* 0: answer when it is committed */
    bool is_head;
    bool is_json; /* the content type says so, or there is none */
    uint8_t http_minor;
    char *body;
    size_t body_bytes;
    size_t body_room;
    struct admin_input input;
    struct admin_answer answer;
    struct admin_backup *backup;
    bool revokes; /* set by handlers: what the path names does not work any more, or its keys */
    struct span revoked_name; /* … or this key, where the path does not name it */
};

/** What the server calls; its owner is the steward. */
extern const struct server_handlers admin_handlers;

/** The database of the call, to read or to write as well. @return 0 or an error, refused */
int admin_call_read(struct admin_call *call);
int admin_call_write(struct admin_call *call);

/** The entity that the path names, in the version that If-Match asks for. */
struct directory_target admin_call_target(const struct admin_call *call);

/** Room for the body. @return NULL: out of memory */
struct text *admin_call_text(struct admin_call *call, size_t bytes);

/** `?limit`, 1 … DIRECTORY_PAGE_MAX. @return 0, or ERR_INVALID, refused */
int admin_call_limit(struct admin_call *call, uint32_t *out);

/** `?name=true`. @return 0, or ERR_INVALID, refused */
int admin_call_switch(struct admin_call *call, enum admin_query query, bool *out);

/** Notes why, with the word of what is to blame, or "". @return err */
int admin_call_refuse(struct admin_call *call, int err, const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** A new name must not be the configuration's. @return 0, or ERR_EXISTS, refused */
int admin_call_check_new(struct admin_call *call, struct span name);

/** Write what the handler left in call->answer, or the error; the call ends with it. */
void admin_answer_send(struct admin_call *call, int err);

/** The head alone, for an answer that is streamed. @return 0, or ERR_CLIENT_GONE */
int admin_answer_head(struct admin_call *call, int64_t content_length);

/** An error for what never became a call. */
void admin_answer_refused(struct server_conn *conn, int err, bool is_head);

/** Ends the exchange and frees the call. */
void admin_call_end(struct admin_call *call, bool cut);

#endif
