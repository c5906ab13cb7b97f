/**
 * `state_dir/keysets`: the public keys that issuers of tokens publish, as the steward last fetched
 * them. The loader compiles them into the snapshot; the steward begins with them after a restart.
 *
 *   weir-keysets 1
 *   set 1795219200 https://issuer.example/keys     when it was fetched (Unix time), from where
 *   key a2lkMQ 1ZfE… AQAB                           kid, modulus, exponent, each base64url
 *   set …
 *   sum 5e88…                                       SHA-256 of all bytes before this line
 *
 * Lines end with LF, words are separated by one space. A key belongs to the set above it; its
 * modulus and exponent pass rs256_is_key(); no kid stands twice in a set and no URL twice in the
 * file. The file is small (KEYSETS_FILE_BYTES_MAX), so it is text, which can be looked at; it is
 * only ever replaced by rename(2). The sum is there for torn files, not for attackers: who can
 * write the file can put keys into it.
 */
#ifndef WEIR_SHM_KEYSETS_FILE_H
#define WEIR_SHM_KEYSETS_FILE_H

#include "lib/base/rs256.h"
#include "lib/base/text.h"

#include <stdint.h>

#define KEYSETS_FILE_NAME "keysets" /* in state_dir */

enum {
    KEYSETS_MAX = 9,      /* BROWSER_ISSUERS_MAX */
    KEYSET_KEYS_MAX = 16, /* issuers rotate two or three */
    KEYSET_KEY_ID_BYTES_MAX = 256,
    KEYSET_URL_BYTES_MAX = 512,
    KEYSETS_FILE_BYTES_MAX = 256 * 1024,
};

struct keyset_key {
    struct span key_id;
    struct span modulus;
    struct span exponent;
};

struct keyset {
    struct span url;
    int64_t fetched_s;
    uint32_t key_count;
    struct keyset_key keys[KEYSET_KEYS_MAX];
};

struct keysets {
    uint32_t count;
    struct keyset sets[KEYSETS_MAX];
};

/**
 * @param text    of the file; the URLs in `out` point into it
 * @param memory  for what was decoded; text.len bytes are always enough
 * @return 0, ERR_CORRUPT, ERR_VERSION, or ERR_NO_MEMORY
 */
int keysets_file_parse(struct span text, struct text *memory, struct keysets *out);

/** The set with that URL, or NULL. */
const struct keyset *keysets_find(const struct keysets *sets, struct span url);

/** Add the whole file to `out`. @return 0, ERR_NO_SPACE or ERR_NO_MEMORY */
int keysets_file_render(const struct keysets *sets, struct text *out);

#endif
