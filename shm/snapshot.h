/**
 * Reading a generation: map, check, look up.
 *
 *   phase      entered by        may then be called
 *   closed     -                 snapshot_open()
 *   open       snapshot_open()   everything below
 *   closed     snapshot_close()
 *
 * snapshot_open() checks every table, every row number and every reference once, so that the
 * look-ups can trust what they read and a hostile or torn memfd is refused before anything uses
 * it. Look-ups never fail for want of memory, never block and never write. All spans and rows are
 * borrowed until snapshot_close().
 */
#ifndef WEIR_SHM_SNAPSHOT_H
#define WEIR_SHM_SNAPSHOT_H

#include "lib/base/digest.h"
#include "lib/base/span.h"
#include "shm/layout.h"

struct snapshot {
    const struct snapshot_header *header; /* NULL: closed */
    size_t bytes;
};

struct secrets {
    const struct secrets_header *header; /* NULL: closed */
    size_t bytes;
};

/**
 * Map and check. The descriptor is not kept and not closed.
 *
 * @param out  filled only on success
 * @return 0, ERR_CORRUPT, ERR_VERSION, ERR_IO, or ERR_INVALID when the memfd is not sealed against
 *         writing, growing and shrinking
 */
int snapshot_open(int memfd, struct snapshot *out);

/**
 * Check what lies at `memory` without mapping anything: one linear pass, about 60 ms for 100 MB.
 *
 * @param memory  aligned to LAYOUT_TABLE_ALIGN
 * @return 0, ERR_CORRUPT or ERR_VERSION
 */
int snapshot_check(const void *memory, size_t bytes);

/** Unmaps and clears; a closed one is fine. Takes milliseconds for large ones: not on a loop. */
void snapshot_close(struct snapshot *snapshot);

/** The same for the secrets; the mapping is kept out of core files (MADV_DONTDUMP). */
int secrets_open(int memfd, struct secrets *out);
int secrets_check(const void *memory, size_t bytes);
void secrets_close(struct secrets *secrets);

/** The secret with that number; empty for ROW_NONE and for numbers that are not there. */
struct span secrets_get(const struct secrets *secrets, uint32_t number);

/** What is written at `at`. */
static inline struct span snapshot_bytes(const struct snapshot *snapshot, struct ref at)
{
    return (struct span){(const char *)snapshot->header + at.offset, at.len};
}

static inline uint32_t snapshot_rows(const struct snapshot *snapshot, enum snapshot_table table)
{
    return snapshot->header->tables[table].rows;
}

/** First row of a table. Use the typed accessors below where one row is meant. */
static inline const void *snapshot_table(const struct snapshot *snapshot, enum snapshot_table table)
{
    return (const char *)snapshot->header + snapshot->header->tables[table].offset;
}

/** Row `number`, which must be below snapshot_rows(). */
#define SNAPSHOT_ROW(snapshot, TABLE, type, number) \
    (&((const type *)snapshot_table((snapshot), SNAPSHOT_##TABLE))[number])

static inline const struct provider_row *snapshot_provider(const struct snapshot *snapshot,
                                                           uint32_t number)
{
    return SNAPSHOT_ROW(snapshot, PROVIDERS, struct provider_row, number);
}

static inline const struct model_row *snapshot_model(const struct snapshot *snapshot,
                                                     uint32_t number)
{
    return SNAPSHOT_ROW(snapshot, MODELS, struct model_row, number);
}

static inline const struct deployment_row *snapshot_deployment(const struct snapshot *snapshot,
                                                               uint32_t number)
{
    return SNAPSHOT_ROW(snapshot, DEPLOYMENTS, struct deployment_row, number);
}

static inline const struct key_row *snapshot_key(const struct snapshot *snapshot, uint32_t number)
{
    return SNAPSHOT_ROW(snapshot, KEYS, struct key_row, number);
}

static inline const struct listing_row *snapshot_listing(const struct snapshot *snapshot,
                                                         uint32_t grant_set, enum dialect dialect)
{
    return SNAPSHOT_ROW(snapshot, LISTINGS, struct listing_row,
                        (size_t)grant_set * DIALECT_COUNT + dialect);
}

static inline const struct dialect_row *snapshot_dialect(const struct snapshot *snapshot,
                                                         enum dialect dialect)
{
    return SNAPSHOT_ROW(snapshot, DIALECTS, struct dialect_row, dialect);
}

/** The fragments of all models in one dialect, in the order of their numbers. */
static inline const struct ref *snapshot_fragments(const struct snapshot *snapshot,
                                                   enum dialect dialect)
{
    return SNAPSHOT_ROW(snapshot, FRAGMENTS, struct ref,
                        (size_t)dialect * snapshot_rows(snapshot, SNAPSHOT_MODELS));
}

/** One model rendered in one dialect, with the comma it begins with. */
static inline struct span snapshot_fragment(const struct snapshot *snapshot, enum dialect dialect,
                                            uint32_t model)
{
    return snapshot_bytes(snapshot, snapshot_fragments(snapshot, dialect)[model]);
}

/** The numbers of all models in one of the orders of ORDERS. */
static inline const uint32_t *snapshot_order(const struct snapshot *snapshot, enum model_sort sort,
                                             bool is_falling)
{
    size_t order = (size_t)sort * 2 + is_falling;

    return SNAPSHOT_ROW(snapshot, ORDERS, uint32_t,
                        order * snapshot_rows(snapshot, SNAPSHOT_MODELS));
}

/** What a search looks through: the model's slug, a newline and its name, A-Z as a-z. */
static inline struct span snapshot_search_text(const struct snapshot *snapshot, uint32_t model)
{
    return snapshot_bytes(snapshot, *SNAPSHOT_ROW(snapshot, SEARCH_TEXTS, struct ref, model));
}

/** Hash under which MODEL_SLOTS holds a slug (FNV-1a 64). */
uint64_t snapshot_hash_slug(struct span slug);

/** @return the number of the enabled model with exactly that slug, or ROW_NONE. */
uint32_t snapshot_find_model(const struct snapshot *snapshot, struct span slug);

/** @return the number of the key with exactly that digest (all 32 bytes compared), or ROW_NONE. */
uint32_t snapshot_find_key(const struct snapshot *snapshot, const struct digest *digest);

/** @return the cell row of that identity, or NULL. */
const struct cell_row *snapshot_find_cell(const struct snapshot *snapshot,
                                          const struct digest *identity);

static inline const struct grant_set_row *snapshot_grant_set(const struct snapshot *snapshot,
                                                             uint32_t number)
{
    return SNAPSHOT_ROW(snapshot, GRANT_SETS, struct grant_set_row, number);
}

/** Is that model in that grant set? The one question behind both listing and admission. */
static inline bool snapshot_is_granted(const struct snapshot *snapshot, uint32_t grant_set,
                                       uint32_t model)
{
    const struct grant_set_row *set = snapshot_grant_set(snapshot, grant_set);
    const uint64_t *words = SNAPSHOT_ROW(snapshot, GRANT_WORDS, uint64_t, set->first_word);

    return (words[model / 64] >> (model % 64) & 1) != 0;
}

/** FNV-1a 64 over `bytes`, going on from `state` (start with SNAPSHOT_FNV_START). */
#define SNAPSHOT_FNV_START UINT64_C(0xcbf29ce484222325)
uint64_t snapshot_fnv(uint64_t state, const void *bytes, size_t len);

/**
 * The checksum of both memfds, by words because byte-wise FNV takes several times as long:
 *
 *   state = SNAPSHOT_FNV_START ^ len
 *   for each 8 bytes, little-endian, the last ones padded with zeros:
 *       state = (state ^ word) * 0x100000001b3
 *       state = state ^ (state >> 32)
 */
uint64_t snapshot_checksum(const void *bytes, size_t len);

#endif
