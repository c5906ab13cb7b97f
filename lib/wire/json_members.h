/** The members of one JSON object that are wanted, for small documents that are whole in memory. */
#ifndef WEIR_WIRE_JSON_MEMBERS_H
#define WEIR_WIRE_JSON_MEMBERS_H

#include "lib/wire/json_scan.h"

/** A member as it stands in the text. */
struct json_member {
    bool seen;
    enum json_type type;
    struct span raw; /* of a string without its quotes, still escaped */
};

enum { JSON_MEMBERS_DEPTH_MAX = 16 };

/** Could the text be an object? Its first byte that is no white space is a brace. */
bool json_members_begin(struct span text);

/**
 * @param paths  of one key each, so that no wanted member is inside another
 * @param out    `count` members; borrowed from `text`
 * @return 0, or ERR_BAD_JSON for what is no JSON object, or names a wanted member twice or in
 *         another case: another reader may take the other one
 */
int json_members_read(struct span text, const struct json_path *paths, uint32_t count,
                      struct json_member *out);

#endif
