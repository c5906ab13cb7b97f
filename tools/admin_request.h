/** Requests to the admin API, made of the words of a command line. Pure. */
#ifndef WEIR_TOOLS_ADMIN_REQUEST_H
#define WEIR_TOOLS_ADMIN_REQUEST_H

#include "tools/admin_words.h"

enum { ADMIN_REQUEST_PATH_BYTES = 16 * 1024, ADMIN_REQUEST_BODY_BYTES = 512 * 1024 };

struct admin_request {
    const char *method;
    const char *path;    /* with the query, NUL-terminated */
    struct span body;    /* JSON; ptr NULL: none */
    uint64_t if_version; /* 0: whatever version it is in */
};

/** Bytes that requests are made in; may be used again when the request has been sent. */
struct admin_request_memory {
    char path[ADMIN_REQUEST_PATH_BYTES];
    char body[ADMIN_REQUEST_BODY_BYTES];
};

/** @return 0, or ERR_NO_SPACE: the words are longer than there is room for */
int admin_request_make(const struct admin_words *words, struct admin_request_memory *memory,
                       struct admin_request *out);

/** Percent-encode all but RFC 3986's unreserved characters. */
void admin_request_add_encoded(struct text *out, struct span bytes);

/** A list of names between commas as a JSON array; an empty text is an empty array. */
void admin_request_add_list(struct text *out, struct span names, const char *separators);

/** "all", or such a list. */
void admin_request_add_models(struct text *out, struct span models, const char *separators);

#endif
