/** Who calls, and may they: the decisions of DESIGN section 6, without I/O. */
#ifndef WEIR_ACCESS_ACCESS_H
#define WEIR_ACCESS_ACCESS_H

#include "lib/base/digest.h"
#include "lib/wire/http_request.h"
#include "shm/revocations.h"
#include "shm/snapshot.h"

enum { ACCESS_KEY_BYTES_MAX = 512 };

/**
 * The credential of a request: `Authorization: Bearer`, `x-api-key`, `x-goog-api-key`, `api-key` or
 * `?key=` — on every route, each as often as it is there. Several with the same text count as one,
 * and one that is empty as none. A key is 1 … ACCESS_KEY_BYTES_MAX visible ASCII characters.
 *
 * Afterwards no credential is left in the bytes that `request` borrows (which must be writable) but
 * the one in `out`, which lies there or in `memory`; wipe that one when it has been hashed.
 *
 * @param memory  ACCESS_KEY_BYTES_MAX bytes, for a `?key=`
 * @param out     empty after an error
 * @return 0 (an empty `out` means that there is none), ERR_CREDENTIALS_DIFFER, or ERR_UNKNOWN_KEY
 *         for an Authorization of another scheme, or a text that can be no key
 */
int access_find_credential(const struct http_request *request, char *memory, size_t memory_bytes,
                           struct span *out);

/** What a key is judged by: a generation, and what was revoked since it was compiled. Borrowed. */
struct access_basis {
    const struct snapshot *snapshot;
    const struct revocations *revocations;
};

/** What a caller may do, for one request. */
struct access {
    uint32_t grant_set; /* row in GRANT_SETS */
    uint32_t key;       /* row in KEYS; ROW_NONE: anonymous */
};

/**
 * Who is it, and does the key work now?
 *
 * What is wrong is looked for in this order: unknown, revoked, disabled (the loader marks the keys
 * of a disabled user), expired (from the second of `expires` on), scope. An anonymous caller may
 * list and call what the configuration grants to anonymous callers.
 *
 * @param credential  empty: anonymous
 * @param scope       KEY_SCOPE_LIST or KEY_SCOPE_CALL
 * @return 0, ERR_NO_CREDENTIAL (none given and anonymous callers are granted nothing),
 *         ERR_UNKNOWN_KEY, ERR_KEY_REVOKED, ERR_KEY_DISABLED, ERR_KEY_EXPIRED or ERR_SCOPE
 */
int access_identify(const struct access_basis *basis, struct digester *digester,
                    struct span credential, enum key_flag scope, struct access *out);

/** The same for who is known to have shown the key of that digest before: see session.h. */
int access_identify_digest(const struct access_basis *basis, const struct digest *digest,
                           enum key_flag scope, struct access *out);

/**
 * May this caller use this model?
 *
 * @param slug   as the client sent it
 * @param model  its number, on 0
 * @return 0; ERR_UNKNOWN_MODEL (unknown, disabled, or not granted and conceal_ungranted is on);
 *         ERR_NOT_GRANTED
 */
int access_admit(const struct snapshot *snapshot, const struct access *access, struct span slug,
                 uint32_t *model);

/** What is kept of a key for as long as a call of it runs: the call outlives its generation. */
struct access_hold {
    struct digest digest; /* not set for an anonymous caller */
    int64_t expires_s;    /* 0: never */
    uint32_t cell;        /* ROW_NONE: an anonymous caller, whom nobody can revoke */
};

/** Of a caller that access_identify() let in. */
void access_hold(const struct snapshot *snapshot, const struct access *access,
                 struct access_hold *out);

/** Does the key still work? @return 0, ERR_KEY_REVOKED or ERR_KEY_EXPIRED */
int access_check(const struct access_hold *hold, const struct revocations *revocations,
                 int64_t now_s);

/**
 * Does it still work in a newer generation? From then on the hold is of that one.
 *
 * Only what makes access_identify() refuse with 401 counts: a key that lost a grant or a scope
 * works, and its call was admitted.
 *
 * @return as access_check(), or ERR_UNKNOWN_KEY or ERR_KEY_DISABLED
 */
int access_renew(struct access_hold *hold, const struct access_basis *basis, int64_t now_s);

static inline bool access_is_expired(int64_t expires_s, int64_t now_s)
{
    return expires_s != 0 && now_s >= expires_s;
}

#endif
