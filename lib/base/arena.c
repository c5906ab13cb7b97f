#include "lib/base/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 64 * 1024 };

struct block {
    struct block *next;
    size_t bytes_count;
    alignas(max_align_t) char bytes[];
};

struct arena {
    struct block *blocks;
    char *free_begin;
    size_t free_bytes;
    size_t taken_bytes;
    size_t bytes_max;
};

struct arena *arena_new(size_t bytes_max)
{
    struct arena *arena = calloc(1, sizeof(*arena));

    if (arena != NULL)
        arena->bytes_max = bytes_max;
    return arena;
}

void arena_free(struct arena **arena)
{
    if (*arena == NULL)
        return;
    for (struct block *block = (*arena)->blocks; block != NULL;) {
        struct block *next = block->next;

        free(block);
        block = next;
    }
    free(*arena);
    *arena = NULL;
}

void arena_wipe(struct arena **arena)
{
    for (struct block *block = *arena == NULL ? NULL : (*arena)->blocks; block != NULL;
         block = block->next)
        explicit_bzero(block->bytes, block->bytes_count);
    arena_free(arena);
}

/* A large request gets a block of its own and leaves the current one in use. */
static char *new_block(struct arena *arena, size_t bytes)
{
    if (bytes > arena->bytes_max - arena->taken_bytes)
        return NULL;
    struct block *block = calloc(1, sizeof(*block) + bytes);
    if (block == NULL)
        return NULL;
    arena->taken_bytes += bytes;
    block->bytes_count = bytes;
    block->next = arena->blocks;
    arena->blocks = block;
    return block->bytes;
}

void *arena_take(struct arena *arena, size_t bytes)
{
    size_t aligned = (bytes + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);

    if (aligned < bytes)
        return NULL;
    if (aligned > BLOCK_BYTES / 4)
        return new_block(arena, aligned);
    if (aligned > arena->free_bytes) {
        char *begin = new_block(arena, BLOCK_BYTES);

        if (begin == NULL)
            return NULL;
        arena->free_begin = begin;
        arena->free_bytes = BLOCK_BYTES;
    }
    void *taken = arena->free_begin;
    arena->free_begin += aligned;
    arena->free_bytes -= aligned;
    return taken;
}

struct span arena_copy(struct arena *arena, struct span bytes)
{
    char *copy = arena_take(arena, bytes.len + 1);

    if (copy == NULL)
        return (struct span){NULL, 0};
    if (bytes.len > 0)
        memcpy(copy, bytes.ptr, bytes.len);
    return (struct span){copy, bytes.len};
}
