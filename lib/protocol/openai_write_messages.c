/* A request for a provider: its messages. */
#include "lib/base/err.h"
#include "lib/protocol/hub_fields.h"
#include "lib/protocol/openai_inner.h"

static int refuse(struct openai_writing *writing, struct span detail)
{
    return hub_refuse_field(writing->notes, HUB_FIELD_MESSAGES, detail);
}

/* --- parts ------------------------------------------------------------------------------------ */

/** What goes out as text: said, refused, or a text file. */
static bool is_text(const struct hub_block *block)
{
    return block->kind == HUB_TEXT || block->kind == HUB_REFUSAL ||
           (block->kind == HUB_FILE && block->source == HUB_SOURCE_TEXT);
}

static void add_raw(struct text *out, const struct hub_block *block)
{
    if (block->kind != HUB_FILE) {
        text_add(out, block->text);
        return;
    }
    text_add(out, block->name);
    text_add(out, block->name.len > 0 ? SPAN("\\n\\n") : SPAN(""));
    text_add(out, block->data);
}

static void add_url(struct text *out, const struct hub_block *block)
{
    if (block->source == HUB_SOURCE_BASE64) {
        text_add(out, SPAN("data:"));
        text_add(out, block->media_type);
        text_add(out, SPAN(";base64,"));
    }
    text_add(out, block->data);
}

static struct span detail_word(const struct hub_block *block)
{
    static const struct span words[] = {
        [HUB_DETAIL_NONE] = {"", 0},
        [HUB_DETAIL_AUTO] = {"auto", 4},
        [HUB_DETAIL_LOW] = {"low", 3},
        [HUB_DETAIL_HIGH] = {"high", 4},
    };

    return words[block->detail];
}

static int add_image(struct openai_writing *writing, const struct hub_block *block)
{
    struct text *out = writing->out;

    if (block->source == HUB_SOURCE_URL && !writing->target->traits.image_urls)
        return refuse(writing, SPAN("The model takes no URLs of images; send base64."));
    text_add(out, SPAN("{\"type\":\"image_url\",\"image_url\":{\"url\":\""));
    add_url(out, block);
    text_add_char(out, '"');
    openai_add_string(out, SPAN("detail"), detail_word(block));
    text_add(out, SPAN("}}"));
    return 0;
}

static int add_file(struct openai_writing *writing, const struct hub_block *block)
{
    struct text *out = writing->out;
    bool is_pdf = !span_starts_with(block->media_type, SPAN("text/"));

    if (span_starts_with(block->media_type, SPAN("image/")))
        return add_image(writing, block);
    if (block->source == HUB_SOURCE_URL && writing->target->provider != PROVIDER_OPENROUTER)
        return refuse(writing, SPAN("The model takes no URLs of files; send base64."));
    text_add(out, SPAN("{\"type\":\"file\",\"file\":{\"file_data\":\""));
    add_url(out, block);
    /* Without a name OpenAI does not know what it is. */
    text_add(out, SPAN("\",\"filename\":\""));
    if (block->name.len > 0)
        text_add(out, block->name);
    else
        text_add(out, is_pdf ? SPAN("document.pdf") : SPAN("document.txt"));
    text_add(out, SPAN("\"}}"));
    return 0;
}

static int add_audio(struct openai_writing *writing, const struct hub_block *block)
{
    static const struct {
        struct span media_type;
        struct span format;
    } formats[] = {
        {{"audio/wav", 9}, {"wav", 3}},   {{"audio/x-wav", 11}, {"wav", 3}},
        {{"audio/wave", 10}, {"wav", 3}}, {{"audio/mp3", 9}, {"mp3", 3}},
        {{"audio/mpeg", 10}, {"mp3", 3}},
    };
    struct text *out = writing->out;

    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (block->source != HUB_SOURCE_BASE64 ||
            !span_equal(block->media_type, formats[i].media_type))
            continue;
        text_add(out, SPAN("{\"type\":\"input_audio\",\"input_audio\":{\"data\":\""));
        text_add(out, block->data);
        text_add_char(out, '"');
        openai_add_string(out, SPAN("format"), formats[i].format);
        text_add(out, SPAN("}}"));
        return 0;
    }
    return refuse(writing, SPAN("The model takes audio as base64 of WAV or MP3 only."));
}

/* OpenAI has no such part; servers that take video have agreed on one. */
static int add_video(struct openai_writing *writing, const struct hub_block *block)
{
    struct text *out = writing->out;

    if (writing->target->provider == PROVIDER_OPENAI)
        return refuse(writing, SPAN("The model takes no video."));
    text_add(out, SPAN("{\"type\":\"video_url\",\"video_url\":{\"url\":\""));
    add_url(out, block);
    text_add(out, SPAN("\"}}"));
    return 0;
}

/* OpenAI's own cache points are known to its newest models only, and it needs none; OpenRouter
 * hands Anthropic's on. */
static bool takes_cache(const struct openai_writing *writing, const struct hub_block *block)
{
    return writing->target->provider == PROVIDER_OPENROUTER && is_text(block);
}

static void add_text_part(struct openai_writing *writing, const struct hub_block *block)
{
    struct text *out = writing->out;

    text_add(out, SPAN("{\"type\":\"text\",\"text\":\""));
    add_raw(out, block);
    text_add_char(out, '"');
    if (block->cache != HUB_CACHE_NONE && takes_cache(writing, block))
        openai_add_value(out, SPAN("cache_control"),
                         block->cache == HUB_CACHE_1H
                             ? SPAN("{\"type\":\"ephemeral\",\"ttl\":\"1h\"}")
                             : SPAN("{\"type\":\"ephemeral\"}"));
    text_add_char(out, '}');
}

static int add_part(struct openai_writing *writing, const struct hub_block *block)
{
    if (is_text(block)) {
        add_text_part(writing, block);
        return 0;
    }
    switch ((enum hub_block_kind)block->kind) {
    case HUB_IMAGE:
        return add_image(writing, block);
    case HUB_FILE:
        return add_file(writing, block);
    case HUB_AUDIO:
        return add_audio(writing, block);
    case HUB_VIDEO:
        return add_video(writing, block);
    case HUB_TEXT:
    case HUB_REFUSAL:
    case HUB_TOOL_CALL:
    case HUB_TOOL_RESULT:
    case HUB_REASONING:
    case HUB_REDACTED:
    case HUB_BLOCK_KIND_COUNT:
        break;
    }
    return refuse(writing, SPAN("A message holds what the model cannot be sent there."));
}

/* --- contents --------------------------------------------------------------------------------- */

/** Must a content be a list of parts? Many servers take strings only where there is text only. */
static bool needs_parts(const struct openai_writing *writing, const struct hub_block *first)
{
    bool has_other = false;

    for (const struct hub_block *block = first; block != NULL; block = block->next)
        has_other = has_other || !is_text(block) ||
                    (block->cache != HUB_CACHE_NONE && takes_cache(writing, block));
    return has_other ||
           (first != NULL && first->next != NULL && writing->target->traits.part_arrays);
}

static int write_parts(struct openai_writing *writing, const struct hub_block *first)
{
    int err = 0;

    text_add_char(writing->out, '[');
    for (const struct hub_block *block = first; block != NULL && err == 0; block = block->next) {
        if (block != first)
            text_add_char(writing->out, ',');
        err = add_part(writing, block);
    }
    text_add_char(writing->out, ']');
    return err;
}

static void write_joined(struct openai_writing *writing, const struct hub_block *first)
{
    text_add_char(writing->out, '"');
    for (const struct hub_block *block = first; block != NULL; block = block->next) {
        if (block != first)
            text_add(writing->out, SPAN("\\n"));
        add_raw(writing->out, block);
    }
    text_add_char(writing->out, '"');
}

static int write_content(struct openai_writing *writing, const struct hub_block *first)
{
    int err = 0;

    for (const struct hub_block *block = first; block != NULL && err == 0; block = block->next) {
        if (block->cache != HUB_CACHE_NONE && !takes_cache(writing, block))
            err = hub_drop_field(writing->notes, HUB_FIELD_CACHE);
    }
    if (err != 0)
        return err;
    if (needs_parts(writing, first))
        return write_parts(writing, first);
    write_joined(writing, first);
    return 0;
}

static void begin_message(struct openai_writing *writing, bool *is_first)
{
    text_add(writing->out, *is_first ? SPAN("{\"role\":\"") : SPAN(",{\"role\":\""));
    *is_first = false;
}

/* --- the three roles -------------------------------------------------------------------------- */

static int write_system(struct openai_writing *writing, const struct hub_message *message,
                        bool *is_first)
{
    bool is_developer = writing->target->traits.developer_role;
    int err;

    begin_message(writing, is_first);
    text_add(writing->out,
             is_developer ? SPAN("developer\",\"content\":") : SPAN("system\",\"content\":"));
    err = write_content(writing, message->blocks.first);
    text_add_char(writing->out, '}');
    return err;
}

/* The text of a tool's result; what is no text comes behind all results of the turn. */
static int write_result(struct openai_writing *writing, struct hub_block *result,
                        struct hub_blocks *attached, bool *is_first)
{
    static const struct hub_block below = {.kind = HUB_TEXT, .text = {"[attached below]", 16}};
    struct hub_blocks texts = {NULL, NULL};
    struct hub_block *next;
    bool has_attached = false;
    int err;

    for (struct hub_block *block = result->content; block != NULL; block = next) {
        next = block->next;
        has_attached = has_attached || !is_text(block);
        hub_append_block(is_text(block) ? &texts : attached, block);
    }
    begin_message(writing, is_first);
    text_add(writing->out, SPAN("tool\""));
    openai_add_string(writing->out, SPAN("tool_call_id"), result->id);
    text_add(writing->out, SPAN(",\"content\":"));
    err = write_content(writing, texts.first == NULL && has_attached ? &below : texts.first);
    text_add_char(writing->out, '}');
    if (err == 0 && result->cache != HUB_CACHE_NONE)
        err = hub_drop_field(writing->notes, HUB_FIELD_CACHE);
    return err;
}

static int write_user(struct openai_writing *writing, struct hub_message *message, bool *is_first)
{
    struct hub_blocks content = {NULL, NULL};
    struct hub_blocks said = {NULL, NULL};
    struct hub_block *next;
    int err = 0;

    for (struct hub_block *block = message->blocks.first; block != NULL && err == 0; block = next) {
        next = block->next;
        if (block->kind == HUB_TOOL_RESULT)
            err = write_result(writing, block, &content, is_first);
        else
            hub_append_block(&said, block);
    }
    for (struct hub_block *block = said.first; block != NULL; block = next) {
        next = block->next;
        hub_append_block(&content, block);
    }
    if (err != 0 || content.first == NULL)
        return err;
    begin_message(writing, is_first);
    text_add(writing->out, SPAN("user\",\"content\":"));
    err = write_content(writing, content.first);
    text_add_char(writing->out, '}');
    return err;
}

static void write_call(struct openai_writing *writing, const struct hub_block *call)
{
    struct text *out = writing->out;

    text_add(out, SPAN("{\"type\":\"function\""));
    openai_add_string(out, SPAN("id"), call->id);
    text_add(out, SPAN(",\"function\":{\"name\":\""));
    text_add(out, call->name);
    text_add(out, SPAN("\",\"arguments\":"));
    text_add_json(out, call->arguments.len > 0 ? call->arguments : SPAN("{}"));
    text_add_char(out, '}');
    if (call->signature.len > 0) {
        text_add(out, SPAN(",\"extra_content\":{\"google\":{\"thought_signature\":\""));
        text_add(out, call->signature);
        text_add(out, SPAN("\"}}"));
    }
    text_add_char(out, '}');
}

static void write_calls(struct openai_writing *writing, const struct hub_blocks *calls)
{
    if (calls->first == NULL)
        return;
    text_add(writing->out, SPAN(",\"tool_calls\":["));
    for (const struct hub_block *call = calls->first; call != NULL; call = call->next) {
        if (call != calls->first)
            text_add_char(writing->out, ',');
        write_call(writing, call);
    }
    text_add_char(writing->out, ']');
}

/* What is signed goes back as it came; of what is not, the text is all there is. */
static void write_details(struct openai_writing *writing, const struct hub_blocks *secrets)
{
    uint64_t index = 0;

    if (secrets->first == NULL)
        return;
    text_add(writing->out, SPAN(",\"reasoning_details\":["));
    for (const struct hub_block *block = secrets->first; block != NULL; block = block->next) {
        if (block != secrets->first)
            text_add_char(writing->out, ',');
        openai_add_detail(writing->out, &(struct openai_detail){
                                            .kind = (enum hub_block_kind)block->kind,
                                            .signer = (enum hub_signer)block->signer,
                                            .text = block->text,
                                            .signature = block->signature,
                                            .index = index++,
                                        });
    }
    text_add_char(writing->out, ']');
}

static void write_thoughts(struct openai_writing *writing, const struct hub_blocks *thoughts)
{
    if (thoughts->first == NULL)
        return;
    text_add(writing->out, SPAN(",\"reasoning_content\":"));
    write_joined(writing, thoughts->first);
}

/** Goes this turn's reasoning back as details? What is signed is understood in no other form. */
static bool has_details(const struct openai_writing *writing, const struct hub_message *message)
{
    if (writing->target->provider != PROVIDER_OPENROUTER)
        return false;
    for (const struct hub_block *block = message->blocks.first; block != NULL;
         block = block->next) {
        if (block->kind == HUB_REDACTED ||
            (block->kind == HUB_REASONING && block->signer != HUB_SIGNER_NONE))
            return true;
    }
    return false;
}

static int write_assistant(struct openai_writing *writing, struct hub_message *message,
                           bool *is_first)
{
    struct hub_blocks said = {NULL, NULL};
    struct hub_blocks thoughts = {NULL, NULL};
    struct hub_blocks secrets = {NULL, NULL};
    struct hub_blocks calls = {NULL, NULL};
    bool are_details = has_details(writing, message);
    struct hub_block *next;
    int err = 0;

    for (struct hub_block *block = message->blocks.first; block != NULL; block = next) {
        next = block->next;
        if (block->kind == HUB_TOOL_CALL)
            hub_append_block(&calls, block);
        else if (block->kind == HUB_REASONING && block->signer == HUB_SIGNER_NONE && !are_details)
            hub_append_block(&thoughts, block);
        else if (block->kind == HUB_REASONING || block->kind == HUB_REDACTED)
            hub_append_block(&secrets, block);
        else if (is_text(block))
            hub_append_block(&said, block);
        else
            return refuse(writing, SPAN("An assistant's message may hold text and calls only."));
    }
    begin_message(writing, is_first);
    text_add(writing->out, SPAN("assistant\",\"content\":"));
    if (said.first == NULL && calls.first != NULL)
        text_add(writing->out, SPAN("null"));
    else
        err = write_content(writing, said.first);
    write_thoughts(writing, &thoughts);
    if (are_details)
        write_details(writing, &secrets);
    write_calls(writing, &calls);
    text_add_char(writing->out, '}');
    return err;
}

int openai_write_messages(struct openai_writing *writing)
{
    bool is_first = true;
    int err = 0;

    text_add(writing->out, SPAN(",\"messages\":["));
    for (struct hub_message *message = writing->request->first; message != NULL && err == 0;
         message = message->next) {
        if (message->role == HUB_SYSTEM)
            err = write_system(writing, message, &is_first);
        else if (message->role == HUB_USER)
            err = write_user(writing, message, &is_first);
        else
            err = write_assistant(writing, message, &is_first);
    }
    text_add_char(writing->out, ']');
    return err;
}
