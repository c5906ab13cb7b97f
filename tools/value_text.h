/** Values of the objects of describe.h as people read them. Pure. */
#ifndef WEIR_TOOLS_VALUE_TEXT_H
#define WEIR_TOOLS_VALUE_TEXT_H

#include "lib/base/text.h"

/** What a path's number counts in. */
enum value_unit { VALUE_PLAIN, VALUE_USD_PER_1M, VALUE_USD, VALUE_BYTES };

/** @param path  "price.input", "limits.body_bytes" */
enum value_unit value_unit_of(struct span path);

/** "usd_per_1m_tokens"; empty for VALUE_PLAIN. */
struct span value_unit_word(enum value_unit unit);

/**
 * Money and bytes with their units, as `weir config --defaults` has them, objects as `name=value …`,
 * the rest as admin_json_add() writes it; but moments in UTC, as the configuration has them.
 */
void value_add(struct text *out, struct span path, struct span value);

/**
 * Go through the members of an object and those of the objects in it.
 *
 * @param visit  of each value that is no object: its path, "price.input"; borrowed for the call
 * @return 0, or ERR_NO_SPACE: a path is longer than VALUE_PATH_BYTES
 */
enum { VALUE_PATH_BYTES = 256 };
typedef int value_visit_fn(void *context, struct span path, struct span value);
int value_walk(struct span object, value_visit_fn *visit, void *context);

#endif
