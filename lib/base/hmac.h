/** HMAC-SHA256 (RFC 2104), with the digester that exists: nothing is allocated for it. */
#ifndef WEIR_BASE_HMAC_H
#define WEIR_BASE_HMAC_H

#include "lib/base/digest.h"

/**
 * The code of the pieces, one behind the other: where they are cut makes no difference, so pieces
 * of variable length want a length or an end of their own. Compare with digest_equal().
 *
 * @param key  of any length; what is derived from it is wiped
 */
struct digest hmac_sha256(struct digester *digester, struct span key, const struct span *pieces,
                          size_t count);

#endif
