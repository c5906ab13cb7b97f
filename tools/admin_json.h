/** Answers of the admin API as text for people. Pure. */
#ifndef WEIR_TOOLS_ADMIN_JSON_H
#define WEIR_TOOLS_ADMIN_JSON_H

#include "lib/base/text.h"

/** Is it one JSON value, whole? Only then may it be asked for members. */
bool admin_json_is_whole(struct span text);

/** @return false: it is no object, or has no such member */
bool admin_json_member(struct span object, const char *name, struct span *value);

/**
 * A member's value as people read it: a string without quotes, a moment in local time, a list with
 * commas, `-` for what is empty. Control characters become `?`: what somebody has called a key must
 * not reach a terminal as a command.
 */
void admin_json_add(struct text *out, struct span name, struct span value);

/** A JSON string without its quotes, as above. */
void admin_json_add_string(struct text *out, struct span value);

#endif
