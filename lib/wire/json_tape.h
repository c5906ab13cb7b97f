/**
 * A whole JSON text as an array of nodes, for a document or an event that must be understood
 * entirely: each value can be skipped in one step, and its text is at hand as it was received.
 *
 * Nothing is decoded and nothing copied: keys, strings and numbers are slices of the text. Strings
 * stand without their quotes, still escaped, so that what goes from one JSON string into another is
 * copied as it is.
 */
#ifndef WEIR_WIRE_JSON_TAPE_H
#define WEIR_WIRE_JSON_TAPE_H

#include "lib/base/region.h"
#include "lib/wire/json_scan.h"

struct json_node {
    struct span key;  /* of a member: raw, without quotes */
    struct span raw;  /* of a string without its quotes; of all else from first to last byte */
    uint32_t width;   /* nodes from this one on that are this value; a scalar has 1 */
    uint32_t count;   /* members of an object, items of an array */
    uint8_t type;     /* enum json_type */
    bool has_escapes; /* a string's */
    bool key_has_escapes;
};

/**
 * Read `text`, one JSON value with nothing but white space around it.
 *
 * @param memory     where the nodes go; they borrow from `text`
 * @param depth_max  1 … JSON_DEPTH_MAX
 * @param nodes_max  more values than that are refused
 * @return 0, ERR_BAD_JSON, ERR_TOO_MANY_VALUES, or ERR_NO_MEMORY for a region that is full
 */
int json_tape_read(struct region *memory, struct span text, uint16_t depth_max, uint32_t nodes_max,
                   const struct json_node **out);

/**
 * The same with an upstream's text, of JSON_DEPTH_MAX: a surrogate that stands alone in it is read as
 * U+FFFD, for which the text is copied into `memory` (json_mend()).
 */
int json_tape_read_mended(struct region *memory, struct span text, uint32_t nodes_max,
                          const struct json_node **out);

/** The items of an array, the members of an object; nothing for other types and for NULL. */
#define JSON_EACH(node, parent)                             \
    for (const struct json_node *node = json_first(parent); \
         node != NULL && node < (parent) + (parent)->width; node += node->width)

static inline const struct json_node *json_first(const struct json_node *parent)
{
    return parent != NULL && parent->width > 1 ? parent + 1 : NULL;
}

static inline bool json_is(const struct json_node *node, enum json_type type)
{
    return node != NULL && node->type == type;
}

/** Is this a member with that name, escapes decoded? `name` is ASCII, shorter than 256 bytes. */
bool json_is_named(const struct json_node *node, struct span name);

/**
 * The member of an object; of several with one name the last. NULL when there is none, when it is
 * `null` (which every protocol here takes for absent), or when `object` is no object or NULL.
 */
const struct json_node *json_member(const struct json_node *object, struct span name);

/** As above, `null` told too. */
const struct json_node *json_member_or_null(const struct json_node *object, struct span name);

/** A string of exactly these characters; `text` is ASCII without quote or backslash. */
bool json_is_text(const struct json_node *node, struct span text);

/** The raw text of a string; empty for everything else. */
struct span json_text(const struct json_node *node);

/** `true`; false for everything else. */
static inline bool json_is_true(const struct json_node *node)
{
    return json_is(node, JSON_TRUE);
}

/** A whole number from 0 to 2^53, also written as `7.0`; false for everything else. */
bool json_count(const struct json_node *node, uint64_t *out);

/** A value as it stands in a document: strings with their quotes. */
struct span json_source(const struct json_node *node);

#endif
