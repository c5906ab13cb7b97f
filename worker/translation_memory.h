/**
 * Memory of the calls that are translated.
 *
 * One worker does one thing at a time: `scratch` and `out` serve all calls, and hold nothing from
 * one event of the loop to the next. What a call must remember until its answer is through lies in
 * a region of its own, of which as many are mapped as are needed at once; together they may hold
 * limits.translation_memory.
 *
 *   mapped    translation_memory_take()     counted from translation_memory_count() on
 *   spare     translation_memory_return()   emptied; beyond SPARE_MAX unmapped
 */
#ifndef WEIR_WORKER_TRANSLATION_MEMORY_H
#define WEIR_WORKER_TRANSLATION_MEMORY_H

#include "lib/base/region.h"
#include "shm/settings.h"

#include <stdint.h>

enum { TRANSLATION_MEMORY_SPARE_MAX = 64 };

struct call_memory {
    struct region region;
    struct call_memory *next; /* while it is spare */
    size_t counted;           /* of what it holds */
};

struct translation_memory {
    struct region scratch; /* a request with all that is made of it on the way, or one event */
    struct region out;     /* what was made of it */
    struct call_memory *spare;
    uint32_t spare_count;
    uint64_t live;       /* regions that calls have */
    uint64_t used;       /* bytes that those hold, as they were counted last */
    uint64_t used_max;   /* limits.translation_memory */
    size_t region_bytes; /* of each */
};

/**
 * Fit it to settings; the first time is what makes it. Only between two events of the loop.
 *
 * @return 0 or ERR_NO_MEMORY: no such address space; then nothing has changed
 */
int translation_memory_fit(struct translation_memory *memory, const struct settings *settings);

/** All regions must have been returned. Fine for a zeroed one. */
void translation_memory_close(struct translation_memory *memory);

/** An empty region; NULL when all together hold as much as they may, or out of memory. */
struct call_memory *translation_memory_take(struct translation_memory *memory);

/** Clears the pointer; NULL is fine. */
void translation_memory_return(struct translation_memory *memory, struct call_memory **call);

/** What the region holds now counts. @return 0 or ERR_NO_MEMORY: all together hold too much */
int translation_memory_count(struct translation_memory *memory, struct call_memory *call);

#endif
