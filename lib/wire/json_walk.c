#include "lib/wire/json_walk.h"

#include "lib/wire/bytes.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool json_is_whole(struct span text, uint16_t depth_max)
{
    struct json_scan scan;
    struct json_hit hit;
    const char *cursor = text.ptr;

    json_scan_init(&scan, NULL, 0, depth_max);
    return json_scan_next(&scan, &cursor, text.ptr + text.len, &hit) == JSON_MORE &&
           json_scan_end(&scan) == 0;
}

struct span json_trim(struct span text)
{
    while (text.len > 0 && is_blank(text.ptr[0]))
        text = span_skip(text, 1);
    while (text.len > 0 && is_blank(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

/* Also over the separators, which json_scan has seen to stand where they belong. */
static const char *skip_between(const char *p, const char *end)
{
    while (p != end && (is_blank(*p) || *p == ',' || *p == ':'))
        p++;
    return p;
}

/* From the opening quote to behind the closing one. */
static const char *skip_string(const char *p, const char *end)
{
    p++;
    while (p != end) {
        p = bytes_skip_json_text(p, end);
        if (p == end || *p == '"')
            break;
        p += end - p > 1 ? 2 : 1;
    }
    return p == end ? end : p + 1;
}

static const char *skip_container(const char *p, const char *end)
{
    unsigned depth = 0;

    while (p != end) {
        if (*p == '"') {
            p = skip_string(p, end);
            continue;
        }
        if (*p == '{' || *p == '[')
            depth++;
        if ((*p == '}' || *p == ']') && --depth == 0)
            return p + 1;
        p++;
    }
    return end;
}

static const char *skip_word(const char *p, const char *end)
{
    while (p != end && !is_blank(*p) && *p != ',' && *p != '}' && *p != ']')
        p++;
    return p;
}

struct span json_walk_value(struct span text)
{
    const char *end = text.ptr + text.len;
    const char *begin = skip_between(text.ptr, end);

    if (begin == end)
        return span_from(end, end);
    if (*begin == '"')
        return span_from(begin, skip_string(begin, end));
    if (*begin == '{' || *begin == '[')
        return span_from(begin, skip_container(begin, end));
    return span_from(begin, skip_word(begin, end));
}

enum json_type json_walk_type(struct span value)
{
    switch (value.len == 0 ? 'n' : value.ptr[0]) {
    case '{':
        return JSON_OBJECT;
    case '[':
        return JSON_ARRAY;
    case '"':
        return JSON_STRING;
    case 't':
        return JSON_TRUE;
    case 'f':
        return JSON_FALSE;
    case 'n':
        return JSON_NULL;
    default:
        return JSON_NUMBER;
    }
}

struct json_walk json_walk_begin(struct span value)
{
    return (struct json_walk){value.ptr + 1, value.ptr + value.len - 1};
}

bool json_walk_item(struct json_walk *walk, struct span *value)
{
    *value = json_walk_value(span_from(walk->at, walk->end));
    walk->at = value->ptr + value->len;
    return value->len > 0;
}

bool json_walk_member(struct json_walk *walk, struct span *name, struct span *value)
{
    struct span quoted;

    if (!json_walk_item(walk, &quoted))
        return false;
    *name = (struct span){quoted.ptr + 1, quoted.len - 2};
    return json_walk_item(walk, value);
}
