#include "lib/protocol/call.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/wire/url.h"

enum call_path { PATH_MODEL, PATH_STREAM, PATH_OPTIONS, PATH_USAGE, PATH_COUNT };

static const struct json_path paths[PATH_COUNT] = {
    [PATH_MODEL] = {{"model"}},
    [PATH_STREAM] = {{"stream"}},
    [PATH_OPTIONS] = {{"stream_options"}},
    [PATH_USAGE] = {{"stream_options", "include_usage"}},
};

/* A request for token counts may hold a whole other one, which names its model. */
static const struct json_path gemini_paths[] = {
    [PATH_MODEL] = {{"generateContentRequest", "model"}},
};

void call_reader_init(struct call_reader *reader, enum wire_protocol protocol, uint16_t depth_max)
{
    memset(reader, 0, sizeof(*reader));
    reader->protocol = protocol;
    if (protocol == PROTOCOL_GEMINI)
        json_scan_init(&reader->json, gemini_paths, 1, depth_max);
    else
        json_scan_init(&reader->json, paths, PATH_COUNT, depth_max);
}

int call_reader_name(struct call_reader *reader, struct span encoded)
{
    int err = url_decode(encoded, reader->slug_memory, sizeof(reader->slug_memory), &reader->slug);

    if (err == ERR_NO_SPACE)
        reader->slug = (struct span){NULL, 0};
    return err == ERR_NO_SPACE ? 0 : err;
}

static int model_begins(struct call_reader *reader, const struct json_hit *hit)
{
    if (!hit->exact || reader->has_model)
        return ERR_DUPLICATE_MODEL;
    if (hit->type != JSON_STRING)
        return ERR_BAD_MODEL;
    reader->has_model = true;
    reader->model_begin = hit->offset;
    return 0;
}

static int model_ends(struct call_reader *reader, const struct json_hit *hit)
{
    reader->model_end = hit->offset;
    if (!hit->raw_is_whole || reader->protocol == PROTOCOL_GEMINI)
        return 0;
    /* The scanner has seen a well-formed string: all that can fail is its length. */
    if (json_decode_string(hit->raw, reader->slug_memory, LAYOUT_SLUG_BYTES_MAX, &reader->slug) !=
        0)
        reader->slug = (struct span){NULL, 0};
    return 0;
}

static void options_begin(struct call_reader *reader, const struct json_hit *hit)
{
    reader->options_begin = hit->offset;
    reader->has_options_object = hit->type == JSON_OBJECT;
    reader->options_null = hit->type == JSON_NULL;
    reader->usage_begin = 0;
    reader->usage_end = 0;
    reader->include_usage = false;
    reader->refuses_usage = false;
}

static void usage_begins(struct call_reader *reader, const struct json_hit *hit)
{
    reader->usage_begin = hit->offset;
    reader->include_usage = hit->type == JSON_TRUE;
    reader->refuses_usage = hit->type == JSON_FALSE || hit->type == JSON_NULL;
}

static int on_begin(struct call_reader *reader, const struct json_hit *hit)
{
    if (hit->path == PATH_MODEL)
        return model_begins(reader, hit);
    if (!hit->exact)
        return 0;
    if (hit->path == PATH_STREAM)
        reader->stream = hit->type == JSON_TRUE;
    else if (hit->path == PATH_OPTIONS)
        options_begin(reader, hit);
    else
        usage_begins(reader, hit);
    return 0;
}

static int on_end(struct call_reader *reader, const struct json_hit *hit)
{
    if (hit->path == PATH_MODEL)
        return model_ends(reader, hit);
    if (!hit->exact)
        return 0;
    if (hit->path == PATH_OPTIONS) {
        reader->options_end = hit->offset;
        reader->options_empty = hit->is_empty;
    } else if (hit->path == PATH_USAGE) {
        reader->usage_end = hit->offset;
    }
    return 0;
}

/** The root must be an object; where its members begin is a place for edits. */
static int find_root(struct call_reader *reader, struct span bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        char c = bytes.ptr[i];

        if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
            continue;
        if (c != '{')
            return ERR_BAD_JSON;
        reader->object_begin = reader->bytes + i + 1;
        return 0;
    }
    return 0;
}

static int scan(struct call_reader *reader, struct span bytes)
{
    const char *cursor = bytes.ptr;
    const char *end = bytes.ptr + bytes.len;
    int err = 0;

    while (err == 0) {
        struct json_hit hit;

        switch (json_scan_next(&reader->json, &cursor, end, &hit)) {
        case JSON_MORE:
            return 0;
        case JSON_VALUE_BEGIN:
            err = on_begin(reader, &hit);
            break;
        case JSON_VALUE_END:
            err = on_end(reader, &hit);
            break;
        case JSON_INVALID:
            err = ERR_BAD_JSON;
            break;
        }
    }
    return err;
}

int call_reader_feed(struct call_reader *reader, struct span bytes)
{
    if (reader->err != 0 || bytes.len == 0)
        return reader->err;
    if (reader->object_begin == 0)
        reader->err = find_root(reader, bytes);
    if (reader->err == 0)
        reader->err = scan(reader, bytes);
    reader->bytes += bytes.len;
    return reader->err;
}

int call_reader_end(struct call_reader *reader)
{
    if (reader->err == 0)
        reader->err = json_scan_end(&reader->json);
    if (reader->err == 0 && !reader->has_model && reader->protocol != PROTOCOL_GEMINI)
        reader->err = ERR_NO_MODEL;
    return reader->err;
}

/** Where `include_usage` is put into the options that the client sent; `with` NULL for nowhere. */
static struct call_edit options_edit(const struct call_reader *reader)
{
    uint64_t inside = reader->options_begin + 1;

    if (reader->options_null)
        return (struct call_edit){reader->options_begin, reader->options_end,
                                  SPAN("{\"include_usage\":true}")};
    if (reader->has_options_object && reader->usage_end == 0)
        return (struct call_edit){inside, inside,
                                  reader->options_empty ? SPAN("\"include_usage\":true")
                                                        : SPAN("\"include_usage\":true,")};
    if (reader->refuses_usage)
        return (struct call_edit){reader->usage_begin, reader->usage_end, SPAN("true")};
    return (struct call_edit){.with = {NULL, 0}};
}

/**
 * The edit that makes the upstream tell usage in its stream.
 *
 * @return false when there is nothing to do
 */
static bool usage_edit(const struct call_reader *reader, struct call_edit *edit)
{
    if (reader->protocol != PROTOCOL_OPENAI || !reader->stream || reader->include_usage)
        return false;
    if (reader->options_end > 0)
        *edit = options_edit(reader);
    else
        /* Never an empty object: it has `model`. */
        *edit = (struct call_edit){reader->object_begin, reader->object_begin,
                                   SPAN("\"stream_options\":{\"include_usage\":true},")};
    return edit->with.len > 0;
}

static void add_edit(struct call_plan *plan, struct call_edit edit)
{
    plan->edits[plan->edit_count++] = edit;
    plan->bytes += edit.with.len;
    plan->bytes -= edit.end - edit.begin;
}

void call_plan_make(const struct call_reader *reader, struct span upstream_model,
                    struct call_plan *plan)
{
    struct call_edit model = {reader->model_begin, reader->model_end, upstream_model};
    struct call_edit usage;

    INVARIANT(reader->err == 0 && (!reader->has_model || reader->model_end > reader->model_begin));
    *plan = (struct call_plan){.bytes = reader->bytes};
    plan->strip_usage = usage_edit(reader, &usage);
    if (plan->strip_usage && usage.begin < model.begin)
        add_edit(plan, usage);
    if (reader->has_model)
        add_edit(plan, model);
    if (plan->strip_usage && usage.begin > model.begin)
        add_edit(plan, usage);
}
