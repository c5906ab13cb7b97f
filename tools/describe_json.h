/** Members of the objects of describe.h. `name` is what stands before the value: `,"name":`. */
#ifndef WEIR_TOOLS_DESCRIBE_JSON_H
#define WEIR_TOOLS_DESCRIBE_JSON_H

#include "lib/dialect/fields.h"

#include <stdint.h>

/** Seconds since 1970, or null for 0. */
void describe_time(struct text *out, struct span name, int64_t unix_s);

/** The words whose bits are set. */
void describe_flags(struct text *out, struct span name, const char *const *words, uint32_t flags);

/** An array of texts that `at` gives, one for each number. */
typedef struct span describe_at_fn(const void *context, uint32_t number);
void describe_list(struct text *out, struct span name, describe_at_fn *at, const void *context,
                   uint32_t count);

#endif
