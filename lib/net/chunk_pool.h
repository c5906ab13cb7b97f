/** Fixed-size pieces of memory with a ceiling: request bodies, waiting answers, partial heads. */
#ifndef WEIR_NET_CHUNK_POOL_H
#define WEIR_NET_CHUNK_POOL_H

#include <stddef.h>
#include <stdint.h>

enum { CHUNK_BYTES = 16384 };

struct chunk {
    struct chunk *next; /* the owner's list */
    uint32_t begin;     /* first byte not yet used up */
    uint32_t end;       /* one past the last byte */
    char bytes[CHUNK_BYTES - 16];
};

/**
 * All chunks of one purpose in one worker: the ceiling is its memory, full stop. Spare chunks are
 * kept for reuse up to spare_max, the rest goes back to the system.
 */
struct chunk_pool {
    struct chunk *spare;
    uint64_t live; /* taken now */
    uint64_t live_max;
    uint32_t spare_count;
    uint32_t spare_max;
};

void chunk_pool_init(struct chunk_pool *pool, uint64_t bytes_max, uint32_t spare_max);

/** Frees the spare ones; all taken ones must have been returned. */
void chunk_pool_close(struct chunk_pool *pool);

/** Empty, owned by the caller; NULL at the ceiling or out of memory. */
struct chunk *chunk_take(struct chunk_pool *pool);

/** Give `*chunk` back and clear the caller's pointer; NULL is fine. */
void chunk_return(struct chunk_pool *pool, struct chunk **chunk);

/** Give a whole list back and clear its head. */
void chunk_return_list(struct chunk_pool *pool, struct chunk **first);

#endif
