/* A request for a provider: its tools, and which of them may be called. */
#include "lib/base/err.h"
#include "lib/protocol/hub_fields.h"
#include "lib/protocol/hub_text.h"
#include "lib/protocol/openai_inner.h"

#define JSON_TOOL "\"function\":{\"name\":\"json_response\""

static bool is_allowed(const struct hub_request *request, struct span name)
{
    for (uint32_t i = 0; i < request->allowed_count; i++) {
        if (hub_equal(request->allowed[i], name))
            return true;
    }
    return request->allowed_count == 0;
}

/* MCP servers leave `properties` out where there are none, and OpenAI refuses an object without. */
static int write_parameters(struct openai_writing *writing, struct span schema)
{
    size_t mark = region_mark(writing->memory);
    const struct json_node *root;
    int err;

    if (schema.len == 0)
        return 0;
    err = json_tape_read(writing->memory, schema, JSON_DEPTH_MAX, UINT32_MAX, &root);
    if (err != 0)
        return err;
    if (json_is_text(json_member(root, SPAN("type")), SPAN("object")) &&
        json_member_or_null(root, SPAN("properties")) == NULL) {
        schema.len--;
        openai_add_value(writing->out, SPAN("parameters"), schema);
        text_add(writing->out, SPAN(",\"properties\":{}}"));
    } else {
        openai_add_value(writing->out, SPAN("parameters"), schema);
    }
    region_cut(writing->memory, mark);
    return 0;
}

static int write_tool(struct openai_writing *writing, const struct hub_tool *tool)
{
    struct text *out = writing->out;
    int err;

    text_add(out, SPAN("{\"type\":\"function\",\"function\":{\"name\":\""));
    text_add(out, tool->name);
    text_add_char(out, '"');
    openai_add_string(out, SPAN("description"), tool->description);
    err = write_parameters(writing, tool->schema);
    if (err != 0)
        return err;
    if (tool->strict != HUB_UNSET)
        openai_add_value(out, SPAN("strict"),
                         tool->strict == HUB_YES ? SPAN("true") : SPAN("false"));
    text_add(out, SPAN("}}"));
    return tool->cache == HUB_CACHE_NONE ? 0 : hub_drop_field(writing->notes, HUB_FIELD_CACHE);
}

/* OpenAI's own `allowed_tools` keeps the prompt cache; other servers do not know it, and get no
 * other tools than these. */
static bool has_native_subset(const struct openai_writing *writing)
{
    return writing->target->provider == PROVIDER_OPENAI && writing->request->allowed_count > 0;
}

static void write_subset(struct openai_writing *writing)
{
    const struct hub_request *request = writing->request;
    struct text *out = writing->out;

    text_add(out,
             SPAN(",\"tool_choice\":{\"type\":\"allowed_tools\",\"allowed_tools\":{\"mode\":"));
    text_add(out, request->choice == HUB_CHOICE_REQUIRED ? SPAN("\"required\"") : SPAN("\"auto\""));
    text_add(out, SPAN(",\"tools\":["));
    for (uint32_t i = 0; i < request->allowed_count; i++) {
        text_add(out, i == 0 ? SPAN("") : SPAN(","));
        text_add(out, SPAN("{\"type\":\"function\",\"function\":{\"name\":\""));
        text_add(out, request->allowed[i]);
        text_add(out, SPAN("\"}}"));
    }
    text_add(out, SPAN("]}}"));
}

static void write_choice(struct openai_writing *writing)
{
    const struct hub_request *request = writing->request;

    switch ((enum hub_choice)request->choice) {
    case HUB_CHOICE_UNSET:
        break;
    case HUB_CHOICE_AUTO:
        openai_add_string(writing->out, SPAN("tool_choice"), SPAN("auto"));
        break;
    case HUB_CHOICE_REQUIRED:
        openai_add_string(writing->out, SPAN("tool_choice"), SPAN("required"));
        break;
    case HUB_CHOICE_NONE:
        openai_add_string(writing->out, SPAN("tool_choice"), SPAN("none"));
        break;
    case HUB_CHOICE_NAMED:
        text_add(writing->out,
                 SPAN(",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\""));
        text_add(writing->out, request->choice_name);
        text_add(writing->out, SPAN("\"}}"));
        break;
    }
}

static int write_parallel(struct openai_writing *writing)
{
    uint8_t parallel = writing->request->parallel;

    if (parallel == HUB_UNSET)
        return 0;
    if (writing->target->traits.parallel_tools) {
        openai_add_value(writing->out, SPAN("parallel_tool_calls"),
                         parallel == HUB_YES ? SPAN("true") : SPAN("false"));
        return 0;
    }
    return parallel == HUB_YES ? 0 : hub_drop_field(writing->notes, HUB_FIELD_PARALLEL);
}

/* The only tool there is: its arguments are the answer. */
static void write_json_tool(struct openai_writing *writing)
{
    struct text *out = writing->out;

    text_add(out, SPAN(",\"tools\":[{\"type\":\"function\"," JSON_TOOL));
    openai_add_value(out, SPAN("parameters"), writing->request->format_schema);
    text_add(out, SPAN("}}],\"tool_choice\":{\"type\":\"function\"," JSON_TOOL "}}"));
}

/* Without tools nothing may be said of them: OpenAI refuses an empty list, a choice and the flag. */
int openai_write_tools(struct openai_writing *writing)
{
    const struct hub_request *request = writing->request;
    bool is_native = has_native_subset(writing);
    bool is_first = true;
    int err = 0;

    if (request->json_tool)
        write_json_tool(writing);
    for (const struct hub_tool *tool = request->tools; tool != NULL && err == 0;
         tool = tool->next) {
        if (!is_native && !is_allowed(request, tool->name))
            continue;
        text_add(writing->out, is_first ? SPAN(",\"tools\":[") : SPAN(","));
        is_first = false;
        err = write_tool(writing, tool);
    }
    if (is_first || err != 0)
        return err;
    text_add_char(writing->out, ']');
    if (is_native)
        write_subset(writing);
    else
        write_choice(writing);
    return write_parallel(writing);
}
