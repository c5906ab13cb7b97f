/**
 * The routes of the admin API, once: the router and the description that clients read
 * (`GET /admin/openapi.json`) are both made from this table, so neither can say what the other does
 * not do.
 */
#ifndef WEIR_STEWARD_ADMIN_ROUTES_H
#define WEIR_STEWARD_ADMIN_ROUTES_H

#include "lib/base/text.h"
#include "lib/wire/http_request.h"
#include "steward/admin_input.h"

enum { ADMIN_PARAMS_MAX = 2, ADMIN_ALLOW_BYTES_MAX = 64 };

/** Parameters of queries: X(NAME, word, JSON schema, sentence) */
#define ADMIN_QUERY_MAP(X)                                                                      \
    X(AFTER, "after", "{\"type\":\"string\"}", "the cursor: `next` of the page before")         \
    X(LIMIT, "limit", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000,\"default\":100}",  \
      "at most so many rows")                                                                   \
    X(USER, "user", "{\"type\":\"string\"}", "only keys of this user")                          \
    X(GROUP, "group", "{\"type\":\"string\"}", "only keys of this group")                       \
    X(STATE, "state", "{\"enum\":[\"active\",\"disabled\",\"expired\",\"revoked\"]}",           \
      "only keys in this state")                                                                \
    X(CASCADE, "cascade", "{\"type\":\"boolean\",\"default\":false}",                           \
      "also revoke the keys that belong to it; without it they are a conflict")                 \
    X(ALL, "all", "{\"type\":\"boolean\",\"default\":false}", "must be true: the grant of all") \
    X(WAIT, "wait", "{\"type\":\"boolean\",\"default\":false}",                                 \
      "answer when every worker knows the change, or after ten seconds; see x-weir-effective")  \
    X(KIND, "kind", "{\"type\":\"string\"}", "only changes of this kind: user, group, key, …")  \
    X(NAME, "name", "{\"type\":\"string\"}", "only changes of things with this name")           \
    X(BEFORE, "before", "{\"type\":\"integer\",\"minimum\":0}",                                 \
      "the cursor: only changes below this number")

enum admin_query {
#define X(name, ...) ADMIN_QUERY_##name,
    ADMIN_QUERY_MAP(X) ADMIN_QUERY_COUNT,
#undef X
};

#define ADMIN_TAKES(NAME) (1U << ADMIN_QUERY_##NAME)

/** Statuses that answers may have: X(number, reason, sentence) */
#define ADMIN_STATUS_MAP(X)                                                                     \
    X(200, "OK", "done")                                                                        \
    X(201, "Created", "created")                                                                \
    X(204, "No Content", "done; there is nothing to show any more")                             \
    X(304, "Not Modified", "the version in If-None-Match is the one there is")                  \
    X(400, "Bad Request", "the request is malformed; `field` names what is to blame")           \
    X(401, "Unauthorized", "over TCP: no key, or one that does not work")                       \
    X(403, "Forbidden", "over TCP: the key has not the scope `admin`")                          \
    X(404, "Not Found", "there is no such thing, or no such path")                              \
    X(405, "Method Not Allowed", "the path does not take the method; see Allow")                \
    X(408, "Request Timeout", "the request did not arrive in time")                             \
    X(409, "Conflict", "the name is taken, or something refers to it, or its state forbids it") \
    X(412, "Precondition Failed", "it is not in the version that If-Match names")               \
    X(413, "Content Too Large", "the body is larger than 1 MiB")                                \
    X(415, "Unsupported Media Type", "the body is not application/json")                        \
    X(417, "Expectation Failed", "the only expectation met is 100-continue")                    \
    X(422, "Unprocessable Content", "another request had this Idempotency-Key")                 \
    X(431, "Request Header Fields Too Large", "the head is too large")                          \
    X(500, "Internal Server Error", "the steward failed")                                       \
    X(501, "Not Implemented", "the method is not known")                                        \
    X(503, "Service Unavailable", "the database cannot be used now; `message` says why")        \
    X(505, "HTTP Version Not Supported", "only HTTP/1.0 and HTTP/1.1 are spoken")               \
    X(507, "Insufficient Storage", "the disk is full")

enum admin_status {
#define X(number, ...) ADMIN_STATUS_##number,
    ADMIN_STATUS_MAP(X) ADMIN_STATUS_COUNT,
#undef X
};

#define ADMIN_GIVES(number) (1U << ADMIN_STATUS_##number)

struct admin_call;

/** Leaves the answer in the call. @return 0, or an error with the call's refusal */
typedef int admin_handler_fn(struct admin_call *call);

struct admin_route {
    enum http_method method;
    const char *path; /* "/admin/users/{name}" */
    admin_handler_fn *run;
    enum directory_kind kind;
    enum admin_body body;
    bool takes_body;
    bool changes;       /* it may change the directory */
    const char *answer; /* the schema of a success; "": none */
    uint32_t queries;   /* ADMIN_TAKES() */
    uint32_t statuses;  /* ADMIN_GIVES() */
    const char *summary;
};

extern const struct admin_route admin_routes[];
extern const uint32_t admin_route_count;

struct admin_match {
    const struct admin_route *route;
    struct span params[ADMIN_PARAMS_MAX]; /* still percent-encoded */
};

/**
 * @param allow  on ERR_METHOD what the path takes: "GET, HEAD, POST"
 * @return 0, ERR_NO_ROUTE or ERR_METHOD
 */
int admin_routes_find(const struct http_request *request, struct admin_match *out,
                      struct text *allow);

const char *admin_method_word(enum http_method method);
const char *admin_query_word(enum admin_query query);
const char *admin_query_schema(enum admin_query query);
const char *admin_query_sentence(enum admin_query query);
int admin_status_number(enum admin_status status);
const char *admin_status_sentence(enum admin_status status);
const char *admin_status_reason(int number);

/** The whole description, OpenAPI 3.1. */
void admin_openapi_write(struct text *out);

#endif
