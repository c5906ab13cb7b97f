/**
 * base64url without padding (RFC 4648, section 5), as JSON Web Tokens and key sets use it.
 *
 * Strict: no padding, no white space, no other alphabet, and the bits behind the last byte are
 * zero, so that bytes have exactly one text.
 */
#ifndef WEIR_BASE_BASE64URL_H
#define WEIR_BASE_BASE64URL_H

#include "lib/base/span.h"

/** How many characters `bytes` bytes take. */
static inline size_t base64url_length(size_t bytes)
{
    return (bytes * 4 + 2) / 3;
}

/**
 * @param memory  may not overlap `text`
 * @param out     in `memory`; filled only on success
 * @return 0, ERR_INVALID, or ERR_NO_SPACE
 */
int base64url_decode(struct span text, char *memory, size_t memory_bytes, struct span *out);

/**
 * @param memory  base64url_length(bytes.len) characters at least, else nothing is written; no NUL
 * @return how many were written
 */
size_t base64url_encode(struct span bytes, char *memory, size_t memory_bytes);

#endif
