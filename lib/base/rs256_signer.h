/**
 * Signing with RS256: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518, section 3.3); rs256.h verifies.
 *
 * A signature with 2048 bits costs about a millisecond: not for a request's path.
 */
#ifndef WEIR_BASE_RS256_SIGNER_H
#define WEIR_BASE_RS256_SIGNER_H

#include "lib/base/digest.h"
#include "lib/base/rs256.h"

struct rs256_signer;

/**
 * @param pem  an RSA private key of 2048 to 4096 bits in PEM, without a passphrase; not kept
 * @return NULL for anything else; one user at a time
 */
struct rs256_signer *rs256_signer_new(struct span pem);

/** Clears the pointer; OpenSSL wipes the key. NULL is fine. */
void rs256_signer_free(struct rs256_signer **signer);

/**
 * Sign the bytes of that digest.
 *
 * @return the length of the signature, or 0 when OpenSSL fails
 */
size_t rs256_sign(struct rs256_signer *signer, const struct digest *digest,
                  char signature[static RS256_MODULUS_BYTES_MAX]);

#endif
