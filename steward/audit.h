/**
 * The audit trail: who changed what, when, from what to what. And the answers that are kept so that
 * a request that is sent again is not done again.
 */
#ifndef WEIR_STEWARD_AUDIT_H
#define WEIR_STEWARD_AUDIT_H

#include "steward/directory.h"

enum {
    AUDIT_REQUEST_BYTES_MAX = 128, /* of an idempotency key */
    AUDIT_ANSWER_BYTES_MAX = 64 * 1024,
    AUDIT_ROWS_MAX = 4000000, /* the oldest ones beyond it are deleted */
};

/** One row. `before` and `after` are JSON objects, empty where there is none; no secret in them. */
struct audit_row {
    uint64_t change;
    int64_t at_ms; /* Unix time */
    struct span actor;
    struct span verb; /* "create", "update", "rotate", … */
    struct span kind; /* "user", "group", "key", … */
    struct span name;
    struct span before;
    struct span after;
};

struct audit_page {
    uint32_t count;
    const struct audit_row *rows; /* of audit_list() newest first */
    uint64_t next;                /* the cursor of the page behind; 0: this is the last */
};

struct audit_filter {
    struct span kind; /* empty: any */
    struct span name; /* empty: any */
    uint64_t before;  /* the cursor: only changes below it; 0: from the newest on */
    uint32_t limit;   /* 1 … DIRECTORY_PAGE_MAX */
};

int audit_list(struct directory_call *call, const struct audit_filter *filter,
               struct audit_page *out);

/**
 * Add a row inside the transaction that is open: the directory's operations do, and whoever else
 * changes what the export holds. Actor and time are the call's; the number is the next one, unless
 * `change` says a higher one to go on from.
 */
int audit_add(struct directory_call *call, const struct audit_row *row);

/** The answer to a request that carried an idempotency key. */
struct audit_answer {
    struct digest
        request;      /* of method, path and body: the same key on another request is refused */
    uint32_t status;  /* HTTP */
    struct span body; /* at most AUDIT_ANSWER_BYTES_MAX */
};

/**
 * What was answered before.
 *
 * @param expected  the digest of this request
 * @return 0; ERR_NOT_FOUND: nothing, or it has expired; ERR_IN_USE: another request had this key
 */
int audit_answer_find(struct directory_call *call, struct span request_key,
                      const struct digest *expected, struct audit_answer *out);

/**
 * Keep an answer, best inside the transaction of the operation: both or neither are then there
 * after a crash. The body must hold no secret: one in which a key's text stands is refused with
 * ERR_INVALID. So the answer to a creation is kept without the key, which is shown once; who lost
 * that answer rotates the key.
 */
int audit_answer_keep(struct directory_call *call, struct span request_key,
                      const struct audit_answer *answer, int64_t expires_ms);

/** Forget answers and old digests whose time is over, and rows of the trail beyond AUDIT_ROWS_MAX. */
int audit_sweep(struct directory_call *call);

#endif
