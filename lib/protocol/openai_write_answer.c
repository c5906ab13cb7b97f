/* What a client gets: whole answers, and chunks. */
#include "lib/base/err.h"
#include "lib/protocol/openai_inner.h"

struct span openai_finish_word(enum hub_finish finish)
{
#define X(name, openai, anthropic, gemini) [HUB_FINISH_##name] = {openai, sizeof(openai) - 1},
    static const struct span words[] = {HUB_FINISH_MAP(X)};
#undef X

    return words[finish];
}

/* --- usage ------------------------------------------------------------------------------------ */

/* Cached tokens are part of OpenAI's prompt_tokens, and the total is their sum, whatever the
 * provider thought it was. */
void openai_add_usage(struct text *out, const struct usage *usage)
{
    uint64_t written = usage->cache_write + usage->cache_write_1h;
    uint64_t input = usage->input + usage->cache_read + written;

    if (!usage->seen) {
        text_add(out, SPAN("\"usage\":null"));
        return;
    }
    text_add(out, SPAN("\"usage\":{\"prompt_tokens\":"));
    text_add_unsigned(out, input);
    text_add(out, SPAN(",\"completion_tokens\":"));
    text_add_unsigned(out, usage->output);
    text_add(out, SPAN(",\"total_tokens\":"));
    text_add_unsigned(out, input + usage->output);
    text_add(out, SPAN(",\"prompt_tokens_details\":{\"cached_tokens\":"));
    text_add_unsigned(out, usage->cache_read);
    text_add(out, SPAN(",\"cache_write_tokens\":"));
    text_add_unsigned(out, written);
    text_add(out, SPAN("},\"completion_tokens_details\":{\"reasoning_tokens\":"));
    text_add_unsigned(out, usage->reasoning);
    text_add(out, SPAN("}}"));
}

/* --- reasoning -------------------------------------------------------------------------------- */

static struct span format_of(enum hub_signer signer)
{
    switch (signer) {
    case HUB_SIGNER_ANTHROPIC:
        return SPAN("anthropic-claude-v1");
    case HUB_SIGNER_GEMINI:
        return SPAN("google-gemini-v1");
    case HUB_SIGNER_NONE:
        break;
    }
    return SPAN("");
}

void openai_add_detail(struct text *out, const struct openai_detail *detail)
{
    if (detail->kind == HUB_REDACTED) {
        text_add(out, SPAN("{\"type\":\"reasoning.encrypted\""));
        openai_add_string(out, SPAN("data"), detail->text);
    } else {
        text_add(out, SPAN("{\"type\":\"reasoning.text\""));
        openai_add_string(out, SPAN("text"), detail->text);
        openai_add_string(out, SPAN("signature"), detail->signature);
    }
    openai_add_string(out, SPAN("format"), format_of(detail->signer));
    text_add(out, SPAN(",\"index\":"));
    text_add_unsigned(out, detail->index);
    text_add_char(out, '}');
}

static bool is_signed(const struct hub_block *block)
{
    return block->kind == HUB_REDACTED ||
           (block->kind == HUB_REASONING && block->signature.len > 0);
}

/* --- a whole answer --------------------------------------------------------------------------- */

/** All text of one kind as one string; `absent` when there is none. */
static void add_joined(struct text *out, const struct hub_blocks *blocks, enum hub_block_kind kind,
                       struct span name, struct span absent)
{
    bool is_found = false;

    for (const struct hub_block *block = blocks->first; block != NULL; block = block->next) {
        if (block->kind != kind || block->text.len == 0)
            continue;
        if (!is_found) {
            text_add(out, SPAN(",\""));
            text_add(out, name);
            text_add(out, SPAN("\":\""));
        }
        is_found = true;
        text_add(out, block->text);
    }
    if (is_found)
        text_add_char(out, '"');
    else
        openai_add_value(out, name, absent);
}

static void add_details(struct text *out, const struct hub_blocks *blocks)
{
    uint64_t index = 0;
    bool is_found = false;

    for (const struct hub_block *block = blocks->first; block != NULL; block = block->next) {
        if (is_signed(block)) {
            text_add(out, is_found ? SPAN(",") : SPAN(",\"reasoning_details\":["));
            is_found = true;
            openai_add_detail(out, &(struct openai_detail){
                                       .kind = (enum hub_block_kind)block->kind,
                                       .signer = block->kind == HUB_REDACTED
                                                     ? HUB_SIGNER_ANTHROPIC
                                                     : (enum hub_signer)block->signer,
                                       .text = block->text,
                                       .signature = block->signature,
                                       .index = index,
                                   });
        }
        index++;
    }
    if (is_found)
        text_add_char(out, ']');
}

static void add_signature(struct text *out, enum hub_signer signer, struct span signature)
{
    if (signer != HUB_SIGNER_GEMINI || signature.len == 0)
        return;
    text_add(out, SPAN(",\"extra_content\":{\"google\":{\"thought_signature\":\""));
    text_add(out, signature);
    text_add(out, SPAN("\"}}"));
}

static void add_call(struct text *out, const struct hub_block *call)
{
    text_add(out, SPAN("{\"id\":\""));
    text_add(out, call->id);
    text_add(out, SPAN("\",\"type\":\"function\",\"function\":{\"name\":\""));
    text_add(out, call->name);
    text_add(out, SPAN("\",\"arguments\":"));
    text_add_json(out, call->arguments.len > 0 ? call->arguments : SPAN("{}"));
    text_add_char(out, '}');
    add_signature(out, (enum hub_signer)call->signer, call->signature);
    text_add_char(out, '}');
}

static void add_calls(struct text *out, const struct hub_blocks *blocks)
{
    bool is_found = false;

    for (const struct hub_block *block = blocks->first; block != NULL; block = block->next) {
        if (block->kind != HUB_TOOL_CALL)
            continue;
        text_add(out, is_found ? SPAN(",") : SPAN(",\"tool_calls\":["));
        is_found = true;
        add_call(out, block);
    }
    if (is_found)
        text_add_char(out, ']');
}

static void add_head(struct text *out, const struct codec_answer *how, struct span object)
{
    text_add(out, SPAN("{\"id\":\"chatcmpl-"));
    text_add(out, how->id);
    text_add_char(out, '"');
    openai_add_string(out, SPAN("object"), object);
    text_add(out, SPAN(",\"created\":"));
    text_add_signed(out, how->created_s);
    openai_add_value(out, SPAN("model"), how->slug_json);
}

int openai_write_answer(struct region *memory, const struct hub_answer *answer,
                        const struct codec_answer *how, struct text *out)
{
    (void)memory;
    add_head(out, how, SPAN("chat.completion"));
    text_add(out, SPAN(",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\""));
    add_joined(out, &answer->blocks, HUB_TEXT, SPAN("content"), SPAN("null"));
    add_joined(out, &answer->blocks, HUB_REFUSAL, SPAN("refusal"), SPAN("null"));
    add_joined(out, &answer->blocks, HUB_REASONING, SPAN("reasoning_content"), SPAN(""));
    add_details(out, &answer->blocks);
    add_calls(out, &answer->blocks);
    text_add(out, SPAN("},\"logprobs\":null,\"finish_reason\":\""));
    text_add(out, openai_finish_word(answer->finish));
    text_add(out, SPAN("\"}],"));
    openai_add_usage(out, &answer->usage);
    text_add_char(out, '}');
    return out->err == 0 ? 0 : ERR_NO_MEMORY;
}

/* --- chunks ----------------------------------------------------------------------------------- */

/* All chunks begin alike; it is put together once. */
static bool make_prefix(struct codec_writer *writer)
{
    struct text prefix = region_text(writer->memory);

    text_add(&prefix, SPAN("data: "));
    add_head(&prefix, writer->answer, SPAN("chat.completion.chunk"));
    text_add(&prefix, SPAN(",\"choices\":["));
    if (prefix.err != 0) {
        writer->err = ERR_NO_MEMORY;
        return false;
    }
    region_keep_text(writer->memory, &prefix);
    writer->prefix = text_span(&prefix);
    return true;
}

static void begin_delta(struct codec_writer *writer)
{
    text_add(writer->out, writer->prefix);
    text_add(writer->out, SPAN("{\"index\":0,\"delta\":{"));
}

static void end_chunk(struct codec_writer *writer)
{
    text_add(writer->out,
             writer->answer->include_usage ? SPAN("],\"usage\":null}\n\n") : SPAN("]}\n\n"));
}

static void end_delta(struct codec_writer *writer)
{
    text_add(writer->out, SPAN("},\"finish_reason\":null}"));
    end_chunk(writer);
}

static void write_start(struct codec_writer *writer)
{
    if (!make_prefix(writer))
        return;
    begin_delta(writer);
    text_add(writer->out, SPAN("\"role\":\"assistant\",\"content\":\"\""));
    end_delta(writer);
}

static void write_call_start(struct codec_writer *writer, const struct hub_event *event)
{
    struct text *out = writer->out;

    begin_delta(writer);
    text_add(out, SPAN("\"tool_calls\":[{\"index\":"));
    text_add_unsigned(out, event->tool);
    text_add(out, SPAN(",\"id\":\""));
    text_add(out, event->id);
    text_add(out, SPAN("\",\"type\":\"function\",\"function\":{\"name\":\""));
    text_add(out, event->name);
    text_add(out, SPAN("\",\"arguments\":\"\"}"));
    add_signature(out, event->signer, event->signature);
    text_add(out, SPAN("}]"));
    end_delta(writer);
}

static void write_arguments(struct codec_writer *writer, const struct hub_event *event)
{
    struct text *out = writer->out;

    begin_delta(writer);
    text_add(out, SPAN("\"tool_calls\":[{\"index\":"));
    text_add_unsigned(out, event->tool);
    text_add(out, SPAN(",\"function\":{\"arguments\":\""));
    text_add(out, event->text);
    text_add(out, SPAN("\"}}]"));
    end_delta(writer);
}

static void write_text(struct codec_writer *writer, struct span member, struct span raw)
{
    begin_delta(writer);
    text_add_char(writer->out, '"');
    text_add(writer->out, member);
    text_add(writer->out, SPAN("\":\""));
    text_add(writer->out, raw);
    text_add_char(writer->out, '"');
    end_delta(writer);
}

static void write_detail(struct codec_writer *writer, const struct openai_detail *detail)
{
    begin_delta(writer);
    text_add(writer->out, SPAN("\"reasoning_details\":["));
    openai_add_detail(writer->out, detail);
    text_add_char(writer->out, ']');
    end_delta(writer);
}

/* Whether a piece of reasoning will be signed is not known before its end, and who hands it back
 * has to have its text beside its signature: it is told in both ways. */
static void write_reasoning(struct codec_writer *writer, const struct hub_event *event)
{
    begin_delta(writer);
    text_add(writer->out, SPAN("\"reasoning_content\":\""));
    text_add(writer->out, event->text);
    text_add(writer->out, SPAN("\",\"reasoning_details\":["));
    openai_add_detail(writer->out, &(struct openai_detail){
                                       .kind = HUB_REASONING,
                                       .text = event->text,
                                       .index = event->index,
                                   });
    text_add_char(writer->out, ']');
    end_delta(writer);
}

static void write_delta(struct codec_writer *writer, const struct hub_event *event)
{
    switch (event->block) {
    case HUB_TEXT:
        write_text(writer, SPAN("content"), event->text);
        break;
    case HUB_REFUSAL:
        write_text(writer, SPAN("refusal"), event->text);
        break;
    case HUB_REASONING:
        write_reasoning(writer, event);
        break;
    case HUB_REDACTED:
        write_detail(writer, &(struct openai_detail){
                                 .kind = HUB_REDACTED,
                                 .signer = HUB_SIGNER_ANTHROPIC,
                                 .text = event->text,
                                 .index = event->index,
                             });
        break;
    case HUB_TOOL_CALL:
        writer->has_arguments = true;
        write_arguments(writer, event);
        break;
    case HUB_IMAGE:
    case HUB_FILE:
    case HUB_AUDIO:
    case HUB_VIDEO:
    case HUB_TOOL_RESULT:
    case HUB_BLOCK_KIND_COUNT:
        break;
    }
}

static void write_block_end(struct codec_writer *writer, const struct hub_event *event)
{
    struct hub_event nothing = *event;

    if (event->block != HUB_TOOL_CALL || writer->has_arguments)
        return;
    nothing.text = SPAN("{}");
    write_arguments(writer, &nothing);
}

static void write_finish(struct codec_writer *writer, const struct hub_event *event)
{
    begin_delta(writer);
    text_add(writer->out, SPAN("},\"finish_reason\":\""));
    text_add(writer->out, openai_finish_word(event->finish));
    text_add(writer->out, SPAN("\"}"));
    end_chunk(writer);
    if (writer->answer->include_usage && event->usage.seen) {
        text_add(writer->out, writer->prefix);
        text_add(writer->out, SPAN("],"));
        openai_add_usage(writer->out, &event->usage);
        text_add(writer->out, SPAN("}\n\n"));
    }
    text_add(writer->out, SPAN("data: [DONE]\n\n"));
}

static struct span error_type(int err)
{
    int status = err_http_status(err);

    if (status == 429)
        return SPAN("rate_limit_error");
    return status < 500 ? SPAN("invalid_request_error") : SPAN("server_error");
}

/* No finish and no [DONE]: what is not complete must not look so. */
static void write_error(struct codec_writer *writer, const struct hub_error *error)
{
    struct text *out = writer->out;

    text_add(out, SPAN("data: {\"error\":{\"message\":"));
    text_add_json(out, error->message.len > 0 ? error->message : span_of(err_text(error->err)));
    openai_add_string(out, SPAN("type"), error_type(error->err));
    text_add(out, SPAN(",\"param\":null"));
    openai_add_string(out, SPAN("code"), span_of(err_code(error->err)));
    text_add(out, SPAN("}}\n\n"));
}

void openai_write_event(struct codec_writer *writer, const struct hub_event *event)
{
    switch (event->kind) {
    case HUB_EVENT_START:
        write_start(writer);
        break;
    case HUB_EVENT_BLOCK_START:
        writer->has_arguments = false;
        if (event->block == HUB_TOOL_CALL)
            write_call_start(writer, event);
        break;
    case HUB_EVENT_DELTA:
        write_delta(writer, event);
        break;
    case HUB_EVENT_SIGNATURE:
        write_detail(writer, &(struct openai_detail){
                                 .kind = HUB_REASONING,
                                 .signer = event->signer,
                                 .signature = event->text,
                                 .index = event->index,
                             });
        break;
    case HUB_EVENT_BLOCK_END:
        write_block_end(writer, event);
        break;
    case HUB_EVENT_FINISH:
        write_finish(writer, event);
        break;
    case HUB_EVENT_ERROR:
        write_error(writer, &event->error);
        break;
    }
}
