/**
 * The directory: users, groups, keys, their grants and revocations, as operations on the database.
 *
 * Each operation is one transaction and leaves exactly one row in the audit trail when it changed
 * something, none when it did not (a repeated call is no change). An operation inside a transaction
 * of the caller's (database_begin()) becomes part of it. Operations return 0 or an ERR_ number and
 * say in `refusal` which field is to blame; any error leaves everything as it was.
 *
 *   ERR_INVALID     a value has not its form                                   400
 *   ERR_NOT_FOUND   there is no such thing; also one that a value refers to    404
 *   ERR_EXISTS      the name, or a key's digest, is taken                      409
 *   ERR_IN_USE      something refers to it, or the state does not allow it     409
 *   ERR_REVOKED     the key is revoked, and that is final                      409
 *   ERR_CONFLICT    `expected_version` is not its version                      412
 *   and the errors of database.h
 *
 * A name is an identity: it never changes, and limits, spend and audit go by it. What a name is
 * here must not be the name of the same kind of thing in the configuration: the loader refuses
 * that, naming both, because the steward does not read the configuration. For the same reason a
 * grant may name a slug that no model has; it takes effect when there is one.
 *
 * No secret is ever stored: of a key there is the SHA-256 digest alone, and in the audit trail not
 * even that.
 */
#ifndef WEIR_STEWARD_DIRECTORY_H
#define WEIR_STEWARD_DIRECTORY_H

#include "lib/base/arena.h"
#include "lib/base/digest.h"
#include "lib/base/span.h"
#include "steward/database.h"

#include <stdint.h>

enum {
    DIRECTORY_ACTOR_BYTES_MAX = 256,
    DIRECTORY_LIST_MAX = 4096, /* groups of a user, slugs of one call */
    DIRECTORY_PAGE_MAX = 1000,
    DIRECTORY_REFUSAL_BYTES = 192,
};

/** The kinds of things: X(NAME, word) */
#define DIRECTORY_KIND_MAP(X) X(GROUP, "group") X(USER, "user") X(KEY, "key")

enum directory_kind {
#define X(name, word) DIRECTORY_##name,
    DIRECTORY_KIND_MAP(X) DIRECTORY_KIND_COUNT,
#undef X
};

/** The fields that calls can give: X(NAME, word in JSON, in a refusal, in the audit trail) */
#define DIRECTORY_FIELD_MAP(X)          \
    X(NAME, "name")                     \
    X(DISPLAY, "display")               \
    X(DISABLED, "disabled")             \
    X(MODELS, "models")                 \
    X(GROUPS, "groups")                 \
    X(USER, "user")                     \
    X(GROUP, "group")                   \
    X(ALLOWED_MODELS, "allowed_models") \
    X(EXPIRES, "expires")               \
    X(SCOPES, "scopes")                 \
    X(KEY, "key")                       \
    X(SHA256, "sha256")                 \
    X(GRACE, "grace")                   \
    X(SLUG, "slug")                     \
    X(VERSION, "version")               \
    X(ACTOR, "actor")                   \
    X(LIMIT, "limit")                   \
    X(REQUEST, "idempotency_key")

enum directory_field {
#define X(name, word) DIRECTORY_FIELD_##name,
    DIRECTORY_FIELD_MAP(X) DIRECTORY_FIELD_COUNT,
#undef X
};

/** A set of fields: those that an update gives, the others stay as they are. */
#define DIRECTORY_GIVES(NAME) (1U << DIRECTORY_FIELD_##NAME)

/** Why an operation refused. `field` is a word of DIRECTORY_FIELD_MAP, or "" when none is to blame. */
struct directory_refusal {
    int err; /* 0: it did not */
    const char *field;
    uint32_t item; /* of the lists in the call, or of an import: which one; else 0 */
    char sentence[DIRECTORY_REFUSAL_BYTES]; /* no secret in it */
};

/** What every operation needs. */
struct directory_call {
    struct database *database;
    struct digester *digester;
    struct span actor;   /* who asks, for the audit trail: one line, not empty */
    int64_t now_ms;      /* Unix time */
    struct arena *arena; /* takes what is read; results are valid until it is freed */
    struct directory_refusal *refusal;
};

/** Which models: everything, or a list. */
struct directory_models {
    bool all;
    uint32_t count;
    const struct span *slugs;
};

/** A user or a group: as it is, and as a call gives it (then without what the directory sets). */
struct directory_subject {
    struct span name;
    struct span display;
    bool disabled;
    struct directory_models models; /* `all` and a list may both be granted, and taken, singly */
    uint32_t group_count;           /* of a user */
    const struct span *groups;
    uint64_t version; /* 1, 2, … set by the directory, as are these: */
    int64_t created_ms;
    int64_t changed_ms;
};

struct directory_subject_page {
    uint32_t count;
    const struct directory_subject *rows; /* by name; with all their lists */
    struct span next; /* the cursor of the page behind; empty: this is the last */
};

/** @param kind  DIRECTORY_USER or DIRECTORY_GROUP here and below */
int directory_subject_add(struct directory_call *call, enum directory_kind kind,
                          const struct directory_subject *subject);

int directory_subject_show(struct directory_call *call, enum directory_kind kind, struct span name,
                           struct directory_subject *out);

/** @param after  the cursor, empty for the first page; @param limit  1 … DIRECTORY_PAGE_MAX */
int directory_subject_list(struct directory_call *call, enum directory_kind kind, struct span after,
                           uint32_t limit, struct directory_subject_page *out);

/** Which entity, and as what the caller saw it. */
struct directory_target {
    struct span name;
    uint64_t expected_version; /* 0: whatever it is now */
};

/**
 * Change the fields in `gives` (DIRECTORY_GIVES(DISPLAY) | …) to those of `subject`; lists are
 * replaced as wholes. Disabling and enabling is this with DISABLED.
 */
int directory_subject_update(struct directory_call *call, enum directory_kind kind,
                             const struct directory_target *target, uint32_t gives,
                             const struct directory_subject *subject);

/**
 * Refused with ERR_IN_USE while keys belong to it, because they would silently lose what they may
 * call. With `cascade` the keys go too: they are revoked, so that their texts stay refused. A
 * group's members lose their membership either way; that is what removing a group means.
 */
int directory_subject_remove(struct directory_call *call, enum directory_kind kind,
                             const struct directory_target *target, bool cascade);

/**
 * One grant more or less. For a user or group `all` is a grant beside the others: taking it away
 * leaves them. A key's are the models that it is restricted to: nothing can be added to a key that
 * is not restricted, and its last one cannot be taken away, because then it would not be (both
 * ERR_IN_USE); `all` lifts the restriction, directory_key_update() sets one.
 *
 * @param slug  empty: all
 */
int directory_grant_add(struct directory_call *call, enum directory_kind kind,
                        const struct directory_target *target, struct span slug);
int directory_grant_remove(struct directory_call *call, enum directory_kind kind,
                           const struct directory_target *target, struct span slug);

/** The number of the last change: 0 when there was none. An export that has it is up to date. */
int directory_last_change(struct database *database, uint64_t *out);

/** The word of a field, of a kind; never NULL. */
const char *directory_field_word(enum directory_field field);
const char *directory_kind_word(enum directory_kind kind);

#endif
