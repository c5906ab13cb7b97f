/* A request for a Gemini provider: the conversation. */
#include "lib/base/err.h"
#include "lib/protocol/gemini_inner.h"
#include "lib/protocol/gemini_write_config.h"
#include "lib/protocol/hub_fields.h"
#include "lib/protocol/hub_text.h"
#include "lib/wire/json_walk.h"

enum { RESPONSE_DEPTH_MAX = 64 }; /* a deeper JSON object stays text */

/** Taken in place of a signature that is not known. ai.google.dev, "Thought signatures". */
static const char no_signature[] = "skip_thought_signature_validator";

/* One request that is being written. */
struct conversation {
    struct region *memory;
    const struct codec_target *target;
    struct hub_notes *notes;
    struct text *out;
    bool is_begun;         /* a part of this content has been written */
    bool must_sign;        /* the next function call is the first of a step that is checked */
    struct span signature; /* that a thought left for the function call behind it */
};

static void add_string(struct text *out, struct span name, struct span raw)
{
    text_add(out, name);
    text_add_char(out, '"');
    text_add(out, raw);
    text_add_char(out, '"');
}

static void begin_part(struct conversation *to)
{
    if (to->is_begun)
        text_add_char(to->out, ',');
    to->is_begun = true;
}

static void write_text(struct conversation *to, struct span raw)
{
    begin_part(to);
    add_string(to->out, SPAN("{\"text\":"), raw);
    text_add_char(to->out, '}');
}

/* --- media ------------------------------------------------------------------------------------ */

/* Files that the provider itself holds are named, whatever its models do with other URLs. */
static bool is_stored(struct span uri)
{
    return span_starts_with(uri, SPAN("gs://")) ||
           span_starts_with(uri, SPAN("https://generativelanguage.googleapis.com/"));
}

static int write_url(struct conversation *to, const struct hub_block *block)
{
    struct span uri = hub_decode(to->memory, block->data);

    if (uri.ptr == NULL)
        return ERR_NO_MEMORY;
    if (!to->target->traits.image_urls && !is_stored(uri))
        return hub_refuse_field(to->notes, HUB_FIELD_MESSAGES,
                                SPAN("URLs are not supported by this model; send base64."));
    begin_part(to);
    text_add(to->out, SPAN("{\"fileData\":{"));
    if (block->media_type.len > 0) {
        add_string(to->out, SPAN("\"mimeType\":"), block->media_type);
        text_add_char(to->out, ',');
    }
    add_string(to->out, SPAN("\"fileUri\":"), block->data);
    text_add(to->out, SPAN("}}"));
    return 0;
}

static int write_media(struct conversation *to, const struct hub_block *block)
{
    int err = 0;

    if (block->detail == HUB_DETAIL_LOW || block->detail == HUB_DETAIL_HIGH)
        err = hub_drop_field(to->notes, HUB_FIELD_DETAIL);
    if (err != 0)
        return err;
    switch (block->source) {
    case HUB_SOURCE_URL:
        return write_url(to, block);
    case HUB_SOURCE_TEXT:
        if (!hub_is_blank(block->data))
            write_text(to, block->data);
        return 0;
    default:
        begin_part(to);
        add_string(to->out, SPAN("{\"inlineData\":{\"mimeType\":"), block->media_type);
        add_string(to->out, SPAN(",\"data\":"), block->data);
        text_add(to->out, SPAN("}}"));
        return 0;
    }
}

/* --- function calls and their responses ------------------------------------------------------- */

static void write_id(struct conversation *to, struct span id)
{
    if (!to->target->traits.tool_ids || id.len == 0)
        return;
    add_string(to->out, SPAN("\"id\":"), id);
    text_add_char(to->out, ',');
}

static struct span signature_of(struct conversation *to, const struct hub_block *block)
{
    struct span signature = to->signature;

    to->signature = SPAN("");
    if (block->signer == HUB_SIGNER_GEMINI && block->signature.len > 0)
        signature = block->signature;
    else if (signature.len == 0 && to->must_sign)
        signature = span_of(no_signature);
    to->must_sign = false;
    return signature;
}

static void write_call(struct conversation *to, const struct hub_block *block)
{
    struct span signature = signature_of(to, block);

    begin_part(to);
    text_add(to->out, SPAN("{\"functionCall\":{"));
    write_id(to, block->id);
    add_string(to->out, SPAN("\"name\":"), block->name);
    text_add(to->out, SPAN(",\"args\":"));
    text_add(to->out, block->arguments.len > 0 ? block->arguments : SPAN("{}"));
    text_add_char(to->out, '}');
    if (signature.len > 0)
        add_string(to->out, SPAN(",\"thoughtSignature\":"), signature);
    text_add_char(to->out, '}');
}

/* All text of a result, in lines. */
static struct span result_text(struct conversation *to, const struct hub_block *result)
{
    const struct hub_block *first = result->content;
    struct text text;
    uint32_t count = 0;

    for (const struct hub_block *block = first; block != NULL; block = block->next) {
        if (block->kind == HUB_TEXT && count++ == 0)
            first = block;
    }
    if (count <= 1)
        return count == 0 ? SPAN("") : first->text;
    text = region_text(to->memory);
    for (const struct hub_block *block = first; block != NULL; block = block->next) {
        if (block->kind != HUB_TEXT)
            continue;
        if (block != first)
            text_add(&text, SPAN("\\n"));
        text_add(&text, block->text);
    }
    if (text.err != 0)
        return (struct span){NULL, 0};
    region_keep_text(to->memory, &text);
    return text_span(&text);
}

/* A response is an object: text that is one stands for itself. */
static int write_response(struct conversation *to, const struct hub_block *result)
{
    struct span raw = result_text(to, result);
    size_t mark = region_mark(to->memory);
    struct span utf8;

    if (raw.ptr == NULL)
        return ERR_NO_MEMORY;
    utf8 = hub_decode(to->memory, raw);
    if (utf8.ptr == NULL)
        return ERR_NO_MEMORY;
    utf8 = json_trim(utf8);
    if (!result->is_error && gemini_is_object(utf8, RESPONSE_DEPTH_MAX)) {
        text_add(to->out, utf8);
    } else {
        add_string(to->out, result->is_error ? SPAN("{\"error\":") : SPAN("{\"output\":"), raw);
        text_add_char(to->out, '}');
    }
    region_cut(to->memory, mark);
    return 0;
}

static int write_result(struct conversation *to, const struct hub_block *result)
{
    int err;

    begin_part(to);
    text_add(to->out, SPAN("{\"functionResponse\":{"));
    write_id(to, result->id);
    add_string(to->out, SPAN("\"name\":"), result->name);
    text_add(to->out, SPAN(",\"response\":"));
    err = write_response(to, result);
    text_add(to->out, SPAN("}}"));
    return err;
}

/* What a tool gave beside text stands behind all responses of the turn: every model takes it so. */
static int write_result_media(struct conversation *to, const struct hub_block *result)
{
    int err = 0;

    for (const struct hub_block *block = result->content; block != NULL && err == 0;
         block = block->next) {
        if (block->kind != HUB_TEXT)
            err = write_media(to, block);
    }
    return err;
}

/* --- contents --------------------------------------------------------------------------------- */

/* A thought that only this provider's signature is left of goes with the call that it led to. */
static void write_thought(struct conversation *to, const struct hub_block *block)
{
    struct span signature = block->signer == HUB_SIGNER_GEMINI ? block->signature : SPAN("");
    bool is_before_call = block->next != NULL && block->next->kind == HUB_TOOL_CALL;

    if (is_before_call && block->next->signature.len == 0) {
        to->signature = signature;
        signature = SPAN("");
    }
    if (block->text.len == 0 && signature.len == 0)
        return;
    begin_part(to);
    add_string(to->out, SPAN("{\"text\":"), block->text);
    if (block->text.len > 0)
        text_add(to->out, SPAN(",\"thought\":true"));
    if (signature.len > 0)
        add_string(to->out, SPAN(",\"thoughtSignature\":"), signature);
    text_add_char(to->out, '}');
}

static int write_block(struct conversation *to, const struct hub_block *block)
{
    if (block->cache != HUB_CACHE_NONE && hub_drop_field(to->notes, HUB_FIELD_CACHE) != 0)
        return to->notes->err;
    switch ((enum hub_block_kind)block->kind) {
    case HUB_TEXT:
    case HUB_REFUSAL:
        write_text(to, block->text);
        return 0;
    case HUB_IMAGE:
    case HUB_FILE:
    case HUB_AUDIO:
    case HUB_VIDEO:
        return write_media(to, block);
    case HUB_TOOL_CALL:
        write_call(to, block);
        return 0;
    case HUB_TOOL_RESULT:
        return write_result(to, block);
    case HUB_REASONING:
        write_thought(to, block);
        return 0;
    case HUB_REDACTED: /* another provider's */
    case HUB_BLOCK_KIND_COUNT:
        break;
    }
    return 0;
}

static int write_blocks(struct conversation *to, const struct hub_message *message, bool results)
{
    int err = 0;

    for (const struct hub_block *block = message->blocks.first; block != NULL && err == 0;
         block = block->next) {
        if ((block->kind == HUB_TOOL_RESULT) == results)
            err = write_block(to, block);
    }
    return err;
}

static int write_parts(struct conversation *to, const struct hub_message *message)
{
    int err = write_blocks(to, message, true);

    for (const struct hub_block *block = message->blocks.first; block != NULL && err == 0;
         block = block->next) {
        if (block->kind == HUB_TOOL_RESULT)
            err = write_result_media(to, block);
    }
    return err != 0 ? err : write_blocks(to, message, false);
}

/* The current turn: what stands behind the last message that is not only answers to calls. */
static const struct hub_message *current_turn(const struct hub_request *request)
{
    const struct hub_message *turn = request->first;

    for (const struct hub_message *message = request->first; message != NULL;
         message = message->next) {
        bool has_result = false;

        for (const struct hub_block *block = message->blocks.first; block != NULL;
             block = block->next)
            has_result = has_result || block->kind == HUB_TOOL_RESULT;
        if (message->role == HUB_USER && !has_result)
            turn = message;
    }
    return turn;
}

static int write_contents(struct conversation *to, const struct hub_request *request)
{
    const struct hub_message *turn = current_turn(request);
    bool is_current = false;
    uint32_t count = 0;
    int err = 0;

    text_add(to->out, SPAN("\"contents\":["));
    for (const struct hub_message *message = request->first; message != NULL && err == 0;
         message = message->next) {
        is_current = is_current || message == turn;
        if (message->role == HUB_SYSTEM)
            continue;
        text_add(to->out, count++ > 0 ? SPAN(",{\"role\":") : SPAN("{\"role\":"));
        text_add(to->out, message->role == HUB_ASSISTANT ? SPAN("\"model\",\"parts\":[")
                                                         : SPAN("\"user\",\"parts\":["));
        to->is_begun = false;
        to->must_sign = is_current && to->target->traits.signatures;
        err = write_parts(to, message);
        text_add(to->out, SPAN("]}"));
    }
    text_add_char(to->out, ']');
    return err;
}

static int write_system(struct conversation *to, const struct hub_request *request)
{
    int err = 0;

    to->is_begun = false;
    for (const struct hub_message *message = request->first; message != NULL && err == 0;
         message = message->next) {
        if (message->role != HUB_SYSTEM || message->blocks.first == NULL)
            continue;
        if (!to->is_begun)
            text_add(to->out, SPAN(",\"systemInstruction\":{\"parts\":["));
        err = write_parts(to, message);
    }
    if (to->is_begun)
        text_add(to->out, SPAN("]}"));
    return err;
}

struct normalise_rules gemini_shape(const struct hub_request *request,
                                    const struct codec_target *target)
{
    (void)request;
    (void)target;
    return (struct normalise_rules){.system_apart = true, .signer = HUB_SIGNER_GEMINI};
}

int gemini_write_request(struct region *memory, struct hub_request *request,
                         const struct codec_target *target, struct hub_notes *notes,
                         struct text *out)
{
    struct conversation to = {.memory = memory, .target = target, .notes = notes, .out = out};
    int err;

    text_add_char(out, '{');
    err = write_contents(&to, request);
    if (err == 0)
        err = write_system(&to, request);
    if (err == 0)
        err = gemini_write_config(memory, request, target, notes, out);
    text_add_char(out, '}');
    if (err == 0 && out->err != 0)
        err = ERR_NO_MEMORY;
    return err;
}
