#include "lib/wire/json_tape.h"

#include "lib/base/err.h"
#include "lib/wire/bytes.h"
#include "lib/wire/json_mend.h"

/* --- reading ---------------------------------------------------------------------------------- */

#define NO_CONTAINER UINT32_MAX

struct tape {
    struct region *memory;
    struct json_node *nodes;
    uint32_t count;
    uint32_t nodes_max;
    /* The container that the cursor is in. As long as it is open its width is the number of the one
     * around it. */
    uint32_t container;
    struct span key; /* of the member whose value comes next */
    bool key_has_escapes;
};

static int check(struct span text, uint16_t depth_max)
{
    struct json_scan scan;
    struct json_hit hit;
    const char *cursor = text.ptr;

    json_scan_init(&scan, NULL, 0, depth_max);
    if (text.len > 0 && json_scan_next(&scan, &cursor, text.ptr + text.len, &hit) != JSON_MORE)
        return ERR_BAD_JSON;
    return json_scan_end(&scan);
}

static struct json_node *add(struct tape *tape, enum json_type type, const char *begin)
{
    if (tape->count == tape->nodes_max)
        return NULL;
    /* Nodes stand side by side: nothing else is taken from the region while a tape is read. */
    struct json_node *node = region_take(tape->memory, sizeof(*node));
    if (node == NULL)
        return NULL;
    *node = (struct json_node){
        .key = tape->key,
        .key_has_escapes = tape->key_has_escapes,
        .raw = {begin, 0},
        .type = (uint8_t)type,
        .width = 1,
    };
    if (tape->container != NO_CONTAINER)
        tape->nodes[tape->container].count++;
    tape->count++;
    tape->key = (struct span){NULL, 0};
    tape->key_has_escapes = false;
    return node;
}

/* From behind the opening quote to the closing one. */
static const char *find_quote(const char *p, const char *end, bool *has_escapes)
{
    *has_escapes = false;
    for (;;) {
        p = bytes_skip_json_text(p, end);
        if (*p == '"')
            return p;
        *has_escapes = true;
        p += 2;
    }
}

static bool is_key(const struct tape *tape)
{
    return tape->container != NO_CONTAINER && tape->key.ptr == NULL &&
           tape->nodes[tape->container].type == JSON_OBJECT;
}

static const char *read_string(struct tape *tape, const char *p, const char *end)
{
    bool has_escapes;
    const char *quote = find_quote(p + 1, end, &has_escapes);

    if (is_key(tape)) {
        tape->key = span_from(p + 1, quote);
        tape->key_has_escapes = has_escapes;
        return quote + 1;
    }
    struct json_node *node = add(tape, JSON_STRING, p + 1);
    if (node == NULL)
        return NULL;
    node->raw = span_from(p + 1, quote);
    node->has_escapes = has_escapes;
    return quote + 1;
}

static const char *read_plain(struct tape *tape, const char *p, const char *end)
{
    const char *begin = p;
    enum json_type type = *p == 't'   ? JSON_TRUE
                          : *p == 'f' ? JSON_FALSE
                          : *p == 'n' ? JSON_NULL
                                      : JSON_NUMBER;

    while (p != end && *p != ',' && *p != ']' && *p != '}' && (unsigned char)*p > ' ')
        p++;
    struct json_node *node = add(tape, type, begin);
    if (node == NULL)
        return NULL;
    node->raw = span_from(begin, p);
    return p;
}

static const char *open_container(struct tape *tape, const char *p)
{
    struct json_node *node = add(tape, *p == '{' ? JSON_OBJECT : JSON_ARRAY, p);

    if (node == NULL)
        return NULL;
    node->width = tape->container;
    tape->container = tape->count - 1;
    return p + 1;
}

static const char *close_container(struct tape *tape, const char *p)
{
    struct json_node *node = &tape->nodes[tape->container];
    uint32_t around = node->width;

    node->raw = span_from(node->raw.ptr, p + 1);
    node->width = tape->count - tape->container;
    tape->container = around;
    return p + 1;
}

/* One step over text that is known to be JSON. */
static const char *step(struct tape *tape, const char *p, const char *end)
{
    switch (*p) {
    case '{':
    case '[':
        return open_container(tape, p);
    case '}':
    case ']':
        return close_container(tape, p);
    case '"':
        return read_string(tape, p, end);
    case ' ':
    case '\t':
    case '\n':
    case '\r':
    case ',':
    case ':':
        return p + 1;
    default:
        return read_plain(tape, p, end);
    }
}

int json_tape_read(struct region *memory, struct span text, uint16_t depth_max, uint32_t nodes_max,
                   const struct json_node **out)
{
    const char *p = text.ptr;
    const char *end = text.ptr + text.len;
    struct tape tape;
    int err = check(text, depth_max);

    if (err != 0)
        return err;
    tape.memory = memory;
    tape.count = 0;
    tape.nodes_max = nodes_max;
    tape.container = NO_CONTAINER;
    tape.key = (struct span){NULL, 0};
    tape.key_has_escapes = false;
    tape.nodes = region_take(memory, 0);
    while (p != NULL && p != end)
        p = step(&tape, p, end);
    if (p == NULL)
        return tape.count == nodes_max ? ERR_TOO_MANY_VALUES : ERR_NO_MEMORY;
    *out = tape.nodes;
    return 0;
}

int json_tape_read_mended(struct region *memory, struct span text, uint32_t nodes_max,
                          const struct json_node **out)
{
    int err = json_tape_read(memory, text, JSON_DEPTH_MAX, nodes_max, out);
    struct span mended;

    if (err != ERR_BAD_JSON)
        return err;
    mended = json_mend(memory, text);
    if (mended.ptr == NULL && text.len > 0)
        return ERR_NO_MEMORY;
    if (mended.ptr == text.ptr)
        return err;
    return json_tape_read(memory, mended, JSON_DEPTH_MAX, nodes_max, out);
}

/* --- looking ---------------------------------------------------------------------------------- */

bool json_is_named(const struct json_node *node, struct span name)
{
    char memory[256];
    struct span decoded;

    if (!node->key_has_escapes)
        return span_equal(node->key, name);
    return json_decode_string(node->key, memory, sizeof(memory), &decoded) == 0 &&
           span_equal(decoded, name);
}

const struct json_node *json_member_or_null(const struct json_node *object, struct span name)
{
    const struct json_node *found = NULL;

    if (!json_is(object, JSON_OBJECT))
        return NULL;
    JSON_EACH(member, object)
    {
        if (json_is_named(member, name))
            found = member;
    }
    return found;
}

const struct json_node *json_member(const struct json_node *object, struct span name)
{
    const struct json_node *found = json_member_or_null(object, name);

    return json_is(found, JSON_NULL) ? NULL : found;
}

bool json_is_text(const struct json_node *node, struct span text)
{
    char memory[256];
    struct span decoded;

    if (!json_is(node, JSON_STRING))
        return false;
    if (!node->has_escapes)
        return span_equal(node->raw, text);
    return json_decode_string(node->raw, memory, sizeof(memory), &decoded) == 0 &&
           span_equal(decoded, text);
}

struct span json_text(const struct json_node *node)
{
    return json_is(node, JSON_STRING) ? node->raw : SPAN("");
}

bool json_count(const struct json_node *node, uint64_t *out)
{
    return json_is(node, JSON_NUMBER) && json_decode_count(node->raw, out);
}

struct span json_source(const struct json_node *node)
{
    if (node->type != JSON_STRING)
        return node->raw;
    return (struct span){node->raw.ptr - 1, node->raw.len + 2};
}
