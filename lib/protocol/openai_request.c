/* A client's request: its top-level members. */
#include "lib/base/err.h"
#include "lib/protocol/hub_text.h"
#include "lib/protocol/openai_inner.h"

#include <stddef.h>

/* --- where something is wrong ----------------------------------------------------------------- */

size_t openai_enter(struct openai_reading *reading, struct span list, size_t index)
{
    return hub_enter_item(&reading->path, list, index);
}

void openai_leave(struct openai_reading *reading, size_t mark)
{
    reading->path.len = mark;
    reading->path.err = 0;
}

int openai_refuse(struct openai_reading *reading, int err, struct span member, struct span detail)
{
    struct text *path = &reading->path;

    if (member.len == 0 && path->len > 0)
        path->len--; /* the full stop behind which a member would stand */
    text_add(path, member);
    return hub_refuse(reading->notes, err, text_span(path), detail);
}

int openai_check(struct openai_reading *reading, int err, struct span member)
{
    return err == ERR_INVALID ? openai_refuse(reading, ERR_INVALID, member, SPAN("")) : err;
}

/* --- members ---------------------------------------------------------------------------------- */

struct field {
    struct span name;
    int (*read)(struct openai_reading *reading, const struct field *field,
                const struct json_node *value);
    size_t offset; /* in struct hub_request, of a span that the value goes into */
};

static struct span *span_at(struct hub_request *request, size_t offset)
{
    char *base = (char *)request;
    void *at = base + offset;

    return at;
}

static int invalid(struct openai_reading *reading, const struct field *field)
{
    return openai_refuse(reading, ERR_INVALID, field->name, SPAN(""));
}

static int unsupported(struct openai_reading *reading, const struct field *field)
{
    return openai_refuse(reading, ERR_UNTRANSLATABLE, field->name, SPAN(""));
}

static bool is_bool(const struct json_node *value)
{
    return json_is(value, JSON_TRUE) || json_is(value, JSON_FALSE);
}

static int read_nothing(struct openai_reading *reading, const struct field *field,
                        const struct json_node *value)
{
    (void)reading;
    (void)field;
    (void)value;
    return 0;
}

static int read_dropped(struct openai_reading *reading, const struct field *field,
                        const struct json_node *value)
{
    (void)value;
    return hub_drop(reading->notes, field->name);
}

static int read_refused(struct openai_reading *reading, const struct field *field,
                        const struct json_node *value)
{
    (void)value;
    return unsupported(reading, field);
}

static int read_number(struct openai_reading *reading, const struct field *field,
                       const struct json_node *value)
{
    if (!json_is(value, JSON_NUMBER))
        return invalid(reading, field);
    *span_at(reading->out, field->offset) = value->raw;
    return 0;
}

static int read_string(struct openai_reading *reading, const struct field *field,
                       const struct json_node *value)
{
    if (!json_is(value, JSON_STRING))
        return invalid(reading, field);
    *span_at(reading->out, field->offset) = value->raw;
    return 0;
}

static int read_messages(struct openai_reading *reading, const struct field *field,
                         const struct json_node *value)
{
    (void)field;
    return openai_read_messages(reading, value);
}

static int read_ceiling(struct openai_reading *reading, const struct field *field,
                        const struct json_node *value)
{
    uint64_t tokens;

    if (!json_count(value, &tokens) || tokens == 0)
        return invalid(reading, field);
    reading->out->has_max_tokens = true;
    reading->out->max_tokens = tokens;
    return 0;
}

static int read_stops(struct openai_reading *reading, const struct field *field,
                      const struct json_node *value)
{
    struct hub_request *out = reading->out;

    if (json_is(value, JSON_STRING)) {
        out->stops[out->stop_count++] = value->raw;
        return 0;
    }
    if (!json_is(value, JSON_ARRAY))
        return invalid(reading, field);
    JSON_EACH(stop, value)
    {
        if (!json_is(stop, JSON_STRING))
            return invalid(reading, field);
        if (out->stop_count == HUB_STOPS_MAX)
            return unsupported(reading, field);
        out->stops[out->stop_count++] = stop->raw;
    }
    return 0;
}

static int read_choice_count(struct openai_reading *reading, const struct field *field,
                             const struct json_node *value)
{
    uint64_t count;

    if (!json_count(value, &count) || count == 0)
        return invalid(reading, field);
    return count == 1 ? 0 : unsupported(reading, field);
}

/* What is off means nothing, and what is on cannot be had. */
static int read_off(struct openai_reading *reading, const struct field *field,
                    const struct json_node *value)
{
    if (!is_bool(value))
        return invalid(reading, field);
    return json_is_true(value) ? unsupported(reading, field) : 0;
}

static int read_store(struct openai_reading *reading, const struct field *field,
                      const struct json_node *value)
{
    int err = read_off(reading, field, value);

    return err != 0 ? err : hub_drop(reading->notes, field->name);
}

static int read_logit_bias(struct openai_reading *reading, const struct field *field,
                           const struct json_node *value)
{
    if (!json_is(value, JSON_OBJECT))
        return invalid(reading, field);
    return value->count == 0 ? 0 : unsupported(reading, field);
}

static int read_modalities(struct openai_reading *reading, const struct field *field,
                           const struct json_node *value)
{
    if (!json_is(value, JSON_ARRAY))
        return invalid(reading, field);
    JSON_EACH(modality, value)
    {
        if (!json_is_text(modality, SPAN("text")))
            return unsupported(reading, field);
    }
    return 0;
}

static int read_tools(struct openai_reading *reading, const struct field *field,
                      const struct json_node *value)
{
    (void)field;
    return openai_read_tools(reading, value);
}

static int read_functions(struct openai_reading *reading, const struct field *field,
                          const struct json_node *value)
{
    (void)field;
    return openai_read_functions(reading, value);
}

static int read_choice(struct openai_reading *reading, const struct field *field,
                       const struct json_node *value)
{
    (void)field;
    return openai_read_choice(reading, value);
}

static int read_function_call(struct openai_reading *reading, const struct field *field,
                              const struct json_node *value)
{
    (void)field;
    return openai_read_function_call(reading, value);
}

static int read_parallel(struct openai_reading *reading, const struct field *field,
                         const struct json_node *value)
{
    if (!is_bool(value))
        return invalid(reading, field);
    reading->out->parallel = json_is_true(value) ? HUB_YES : HUB_NO;
    return 0;
}

static int read_schema_format(struct openai_reading *reading, const struct json_node *format)
{
    const struct json_node *inner = json_member(format, SPAN("json_schema"));
    const struct json_node *schema = json_member(inner, SPAN("schema"));
    const struct json_node *strict = json_member(inner, SPAN("strict"));
    struct hub_request *out = reading->out;

    if (!json_is(schema, JSON_OBJECT))
        return openai_refuse(reading, ERR_INVALID, SPAN("response_format.json_schema.schema"),
                             SPAN(""));
    out->format = HUB_FORMAT_SCHEMA;
    out->format_name = json_text(json_member(inner, SPAN("name")));
    out->format_schema = schema->raw;
    if (strict != NULL)
        out->format_strict = json_is_true(strict) ? HUB_YES : HUB_NO;
    if (json_member(inner, SPAN("description")) == NULL)
        return 0;
    return hub_drop(reading->notes, SPAN("response_format.json_schema.description"));
}

static int read_format(struct openai_reading *reading, const struct field *field,
                       const struct json_node *value)
{
    const struct json_node *type = json_member(value, SPAN("type"));

    (void)field;
    if (json_is_text(type, SPAN("json_schema")))
        return read_schema_format(reading, value);
    if (json_is_text(type, SPAN("json_object")))
        reading->out->format = HUB_FORMAT_JSON;
    else if (!json_is_text(type, SPAN("text")))
        return openai_refuse(reading, ERR_INVALID, SPAN("response_format.type"), SPAN(""));
    return 0;
}

static int read_effort(struct openai_reading *reading, const struct field *field,
                       const struct json_node *value)
{
    enum hub_effort effort = hub_effort_of(json_text(value));

    if (effort == HUB_EFFORT_UNSET)
        return invalid(reading, field);
    reading->out->reasoning.effort = (uint8_t)effort;
    return 0;
}

/* OpenRouter's: {"effort", "max_tokens", "exclude", "enabled"}. */
static int read_reasoning(struct openai_reading *reading, const struct field *field,
                          const struct json_node *value)
{
    struct hub_reasoning *out = &reading->out->reasoning;
    const struct json_node *effort = json_member(value, SPAN("effort"));
    const struct json_node *budget = json_member(value, SPAN("max_tokens"));
    const struct json_node *enabled = json_member(value, SPAN("enabled"));
    enum hub_effort amount;

    if (!json_is(value, JSON_OBJECT))
        return invalid(reading, field);
    if (json_is_true(json_member(value, SPAN("exclude"))))
        out->shown = HUB_NO;
    if (json_is(enabled, JSON_FALSE))
        out->effort = HUB_EFFORT_NONE;
    else if (effort != NULL)
        return read_effort(reading, field, effort);
    else if (budget != NULL) {
        if (!json_count(budget, &out->budget))
            return invalid(reading, field);
        out->has_budget = true;
        amount = hub_effort_of_budget(out->budget);
        out->effort = (uint8_t)amount;
    } else if (json_is_true(enabled))
        out->is_adaptive = true;
    return 0;
}

static int read_stream(struct openai_reading *reading, const struct field *field,
                       const struct json_node *value)
{
    if (!is_bool(value))
        return invalid(reading, field);
    reading->out->stream = json_is_true(value);
    return 0;
}

static int read_stream_options(struct openai_reading *reading, const struct field *field,
                               const struct json_node *value)
{
    if (!json_is(value, JSON_OBJECT))
        return invalid(reading, field);
    reading->out->include_usage = json_is_true(json_member(value, SPAN("include_usage")));
    return 0;
}

/**
 * X(NAME, reader, where the value goes). Read in this order: of two that say the same, the later
 * one counts.
 */
#define FIELD_MAP(X)                                    \
    X(model, nothing, 0)                                \
    X(messages, messages, 0)                            \
    X(max_tokens, ceiling, 0)                           \
    X(max_completion_tokens, ceiling, 0)                \
    X(temperature, number, AT(temperature))             \
    X(top_p, number, AT(top_p))                         \
    X(top_k, number, AT(top_k))                         \
    X(frequency_penalty, number, AT(frequency_penalty)) \
    X(presence_penalty, number, AT(presence_penalty))   \
    X(seed, number, AT(seed))                           \
    X(stop, stops, 0)                                   \
    X(n, choice_count, 0)                               \
    X(logprobs, off, 0)                                 \
    X(top_logprobs, dropped, 0)                         \
    X(logit_bias, logit_bias, 0)                        \
    X(modalities, modalities, 0)                        \
    X(audio, dropped, 0)                                \
    X(tools, tools, 0)                                  \
    X(functions, functions, 0)                          \
    X(function_call, function_call, 0)                  \
    X(tool_choice, choice, 0)                           \
    X(parallel_tool_calls, parallel, 0)                 \
    X(response_format, format, 0)                       \
    X(reasoning, reasoning, 0)                          \
    X(reasoning_effort, effort, 0)                      \
    X(web_search_options, refused, 0)                   \
    X(user, string, AT(user))                           \
    X(safety_identifier, string, AT(user))              \
    X(service_tier, string, AT(service_tier))           \
    X(store, store, 0)                                  \
    X(metadata, dropped, 0)                             \
    X(verbosity, dropped, 0)                            \
    X(prediction, dropped, 0)                           \
    X(moderation, dropped, 0)                           \
    X(prompt_cache_key, dropped, 0)                     \
    X(prompt_cache_retention, dropped, 0)               \
    X(prompt_cache_options, dropped, 0)                 \
    X(stream, stream, 0)                                \
    X(stream_options, stream_options, 0)

#define AT(member)              offsetof(struct hub_request, member)
#define X(name, reader, offset) {{#name, sizeof(#name) - 1}, read_##reader, offset},
static const struct field fields[] = {FIELD_MAP(X)};
#undef X

enum { FIELD_COUNT = sizeof(fields) / sizeof(fields[0]) };

static size_t find_field(const struct json_node *member)
{
    size_t i = 0;

    while (i < FIELD_COUNT && !json_is_named(member, fields[i].name))
        i++;
    return i;
}

int openai_read_request(struct region *memory, const struct json_node *root,
                        struct hub_request *out, struct hub_notes *notes)
{
    const struct json_node *values[FIELD_COUNT] = {NULL};
    struct openai_reading reading = {.memory = memory, .out = out, .notes = notes};
    int err = 0;

    reading.path = text_over(reading.path_memory, sizeof(reading.path_memory));
    *out = (struct hub_request){0};
    JSON_EACH(member, root)
    {
        size_t i = find_field(member);

        if (json_is(member, JSON_NULL))
            continue;
        if (i < FIELD_COUNT)
            values[i] = member;
        else
            err = hub_drop(notes, member->key);
        if (err != 0)
            return err;
    }
    for (size_t i = 0; i < FIELD_COUNT && err == 0; i++) {
        if (values[i] != NULL)
            err = fields[i].read(&reading, &fields[i], values[i]);
    }
    if (err == 0 && out->first == NULL)
        return openai_refuse(&reading, ERR_INVALID, SPAN("messages"), SPAN(""));
    return err;
}
