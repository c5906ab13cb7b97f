/** Distinct rows of one size, numbered in the order of their first appearance. */
#ifndef WEIR_REGISTRY_INTERN_H
#define WEIR_REGISTRY_INTERN_H

#include "lib/base/arena.h"

#include <stddef.h>
#include <stdint.h>

struct intern {
    struct arena *arena;
    size_t row_bytes; /* may be 0: then all rows are equal */
    uint32_t count;
    uint32_t room;
    char *rows;
    uint64_t *hashes;
    uint32_t *slots; /* a power of two, at most half full */
    uint32_t slot_count;
};

/** Empty; its memory comes from `arena`, where what it outgrows stays. */
void intern_init(struct intern *intern, struct arena *arena, size_t row_bytes);

/**
 * The number of the row equal to `row`, which is added when it is new. `row` must not point into
 * `intern`.
 *
 * @return 0 or ERR_NO_MEMORY
 */
int intern_add(struct intern *intern, const void *row, uint32_t *number);

/** Borrowed until the next intern_add(). */
const void *intern_row(const struct intern *intern, uint32_t number);

#endif
