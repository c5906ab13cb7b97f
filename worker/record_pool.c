#include "worker/record_pool.h"

#include "lib/base/invariant.h"

#include <stdlib.h>

struct pooled_record {
    struct pooled_record *next;
};

void record_pool_init(struct record_pool *pool, size_t record_bytes, uint64_t spare_max)
{
    INVARIANT(record_bytes >= sizeof(struct pooled_record));
    *pool = (struct record_pool){.record_bytes = record_bytes, .spare_max = spare_max};
}

void record_pool_close(struct record_pool *pool)
{
    while (pool->spare != NULL) {
        struct pooled_record *record = pool->spare;

        pool->spare = record->next;
        free(record);
    }
    pool->spare_count = 0;
}

void *record_pool_take(struct record_pool *pool)
{
    struct pooled_record *record = pool->spare;

    if (record == NULL)
        return malloc(pool->record_bytes);
    pool->spare = record->next;
    pool->spare_count--;
    return record;
}

void record_pool_return(struct record_pool *pool, void *record)
{
    struct pooled_record *returned = record;

    if (pool->spare_count >= pool->spare_max) {
        free(returned);
        return;
    }
    returned->next = pool->spare;
    pool->spare = returned;
    pool->spare_count++;
}
