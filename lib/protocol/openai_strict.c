/* Whether a JSON schema keeps the rules of OpenAI's strict mode. */
#include "lib/protocol/openai_inner.h"

enum { SCHEMA_NODES_MAX = 65536 };

/* Keywords that strict mode does not know, wherever a schema may stand. */
static const struct span unknown_keywords[] = {
    {"allOf", 5},
    {"oneOf", 5},
    {"not", 3},
    {"if", 2},
    {"then", 4},
    {"else", 4},
    {"dependentRequired", 17},
    {"dependentSchemas", 16},
    {"patternProperties", 17},
};

static bool has_unknown(const struct json_node *schema)
{
    for (size_t i = 0; i < sizeof(unknown_keywords) / sizeof(unknown_keywords[0]); i++) {
        if (json_member(schema, unknown_keywords[i]) != NULL)
            return true;
    }
    return false;
}

static bool is_required(const struct json_node *required, const struct json_node *property)
{
    JSON_EACH(name, required)
    {
        if (json_is(name, JSON_STRING) && span_equal(name->raw, property->key))
            return true;
    }
    return false;
}

/** Of the schema itself, not of those inside it. */
static bool is_closed(const struct json_node *schema)
{
    const struct json_node *properties = json_member(schema, SPAN("properties"));
    const struct json_node *required = json_member(schema, SPAN("required"));

    if (properties == NULL && !json_is_text(json_member(schema, SPAN("type")), SPAN("object")))
        return true;
    if (!json_is(json_member(schema, SPAN("additionalProperties")), JSON_FALSE))
        return false;
    if (properties == NULL)
        return true;
    JSON_EACH(property, properties)
    {
        if (!is_required(required, property))
            return false;
    }
    return true;
}

static bool is_strict(const struct json_node *schema);

static bool all_strict(const struct json_node *schemas) // NOLINT(misc-no-recursion): as JSON nests
{
    JSON_EACH(schema, schemas)
    {
        if (!is_strict(schema))
            return false;
    }
    return true;
}

/* By position: a property may be called like a keyword. */
static bool is_strict(const struct json_node *schema) // NOLINT(misc-no-recursion): as JSON nests
{
    const struct json_node *items = json_member(schema, SPAN("items"));

    if (!json_is(schema, JSON_OBJECT) || has_unknown(schema) || !is_closed(schema))
        return false;
    return all_strict(json_member(schema, SPAN("properties"))) &&
           all_strict(json_member(schema, SPAN("anyOf"))) &&
           all_strict(json_member(schema, SPAN("$defs"))) &&
           all_strict(json_member(schema, SPAN("definitions"))) &&
           (items == NULL || is_strict(items));
}

bool openai_is_strict(struct region *memory, struct span schema)
{
    size_t mark = region_mark(memory);
    const struct json_node *root;
    bool is_kept = json_tape_read(memory, schema, JSON_DEPTH_MAX, SCHEMA_NODES_MAX, &root) == 0 &&
                   json_is_text(json_member(root, SPAN("type")), SPAN("object")) &&
                   json_member(root, SPAN("anyOf")) == NULL && is_strict(root);

    region_cut(memory, mark);
    return is_kept;
}
