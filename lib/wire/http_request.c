#include "lib/wire/http_request.h"

#include "lib/base/err.h"

/** RFC 9110 section 9.3 and RFC 5789. */
static const struct {
    struct span token;
    enum http_method method;
} methods[] = {
    {{"GET", 3}, HTTP_METHOD_GET},       {{"HEAD", 4}, HTTP_METHOD_HEAD},
    {{"POST", 4}, HTTP_METHOD_POST},     {{"OPTIONS", 7}, HTTP_METHOD_OPTIONS},
    {{"PUT", 3}, HTTP_METHOD_OTHER},     {{"DELETE", 6}, HTTP_METHOD_DELETE},
    {{"CONNECT", 7}, HTTP_METHOD_OTHER}, {{"TRACE", 5}, HTTP_METHOD_OTHER},
    {{"PATCH", 5}, HTTP_METHOD_PATCH},
};

static int read_method(struct span token, enum http_method *out)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (span_equal(token, methods[i].token)) {
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
        if (span_equal_nocase(span_trim(span_cut(&list, ',')), token))
            return true;
    }
    return false;
}

/** RFC 9112 section 9.3. */
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

static bool is_host(struct span bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        if (!http_guard_is_host(bytes.ptr[i]))
            return false;
    }
    return bytes.len > 0;
}

/**
 * Each form belongs to some methods (RFC 9112 section 3.2). An absolute-form is of our scheme, with
 * a host and without a user (RFC 9110 sections 4.2.1, 4.2.2 and 4.2.4).
 */
static bool is_target_fine(struct span target, struct span method)
{
    struct span scheme;
    struct span authority;
    struct span rest;

    if (target.len == 0)
        return false;
    if (span_equal(method, SPAN("CONNECT")))
        return is_host(target);
    if (target.ptr[0] == '/')
        return true;
    if (span_equal(target, SPAN("*")))
        return span_equal(method, SPAN("OPTIONS"));
    if (!cut_absolute(target, &scheme, &authority, &rest))
        return false;
    return (span_equal_nocase(scheme, SPAN("http")) || span_equal_nocase(scheme, SPAN("https"))) &&
           is_host(authority);
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

/** Cuts a line off the front, without its CRLF. The gate lets a CR stand nowhere else. */
static bool take_line(struct span *rest, struct span *line)
{
    const char *end = rest->len == 0 ? NULL : memchr(rest->ptr, '\r', rest->len);

    if (end == NULL || span_from(end, rest->ptr + rest->len).len < 2)
        return false;
    *line = span_from(rest->ptr, end);
    *rest = span_skip(*rest, line->len + 2);
    return true;
}

/** `method SP target SP HTTP/1.x`, with single blanks. */
static int read_request_line(struct span line, struct http_request *out)
{
    const size_t version_bytes = sizeof(" HTTP/1.x") - 1;
    const char *method_end = line.len == 0 ? NULL : memchr(line.ptr, ' ', line.len);

    if (method_end == NULL || span_from(method_end, line.ptr + line.len).len <= version_bytes + 1)
        return ERR_BAD_REQUEST;
    struct span method = span_from(line.ptr, method_end);

    out->minor = line.ptr[line.len - 1] != '0';
    out->target = span_from(method_end + 1, line.ptr + line.len - version_bytes);
    int err = read_method(method, &out->method);
    if (err != 0)
        return err;
    if (!is_target_fine(out->target, method))
        return ERR_BAD_REQUEST;
    cut_target(out->target, &out->path, &out->query);
    return 0;
}

static bool read_field(struct span line, struct http_request *out)
{
    const char *colon = memchr(line.ptr, ':', line.len);

    if (colon == NULL || out->header_count == HTTP_HEADERS_MAX)
        return false;
    out->headers[out->header_count++] = (struct http_header){
        .name = span_from(line.ptr, colon),
        .value = span_trim(span_from(colon + 1, line.ptr + line.len)),
    };
    return true;
}

/** The gate has seen to it that these two are well-formed, alone and not both there. */
static void read_framing(struct http_request *out)
{
    struct span value;

    out->body_kind = HTTP_BODY_NONE;
    out->content_length = 0;
    if (http_request_find(out, SPAN("transfer-encoding"), &value)) {
        out->body_kind = HTTP_BODY_CHUNKED;
    } else if (http_request_find(out, SPAN("content-length"), &value)) {
        for (size_t i = 0; i < value.len; i++)
            out->content_length = out->content_length * 10 + (uint64_t)(value.ptr[i] - '0');
        if (out->content_length > 0)
            out->body_kind = HTTP_BODY_LENGTH;
    }
}

int http_request_parse(struct span head, struct http_request *out)
{
    struct span line;
    bool has_line = take_line(&head, &line);

    /* An empty line may stand before the request line. */
    if (has_line && line.len == 0)
        has_line = take_line(&head, &line);
    if (!has_line)
        return ERR_BAD_REQUEST;
    int err = read_request_line(line, out);
    if (err != 0)
        return err;

    out->header_count = 0;
    while ((has_line = take_line(&head, &line)) && line.len > 0) {
        if (!read_field(line, out))
            return ERR_BAD_REQUEST;
    }
    if (!has_line)
        return ERR_BAD_REQUEST;
    read_framing(out);
    out->keep_alive = is_kept_alive(out) && !has_needless_body(out);
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
