#include "tools/admin_json.h"

#include "lib/base/timestamp.h"
#include "lib/wire/json_walk.h"

#include <stdio.h>
#include <time.h>

enum { DEPTH_MAX = 16, STRING_BYTES_MAX = 4096, NAME_BYTES_MAX = 64, TIME_BYTES = 40 };

bool admin_json_is_whole(struct span text)
{
    return json_is_whole(text, DEPTH_MAX);
}

bool admin_json_member(struct span object, const char *name, struct span *value)
{
    char memory[NAME_BYTES_MAX];
    struct span raw;

    object = json_walk_value(object);
    if (json_walk_type(object) != JSON_OBJECT)
        return false;
    for (struct json_walk walk = json_walk_begin(object); json_walk_member(&walk, &raw, value);) {
        struct span decoded;

        if (json_decode_string(raw, memory, sizeof(memory), &decoded) == 0 &&
            span_equal(decoded, span_of(name)))
            return true;
    }
    return false;
}

/* --- text ------------------------------------------------------------------------------------- */

/* C0, DEL, and C1 in its two bytes. */
static size_t control_bytes(struct span text)
{
    unsigned char first = (unsigned char)text.ptr[0];
    unsigned char second = text.len > 1 ? (unsigned char)text.ptr[1] : 0;

    if (first < 0x20 || first == 0x7f)
        return 1;
    return first == 0xc2 && second >= 0x80 && second < 0xa0 ? 2 : 0;
}

static void add_harmless(struct text *out, struct span text)
{
    while (text.len > 0) {
        size_t bytes = control_bytes(text);

        text_add(out, bytes == 0 ? (struct span){text.ptr, 1} : SPAN("?"));
        text = span_skip(text, bytes == 0 ? 1 : bytes);
    }
}

void admin_json_add_string(struct text *out, struct span value)
{
    char memory[STRING_BYTES_MAX];
    struct span raw = {value.ptr + 1, value.len - 2};
    struct span text = raw;

    if (json_decode_string(raw, memory, sizeof(memory), &text) != 0)
        text = raw;
    add_harmless(out, text);
}

/* In the zone of who asks, with its offset: the same moment can be given back as an option. */
static bool add_local_time(struct text *out, struct span value)
{
    char memory[TIME_BYTES];
    struct span quoted = {value.ptr + 1, value.len - 2};
    int64_t unix_s;
    struct tm parts;

    if (timestamp_parse(quoted, &unix_s) != 0)
        return false;
    time_t at = (time_t)unix_s;
    if (localtime_r(&at, &parts) == NULL)
        return false;
    size_t len = strftime(memory, sizeof(memory), "%Y-%m-%dT%H:%M:%S%z", &parts);
    if (len < 2)
        return false;
    /* strftime has no colon in its offset, and RFC 3339 wants one. */
    text_add(out, (struct span){memory, len - 2});
    text_add_char(out, ':');
    text_add(out, (struct span){memory + len - 2, 2});
    return true;
}

static bool is_moment(struct span name)
{
    static const char *const names[] = {"expires", "created", "changed", "revoked",
                                        "old_key_until"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (span_equal(name, span_of(names[i])))
            return true;
    }
    return false;
}

static void add_list(struct text *out, struct span value)
{
    struct span item;
    bool first = true;

    for (struct json_walk walk = json_walk_begin(value); json_walk_item(&walk, &item);) {
        if (!first)
            text_add_char(out, ',');
        first = false;
        if (json_walk_type(item) == JSON_STRING)
            admin_json_add_string(out, item);
        else
            add_harmless(out, item);
    }
    if (first)
        text_add_char(out, '-');
}

void admin_json_add(struct text *out, struct span name, struct span value)
{
    switch (json_walk_type(value)) {
    case JSON_STRING:
        if (value.len == 2)
            text_add_char(out, '-');
        else if (!is_moment(name) || !add_local_time(out, value))
            admin_json_add_string(out, value);
        break;
    case JSON_ARRAY:
        add_list(out, value);
        break;
    case JSON_TRUE:
        text_add(out, SPAN("yes"));
        break;
    case JSON_FALSE:
        text_add(out, SPAN("no"));
        break;
    case JSON_NULL:
        text_add_char(out, '-');
        break;
    case JSON_OBJECT:
    case JSON_NUMBER:
        add_harmless(out, value);
        break;
    }
}
