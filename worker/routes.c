#include "worker/routes.h"

#include "lib/base/err.h"
#include "lib/wire/url.h"

/* How much of a path a row knows. */
enum path_form {
    FORM_WHOLE, /* all of it */
    FORM_REST,  /* its beginning; what follows is not empty */
};

/* What a listing speaks where no dialect is fixed. */
enum { BY_HEADERS = DIALECT_COUNT };

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

static bool path_fits(enum route route, struct span path)
{
    if (routes[route].form == FORM_WHOLE)
        return span_equal(path, routes[route].path);
    return path.len > routes[route].path.len && span_starts_with(path, routes[route].path);
}

static bool method_fits(enum route route, enum http_method method)
{
    if (routes[route].handler == HANDLER_CALL)
        return method == HTTP_METHOD_POST;
    return method == HTTP_METHOD_GET || method == HTTP_METHOD_HEAD;
}

/* `/v1/models` is the path of several protocols: what else the client says tells them apart. */
static enum dialect choose_dialect(const struct http_request *request)
{
    struct span value;

    if (request->query.len > 0 && url_query_find(request->query, SPAN("client_version"), &value) &&
                                                 value.len > 0)
        return DIALECT_CODEX;
    return DIALECT_OPENAI;
}

static void describe(enum route route, const struct http_request *request, struct route_match *out)
{
    *out = (struct route_match){
        .route = route,
        .handler = routes[route].handler,
        .errors = routes[route].errors,
        .rest = span_skip(request->path, routes[route].path.len),
    };
    if (routes[route].handler == HANDLER_CALL)
        out->protocol = (enum wire_protocol)routes[route].speaks;
    else if (routes[route].speaks == BY_HEADERS)
        out->dialect = choose_dialect(request);
    else
        out->dialect = (enum dialect)routes[route].speaks;
}

int routes_find(const struct http_request *request, struct route_match *out)
{
    for (enum route route = 0; route < ROUTE_COUNT; route++) {
        if (!path_fits(route, request->path))
            continue;
        describe(route, request, out);
        return method_fits(route, request->method) ? 0 : ERR_METHOD;
    }
    *out = (struct route_match){.errors = ERRORS_OPENAI};
    return ERR_NO_ROUTE;
}

enum error_dialect routes_errors(struct span path)
{
    for (enum route route = 0; route < ROUTE_COUNT; route++) {
        if (path_fits(route, path))
            return routes[route].errors;
    }
    return ERRORS_OPENAI;
}

struct span routes_allow(enum route route)
{
    return routes[route].handler == HANDLER_CALL ? SPAN("POST") : SPAN("GET, HEAD");
}
