/**
 * Where one JSON object begins and ends in raw fragments of its text, by its brackets alone: tool
 * arguments as upstreams stream them, with whatever they put around.
 */
#ifndef WEIR_PROTOCOL_HUB_OBJECT_H
#define WEIR_PROTOCOL_HUB_OBJECT_H

#include "lib/base/span.h"

#include <stdint.h>

/** Begins as zeros. */
struct hub_object {
    uint32_t depth;
    bool in_string;
    bool after_backslash;
    bool is_begun;
    bool is_complete;
    bool is_foreign; /* the text is another value: nothing of it counts */
    bool was_empty;  /* `{}` was told in one piece */
};

/**
 * What of a raw fragment belongs to the object; escapes are never cut.
 *
 * `{}` in one piece counts for nothing: some upstreams tell it first and the real object then.
 */
struct span hub_object_take(struct hub_object *object, struct span raw);

#endif
