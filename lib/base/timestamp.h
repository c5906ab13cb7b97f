/** Moments as people write them, in files and in JSON, and back. Pure. */
#ifndef WEIR_BASE_TIMESTAMP_H
#define WEIR_BASE_TIMESTAMP_H

#include "lib/base/text.h"

/**
 * A date (`2027-01-01`, its first second in UTC) or an RFC 3339 time (`2027-01-01T12:00:00Z`,
 * `…+02:00`), as seconds since 1970. From 1971 on, so that 0 can mean that none is given.
 */
int timestamp_parse(struct span text, int64_t *unix_s);

/** RFC 3339 in UTC, to the second: `2027-01-01T12:00:00Z`. */
void timestamp_add(struct text *out, int64_t unix_s);

/** The same as a JSON string; `null` for 0. */
void timestamp_add_json(struct text *out, int64_t unix_s);

#endif
