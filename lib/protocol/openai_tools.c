/* A client's request: its tools, and which of them may be called. */
#include "lib/base/err.h"
#include "lib/protocol/hub_text.h"
#include "lib/protocol/openai_inner.h"

/** @param schema_member  what its schema is called, seen from the item */
static int read_function(struct openai_reading *reading, const struct json_node *function,
                         struct span schema_member, enum hub_cache cache)
{
    const struct json_node *schema = json_member(function, SPAN("parameters"));
    const struct json_node *strict = json_member(function, SPAN("strict"));
    struct hub_tool *tool = hub_add_tool(reading->memory, reading->out);

    if (tool == NULL)
        return ERR_NO_MEMORY;
    tool->name = json_text(json_member(function, SPAN("name")));
    tool->description = json_text(json_member(function, SPAN("description")));
    tool->cache = (uint8_t)cache;
    if (strict != NULL)
        tool->strict = json_is_true(strict) ? HUB_YES : HUB_NO;
    if (schema == NULL)
        return 0;
    if (!json_is(schema, JSON_OBJECT))
        return openai_refuse(reading, ERR_INVALID, schema_member, SPAN(""));
    if (schema->count > 0)
        tool->schema = schema->raw;
    return 0;
}

static int read_tool(struct openai_reading *reading, const struct json_node *node)
{
    const struct json_node *type = json_member(node, SPAN("type"));
    const struct json_node *function = json_member(node, SPAN("function"));
    enum hub_cache cache = openai_cache_of(node);

    if (type != NULL && !json_is_text(type, SPAN("function")))
        return openai_refuse(reading, ERR_UNTRANSLATABLE, SPAN("type"),
                             SPAN("Only function tools can be translated."));
    if (json_text(json_member(function, SPAN("name"))).len == 0)
        return openai_refuse(reading, ERR_INVALID, SPAN("function.name"), SPAN(""));
    if (cache == HUB_CACHE_NONE)
        cache = openai_cache_of(function);
    return read_function(reading, function, SPAN("function.parameters"), cache);
}

int openai_read_tools(struct openai_reading *reading, const struct json_node *list)
{
    size_t index = 0;
    int err = 0;

    if (!json_is(list, JSON_ARRAY))
        return openai_refuse(reading, ERR_INVALID, SPAN("tools"), SPAN(""));
    JSON_EACH(node, list)
    {
        size_t mark = openai_enter(reading, SPAN("tools"), index++);

        err = read_tool(reading, node);
        if (err != 0)
            break;
        openai_leave(reading, mark);
    }
    return err;
}

int openai_read_functions(struct openai_reading *reading, const struct json_node *list)
{
    size_t index = 0;
    int err = 0;

    if (!json_is(list, JSON_ARRAY))
        return openai_refuse(reading, ERR_INVALID, SPAN("functions"), SPAN(""));
    if (reading->out->tools != NULL)
        return 0; /* `tools` says it all */
    JSON_EACH(node, list)
    {
        size_t mark = openai_enter(reading, SPAN("functions"), index++);

        if (json_text(json_member(node, SPAN("name"))).len == 0)
            err = openai_refuse(reading, ERR_INVALID, SPAN("name"), SPAN(""));
        else
            err = read_function(reading, node, SPAN("parameters"), openai_cache_of(node));
        if (err != 0)
            break;
        openai_leave(reading, mark);
    }
    return err;
}

/* --- choice ----------------------------------------------------------------------------------- */

/** "auto", "none", "required"; HUB_CHOICE_UNSET for all else. */
static enum hub_choice choice_of(const struct json_node *word)
{
    if (json_is_text(word, SPAN("auto")))
        return HUB_CHOICE_AUTO;
    if (json_is_text(word, SPAN("none")))
        return HUB_CHOICE_NONE;
    return json_is_text(word, SPAN("required")) ? HUB_CHOICE_REQUIRED : HUB_CHOICE_UNSET;
}

static bool is_known(const struct hub_request *request, struct span name)
{
    for (const struct hub_tool *tool = request->tools; tool != NULL; tool = tool->next) {
        if (hub_equal(tool->name, name))
            return true;
    }
    return false;
}

static int choose_named(struct openai_reading *reading, const struct json_node *function,
                        struct span member)
{
    struct hub_request *out = reading->out;

    out->choice = HUB_CHOICE_NAMED;
    out->choice_name = json_text(json_member(function, SPAN("name")));
    return is_known(out, out->choice_name) ? 0
                                           : openai_refuse(reading, ERR_INVALID, member, SPAN(""));
}

static int allow(struct openai_reading *reading, const struct json_node *tool)
{
    struct hub_request *out = reading->out;
    struct span name = json_text(json_member(json_member(tool, SPAN("function")), SPAN("name")));

    if (!is_known(out, name))
        return openai_refuse(reading, ERR_INVALID, SPAN("function.name"), SPAN(""));
    if (out->allowed_count == HUB_STOPS_MAX)
        return openai_refuse(reading, ERR_UNTRANSLATABLE, SPAN(""), SPAN(""));
    out->allowed[out->allowed_count++] = name;
    return 0;
}

static int choose_allowed(struct openai_reading *reading, const struct json_node *choice)
{
    const struct json_node *allowed = json_member(choice, SPAN("allowed_tools"));
    enum hub_choice mode = choice_of(json_member(allowed, SPAN("mode")));
    size_t index = 0;
    int err = 0;

    if (mode != HUB_CHOICE_AUTO && mode != HUB_CHOICE_REQUIRED)
        return openai_refuse(reading, ERR_INVALID, SPAN("tool_choice.allowed_tools.mode"),
                             SPAN(""));
    reading->out->choice = (uint8_t)mode;
    JSON_EACH(tool, json_member(allowed, SPAN("tools")))
    {
        size_t mark = openai_enter(reading, SPAN("tool_choice.allowed_tools.tools"), index++);

        err = allow(reading, tool);
        if (err != 0)
            break;
        openai_leave(reading, mark);
    }
    if (err == 0 && index == 0)
        return openai_refuse(reading, ERR_INVALID, SPAN("tool_choice.allowed_tools.tools"),
                             SPAN(""));
    return err;
}

int openai_read_choice(struct openai_reading *reading, const struct json_node *choice)
{
    const struct json_node *type = json_member(choice, SPAN("type"));
    enum hub_choice word = choice_of(choice);

    if (word != HUB_CHOICE_UNSET) {
        reading->out->choice = (uint8_t)word;
        return 0;
    }
    if (json_is_text(type, SPAN("function")))
        return choose_named(reading, json_member(choice, SPAN("function")),
                            SPAN("tool_choice.function.name"));
    if (json_is_text(type, SPAN("allowed_tools")))
        return choose_allowed(reading, choice);
    return openai_refuse(reading,
                         json_is_text(type, SPAN("custom")) ? ERR_UNTRANSLATABLE : ERR_INVALID,
                         SPAN("tool_choice"), SPAN(""));
}

int openai_read_function_call(struct openai_reading *reading, const struct json_node *choice)
{
    enum hub_choice word = choice_of(choice);

    if (json_is(choice, JSON_OBJECT))
        return choose_named(reading, choice, SPAN("function_call.name"));
    if (word != HUB_CHOICE_AUTO && word != HUB_CHOICE_NONE)
        return openai_refuse(reading, ERR_INVALID, SPAN("function_call"), SPAN(""));
    reading->out->choice = (uint8_t)word;
    return 0;
}
