#include "lib/protocol/gemini_place.h"

#include "lib/base/err.h"
#include "lib/wire/bytes.h"

enum { POINTER_BYTES_MAX = 512 }; /* a longer reference leads nowhere */

/* --- where references lead -------------------------------------------------------------------- */

/* `~1`, `~0` and `%2F` of a JSON Pointer in a URI fragment, where they stand. */
static struct span unescape(char *token, size_t len)
{
    size_t to = 0;

    for (size_t i = 0; i < len; i++) {
        char c = token[i];

        if (c == '~' && i + 1 < len && (token[i + 1] == '0' || token[i + 1] == '1')) {
            c = token[++i] == '1' ? '/' : '~';
        } else if (c == '%' && i + 2 < len && bytes_hex_digit(token[i + 1]) >= 0 &&
                   bytes_hex_digit(token[i + 2]) >= 0) {
            c = (char)(bytes_hex_digit(token[i + 1]) * 16 + bytes_hex_digit(token[i + 2]));
            i += 2;
        }
        token[to++] = c;
    }
    return (struct span){token, to};
}

static const struct json_node *step_into(const struct json_node *node, struct span token)
{
    uint64_t wanted;
    uint64_t at = 0;

    if (!json_is(node, JSON_ARRAY))
        return json_member(node, token);
    if (!json_decode_count(token, &wanted))
        return NULL;
    JSON_EACH(item, node)
    {
        if (at++ == wanted)
            return item;
    }
    return NULL;
}

/* NULL for what is not inside this document. */
static const struct json_node *resolve(const struct json_node *root, const struct json_node *ref)
{
    char memory[POINTER_BYTES_MAX];
    struct span pointer;
    size_t at = 1;

    if (!json_is(ref, JSON_STRING) ||
        json_decode_string(ref->raw, memory, sizeof(memory), &pointer) != 0 || pointer.len == 0 ||
        memory[0] != '#' || (pointer.len > 1 && memory[1] != '/'))
        return NULL;
    while (root != NULL && at < pointer.len) {
        size_t begin = at + 1;

        for (at = begin; at < pointer.len && memory[at] != '/'; at++)
            ;
        root = step_into(root, unescape(memory + begin, at - begin));
    }
    return root;
}

/* --- what holds at a place -------------------------------------------------------------------- */

static bool holds(const struct gemini_place *place, const struct json_node *schema)
{
    for (uint32_t i = 0; i < place->count; i++) {
        if (place->parts[i] == schema)
            return true;
    }
    return false;
}

static bool is_around(const struct gemini_place *place, const struct json_node *schema)
{
    for (const struct gemini_place *outer = place->outer; outer != NULL; outer = outer->outer) {
        if (holds(outer, schema))
            return true;
    }
    return false;
}

bool gemini_is_null_schema(const struct json_node *schema)
{
    return json_is_text(json_member(schema, SPAN("type")), SPAN("null"));
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the bound lets it
static void collect_variants(struct gemini_walk *walk, struct gemini_place *place,
                             const struct json_node *variants)
{
    const struct json_node *only = NULL;
    uint32_t count = 0;

    JSON_EACH(variant, variants)
    {
        if (gemini_is_null_schema(variant)) {
            place->is_nullable = true;
        } else {
            only = variant;
            count++;
        }
    }
    if (count == 1)
        gemini_place_add(walk, place, only);
    else if (count > 1 && place->variants == NULL)
        place->variants = variants;
}

static void note_null(struct gemini_place *place, const struct json_node *schema)
{
    const struct json_node *type = json_member(schema, SPAN("type"));

    if (json_is_true(json_member(schema, SPAN("nullable"))) || gemini_is_null_schema(schema))
        place->is_nullable = true;
    if (!json_is(type, JSON_ARRAY))
        return;
    JSON_EACH(word, type)
    {
        if (json_is_text(word, SPAN("null")))
            place->is_nullable = true;
    }
}

/* Schemas nest no deeper than `parts` is long: each level takes one. */
// NOLINTNEXTLINE(misc-no-recursion): as deep as the bound lets it
void gemini_place_add(struct gemini_walk *walk, struct gemini_place *place,
                      const struct json_node *schema)
{
    if (!json_is(schema, JSON_OBJECT) || walk->err != 0 || holds(place, schema))
        return;
    if (is_around(place, schema)) {
        place->is_cycle = true;
        return;
    }
    if (place->count == GEMINI_SCHEMA_PARTS_MAX || walk->visits++ == GEMINI_SCHEMA_VISITS_MAX) {
        walk->err = ERR_UNTRANSLATABLE;
        return;
    }
    place->parts[place->count++] = schema;
    note_null(place, schema);
    gemini_place_add(walk, place, resolve(walk->root, json_member(schema, SPAN("$ref"))));
    const struct json_node *all = json_member(schema, SPAN("allOf"));
    if (json_is(all, JSON_ARRAY)) {
        JSON_EACH(part, all)
        gemini_place_add(walk, place, part);
    }
    collect_variants(walk, place, json_member(schema, SPAN("anyOf")));
    collect_variants(walk, place, json_member(schema, SPAN("oneOf")));
}

const struct json_node *gemini_place_find(const struct gemini_place *place, struct span keyword)
{
    for (uint32_t i = 0; i < place->count; i++) {
        const struct json_node *found = json_member(place->parts[i], keyword);

        if (found != NULL)
            return found;
    }
    return NULL;
}
