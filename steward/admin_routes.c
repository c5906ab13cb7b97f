#include "steward/admin_routes.h"

#include "lib/base/err.h"
#include "steward/admin_handlers.h"

#define ALWAYS \
    (ADMIN_GIVES(400) | ADMIN_GIVES(401) | ADMIN_GIVES(403) | ADMIN_GIVES(500) | ADMIN_GIVES(503))
#define READING (ALWAYS | ADMIN_GIVES(200))
#define SHOWING (READING | ADMIN_GIVES(304) | ADMIN_GIVES(404))
#define CHANGING \
    (ALWAYS | ADMIN_GIVES(404) | ADMIN_GIVES(409) | ADMIN_GIVES(412) | ADMIN_GIVES(507))
#define TAKING  (CHANGING | ADMIN_GIVES(413) | ADMIN_GIVES(415))
#define POSTING (TAKING | ADMIN_GIVES(422))
#define PAGE    (ADMIN_TAKES(AFTER) | ADMIN_TAKES(LIMIT))
#define WAIT    ADMIN_TAKES(WAIT)

/* X(method, path, handler, kind, body, takes a body, changes, answer, queries, statuses, summary) */
#define SUBJECT_ROUTES(X, KIND, Kind, things, thing)                                               \
    X(GET, "/admin/" things, admin_subject_list, KIND, NONE, false, false, Kind "List", PAGE,      \
      READING, "List " things ", by name")                                                         \
    X(POST, "/admin/" things, admin_subject_add, KIND, KIND##_NEW, true, true, Kind, WAIT,         \
      POSTING | ADMIN_GIVES(201), "Create a " thing)                                               \
    X(GET, "/admin/" things "/{name}", admin_subject_show, KIND, NONE, false, false, Kind, 0,      \
      SHOWING, "Show a " thing)                                                                    \
    X(PATCH, "/admin/" things "/{name}", admin_subject_change, KIND, KIND##_CHANGE, true, true,    \
      Kind, WAIT, TAKING | ADMIN_GIVES(200), "Change what is given; lists are replaced as wholes") \
    X(DELETE, "/admin/" things "/{name}", admin_subject_remove, KIND, NONE, false, true, "",       \
      WAIT | ADMIN_TAKES(CASCADE), CHANGING | ADMIN_GIVES(204), "Remove a " thing)                 \
    GRANT_ROUTES(X, KIND, things)

#define GRANT_ROUTES(X, KIND, things)                                                              \
    X(GET, "/admin/" things "/{name}/grants", admin_grant_list, KIND, NONE, false, false,          \
      "Grants", 0, SHOWING, "Show which models are granted")                                       \
    X(POST, "/admin/" things "/{name}/grants", admin_grant_add, KIND, GRANT, true, true, "Grants", \
      WAIT, POSTING | ADMIN_GIVES(200), "Grant one model, or all")                                 \
    X(DELETE, "/admin/" things "/{name}/grants", admin_grant_remove_all, KIND, NONE, false, true,  \
      "Grants", WAIT | ADMIN_TAKES(ALL), CHANGING | ADMIN_GIVES(200),                              \
      "Take the grant of all models away; those granted singly stay")                              \
    X(DELETE, "/admin/" things "/{name}/grants/{slug}", admin_grant_remove, KIND, NONE, false,     \
      true, "Grants", WAIT, CHANGING | ADMIN_GIVES(200), "Take the grant of one model away")

#define KEY_ROUTES(X)                                                                              \
    X(GET, "/admin/keys", admin_key_list, KEY, NONE, false, false, "KeyList",                      \
      PAGE | ADMIN_TAKES(USER) | ADMIN_TAKES(GROUP) | ADMIN_TAKES(STATE), READING,                 \
      "List keys, by name")                                                                        \
    X(POST, "/admin/keys", admin_key_create, KEY, KEY_NEW, true, true, "KeyWithText", WAIT,        \
      POSTING | ADMIN_GIVES(201), "Create a key; its text is in this answer and never again")      \
    X(POST, "/admin/keys/import", admin_key_import, KEY, IMPORT, true, true, "Imported", WAIT,     \
      POSTING | ADMIN_GIVES(200), "Take over keys that exist elsewhere, each by its own")          \
    X(POST, "/admin/keys/revoke", admin_key_revoke_text, KEY, KEY_TEXT, true, true, "RevokedText", \
      WAIT, POSTING | ADMIN_GIVES(200),                                                            \
      "Refuse a text for ever, given by itself or by its digest, and the key that it opens")       \
    X(GET, "/admin/keys/{name}", admin_key_show, KEY, NONE, false, false, "Key", 0, SHOWING,       \
      "Show a key")                                                                                \
    X(PATCH, "/admin/keys/{name}", admin_key_change, KEY, KEY_CHANGE, true, true, "Key", WAIT,     \
      TAKING | ADMIN_GIVES(200), "Change what is given; lists are replaced as wholes")             \
    X(DELETE, "/admin/keys/{name}", admin_key_remove, KEY, NONE, false, true, "", WAIT,            \
      CHANGING | ADMIN_GIVES(204), "Forget a key; a revoked one stays refused")                    \
    X(POST, "/admin/keys/{name}/rotate", admin_key_rotate, KEY, ROTATE, true, true, "KeyWithText", \
      WAIT, POSTING | ADMIN_GIVES(200),                                                            \
      "A new text; the old one opens the key for `grace` seconds more")                            \
    X(POST, "/admin/keys/{name}/revoke", admin_key_revoke, KEY, NONE, true, true, "Revoked", WAIT, \
      POSTING | ADMIN_GIVES(200), "Refuse it for ever, also when the configuration has it")        \
    GRANT_ROUTES(X, KEY, "keys")

#define OTHER_ROUTES(X)                                                                          \
    X(GET, "/admin/audit", admin_audit_list, KEY, NONE, false, false, "AuditList",               \
      ADMIN_TAKES(BEFORE) | ADMIN_TAKES(LIMIT) | ADMIN_TAKES(KIND) | ADMIN_TAKES(NAME), READING, \
      "List changes, newest first")                                                              \
    X(GET, "/admin/status", admin_status_show, KEY, NONE, false, false, "Status", 0, READING,    \
      "Show how the database, its export and the generation are; also when it cannot be used")   \
    X(GET, "/admin/backup", admin_backup_begin, KEY, NONE, false, false, "Backup", 0,            \
      READING | ADMIN_GIVES(409) | ADMIN_GIVES(507), "A consistent copy of the database's file") \
    X(GET, "/admin/openapi.json", admin_openapi_show, KEY, NONE, false, false, "OpenApi", 0,     \
      READING, "This description")

#define ROUTES(X)                                        \
    SUBJECT_ROUTES(X, GROUP, "Group", "groups", "group") \
    SUBJECT_ROUTES(X, USER, "User", "users", "user")     \
    KEY_ROUTES(X)                                        \
    OTHER_ROUTES(X)

const struct admin_route admin_routes[] = {
#define X(method, path, handler, kind, body, takes, changes, answer, queries, statuses, summary) \
    {HTTP_METHOD_##method,                                                                       \
     path,                                                                                       \
     handler,                                                                                    \
     DIRECTORY_##kind,                                                                           \
     ADMIN_BODY_##body,                                                                          \
     takes,                                                                                      \
     changes,                                                                                    \
     answer,                                                                                     \
     queries,                                                                                    \
     statuses,                                                                                   \
     summary},
    ROUTES(X)
#undef X
};

const uint32_t admin_route_count = sizeof(admin_routes) / sizeof(admin_routes[0]);

/* --- words ------------------------------------------------------------------------------------ */

static const struct {
    const char *word;
    const char *schema;
    const char *sentence;
} queries[ADMIN_QUERY_COUNT] = {
#define X(name, word, schema, sentence) {word, schema, sentence},
    ADMIN_QUERY_MAP(X)
#undef X
};

static const struct {
    int number;
    const char *reason;
    const char *sentence;
} statuses[ADMIN_STATUS_COUNT] = {
#define X(number, reason, sentence) {number, reason, sentence},
    ADMIN_STATUS_MAP(X)
#undef X
};

const char *admin_method_word(enum http_method method)
{
    switch (method) {
    case HTTP_METHOD_GET:
        return "GET";
    case HTTP_METHOD_HEAD:
        return "HEAD";
    case HTTP_METHOD_POST:
        return "POST";
    case HTTP_METHOD_PATCH:
        return "PATCH";
    case HTTP_METHOD_DELETE:
        return "DELETE";
    case HTTP_METHOD_OPTIONS:
    case HTTP_METHOD_OTHER:
        break;
    }
    return "";
}

const char *admin_query_word(enum admin_query query)
{
    return queries[query].word;
}

const char *admin_query_schema(enum admin_query query)
{
    return queries[query].schema;
}

const char *admin_query_sentence(enum admin_query query)
{
    return queries[query].sentence;
}

int admin_status_number(enum admin_status status)
{
    return statuses[status].number;
}

const char *admin_status_sentence(enum admin_status status)
{
    return statuses[status].sentence;
}

const char *admin_status_reason(int number)
{
    for (size_t i = 0; i < ADMIN_STATUS_COUNT; i++) {
        if (statuses[i].number == number)
            return statuses[i].reason;
    }
    return "Unassigned";
}

/* --- the router ------------------------------------------------------------------------------- */

/* From one slash to the next; the rest stays in `path`. */
static struct span take_segment(struct span *path)
{
    struct span rest = span_skip(*path, 1);
    const char *slash = rest.len == 0 ? NULL : memchr(rest.ptr, '/', rest.len);
    struct span segment = {rest.ptr, slash == NULL ? rest.len : (size_t)(slash - rest.ptr)};

    *path = span_skip(rest, segment.len);
    return segment;
}

static bool path_fits(const struct admin_route *route, struct span path, struct admin_match *out)
{
    struct span pattern = span_of(route->path);
    uint32_t params = 0;

    *out = (struct admin_match){.route = route};
    while (pattern.len > 0 && path.len > 0 && path.ptr[0] == '/') {
        struct span wanted = take_segment(&pattern);
        struct span given = take_segment(&path);

        if (wanted.ptr[0] == '{' && given.len > 0)
            out->params[params++] = given;
        else if (!span_equal(wanted, given))
            return false;
    }
    return pattern.len == 0 && path.len == 0;
}

static void add_allowed(struct text *allow, enum http_method method)
{
    if (allow->len > 0)
        text_add(allow, SPAN(", "));
    text_add(allow, span_of(admin_method_word(method)));
    if (method == HTTP_METHOD_GET)
        text_add(allow, SPAN(", HEAD"));
}

/* "keys/import" is no key of that name: of two routes that fit the one that was found first wins. */
int admin_routes_find(const struct http_request *request, struct admin_match *out,
                      struct text *allow)
{
    enum http_method method = request->method == HTTP_METHOD_HEAD ? HTTP_METHOD_GET
                                                                  : request->method;
    struct admin_match match;

    *out = (struct admin_match){0};
    for (uint32_t i = 0; i < admin_route_count; i++) {
        if (!path_fits(&admin_routes[i], request->path, &match))
            continue;
        if (admin_routes[i].method == method) {
            *out = match;
            return 0;
        }
        add_allowed(allow, admin_routes[i].method);
    }
    return allow->len > 0 ? ERR_METHOD : ERR_NO_ROUTE;
}
