#include "lib/protocol/gemini_schema.h"

#include "lib/base/err.h"
#include "lib/protocol/gemini_place.h"

struct writer {
    struct gemini_walk walk;
    struct text *out;
};

static const struct span types[] = {
    {"string", 6}, {"number", 6}, {"integer", 7}, {"boolean", 7}, {"array", 5}, {"object", 6},
};

/* A member's name, and the comma before it. */
static void begin_member(struct writer *writer, struct gemini_place *place, struct span name)
{
    text_add_char(writer->out, place->is_begun ? ',' : '{');
    place->is_begun = true;
    text_add_char(writer->out, '"');
    text_add(writer->out, name);
    text_add(writer->out, SPAN("\":"));
}

static bool type_of(const struct json_node *word, struct span *out)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (json_is(word, JSON_STRING) && span_equal_nocase(word->raw, types[i])) {
            *out = types[i];
            return true;
        }
    }
    return false;
}

static void add_type(struct text *out, struct span type)
{
    text_add_char(out, '"');
    for (size_t i = 0; i < type.len; i++)
        text_add_char(out, (char)(type.ptr[i] & ~0x20));
    text_add_char(out, '"');
}

/* Gemini wants to know what an array holds, be it anything. */
static void add_bare_type(struct text *out, struct span type)
{
    text_add(out, SPAN("{\"type\":"));
    add_type(out, type);
    text_add(out, span_equal(type, SPAN("array")) ? SPAN(",\"items\":{}}") : SPAN("}"));
}

/* Several types: a variant each. @return the only one, or none */
static struct span write_types(struct writer *writer, struct gemini_place *place,
                               const struct json_node *words)
{
    struct span type = SPAN("");
    uint32_t count = 0;

    JSON_EACH(word, words)
    count += type_of(word, &type) ? 1 : 0;
    if (count <= 1 || place->variants != NULL)
        return count == 1 ? type : SPAN("");
    begin_member(writer, place, SPAN("anyOf"));
    count = 0;
    JSON_EACH(word, words)
    {
        if (!type_of(word, &type))
            continue;
        text_add_char(writer->out, count++ == 0 ? '[' : ',');
        add_bare_type(writer->out, type);
    }
    text_add_char(writer->out, ']');
    return SPAN("");
}

static struct span write_type(struct writer *writer, struct gemini_place *place, bool has_values)
{
    const struct json_node *said = gemini_place_find(place, SPAN("type"));
    struct span type = SPAN("");

    if (has_values)
        type = SPAN("string");
    else if (json_is(said, JSON_ARRAY))
        type = write_types(writer, place, said);
    else if (!type_of(said, &type) && gemini_place_find(place, SPAN("properties")) != NULL)
        type = SPAN("object");
    else if (type.len == 0 && gemini_place_find(place, SPAN("items")) != NULL)
        type = SPAN("array");
    if (type.len > 0) {
        begin_member(writer, place, SPAN("type"));
        add_type(writer->out, type);
    }
    return type;
}

/* A value of `enum`; Gemini's are strings, and none of them is empty. */
static bool add_value(struct text *out, const struct json_node *value, bool is_first)
{
    if (value->type == JSON_OBJECT || value->type == JSON_ARRAY || value->type == JSON_NULL ||
        (value->type == JSON_STRING && value->raw.len == 0))
        return false;
    text_add(out, is_first ? SPAN("[\"") : SPAN(",\""));
    text_add(out, value->raw);
    text_add_char(out, '"');
    return true;
}

/* @return whether there are values that can be said */
static bool write_values(struct writer *writer, struct gemini_place *place)
{
    const struct json_node *values = gemini_place_find(place, SPAN("enum"));
    const struct json_node *constant = gemini_place_find(place, SPAN("const"));
    size_t mark = writer->out->len;
    bool was_begun = place->is_begun;
    uint32_t count = 0;

    if (constant == NULL && !json_is(values, JSON_ARRAY))
        return false;
    begin_member(writer, place, SPAN("enum"));
    if (constant != NULL) {
        count += add_value(writer->out, constant, true) ? 1 : 0;
    } else {
        JSON_EACH(value, values)
        {
            if (value->type == JSON_NULL)
                place->is_nullable = true;
            else if (add_value(writer->out, value, count == 0))
                count++;
        }
    }
    text_add_char(writer->out, ']');
    if (count == 0 && writer->out->err == 0) {
        writer->out->len = mark;
        place->is_begun = was_begun;
    }
    return count > 0;
}

static void write_format(struct writer *writer, struct gemini_place *place)
{
    static const struct span known[] = {
        {"date-time", 9}, {"int32", 5}, {"int64", 5}, {"float", 5}, {"double", 6},
    };
    const struct json_node *format = gemini_place_find(place, SPAN("format"));

    /* Others are refused. */
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (!json_is_text(format, known[i]))
            continue;
        begin_member(writer, place, SPAN("format"));
        text_add(writer->out, json_source(format));
    }
}

/* Keywords whose values mean the same on both sides. */
static void write_plain(struct writer *writer, struct gemini_place *place, bool has_values)
{
    static const struct {
        struct span name;
        enum json_type type; /* JSON_NULL: any */
        bool of_values;      /* said beside `enum` too */
    } rows[] = {
        {{"title", 5}, JSON_STRING, true},           {{"description", 11}, JSON_STRING, true},
        {{"pattern", 7}, JSON_STRING, false},        {{"minItems", 8}, JSON_NUMBER, false},
        {{"maxItems", 8}, JSON_NUMBER, false},       {{"minLength", 9}, JSON_NUMBER, false},
        {{"maxLength", 9}, JSON_NUMBER, false},      {{"minProperties", 13}, JSON_NUMBER, false},
        {{"maxProperties", 13}, JSON_NUMBER, false}, {{"minimum", 7}, JSON_NUMBER, false},
        {{"maximum", 7}, JSON_NUMBER, false},        {{"default", 7}, JSON_NULL, false},
        {{"example", 7}, JSON_NULL, false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct json_node *value = gemini_place_find(place, rows[i].name);

        if (value == NULL || (has_values && !rows[i].of_values) ||
            (rows[i].type != JSON_NULL && value->type != rows[i].type))
            continue;
        begin_member(writer, place, rows[i].name);
        text_add(writer->out, json_source(value));
    }
}

static void write_place(struct writer *writer, const struct gemini_place *outer,
                        const struct json_node *schema);

static bool is_said_before(const struct gemini_place *place, uint32_t part, struct span keyword,
                           struct span key)
{
    for (uint32_t i = 0; i < part; i++) {
        const struct json_node *list = json_member(place->parts[i], keyword);

        JSON_EACH(each, list)
        {
            if (span_equal(each->key.ptr != NULL ? each->key : each->raw, key))
                return true;
        }
    }
    return false;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the bound lets it
static void write_properties(struct writer *writer, struct gemini_place *place)
{
    bool is_first = true;

    for (uint32_t i = 0; i < place->count; i++) {
        const struct json_node *properties = json_member(place->parts[i], SPAN("properties"));

        if (!json_is(properties, JSON_OBJECT))
            continue;
        JSON_EACH(property, properties)
        {
            if (is_said_before(place, i, SPAN("properties"), property->key))
                continue;
            if (is_first)
                begin_member(writer, place, SPAN("properties"));
            text_add(writer->out, is_first ? SPAN("{\"") : SPAN(",\""));
            text_add(writer->out, property->key);
            text_add(writer->out, SPAN("\":"));
            write_place(writer, place, property);
            is_first = false;
        }
    }
    if (!is_first)
        text_add_char(writer->out, '}');
}

static bool is_property(const struct gemini_place *place, const struct json_node *name)
{
    char memory[256];
    struct span key;

    if (!json_is(name, JSON_STRING) ||
        json_decode_string(name->raw, memory, sizeof(memory), &key) != 0)
        return false;
    for (uint32_t i = 0; i < place->count; i++) {
        const struct json_node *properties = json_member(place->parts[i], SPAN("properties"));

        if (json_member_or_null(properties, key) != NULL)
            return true;
    }
    return false;
}

/* Gemini refuses a required name that is no property. */
static void write_required(struct writer *writer, struct gemini_place *place)
{
    bool is_first = true;

    for (uint32_t i = 0; i < place->count; i++) {
        const struct json_node *required = json_member(place->parts[i], SPAN("required"));

        if (!json_is(required, JSON_ARRAY))
            continue;
        JSON_EACH(name, required)
        {
            if (!is_property(place, name) || is_said_before(place, i, SPAN("required"), name->raw))
                continue;
            if (is_first)
                begin_member(writer, place, SPAN("required"));
            text_add_char(writer->out, is_first ? '[' : ',');
            text_add(writer->out, json_source(name));
            is_first = false;
        }
    }
    if (!is_first)
        text_add_char(writer->out, ']');
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the bound lets it
static void write_variants(struct writer *writer, struct gemini_place *place)
{
    bool is_first = true;

    begin_member(writer, place, SPAN("anyOf"));
    JSON_EACH(variant, place->variants)
    {
        if (gemini_is_null_schema(variant))
            continue;
        text_add_char(writer->out, is_first ? '[' : ',');
        is_first = false;
        write_place(writer, place, variant);
    }
    text_add_char(writer->out, ']');
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the bound lets it
static void write_members(struct writer *writer, struct gemini_place *place)
{
    bool has_values = write_values(writer, place);
    struct span type = write_type(writer, place, has_values);
    const struct json_node *items = gemini_place_find(place, SPAN("items"));

    write_plain(writer, place, has_values);
    if (!has_values)
        write_format(writer, place);
    if (place->is_nullable) {
        begin_member(writer, place, SPAN("nullable"));
        text_add(writer->out, SPAN("true"));
    }
    if (span_equal(type, SPAN("array"))) {
        begin_member(writer, place, SPAN("items"));
        write_place(writer, place, items);
    }
    if (span_equal(type, SPAN("object"))) {
        write_properties(writer, place);
        write_required(writer, place);
    }
    if (place->variants != NULL && !has_values)
        write_variants(writer, place);
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the bound lets it
static void write_place(struct writer *writer, const struct gemini_place *outer,
                        const struct json_node *schema)
{
    struct gemini_place place = {.outer = outer, .depth = outer == NULL ? 0 : outer->depth + 1};

    if (place.depth > GEMINI_SCHEMA_DEPTH_MAX)
        writer->walk.err = ERR_UNTRANSLATABLE;
    if (writer->walk.err != 0 || writer->out->err != 0)
        return;
    gemini_place_add(&writer->walk, &place, schema);
    if (place.is_cycle) {
        text_add(writer->out, SPAN("{\"type\":\"OBJECT\"}"));
        return;
    }
    write_members(writer, &place);
    text_add(writer->out, place.is_begun ? SPAN("}") : SPAN("{}"));
}

int gemini_schema_write(const struct json_node *schema, struct text *out)
{
    struct writer writer = {.walk = {.root = schema}, .out = out};

    write_place(&writer, NULL, schema);
    return writer.walk.err;
}
