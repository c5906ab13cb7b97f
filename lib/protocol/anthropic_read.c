/* A client's request: all but its messages and tools. */
#include "lib/base/err.h"
#include "lib/protocol/anthropic_inner.h"
#include "lib/protocol/hub_text.h"

/* --- where we are ----------------------------------------------------------------------------- */

size_t anthropic_enter(struct anthropic_reading *reading, struct span member)
{
    size_t mark = reading->path.len;

    text_add(&reading->path, member);
    text_add_char(&reading->path, '.');
    return mark;
}

size_t anthropic_enter_item(struct anthropic_reading *reading, struct span list, size_t index)
{
    return hub_enter_item(&reading->path, list, index);
}

void anthropic_leave(struct anthropic_reading *reading, size_t mark)
{
    reading->path.len = mark;
    reading->path.err = 0;
}

int anthropic_refuse(struct anthropic_reading *reading, int err, struct span member,
                     struct span detail)
{
    text_add(&reading->path, member);
    return hub_refuse(reading->notes, err, text_span(&reading->path), detail);
}

int anthropic_check(struct anthropic_reading *reading, int err, struct span member)
{
    return err == 0 || err == ERR_NO_MEMORY
               ? err
               : anthropic_refuse(reading, ERR_INVALID, member, SPAN(""));
}

static int drop(struct anthropic_reading *reading, struct span member)
{
    size_t mark = reading->path.len;
    size_t room = reading->path.cap - mark;
    int err;

    /* Clients choose unknown names as long as they like. */
    text_add(&reading->path, (struct span){member.ptr, member.len < room ? member.len : room});
    err = hub_drop(reading->notes, text_span(&reading->path));
    anthropic_leave(reading, mark);
    return err;
}

int anthropic_read_fields(struct anthropic_reading *reading, const struct json_node *object,
                          const struct anthropic_field *fields, size_t count)
{
    int err = 0;

    JSON_EACH(member, object)
    {
        size_t i = 0;

        if (member->type == JSON_NULL)
            continue;
        while (i < count && !hub_equal(member->key, fields[i].name))
            i++;
        if (i == count)
            err = drop(reading, member->key);
        else if (fields[i].read != NULL)
            err = fields[i].read(reading, member);
        if (err != 0)
            return err;
    }
    return 0;
}

uint8_t anthropic_cache_of(const struct json_node *node)
{
    const struct json_node *cache = json_member(node, SPAN("cache_control"));

    if (!json_is(cache, JSON_OBJECT))
        return HUB_CACHE_NONE;
    return json_is_text(json_member(cache, SPAN("ttl")), SPAN("1h")) ? HUB_CACHE_1H : HUB_CACHE_5M;
}

/* --- members ---------------------------------------------------------------------------------- */

static int read_max_tokens(struct anthropic_reading *reading, const struct json_node *value)
{
    struct hub_request *out = reading->out;

    if (!json_count(value, &out->max_tokens))
        return anthropic_refuse(reading, ERR_INVALID, SPAN("max_tokens"), SPAN(""));
    if (out->max_tokens == 0)
        return anthropic_refuse(reading, ERR_UNTRANSLATABLE, SPAN("max_tokens"),
                                SPAN("The provider takes no request for 0 tokens."));
    out->has_max_tokens = true;
    return 0;
}

static int read_number(struct anthropic_reading *reading, const struct json_node *value,
                       struct span *out)
{
    if (!json_is(value, JSON_NUMBER))
        return anthropic_refuse(reading, ERR_INVALID, value->key, SPAN(""));
    *out = value->raw;
    return 0;
}

static int read_temperature(struct anthropic_reading *reading, const struct json_node *value)
{
    return read_number(reading, value, &reading->out->temperature);
}

static int read_top_p(struct anthropic_reading *reading, const struct json_node *value)
{
    return read_number(reading, value, &reading->out->top_p);
}

static int read_top_k(struct anthropic_reading *reading, const struct json_node *value)
{
    return read_number(reading, value, &reading->out->top_k);
}

static int read_stream(struct anthropic_reading *reading, const struct json_node *value)
{
    if (!json_is(value, JSON_TRUE) && !json_is(value, JSON_FALSE))
        return anthropic_refuse(reading, ERR_INVALID, SPAN("stream"), SPAN(""));
    reading->out->stream = json_is_true(value);
    return 0;
}

static int read_stops(struct anthropic_reading *reading, const struct json_node *value)
{
    struct hub_request *out = reading->out;

    if (!json_is(value, JSON_ARRAY) || value->count > HUB_STOPS_MAX)
        return anthropic_refuse(reading, ERR_INVALID, SPAN("stop_sequences"), SPAN(""));
    out->stop_count = 0;
    JSON_EACH(stop, value)
    {
        if (!json_is(stop, JSON_STRING))
            return anthropic_refuse(reading, ERR_INVALID, SPAN("stop_sequences"), SPAN(""));
        if (stop->raw.len > 0)
            out->stops[out->stop_count++] = stop->raw;
    }
    return 0;
}

static int read_user_id(struct anthropic_reading *reading, const struct json_node *value)
{
    reading->out->user = json_text(value);
    return 0;
}

static int read_metadata(struct anthropic_reading *reading, const struct json_node *value)
{
    static const struct anthropic_field fields[] = {{{"user_id", 7}, read_user_id}};
    size_t mark = anthropic_enter(reading, SPAN("metadata"));
    int err = anthropic_read_fields(reading, value, fields, 1);

    anthropic_leave(reading, mark);
    return err;
}

static int read_service_tier(struct anthropic_reading *reading, const struct json_node *value)
{
    bool is_standard = json_is_text(value, SPAN("standard_only"));

    if (!is_standard && !json_is_text(value, SPAN("auto")))
        return anthropic_refuse(reading, ERR_INVALID, SPAN("service_tier"), SPAN(""));
    reading->out->service_tier = is_standard ? SPAN("default") : SPAN("auto");
    return 0;
}

/* Tools of a server that the provider calls. */
static int refuse_servers(struct anthropic_reading *reading, const struct json_node *value)
{
    if (value->count == 0)
        return 0;
    return anthropic_refuse(reading, ERR_UNTRANSLATABLE, SPAN("mcp_servers"), SPAN(""));
}

/* --- reasoning and format --------------------------------------------------------------------- */

static void read_display(struct hub_reasoning *reasoning, const struct json_node *thinking)
{
    bool is_omitted = json_is_text(json_member(thinking, SPAN("display")), SPAN("omitted"));

    reasoning->shown = is_omitted ? HUB_NO : HUB_YES;
}

static int read_thinking(struct anthropic_reading *reading, const struct json_node *value)
{
    struct hub_reasoning *reasoning = &reading->out->reasoning;
    const struct json_node *type = json_member(value, SPAN("type"));
    enum hub_effort effort;

    if (json_is_text(type, SPAN("disabled"))) {
        reasoning->effort = HUB_EFFORT_NONE;
        return 0;
    }
    read_display(reasoning, value);
    if (json_is_text(type, SPAN("adaptive")) || json_is_text(type, SPAN("between_tools"))) {
        reasoning->is_adaptive = true;
        return 0;
    }
    if (!json_is_text(type, SPAN("enabled")))
        return anthropic_refuse(reading, ERR_INVALID, SPAN("thinking.type"), SPAN(""));
    if (!json_count(json_member(value, SPAN("budget_tokens")), &reasoning->budget))
        return anthropic_refuse(reading, ERR_INVALID, SPAN("thinking.budget_tokens"), SPAN(""));
    reasoning->has_budget = true;
    effort = hub_effort_of_budget(reasoning->budget);
    reasoning->effort = (uint8_t)effort;
    return 0;
}

static int read_effort(struct anthropic_reading *reading, const struct json_node *value)
{
    enum hub_effort effort = hub_effort_of(json_text(value));

    reading->effort = (uint8_t)effort;
    if (effort == HUB_EFFORT_UNSET)
        return anthropic_refuse(reading, ERR_INVALID, SPAN("effort"), SPAN(""));
    return 0;
}

static int read_format(struct anthropic_reading *reading, const struct json_node *value)
{
    const struct json_node *schema = json_member(value, SPAN("schema"));
    size_t mark = anthropic_enter(reading, value->key);

    if (!json_is_text(json_member(value, SPAN("type")), SPAN("json_schema")))
        return anthropic_refuse(reading, ERR_INVALID, SPAN("type"), SPAN(""));
    if (!json_is(schema, JSON_OBJECT))
        return anthropic_refuse(reading, ERR_INVALID, SPAN("schema"), SPAN(""));
    anthropic_leave(reading, mark);
    reading->out->format = HUB_FORMAT_SCHEMA;
    reading->out->format_strict = HUB_YES;
    reading->out->format_schema = schema->raw;
    return 0;
}

static int read_output_config(struct anthropic_reading *reading, const struct json_node *value)
{
    static const struct anthropic_field fields[] = {
        {{"effort", 6}, read_effort},
        {{"format", 6}, read_format},
    };
    size_t mark = anthropic_enter(reading, SPAN("output_config"));
    int err = anthropic_read_fields(reading, value, fields, sizeof(fields) / sizeof(fields[0]));

    anthropic_leave(reading, mark);
    return err;
}

/* --- all of it -------------------------------------------------------------------------------- */

/** X(member, who reads it); what NULL stands for is read elsewhere. */
#define FIELD_MAP(X)                        \
    X("model", NULL)                        \
    X("messages", anthropic_read_messages)  \
    X("system", NULL)                       \
    X("max_tokens", read_max_tokens)        \
    X("tools", anthropic_read_tools)        \
    X("tool_choice", anthropic_read_choice) \
    X("temperature", read_temperature)      \
    X("top_p", read_top_p)                  \
    X("top_k", read_top_k)                  \
    X("stop_sequences", read_stops)         \
    X("stream", read_stream)                \
    X("thinking", read_thinking)            \
    X("output_config", read_output_config)  \
    X("output_format", read_format)         \
    X("metadata", read_metadata)            \
    X("service_tier", read_service_tier)    \
    X("cache_control", NULL)                \
    X("mcp_servers", refuse_servers)

/** A cache point of the whole request stands behind its last block. */
static void cache_last(const struct json_node *root, const struct hub_request *request)
{
    uint8_t cache = anthropic_cache_of(root);

    if (cache != HUB_CACHE_NONE && request->last != NULL && request->last->blocks.last != NULL)
        request->last->blocks.last->cache = cache;
}

int anthropic_read_request(struct region *memory, const struct json_node *root,
                           struct hub_request *out, struct hub_notes *notes)
{
    static const struct anthropic_field fields[] = {
#define X(name, read) {{(name), sizeof(name) - 1}, (read)},
        FIELD_MAP(X)
#undef X
    };
    struct anthropic_reading reading = {.memory = memory, .out = out, .notes = notes};
    const struct json_node *system = json_member(root, SPAN("system"));
    int err = 0;

    reading.path = text_over(reading.path_memory, sizeof(reading.path_memory));
    if (!json_is(json_member(root, SPAN("messages")), JSON_ARRAY))
        return anthropic_refuse(&reading, ERR_INVALID, SPAN("messages"), SPAN(""));
    if (system != NULL)
        err = anthropic_read_system(&reading, system);
    if (err == 0)
        err = anthropic_read_fields(&reading, root, fields, sizeof(fields) / sizeof(fields[0]));
    if (err != 0)
        return err;
    cache_last(root, out);
    if (reading.effort != HUB_EFFORT_UNSET && out->reasoning.effort != HUB_EFFORT_NONE)
        out->reasoning.effort = reading.effort;
    return 0;
}
