#include "lib/net/chunk_pool.h"

#include "lib/base/invariant.h"

#include <stdlib.h>

_Static_assert(sizeof(struct chunk) == CHUNK_BYTES, "the ceiling counts in CHUNK_BYTES");

void chunk_pool_init(struct chunk_pool *pool, uint64_t bytes_max, uint32_t spare_max)
{
    *pool = (struct chunk_pool){.live_max = bytes_max / CHUNK_BYTES, .spare_max = spare_max};
}

void chunk_pool_close(struct chunk_pool *pool)
{
    INVARIANT(pool->live == 0);
    while (pool->spare != NULL) {
        struct chunk *next = pool->spare->next;

        free(pool->spare);
        pool->spare = next;
    }
    pool->spare_count = 0;
}

struct chunk *chunk_take(struct chunk_pool *pool)
{
    struct chunk *chunk = pool->spare;

    if (pool->live >= pool->live_max)
        return NULL;
    if (chunk != NULL) {
        pool->spare = chunk->next;
        pool->spare_count--;
    } else {
        chunk = malloc(sizeof(*chunk));
        if (chunk == NULL)
            return NULL;
    }
    chunk->next = NULL;
    chunk->begin = 0;
    chunk->end = 0;
    pool->live++;
    return chunk;
}

void chunk_return(struct chunk_pool *pool, struct chunk **chunk)
{
    struct chunk *returned = *chunk;

    if (returned == NULL)
        return;
    INVARIANT(pool->live > 0);
    *chunk = NULL;
    pool->live--;
    if (pool->spare_count >= pool->spare_max) {
        free(returned);
        return;
    }
    returned->next = pool->spare;
    pool->spare = returned;
    pool->spare_count++;
}

void chunk_return_list(struct chunk_pool *pool, struct chunk **first)
{
    while (*first != NULL) {
        struct chunk *next = (*first)->next;

        chunk_return(pool, first);
        *first = next;
    }
}
