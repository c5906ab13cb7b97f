/**
 * The directory's keys. See directory.h for what holds of every operation.
 *
 * What a key may be in, and what leads from one to another:
 *
 *   state      entered by                            the gateway
 *   active     create, import; enabled again         takes it
 *   disabled   update (DISABLED)                     refuses it until it is enabled
 *   expired    the time in `expires`                 refuses it until a later time is set
 *   revoked    revoke; removal of its owner          refuses it for ever, also under another name
 *   (gone)     remove                                does not know it; the name is free again
 *                                                    unless the key was revoked
 */
#ifndef WEIR_STEWARD_DIRECTORY_KEYS_H
#define WEIR_STEWARD_DIRECTORY_KEYS_H

#include "steward/directory.h"

enum {
    DIRECTORY_SECRET_BYTES = 48, /* "weir_", 43 base64url characters: 32 random bytes */
    DIRECTORY_KEY_TEXT_BYTES_MAX = 512,
    DIRECTORY_IMPORT_MAX = 10000, /* keys in one call */
};

#define DIRECTORY_GRACE_MAX_S (INT64_C(90) * 24 * 60 * 60)

/** X(NAME, word): as filters and as what a key shows; the first one that is true of it. */
#define DIRECTORY_STATE_MAP(X) \
    X(ANY, "")                 \
    X(REVOKED, "revoked")      \
    X(DISABLED, "disabled")    \
    X(EXPIRED, "expired")      \
    X(ACTIVE, "active")

enum directory_state {
#define X(name, word) DIRECTORY_STATE_##name,
    DIRECTORY_STATE_MAP(X) DIRECTORY_STATE_COUNT,
#undef X
};

/** A key: as it is, and as a call gives it (then without what the directory sets). */
struct directory_key {
    struct span name;
    struct span user;                /* empty: none */
    struct span group;               /* empty: none */
    struct directory_models allowed; /* `all`, or at least one slug; never both */
    int64_t expires_s;               /* Unix time; 0: never */
    uint32_t scopes;                 /* KEY_SCOPE_ bits of shm/rows.h; at least one */
    bool disabled;
    enum directory_state state; /* set by the directory, as are these: */
    uint64_t version;
    int64_t created_ms;
    int64_t changed_ms;
    int64_t revoked_ms;  /* 0: it is not */
    int64_t old_until_s; /* until then the text from before the last rotation opens it; 0: none */
};

/** The text of a new key. Shown once; wipe it (directory_secret_wipe()) when it was. */
struct directory_secret {
    char text[DIRECTORY_SECRET_BYTES + 1];
};

/**
 * @param key     an empty name gets `key-` and 16 random characters; the name is in `created`
 * @param secret  filled only on success
 */
int directory_key_create(struct directory_call *call, const struct directory_key *key,
                         struct directory_key *created, struct directory_secret *secret);

void directory_secret_wipe(struct directory_secret *secret);

/** A key that exists already somewhere else: by its text, or by its digest. */
struct directory_import {
    struct directory_key key; /* named */
    struct span text;         /* printable ASCII without blanks; empty: `digest` is given */
    struct digest digest;
};

struct directory_import_result {
    uint32_t created;
    uint32_t
        unchanged; /* a key with that name and digest is there already, whatever else it says */
};

/**
 * Up to DIRECTORY_IMPORT_MAX keys in one transaction, all or none: a long import is many such
 * calls, and can be begun again from its start at any time. One audit row names what was created.
 * Refusals say the key in refusal.item.
 */
int directory_key_import(struct directory_call *call, const struct directory_import *keys,
                         uint32_t count, struct directory_import_result *out);

int directory_key_show(struct directory_call *call, struct span name, struct directory_key *out);

/**
 * The key that has this digest, or had it before a rotation whose grace is not over. Whether it
 * works is in its state, and in that of its user and group.
 *
 * @return 0, ERR_NOT_FOUND, or an error of database.h
 */
int directory_key_find(struct directory_call *call, const struct digest *digest,
                       struct directory_key *out);

struct directory_key_filter {
    struct span user;  /* empty: any */
    struct span group; /* empty: any */
    enum directory_state state;
    struct span after; /* the cursor, empty for the first page */
    uint32_t limit;    /* 1 … DIRECTORY_PAGE_MAX */
};

struct directory_key_page {
    uint32_t count;
    const struct directory_key *rows; /* by name */
    struct span next;                 /* the cursor of the page behind; empty: this is the last */
};

int directory_key_list(struct directory_call *call, const struct directory_key_filter *filter,
                       struct directory_key_page *out);

/** Fields: USER, GROUP, ALLOWED_MODELS, EXPIRES, SCOPES, DISABLED. Not of a revoked key. */
int directory_key_update(struct directory_call *call, const struct directory_target *target,
                         uint32_t gives, const struct directory_key *key);

/**
 * A new text for the same key. The old one opens it until `grace_until_s` (Unix time, at most
 * DIRECTORY_GRACE_MAX_S ahead; 0: not any more from now on). The text before the old one, if it
 * still had time, is refused at once: there is never more than one. Not of a revoked key.
 */
int directory_key_rotate(struct directory_call *call, const struct directory_target *target,
                         int64_t grace_until_s, struct directory_secret *secret);

/**
 * Refuse it for ever: name and digests go into the revocations, which hold over the directory and
 * the configuration. A name that the directory does not know is revoked as well (a key of the
 * configuration), and then cannot be given to a new key. Of a revoked one it is no change.
 */
int directory_key_revoke(struct directory_call *call, const struct directory_target *target);

/** Refuse whatever key has this digest (a text that leaked), and, when it is one of the
 *  directory's, that key. @param revoked  its name, or empty */
int directory_digest_revoke(struct directory_call *call, const struct digest *digest,
                            struct span *revoked);

/** Forget the key. What was revoked stays so. */
int directory_key_remove(struct directory_call *call, const struct directory_target *target);

/** The word of a state; never NULL. */
const char *directory_state_word(enum directory_state state);

#endif
