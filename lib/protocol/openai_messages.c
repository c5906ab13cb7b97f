/* A client's request: its messages. */
#include "lib/base/err.h"
#include "lib/protocol/openai_inner.h"

static int missing(struct openai_reading *reading, struct span member)
{
    return openai_refuse(reading, ERR_INVALID, member, SPAN(""));
}

/* Only OpenAI tells participants of one role apart. */
static int drop_name(struct openai_reading *reading, const struct json_node *message)
{
    return json_member(message, SPAN("name")) == NULL
               ? 0
               : hub_drop(reading->notes, SPAN("messages[].name"));
}

/* The cache point of a message whose content is a string stands behind all of it. */
static void cache_message(const struct json_node *node, struct hub_message *message)
{
    enum hub_cache cache = openai_cache_of(node);

    if (cache != HUB_CACHE_NONE && message->blocks.last != NULL)
        message->blocks.last->cache = (uint8_t)cache;
}

static int read_plain(struct openai_reading *reading, const struct json_node *node,
                      enum hub_role role, enum openai_parts parts)
{
    const struct json_node *content = json_member(node, SPAN("content"));
    struct hub_message *message = hub_add_message(reading->memory, reading->out, role);
    int err;

    if (message == NULL)
        return ERR_NO_MEMORY;
    if (content == NULL)
        return missing(reading, SPAN("content"));
    err = openai_read_content(reading, content, parts, &message->blocks);
    if (err != 0)
        return err;
    cache_message(node, message);
    return drop_name(reading, node);
}

static int read_system(struct openai_reading *reading, const struct json_node *node)
{
    return read_plain(reading, node, HUB_SYSTEM, OPENAI_PARTS_TEXT);
}

static int read_user(struct openai_reading *reading, const struct json_node *node)
{
    return read_plain(reading, node, HUB_USER, OPENAI_PARTS_USER);
}

/* --- assistants ------------------------------------------------------------------------------- */

static int read_refusal(struct openai_reading *reading, const struct json_node *node,
                        struct hub_message *message)
{
    struct span refusal = json_text(json_member(node, SPAN("refusal")));
    struct hub_block *block;

    if (refusal.len == 0)
        return 0;
    block = hub_add_block(reading->memory, &message->blocks, HUB_REFUSAL);
    if (block == NULL)
        return ERR_NO_MEMORY;
    block->text = refusal;
    return 0;
}

static int read_call(struct openai_reading *reading, const struct json_node *call,
                     struct hub_message *message)
{
    const struct json_node *type = json_member(call, SPAN("type"));
    const struct json_node *function = json_member(call, SPAN("function"));
    int err;

    if (type != NULL && !json_is_text(type, SPAN("function")))
        return openai_refuse(reading, ERR_UNTRANSLATABLE, SPAN("type"),
                             SPAN("Only function tools can be translated."));
    if (json_text(json_member(function, SPAN("name"))).len == 0)
        return missing(reading, SPAN("function.name"));
    if (json_text(json_member(call, SPAN("id"))).len == 0)
        return missing(reading, SPAN("id"));
    err = openai_read_call(reading->memory, call, function, &message->blocks);
    return openai_check(reading, err, SPAN("function.arguments"));
}

static int read_calls(struct openai_reading *reading, const struct json_node *node,
                      struct hub_message *message)
{
    const struct json_node *calls = json_member(node, SPAN("tool_calls"));
    size_t index = 0;
    int err = 0;

    if (calls != NULL && !json_is(calls, JSON_ARRAY))
        return missing(reading, SPAN("tool_calls"));
    JSON_EACH(call, calls)
    {
        size_t mark = openai_enter(reading, SPAN("tool_calls"), index++);

        err = read_call(reading, call, message);
        if (err != 0)
            break;
        openai_leave(reading, mark);
    }
    return err;
}

static int read_legacy_call(struct openai_reading *reading, const struct json_node *node,
                            struct hub_message *message)
{
    const struct json_node *function = json_member(node, SPAN("function_call"));

    if (function == NULL)
        return 0;
    if (json_text(json_member(function, SPAN("name"))).len == 0)
        return missing(reading, SPAN("function_call.name"));
    return openai_check(reading,
                        openai_read_call(reading->memory, NULL, function, &message->blocks),
                        SPAN("function_call.arguments"));
}

static int read_assistant(struct openai_reading *reading, const struct json_node *node)
{
    struct hub_message *message = hub_add_message(reading->memory, reading->out, HUB_ASSISTANT);
    int err;

    if (message == NULL)
        return ERR_NO_MEMORY;
    if (json_member(node, SPAN("audio")) != NULL)
        return openai_refuse(reading, ERR_UNTRANSLATABLE, SPAN("audio"), SPAN(""));
    err = openai_read_reasoning(reading->memory, node, &message->blocks);
    if (err == 0)
        err = openai_read_content(reading, json_member(node, SPAN("content")),
                                  OPENAI_PARTS_ASSISTANT, &message->blocks);
    if (err == 0)
        err = read_refusal(reading, node, message);
    if (err != 0)
        return err;
    cache_message(node, message);
    err = read_calls(reading, node, message);
    if (err == 0)
        err = read_legacy_call(reading, node, message);
    return err != 0 ? err : drop_name(reading, node);
}

/* --- results of tools ------------------------------------------------------------------------- */

static int read_result(struct openai_reading *reading, const struct json_node *node, struct span id)
{
    struct hub_message *message = hub_add_message(reading->memory, reading->out, HUB_USER);
    struct hub_block *block =
        message == NULL ? NULL : hub_add_block(reading->memory, &message->blocks, HUB_TOOL_RESULT);
    struct hub_blocks content = {NULL, NULL};
    int err;

    if (block == NULL)
        return ERR_NO_MEMORY;
    block->id = id;
    block->name = json_text(json_member(node, SPAN("name")));
    err = openai_read_content(reading, json_member(node, SPAN("content")), OPENAI_PARTS_TOOL,
                              &content);
    block->content = content.first;
    cache_message(node, message);
    return err;
}

static int read_tool(struct openai_reading *reading, const struct json_node *node)
{
    struct span id = json_text(json_member(node, SPAN("tool_call_id")));

    return id.len == 0 ? missing(reading, SPAN("tool_call_id")) : read_result(reading, node, id);
}

static int read_function(struct openai_reading *reading, const struct json_node *node)
{
    if (json_text(json_member(node, SPAN("name"))).len == 0)
        return missing(reading, SPAN("name"));
    return read_result(reading, node, SPAN(""));
}

static const struct {
    struct span name;
    int (*read)(struct openai_reading *reading, const struct json_node *node);
} roles[] = {
    {{"system", 6}, read_system}, {{"developer", 9}, read_system},
    {{"user", 4}, read_user},     {{"assistant", 9}, read_assistant},
    {{"tool", 4}, read_tool},     {{"function", 8}, read_function},
};

static int read_message(struct openai_reading *reading, const struct json_node *node)
{
    const struct json_node *role = json_member(node, SPAN("role"));

    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        if (json_is_text(role, roles[i].name))
            return roles[i].read(reading, node);
    }
    return missing(reading, SPAN("role"));
}

int openai_read_messages(struct openai_reading *reading, const struct json_node *list)
{
    size_t index = 0;
    int err = 0;

    if (!json_is(list, JSON_ARRAY))
        return missing(reading, SPAN("messages"));
    JSON_EACH(node, list)
    {
        size_t mark = openai_enter(reading, SPAN("messages"), index++);

        err = read_message(reading, node);
        if (err != 0)
            break;
        openai_leave(reading, mark);
    }
    return err;
}
