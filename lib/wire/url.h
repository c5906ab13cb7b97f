/** Paths and queries of request targets. */
#ifndef WEIR_WIRE_URL_H
#define WEIR_WIRE_URL_H

#include "lib/base/text.h"

/**
 * Percent-decode into `memory`.
 *
 * @return 0; ERR_BAD_REQUEST for a `%` without two hex digits or a decoded NUL; ERR_NO_SPACE
 */
int url_decode(struct span encoded, char *memory, size_t memory_bytes, struct span *out);

/**
 * Percent-encode for a part of a path or a query: all but the unreserved characters of RFC 3986
 * section 2.3, so that the result needs no escape in HTML either.
 */
void url_add_encoded(struct text *out, struct span bytes);

/**
 * Decode what a form sent (application/x-www-form-urlencoded): url_decode() with `+` for a space.
 *
 * @return as url_decode()
 */
int url_decode_form(struct span encoded, char *memory, size_t memory_bytes, struct span *out);

/**
 * The value of the first query parameter whose decoded name is `name`, still encoded.
 *
 * @return false when there is none; a parameter without `=` has an empty value
 */
bool url_query_find(struct span query, struct span name, struct span *value);

#endif
