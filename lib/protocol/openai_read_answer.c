/* A provider's answer: whole, and as a stream's chunks. */
#include "lib/base/err.h"
#include "lib/protocol/hub_text.h"
#include "lib/protocol/openai_inner.h"

/* --- what both have in common ------------------------------------------------------------------ */

void openai_read_usage(const struct json_node *usage, struct usage_figures *figures)
{
    const struct json_node *input = json_member(usage, SPAN("prompt_tokens_details"));
    const struct json_node *output = json_member(usage, SPAN("completion_tokens_details"));
    const struct {
        enum usage_figure figure;
        const struct json_node *value;
    } rows[] = {
        {USAGE_INPUT, json_member(usage, SPAN("prompt_tokens"))},
        {USAGE_OUTPUT, json_member(usage, SPAN("completion_tokens"))},
        {USAGE_TOTAL, json_member(usage, SPAN("total_tokens"))},
        {USAGE_CACHE_READ, json_member(input, SPAN("cached_tokens"))},
        {USAGE_CACHE_WRITE, json_member(input, SPAN("cache_write_tokens"))},
        {USAGE_REASONING, json_member(output, SPAN("reasoning_tokens"))},
    };
    uint64_t value;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (json_count(rows[i].value, &value))
            usage_tell(figures, rows[i].figure, value);
    }
}

enum hub_finish openai_finish_of(const struct json_node *reason)
{
    static const struct {
        struct span word;
        enum hub_finish finish;
    } words[] = {
        {{"length", 6}, HUB_FINISH_LENGTH},
        {{"tool_calls", 10}, HUB_FINISH_TOOL_CALLS},
        {{"function_call", 13}, HUB_FINISH_TOOL_CALLS},
        {{"content_filter", 14}, HUB_FINISH_REFUSED},
    };

    if (json_text(reason).len == 0)
        return HUB_FINISH_COUNT;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (json_is_text(reason, words[i].word))
            return words[i].finish;
    }
    return HUB_FINISH_STOP;
}

/** The choice that is told: the first one, whatever others there are. */
static const struct json_node *first_choice(const struct json_node *root)
{
    uint64_t index;

    JSON_EACH(choice, json_member(root, SPAN("choices")))
    {
        const struct json_node *number = json_member(choice, SPAN("index"));

        if (number == NULL || (json_count(number, &index) && index == 0))
            return choice;
    }
    return NULL;
}

/* --- a whole answer --------------------------------------------------------------------------- */

static int add_text(struct region *memory, enum hub_block_kind kind, const struct json_node *text,
                    struct hub_blocks *out)
{
    struct hub_block *block;

    if (json_text(text).len == 0)
        return 0;
    block = hub_add_block(memory, out, kind);
    if (block == NULL)
        return ERR_NO_MEMORY;
    block->text = json_text(text);
    return 0;
}

/* OpenAI answers with a string; some others with the parts that a request may have. */
static int read_content(struct region *memory, const struct json_node *content,
                        struct hub_blocks *out)
{
    int err = add_text(memory, HUB_TEXT, content, out);

    if (!json_is(content, JSON_ARRAY))
        return err;
    JSON_EACH(part, content)
    {
        err = add_text(memory, HUB_TEXT, json_member(part, SPAN("text")), out);
        if (err != 0)
            return err;
    }
    return 0;
}

static bool is_function(const struct json_node *call)
{
    return json_text(json_member(json_member(call, SPAN("function")), SPAN("name"))).len > 0;
}

static int read_calls(struct region *memory, const struct json_node *message,
                      struct hub_blocks *out)
{
    const struct json_node *legacy = json_member(message, SPAN("function_call"));

    JSON_EACH(call, json_member(message, SPAN("tool_calls")))
    {
        int err = is_function(call)
                      ? openai_read_call(memory, call, json_member(call, SPAN("function")), out)
                      : 0;

        if (err != 0)
            return err;
    }
    if (json_text(json_member(legacy, SPAN("name"))).len == 0)
        return 0;
    return openai_read_call(memory, NULL, legacy, out);
}

static bool has_calls(const struct hub_blocks *blocks)
{
    for (const struct hub_block *block = blocks->first; block != NULL; block = block->next) {
        if (block->kind == HUB_TOOL_CALL)
            return true;
    }
    return false;
}

/* Servers say "stop" behind calls and "tool_calls" without one: the content decides. */
static enum hub_finish finish_by_content(enum hub_finish finish, const struct hub_blocks *blocks)
{
    if (finish == HUB_FINISH_COUNT)
        finish = HUB_FINISH_STOP;
    if (finish == HUB_FINISH_STOP || finish == HUB_FINISH_TOOL_CALLS)
        return has_calls(blocks) ? HUB_FINISH_TOOL_CALLS : HUB_FINISH_STOP;
    return finish;
}

int openai_read_answer(struct region *memory, const struct json_node *root, struct hub_answer *out,
                       struct hub_error *error)
{
    const struct json_node *choice = first_choice(root);
    const struct json_node *message = json_member(choice, SPAN("message"));
    const struct json_node *reason = json_member(choice, SPAN("finish_reason"));
    struct usage_figures figures = {.seen = 0};
    int err;

    *out = (struct hub_answer){.finish = HUB_FINISH_STOP};
    if (openai_find_error(memory, root, error) || openai_find_error(memory, choice, error))
        return error->err;
    if (json_is_text(reason, SPAN("error"))) {
        *error = (struct hub_error){.err = ERR_UPSTREAM_FAILED};
        return error->err;
    }
    if (!json_is(message, JSON_OBJECT))
        return ERR_UPSTREAM_PROTOCOL;
    err = openai_read_reasoning(memory, message, &out->blocks);
    if (err == 0)
        err = read_content(memory, json_member(message, SPAN("content")), &out->blocks);
    if (err == 0)
        err = add_text(memory, HUB_REFUSAL, json_member(message, SPAN("refusal")), &out->blocks);
    if (err == 0)
        err = read_calls(memory, message, &out->blocks);
    if (err != 0)
        return err;
    out->finish = finish_by_content(openai_finish_of(reason), &out->blocks);
    openai_read_usage(json_member(root, SPAN("usage")), &figures);
    out->usage = usage_from_figures(&figures, PROTOCOL_OPENAI);
    return 0;
}

/* --- a stream's chunks ------------------------------------------------------------------------ */

static void tell_text(struct hub_stream *to, enum hub_block_kind kind, const struct json_node *text)
{
    hub_stream_text(to, kind, json_text(text));
}

/* A signature ends its piece; what is encrypted is a piece by itself. */
static void tell_detail(struct hub_stream *to, const struct json_node *detail, bool tells_text)
{
    enum hub_signer signer = openai_signer_of(detail);
    struct span signature = json_text(json_member(detail, SPAN("signature")));
    struct span data = json_text(json_member(detail, SPAN("data")));

    if (tells_text) {
        tell_text(to, HUB_REASONING, json_member(detail, SPAN("text")));
        tell_text(to, HUB_REASONING, json_member(detail, SPAN("summary")));
    }
    if (signer == HUB_SIGNER_NONE)
        return;
    if (signature.len > 0)
        hub_stream_signature(to, signer, signature);
    if (data.len == 0)
        return;
    hub_stream_break(to);
    if (signer == HUB_SIGNER_GEMINI)
        hub_stream_signature(to, signer, data);
    else
        hub_stream_text(to, HUB_REDACTED, data);
    hub_stream_break(to);
}

/* Of several conventions in one chunk the plainest one tells the text. */
static void tell_reasoning(struct hub_stream *to, const struct json_node *delta)
{
    const struct json_node *plain = json_member(delta, SPAN("reasoning_content"));

    if (json_text(plain).len == 0)
        plain = json_member(delta, SPAN("reasoning"));
    tell_text(to, HUB_REASONING, plain);
    JSON_EACH(detail, json_member(delta, SPAN("reasoning_details")))
    {
        tell_detail(to, detail, json_text(plain).len == 0);
    }
    JSON_EACH(block, json_member(delta, SPAN("thinking_blocks")))
    {
        struct span signature = json_text(json_member(block, SPAN("signature")));

        if (json_text(plain).len == 0)
            tell_text(to, HUB_REASONING, json_member(block, SPAN("thinking")));
        if (signature.len > 0)
            hub_stream_signature(to, HUB_SIGNER_ANTHROPIC, signature);
    }
}

static void tell_content(struct hub_stream *to, const struct json_node *content)
{
    tell_text(to, HUB_TEXT, content);
    if (!json_is(content, JSON_ARRAY))
        return;
    JSON_EACH(part, content)
    {
        tell_text(to, HUB_TEXT, json_member(part, SPAN("text")));
    }
}

/** @param place  in its list, which stands for an index that is missing */
static void tell_call(struct region *scratch, struct hub_stream *to, const struct json_node *call,
                      uint64_t place)
{
    const struct json_node *function = json_member(call, SPAN("function"));
    const struct json_node *arguments = json_member(function, SPAN("arguments"));
    struct hub_tool_delta delta = {
        .key = place,
        .id = json_text(json_member(call, SPAN("id"))),
        .name = json_text(json_member(function, SPAN("name"))),
        .arguments = json_text(arguments),
        .signature = openai_call_signature(call),
    };

    if (function == NULL)
        return;
    (void)json_count(json_member(call, SPAN("index")), &delta.key);
    if (delta.signature.len > 0)
        delta.signer = HUB_SIGNER_GEMINI;
    if (json_is(arguments, JSON_OBJECT)) {
        delta.arguments = hub_encode(scratch, arguments->raw);
        if (delta.arguments.ptr == NULL) {
            hub_stream_error(to, ERR_NO_MEMORY, SPAN(""));
            return;
        }
    }
    hub_stream_tool(to, &delta);
}

static void tell_calls(struct region *scratch, struct hub_stream *to, const struct json_node *delta)
{
    const struct json_node *legacy = json_member(delta, SPAN("function_call"));
    uint64_t place = 0;

    JSON_EACH(call, json_member(delta, SPAN("tool_calls")))
    {
        tell_call(scratch, to, call, place++);
    }
    if (legacy != NULL)
        hub_stream_tool(to, &(struct hub_tool_delta){
                                .name = json_text(json_member(legacy, SPAN("name"))),
                                .arguments = json_text(json_member(legacy, SPAN("arguments"))),
                            });
}

static void tell_choice(struct region *scratch, struct hub_stream *to,
                        const struct json_node *choice)
{
    const struct json_node *delta = json_member(choice, SPAN("delta"));
    const struct json_node *reason = json_member(choice, SPAN("finish_reason"));
    enum hub_finish finish = openai_finish_of(reason);

    /* Servers that only play at streaming send the whole message. */
    if (delta == NULL)
        delta = json_member(choice, SPAN("message"));
    tell_reasoning(to, delta);
    tell_content(to, json_member(delta, SPAN("content")));
    tell_text(to, HUB_REFUSAL, json_member(delta, SPAN("refusal")));
    tell_calls(scratch, to, delta);
    if (json_is_text(reason, SPAN("error")))
        hub_stream_error(to, ERR_UPSTREAM_FAILED, SPAN(""));
    else if (finish != HUB_FINISH_COUNT)
        hub_stream_finish(to, finish, SPAN(""));
}

// NOLINTNEXTLINE(readability-non-const-parameter): other codecs have a state
void openai_read_event(struct region *scratch, const struct json_node *data, uint64_t *state,
                       struct hub_stream *to)
{
    const struct json_node *choice = first_choice(data);
    struct hub_error error;

    (void)state;
    openai_read_usage(json_member(data, SPAN("usage")), &to->figures);
    if (openai_find_error(scratch, data, &error) || openai_find_error(scratch, choice, &error)) {
        hub_stream_error(to, error.err, error.message);
        return;
    }
    if (choice != NULL)
        tell_choice(scratch, to, choice);
}
