/** Memfds as memory: what snapshot, secrets and state segment have in common. Of use in shm/ only. */
#ifndef WEIR_SHM_MAPPING_H
#define WEIR_SHM_MAPPING_H

#include <stddef.h>

/** What a memfd must be, and how it is mapped. */
struct mapping_terms {
    int seals;        /* F_SEAL_ bits that must all be there */
    int protection;   /* PROT_ bits */
    int flags;        /* MAP_ bits besides MAP_SHARED and MAP_PRIVATE */
    size_t bytes_min; /* anything smaller is no such memfd */
};

struct mapping {
    void *memory;
    size_t bytes; /* the size of the memfd */
};

/**
 * Map the whole of `memfd`, which stays the caller's.
 *
 * @param out  filled only on success
 * @return 0, ERR_INVALID (a seal is missing, or it is no memfd), ERR_CORRUPT (too small) or ERR_IO
 */
int mapping_open(int memfd, const struct mapping_terms *terms, struct mapping *out);

/** Unmap what mapping_open() gave; NULL is fine. */
void mapping_close(const void *memory, size_t bytes);

#endif
