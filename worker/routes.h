/** Which path and method is which handler; the same table answers 404 and 405. */
#ifndef WEIR_WORKER_ROUTES_H
#define WEIR_WORKER_ROUTES_H

#include "lib/wire/http_request.h"
#include "shm/layout.h"

/** X(NAME, path, rest, methods, protocol of its errors); `rest`: the path goes on after this. */
#define ROUTE_MAP(X)                                                       \
    X(MODELS, "/v1/models", false, ROUTE_GET, OPENAI)                      \
    X(MODEL, "/v1/models/", true, ROUTE_GET, OPENAI)                       \
    X(CHAT_COMPLETIONS, "/v1/chat/completions", false, ROUTE_POST, OPENAI) \
    X(MESSAGES, "/v1/messages", false, ROUTE_POST, ANTHROPIC)              \
    X(HEALTHZ, "/healthz", false, ROUTE_GET, OPENAI)                       \
    X(READYZ, "/readyz", false, ROUTE_GET, OPENAI)

enum route {
#define X(name, ...) ROUTE_##name,
    ROUTE_MAP(X) ROUTE_COUNT,
#undef X
};

/** ROUTE_GET is GET and HEAD. */
enum route_methods { ROUTE_GET = 1, ROUTE_POST = 2 };

struct route_match {
    enum route route;
    enum wire_protocol protocol; /* set for every request, found or not */
    struct span rest;            /* still percent-encoded */
};

/** @return 0, ERR_NO_ROUTE, or ERR_METHOD (then `out` says which route it would have been) */
int routes_find(const struct http_request *request, struct route_match *out);

/** Whose errors a request for that path gets, also when nothing else of it is known. */
enum wire_protocol routes_protocol(struct span path);

/** The value of `Allow` for a route. */
struct span routes_allow(enum route route);

#endif
