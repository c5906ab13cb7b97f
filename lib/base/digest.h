/** SHA-256, with a context that is made once and used again; nothing is allocated for a digest. */
#ifndef WEIR_BASE_DIGEST_H
#define WEIR_BASE_DIGEST_H

#include "lib/base/span.h"

#include <stdint.h>

enum { DIGEST_BYTES = 32, DIGEST_HEX_BYTES = 64 };

struct digest {
    uint8_t bytes[DIGEST_BYTES];
};

struct digester;

/** @return NULL when there is no memory. One per thread. */
struct digester *digester_new(void);

/** Clears the pointer; NULL is fine. */
void digester_free(struct digester **digester);

/** The digest of one span. */
struct digest digester_hash(struct digester *digester, struct span bytes);

/** The same in pieces: begin, add as often as needed, end. One at a time per digester. */
void digester_begin(struct digester *digester);
void digester_add(struct digester *digester, struct span bytes);
struct digest digester_end(struct digester *digester);

/** Full comparison whose time does not depend on where the two differ. */
bool digest_equal(const struct digest *a, const struct digest *b);

/** The first eight bytes as a number: for hash tables and short labels, never for equality. */
uint64_t digest_prefix(const struct digest *digest);

/** Writes exactly DIGEST_HEX_BYTES lower-case digits, no NUL. */
void digest_to_hex(const struct digest *digest, char hex[static DIGEST_HEX_BYTES]);

/** @return 0, or ERR_INVALID unless `hex` is exactly 64 hexadecimal digits of either case. */
int digest_from_hex(struct span hex, struct digest *out);

#endif
