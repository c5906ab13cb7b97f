/* What a client gets: whole, and event by event. */
#include "lib/base/err.h"
#include "lib/protocol/anthropic_inner.h"
#include "lib/protocol/hub_text.h"

static struct span reason_of(enum hub_finish finish)
{
    static const char *const words[HUB_FINISH_COUNT] = {
#define X(name, openai, anthropic, gemini) [HUB_FINISH_##name] = (anthropic),
        HUB_FINISH_MAP(X)
#undef X
    };

    return span_of(words[finish]);
}

static void add_figure(struct text *out, struct span name, uint64_t value)
{
    text_add(out, name);
    text_add_unsigned(out, value);
}

void anthropic_add_usage(struct text *out, const struct usage *usage)
{
    add_figure(out, SPAN("{\"input_tokens\":"), usage->input);
    add_figure(out, SPAN(",\"cache_creation_input_tokens\":"),
               usage->cache_write + usage->cache_write_1h);
    add_figure(out, SPAN(",\"cache_read_input_tokens\":"), usage->cache_read);
    add_figure(out, SPAN(",\"cache_creation\":{\"ephemeral_5m_input_tokens\":"),
               usage->cache_write);
    add_figure(out, SPAN(",\"ephemeral_1h_input_tokens\":"), usage->cache_write_1h);
    add_figure(out, SPAN("},\"output_tokens\":"), usage->output);
    if (usage->reasoning > 0) {
        add_figure(out, SPAN(",\"output_tokens_details\":{\"thinking_tokens\":"), usage->reasoning);
        text_add_char(out, '}');
    }
    text_add_char(out, '}');
}

/** `"stop_reason":…,"stop_sequence":…` */
static void add_stop(struct text *out, enum hub_finish finish, struct span stop_sequence)
{
    text_add(out, SPAN("\"stop_reason\":\""));
    text_add(out, reason_of(finish));
    if (stop_sequence.len == 0 || finish != HUB_FINISH_STOP_SEQUENCE) {
        text_add(out, SPAN("\",\"stop_sequence\":null"));
        return;
    }
    text_add(out, SPAN("\",\"stop_sequence\":\""));
    text_add(out, stop_sequence);
    text_add_char(out, '"');
}

static void add_head(struct text *out, const struct codec_answer *how)
{
    text_add(out, SPAN("{\"id\":\"msg_"));
    text_add(out, how->id);
    text_add(out, SPAN("\",\"type\":\"message\",\"role\":\"assistant\",\"model\":"));
    text_add(out, how->slug_json);
    text_add(out, SPAN(",\"content\":["));
}

/* --- whole answers ---------------------------------------------------------------------------- */

/** Gemini's signature of a call, in a block of its own before it. */
static void add_call_signature(struct text *out, const struct hub_block *call)
{
    const struct hub_block thinking = {
        .kind = HUB_REASONING,
        .signer = call->signer,
        .signature = call->signature,
    };

    if (call->signer != HUB_SIGNER_GEMINI || call->signature.len == 0)
        return;
    anthropic_add_thinking(out, &thinking);
    text_add(out, SPAN("},"));
}

static void add_block(struct text *out, const struct hub_block *block)
{
    if (block->kind == HUB_TOOL_CALL) {
        add_call_signature(out, block);
        text_add(out, SPAN("{\"type\":\"tool_use\""));
        anthropic_add_string(out, SPAN("id"), block->id);
        anthropic_add_string(out, SPAN("name"), block->name);
        anthropic_add_value(out, SPAN("input"),
                            block->arguments.len > 0 ? block->arguments : SPAN("{}"));
    } else if (block->kind == HUB_REASONING || block->kind == HUB_REDACTED) {
        anthropic_add_thinking(out, block);
    } else {
        text_add(out, SPAN("{\"type\":\"text\""));
        anthropic_add_string(out, SPAN("text"), block->text);
    }
    text_add_char(out, '}');
}

/** Images and sounds have no form here; redacted reasoning only as Anthropic's. */
static bool has_form(const struct hub_block *block)
{
    switch ((enum hub_block_kind)block->kind) {
    case HUB_TEXT:
    case HUB_REFUSAL:
        return block->text.len > 0;
    case HUB_REASONING:
        return block->text.len > 0 || block->signature.len > 0;
    case HUB_REDACTED:
        return block->signer == HUB_SIGNER_ANTHROPIC;
    case HUB_TOOL_CALL:
        return true;
    case HUB_IMAGE:
    case HUB_FILE:
    case HUB_AUDIO:
    case HUB_VIDEO:
    case HUB_TOOL_RESULT:
    case HUB_BLOCK_KIND_COUNT:
        break;
    }
    return false;
}

int anthropic_write_answer(struct region *memory, const struct hub_answer *answer,
                           const struct codec_answer *how, struct text *out)
{
    bool has_one = false;

    (void)memory;
    add_head(out, how);
    for (const struct hub_block *block = answer->blocks.first; block != NULL; block = block->next) {
        if (!has_form(block))
            continue;
        if (has_one)
            text_add_char(out, ',');
        add_block(out, block);
        has_one = true;
    }
    text_add(out, SPAN("],"));
    add_stop(out, answer->finish, answer->stop_sequence);
    text_add(out, SPAN(",\"usage\":"));
    anthropic_add_usage(out, &answer->usage);
    text_add_char(out, '}');
    return out->err != 0 ? ERR_NO_MEMORY : 0;
}

/* --- events ----------------------------------------------------------------------------------- */

static void end_event(struct text *out)
{
    text_add(out, SPAN("}\n\n"));
}

/** Up to the block's number: that of the client's blocks, of which some are put in here. */
static void add_block_event(struct codec_writer *writer, struct span begin, uint32_t index)
{
    text_add(writer->out, begin);
    text_add_unsigned(writer->out, index);
}

#define SIGNATURE_DELTA ",\"delta\":{\"type\":\"signature_delta\",\"signature\":\""

#define EVENT_OF(type) "event: " type "\ndata: {\"type\":\"" type "\",\"index\":"

static void start_block(struct codec_writer *writer, struct span block)
{
    add_block_event(writer, SPAN(EVENT_OF("content_block_start")), writer->chunk_count);
    text_add(writer->out, SPAN(",\"content_block\":"));
    text_add(writer->out, block);
}

static void add_delta(struct codec_writer *writer, struct span begin, struct span raw)
{
    add_block_event(writer, SPAN(EVENT_OF("content_block_delta")), writer->chunk_count);
    text_add(writer->out, begin);
    text_add(writer->out, raw);
    text_add(writer->out, SPAN("\"}"));
    end_event(writer->out);
}

static void stop_block(struct codec_writer *writer)
{
    add_block_event(writer, SPAN(EVENT_OF("content_block_stop")), writer->chunk_count);
    end_event(writer->out);
    writer->chunk_count++;
}

static void start_thinking(struct codec_writer *writer)
{
    start_block(writer, SPAN("{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}"));
    end_event(writer->out);
}

static void add_signature(struct codec_writer *writer, enum hub_signer signer, struct span raw)
{
    if (signer == HUB_SIGNER_ANTHROPIC)
        add_delta(writer, SPAN(SIGNATURE_DELTA), raw);
    else if (signer == HUB_SIGNER_GEMINI)
        add_delta(writer, SPAN(SIGNATURE_DELTA ANTHROPIC_GEMINI_MARK), raw);
}

static void start_call(struct codec_writer *writer, const struct hub_event *event)
{
    if (event->signer == HUB_SIGNER_GEMINI && event->signature.len > 0) {
        start_thinking(writer);
        add_signature(writer, event->signer, event->signature);
        stop_block(writer);
    }
    start_block(writer, SPAN("{\"type\":\"tool_use\""));
    anthropic_add_string(writer->out, SPAN("id"), event->id);
    anthropic_add_string(writer->out, SPAN("name"), event->name);
    text_add(writer->out, SPAN(",\"input\":{}}"));
    end_event(writer->out);
}

static void on_block_start(struct codec_writer *writer, const struct hub_event *event)
{
    if (event->block == HUB_TOOL_CALL) {
        start_call(writer, event);
    } else if (event->block == HUB_REASONING) {
        start_thinking(writer);
    } else if (event->block != HUB_REDACTED) {
        start_block(writer, SPAN("{\"type\":\"text\",\"text\":\"\"}"));
        end_event(writer->out);
    }
}

static void on_delta(struct codec_writer *writer, const struct hub_event *event)
{
    if (event->block == HUB_TOOL_CALL) {
        add_delta(writer, SPAN(",\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\""),
                  event->text);
    } else if (event->block == HUB_REASONING) {
        add_delta(writer, SPAN(",\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\""),
                  event->text);
    } else if (event->block == HUB_REDACTED) {
        start_block(writer, SPAN("{\"type\":\"redacted_thinking\""));
        anthropic_add_string(writer->out, SPAN("data"), event->text);
        text_add_char(writer->out, '}');
        end_event(writer->out);
    } else {
        add_delta(writer, SPAN(",\"delta\":{\"type\":\"text_delta\",\"text\":\""), event->text);
    }
}

static void on_start(struct codec_writer *writer)
{
    const struct usage none = {0};

    text_add(writer->out,
             SPAN("event: message_start\ndata: {\"type\":\"message_start\",\"message\":"));
    add_head(writer->out, writer->answer);
    text_add(writer->out, SPAN("],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":"));
    anthropic_add_usage(writer->out, &none);
    text_add_char(writer->out, '}');
    end_event(writer->out);
}

static void on_finish(struct codec_writer *writer, const struct hub_event *event)
{
    text_add(writer->out,
             SPAN("event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{"));
    add_stop(writer->out, event->finish, event->stop_sequence);
    text_add(writer->out, SPAN("},\"usage\":"));
    anthropic_add_usage(writer->out, &event->usage);
    end_event(writer->out);
    text_add(writer->out, SPAN("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"));
}

static struct span error_type(int err)
{
    switch (err) {
    case ERR_UPSTREAM_REJECTED:
        return SPAN("invalid_request_error");
    case ERR_UPSTREAM_TOO_LARGE:
        return SPAN("request_too_large");
    case ERR_UPSTREAM_BUSY:
        return SPAN("rate_limit_error");
    case ERR_UPSTREAM_OVERLOADED:
        return SPAN("overloaded_error");
    case ERR_UPSTREAM_TIMEOUT:
        return SPAN("timeout_error");
    default:
        return SPAN("api_error");
    }
}

static void on_error(struct codec_writer *writer, const struct hub_error *error)
{
    text_add(writer->out, SPAN("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\""));
    text_add(writer->out, error_type(error->err));
    text_add(writer->out, SPAN("\",\"message\":"));
    text_add_json(writer->out,
                  error->message.len > 0 ? error->message : span_of(err_text(error->err)));
    text_add_char(writer->out, '}');
    end_event(writer->out);
}

void anthropic_write_event(struct codec_writer *writer, const struct hub_event *event)
{
    switch (event->kind) {
    case HUB_EVENT_START:
        on_start(writer);
        break;
    case HUB_EVENT_BLOCK_START:
        on_block_start(writer, event);
        break;
    case HUB_EVENT_DELTA:
        on_delta(writer, event);
        break;
    case HUB_EVENT_SIGNATURE:
        add_signature(writer, event->signer, event->text);
        break;
    case HUB_EVENT_BLOCK_END:
        stop_block(writer);
        break;
    case HUB_EVENT_FINISH:
        on_finish(writer, event);
        break;
    case HUB_EVENT_ERROR:
        on_error(writer, &event->error);
        break;
    }
}
