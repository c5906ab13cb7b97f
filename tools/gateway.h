/** GET from a gateway, as its clients do: one connection, one request after another. */
#ifndef WEIR_TOOLS_GATEWAY_H
#define WEIR_TOOLS_GATEWAY_H

#include "lib/base/arena.h"
#include "lib/base/text.h"

enum {
    GATEWAY_ANSWER_BYTES_MAX = 64 << 20,
    GATEWAY_GENERATION_BYTES = 64,
    GATEWAY_SILENCE_S = 60, /* longer than this nothing stays silent */
};

struct gateway_answer {
    struct span body;                          /* a whole JSON value; valid until the next one */
    char generation[GATEWAY_GENERATION_BYTES]; /* of `x-weir-generation` */
};

struct gateway;

/**
 * Nothing is connected yet.
 *
 * @param who    begins what is said on standard error; borrowed
 * @param url    http or https; borrowed
 * @param key    NULL or empty: none; borrowed. Where it came from is $WEIR_API_KEY
 * @param arena  takes the gateway and its room for answers
 * @return NULL: out of memory, or libcurl cannot be set up
 */
struct gateway *gateway_new(const char *who, const char *url, const char *key, struct arena *arena);

/** Clears the pointer; NULL is fine. */
void gateway_close(struct gateway **gateway);

/**
 * @param path   with its query
 * @param field  a header field, or NULL
 * @return TOOL_OK: a 200 of a weir; else it was said why not: TOOL_NO_SERVICE, when nobody answers,
 *         or no weir, or not to this key; TOOL_USAGE for a URL that is none; TOOL_FAILED
 */
int gateway_get(struct gateway *gateway, const char *path, const char *field,
                struct gateway_answer *out);

#endif
