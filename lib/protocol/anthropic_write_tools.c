/* A request for a provider: its tools, and which of them are to be called. */
#include "lib/base/err.h"
#include "lib/protocol/anthropic_inner.h"
#include "lib/protocol/hub_fields.h"
#include "lib/protocol/hub_text.h"

#define JSON_TOOL_NAME "json_response"

static bool is_allowed(const struct hub_request *request, const struct hub_tool *tool)
{
    for (uint32_t i = 0; i < request->allowed_count; i++) {
        if (hub_equal(request->allowed[i], tool->name))
            return true;
    }
    return request->allowed_count == 0;
}

/** `{}` says nothing, and a schema must say that it is an object. */
static struct span schema_of(struct span schema)
{
    for (size_t i = 1; i + 1 < schema.len; i++) {
        if ((unsigned char)schema.ptr[i] > ' ')
            return schema;
    }
    return SPAN("{\"type\":\"object\",\"properties\":{}}");
}

static void write_strict(const struct anthropic_writing *writing, const struct hub_tool *tool)
{
    if (tool->strict != HUB_YES)
        return;
    if (writing->target->traits.structured_output == STRUCTURED_NATIVE)
        text_add(writing->out, SPAN(",\"strict\":true"));
    else
        (void)hub_drop_field(writing->notes, HUB_FIELD_TOOL_STRICT);
}

static void write_tool(const struct anthropic_writing *writing, const struct hub_tool *tool)
{
    struct text *out = writing->out;

    text_add(out, SPAN("{\"name\":\""));
    text_add(out, tool->name);
    text_add_char(out, '"');
    if (!hub_is_blank(tool->description))
        anthropic_add_string(out, SPAN("description"), tool->description);
    anthropic_add_value(out, SPAN("input_schema"), schema_of(tool->schema));
    write_strict(writing, tool);
    anthropic_write_cache(out, (enum hub_cache)tool->cache);
    text_add_char(out, '}');
}

static void write_choice(const struct anthropic_writing *writing)
{
    static const struct span words[] = {
        [HUB_CHOICE_UNSET] = {"auto", 4},   [HUB_CHOICE_AUTO] = {"auto", 4},
        [HUB_CHOICE_REQUIRED] = {"any", 3}, [HUB_CHOICE_NAMED] = {"tool", 4},
        [HUB_CHOICE_NONE] = {"none", 4},
    };
    const struct hub_request *request = writing->request;
    bool one_by_one = request->parallel == HUB_NO && request->choice != HUB_CHOICE_NONE;
    struct text *out = writing->out;

    if (request->choice == HUB_CHOICE_UNSET && !one_by_one)
        return;
    text_add(out, SPAN(",\"tool_choice\":{\"type\":\""));
    text_add(out, words[request->choice]);
    text_add_char(out, '"');
    if (request->choice == HUB_CHOICE_NAMED)
        anthropic_add_string(out, SPAN("name"), request->choice_name);
    if (one_by_one)
        text_add(out, SPAN(",\"disable_parallel_tool_use\":true"));
    text_add_char(out, '}');
}

/** The model is made to answer by calling a tool whose arguments are what was asked for. */
static void write_json_tool(const struct anthropic_writing *writing)
{
    text_add(writing->out, SPAN(",\"tools\":[{\"name\":\"" JSON_TOOL_NAME
                                "\",\"description\":\"Gives the answer.\",\"input_schema\":"));
    text_add(writing->out, schema_of(writing->request->format_schema));
    text_add(writing->out, SPAN("}],\"tool_choice\":{\"type\":\"tool\",\"name\":\"" JSON_TOOL_NAME
                                "\",\"disable_parallel_tool_use\":true}"));
}

/** Each name that is asked for must be a tool's. */
static bool knows(const struct hub_request *request, struct span name)
{
    for (const struct hub_tool *tool = request->tools; tool != NULL; tool = tool->next) {
        if (hub_equal(tool->name, name))
            return true;
    }
    return false;
}

static int check_names(const struct anthropic_writing *writing)
{
    const struct hub_request *request = writing->request;
    bool is_known = request->choice != HUB_CHOICE_NAMED || knows(request, request->choice_name);

    for (uint32_t i = 0; i < request->allowed_count; i++)
        is_known = is_known && knows(request, request->allowed[i]);
    return is_known ? 0
                    : hub_refuse_field(writing->notes, HUB_FIELD_TOOL_CHOICE,
                                       SPAN("There is no tool of that name."));
}

int anthropic_write_tools(struct anthropic_writing *writing)
{
    const struct hub_request *request = writing->request;
    bool has_one = false;
    int err;

    if (request->json_tool)
        write_json_tool(writing);
    if (request->tools == NULL)
        return 0;
    err = check_names(writing);
    if (err != 0)
        return err;
    for (const struct hub_tool *tool = request->tools; tool != NULL; tool = tool->next) {
        if (!is_allowed(request, tool))
            continue;
        text_add(writing->out, has_one ? SPAN(",") : SPAN(",\"tools\":["));
        write_tool(writing, tool);
        has_one = true;
    }
    text_add_char(writing->out, ']');
    write_choice(writing);
    return writing->notes->err;
}
