/**
 * Which keys were revoked since the live generation was compiled: one bit for each cell.
 *
 *   revocations_header | one bit a cell, in 64-bit words
 *
 * One memfd, `weir-revocations`, made by the master beside the state segment; it outlives workers
 * and reloads, and it is sparse: bits of cells that were never revoked take no memory. Bit n is the
 * key whose key_row.cell is n. The bits are the quick way and not the memory of it: a start makes
 * them anew, and what has to last is the steward's to keep.
 *
 *   who       does                                                holds
 *   steward   revocations_set(), revocations_clear()              a descriptor for both
 *   master    revocations_clear(), when a cell is given away      the memfd
 *   worker    revocations_has(), revocations_changes()            a descriptor for reading alone
 *
 * A worker is the process that strangers talk to, and must not be able to take a revocation back.
 * No seal does that: F_SEAL_WRITE binds the steward as well and F_SEAL_FUTURE_WRITE one that is
 * started later. So workers get a descriptor of its own opened for reading, which no mapping and
 * no mprotect(2) makes writable; and their sandbox opens no file for writing.
 */
#ifndef WEIR_SHM_REVOCATIONS_H
#define WEIR_SHM_REVOCATIONS_H

#include "lib/base/invariant.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    REVOCATIONS_VERSION = 1,
    REVOCATIONS_WORD_BITS = 64,
    REVOCATIONS_LINE = 64, /* bytes of a cache line */
};

#define REVOCATIONS_MAGIC UINT64_C(0x314b765272696577) /* "weirRvK1" */

struct revocations_header {
    uint64_t magic;
    uint32_t version;
    uint32_t header_bytes;
    uint64_t cells_max;
    uint64_t total_bytes;
    /** How often a bit was set; raised after the bit. */
    _Alignas(REVOCATIONS_LINE) _Atomic uint64_t changes;
};

struct revocations {
    struct revocations_header *header; /* NULL: closed */
    _Atomic uint64_t *words;
    size_t bytes;
    uint64_t cells_max; /* as many as there are bits, from the sealed size: a multiple of 64 */
};

struct revocations_fds {
    int both;     /* for reading and writing */
    int readonly; /* the same memfd, opened for reading alone */
};

#define REVOCATIONS_FDS_NONE ((struct revocations_fds){.both = -1, .readonly = -1})

/**
 * Make the memfd, all bits clear: the master, once. Needs /proc for the second descriptor.
 *
 * @param fds  both owned by the caller; see revocations_close_fds()
 * @return 0, ERR_NO_MEMORY or ERR_IO
 */
int revocations_create(uint64_t cells_max, struct revocations_fds *fds, struct revocations *out);

/**
 * Map what revocations_create() made; checks seals, magic, version and size. The descriptor stays
 * yours.
 *
 * @return 0, ERR_INVALID (not sealed in size), ERR_CORRUPT, ERR_VERSION or ERR_IO (also for a
 *         descriptor that cannot write)
 */
int revocations_open(int memfd, struct revocations *out);
int revocations_open_readonly(int memfd, struct revocations *out);

/** Unmap; a closed one is fine. */
void revocations_close(struct revocations *revocations);

/** Close both; clears them. None is fine. */
void revocations_close_fds(struct revocations_fds *fds);

/**
 * Revoke the key that has cell `cell` (below cells_max). From now on every worker refuses it;
 * calls that run end when their worker looks, which it does once a turn of its loop.
 */
void revocations_set(const struct revocations *revocations, uint32_t cell);

/** The cell's next key, or the same one, works again. */
void revocations_clear(const struct revocations *revocations, uint32_t cell);

/** Is the key that has cell `cell` (below cells_max) revoked? */
static inline bool revocations_has(const struct revocations *revocations, uint32_t cell)
{
    INVARIANT(cell < revocations->cells_max);
    uint64_t word = atomic_load_explicit(&revocations->words[cell / REVOCATIONS_WORD_BITS],
                                         memory_order_acquire);

    return (word >> (cell % REVOCATIONS_WORD_BITS) & 1) != 0;
}

/**
 * A number that is another one whenever bits were set: who has read it finds those bits. A bit
 * whose writer died before it raised the number is found only by looking at the bit.
 */
static inline uint64_t revocations_changes(const struct revocations *revocations)
{
    return atomic_load_explicit(&revocations->header->changes, memory_order_acquire);
}

#endif
