/**
 * What the directory's operations are made of: a transaction with the audit row that belongs to it,
 * refusals, checks of what a call gives. Of use to steward/directory*.c, grants.c and keys alone.
 */
#ifndef WEIR_STEWARD_OPERATION_H
#define WEIR_STEWARD_OPERATION_H

#include "steward/directory_keys.h"

/** One operation on one entity, from operation_begin() to operation_end(). */
struct operation {
    struct directory_call *call;
    enum directory_kind kind;
    struct span name;
    struct span before; /* as JSON; empty: it was not there */
    bool is_change;     /* also when the JSON is the same before and after, as at a rotation */
};

/** Clears the refusal, checks name and actor, begins. @return 0, else nothing was begun */
int operation_begin(struct operation *operation, struct directory_call *call,
                    enum directory_kind kind, struct span name);

/**
 * Commits with an audit row, or rolls back when `err` is not 0 or nothing has changed.
 *
 * @return `err`, or what went wrong now; the refusal says it in any case
 */
int operation_end(struct operation *operation, const char *verb, int err);

/** The entity must be there, in the version that the caller expects. */
int operation_expect(struct operation *operation, const struct directory_target *target);

/** Notes why; the first reason stays. @return err */
int directory_refuse(struct directory_call *call, int err, enum directory_field field,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));

/** Makes sure that a failure has a sentence: that of the database, or the error's own. @return err */
int directory_explain(struct directory_call *call, int err);

/** Clears the refusal and begins a consistent read; `*begun` goes into directory_read_end(). */
int directory_read_begin(struct directory_call *call, bool *begun);
int directory_read_end(struct directory_call *call, bool begun, int err);

/** A copy in the call's arena. @return 0 or ERR_NO_MEMORY */
int directory_copy(struct directory_call *call, struct span bytes, struct span *out);

/** Statements that groups, users and keys have in common; the first ones users and groups alone. */
#define DIRECTORY_VERB_MAP(X) \
    X(GET)                    \
    X(LIST)                   \
    X(INSERT)                 \
    X(UPDATE)                 \
    X(KEYS)                   \
    X(KEYS_LEAVE)             \
    X(JSON)                   \
    X(DELETE)                 \
    X(TOUCH)                  \
    X(VERSION)                \
    X(GRANTS)                 \
    X(GRANT)                  \
    X(UNGRANT)                \
    X(UNGRANT_ALL)

enum directory_verb {
#define X(name) DIRECTORY_VERB_##name,
    DIRECTORY_VERB_MAP(X) DIRECTORY_VERB_COUNT,
#undef X
};

/** That kind's statement, with the entity's name (which must outlive it) as ?1. */
sqlite3_stmt *directory_prepare(struct directory_call *call, enum directory_kind kind,
                                enum directory_verb verb, struct span name);

/** Runs a statement of that kind that takes the name and the time. */
int directory_touch(struct directory_call *call, enum directory_kind kind, struct span name);

/** @return 0, or ERR_NOT_FOUND with a refusal of that field */
int directory_must_exist(struct directory_call *call, enum directory_kind kind, struct span name,
                         enum directory_field field);

/** Of an id's form; never echoes it, because it may be a key that stands in the wrong place. */
int directory_check_id(struct directory_call *call, struct span name, enum directory_field field);
int directory_check_slugs(struct directory_call *call, const struct directory_models *models,
                          enum directory_field field);

/** The slugs that are granted to it, or that a key is restricted to. */
int directory_read_grants(struct directory_call *call, enum directory_kind kind, struct span name,
                          struct directory_models *out);

/** Replaces them; `all` is not its business. */
int directory_write_grants(struct directory_call *call, enum directory_kind kind, struct span name,
                           const struct directory_models *models);

/** All texts of the first column. */
int directory_read_texts(struct directory_call *call, sqlite3_stmt *statement, uint32_t *count,
                         const struct span **out);

/** The subject as it is; and writes its row, without the lists. */
int directory_subject_read(struct directory_call *call, enum directory_kind kind, struct span name,
                           struct directory_subject *out);
int directory_subject_write(struct directory_call *call, enum directory_kind kind,
                            const struct directory_subject *subject);

/** The key as it is. */
int directory_key_read(struct directory_call *call, struct span name, struct directory_key *out);

/** Revokes all keys that belong to a user or group, each with an audit row of its own. */
int directory_revoke_keys_of(struct directory_call *call, enum directory_kind kind,
                             struct span name);

static inline int64_t directory_now_s(const struct directory_call *call)
{
    return call->now_ms / 1000;
}

#endif
