/**
 * The credential of a browser: an ID token that says who its user is, and an App Check token that
 * says that the operator's own application asks. One without the other is worth nothing.
 *
 *   access_find_pair()      the two texts, from the head of a request
 *   access_identify_pair()  who that is, and what may be listed and called
 *
 * A pair has no key: there is nothing to revoke, and no limit of a key applies.
 */
#ifndef WEIR_ACCESS_PAIR_H
#define WEIR_ACCESS_PAIR_H

#include "lib/access/access.h"
#include "lib/base/rs256.h"

struct access_pair {
    struct span id_token;  /* empty: neither there nor, by its look, meant to be */
    struct span app_check; /* empty: a key may be there instead */
};

/**
 * The pair of a request whose generation accepts pairs. With an App Check token in it, the request
 * may carry no other credential than one `Authorization: Bearer`.
 *
 * Look for a key with access_find_credential() only when `out->app_check` is empty on success; an
 * `id_token` is then what begins like a token, so that a key that turns out to be unknown can be
 * called half a pair.
 *
 * @param out  borrowed from the request; access_wipe_credentials() when it has been used
 * @return 0, ERR_HALF_PAIR, ERR_CREDENTIALS_DIFFER, or ERR_UNKNOWN_KEY for an Authorization of
 *         another scheme; every credential has been wiped after an error
 */
int access_find_pair(const struct http_request *request, struct access_pair *out);

/** Wipe every credential of the request, of whichever kind. */
void access_wipe_credentials(const struct http_request *request);

/** What verifying takes beside the generation. */
struct access_verifier {
    struct digester *digester;
    struct rs256_key *const *keys; /* as BROWSER_KEYS; NULL for one that OpenSSL did not take */
    int64_t now_s;
};

/**
 * @param pair   both halves
 * @param scope  KEY_SCOPE_LIST or KEY_SCOPE_CALL; a browser has no other
 * @param out    its key is ROW_NONE
 * @return 0, ERR_BAD_TOKEN, ERR_TOKEN_EXPIRED, ERR_STALE_KEYS, ERR_KEY_DISABLED (the user is), or
 *         ERR_SCOPE
 */
int access_identify_pair(const struct snapshot *snapshot, const struct access_verifier *verifier,
                         const struct access_pair *pair, enum key_flag scope, struct access *out);

/** Under which BROWSER_USERS holds a subject of an issuer. */
struct digest access_subject_identity(struct digester *digester, struct span issuer,
                                      struct span subject);

#endif
