/**
 * JSON Web Tokens in compact form, signed with RS256 and nothing else (RFC 7515, 7519, 8725).
 *
 *   jwt_parse()      what the token says, of which nothing is believed yet
 *   jwt_is_signed()  the named key says it too
 *   jwt_check()      it is meant for us, and now
 *
 * All three must agree before a token counts. The algorithm is ours, never the token's: `alg` must
 * read RS256 to be parsed at all, and a key is an RSA key by its type. A header that could bring or
 * choose a key, or change what is signed (`jwk`, `jku`, `x5u`, `x5c`, `x5t`, `x5t#S256`, `crit`,
 * `b64`, `zip`, `enc`, `cty`), is refused, and so are a member that stands twice and one that is
 * ours but for the case of a letter: another reader may take the other one.
 */
#ifndef WEIR_ACCESS_JWT_H
#define WEIR_ACCESS_JWT_H

#include "lib/base/digest.h"
#include "lib/base/rs256.h"
#include "lib/base/span.h"

#include <stdint.h>

enum {
    JWT_BYTES_MAX = 8192,
    JWT_HEADER_BYTES_MAX = 1024,
    JWT_SIGNATURE_BYTES_MAX = RS256_MODULUS_BYTES_MAX,
    JWT_TEXT_BYTES_MAX = 256, /* of kid, iss, sub and each audience, each without its escapes */
    JWT_AUDIENCES_MAX = 8,
    JWT_SKEW_S = 60, /* how far the issuer's clock may be from ours */
};

/**
 * What a token says. Times are seconds since 1970, whole: Unix times with a fraction are refused.
 * The spans point into the token (`signed_text`) and into `memory`, so a struct jwt is not copied.
 */
struct jwt {
    struct span signed_text; /* header, dot, payload, as they came */
    struct span signature;
    struct span key_id;
    struct span issuer;
    struct span subject;
    struct span audiences[JWT_AUDIENCES_MAX];
    uint32_t audience_count;
    int64_t expires_s;
    int64_t issued_s;
    int64_t not_before_s; /* `issued_s` where none is given */
    size_t memory_bytes;  /* of `memory`, in use */
    char memory[JWT_BYTES_MAX];
};

/**
 * Does not look at the signature. Required are alg and kid, and iss, aud, exp, iat and sub.
 *
 * @param token  at most JWT_BYTES_MAX; borrowed for as long as `out` is used
 * @return 0, or ERR_BAD_TOKEN for what is no such token
 */
int jwt_parse(struct span token, struct jwt *out);

bool jwt_is_signed(const struct jwt *jwt, struct digester *digester, struct rs256_key *key);

/** What a token must say to be for us. */
struct jwt_terms {
    struct span issuer;
    struct span audience; /* one of the token's */
    int64_t now_s;
};

/**
 * @return 0; ERR_TOKEN_EXPIRED from JWT_SKEW_S after `exp` on; ERR_BAD_TOKEN for another issuer or
 *         audience, or a time (iat, nbf) more than JWT_SKEW_S ahead
 */
int jwt_check(const struct jwt *jwt, const struct jwt_terms *terms);

#endif
