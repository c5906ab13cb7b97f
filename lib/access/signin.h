/**
 * The forms of the page: who sent one, and what the one for signing in says.
 *
 * A browser sends a form wherever the page of anybody tells it to. Who took such a form would sign
 * people in as somebody else, or out. So a form counts only when the browser says that a page of
 * this very host sent it.
 */
#ifndef WEIR_ACCESS_SIGNIN_H
#define WEIR_ACCESS_SIGNIN_H

#include "lib/wire/http_request.h"

enum {
    SIGNIN_BODY_BYTES_MAX = 4096, /* a key and a path, with each character percent-encoded */
    SIGNIN_NEXT_BYTES_MAX = 512,
};

/**
 * Was the form sent by a page of this host?
 *
 * `Sec-Fetch-Site` decides where it is sent, which is to https and to this machine alone: the
 * browser has compared the origins, and a proxy cannot have changed the host under it. Else
 * `Origin` must have the host and port of `Host`. A request with neither is refused: every browser
 * sends one of the two with a form.
 *
 * @param is_secure  did the browser come by https? As it says itself in `Origin`; who sends
 *                   `Sec-Fetch-Site` and hides its origin counts as if
 * @return 0 or ERR_FOREIGN_FORM
 */
int signin_check_origin(const struct http_request *request, bool *is_secure);

/** Does `Content-Type` say that the body is a form? Its parameters do not matter. */
bool signin_is_form(const struct http_request *request);

struct signin_form {
    struct span key;  /* without white space around it; empty: none was given */
    struct span next; /* a page of ours to go to; `/models` when the form names none */
};

/**
 * Of `application/x-www-form-urlencoded` (WHATWG URL, section 5.1) the fields `key` and `next`. A
 * `next` that is no page of ours is left out, so that nobody is led elsewhere.
 *
 * @param memory  body.len bytes, for the key and `next`; the caller wipes both
 * @return 0 or ERR_BAD_FORM
 */
int signin_read_form(struct span body, char *memory, struct signin_form *out);

/** The path alone: without the query. */
struct span signin_page_of(struct span next);

#endif
