#include "tests/unit/hub_dump.h"

#include "lib/base/err.h"

#include <stdio.h>

#define X(name, word) word,
static const char *const block_words[] = {HUB_BLOCK_MAP(X)};
static const char *const effort_words[] = {"unset", HUB_EFFORT_MAP(X)};
#undef X
#define X(name, ...) #name,
static const char *const finish_words[] = {HUB_FINISH_MAP(X)};
#undef X

static const char *const role_words[] = {"system", "user", "assistant"};
static const char *const source_words[] = {"base64", "url", "text"};
static const char *const cache_words[] = {"", "+5m", "+1h"};
static const char *const detail_words[] = {"", " auto", " low", " high"};
static const char *const signer_words[] = {"none", "anthropic", "gemini"};
static const char *const choice_words[] = {"unset", "auto", "required", "named", "none"};
static const char *const format_words[] = {"text", "json", "schema"};
static const char *const tristate_words[] = {"unset", "no", "yes"};

static void add(struct text *out, const char *words)
{
    text_add(out, span_of(words));
}

static void add_quoted(struct text *out, struct span raw)
{
    add(out, "\"");
    text_add(out, raw);
    add(out, "\"");
}

static void add_signature(struct text *out, uint8_t signer, struct span signature)
{
    if (signer == HUB_SIGNER_NONE)
        return;
    add(out, " ");
    add(out, signer_words[signer]);
    add(out, ":");
    text_add(out, signature);
}

static void dump_block(const struct hub_block *block, struct text *out);

static void dump_tool(const struct hub_block *block, struct text *out) // NOLINT(misc-no-recursion)
{
    add(out, block->kind == HUB_TOOL_CALL ? "call(" : "result(");
    text_add(out, block->id);
    add(out, " ");
    text_add(out, block->name);
    if (block->kind == HUB_TOOL_CALL) {
        add(out, " ");
        text_add(out, block->arguments);
        add_signature(out, block->signer, block->signature);
    } else {
        add(out, block->is_error ? " error: " : ": ");
        hub_dump_blocks(block->content, out);
    }
    add(out, ")");
}

static void dump_block(const struct hub_block *block, struct text *out) // NOLINT(misc-no-recursion)
{
    switch ((enum hub_block_kind)block->kind) {
    case HUB_TEXT:
        add_quoted(out, block->text);
        break;
    case HUB_REFUSAL:
    case HUB_REASONING:
    case HUB_REDACTED:
        add(out, block_words[block->kind]);
        add(out, "(");
        add_quoted(out, block->text);
        add_signature(out, block->signer, block->signature);
        add(out, ")");
        break;
    case HUB_IMAGE:
    case HUB_FILE:
    case HUB_AUDIO:
    case HUB_VIDEO:
        add(out, block_words[block->kind]);
        add(out, "(");
        add(out, source_words[block->source]);
        add(out, " ");
        text_add(out, block->media_type);
        add(out, " ");
        text_add(out, block->data);
        add(out, detail_words[block->detail]);
        add(out, block->name.len > 0 ? " " : "");
        text_add(out, block->name);
        add(out, ")");
        break;
    case HUB_TOOL_CALL:
    case HUB_TOOL_RESULT:
        dump_tool(block, out);
        break;
    case HUB_BLOCK_KIND_COUNT:
        break;
    }
    add(out, cache_words[block->cache]);
}

void hub_dump_blocks(const struct hub_block *first, struct text *out) // NOLINT(misc-no-recursion)
{
    for (const struct hub_block *block = first; block != NULL; block = block->next) {
        if (block != first)
            add(out, " | ");
        dump_block(block, out);
    }
}

static void add_span(struct text *out, const char *name, struct span value)
{
    if (value.len == 0)
        return;
    add(out, " ");
    add(out, name);
    add(out, "=");
    text_add(out, value);
}

static void add_word(struct text *out, const char *name, const char *const *words, uint8_t value)
{
    if (value != 0)
        add_span(out, name, span_of(words[value]));
}

static void add_number(struct text *out, const char *name, uint64_t value)
{
    if (value == 0)
        return;
    add(out, " ");
    add(out, name);
    add(out, "=");
    text_add_unsigned(out, value);
}

static void dump_tools(const struct hub_request *request, struct text *out)
{
    for (const struct hub_tool *tool = request->tools; tool != NULL; tool = tool->next) {
        add(out, " tool(");
        text_add(out, tool->name);
        add_span(out, "description", tool->description);
        add_span(out, "schema", tool->schema);
        add_word(out, "strict", tristate_words, tool->strict);
        add(out, ")");
        add(out, cache_words[tool->cache]);
    }
    add_word(out, "choice", choice_words, request->choice);
    add_span(out, "choice_name", request->choice_name);
    for (uint32_t i = 0; i < request->allowed_count; i++)
        add_span(out, "allowed", request->allowed[i]);
    add_word(out, "parallel", tristate_words, request->parallel);
}

void hub_dump_request(const struct hub_request *request, struct text *out)
{
    for (const struct hub_message *message = request->first; message != NULL;
         message = message->next) {
        add(out, message == request->first ? "" : " ");
        add(out, role_words[message->role]);
        add(out, "{");
        hub_dump_blocks(message->blocks.first, out);
        add(out, "}");
    }
    dump_tools(request, out);
    add_number(out, "max", request->has_max_tokens ? request->max_tokens : 0);
    add_span(out, "temperature", request->temperature);
    add_span(out, "top_p", request->top_p);
    add_span(out, "top_k", request->top_k);
    add_span(out, "frequency", request->frequency_penalty);
    add_span(out, "presence", request->presence_penalty);
    add_span(out, "seed", request->seed);
    for (uint32_t i = 0; i < request->stop_count; i++)
        add_span(out, "stop", request->stops[i]);
    add_word(out, "format", format_words, request->format);
    add_span(out, "format_name", request->format_name);
    add_span(out, "format_schema", request->format_schema);
    add_word(out, "format_strict", tristate_words, request->format_strict);
    add_word(out, "effort", effort_words, request->reasoning.effort);
    add_number(out, "budget", request->reasoning.has_budget ? request->reasoning.budget : 0);
    add_number(out, "adaptive", request->reasoning.is_adaptive);
    add_word(out, "shown", tristate_words, request->reasoning.shown);
    add_span(out, "user", request->user);
    add_span(out, "tier", request->service_tier);
    add_number(out, "stream", request->stream);
    add_number(out, "include_usage", request->include_usage);
}

static void dump_usage(const struct usage *usage, struct text *out)
{
    add_number(out, "input", usage->input);
    add_number(out, "cache_read", usage->cache_read);
    add_number(out, "cache_write", usage->cache_write);
    add_number(out, "cache_write_1h", usage->cache_write_1h);
    add_number(out, "output", usage->output);
    add_number(out, "reasoning", usage->reasoning);
}

void hub_dump_answer(const struct hub_answer *answer, struct text *out)
{
    hub_dump_blocks(answer->blocks.first, out);
    add_span(out, "finish", span_of(finish_words[answer->finish]));
    add_span(out, "stop_sequence", answer->stop_sequence);
    dump_usage(&answer->usage, out);
}

static void dump_finish(const struct hub_event *event, struct text *out)
{
    add(out, "finish=");
    add(out, finish_words[event->finish]);
    add_span(out, "stop_sequence", event->stop_sequence);
    dump_usage(&event->usage, out);
}

static void dump_block_start(const struct hub_event *event, struct text *out)
{
    add(out, ":");
    add(out, block_words[event->block]);
    if (event->block != HUB_TOOL_CALL)
        return;
    add(out, "(");
    text_add_unsigned(out, event->tool);
    add(out, " ");
    text_add(out, event->id);
    add(out, " ");
    text_add(out, event->name);
    if (event->signature.len > 0)
        add_signature(out, (uint8_t)event->signer, event->signature);
    add(out, ")");
}

void hub_dump_event(const struct hub_event *event, struct text *out)
{
    if (event->kind != HUB_EVENT_START && event->kind != HUB_EVENT_FINISH &&
        event->kind != HUB_EVENT_ERROR)
        text_add_unsigned(out, event->index);
    switch (event->kind) {
    case HUB_EVENT_START:
        add(out, "start");
        break;
    case HUB_EVENT_BLOCK_START:
        dump_block_start(event, out);
        break;
    case HUB_EVENT_DELTA:
        add(out, "+");
        add_quoted(out, event->text);
        break;
    case HUB_EVENT_SIGNATURE:
        add(out, "~");
        add(out, signer_words[event->signer]);
        add(out, ":");
        text_add(out, event->text);
        break;
    case HUB_EVENT_BLOCK_END:
        add(out, ".");
        break;
    case HUB_EVENT_FINISH:
        dump_finish(event, out);
        break;
    case HUB_EVENT_ERROR:
        add(out, "error=");
        add(out, err_name(event->error.err));
        add_span(out, "message", event->error.message);
        break;
    }
    add(out, " ");
}
