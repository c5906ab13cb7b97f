/**
 * A growing array of rows of one size, while their number is not known yet.
 *
 * A row's address holds until the next row is added. Copy the rows into an arena when the number
 * is known.
 */
#ifndef WEIR_REGISTRY_LIST_H
#define WEIR_REGISTRY_LIST_H

#include "lib/base/arena.h"

#include <stdint.h>

/** Zeroed is empty, but for row_bytes. */
struct list {
    char *rows;
    size_t row_bytes;
    uint32_t count;
    uint32_t room;
};

/** @return a zeroed row, or NULL when out of memory */
void *list_add(struct list *list);

/** Row `number`, which must be below `count`. */
static inline void *list_at(const struct list *list, uint32_t number)
{
    return list->rows + number * list->row_bytes;
}

/** The rows, copied; NULL when there are none or the arena is full. */
void *list_copy(const struct list *list, struct arena *arena);

/** Forget the rows, keep the memory. */
void list_clear(struct list *list);

/** Frees; an empty one is fine. */
void list_close(struct list *list);

#endif
