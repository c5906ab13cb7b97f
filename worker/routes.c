#include "worker/routes.h"

#include "lib/base/err.h"

static const struct {
    struct span path;
    bool rest;
    enum route_methods methods;
    enum wire_protocol protocol;
} routes[ROUTE_COUNT] = {
#define X(name, path, rest, methods, protocol) \
    [ROUTE_##name] = {{path, sizeof(path) - 1}, rest, methods, PROTOCOL_##protocol},
    ROUTE_MAP(X)
#undef X
};

static bool path_fits(enum route route, struct span path)
{
    if (!routes[route].rest)
        return span_equal(path, routes[route].path);
    return path.len > routes[route].path.len && span_starts_with(path, routes[route].path);
}

static bool method_fits(enum route route, enum http_method method)
{
    if (routes[route].methods == ROUTE_POST)
        return method == HTTP_METHOD_POST;
    return method == HTTP_METHOD_GET || method == HTTP_METHOD_HEAD;
}

int routes_find(const struct http_request *request, struct route_match *out)
{
    *out = (struct route_match){.protocol = PROTOCOL_OPENAI};
    for (enum route route = 0; route < ROUTE_COUNT; route++) {
        if (!path_fits(route, request->path))
            continue;
        out->route = route;
        out->protocol = routes[route].protocol;
        out->rest = span_skip(request->path, routes[route].path.len);
        return method_fits(route, request->method) ? 0 : ERR_METHOD;
    }
    return ERR_NO_ROUTE;
}

enum wire_protocol routes_protocol(struct span path)
{
    for (enum route route = 0; route < ROUTE_COUNT; route++) {
        if (path_fits(route, path))
            return routes[route].protocol;
    }
    return PROTOCOL_OPENAI;
}

struct span routes_allow(enum route route)
{
    return routes[route].methods == ROUTE_POST ? SPAN("POST") : SPAN("GET, HEAD");
}
