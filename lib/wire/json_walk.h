/**
 * Going through the members and items of JSON text that json_scan has passed as a whole: for small
 * documents that must be understood entirely, where json_scan tells of chosen members only.
 *
 * Nothing is checked again and nothing is copied: text that json_scan has not passed to its end must
 * not be walked over.
 */
#ifndef WEIR_WIRE_JSON_WALK_H
#define WEIR_WIRE_JSON_WALK_H

#include "lib/wire/json_scan.h"

/** Is it one JSON value, whole, of at most this depth (1 … JSON_DEPTH_MAX)? */
bool json_is_whole(struct span text, uint16_t depth_max);

/** Without JSON's white space at both ends. */
struct span json_trim(struct span text);

/** Inside an object or an array. */
struct json_walk {
    const char *at;
    const char *end;
};

/** A value's text: from its first byte to its last, quotes and brackets included. */
struct span json_walk_value(struct span text);

enum json_type json_walk_type(struct span value);

/** @param value  an object or an array */
struct json_walk json_walk_begin(struct span value);

/**
 * The next item of an array; of an object the next member's value, and in `name` its raw key
 * without the quotes (for json_decode_string()).
 *
 * @return false at the end
 */
bool json_walk_item(struct json_walk *walk, struct span *value);
bool json_walk_member(struct json_walk *walk, struct span *name, struct span *value);

#endif
