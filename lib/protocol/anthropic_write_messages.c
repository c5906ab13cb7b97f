/* A request for a provider: its messages. */
#include "lib/base/err.h"
#include "lib/protocol/anthropic_inner.h"
#include "lib/protocol/data_text.h"
#include "lib/protocol/hub_fields.h"

void anthropic_write_cache(struct text *out, enum hub_cache cache)
{
    if (cache == HUB_CACHE_5M)
        text_add(out, SPAN(",\"cache_control\":{\"type\":\"ephemeral\"}"));
    else if (cache == HUB_CACHE_1H)
        text_add(out, SPAN(",\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}"));
}

/* --- blocks ----------------------------------------------------------------------------------- */

static int refuse(const struct anthropic_writing *writing, struct span detail)
{
    return hub_refuse_field(writing->notes, HUB_FIELD_MESSAGES, detail);
}

static int write_text(const struct anthropic_writing *writing, const struct hub_block *block)
{
    text_add(writing->out, SPAN("{\"type\":\"text\""));
    anthropic_add_string(writing->out, SPAN("text"), block->text);
    return 0;
}

static int write_source(const struct anthropic_writing *writing, const struct hub_block *block)
{
    static const struct {
        struct span type;
        struct span member;
    } rows[] = {
        [HUB_SOURCE_BASE64] = {{"base64", 6}, {"data", 4}},
        [HUB_SOURCE_URL] = {{"url", 3}, {"url", 3}},
        [HUB_SOURCE_TEXT] = {{"text", 4}, {"data", 4}},
    };

    if (block->source == HUB_SOURCE_URL && !writing->target->traits.image_urls)
        return refuse(writing, SPAN("The model takes no URLs of images and files; send base64."));
    text_add(writing->out, SPAN(",\"source\":{\"type\":\""));
    text_add(writing->out, rows[block->source].type);
    text_add_char(writing->out, '"');
    if (block->source == HUB_SOURCE_TEXT)
        anthropic_add_string(writing->out, SPAN("media_type"), SPAN("text/plain"));
    else if (block->source == HUB_SOURCE_BASE64)
        anthropic_add_string(writing->out, SPAN("media_type"), block->media_type);
    anthropic_add_string(writing->out, rows[block->source].member, block->data);
    text_add_char(writing->out, '}');
    return 0;
}

static int write_image(const struct anthropic_writing *writing, const struct hub_block *block)
{
    text_add(writing->out, SPAN("{\"type\":\"image\""));
    if (block->detail == HUB_DETAIL_LOW || block->detail == HUB_DETAIL_HIGH)
        (void)hub_drop_field(writing->notes, HUB_FIELD_DETAIL);
    return write_source(writing, block);
}

static int write_file(const struct anthropic_writing *writing, const struct hub_block *block)
{
    struct hub_block file = *block;

    if (span_starts_with(block->media_type, SPAN("image/"))) {
        file.kind = HUB_IMAGE;
        return write_image(writing, &file);
    }
    if (block->source == HUB_SOURCE_BASE64 && span_starts_with(block->media_type, SPAN("text/"))) {
        int err = data_text(writing->memory, block->data, &file.data);

        if (err != 0)
            return err == ERR_NO_MEMORY ? err : refuse(writing, SPAN("A text file is not UTF-8."));
        file.source = HUB_SOURCE_TEXT;
    }
    text_add(writing->out, SPAN("{\"type\":\"document\""));
    if (block->name.len > 0)
        anthropic_add_string(writing->out, SPAN("title"), block->name);
    return write_source(writing, &file);
}

static int write_call(const struct anthropic_writing *writing, const struct hub_block *block)
{
    text_add(writing->out, SPAN("{\"type\":\"tool_use\""));
    anthropic_add_string(writing->out, SPAN("id"), block->id);
    anthropic_add_string(writing->out, SPAN("name"), block->name);
    anthropic_add_value(writing->out, SPAN("input"),
                        block->arguments.len > 0 ? block->arguments : SPAN("{}"));
    return 0;
}

void anthropic_add_thinking(struct text *out, const struct hub_block *block)
{
    if (block->kind == HUB_REDACTED) {
        text_add(out, SPAN("{\"type\":\"redacted_thinking\""));
        anthropic_add_string(out, SPAN("data"), block->text);
        return;
    }
    text_add(out, SPAN("{\"type\":\"thinking\""));
    anthropic_add_string(out, SPAN("thinking"), block->text);
    text_add(out, SPAN(",\"signature\":\""));
    if (block->signer == HUB_SIGNER_GEMINI)
        text_add(out, SPAN(ANTHROPIC_GEMINI_MARK));
    text_add(out, block->signature);
    text_add_char(out, '"');
}

static int write_result(const struct anthropic_writing *writing, const struct hub_block *block);

/* Results hold no results. NOLINTNEXTLINE(misc-no-recursion) */
static int write_block(const struct anthropic_writing *writing, const struct hub_block *block)
{
    switch ((enum hub_block_kind)block->kind) {
    case HUB_TEXT:
    case HUB_REFUSAL:
        return write_text(writing, block);
    case HUB_IMAGE:
        return write_image(writing, block);
    case HUB_FILE:
        return write_file(writing, block);
    case HUB_TOOL_CALL:
        return write_call(writing, block);
    case HUB_TOOL_RESULT:
        return write_result(writing, block);
    case HUB_REASONING:
    case HUB_REDACTED:
        anthropic_add_thinking(writing->out, block);
        return 0;
    case HUB_AUDIO:
    case HUB_VIDEO:
    case HUB_BLOCK_KIND_COUNT:
        break;
    }
    return refuse(writing, SPAN("The provider takes no audio and no video."));
}

/** Blocks between brackets; a cache point cannot stand behind thinking. NOLINTNEXTLINE(*-recursion) */
static int write_blocks(const struct anthropic_writing *writing, const struct hub_block *block)
{
    const struct hub_block *first = block;

    text_add_char(writing->out, '[');
    for (; block != NULL; block = block->next) {
        int err;

        if (block != first)
            text_add_char(writing->out, ',');
        err = write_block(writing, block);
        if (err != 0)
            return err;
        if (block->kind != HUB_REASONING && block->kind != HUB_REDACTED)
            anthropic_write_cache(writing->out, (enum hub_cache)block->cache);
        text_add_char(writing->out, '}');
    }
    text_add_char(writing->out, ']');
    return 0;
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static int write_result(const struct anthropic_writing *writing, const struct hub_block *block)
{
    int err = 0;

    text_add(writing->out, SPAN("{\"type\":\"tool_result\""));
    anthropic_add_string(writing->out, SPAN("tool_use_id"), block->id);
    if (block->content != NULL) {
        text_add(writing->out, SPAN(",\"content\":"));
        err = write_blocks(writing, block->content);
    }
    if (block->is_error)
        text_add(writing->out, SPAN(",\"is_error\":true"));
    return err;
}

/* --- messages --------------------------------------------------------------------------------- */

/** White space at the end of an answer that is to be continued is refused. */
static void trim_prefill(struct hub_request *request)
{
    struct hub_block *block = request->last == NULL ? NULL : request->last->blocks.last;

    if (block == NULL || request->last->role != HUB_ASSISTANT || block->kind != HUB_TEXT)
        return;
    while (block->text.len > 0) {
        struct span text = block->text;
        size_t len = text.len - 1;

        if (len > 0 && text.ptr[len - 1] == '\\' && strchr("nrt", text.ptr[len]) != NULL &&
            (len < 2 || text.ptr[len - 2] != '\\'))
            block->text.len -= 2;
        else if (text.ptr[len] == ' ')
            block->text.len--;
        else
            break;
    }
}

/** The system messages at the beginning. */
int anthropic_write_system(struct anthropic_writing *writing)
{
    struct hub_request *request = writing->request;
    struct hub_blocks all = {0};

    while (request->first != NULL && request->first->role == HUB_SYSTEM) {
        const struct hub_blocks *blocks = &request->first->blocks;

        if (all.last == NULL)
            all.first = blocks->first;
        else
            all.last->next = blocks->first;
        all.last = blocks->last;
        request->first = request->first->next;
    }
    if (request->first == NULL)
        request->last = NULL;
    if (all.first == NULL)
        return 0;
    text_add(writing->out, SPAN(",\"system\":"));
    return write_blocks(writing, all.first);
}

int anthropic_write_messages(struct anthropic_writing *writing)
{
    static const struct span roles[] = {
        [HUB_SYSTEM] = {"system", 6},
        [HUB_USER] = {"user", 4},
        [HUB_ASSISTANT] = {"assistant", 9},
    };
    const struct hub_message *first = writing->request->first;

    trim_prefill(writing->request);
    text_add(writing->out, SPAN(",\"messages\":["));
    for (const struct hub_message *message = first; message != NULL; message = message->next) {
        int err;

        text_add(writing->out, message == first ? SPAN("{\"role\":\"") : SPAN(",{\"role\":\""));
        text_add(writing->out, roles[message->role]);
        text_add(writing->out, SPAN("\",\"content\":"));
        err = write_blocks(writing, message->blocks.first);
        if (err != 0)
            return err;
        text_add_char(writing->out, '}');
    }
    text_add_char(writing->out, ']');
    return 0;
}
