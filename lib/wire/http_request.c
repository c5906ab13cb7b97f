#include "lib/wire/http_request.h"

#include "lib/base/err.h"

#include <llhttp.h>

/** The spans of a head while llhttp walks over it. */
struct head_walk {
    struct http_request *out;
    struct span name;
    struct span value;
};

/** llhttp may tell a run of bytes in adjacent parts. */
static void extend(struct span *span, const char *at, size_t length)
{
    if (span->len == 0)
        span->ptr = at;
    span->len += length;
}

static int on_url(llhttp_t *parser, const char *at, size_t length)
{
    struct head_walk *walk = parser->data;

    extend(&walk->out->target, at, length);
    return 0;
}

static int on_field(llhttp_t *parser, const char *at, size_t length)
{
    struct head_walk *walk = parser->data;

    extend(&walk->name, at, length);
    return 0;
}

static int on_value(llhttp_t *parser, const char *at, size_t length)
{
    struct head_walk *walk = parser->data;

    extend(&walk->value, at, length);
    return 0;
}

static int on_value_complete(llhttp_t *parser)
{
    struct head_walk *walk = parser->data;
    struct http_request *out = walk->out;

    if (out->header_count == HTTP_HEADERS_MAX)
        return HPE_USER;
    out->headers[out->header_count++] = (struct http_header){.name = walk->name,
                                                             .value = span_trim(walk->value)};
    walk->name = (struct span){NULL, 0};
    walk->value = (struct span){NULL, 0};
    return 0;
}

/** Stops llhttp: what follows the head is not its business. */
static int on_headers_complete(llhttp_t *parser)
{
    (void)parser;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_url = on_url,
    .on_header_field = on_field,
    .on_header_value = on_value,
    .on_header_value_complete = on_value_complete,
    .on_headers_complete = on_headers_complete,
};

static enum http_method method_of(uint8_t method)
{
    switch (method) {
    case HTTP_GET:
        return HTTP_METHOD_GET;
    case HTTP_HEAD:
        return HTTP_METHOD_HEAD;
    case HTTP_POST:
        return HTTP_METHOD_POST;
    case HTTP_OPTIONS:
        return HTTP_METHOD_OPTIONS;
    default:
        return HTTP_METHOD_OTHER;
    }
}

/** Does a comma-separated list hold `token`, in any case? */
static bool list_has(struct span list, struct span token)
{
    while (list.len > 0) {
        const char *comma = memchr(list.ptr, ',', list.len);
        size_t len = comma == NULL ? list.len : (size_t)(comma - list.ptr);

        if (span_equal_nocase(span_trim((struct span){list.ptr, len}), token))
            return true;
        list = span_skip(list, comma == NULL ? len : len + 1);
    }
    return false;
}

/**
 * RFC 9112 section 9.3. Not llhttp's flags: its releases differ about white space in the list, and
 * it takes Proxy-Connection for Connection.
 */
static bool is_kept_alive(const struct http_request *request)
{
    bool keep_alive = false;
    bool close = false;

    for (uint32_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];

        if (!span_equal_nocase(header->name, SPAN("connection")))
            continue;
        keep_alive = keep_alive || list_has(header->value, SPAN("keep-alive"));
        close = close || list_has(header->value, SPAN("close"));
    }
    return !close && (request->minor == 1 || keep_alive);
}

/** RFC 9110 section 10.1.1: an HTTP/1.0 request expects nothing. */
static int read_expectation(struct http_request *request)
{
    request->expect_continue = false;
    for (uint32_t i = 0; i < request->header_count && request->minor == 1; i++) {
        const struct http_header *header = &request->headers[i];

        if (!span_equal_nocase(header->name, SPAN("expect")))
            continue;
        if (!span_equal_nocase(header->value, SPAN("100-continue")))
            return ERR_EXPECTATION;
        request->expect_continue = true;
    }
    return 0;
}

/** Cuts the target into path and query (RFC 9112 section 3.2). */
static void cut_target(struct http_request *request, bool is_authority)
{
    struct span path = request->target;
    const char *mark;

    request->path = path;
    request->query = (struct span){NULL, 0};
    if (is_authority)
        return;
    if (path.len > 0 && path.ptr[0] != '/') {
        const char *scheme_end = memmem(path.ptr, path.len, "://", 3);

        if (scheme_end != NULL) {
            path = span_from(scheme_end + 3, path.ptr + path.len);
            while (path.len > 0 && path.ptr[0] != '/' && path.ptr[0] != '?')
                path = span_skip(path, 1);
        }
    }
    mark = path.len == 0 ? NULL : memchr(path.ptr, '?', path.len);
    if (mark != NULL) {
        request->query = span_from(mark + 1, path.ptr + path.len);
        path.len = (size_t)(mark - path.ptr);
    }
    request->path = path.len == 0 ? SPAN("/") : path;
}

int http_request_parse(struct span head, struct http_request *out)
{
    struct head_walk walk = {.out = out};
    llhttp_t parser;

    out->header_count = 0;
    out->target = (struct span){NULL, 0};
    llhttp_init(&parser, HTTP_REQUEST, &settings);
    parser.data = &walk;
    if (llhttp_execute(&parser, head.ptr, head.len) != HPE_PAUSED)
        return ERR_BAD_REQUEST;

    out->method = method_of(parser.method);
    out->minor = parser.http_minor;
    out->body_kind = HTTP_BODY_NONE;
    out->content_length = 0;
    if ((parser.flags & F_CHUNKED) != 0) {
        out->body_kind = HTTP_BODY_CHUNKED;
    } else if (parser.content_length > 0) {
        out->body_kind = HTTP_BODY_LENGTH;
        out->content_length = parser.content_length;
    }
    out->keep_alive = is_kept_alive(out);
    cut_target(out, parser.method == HTTP_CONNECT);
    return read_expectation(out);
}

bool http_request_find(const struct http_request *request, struct span name, struct span *value)
{
    for (uint32_t i = 0; i < request->header_count; i++) {
        if (span_equal_nocase(request->headers[i].name, name)) {
            *value = request->headers[i].value;
            return true;
        }
    }
    return false;
}
