#include "lib/base/region.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"

#include <stdalign.h>
#include <stdint.h>
#include <sys/mman.h>

int region_init(struct region *region, size_t bytes_max)
{
    void *base = mmap(NULL, bytes_max, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    *region = (struct region){0};
    if (base == MAP_FAILED)
        return ERR_NO_MEMORY;
    region->base = base;
    region->bytes_max = bytes_max;
    return 0;
}

void region_close(struct region *region)
{
    if (region->base != NULL)
        (void)munmap(region->base, region->bytes_max);
    *region = (struct region){0};
}

void region_reset(struct region *region)
{
    /* The worst that a refusal does is that the pages stay. */
    if (region->used_max > REGION_KEEP_BYTES)
        (void)madvise(region->base + REGION_KEEP_BYTES, region->used_max - REGION_KEEP_BYTES,
                      MADV_DONTNEED);
    region->used = 0;
    region->used_max = 0;
}

static void note_use(struct region *region, size_t used)
{
    if (used > region->used_max)
        region->used_max = used;
}

void *region_take(struct region *region, size_t bytes)
{
    const size_t align = alignof(max_align_t);
    size_t begin = (region->used + align - 1) / align * align;

    if (begin > region->bytes_max || bytes > region->bytes_max - begin)
        return NULL;
    region->used = begin + bytes;
    note_use(region, region->used);
    return memset(region->base + begin, 0, bytes);
}

struct span region_copy(struct region *region, struct span bytes)
{
    struct text text = region_text(region);

    text_add(&text, bytes);
    if (text.err != 0)
        return (struct span){NULL, 0};
    region_keep_text(region, &text);
    return text_span(&text);
}

void region_cut(struct region *region, size_t mark)
{
    INVARIANT(mark <= region->used);
    region->used = mark;
}

struct text region_text(struct region *region)
{
    return text_over(region->base + region->used, region->bytes_max - region->used);
}

void region_keep_text(struct region *region, const struct text *text)
{
    INVARIANT(text->ptr == region->base + region->used);
    region->used += text->len;
    note_use(region, region->used);
}

void region_drop_text(struct region *region, const struct text *text)
{
    INVARIANT(text->ptr == region->base + region->used);
    note_use(region, region->used + text->len);
}
