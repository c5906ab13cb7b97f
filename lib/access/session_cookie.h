/**
 * The cookie that holds a session (lib/access/session.h).
 *
 * Over https it has the prefix `__Host-`: a browser takes such a name only from this very host,
 * only over https and only for all paths, so that neither a neighbouring host nor somebody on the
 * way can plant one. Over plain http a browser takes no such cookie, and it has a plain name.
 */
#ifndef WEIR_ACCESS_SESSION_COOKIE_H
#define WEIR_ACCESS_SESSION_COOKIE_H

#include "lib/access/session.h"
#include "lib/base/text.h"
#include "lib/wire/http_request.h"

#define SESSION_COOKIE_HOST  "__Host-weir_session"
#define SESSION_COOKIE_PLAIN "weir_session"

/**
 * The token that a request brings; its bytes in the request are overwritten, used or not.
 *
 * The one with the prefix is it when there are both. The same text twice is once, an empty one is
 * none.
 *
 * @param https_only  the plain name counts for nothing
 * @param token       SESSION_TOKEN_BYTES of memory
 * @param out         in `token`; empty: the request brings none; filled only on success
 * @return 0 or ERR_BAD_SESSION: for two that differ, or a text that can be no token
 */
int session_cookie_take(const struct http_request *request, bool https_only,
                        char token[static SESSION_TOKEN_BYTES], struct span *out);

/** What a `Set-Cookie` says beside the token. */
struct session_cookie {
    uint64_t lifetime_s;
    bool is_secure; /* over https */
};

/** The whole field line that gives a browser its session. */
void session_cookie_set(const struct session_cookie *cookie, struct span token, struct text *out);

/** The field lines that take it away again, under both names. */
void session_cookie_clear(struct text *out);

#endif
