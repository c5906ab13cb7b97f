/** Memory that is freed all at once: for a load, never in the request path. */
#ifndef WEIR_BASE_ARENA_H
#define WEIR_BASE_ARENA_H

#include "lib/base/span.h"

#include <stddef.h>

struct arena;

/**
 * @param bytes_max  the arena never holds more; arena_take() then returns NULL
 * @return NULL only when the process is out of memory
 */
struct arena *arena_new(size_t bytes_max);

/** Frees everything taken from it and clears the pointer; NULL is fine. */
void arena_free(struct arena **arena);

/** The same; before that everything is overwritten, for an arena that has held secrets. */
void arena_wipe(struct arena **arena);

/** Zeroed memory, aligned for any type, valid until arena_free(); NULL at the limit. */
void *arena_take(struct arena *arena, size_t bytes);

/** A copy with a NUL after it; ptr is NULL at the limit. */
struct span arena_copy(struct arena *arena, struct span bytes);

#endif
