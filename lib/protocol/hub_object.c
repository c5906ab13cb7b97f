#include "lib/protocol/hub_object.h"

#include "lib/wire/bytes.h"

enum {
    SHORT_ESCAPE_BYTES = 2,
    UNICODE_ESCAPE_BYTES = 6,
    ASCII_END = 0x80,
};

/** What follows a backslash. */
static char decode_short(char c)
{
    if (c == 'n' || c == 'r' || c == 't' || c == 'b' || c == 'f')
        c = ' ';
    return c;
}

/** The character of the JSON text at `at`; `x` for all that are none of its signs. */
static char decode(struct span raw, size_t at, size_t *bytes)
{
    char c = raw.ptr[at];
    int code = 0;

    *bytes = 1;
    if (c != '\\' || raw.len - at < SHORT_ESCAPE_BYTES)
        return c;
    *bytes = SHORT_ESCAPE_BYTES;
    c = raw.ptr[at + 1];
    if (c != 'u')
        return decode_short(c);
    if (raw.len - at < UNICODE_ESCAPE_BYTES)
        return 'x';
    *bytes = UNICODE_ESCAPE_BYTES;
    for (size_t i = 2; i < UNICODE_ESCAPE_BYTES; i++)
        code = code * 16 + bytes_hex_digit(raw.ptr[at + i]);
    return (char)(code > 0 && code < ASCII_END ? code : 'x');
}

static bool is_white(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void step_string(struct hub_object *object, char c)
{
    if (object->after_backslash)
        object->after_backslash = false;
    else if (c == '\\')
        object->after_backslash = true;
    else if (c == '"')
        object->in_string = false;
}

static void step(struct hub_object *object, char c)
{
    if (object->in_string) {
        step_string(object, c);
    } else if (c == '"') {
        object->in_string = true;
    } else if (c == '{' || c == '[') {
        object->depth++;
        object->is_begun = true;
    } else if (c == '}' || c == ']') {
        object->is_complete = --object->depth == 0;
    }
}

/** From behind the white space before the object. */
static size_t find_begin(struct hub_object *object, struct span raw)
{
    size_t at = 0;
    size_t bytes;

    while (at < raw.len && is_white(decode(raw, at, &bytes)))
        at += bytes;
    object->is_foreign = at < raw.len && decode(raw, at, &bytes) != '{';
    return at;
}

/** One object, or the beginning of one; `*at` moves behind what was looked at. */
static struct span take_once(struct hub_object *object, struct span raw, size_t *at)
{
    bool begins = !object->is_begun;
    bool is_empty = true;
    size_t begin;

    if (begins)
        *at += find_begin(object, span_skip(raw, *at));
    begin = *at;
    while (*at < raw.len && !object->is_complete && !object->is_foreign) {
        size_t bytes;
        char c = decode(raw, *at, &bytes);

        step(object, c);
        is_empty = is_empty && (is_white(c) || c == '{' || c == '}');
        *at += bytes;
    }
    if (!begins || !object->is_complete || !is_empty)
        return (struct span){raw.ptr + begin, *at - begin};
    *object = (struct hub_object){.was_empty = true};
    return SPAN("");
}

struct span hub_object_take(struct hub_object *object, struct span raw)
{
    struct span taken = SPAN("");
    size_t at = 0;

    while (at < raw.len && taken.len == 0 && !object->is_complete && !object->is_foreign)
        taken = take_once(object, raw, &at);
    return taken;
}
