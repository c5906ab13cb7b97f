/* A client's request: its tools, and which of them it wants called. */
#include "lib/base/err.h"
#include "lib/protocol/anthropic_inner.h"

static const char *const tool_members[] = {"type",         "name",   "description",
                                           "input_schema", "strict", "cache_control"};

/** What tells a provider how to handle a tool, and nothing of the tool. */
static int drop_others(struct anthropic_reading *reading, const struct json_node *node)
{
    JSON_EACH(member, node)
    {
        char memory[64];
        struct text name = text_over(memory, sizeof(memory));
        size_t i = 0;

        while (i < sizeof(tool_members) / sizeof(tool_members[0]) &&
               !span_equal(member->key, span_of(tool_members[i])))
            i++;
        if (i < sizeof(tool_members) / sizeof(tool_members[0]) || member->type == JSON_NULL)
            continue;
        text_add(&name, SPAN("tools."));
        text_add(&name, member->key);
        if (hub_drop(reading->notes, text_span(&name)) != 0)
            return reading->notes->err;
    }
    return 0;
}

static int read_tool(struct anthropic_reading *reading, const struct json_node *node)
{
    const struct json_node *type = json_member(node, SPAN("type"));
    const struct json_node *schema = json_member(node, SPAN("input_schema"));
    const struct json_node *strict = json_member(node, SPAN("strict"));
    struct hub_tool *tool;

    if (type != NULL && !json_is_text(type, SPAN("custom")))
        return anthropic_refuse(reading, ERR_UNTRANSLATABLE, SPAN("type"),
                                SPAN("Only tools of the client's own can be translated."));
    tool = hub_add_tool(reading->memory, reading->out);
    if (tool == NULL)
        return ERR_NO_MEMORY;
    tool->name = json_text(json_member(node, SPAN("name")));
    tool->description = json_text(json_member(node, SPAN("description")));
    tool->cache = anthropic_cache_of(node);
    if (tool->name.len == 0)
        return anthropic_refuse(reading, ERR_INVALID, SPAN("name"), SPAN(""));
    if (schema != NULL && !json_is(schema, JSON_OBJECT))
        return anthropic_refuse(reading, ERR_INVALID, SPAN("input_schema"), SPAN(""));
    if (schema != NULL)
        tool->schema = schema->raw;
    if (strict != NULL)
        tool->strict = json_is_true(strict) ? HUB_YES : HUB_NO;
    return drop_others(reading, node);
}

int anthropic_read_tools(struct anthropic_reading *reading, const struct json_node *value)
{
    size_t index = 0;

    if (!json_is(value, JSON_ARRAY))
        return anthropic_refuse(reading, ERR_INVALID, SPAN("tools"), SPAN(""));
    JSON_EACH(node, value)
    {
        size_t mark = anthropic_enter_item(reading, SPAN("tools"), index++);
        int err = read_tool(reading, node);

        if (err != 0)
            return err;
        anthropic_leave(reading, mark);
    }
    return 0;
}

int anthropic_read_choice(struct anthropic_reading *reading, const struct json_node *value)
{
    static const struct {
        struct span word;
        enum hub_choice choice;
    } rows[] = {
        {{"auto", 4}, HUB_CHOICE_AUTO},
        {{"any", 3}, HUB_CHOICE_REQUIRED},
        {{"tool", 4}, HUB_CHOICE_NAMED},
        {{"none", 4}, HUB_CHOICE_NONE},
    };
    const struct json_node *type = json_member(value, SPAN("type"));
    struct hub_request *out = reading->out;

    out->choice = HUB_CHOICE_UNSET;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (json_is_text(type, rows[i].word))
            out->choice = (uint8_t)rows[i].choice;
    }
    if (out->choice == HUB_CHOICE_UNSET)
        return anthropic_refuse(reading, ERR_INVALID, SPAN("tool_choice.type"), SPAN(""));
    out->choice_name = json_text(json_member(value, SPAN("name")));
    if (out->choice == HUB_CHOICE_NAMED && out->choice_name.len == 0)
        return anthropic_refuse(reading, ERR_INVALID, SPAN("tool_choice.name"), SPAN(""));
    if (json_is_true(json_member(value, SPAN("disable_parallel_tool_use"))))
        out->parallel = HUB_NO;
    return 0;
}
