/* The parts of a Gemini client's conversation. */
#include "lib/base/err.h"
#include "lib/protocol/data_url.h"
#include "lib/protocol/gemini_inner.h"
#include "lib/protocol/hub_text.h"

/* One part: what it holds, and what is said about it. */
struct part {
    const struct json_node *data;
    struct span signature;
    bool is_thought;
};

typedef int read_data_fn(struct gemini_reader *reader, const struct part *part);

/* --- text and thoughts ------------------------------------------------------------------------ */

static struct hub_block *add_block(struct gemini_reader *reader, enum hub_block_kind kind)
{
    if (kind != HUB_REASONING)
        reader->thought = NULL;
    return hub_add_block(reader->memory, &reader->message->blocks, kind);
}

/*
 * Clients keep the chunks of a stream as they came, each a content of its own: the pieces of a
 * thought, then its signature alone. What was signed is all of them, so the last gets their text.
 */
static int join_thoughts(struct gemini_reader *reader, struct hub_block *last)
{
    struct hub_block *piece = reader->thought;
    struct text text = region_text(reader->memory);

    for (struct hub_message *message = reader->thinking; message != NULL; message = message->next) {
        for (; piece != NULL && piece != last; piece = piece->next) {
            text_add(&text, piece->text);
            piece->text = SPAN("");
        }
        piece = message->next == NULL ? NULL : message->next->blocks.first;
    }
    if (text.err != 0)
        return ERR_NO_MEMORY;
    region_keep_text(reader->memory, &text);
    last->text = text_span(&text);
    return 0;
}

/* Redacted thoughts are nothing but what another provider wants back. */
static int add_reasoning(struct gemini_reader *reader, struct span text, struct span signature)
{
    struct gemini_signature signed_by = gemini_read_signature(signature);
    struct hub_block *block = add_block(reader, signed_by.kind);
    int err = 0;

    if (block == NULL)
        return ERR_NO_MEMORY;
    block->signer = (uint8_t)signed_by.signer;
    if (signed_by.kind == HUB_REDACTED) {
        block->text = signed_by.raw;
        return 0;
    }
    block->text = text;
    block->signature = signed_by.raw;
    if (signed_by.signer == HUB_SIGNER_NONE && reader->thought == NULL) {
        reader->thinking = reader->message;
        reader->thought = block;
    }
    if (signed_by.signer == HUB_SIGNER_NONE)
        return 0;
    if (signed_by.signer == HUB_SIGNER_ANTHROPIC && text.len == 0 && reader->thought != NULL)
        err = join_thoughts(reader, block);
    reader->thought = NULL;
    return err;
}

static int add_text(struct gemini_reader *reader, struct span raw)
{
    struct hub_block *block = add_block(reader, HUB_TEXT);

    if (block == NULL)
        return ERR_NO_MEMORY;
    block->text = raw;
    return 0;
}

/* A signature behind an answer's text is about the thoughts before it. */
static int read_text(struct gemini_reader *reader, const struct part *part)
{
    struct span raw = part->data->raw;
    int err = 0;

    if (part->data->type != JSON_STRING)
        return gemini_refuse(reader, ERR_INVALID, SPAN("text"), SPAN("It is a string."));
    if (part->is_thought)
        return add_reasoning(reader, raw, part->signature);
    if (raw.len > 0)
        err = add_text(reader, raw);
    if (err == 0 && part->signature.len > 0)
        err = add_reasoning(reader, SPAN(""), part->signature);
    return err;
}

/* --- media ------------------------------------------------------------------------------------ */

static enum hub_block_kind kind_of(struct span media_type)
{
    if (span_starts_with(media_type, SPAN("image/")))
        return HUB_IMAGE;
    if (span_starts_with(media_type, SPAN("audio/")))
        return HUB_AUDIO;
    if (span_starts_with(media_type, SPAN("video/")))
        return HUB_VIDEO;
    return HUB_FILE;
}

static int add_media(struct gemini_reader *reader, const struct json_node *value,
                     struct hub_blocks *blocks, struct hub_block **out)
{
    const struct json_node *said = gemini_member(value, SPAN("mimeType"));
    struct span media_type = SPAN("");
    int err = said == NULL ? 0 : data_media_type(reader->memory, json_text(said), &media_type);

    if (err == ERR_INVALID)
        return gemini_refuse(reader, err, SPAN("mimeType"), SPAN("It is a media type."));
    if (err != 0)
        return err;
    *out = hub_add_block(reader->memory, blocks, kind_of(media_type));
    if (*out == NULL)
        return ERR_NO_MEMORY;
    (*out)->media_type = media_type;
    (*out)->name = json_text(gemini_member(value, SPAN("displayName")));
    return 0;
}

int gemini_read_inline_data(struct gemini_reader *reader, const struct json_node *value,
                            struct hub_blocks *blocks)
{
    size_t mark = gemini_enter(reader, SPAN("inlineData"));
    struct hub_block *block = NULL;
    int err;

    if (json_text(gemini_member(value, SPAN("mimeType"))).len == 0)
        return gemini_refuse(reader, ERR_INVALID, SPAN("mimeType"), SPAN("It is missing."));
    err = add_media(reader, value, blocks, &block);
    if (err != 0 || block == NULL)
        return err;
    block->source = HUB_SOURCE_BASE64;
    err = data_base64(reader->memory, json_text(gemini_member(value, SPAN("data"))), &block->data);
    if (err == ERR_INVALID)
        return gemini_refuse(reader, err, SPAN("data"), SPAN("It is base64."));
    reader->path.len = mark;
    return err;
}

/* Files of Google's stores: no other provider can read them. */
static bool is_stored(struct span uri)
{
    return span_starts_with(uri, SPAN("gs:")) || span_starts_with(uri, SPAN("files/")) ||
           span_starts_with(uri, SPAN("https://generativelanguage.googleapis.com/"));
}

int gemini_read_file_data(struct gemini_reader *reader, const struct json_node *value,
                          struct hub_blocks *blocks)
{
    size_t mark = gemini_enter(reader, SPAN("fileData"));
    struct span raw = json_text(gemini_member(value, SPAN("fileUri")));
    struct span uri = hub_decode(reader->memory, raw);
    struct hub_block *block = NULL;
    int err;

    if (raw.len == 0)
        return gemini_refuse(reader, ERR_INVALID, SPAN("fileUri"), SPAN("It is missing."));
    if (uri.ptr == NULL)
        return ERR_NO_MEMORY;
    if (is_stored(uri))
        return gemini_refuse(reader, ERR_UNTRANSLATABLE, SPAN("fileUri"),
                             SPAN("The model's provider cannot read Google's files; send "
                                  "inlineData."));
    err = add_media(reader, value, blocks, &block);
    if (err != 0 || block == NULL)
        return err;
    block->source = HUB_SOURCE_URL;
    block->data = raw;
    reader->path.len = mark;
    return 0;
}

static int read_inline_data(struct gemini_reader *reader, const struct part *part)
{
    return gemini_read_inline_data(reader, part->data, &reader->message->blocks);
}

static int read_file_data(struct gemini_reader *reader, const struct part *part)
{
    return gemini_read_file_data(reader, part->data, &reader->message->blocks);
}

/* --- function calls --------------------------------------------------------------------------- */

/* Clients are given ids and may leave them out: the same request always gets the same ones. */
static struct span make_id(struct gemini_reader *reader)
{
    char memory[40];
    struct text text = text_over(memory, sizeof(memory));

    text_add(&text, SPAN("function_call_"));
    text_add_unsigned(&text, reader->call_count);
    return region_copy(reader->memory, text_span(&text));
}

static int note_call(struct gemini_reader *reader, struct hub_block *block)
{
    struct gemini_call *call = region_take(reader->memory, sizeof(*call));

    if (call == NULL)
        return ERR_NO_MEMORY;
    call->block = block;
    if (reader->last_call == NULL)
        reader->calls = call;
    else
        reader->last_call->next = call;
    reader->last_call = call;
    reader->call_count++;
    return 0;
}

static int read_call(struct gemini_reader *reader, const struct part *part)
{
    static const struct gemini_field known[] = {
        {{"id", 2}, NULL},
        {{"name", 4}, NULL},
        {{"args", 4}, NULL},
    };
    size_t mark = gemini_enter(reader, SPAN("functionCall"));
    const struct json_node *args = gemini_member(part->data, SPAN("args"));
    struct span name = json_text(gemini_member(part->data, SPAN("name")));
    struct hub_block *block;

    if (reader->message->role != HUB_ASSISTANT)
        return gemini_refuse(reader, ERR_INVALID, SPAN(""), SPAN("It is the model's to call."));
    if (name.len == 0)
        return gemini_refuse(reader, ERR_INVALID, SPAN("name"), SPAN("It is missing."));
    if (args != NULL && args->type != JSON_OBJECT)
        return gemini_refuse(reader, ERR_INVALID, SPAN("args"), SPAN("It is an object."));
    int err = gemini_read_fields(reader, part->data, known, sizeof(known) / sizeof(known[0]));
    if (err != 0)
        return err;
    reader->path.len = mark;
    block = add_block(reader, HUB_TOOL_CALL);
    if (block == NULL)
        return ERR_NO_MEMORY;
    block->name = name;
    block->arguments = args != NULL ? args->raw : SPAN("{}");
    block->id = json_text(gemini_member(part->data, SPAN("id")));
    if (block->id.len == 0)
        block->id = make_id(reader);
    if (part->signature.len > 0) {
        block->signature = part->signature;
        block->signer = HUB_SIGNER_GEMINI;
    }
    return block->id.ptr == NULL ? ERR_NO_MEMORY : note_call(reader, block);
}

/* --- function responses ----------------------------------------------------------------------- */

static struct gemini_call *find_call(const struct gemini_reader *reader, struct span id,
                                     struct span name)
{
    for (struct gemini_call *call = reader->calls; call != NULL && id.len > 0; call = call->next) {
        if (hub_equal(call->block->id, id))
            return call;
    }
    for (struct gemini_call *call = reader->calls; call != NULL; call = call->next) {
        if (!call->is_answered && hub_equal(call->block->name, name))
            return call;
    }
    return NULL;
}

/* The output as text: a string's own, everything else as JSON. */
static int add_output(struct gemini_reader *reader, struct hub_blocks *content,
                      const struct json_node *output)
{
    struct hub_block *block = hub_add_block(reader->memory, content, HUB_TEXT);

    if (block == NULL)
        return ERR_NO_MEMORY;
    block->text = output->type == JSON_STRING ? output->raw
                                              : hub_encode(reader->memory, output->raw);
    return block->text.ptr == NULL ? ERR_NO_MEMORY : 0;
}

/* `output` and `error` are the API's words where they stand alone, else the function's own. */
static int read_response(struct gemini_reader *reader, struct hub_blocks *content,
                         const struct json_node *response, bool *is_error)
{
    const struct json_node *error = json_member(response, SPAN("error"));
    const struct json_node *output = json_member(response, SPAN("output"));

    if (response == NULL)
        return 0;
    if (response->type != JSON_OBJECT)
        return gemini_refuse(reader, ERR_INVALID, SPAN("response"), SPAN("It is an object."));
    if (response->count != 1)
        return add_output(reader, content, response);
    *is_error = error != NULL;
    if (error != NULL)
        return add_output(reader, content, error);
    return add_output(reader, content, output != NULL ? output : response);
}

static int read_response_part(struct gemini_reader *reader, struct hub_blocks *content,
                              const struct json_node *part)
{
    const struct json_node *inline_data = gemini_member(part, SPAN("inlineData"));
    const struct json_node *file_data = gemini_member(part, SPAN("fileData"));

    if (inline_data != NULL)
        return gemini_read_inline_data(reader, inline_data, content);
    if (file_data != NULL)
        return gemini_read_file_data(reader, file_data, content);
    return gemini_refuse(reader, ERR_UNTRANSLATABLE, SPAN(""), SPAN(""));
}

static int read_response_parts(struct gemini_reader *reader, struct hub_blocks *content,
                               const struct json_node *parts)
{
    uint32_t number = 0;

    if (parts == NULL)
        return 0;
    if (parts->type != JSON_ARRAY)
        return gemini_refuse(reader, ERR_INVALID, SPAN("parts"), SPAN("It is an array of parts."));
    JSON_EACH(part, parts)
    {
        size_t mark = gemini_enter_item(reader, SPAN("parts"), number++);
        int err = read_response_part(reader, content, part);

        if (err != 0)
            return err;
        reader->path.len = mark;
    }
    return 0;
}

static int read_result(struct gemini_reader *reader, const struct part *part)
{
    static const struct gemini_field known[] = {
        {{"id", 2}, NULL},
        {{"name", 4}, NULL},
        {{"response", 8}, NULL},
        {{"parts", 5}, NULL},
    };
    size_t mark = gemini_enter(reader, SPAN("functionResponse"));
    struct span id = json_text(gemini_member(part->data, SPAN("id")));
    struct span name = json_text(gemini_member(part->data, SPAN("name")));
    struct gemini_call *call = find_call(reader, id, name);
    struct hub_blocks content = {0};
    struct hub_block *result;
    int err;

    if (reader->message->role != HUB_USER)
        return gemini_refuse(reader, ERR_INVALID, SPAN(""), SPAN("It is the user's to respond."));
    if (name.len == 0)
        return gemini_refuse(reader, ERR_INVALID, SPAN("name"), SPAN("It is missing."));
    result = add_block(reader, HUB_TOOL_RESULT);
    if (result == NULL)
        return ERR_NO_MEMORY;
    /* One that answers no call keeps its name: normalisation refuses it by that. */
    result->id = call != NULL ? call->block->id : id.len > 0 ? id : name;
    result->name = name;
    if (call != NULL)
        call->is_answered = true;
    err = gemini_read_fields(reader, part->data, known, sizeof(known) / sizeof(known[0]));
    if (err == 0)
        err = read_response(reader, &content, gemini_member(part->data, SPAN("response")),
                            &result->is_error);
    if (err == 0)
        err = read_response_parts(reader, &content, gemini_member(part->data, SPAN("parts")));
    result->content = content.first;
    if (err == 0)
        reader->path.len = mark;
    return err;
}

/* --- parts ------------------------------------------------------------------------------------ */

static const struct {
    struct span name;
    read_data_fn *read;
} datas[] = {
    {{"text", 4}, read_text},
    {{"inlineData", 10}, read_inline_data},
    {{"fileData", 8}, read_file_data},
    {{"functionCall", 12}, read_call},
    {{"functionResponse", 16}, read_result},
};

static read_data_fn *reader_of(const struct json_node *member)
{
    for (size_t i = 0; i < sizeof(datas) / sizeof(datas[0]); i++) {
        if (gemini_is_named(member, datas[i].name))
            return datas[i].read;
    }
    return NULL;
}

/* How media are looked at, and notes about them: the part is the same without. */
static bool is_modifier(const struct json_node *member)
{
    return gemini_is_named(member, SPAN("videoMetadata")) ||
           gemini_is_named(member, SPAN("mediaResolution")) ||
           gemini_is_named(member, SPAN("partMetadata"));
}

/* Everything but the data; unknown data is refused: what a client says is never left out. */
static int read_modifier(struct gemini_reader *reader, const struct json_node *member,
                         struct part *part)
{
    if (gemini_is_named(member, SPAN("thought"))) {
        part->is_thought = member->type == JSON_TRUE;
        return 0;
    }
    if (gemini_is_named(member, SPAN("thoughtSignature"))) {
        part->signature = json_text(member);
        return 0;
    }
    if (is_modifier(member))
        return gemini_drop(reader, member->key);
    return gemini_refuse(reader, ERR_UNTRANSLATABLE, member->key, SPAN(""));
}

int gemini_read_part(struct gemini_reader *reader, const struct json_node *value)
{
    struct part part = {0};
    read_data_fn *read = NULL;

    if (value->type != JSON_OBJECT)
        return gemini_refuse(reader, ERR_INVALID, SPAN(""), SPAN("A part is an object."));
    JSON_EACH(member, value)
    {
        read_data_fn *found = reader_of(member);
        int err = 0;

        if (member->type == JSON_NULL)
            continue;
        if (found != NULL && read != NULL)
            err = gemini_refuse(reader, ERR_INVALID, member->key, SPAN("A part holds one thing."));
        else if (found == NULL)
            err = read_modifier(reader, member, &part);
        if (err != 0)
            return err;
        if (found != NULL) {
            part.data = member;
            read = found;
        }
    }
    if (read != NULL)
        return read(reader, &part);
    if (part.signature.len > 0)
        return add_reasoning(reader, SPAN(""), part.signature);
    return gemini_refuse(reader, ERR_INVALID, SPAN(""), SPAN("A part holds one thing."));
}
