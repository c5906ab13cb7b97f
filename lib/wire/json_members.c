#include "lib/wire/json_members.h"

#include "lib/base/err.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool json_members_begin(struct span text)
{
    while (text.len > 0 && is_space(text.ptr[0]))
        text = span_skip(text, 1);
    return text.len > 0 && text.ptr[0] == '{';
}

static bool begin_member(struct json_member *member, const struct json_hit *hit, const char *at)
{
    if (!hit->exact || member->seen)
        return false;
    *member = (struct json_member){.seen = true, .type = hit->type, .raw = {at, 0}};
    return true;
}

static void end_member(struct json_member *member, const char *at)
{
    member->raw = span_from(member->raw.ptr, at);
    if (member->type == JSON_STRING)
        member->raw = (struct span){member->raw.ptr + 1, member->raw.len - 2};
}

int json_members_read(struct span text, const struct json_path *paths, uint32_t count,
                      struct json_member *out)
{
    struct json_scan scan;
    struct json_hit hit;
    const char *cursor = text.ptr;
    const char *end = text.ptr + text.len;

    for (uint32_t i = 0; i < count; i++)
        out[i] = (struct json_member){0};
    if (!json_members_begin(text))
        return ERR_BAD_JSON;
    json_scan_init(&scan, paths, count, JSON_MEMBERS_DEPTH_MAX);
    for (;;) {
        switch (json_scan_next(&scan, &cursor, end, &hit)) {
        case JSON_MORE:
            return json_scan_end(&scan);
        case JSON_VALUE_BEGIN:
            if (!begin_member(&out[hit.path], &hit, cursor))
                return ERR_BAD_JSON;
            break;
        case JSON_VALUE_END:
            end_member(&out[hit.path], cursor);
            break;
        case JSON_INVALID:
            return ERR_BAD_JSON;
        }
    }
}
