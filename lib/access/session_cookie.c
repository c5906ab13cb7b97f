#include "lib/access/session_cookie.h"

#include "lib/base/err.h"

/* By falling precedence. */
enum cookie { COOKIE_HOST, COOKIE_PLAIN, COOKIE_COUNT };

static const struct span names[COOKIE_COUNT] = {
    [COOKIE_HOST] = {SESSION_COOKIE_HOST, sizeof(SESSION_COOKIE_HOST) - 1},
    [COOKIE_PLAIN] = {SESSION_COOKIE_PLAIN, sizeof(SESSION_COOKIE_PLAIN) - 1},
};

struct found {
    struct span value; /* borrowed from the request */
    int err;
};

/* One `name=value`, without the blanks around it (RFC 6265 section 4.2.1). */
static void consider_pair(struct found found[static COOKIE_COUNT], struct span pair)
{
    const char *equals = pair.len == 0 ? NULL : memchr(pair.ptr, '=', pair.len);
    struct span name = equals == NULL ? pair : span_from(pair.ptr, equals);
    struct span value = equals == NULL ? SPAN("") : span_skip(pair, name.len + 1);

    for (size_t i = 0; i < COOKIE_COUNT; i++) {
        if (value.len == 0 || !span_equal(name, names[i]))
            continue;
        if (found[i].value.len == 0)
            found[i].value = value;
        else if (!span_equal(found[i].value, value))
            found[i].err = ERR_BAD_SESSION;
    }
}

/* Calls for each pair of each `Cookie` field: a client may send several. */
static void each_pair(const struct http_request *request,
                      void (*with)(struct found found[static COOKIE_COUNT], struct span pair),
                      struct found found[static COOKIE_COUNT])
{
    for (uint32_t i = 0; i < request->header_count; i++) {
        struct span rest = request->headers[i].value;

        if (!span_equal_nocase(request->headers[i].name, SPAN("cookie")))
            continue;
        while (rest.len > 0) {
            const char *end = memchr(rest.ptr, ';', rest.len);
            struct span pair = end == NULL ? rest : span_from(rest.ptr, end);

            rest = span_skip(rest, end == NULL ? rest.len : pair.len + 1);
            with(found, span_trim(pair));
        }
    }
}

/* The name goes too; the `;` stays, and so do the pairs of others. */
static void wipe_pair(struct found found[static COOKIE_COUNT], struct span pair)
{
    (void)found;
    for (size_t i = 0; i < COOKIE_COUNT; i++) {
        if (span_starts_with(pair, names[i]) && pair.len > names[i].len &&
            pair.ptr[names[i].len] == '=')
            explicit_bzero(span_writable(pair), pair.len);
    }
}

int session_cookie_take(const struct http_request *request, bool https_only,
                        char token[static SESSION_TOKEN_BYTES], struct span *out)
{
    struct found found[COOKIE_COUNT] = {{.err = 0}};

    each_pair(request, consider_pair, found);
    const struct found *which = &found[COOKIE_HOST];
    if (which->value.len == 0 && !https_only)
        which = &found[COOKIE_PLAIN];

    int err = which->err;
    if (err == 0 && which->value.len != 0 && which->value.len != SESSION_TOKEN_BYTES)
        err = ERR_BAD_SESSION;
    if (err == 0) {
        if (which->value.len != 0)
            memcpy(token, which->value.ptr, SESSION_TOKEN_BYTES);
        *out = (struct span){token, which->value.len};
    }
    if (found[COOKIE_HOST].value.len != 0 || found[COOKIE_PLAIN].value.len != 0)
        each_pair(request, wipe_pair, found);
    return err;
}

/* Strict: a session belongs to who came here by themselves. */
#define ATTRIBUTES "; Path=/; HttpOnly; SameSite=Strict; Max-Age="

static void add_line(struct text *out, bool is_secure, struct span token, uint64_t lifetime_s)
{
    text_add(out, SPAN("set-cookie: "));
    text_add(out, names[is_secure ? COOKIE_HOST : COOKIE_PLAIN]);
    text_add_char(out, '=');
    text_add(out, token);
    text_add(out, SPAN(ATTRIBUTES));
    text_add_unsigned(out, lifetime_s);
    text_add(out, is_secure ? SPAN("; Secure\r\n") : SPAN("\r\n"));
}

void session_cookie_set(const struct session_cookie *cookie, struct span token, struct text *out)
{
    add_line(out, cookie->is_secure, token, cookie->lifetime_s);
}

void session_cookie_clear(struct text *out)
{
    add_line(out, true, SPAN(""), 0);
    add_line(out, false, SPAN(""), 0);
}
