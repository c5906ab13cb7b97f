/**
 * Where the configuration says something.
 *
 * The registry does not keep the places of what is right in it: most are never asked for, and a
 * hundred thousand keys have many. They are looked for in the files that it was read from.
 */
#ifndef WEIR_REGISTRY_LOCATE_H
#define WEIR_REGISTRY_LOCATE_H

#include "registry/registry.h"

enum { LOCATE_PARTS_MAX = 4 };

/** `keys.ada-laptop.expires`, or an item of a list: `groups.engineering.models` and `gpt-4o`. */
struct location {
    struct span parts[LOCATE_PARTS_MAX]; /* keys from the document's root on, or last an item */
    uint32_t part_count;
    uint32_t matched;          /* private */
    struct report_place place; /* of the key or the item; file NULL: it is not written */
};

/**
 * Fill in the places, in one pass over the files. Of what is written twice it is the first.
 *
 * A file that was changed since the load may give other places, or none; one that cannot be read
 * any more gives none. An item that came out of a ${reference} is not found.
 *
 * @return 0 or ERR_NO_MEMORY
 */
int registry_locate(const struct registry *registry, struct location *locations, uint32_t count);

#endif
