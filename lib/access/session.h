/**
 * What a browser holds when its user has signed in with a key: a token that says which key it was
 * and until when it counts, and that nobody but the gateway can make or read.
 *
 *   key, expiry  --session_write()-->  token  --session_read()-->  key, expiry
 *
 * The token names the key by its digest, and so is worth what the key is worth now: who has it is
 * identified with access_identify_digest(), where a key that was revoked, disabled, removed or has
 * expired is refused. Nothing is kept of a session, so all workers know it, and it outlives them.
 *
 *   token = base64url(expiry | tag | digest ⊕ mask)
 *   tag   = HMAC(session key, "weir session 1 tag"  | expiry | digest)
 *   mask  = HMAC(session key, "weir session 1 mask" | tag)
 *
 * The tag proves the other two, and is the nonce of the mask (a synthetic one, RFC 5297's way): a
 * browser, and who copies from it, learns no digest, against which texts of keys could be tried.
 */
#ifndef WEIR_ACCESS_SESSION_H
#define WEIR_ACCESS_SESSION_H

#include "lib/base/digest.h"
#include "shm/session_key.h"

/** base64url of 8 + 32 + 32 bytes: no bit of it is left over. */
enum { SESSION_TOKEN_BYTES = 96 };

struct session {
    struct digest key;
    int64_t expires_s; /* Unix time */
};

/** What it takes to sign. Borrowed. */
struct session_signer {
    struct digester *digester;
    struct span key; /* SESSION_KEY_BYTES */
};

/** @param expires_s  of `session`: 0 … */
void session_write(const struct session_signer *signer, const struct session *session,
                   char token[static SESSION_TOKEN_BYTES]);

/**
 * The comparison takes the same time wherever a forged token differs.
 *
 * @param out  filled only on success
 * @return 0, ERR_BAD_SESSION, or ERR_SESSION_ENDED from the second of the expiry on
 */
int session_read(const struct session_signer *signer, struct span token, int64_t now_s,
                 struct session *out);

#endif
