/**
 * Small generations for tests, laid out by hand as shm/layout.h says.
 *
 * It shares no code with the loader's compiler, so that a mistake in one shows against the other.
 * Whatever goes wrong here ends the test program.
 */
#ifndef WEIR_TESTS_SNAPSHOT_FIXTURE_H
#define WEIR_TESTS_SNAPSHOT_FIXTURE_H

#include "shm/snapshot.h"

struct fixture_key {
    const char *text; /* what a client would send */
    uint32_t grant_set;
    uint32_t flags; /* enum key_flag */
    int64_t expires_s;
};

/** Is `model` in grant set `set`? Not asked for set 0, which is empty. */
typedef bool fixture_grant_fn(uint32_t set, uint32_t model);

struct fixture_plan {
    uint32_t model_count;
    const char *const *slugs; /* NULL: "model-00000", "model-00001", … */
    uint32_t key_count;
    const struct fixture_key *keys;
    uint32_t set_count; /* 1 … : with the empty set */
    fixture_grant_fn *is_granted;
    uint32_t anonymous_grant_set;
    bool conceal_ungranted;
    /** Issuers https://check and https://users, audience "app"; the latter's u1 and u2 have the last
     * grant set, others browser_grant_set. */
    bool has_browser;
    uint32_t browser_grant_set;
    struct span browser_modulus; /* of both keys, whose kid is "k1"; empty: of no real key */
};

struct fixture {
    char *memory; /* aligned to LAYOUT_TABLE_ALIGN; yours to spoil */
    size_t bytes;
    struct snapshot_header *header; /* memory, by its other name */
    struct snapshot snapshot;       /* the same, ready for look-ups */
};

enum { FIXTURE_SLUG_BYTES = 24 };

/** What the model is called in a plan without slugs; `memory` holds FIXTURE_SLUG_BYTES. */
struct span fixture_slug(uint32_t model, char *memory);

/** Release with fixture_free(). */
void fixture_build(const struct fixture_plan *plan, struct fixture *out);
void fixture_free(struct fixture *fixture);

/** Fill ORDERS anew, after models were changed. */
void fixture_order(const struct fixture *fixture);

/** Row `number` of a table, to be spoiled. */
void *fixture_row(const struct fixture *fixture, enum snapshot_table table, uint32_t number);

/** Make the checksum right again after memory was changed. */
void fixture_sum(struct fixture *fixture);

enum { FIXTURE_SEALS = 15 /* F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE */ };

/** A memfd with these bytes and seals. Close it. */
int fixture_memfd(const void *bytes, size_t len, int seals);

/** Secrets with these texts, as plain memory; free() it. */
void *fixture_secrets(const char *const *texts, uint32_t count, size_t *bytes);

#endif
