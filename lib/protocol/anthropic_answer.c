/* What a provider answers: whole, event by event, and as an error. */
#include "lib/base/err.h"
#include "lib/protocol/anthropic_inner.h"
#include "lib/protocol/hub_error.h"
#include "lib/protocol/hub_text.h"

/* --- figures, reasons, errors ----------------------------------------------------------------- */

static void tell(struct usage_figures *figures, enum usage_figure figure,
                 const struct json_node *object, struct span name)
{
    uint64_t value;

    if (json_count(json_member(object, name), &value))
        usage_tell(figures, figure, value);
}

static void read_usage(const struct json_node *usage, struct usage_figures *figures)
{
    const struct json_node *writes = json_member(usage, SPAN("cache_creation"));
    const struct json_node *details = json_member(usage, SPAN("output_tokens_details"));

    tell(figures, USAGE_INPUT, usage, SPAN("input_tokens"));
    tell(figures, USAGE_OUTPUT, usage, SPAN("output_tokens"));
    tell(figures, USAGE_CACHE_READ, usage, SPAN("cache_read_input_tokens"));
    tell(figures, USAGE_CACHE_WRITE, usage, SPAN("cache_creation_input_tokens"));
    tell(figures, USAGE_CACHE_WRITE_5M, writes, SPAN("ephemeral_5m_input_tokens"));
    tell(figures, USAGE_CACHE_WRITE_1H, writes, SPAN("ephemeral_1h_input_tokens"));
    tell(figures, USAGE_REASONING, details, SPAN("thinking_tokens"));
}

/** What is unknown is an ordinary end. */
static enum hub_finish finish_of(const struct json_node *reason)
{
    static const char *const words[HUB_FINISH_COUNT] = {
#define X(name, openai, anthropic, gemini) [HUB_FINISH_##name] = (anthropic),
        HUB_FINISH_MAP(X)
#undef X
    };

    for (unsigned i = 0; i < HUB_FINISH_COUNT; i++) {
        if (json_is_text(reason, span_of(words[i])))
            return (enum hub_finish)i;
    }
    return HUB_FINISH_STOP;
}

static int err_of(const struct json_node *type)
{
    static const struct {
        struct span word;
        int err;
    } rows[] = {
        {{"overloaded_error", 16}, ERR_UPSTREAM_OVERLOADED},
        {{"rate_limit_error", 16}, ERR_UPSTREAM_BUSY},
        {{"billing_error", 13}, ERR_UPSTREAM_BUSY},
        {{"timeout_error", 13}, ERR_UPSTREAM_TIMEOUT},
        {{"invalid_request_error", 21}, ERR_UPSTREAM_REJECTED},
        {{"request_too_large", 17}, ERR_UPSTREAM_TOO_LARGE},
        {{"authentication_error", 20}, ERR_UPSTREAM_AUTH},
        {{"permission_error", 16}, ERR_UPSTREAM_AUTH},
        {{"not_found_error", 15}, ERR_UPSTREAM_MODEL},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (json_is_text(type, rows[i].word))
            return rows[i].err;
    }
    return ERR_UPSTREAM_FAILED;
}

static struct span message_of(const struct json_node *error)
{
    return json_text(json_member(error, SPAN("message")));
}

static struct hub_error read_error_object(struct region *memory, const struct json_node *root)
{
    const struct json_node *error = json_member(root, SPAN("error"));
    int err = err_of(json_member(error, SPAN("type")));

    return hub_error_of(memory, err, message_of(error));
}

void anthropic_read_error(struct region *memory, int status, const struct json_node *root,
                          struct hub_error *out)
{
    const struct json_node *error = json_member(root, SPAN("error"));

    *out = hub_error_of(memory, hub_error_of_status(status), message_of(error));
}

/** Why there is no answer, where the provider says so. */
static struct span explanation_of(const struct json_node *object)
{
    const struct json_node *details = json_member(object, SPAN("stop_details"));

    return json_text(json_member(details, SPAN("explanation")));
}

/* --- whole answers ---------------------------------------------------------------------------- */

static void read_thinking(const struct json_node *node, struct hub_block *block)
{
    block->text = json_text(json_member(node, SPAN("thinking")));
    block->signature = json_text(json_member(node, SPAN("signature")));
    if (block->signature.len > 0)
        block->signer = HUB_SIGNER_ANTHROPIC;
}

static void read_tool_use(const struct json_node *node, struct hub_block *block)
{
    const struct json_node *input = json_member(node, SPAN("input"));

    block->id = json_text(json_member(node, SPAN("id")));
    block->name = json_text(json_member(node, SPAN("name")));
    block->arguments = json_is(input, JSON_OBJECT) ? input->raw : SPAN("{}");
}

static enum hub_block_kind kind_of(const struct json_node *node)
{
    static const struct {
        struct span word;
        enum hub_block_kind kind;
    } rows[] = {
        {{"text", 4}, HUB_TEXT},
        {{"tool_use", 8}, HUB_TOOL_CALL},
        {{"thinking", 8}, HUB_REASONING},
        {{"redacted_thinking", 17}, HUB_REDACTED},
    };
    const struct json_node *type = json_member(node, SPAN("type"));

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (json_is_text(type, rows[i].word))
            return rows[i].kind;
    }
    return HUB_BLOCK_KIND_COUNT;
}

/** What the provider's own tools did is none of the client's blocks. */
static int read_block(struct region *memory, const struct json_node *node,
                      struct hub_blocks *blocks)
{
    enum hub_block_kind kind = kind_of(node);
    struct hub_block *block;

    if (kind == HUB_BLOCK_KIND_COUNT)
        return 0;
    if (kind == HUB_TEXT && json_text(json_member(node, SPAN("text"))).len == 0)
        return 0;
    block = hub_add_block(memory, blocks, kind);
    if (block == NULL)
        return ERR_NO_MEMORY;
    if (kind == HUB_TOOL_CALL) {
        read_tool_use(node, block);
    } else if (kind == HUB_REASONING) {
        read_thinking(node, block);
    } else if (kind == HUB_REDACTED) {
        block->text = json_text(json_member(node, SPAN("data")));
        block->signer = HUB_SIGNER_ANTHROPIC;
    } else {
        block->text = json_text(json_member(node, SPAN("text")));
    }
    return 0;
}

static int read_refusal(struct region *memory, const struct json_node *root, struct hub_answer *out)
{
    struct span explanation = explanation_of(root);
    struct hub_block *block;

    if (out->finish != HUB_FINISH_REFUSED || out->blocks.first != NULL || explanation.len == 0)
        return 0;
    block = hub_add_block(memory, &out->blocks, HUB_REFUSAL);
    if (block == NULL)
        return ERR_NO_MEMORY;
    block->text = explanation;
    return 0;
}

int anthropic_read_answer(struct region *memory, const struct json_node *root,
                          struct hub_answer *out, struct hub_error *error)
{
    const struct json_node *content = json_member(root, SPAN("content"));
    struct usage_figures figures = {0};

    if (json_is_text(json_member(root, SPAN("type")), SPAN("error"))) {
        *error = read_error_object(memory, root);
        return error->err;
    }
    if (!json_is(content, JSON_ARRAY))
        return ERR_UPSTREAM_PROTOCOL;
    JSON_EACH(node, content)
    {
        int err = read_block(memory, node, &out->blocks);

        if (err != 0)
            return err;
    }
    read_usage(json_member(root, SPAN("usage")), &figures);
    out->usage = usage_from_figures(&figures, PROTOCOL_ANTHROPIC);
    out->finish = finish_of(json_member(root, SPAN("stop_reason")));
    out->stop_sequence = json_text(json_member(root, SPAN("stop_sequence")));
    return read_refusal(memory, root, out);
}

/* --- events ----------------------------------------------------------------------------------- */

/** `*state`: what the open block is. */
enum { STATE_HIDDEN, STATE_SHOWN, STATE_TOOL };

/** What one event is read with. */
struct reading {
    struct region *scratch;
    const struct json_node *data;
    uint64_t *state;
    struct hub_stream *to;
};

static void start_tool(const struct reading *reading, const struct json_node *block)
{
    const struct json_node *input = json_member(block, SPAN("input"));
    struct hub_tool_delta delta = {
        .id = json_text(json_member(block, SPAN("id"))),
        .name = json_text(json_member(block, SPAN("name"))),
    };

    (void)json_count(json_member(reading->data, SPAN("index")), &delta.key);
    /* Some servers put all of it here, and send no piece. */
    if (json_is(input, JSON_OBJECT) && input->count > 0)
        delta.arguments = hub_encode(reading->scratch, input->raw);
    hub_stream_tool(reading->to, &delta);
}

static void on_block_start(const struct reading *reading)
{
    const struct json_node *block = json_member(reading->data, SPAN("content_block"));

    *reading->state = STATE_SHOWN;
    switch (kind_of(block)) {
    case HUB_TOOL_CALL:
        *reading->state = STATE_TOOL;
        start_tool(reading, block);
        break;
    case HUB_REDACTED:
        hub_stream_text(reading->to, HUB_REDACTED, json_text(json_member(block, SPAN("data"))));
        break;
    case HUB_REASONING:
        hub_stream_text(reading->to, HUB_REASONING,
                        json_text(json_member(block, SPAN("thinking"))));
        break;
    case HUB_TEXT:
        hub_stream_text(reading->to, HUB_TEXT, json_text(json_member(block, SPAN("text"))));
        break;
    case HUB_REFUSAL:
    case HUB_IMAGE:
    case HUB_FILE:
    case HUB_AUDIO:
    case HUB_VIDEO:
    case HUB_TOOL_RESULT:
    case HUB_BLOCK_KIND_COUNT:
        *reading->state = STATE_HIDDEN;
        break;
    }
}

static void on_arguments(const struct reading *reading, const struct json_node *delta)
{
    struct hub_tool_delta piece = {
        .arguments = json_text(json_member(delta, SPAN("partial_json"))),
    };

    (void)json_count(json_member(reading->data, SPAN("index")), &piece.key);
    hub_stream_tool(reading->to, &piece);
}

static void on_delta(const struct reading *reading)
{
    const struct json_node *delta = json_member(reading->data, SPAN("delta"));
    const struct json_node *type = json_member(delta, SPAN("type"));

    if (*reading->state == STATE_TOOL && json_is_text(type, SPAN("input_json_delta")))
        on_arguments(reading, delta);
    if (*reading->state != STATE_SHOWN)
        return;
    if (json_is_text(type, SPAN("text_delta")))
        hub_stream_text(reading->to, HUB_TEXT, json_text(json_member(delta, SPAN("text"))));
    else if (json_is_text(type, SPAN("thinking_delta")))
        hub_stream_text(reading->to, HUB_REASONING,
                        json_text(json_member(delta, SPAN("thinking"))));
    else if (json_is_text(type, SPAN("signature_delta")))
        hub_stream_signature(reading->to, HUB_SIGNER_ANTHROPIC,
                             json_text(json_member(delta, SPAN("signature"))));
}

static void on_block_stop(const struct reading *reading)
{
    struct hub_tool_delta end = {.is_whole = true};

    if (*reading->state == STATE_TOOL) {
        (void)json_count(json_member(reading->data, SPAN("index")), &end.key);
        hub_stream_tool(reading->to, &end);
    } else if (*reading->state == STATE_SHOWN) {
        hub_stream_break(reading->to);
    }
    *reading->state = STATE_HIDDEN;
}

static void on_message_start(const struct reading *reading)
{
    read_usage(json_member(json_member(reading->data, SPAN("message")), SPAN("usage")),
               &reading->to->figures);
}

static void on_message_delta(const struct reading *reading)
{
    const struct json_node *delta = json_member(reading->data, SPAN("delta"));
    const struct json_node *reason = json_member(delta, SPAN("stop_reason"));

    read_usage(json_member(reading->data, SPAN("usage")), &reading->to->figures);
    if (reason == NULL)
        return;
    hub_stream_finish(reading->to, finish_of(reason),
                      json_text(json_member(delta, SPAN("stop_sequence"))));
    if (!reading->to->is_started)
        hub_stream_text(reading->to, HUB_REFUSAL, explanation_of(delta));
}

static void on_message_stop(const struct reading *reading)
{
    hub_stream_done(reading->to);
}

static void on_error(const struct reading *reading)
{
    struct hub_error error = read_error_object(reading->scratch, reading->data);

    hub_stream_error(reading->to, error.err, error.message);
}

void anthropic_read_event(struct region *scratch, const struct json_node *data, uint64_t *state,
                          struct hub_stream *to)
{
    static const struct {
        struct span type;
        void (*read)(const struct reading *);
    } rows[] = {
        {{"content_block_delta", 19}, on_delta},
        {{"content_block_start", 19}, on_block_start},
        {{"content_block_stop", 18}, on_block_stop},
        {{"message_start", 13}, on_message_start},
        {{"message_delta", 13}, on_message_delta},
        {{"message_stop", 12}, on_message_stop},
        {{"error", 5}, on_error},
    };
    const struct json_node *type = json_member(data, SPAN("type"));
    struct reading reading = {.scratch = scratch, .data = data, .to = to};

    reading.state = state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (json_is_text(type, rows[i].type)) {
            rows[i].read(&reading);
            return;
        }
    }
}
