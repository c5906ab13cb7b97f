/** What the commands' clients of HTTP (gateway.h, admin_client.h) do alike with libcurl. */
#ifndef WEIR_TOOLS_ASK_H
#define WEIR_TOOLS_ASK_H

#include "lib/base/span.h"

#include <curl/curl.h>
#include <stdbool.h>

/**
 * Forget the last request, and set what every one has: these header fields, which are borrowed until
 * it is over, and how long a server may stay silent.
 */
void ask_prepare(CURL *curl, struct curl_slist *fields, long silence_s);

/** False: out of memory, and the list is as it was. */
bool ask_add_field(struct curl_slist **fields, const char *field);

/**
 * The value of a header field, cut to `cap`, if this line is that field; else `out` stays as it is.
 *
 * @param name  with its colon
 */
void ask_take_field(struct span line, struct span name, char *out, size_t cap);

#endif
