/** Records of one size that are used again and again: memory from the heap only while it grows. */
#ifndef WEIR_WORKER_POOL_H
#define WEIR_WORKER_POOL_H

#include <stddef.h>
#include <stdint.h>

struct pool_record;

struct pool {
    struct pool_record *spare;
    size_t record_bytes;
    uint64_t spare_count;
    uint64_t spare_max; /* more go back to the heap */
};

void pool_init(struct pool *pool, size_t record_bytes, uint64_t spare_max);

/** Frees the spare records. */
void pool_close(struct pool *pool);

/** Uninitialised memory of record_bytes; NULL when out of memory. The caller bounds how many. */
void *pool_take(struct pool *pool);

void pool_return(struct pool *pool, void *record);

#endif
