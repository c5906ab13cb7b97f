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

/** RFC 9110 section 9.3 and RFC 5789. llhttp knows many more, and others in each release. */
static const struct {
    struct span token;
    enum http_method method;
} methods[] = {
    {{"GET", 3}, HTTP_METHOD_GET},       {{"HEAD", 4}, HTTP_METHOD_HEAD},
    {{"POST", 4}, HTTP_METHOD_POST},     {{"OPTIONS", 7}, HTTP_METHOD_OPTIONS},
    {{"PUT", 3}, HTTP_METHOD_OTHER},     {{"DELETE", 6}, HTTP_METHOD_OTHER},
    {{"CONNECT", 7}, HTTP_METHOD_OTHER}, {{"TRACE", 5}, HTTP_METHOD_OTHER},
    {{"PATCH", 5}, HTTP_METHOD_OTHER},
};

static int read_method(struct span head, enum http_method *out)
{
    const char *end;

    /* An empty line may stand before the request line. */
    while (head.len > 0 && (head.ptr[0] == '\r' || head.ptr[0] == '\n'))
        head = span_skip(head, 1);
    end = head.len == 0 ? NULL : memchr(head.ptr, ' ', head.len);
    if (end == NULL)
        return ERR_BAD_REQUEST;
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (span_equal(span_from(head.ptr, end), methods[i].token)) {
            *out = methods[i].method;
            return 0;
        }
    }
    return ERR_METHOD_UNKNOWN;
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

/**
 * RFC 9110 section 9.3.1: a body of GET has no meaning, and whoever stands in front may not have
 * seen it as one: what follows it could be somebody else's request.
 */
static bool has_needless_body(const struct http_request *request)
{
    return request->body_kind != HTTP_BODY_NONE &&
           (request->method == HTTP_METHOD_GET || request->method == HTTP_METHOD_HEAD);
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

/** Cuts an absolute-form; false for the other forms. */
static bool cut_absolute(struct span target, struct span *scheme, struct span *authority,
                         struct span *rest)
{
    const char *end = target.ptr + target.len;
    const char *mark = NULL;

    if (target.len > 0 && target.ptr[0] != '/')
        mark = memmem(target.ptr, target.len, "://", 3);
    if (mark == NULL)
        return false;
    *scheme = span_from(target.ptr, mark);
    *rest = span_from(mark + 3, end);
    while (rest->len > 0 && rest->ptr[0] != '/' && rest->ptr[0] != '?')
        *rest = span_skip(*rest, 1);
    *authority = span_from(mark + 3, rest->ptr);
    return true;
}

/**
 * Each form belongs to some methods (RFC 9112 section 3.2). An absolute-form is of our scheme, with
 * a host and without a user (RFC 9110 sections 4.2.1, 4.2.2 and 4.2.4).
 */
static bool is_target_fine(struct span target, uint8_t method)
{
    struct span scheme;
    struct span authority;
    struct span rest;

    if (target.len == 0)
        return false;
    if (method == HTTP_CONNECT)
        return memchr(target.ptr, '/', target.len) == NULL;
    if (target.ptr[0] == '/')
        return true;
    if (span_equal(target, SPAN("*")))
        return method == HTTP_OPTIONS;
    if (!cut_absolute(target, &scheme, &authority, &rest))
        return false;
    return (span_equal_nocase(scheme, SPAN("http")) || span_equal_nocase(scheme, SPAN("https"))) &&
                              authority.len > 0 &&
                              memchr(authority.ptr, '@', authority.len) == NULL;
}

/** Cuts the target into path and query (RFC 9112 section 3.2). */
static void cut_target(struct span target, struct span *path, struct span *query)
{
    struct span scheme;
    struct span authority;
    const char *mark;

    if (!cut_absolute(target, &scheme, &authority, path))
        *path = target;
    *query = (struct span){NULL, 0};
    mark = path->len == 0 ? NULL : memchr(path->ptr, '?', path->len);
    if (mark != NULL) {
        *query = span_from(mark + 1, path->ptr + path->len);
        path->len = (size_t)(mark - path->ptr);
    }
    if (path->len == 0)
        *path = SPAN("/");
}

struct span http_target_path(struct span target)
{
    struct span path;
    struct span query;

    cut_target(target, &path, &query);
    return path;
}

int http_request_parse(struct span head, struct http_request *out)
{
    struct head_walk walk = {.out = out};
    llhttp_t parser;
    int err = read_method(head, &out->method);

    if (err != 0)
        return err;
    out->header_count = 0;
    out->target = (struct span){NULL, 0};
    llhttp_init(&parser, HTTP_REQUEST, &settings);
    parser.data = &walk;
    if (llhttp_execute(&parser, head.ptr, head.len) != HPE_PAUSED)
        return ERR_BAD_REQUEST;
    if (!is_target_fine(out->target, parser.method))
        return ERR_BAD_REQUEST;

    out->minor = parser.http_minor;
    out->body_kind = HTTP_BODY_NONE;
    out->content_length = 0;
    if ((parser.flags & F_CHUNKED) != 0) {
        out->body_kind = HTTP_BODY_CHUNKED;
    } else if (parser.content_length > 0) {
        out->body_kind = HTTP_BODY_LENGTH;
        out->content_length = parser.content_length;
    }
    out->keep_alive = is_kept_alive(out) && !has_needless_body(out);
    cut_target(out->target, &out->path, &out->query);
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
