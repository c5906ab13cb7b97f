/** Records of one size that are used again and again: memory from the heap only while it grows. */
#ifndef WEIR_WORKER_RECORD_POOL_H
#define WEIR_WORKER_RECORD_POOL_H

#include <stddef.h>
#include <stdint.h>

struct pooled_record;

struct record_pool {
    struct pooled_record *spare;
    size_t record_bytes;
    uint64_t spare_count;
    uint64_t spare_max; /* more go back to the heap */
};

void record_pool_init(struct record_pool *pool, size_t record_bytes, uint64_t spare_max);

/** Frees the spare records. */
void record_pool_close(struct record_pool *pool);

/** Uninitialised memory of record_bytes; NULL when out of memory. The caller bounds how many. */
void *record_pool_take(struct record_pool *pool);

void record_pool_return(struct record_pool *pool, void *record);

#endif
