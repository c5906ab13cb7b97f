#include "worker/translation_memory.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"

#include <stdlib.h>

enum {
    /* Beside the bytes of a request or an answer: nodes, blocks, and copies of what has escapes. */
    NODE_BYTES = 256,
    COPIES = 3,
    EXTRA_BYTES = 16 * 1024 * 1024,
    CALL_EXTRA_BYTES = 1024 * 1024,
};

static size_t scratch_bytes(const struct settings *settings)
{
    uint64_t text = settings->body_bytes > settings->answer_bytes ? settings->body_bytes
                                                                  : settings->answer_bytes;

    return (size_t)(text * COPIES + settings->json_tokens * NODE_BYTES + EXTRA_BYTES);
}

/* A document's values are not counted: an answer of nothing but brackets finds no room. */
static size_t out_bytes(const struct settings *settings)
{
    uint64_t text = settings->body_bytes > settings->answer_bytes ? settings->body_bytes
                                                                  : settings->answer_bytes;

    return (size_t)(text * COPIES + EXTRA_BYTES);
}

/* What came in pieces is put by in memory that doubles. */
static size_t region_bytes(const struct settings *settings)
{
    return (size_t)(settings->answer_bytes * 4 + CALL_EXTRA_BYTES);
}

static int fit_region(struct region *region, size_t bytes)
{
    struct region fitting;

    if (region->bytes_max == bytes)
        return 0;
    int err = region_init(&fitting, bytes);
    if (err != 0)
        return err;
    region_close(region);
    *region = fitting;
    return 0;
}

static void drop_spare(struct translation_memory *memory)
{
    while (memory->spare != NULL) {
        struct call_memory *first = memory->spare;

        memory->spare = first->next;
        region_close(&first->region);
        free(first);
    }
    memory->spare_count = 0;
}

int translation_memory_fit(struct translation_memory *memory, const struct settings *settings)
{
    int err = fit_region(&memory->scratch, scratch_bytes(settings));

    if (err == 0)
        err = fit_region(&memory->out, out_bytes(settings));
    if (err != 0)
        return err;
    if (memory->region_bytes != region_bytes(settings))
        drop_spare(memory);
    memory->region_bytes = region_bytes(settings);
    memory->used_max = settings->translation_memory;
    return 0;
}

void translation_memory_close(struct translation_memory *memory)
{
    INVARIANT(memory->live == 0 && memory->used == 0);
    drop_spare(memory);
    region_close(&memory->scratch);
    region_close(&memory->out);
}

static struct call_memory *make(size_t bytes)
{
    struct call_memory *call = calloc(1, sizeof(*call));

    if (call != NULL && region_init(&call->region, bytes) != 0) {
        free(call);
        return NULL;
    }
    return call;
}

struct call_memory *translation_memory_take(struct translation_memory *memory)
{
    struct call_memory *call = memory->spare;

    if (memory->used >= memory->used_max)
        return NULL;
    if (call != NULL) {
        memory->spare = call->next;
        memory->spare_count--;
    } else {
        call = make(memory->region_bytes);
    }
    if (call == NULL)
        return NULL;
    call->next = NULL;
    memory->live++;
    return call;
}

void translation_memory_return(struct translation_memory *memory, struct call_memory **call)
{
    struct call_memory *returned = *call;

    *call = NULL;
    if (returned == NULL)
        return;
    INVARIANT(memory->live > 0 && memory->used >= returned->counted);
    memory->live--;
    memory->used -= returned->counted;
    returned->counted = 0;
    if (returned->region.bytes_max != memory->region_bytes ||
        memory->spare_count == TRANSLATION_MEMORY_SPARE_MAX) {
        region_close(&returned->region);
        free(returned);
        return;
    }
    region_reset(&returned->region);
    returned->next = memory->spare;
    memory->spare = returned;
    memory->spare_count++;
}

int translation_memory_count(struct translation_memory *memory, struct call_memory *call)
{
    memory->used += call->region.used;
    memory->used -= call->counted;
    call->counted = call->region.used;
    return memory->used <= memory->used_max ? 0 : ERR_NO_MEMORY;
}
