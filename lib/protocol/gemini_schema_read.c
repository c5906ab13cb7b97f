#include "lib/protocol/gemini_inner.h"
#include "lib/protocol/gemini_schema.h"
#include "lib/wire/bytes.h"

/* How the value of a keyword becomes JSON Schema's. */
enum keyword_kind {
    KEYWORD_COPY,
    KEYWORD_TYPE,
    KEYWORD_NULLABLE, /* said by `type`, `enum` and `anyOf` */
    KEYWORD_ENUM,
    KEYWORD_FORMAT,
    KEYWORD_COUNT, /* an int64 of protocol buffers: a number, or a string of digits */
    KEYWORD_EXAMPLE,
    KEYWORD_SCHEMA,
    KEYWORD_SCHEMAS, /* an array of them */
    KEYWORD_ANY_OF,
    KEYWORD_MAP, /* an object of them */
    KEYWORD_NONE,
};

static const struct keyword {
    struct span name;
    enum keyword_kind kind;
} keywords[] = {
    {{"type", 4}, KEYWORD_TYPE},
    {{"nullable", 8}, KEYWORD_NULLABLE},
    {{"enum", 4}, KEYWORD_ENUM},
    {{"format", 6}, KEYWORD_FORMAT},
    {{"minItems", 8}, KEYWORD_COUNT},
    {{"maxItems", 8}, KEYWORD_COUNT},
    {{"minLength", 9}, KEYWORD_COUNT},
    {{"maxLength", 9}, KEYWORD_COUNT},
    {{"minProperties", 13}, KEYWORD_COUNT},
    {{"maxProperties", 13}, KEYWORD_COUNT},
    {{"example", 7}, KEYWORD_EXAMPLE},
    {{"items", 5}, KEYWORD_SCHEMA},
    {{"additionalProperties", 20}, KEYWORD_SCHEMA},
    {{"prefixItems", 11}, KEYWORD_SCHEMAS},
    {{"anyOf", 5}, KEYWORD_ANY_OF},
    {{"properties", 10}, KEYWORD_MAP},
    {{"$defs", 5}, KEYWORD_MAP},
    {{"propertyOrdering", 16}, KEYWORD_NONE},
};

static struct keyword keyword_of(const struct json_node *member)
{
    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
        if (gemini_is_named(member, keywords[i].name))
            return keywords[i];
    }
    return (struct keyword){member->key, KEYWORD_COPY};
}

static void add_lower(struct text *out, struct span word)
{
    text_add_char(out, '"');
    for (size_t i = 0; i < word.len; i++)
        text_add_char(out, bytes_lower(word.ptr[i]));
    text_add_char(out, '"');
}

static void add_type(struct text *out, const struct json_node *type, bool is_nullable)
{
    if (!json_is(type, JSON_STRING)) {
        text_add(out, json_source(type));
        return;
    }
    if (is_nullable)
        text_add_char(out, '[');
    add_lower(out, type->raw);
    if (is_nullable)
        text_add(out, SPAN(",\"null\"]"));
}

/* Is there nothing that JSON Schema would say in its place? */
static bool is_left_out(const struct json_node *member, enum keyword_kind kind)
{
    return kind == KEYWORD_NONE || kind == KEYWORD_NULLABLE || member->type == JSON_NULL ||
           (kind == KEYWORD_TYPE && json_is_text(member, SPAN("TYPE_UNSPECIFIED"))) ||
           (kind == KEYWORD_FORMAT && json_is_text(member, SPAN("enum")));
}

static void read_list(const struct json_node *list, struct span null, struct text *out);
static void read_map(const struct json_node *map, struct text *out);

// NOLINTNEXTLINE(misc-no-recursion): as deep as the bound lets it
static void read_value(const struct json_node *value, enum keyword_kind kind, bool is_nullable,
                       struct text *out)
{
    uint64_t count;

    switch (kind) {
    case KEYWORD_TYPE:
        add_type(out, value, is_nullable);
        break;
    case KEYWORD_ENUM:
        /* The items are no schemas, and stay as they are. */
        text_add(out, json_source(value));
        if (is_nullable && json_is(value, JSON_ARRAY) && out->err == 0) {
            out->len--;
            text_add(out, value->count > 0 ? SPAN(",null]") : SPAN("null]"));
        }
        break;
    case KEYWORD_COUNT:
        text_add(out, json_decode_count(value->raw, &count) ? value->raw : json_source(value));
        break;
    case KEYWORD_EXAMPLE:
        text_add_char(out, '[');
        text_add(out, json_source(value));
        text_add_char(out, ']');
        break;
    case KEYWORD_SCHEMA:
        gemini_schema_read(value, out);
        break;
    case KEYWORD_SCHEMAS:
        read_list(value, SPAN(""), out);
        break;
    case KEYWORD_ANY_OF:
        read_list(value, is_nullable ? SPAN("{\"type\":\"null\"}") : SPAN(""), out);
        break;
    case KEYWORD_MAP:
        read_map(value, out);
        break;
    case KEYWORD_COPY:
    case KEYWORD_FORMAT:
    case KEYWORD_NULLABLE:
    case KEYWORD_NONE:
        text_add(out, json_source(value));
        break;
    }
}

/* @param null  one more item, or empty */
// NOLINTNEXTLINE(misc-no-recursion): as deep as the bound lets it
static void read_list(const struct json_node *list, struct span null, struct text *out)
{
    bool is_first = true;

    if (!json_is(list, JSON_ARRAY)) {
        text_add(out, json_source(list));
        return;
    }
    text_add_char(out, '[');
    JSON_EACH(item, list)
    {
        if (!is_first)
            text_add_char(out, ',');
        is_first = false;
        gemini_schema_read(item, out);
    }
    if (null.len > 0 && !is_first)
        text_add_char(out, ',');
    text_add(out, null);
    text_add_char(out, ']');
}

static void begin_member(struct text *out, bool *is_first, struct span name)
{
    text_add_char(out, *is_first ? '{' : ',');
    *is_first = false;
    text_add_char(out, '"');
    text_add(out, name);
    text_add(out, SPAN("\":"));
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the bound lets it
static void read_map(const struct json_node *map, struct text *out)
{
    bool is_first = true;

    if (!json_is(map, JSON_OBJECT)) {
        text_add(out, json_source(map));
        return;
    }
    JSON_EACH(member, map)
    {
        begin_member(out, &is_first, member->key);
        gemini_schema_read(member, out);
    }
    text_add(out, is_first ? SPAN("{}") : SPAN("}"));
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the bound lets it
void gemini_schema_read(const struct json_node *schema, struct text *out)
{
    bool is_nullable = json_is_true(gemini_member(schema, SPAN("nullable")));
    bool is_first = true;

    if (!json_is(schema, JSON_OBJECT)) {
        text_add(out, json_source(schema));
        return;
    }
    JSON_EACH(member, schema)
    {
        struct keyword keyword = keyword_of(member);

        if (is_left_out(member, keyword.kind))
            continue;
        begin_member(out, &is_first,
                     keyword.kind == KEYWORD_EXAMPLE ? SPAN("examples") : keyword.name);
        read_value(member, keyword.kind, is_nullable, out);
    }
    text_add(out, is_first ? SPAN("{}") : SPAN("}"));
}

bool gemini_schema_is_empty(const struct json_node *schema)
{
    static const struct span says[] = {
        {"$ref", 4}, {"anyOf", 5}, {"oneOf", 5}, {"allOf", 5}, {"patternProperties", 17},
    };
    const struct json_node *properties = json_member(schema, SPAN("properties"));

    for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++) {
        if (json_member(schema, says[i]) != NULL)
            return false;
    }
    return (properties == NULL || properties->count == 0) &&
           !json_is(json_member(schema, SPAN("additionalProperties")), JSON_OBJECT);
}
