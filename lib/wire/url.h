/** Paths and queries of request targets. */
#ifndef WEIR_WIRE_URL_H
#define WEIR_WIRE_URL_H

#include "lib/base/span.h"

/**
 * Percent-decode into `memory`.
 *
 * @return 0; ERR_BAD_REQUEST for a `%` without two hex digits or a decoded NUL; ERR_NO_SPACE
 */
int url_decode(struct span encoded, char *memory, size_t memory_bytes, struct span *out);

/**
 * The value of the first query parameter whose decoded name is `name`, still encoded.
 *
 * @return false when there is none; a parameter without `=` has an empty value
 */
bool url_query_find(struct span query, struct span name, struct span *value);

#endif
