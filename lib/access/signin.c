#include "lib/access/signin.h"

#include "lib/base/err.h"
#include "lib/wire/url.h"

#define HTTPS "https://"
#define HTTP  "http://"

/* --- who sent it ------------------------------------------------------------------------------ */

/* Without the port that the scheme implies: a browser leaves it out of both, others need not. */
static struct span without_port(struct span host, struct span port)
{
    size_t before = host.len < port.len ? 0 : host.len - port.len;

    if (host.len > port.len && span_equal(span_skip(host, before), port))
        host.len = before;
    return host;
}

/* scheme://host[:port] (RFC 6454 section 7); "null" has no scheme. */
static bool is_own(struct span origin, struct span host, bool *is_secure)
{
    *is_secure = span_starts_with(origin, SPAN(HTTPS));
    if (!*is_secure && !span_starts_with(origin, SPAN(HTTP)))
        return false;
    struct span port = *is_secure ? SPAN(":443") : SPAN(":80");
    struct span from = span_skip(origin, *is_secure ? sizeof(HTTPS) - 1 : sizeof(HTTP) - 1);

    from = without_port(from, port);
    return from.len > 0 && span_equal_nocase(from, without_port(host, port));
}

int signin_check_origin(const struct http_request *request, bool *is_secure)
{
    struct span site;
    struct span origin = SPAN("");
    struct span host = SPAN("");

    (void)http_request_find(request, SPAN("host"), &host);
    (void)http_request_find(request, SPAN("origin"), &origin);
    bool matches = is_own(origin, host, is_secure);

    if (!http_request_find(request, SPAN("sec-fetch-site"), &site))
        return matches ? 0 : ERR_FOREIGN_FORM;
    if (origin.len == 0 || span_equal(origin, SPAN("null")))
        *is_secure = true;
    return span_equal(site, SPAN("same-origin")) ? 0 : ERR_FOREIGN_FORM;
}

/* --- the form --------------------------------------------------------------------------------- */

bool signin_is_form(const struct http_request *request)
{
    struct span type = SPAN("");

    (void)http_request_find(request, SPAN("content-type"), &type);
    const char *end = type.len == 0 ? NULL : memchr(type.ptr, ';', type.len);

    if (end != NULL)
        type = span_from(type.ptr, end);
    return span_equal_nocase(span_trim(type), SPAN("application/x-www-form-urlencoded"));
}

static bool is_white(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Who pastes a key pastes what stands around it too. */
static struct span trim(struct span text)
{
    while (text.len > 0 && is_white(text.ptr[0]))
        text = span_skip(text, 1);
    while (text.len > 0 && is_white(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

static const struct span pages[] = {{"/models", 7}, {"/connect", 8}};

struct span signin_page_of(struct span next)
{
    const char *query = next.len == 0 ? NULL : memchr(next.ptr, '?', next.len);

    return query == NULL ? next : span_from(next.ptr, query);
}

/* It goes into a field line, where nothing but visible ASCII has a place. */
static bool is_own_page(struct span next)
{
    struct span page = signin_page_of(next);

    if (next.len > SIGNIN_NEXT_BYTES_MAX)
        return false;
    for (size_t i = 0; i < next.len; i++) {
        if (next.ptr[i] <= ' ' || next.ptr[i] > '~')
            return false;
    }
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        if (span_equal(page, pages[i]))
            return true;
    }
    return false;
}

/* A field that is not there is an empty one. */
static int decode_field(struct span body, struct span name, char **memory, struct span *out)
{
    struct span encoded = SPAN("");

    (void)url_query_find(body, name, &encoded);
    /* Decoded it is never longer, and the fields do not overlap: they fit into as many bytes. */
    if (url_decode_form(encoded, *memory, encoded.len, out) != 0)
        return ERR_BAD_FORM;
    *memory += out->len;
    return 0;
}

int signin_read_form(struct span body, char *memory, struct signin_form *out)
{
    struct signin_form form;
    int err = decode_field(body, SPAN("key"), &memory, &form.key);
    if (err == 0)
        err = decode_field(body, SPAN("next"), &memory, &form.next);
    if (err != 0)
        return err;
    form.key = trim(form.key);
    if (!is_own_page(form.next))
        form.next = pages[0];
    *out = form;
    return 0;
}
