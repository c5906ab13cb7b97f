/* The description of the admin API, made from its tables of routes, members, queries and statuses. */
#include "lib/base/err.h"
#include "steward/admin_handlers.h"
#include "steward/steward_inner.h"

enum { OPENAPI_BYTES_MAX = 256 * 1024 };

#define TEXT_SCHEMA  "{\"type\":\"string\"}"
#define MAYBE_SCHEMA "{\"type\":[\"string\",\"null\"]}"
#define COUNT_SCHEMA "{\"type\":\"integer\",\"minimum\":0}"
#define BOOL_SCHEMA  "{\"type\":\"boolean\"}"
#define TIME_SCHEMA  "{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}"
#define LIST_SCHEMA  "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}"
#define SLUGS_SCHEMA "{\"oneOf\":[{\"const\":\"all\"}," LIST_SCHEMA "]}"
#define REF(name)    "{\"$ref\":\"#/components/schemas/" name "\"}"
#define ROWS(name)   "{\"type\":\"array\",\"items\":" REF(name) "}"

/* Members of what is shown: X(word, schema); all of them are always there. */
#define GROUP_MEMBERS(X)       \
    X("name", TEXT_SCHEMA)     \
    X("display", TEXT_SCHEMA)  \
    X("disabled", BOOL_SCHEMA) \
    X("models", SLUGS_SCHEMA)  \
    X("version", COUNT_SCHEMA) \
    X("created", TIME_SCHEMA)  \
    X("changed", TIME_SCHEMA)
#define USER_MEMBERS(X) GROUP_MEMBERS(X) X("groups", LIST_SCHEMA)
#define KEY_MEMBERS(X)                                                         \
    X("name", TEXT_SCHEMA)                                                     \
    X("user", MAYBE_SCHEMA)                                                    \
    X("group", MAYBE_SCHEMA)                                                   \
    X("allowed_models", SLUGS_SCHEMA)                                          \
    X("expires", TIME_SCHEMA)                                                  \
    X("scopes", LIST_SCHEMA)                                                   \
    X("disabled", BOOL_SCHEMA)                                                 \
    X("state", "{\"enum\":[\"active\",\"disabled\",\"expired\",\"revoked\"]}") \
    X("version", COUNT_SCHEMA)                                                 \
    X("created", TIME_SCHEMA)                                                  \
    X("changed", TIME_SCHEMA)                                                  \
    X("revoked", TIME_SCHEMA)                                                  \
    X("old_key_until", TIME_SCHEMA)
#define KEY_TEXT_MEMBERS(X) KEY_MEMBERS(X) X("key", MAYBE_SCHEMA)
#define REVOKED_MEMBERS(X) \
    X("name", TEXT_SCHEMA) \
    X("state", "{\"const\":\"revoked\"}")
#define REVOKED_TEXT_MEMBERS(X) \
    X("name", MAYBE_SCHEMA)     \
    X("sha256", TEXT_SCHEMA)    \
    X("state", "{\"const\":\"revoked\"}")
#define IMPORTED_ROW_MEMBERS(X) \
    X("name", TEXT_SCHEMA)      \
    X("result", "{\"enum\":[\"created\",\"unchanged\",\"refused\"]}")
#define IMPORTED_MEMBERS(X)        \
    X("data", ROWS("ImportedKey")) \
    X("created", COUNT_SCHEMA)     \
    X("unchanged", COUNT_SCHEMA)   \
    X("refused", COUNT_SCHEMA)
#define GRANTS_MEMBERS(X)    \
    X("all", BOOL_SCHEMA)    \
    X("models", LIST_SCHEMA) \
    X("version", COUNT_SCHEMA)
#define AUDIT_MEMBERS(X)                            \
    X("change", COUNT_SCHEMA)                       \
    X("at", TIME_SCHEMA)                            \
    X("actor", MAYBE_SCHEMA)                        \
    X("verb", TEXT_SCHEMA)                          \
    X("kind", TEXT_SCHEMA)                          \
    X("name", MAYBE_SCHEMA)                         \
    X("before", "{\"type\":[\"object\",\"null\"]}") \
    X("after", "{\"type\":[\"object\",\"array\",\"null\"]}")
#define HEALTH_MEMBERS(X)    \
    X("usable", BOOL_SCHEMA) \
    X("error", MAYBE_SCHEMA) \
    X("reason", MAYBE_SCHEMA)
#define STATUS_MEMBERS(X)         \
    X("database", REF("Health"))  \
    X("export", REF("Health"))    \
    X("generation", COUNT_SCHEMA) \
    X("changed", COUNT_SCHEMA)    \
    X("published", COUNT_SCHEMA)  \
    X("reload_error", MAYBE_SCHEMA)
#define PAGE_MEMBERS(X, row) X("data", ROWS(row)) X("next", MAYBE_SCHEMA)
#define GROUP_PAGE(X)        PAGE_MEMBERS(X, "Group")
#define USER_PAGE(X)         PAGE_MEMBERS(X, "User")
#define KEY_PAGE(X)          PAGE_MEMBERS(X, "Key")
#define AUDIT_PAGE(X)        PAGE_MEMBERS(X, "Change")
#define REASON_MEMBERS(X)     \
    X("code", TEXT_SCHEMA)    \
    X("message", TEXT_SCHEMA) \
    X("field", MAYBE_SCHEMA)
#define ERROR_MEMBERS(X)   X("error", REF("Reason"))
#define OPENAPI_MEMBERS(X) X("openapi", TEXT_SCHEMA) X("paths", "{\"type\":\"object\"}")

/** X(name of the schema, its members) */
#define ANSWER_MAP(X)                      \
    X("Group", GROUP_MEMBERS)              \
    X("GroupList", GROUP_PAGE)             \
    X("User", USER_MEMBERS)                \
    X("UserList", USER_PAGE)               \
    X("Key", KEY_MEMBERS)                  \
    X("KeyList", KEY_PAGE)                 \
    X("KeyWithText", KEY_TEXT_MEMBERS)     \
    X("Revoked", REVOKED_MEMBERS)          \
    X("RevokedText", REVOKED_TEXT_MEMBERS) \
    X("ImportedKey", IMPORTED_ROW_MEMBERS) \
    X("Imported", IMPORTED_MEMBERS)        \
    X("Grants", GRANTS_MEMBERS)            \
    X("Change", AUDIT_MEMBERS)             \
    X("AuditList", AUDIT_PAGE)             \
    X("Health", HEALTH_MEMBERS)            \
    X("Status", STATUS_MEMBERS)            \
    X("Reason", REASON_MEMBERS)            \
    X("Error", ERROR_MEMBERS)              \
    X("OpenApi", OPENAPI_MEMBERS)

#define REQUIRED_MEMBER(word, schema) "\"" word "\","
#define SCHEMA_MEMBER(word, schema)   "\"" word "\":" schema ","

/* Lists with a comma behind each; the last one is taken off when they are written. */
static const struct {
    const char *name;
    const char *required;
    const char *properties;
} answers[] = {
#define X(name, members) {name, members(REQUIRED_MEMBER), members(SCHEMA_MEMBER)},
    ANSWER_MAP(X)
#undef X
};

static void add(struct text *out, const char *json)
{
    text_add(out, span_of(json));
}

static void add_string(struct text *out, const char *text)
{
    text_add_json(out, span_of(text));
}

/* Takes the comma behind the last item off. */
static void end_list(struct text *out, const char *bracket)
{
    if (out->len > 0 && out->ptr[out->len - 1] == ',')
        out->len--;
    add(out, bracket);
}

/* --- schemas ---------------------------------------------------------------------------------- */

static void add_body_schema(struct text *out, enum admin_body body)
{
    uint32_t members = admin_body_members(body, false);
    uint32_t required = admin_body_members(body, true);

    add_string(out, admin_body_word(body));
    add(out, ":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[");
    for (unsigned n = 0; n < ADMIN_MEMBER_COUNT; n++) {
        if ((required & 1U << n) == 0)
            continue;
        add_string(out, admin_member_word((enum admin_member)n));
        add(out, ",");
    }
    end_list(out, "],\"properties\":{");
    for (unsigned n = 0; n < ADMIN_MEMBER_COUNT; n++) {
        if ((members & 1U << n) == 0)
            continue;
        add_string(out, admin_member_word((enum admin_member)n));
        add(out, ":");
        add(out, admin_member_schema((enum admin_member)n));
        add(out, ",");
    }
    end_list(out, "}},");
}

static void add_schemas(struct text *out)
{
    add(out, "\"schemas\":{");
    for (unsigned n = 0; n < ADMIN_BODY_COUNT; n++) {
        if (admin_body_word((enum admin_body)n)[0] != '\0')
            add_body_schema(out, (enum admin_body)n);
    }
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        add_string(out, answers[i].name);
        add(out, ":{\"type\":\"object\",\"required\":[");
        add(out, answers[i].required);
        end_list(out, "],\"properties\":{");
        add(out, answers[i].properties);
        end_list(out, "}},");
    }
    add(out, "\"Backup\":{\"type\":\"string\",\"contentMediaType\":\"application/vnd.sqlite3\"}},");
}

static void add_components(struct text *out)
{
    add(out, "\"components\":{");
    add_schemas(out);
    add(out, "\"securitySchemes\":{\"key\":{\"type\":\"http\",\"scheme\":\"bearer\","
             "\"description\":\"over TCP: a key with the scope admin; not needed on the socket\"}},"
             "\"headers\":{\"ETag\":{\"schema\":{\"type\":\"string\"},\"description\":"
             "\"the version, for If-Match and If-None-Match\"},"
             "\"x-weir-change\":{\"schema\":{\"type\":\"integer\"},\"description\":"
             "\"the number of the last change in the directory, this one included\"},"
             "\"x-weir-effective\":{\"schema\":{\"enum\":[\"committed\",\"published\",\"late\","
             "\"refused\"]},\"description\":\"committed: on the disk, and the workers are about to "
             "hear of it; with wait: published: every worker knows it; late: not within the time; "
             "refused: the configuration does not load, so nothing new is published\"}}},");
}

/* --- paths ------------------------------------------------------------------------------------ */

static void add_parameter(struct text *out, const char *name, const char *in, bool required,
                          const char *schema)
{
    add(out, "{\"name\":");
    add_string(out, name);
    add(out, ",\"in\":");
    add_string(out, in);
    add(out, required ? ",\"required\":true,\"schema\":" : ",\"required\":false,\"schema\":");
    add(out, schema);
}

static void add_parameters(struct text *out, const struct admin_route *route)
{
    add(out, "\"parameters\":[");
    for (unsigned n = 0; n < ADMIN_QUERY_COUNT; n++) {
        enum admin_query query = (enum admin_query)n;

        if ((route->queries & 1U << n) == 0)
            continue;
        add_parameter(out, admin_query_word(query), "query", false, admin_query_schema(query));
        add(out, ",\"description\":");
        add_string(out, admin_query_sentence(query));
        add(out, "},");
    }
    if (strstr(route->path, "{name}") != NULL) {
        add_parameter(out, "name", "path", true, TEXT_SCHEMA);
        add(out, "},");
    }
    if (strstr(route->path, "{slug}") != NULL) {
        add_parameter(out, "slug", "path", true, TEXT_SCHEMA);
        add(out, "},");
    }
    if (route->changes && strstr(route->path, "{name}") != NULL) {
        add_parameter(out, "If-Match", "header", false, TEXT_SCHEMA);
        add(out, "},");
    }
    if (route->method == HTTP_METHOD_POST) {
        add_parameter(out, "Idempotency-Key", "header", false,
                      "{\"type\":\"string\",\"maxLength\":128}");
        add(out, "},");
    }
    end_list(out, "],");
}

static void add_success(struct text *out, const struct admin_route *route)
{
    bool is_file = strcmp(route->answer, "Backup") == 0;

    if (route->changes)
        add(out,
            ",\"headers\":{\"x-weir-change\":{\"$ref\":\"#/components/headers/x-weir-change\"},"
            "\"x-weir-effective\":{\"$ref\":\"#/components/headers/x-weir-effective\"}}");
    if (route->answer[0] == '\0')
        return;
    add(out, is_file ? ",\"content\":{\"application/vnd.sqlite3\":{\"schema\":"
                     : ",\"content\":{\"application/json\":{\"schema\":");
    add(out, "{\"$ref\":\"#/components/schemas/");
    add(out, route->answer);
    add(out, "\"}}}");
}

static void add_responses(struct text *out, const struct admin_route *route)
{
    add(out, "\"responses\":{");
    for (unsigned n = 0; n < ADMIN_STATUS_COUNT; n++) {
        int number = admin_status_number((enum admin_status)n);

        if ((route->statuses & 1U << n) == 0)
            continue;
        add(out, "\"");
        text_add_unsigned(out, (uint64_t)number);
        add(out, "\":{\"description\":");
        add_string(out, admin_status_sentence((enum admin_status)n));
        if (number < 300)
            add_success(out, route);
        else if (number >= 400)
            add(out, ",\"content\":{\"application/json\":{\"schema\":"
                     "{\"$ref\":\"#/components/schemas/Error\"}}}");
        add(out, "},");
    }
    end_list(out, "}");
}

static void add_lower(struct text *out, const char *word)
{
    for (; *word != '\0'; word++)
        text_add_char(out, (char)(*word | 0x20));
}

static void add_operation(struct text *out, const struct admin_route *route)
{
    add(out, "\"");
    add_lower(out, admin_method_word(route->method));
    add(out, "\":{\"summary\":");
    add_string(out, route->summary);
    add(out, ",");
    add_parameters(out, route);
    if (route->body != ADMIN_BODY_NONE) {
        add(out, "\"requestBody\":{\"content\":{\"application/json\":{\"schema\":"
                 "{\"$ref\":\"#/components/schemas/");
        add(out, admin_body_word(route->body));
        add(out, "\"}}}},");
    }
    add_responses(out, route);
    add(out, "},");
}

/* Each path once, with all its methods: at the route that names it first. */
static void add_path(struct text *out, uint32_t first)
{
    const char *path = admin_routes[first].path;

    for (uint32_t i = 0; i < first; i++) {
        if (strcmp(admin_routes[i].path, path) == 0)
            return;
    }
    add_string(out, path);
    add(out, ":{");
    for (uint32_t i = first; i < admin_route_count; i++) {
        if (strcmp(admin_routes[i].path, path) == 0)
            add_operation(out, &admin_routes[i]);
    }
    end_list(out, "},");
}

void admin_openapi_write(struct text *out)
{
    add(out,
        "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"weir admin API\",\"version\":\"" WEIR_VERSION
        "\"},\"security\":[{},{\"key\":[]}],");
    add_components(out);
    add(out, "\"paths\":{");
    for (uint32_t i = 0; i < admin_route_count; i++)
        add_path(out, i);
    end_list(out, "}}");
}

int admin_openapi_show(struct admin_call *call)
{
    struct text *out = admin_call_text(call, OPENAPI_BYTES_MAX);

    if (out == NULL)
        return ERR_NO_MEMORY;
    admin_openapi_write(out);
    call->answer.status = 200;
    return 0;
}
