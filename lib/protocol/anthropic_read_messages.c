/* A client's request: its messages. */
#include "lib/base/err.h"
#include "lib/protocol/anthropic_inner.h"

static int missing(struct anthropic_reading *reading, struct span member)
{
    return anthropic_refuse(reading, ERR_INVALID, member, SPAN(""));
}

uint8_t anthropic_signer_of(struct span raw, struct span *signature)
{
    const struct span mark = SPAN(ANTHROPIC_GEMINI_MARK);

    *signature = raw;
    if (raw.len == 0)
        return HUB_SIGNER_NONE;
    if (!span_starts_with(raw, mark))
        return HUB_SIGNER_ANTHROPIC;
    *signature = span_skip(raw, mark.len);
    return signature->len == 0 ? HUB_SIGNER_NONE : HUB_SIGNER_GEMINI;
}

/* --- blocks ----------------------------------------------------------------------------------- */

static int add_text(struct anthropic_reading *reading, struct span raw, struct hub_blocks *blocks)
{
    struct hub_block *block = hub_add_block(reading->memory, blocks, HUB_TEXT);

    if (block == NULL)
        return ERR_NO_MEMORY;
    block->text = raw;
    return 0;
}

static int read_text(struct anthropic_reading *reading, const struct json_node *node,
                     struct hub_blocks *blocks)
{
    const struct json_node *text = json_member(node, SPAN("text"));
    const struct json_node *citations = json_member(node, SPAN("citations"));

    if (!json_is(text, JSON_STRING))
        return missing(reading, SPAN("text"));
    if (citations != NULL && citations->count > 0 &&
        hub_drop(reading->notes, SPAN("messages[].content[].citations")) != 0)
        return reading->notes->err;
    return add_text(reading, text->raw, blocks);
}

static int read_thinking(struct anthropic_reading *reading, const struct json_node *node,
                         struct hub_blocks *blocks)
{
    struct hub_block *block = hub_add_block(reading->memory, blocks, HUB_REASONING);

    if (block == NULL)
        return ERR_NO_MEMORY;
    block->text = json_text(json_member(node, SPAN("thinking")));
    block->signer = anthropic_signer_of(json_text(json_member(node, SPAN("signature"))),
                                        &block->signature);
    return 0;
}

static int read_redacted(struct anthropic_reading *reading, const struct json_node *node,
                         struct hub_blocks *blocks)
{
    struct hub_block *block = hub_add_block(reading->memory, blocks, HUB_REDACTED);

    if (block == NULL)
        return ERR_NO_MEMORY;
    block->text = json_text(json_member(node, SPAN("data")));
    block->signer = HUB_SIGNER_ANTHROPIC;
    return 0;
}

/** Moves Gemini's signature from the thinking block before a call to the call. */
static void take_signature(struct hub_block *before, struct hub_block *call)
{
    if (before == NULL || before->kind != HUB_REASONING || before->signer != HUB_SIGNER_GEMINI)
        return;
    call->signer = HUB_SIGNER_GEMINI;
    call->signature = before->signature;
    before->signer = HUB_SIGNER_NONE;
    before->signature = SPAN("");
}

static int read_tool_use(struct anthropic_reading *reading, const struct json_node *node,
                         struct hub_blocks *blocks)
{
    const struct json_node *input = json_member(node, SPAN("input"));
    struct hub_block *before = blocks->last;
    struct hub_block *call = hub_add_block(reading->memory, blocks, HUB_TOOL_CALL);

    if (call == NULL)
        return ERR_NO_MEMORY;
    call->id = json_text(json_member(node, SPAN("id")));
    call->name = json_text(json_member(node, SPAN("name")));
    call->arguments = input == NULL ? SPAN("{}") : input->raw;
    if (call->id.len == 0)
        return missing(reading, SPAN("id"));
    if (call->name.len == 0)
        return missing(reading, SPAN("name"));
    if (input != NULL && !json_is(input, JSON_OBJECT))
        return missing(reading, SPAN("input"));
    take_signature(before, call);
    return 0;
}

/* --- content ---------------------------------------------------------------------------------- */

typedef int read_block_fn(struct anthropic_reading *reading, const struct json_node *node,
                          struct hub_blocks *blocks);

enum place { IN_SYSTEM = 1 << 0, IN_USER = 1 << 1, IN_ASSISTANT = 1 << 2, IN_RESULT = 1 << 3 };

static read_block_fn read_tool_result;

/** X(type, who reads it, where it may stand) */
#define BLOCK_MAP(X)                                                     \
    X("text", read_text, IN_SYSTEM | IN_USER | IN_ASSISTANT | IN_RESULT) \
    X("image", anthropic_read_image, IN_USER | IN_RESULT)                \
    X("document", anthropic_read_document, IN_USER | IN_RESULT)          \
    X("search_result", anthropic_read_search, IN_USER | IN_RESULT)       \
    X("thinking", read_thinking, IN_ASSISTANT)                           \
    X("redacted_thinking", read_redacted, IN_ASSISTANT)                  \
    X("tool_use", read_tool_use, IN_ASSISTANT)                           \
    X("tool_result", read_tool_result, IN_USER)

static const struct {
    struct span type;
    read_block_fn *read;
    unsigned places;
} block_rows[] = {
#define X(type, read, places) {{(type), sizeof(type) - 1}, (read), (places)},
    BLOCK_MAP(X)
#undef X
};

static int read_block(struct anthropic_reading *reading, const struct json_node *node,
                      struct hub_blocks *blocks, enum place place)
{
    const struct json_node *type = json_member(node, SPAN("type"));
    struct hub_block *last = blocks->last;

    for (size_t i = 0; i < sizeof(block_rows) / sizeof(block_rows[0]); i++) {
        int err;

        if (!json_is_text(type, block_rows[i].type) || (block_rows[i].places & place) == 0)
            continue;
        err = block_rows[i].read(reading, node, blocks);
        if (err == 0 && blocks->last != NULL && blocks->last != last)
            blocks->last->cache = anthropic_cache_of(node);
        return err;
    }
    return anthropic_refuse(reading, ERR_UNTRANSLATABLE, SPAN("type"),
                            SPAN("Content of this type cannot be translated here."));
}

/* Results stand in messages, and nothing stands in results but blocks that hold none.
   NOLINTNEXTLINE(misc-no-recursion) */
static int read_content(struct anthropic_reading *reading, const struct json_node *content,
                        struct hub_blocks *blocks, enum place place)
{
    size_t index = 0;

    if (json_is(content, JSON_STRING))
        return add_text(reading, content->raw, blocks);
    if (!json_is(content, JSON_ARRAY))
        return missing(reading, SPAN("content"));
    JSON_EACH(node, content)
    {
        size_t mark = anthropic_enter_item(reading, SPAN("content"), index++);
        int err = read_block(reading, node, blocks, place);

        if (err != 0)
            return err;
        anthropic_leave(reading, mark);
    }
    return 0;
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static int read_tool_result(struct anthropic_reading *reading, const struct json_node *node,
                            struct hub_blocks *blocks)
{
    const struct json_node *content = json_member(node, SPAN("content"));
    struct hub_block *result = hub_add_block(reading->memory, blocks, HUB_TOOL_RESULT);
    struct hub_blocks inner = {0};
    int err = 0;

    if (result == NULL)
        return ERR_NO_MEMORY;
    result->id = json_text(json_member(node, SPAN("tool_use_id")));
    result->is_error = json_is_true(json_member(node, SPAN("is_error")));
    if (result->id.len == 0)
        return missing(reading, SPAN("tool_use_id"));
    if (content != NULL)
        err = read_content(reading, content, &inner, IN_RESULT);
    result->content = inner.first;
    return err;
}

/* --- messages --------------------------------------------------------------------------------- */

int anthropic_read_system(struct anthropic_reading *reading, const struct json_node *value)
{
    struct hub_message *message = hub_add_message(reading->memory, reading->out, HUB_SYSTEM);
    size_t index = 0;

    if (message == NULL)
        return ERR_NO_MEMORY;
    if (json_is(value, JSON_STRING))
        return add_text(reading, value->raw, &message->blocks);
    if (!json_is(value, JSON_ARRAY))
        return missing(reading, SPAN("system"));
    JSON_EACH(node, value)
    {
        size_t mark = anthropic_enter_item(reading, SPAN("system"), index++);
        int err = read_block(reading, node, &message->blocks, IN_SYSTEM);

        if (err != 0)
            return err;
        anthropic_leave(reading, mark);
    }
    return 0;
}

static int read_message(struct anthropic_reading *reading, const struct json_node *node)
{
    static const struct {
        struct span word;
        enum hub_role role;
        enum place place;
    } rows[] = {
        {{"user", 4}, HUB_USER, IN_USER},
        {{"assistant", 9}, HUB_ASSISTANT, IN_ASSISTANT},
        {{"system", 6}, HUB_SYSTEM, IN_SYSTEM},
    };
    const struct json_node *role = json_member(node, SPAN("role"));

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct hub_message *message;

        if (!json_is_text(role, rows[i].word))
            continue;
        message = hub_add_message(reading->memory, reading->out, rows[i].role);
        if (message == NULL)
            return ERR_NO_MEMORY;
        return read_content(reading, json_member(node, SPAN("content")), &message->blocks,
                            rows[i].place);
    }
    return missing(reading, SPAN("role"));
}

int anthropic_read_messages(struct anthropic_reading *reading, const struct json_node *value)
{
    size_t index = 0;

    JSON_EACH(node, value)
    {
        size_t mark = anthropic_enter_item(reading, SPAN("messages"), index++);
        int err = read_message(reading, node);

        if (err != 0)
            return err;
        anthropic_leave(reading, mark);
    }
    return 0;
}
