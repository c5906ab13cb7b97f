/**
 * Verifying RS256: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518, section 3.3).
 *
 * A key is made once, off the request path, with everything that OpenSSL needs to use it. A
 * verification then allocates only what OpenSSL itself takes for the one modular exponentiation:
 * its numbers and a buffer of the modulus' size, 12 pieces and 3 KB for 2048 bits, given back before
 * it returns. That cannot be had otherwise; it costs some 15 µs.
 */
#ifndef WEIR_BASE_RS256_H
#define WEIR_BASE_RS256_H

#include "lib/base/digest.h"
#include "lib/base/span.h"

enum {
    RS256_MODULUS_BYTES_MIN = 256, /* 2048 bits: RFC 7518, section 3.3 */
    RS256_MODULUS_BYTES_MAX = 512, /* what one verification may cost */
    RS256_EXPONENT_BYTES_MAX = 4,
};

struct rs256_key;

/** Can these be a public key? Big-endian, without leading zeros, of the sizes above, odd. */
bool rs256_is_key(struct span modulus, struct span exponent);

/** @return NULL for what rs256_is_key() denies or OpenSSL does not take. One user at a time. */
struct rs256_key *rs256_key_new(struct span modulus, struct span exponent);

/** Clears the pointer; NULL is fine. */
void rs256_key_free(struct rs256_key **key);

/** Is `signature`, exactly as long as the modulus, the key's over the bytes of that digest? */
bool rs256_verify(struct rs256_key *key, const struct digest *digest, struct span signature);

#endif
