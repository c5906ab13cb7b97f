/** Which of several forms of an answer a client prefers (RFC 9110 section 12.5.1). */
#ifndef WEIR_WIRE_ACCEPT_H
#define WEIR_WIRE_ACCEPT_H

#include "lib/wire/http_request.h"

enum { ACCEPT_QUALITY_MAX = 1000 };

/**
 * How much the client wants an answer of that media type: 0 (not at all) … ACCEPT_QUALITY_MAX.
 *
 * All Accept fields together are one list; without one everything is as welcome. The most specific
 * range that names the type decides: the type itself, its tree (`text/ *` without the blank), `*`.
 * A range with a parameter besides `q` names another thing than a type without one. An element that
 * is malformed says nothing.
 *
 * @param type  "text/html", in lower case
 */
unsigned accept_quality(const struct http_request *request, struct span type);

#endif
