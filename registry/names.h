/**
 * Names to numbers: an open-addressing table whose entries are numbered in the order they came.
 *
 * Only borrows the bytes of the names. Slots and entries come from the arena; a table that grew
 * leaves its smaller self there, at most as much again.
 */
#ifndef WEIR_REGISTRY_NAMES_H
#define WEIR_REGISTRY_NAMES_H

#include "lib/base/arena.h"
#include "registry/report.h"

enum { NAME_NONE = -1 };

struct name {
    struct span text;
    struct report_place place; /* where it was given first */
    uint64_t hash;
};

struct names {
    struct arena *arena;
    struct name *entries;
    uint32_t *slots; /* number + 1; 0 is empty */
    uint32_t count;
    uint32_t slot_count; /* a power of two, or 0 */
};

/** Empty; takes no memory yet. */
void names_init(struct names *names, struct arena *arena);

/**
 * @param number  of the new entry, or of the one that has the name already
 * @return 0; ERR_INVALID when the name is taken; ERR_NO_MEMORY
 */
int names_add(struct names *names, struct span text, struct report_place place, uint32_t *number);

/** @return the number, or NAME_NONE */
int64_t names_find(const struct names *names, struct span text);

#endif
