/** The rows of a snapshot that have to do with browsers' tokens; see rows.h and layout.h. */
#ifndef WEIR_SHM_BROWSER_ROWS_H
#define WEIR_SHM_BROWSER_ROWS_H

#include "shm/rows.h"

/** Who signs tokens, and what a token must say to be for us. */
struct browser_issuer_row {
    struct ref issuer;
    struct ref audience;
    struct ref keys_url;
    int64_t fetched_s; /* when the steward last fetched the keys, Unix time; 0: never */
    uint32_t key_first;
    uint32_t key_count;
};

/** An RSA public key; big-endian numbers without leading zeros. */
struct browser_key_row {
    struct ref key_id;
    struct ref modulus;
    struct ref exponent;
};

struct browser_user_row {
    struct digest identity; /* SHA-256 of issuer, NUL, subject */
    uint32_t user;          /* row in USERS */
    uint32_t grant_set;
};

_Static_assert(sizeof(struct browser_issuer_row) == 64, "bump LAYOUT_VERSION");
_Static_assert(sizeof(struct browser_key_row) == 48, "bump LAYOUT_VERSION");
_Static_assert(sizeof(struct browser_user_row) == 40, "bump LAYOUT_VERSION");

#endif
