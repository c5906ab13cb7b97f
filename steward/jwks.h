/** JSON Web Key Sets (RFC 7517): the keys in one that can prove a token of ours. Pure. */
#ifndef WEIR_STEWARD_JWKS_H
#define WEIR_STEWARD_JWKS_H

#include "lib/base/text.h"
#include "shm/keysets_file.h"

enum {
    JWKS_BYTES_MAX = 256 * 1024,
    JWKS_DEPTH_MAX = 16,
    JWKS_KEYS_SEEN_MAX = 256, /* usable or not */
};

/** Memory for what was decoded of one set. */
enum {
    JWKS_MEMORY_BYTES = KEYSET_KEYS_MAX * (KEYSET_KEY_ID_BYTES_MAX + RS256_MODULUS_BYTES_MAX +
                                           2 * RS256_EXPONENT_BYTES_MAX)
};

/**
 * Keys that are not for RS256 signatures (another `kty`, `alg` or `use`, no `kid`, too small) are
 * passed over: sets hold keys for several purposes.
 *
 * @param text    the whole answer, at most JWKS_BYTES_MAX
 * @param memory  what `out` points into; reset by this; JWKS_MEMORY_BYTES are always enough
 * @param out     its keys; URL and time are left alone
 * @return 0; ERR_BAD_JSON for what is no key set; ERR_NOT_FOUND without a usable key; ERR_INVALID
 *         for two with the same `kid`; ERR_NO_SPACE for more than KEYSET_KEYS_MAX
 */
int jwks_parse(struct span text, struct text *memory, struct keyset *out);

#endif
