#include "worker/routes.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/wire/accept.h"
#include "lib/wire/url.h"

enum { BEGINNING_BYTES = 4 };

/* How much of a path a row knows. */
enum path_form {
    FORM_WHOLE,  /* all of it */
    FORM_REST,   /* its beginning; what follows is not empty */
    FORM_MIDDLE, /* its beginning and its end; what lies between them is not empty */
    FORM_VERB,   /* its beginning; then a model, a colon and a verb */
};

/* What a listing speaks where no dialect is fixed. */
enum {
    BY_HEADERS = DIALECT_COUNT, /* the client's: several protocols share the path */
    BY_VERSION,                 /* Anthropic's, in the form that `anthropic-version` asks for */
    BY_ACCEPT,                  /* the page for who prefers HTML, else credit-priced */
};

static const struct {
    struct span path;
    enum path_form form;
    enum route_handler handler;
    uint32_t speaks; /* enum dialect or what stands for one, enum wire_protocol of a call */
    enum error_dialect errors;
} routes[ROUTE_COUNT] = {
#define X(name, path, form, handler, speaks, errors) \
    [ROUTE_##name] = {                               \
        {path, sizeof(path) - 1}, FORM_##form, HANDLER_##handler, speaks, ERRORS_##errors},
    ROUTE_MAP(X)
#undef X
};

/* Behind the segment that a `*` stands for, what the path and the row go on with. */
static bool skip_segment(struct span *row, struct span *path)
{
    const char *star = memchr(row->ptr, '*', row->len);
    size_t before = star == NULL ? 0 : (size_t)(star - row->ptr);
    const char *slash;

    if (star == NULL || !span_starts_with(*path, (struct span){row->ptr, before}))
        return false;
    *path = span_skip(*path, before);
    slash = path->len == 0 ? NULL : memchr(path->ptr, '/', path->len);
    if (slash == NULL || slash == path->ptr)
        return false;
    *path = span_skip(*path, (size_t)(slash - path->ptr));
    *row = span_skip(*row, before + 1);
    return true;
}

static bool middle_fits(struct span row, struct span path, struct span *middle)
{
    const char *star = memchr(row.ptr, '*', row.len);
    struct span end;

    INVARIANT(star != NULL);
    end = span_from(star + 1, row.ptr + row.len);
    if (path.len < row.len || !span_starts_with(path, span_from(row.ptr, star)) ||
        !span_equal(span_skip(path, path.len - end.len), end))
        return false;
    *middle = span_from(path.ptr + (star - row.ptr), path.ptr + path.len - end.len);
    return true;
}

/* Most rows are told from a path by how it begins; no row has its `*` there. */
static bool may_fit(struct span row, struct span path)
{
    return row.len < BEGINNING_BYTES ||
           (path.len >= BEGINNING_BYTES && memcmp(row.ptr, path.ptr, BEGINNING_BYTES) == 0);
}

/* The model before the verb: a slug may hold colons, also in a path that is not percent-encoded. */
static bool cut_verb(struct span *rest, enum call_operation *out)
{
    static const struct {
        struct span verb;
        enum call_operation operation;
    } verbs[] = {
#define X(verb, operation) {{verb, sizeof(verb) - 1}, OPERATION_##operation},
        ROUTE_VERB_MAP(X)
#undef X
    };

    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        struct span verb = verbs[i].verb;

        if (rest->len < verb.len + 1 || !span_equal(span_skip(*rest, rest->len - verb.len), verb))
            continue;
        struct span before = {rest->ptr, rest->len - verb.len};
        size_t colon = before.ptr[before.len - 1] == ':' ? 1 : 3;

        if (before.len <= colon ||
            (colon == 3 && !span_equal_nocase(span_skip(before, before.len - 3), SPAN("%3a"))))
            continue;
        *rest = (struct span){before.ptr, before.len - colon};
        *out = verbs[i].operation;
        return true;
    }
    return false;
}

/* `rest` is what the row does not know. */
static bool path_fits(enum route route, struct span path, struct span *rest)
{
    struct span row = routes[route].path;
    enum call_operation operation;

    if (!may_fit(row, path))
        return false;
    if (routes[route].form == FORM_MIDDLE)
        return middle_fits(row, path, rest);
    if (!span_starts_with(path, row) && !(skip_segment(&row, &path) && span_starts_with(path, row)))
        return false;
    *rest = span_skip(path, row.len);
    if (routes[route].form == FORM_VERB)
        return cut_verb(rest, &operation);
    return routes[route].form == FORM_WHOLE ? rest->len == 0 : rest->len > 0;
}

static bool is_call(enum route route)
{
    return routes[route].handler == HANDLER_CALL || routes[route].handler == HANDLER_TOKENS;
}

static bool takes_post(enum route route)
{
    enum route_handler handler = routes[route].handler;

    return is_call(route) || handler == HANDLER_SIGNIN || handler == HANDLER_SIGNOUT;
}

static bool method_fits(enum route route, enum http_method method)
{
    if (takes_post(route))
        return method == HTTP_METHOD_POST;
    return method == HTTP_METHOD_GET || method == HTTP_METHOD_HEAD;
}

/* How many lines say it. `first` is left alone when none does. */
static uint32_t find_versions(const struct http_request *request, struct span *first)
{
    uint32_t lines = 0;

    for (uint32_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];

        if (span_equal_nocase(header->name, SPAN("anthropic-version")) && lines++ == 0)
            *first = header->value;
    }
    return lines;
}

/* Servers join the lines of a repeated field or take one of them: what the client chose is not said. */
static int choose_version(uint32_t lines, struct span version, struct route_match *out)
{
    if (lines > 1)
        return ERR_API_VERSION_REPEATED;
    out->refused = version;
    if (span_equal(version, SPAN("2026-10-21")))
        out->dialect = DIALECT_ANTHROPIC;
    else if (span_equal(version, SPAN("2023-06-01")))
        out->dialect = DIALECT_ANTHROPIC_2023;
    else
        return ERR_API_VERSION;
    return 0;
}

/* `/v1/models` is the path of several protocols: what else the client says tells them apart. */
static int choose_dialect(const struct http_request *request, struct route_match *out)
{
    struct span value;
    uint32_t lines;

    out->dialect = DIALECT_OPENAI;
    if (request->query.len > 0 && url_query_find(request->query, SPAN("client_version"), &value) &&
        value.len > 0) {
        out->dialect = DIALECT_CODEX;
        return 0;
    }
    lines = find_versions(request, &value);
    if (lines > 0) {
        out->errors = ERRORS_ANTHROPIC;
        return choose_version(lines, value, out);
    }
    /* Google's own clients of version 3 and later ask here; a key in x-goog-api-key says nothing. */
    if (http_request_find(request, SPAN("x-goog-api-client"), &value)) {
        out->errors = ERRORS_GEMINI;
        out->dialect = DIALECT_GEMINI;
    }
    return 0;
}

static void choose_form(const struct http_request *request, struct route_match *out)
{
    out->dialect = DIALECT_CREDIT;
    if (accept_quality(request, SPAN("text/html")) >
        accept_quality(request, SPAN("application/json")))
        out->handler = HANDLER_WEB;
}

static bool asks_for_events(const struct http_request *request)
{
    struct span value;

    return request->query.len > 0 && url_query_find(request->query, SPAN("alt"), &value) &&
           span_equal(value, SPAN("sse"));
}

/* What version of Anthropic's a call speaks is between the client and its provider. */
static int describe_call(enum route route, const struct http_request *request,
                         struct route_match *out)
{
    struct span rest = request->path;
    struct span version;

    out->protocol = (enum wire_protocol)routes[route].speaks;
    if (routes[route].handler == HANDLER_TOKENS)
        out->operation = OPERATION_COUNT_TOKENS;
    if (out->protocol == PROTOCOL_ANTHROPIC && find_versions(request, &version) > 1)
        return ERR_API_VERSION_REPEATED;
    if (routes[route].form != FORM_VERB)
        return 0;
    (void)cut_verb(&rest, &out->operation);
    if (out->operation == OPERATION_ARRAY && asks_for_events(request))
        out->operation = OPERATION_STREAM;
    return 0;
}

static int describe(enum route route, const struct http_request *request, struct route_match *out)
{
    uint32_t speaks = routes[route].speaks;
    struct span version = SPAN("2023-06-01");

    out->route = route;
    out->handler = routes[route].handler;
    out->errors = routes[route].errors;
    if (is_call(route))
        return describe_call(route, request, out);
    if (speaks == BY_HEADERS)
        return choose_dialect(request, out);
    if (speaks == BY_ACCEPT) {
        choose_form(request, out);
        return 0;
    }
    if (speaks == BY_VERSION) {
        const uint32_t lines = find_versions(request, &version);

        return choose_version(lines, version, out);
    }
    out->dialect = (enum dialect)speaks;
    return 0;
}

/* Gemini has more verbs than are served here. */
static bool is_unknown_verb(enum route route, const struct http_request *request, struct span rest)
{
    return routes[route].handler == HANDLER_MODEL && routes[route].speaks == DIALECT_GEMINI &&
           request->method == HTTP_METHOD_POST && rest.len > 0 &&
           memchr(rest.ptr, ':', rest.len) != NULL;
}

/* Whose clients ask for what is not there: they read an error only in their own form. */
static enum error_dialect errors_beside(struct span path)
{
    static const struct {
        struct span begin;
        enum error_dialect errors;
    } families[] = {
#define FAMILY(begin, errors) {{begin, sizeof(begin) - 1}, ERRORS_##errors}
        FAMILY("/v1/messages", ANTHROPIC),
        FAMILY("/claude/", ANTHROPIC),
        FAMILY("/gateway/anthropic/", ANTHROPIC),
        FAMILY("/v1beta/", GEMINI),
        FAMILY("/gemini/", GEMINI),
        FAMILY("/gateway/gemini/", GEMINI),
        FAMILY("/api/v1/", OPENROUTER),
#undef FAMILY
    };

    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        if (span_starts_with(path, families[i].begin))
            return families[i].errors;
    }
    return ERRORS_OPENAI;
}

static int no_route(const struct http_request *request, struct route_match *out)
{
    struct span version;

    out->errors = http_request_find(request, SPAN("anthropic-version"), &version)
                      ? ERRORS_ANTHROPIC
                      : errors_beside(request->path);
    return ERR_NO_ROUTE;
}

int routes_find(const struct http_request *request, struct route_match *out)
{
    *out = (struct route_match){.errors = ERRORS_OPENAI};
    for (enum route route = 0; route < ROUTE_COUNT; route++) {
        if (!path_fits(route, request->path, &out->rest))
            continue;
        int err = describe(route, request, out);
        if (!method_fits(route, request->method))
            return is_unknown_verb(route, request, out->rest) ? ERR_NO_ROUTE : ERR_METHOD;
        return err;
    }
    return no_route(request, out);
}

enum error_dialect routes_errors(struct span path)
{
    struct span rest;

    for (enum route route = 0; route < ROUTE_COUNT; route++) {
        if (path_fits(route, path, &rest))
            return routes[route].errors;
    }
    return errors_beside(path);
}

struct span routes_allow(enum route route)
{
    return takes_post(route) ? SPAN("POST") : SPAN("GET, HEAD");
}
