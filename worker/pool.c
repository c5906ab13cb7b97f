#include "worker/pool.h"

#include "lib/base/invariant.h"

#include <stdlib.h>

struct pool_record {
    struct pool_record *next;
};

void pool_init(struct pool *pool, size_t record_bytes, uint64_t spare_max)
{
    INVARIANT(record_bytes >= sizeof(struct pool_record));
    *pool = (struct pool){.record_bytes = record_bytes, .spare_max = spare_max};
}

void pool_close(struct pool *pool)
{
    while (pool->spare != NULL) {
        struct pool_record *record = pool->spare;

        pool->spare = record->next;
        free(record);
    }
    pool->spare_count = 0;
}

void *pool_take(struct pool *pool)
{
    struct pool_record *record = pool->spare;

    if (record == NULL)
        return malloc(pool->record_bytes);
    pool->spare = record->next;
    pool->spare_count--;
    return record;
}

void pool_return(struct pool *pool, void *record)
{
    struct pool_record *returned = record;

    if (pool->spare_count >= pool->spare_max) {
        free(returned);
        return;
    }
    returned->next = pool->spare;
    pool->spare = returned;
    pool->spare_count++;
}
