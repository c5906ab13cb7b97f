/**
 * Scratch memory of the request path: address space that is reserved once and used again and again.
 *
 * Taking moves an offset and never calls the heap; pages cost memory from the first time they are
 * touched. What was taken lies in one piece and never moves, so the last thing taken can grow where
 * it stands. Everything is given back at once by region_reset(), or down to a mark.
 *
 *   reserved   region_init()    nothing resident
 *   in use     region_take()    grows to bytes_max, then NULL
 *   reused     region_reset()   beyond REGION_KEEP_BYTES the pages go back to the system
 *   released   region_close()
 */
#ifndef WEIR_BASE_REGION_H
#define WEIR_BASE_REGION_H

#include "lib/base/text.h"

enum {
    REGION_KEEP_BYTES = 64 * 1024, /* stay resident between two uses */
};

struct region {
    char *base;
    size_t used;
    size_t used_max; /* since the last reset */
    size_t bytes_max;
};

/** @return 0 or ERR_NO_MEMORY: no such address space */
int region_init(struct region *region, size_t bytes_max);

/** Fine for a zeroed region too. */
void region_close(struct region *region);

/** Forget everything in it. */
void region_reset(struct region *region);

/** Zeroed, aligned for any type, until the reset or a cut below it; NULL at bytes_max. */
void *region_take(struct region *region, size_t bytes);

/** A copy; its ptr is NULL at bytes_max. */
struct span region_copy(struct region *region, struct span bytes);

/** Where region_cut() can go back to. */
static inline size_t region_mark(const struct region *region)
{
    return region->used;
}

/** Give back what was taken after the mark. */
void region_cut(struct region *region, size_t mark);

/**
 * A writer over all that is left. Nothing else may be taken until region_keep_text() or
 * region_drop_text() has ended it.
 */
struct text region_text(struct region *region);

/** What was written becomes taken; it still stands where text_span() says. */
void region_keep_text(struct region *region, const struct text *text);

/** What was written is forgotten, and its pages are known to have been touched. */
void region_drop_text(struct region *region, const struct text *text);

#endif
