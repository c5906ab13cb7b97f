/* What a Gemini client gets: GenerateContentResponse, whole or in chunks. */
#include "lib/base/err.h"
#include "lib/protocol/gemini_inner.h"
#include "lib/protocol/hub_text.h"

enum {
    CALL_BYTES_MIN = 1024, /* room for arguments at first; doubled as often as it takes */
    CALL_DEPTH_MAX = JSON_DEPTH_MAX,
};

static const struct span finish_words[HUB_FINISH_COUNT] = {
#define X(name, openai, anthropic, gemini) [HUB_FINISH_##name] = {gemini, sizeof(gemini) - 1},
    HUB_FINISH_MAP(X)
#undef X
};

/* --- parts ------------------------------------------------------------------------------------ */

static void add_string(struct text *out, struct span name, struct span raw)
{
    text_add(out, name);
    text_add_char(out, '"');
    text_add(out, raw);
    text_add_char(out, '"');
}

static void write_text(struct text *out, enum hub_block_kind kind, struct span raw,
                       const struct gemini_signature *signature)
{
    add_string(out, SPAN("{\"text\":"), raw);
    if (kind == HUB_REASONING || kind == HUB_REDACTED)
        text_add(out, SPAN(",\"thought\":true"));
    gemini_write_signature(out, signature);
    text_add_char(out, '}');
}

/* A call as a part; `args` has to be an object whatever a model has made of it. */
struct call {
    struct span id;
    struct span name;
    struct span args; /* UTF-8 */
    struct gemini_signature signature;
};

static void write_call(struct text *out, const struct call *call)
{
    text_add(out, SPAN("{\"functionCall\":{"));
    if (call->id.len > 0) {
        add_string(out, SPAN("\"id\":"), call->id);
        text_add_char(out, ',');
    }
    add_string(out, SPAN("\"name\":"), call->name);
    text_add(out, SPAN(",\"args\":"));
    if (call->args.len == 0) {
        text_add(out, SPAN("{}"));
    } else if (gemini_is_object(call->args, CALL_DEPTH_MAX)) {
        text_add(out, call->args);
    } else {
        text_add(out, SPAN("{\"_raw_arguments\":"));
        text_add_json(out, call->args);
        text_add_char(out, '}');
    }
    text_add_char(out, '}');
    gemini_write_signature(out, &call->signature);
    text_add_char(out, '}');
}

/* --- the answer around them ------------------------------------------------------------------- */

static void begin_answer(struct text *out)
{
    text_add(out, SPAN("{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":["));
}

static void add_count(struct text *out, struct span name, uint64_t value)
{
    if (value == 0)
        return;
    text_add(out, name);
    text_add_unsigned(out, value);
}

static void write_usage(struct text *out, const struct usage *usage)
{
    uint64_t cached = usage->cache_read;
    uint64_t input = usage->input + cached + usage->cache_write + usage->cache_write_1h;

    if (!usage->seen)
        return;
    text_add(out, SPAN(",\"usageMetadata\":{\"promptTokenCount\":"));
    text_add_unsigned(out, input);
    text_add(out, SPAN(",\"candidatesTokenCount\":"));
    text_add_unsigned(out, usage->output - usage->reasoning);
    text_add(out, SPAN(",\"totalTokenCount\":"));
    text_add_unsigned(out, input + usage->output);
    add_count(out, SPAN(",\"cachedContentTokenCount\":"), cached);
    add_count(out, SPAN(",\"thoughtsTokenCount\":"), usage->reasoning);
    text_add_char(out, '}');
}

/* Behind the last part. */
static void end_answer(struct text *out, const struct codec_answer *how)
{
    text_add(out, SPAN(",\"modelVersion\":"));
    text_add(out, how->slug_json);
    text_add(out, SPAN(",\"responseId\":"));
    text_add_json(out, how->id);
    text_add_char(out, '}');
}

static void write_finish(struct text *out, enum hub_finish finish, const struct usage *usage)
{
    add_string(out, SPAN("]},\"finishReason\":"), finish_words[finish]);
    text_add(out, SPAN(",\"index\":0}]"));
    write_usage(out, usage);
}

static void write_block(struct text *out, const struct hub_block *block)
{
    struct gemini_signature signature = {
        .kind = (enum hub_block_kind)block->kind,
        .signer = (enum hub_signer)block->signer,
        .raw = block->signature,
    };

    switch ((enum hub_block_kind)block->kind) {
    case HUB_REDACTED:
        signature.signer = HUB_SIGNER_ANTHROPIC;
        signature.raw = block->text;
        write_text(out, HUB_REDACTED, SPAN(""), &signature);
        break;
    case HUB_TOOL_CALL:
        write_call(out, &(struct call){block->id, block->name, block->arguments, signature});
        break;
    case HUB_TEXT:
    case HUB_REFUSAL:
    case HUB_REASONING:
        write_text(out, (enum hub_block_kind)block->kind, block->text, &signature);
        break;
    case HUB_IMAGE:
    case HUB_FILE:
    case HUB_AUDIO:
    case HUB_VIDEO:
    case HUB_TOOL_RESULT:
    case HUB_BLOCK_KIND_COUNT:
        write_text(out, HUB_TEXT, SPAN(""), &signature);
        break;
    }
}

int gemini_write_answer(struct region *memory, const struct hub_answer *answer,
                        const struct codec_answer *how, struct text *out)
{
    (void)memory;
    begin_answer(out);
    for (const struct hub_block *block = answer->blocks.first; block != NULL; block = block->next) {
        if (block != answer->blocks.first)
            text_add_char(out, ',');
        write_block(out, block);
    }
    if (answer->blocks.first == NULL)
        text_add(out, SPAN("{\"text\":\"\"}"));
    write_finish(out, answer->finish, &answer->usage);
    end_answer(out, how);
    return out->err == 0 ? 0 : ERR_NO_MEMORY;
}

/* --- chunks ----------------------------------------------------------------------------------- */

/* One event of the stream, or one item of the array. */
static void begin_chunk(struct codec_writer *writer)
{
    if (!writer->answer->is_array)
        text_add(writer->out, SPAN("data: "));
    else
        text_add(writer->out, writer->chunk_count == 0 ? SPAN("[") : SPAN(",\r\n"));
    writer->chunk_count++;
}

static void end_chunk(struct codec_writer *writer)
{
    if (!writer->answer->is_array)
        text_add(writer->out, SPAN("\r\n\r\n"));
}

static void end_array(struct codec_writer *writer)
{
    if (writer->answer->is_array)
        text_add_char(writer->out, ']');
}

static void begin_part(struct codec_writer *writer)
{
    begin_chunk(writer);
    begin_answer(writer->out);
}

static void end_part(struct codec_writer *writer)
{
    text_add(writer->out, SPAN("]},\"index\":0}]"));
    end_answer(writer->out, writer->answer);
    end_chunk(writer);
}

static void send_text(struct codec_writer *writer, const struct hub_event *event)
{
    struct gemini_signature signature = {event->block, HUB_SIGNER_NONE, SPAN("")};
    struct span text = event->text;

    if (event->kind == HUB_EVENT_SIGNATURE || event->block == HUB_REDACTED) {
        signature.signer = event->block == HUB_REDACTED ? HUB_SIGNER_ANTHROPIC : event->signer;
        signature.raw = text;
        text = SPAN("");
    }
    begin_part(writer);
    write_text(writer->out, event->block, text, &signature);
    end_part(writer);
}

/* --- calls, each whole when its arguments are ------------------------------------------------- */

static struct span keep(struct codec_writer *writer, struct span bytes)
{
    struct span copy = region_copy(writer->memory, bytes);

    if (copy.ptr == NULL)
        writer->err = ERR_NO_MEMORY;
    return copy;
}

static void begin_call(struct codec_writer *writer, const struct hub_event *event)
{
    writer->pending.len = 0;
    writer->pending.err = 0;
    writer->id = keep(writer, event->id);
    writer->name = keep(writer, event->name);
    writer->signature = SPAN("");
    if (event->signer == HUB_SIGNER_GEMINI && event->signature.len > 0)
        writer->signature = keep(writer, event->signature);
}

/* Room for so many more bytes: what was taken before is not given back until the answer ends. */
static bool make_room(struct codec_writer *writer, size_t bytes)
{
    struct text *pending = &writer->pending;
    size_t cap = pending->cap > 0 ? pending->cap : CALL_BYTES_MIN;
    char *memory;

    if (pending->cap - pending->len >= bytes)
        return true;
    while (cap - pending->len < bytes)
        cap *= 2;
    memory = region_take(writer->memory, cap);
    if (memory == NULL) {
        writer->err = ERR_NO_MEMORY;
        return false;
    }
    if (pending->len > 0)
        memcpy(memory, pending->ptr, pending->len);
    pending->ptr = memory;
    pending->cap = cap;
    return true;
}

static void add_arguments(struct codec_writer *writer, struct span raw)
{
    size_t mark = region_mark(writer->scratch);
    struct span utf8 = hub_decode(writer->scratch, raw);

    if (utf8.ptr == NULL)
        writer->err = ERR_NO_MEMORY;
    else if (make_room(writer, utf8.len))
        text_add(&writer->pending, utf8);
    region_cut(writer->scratch, mark);
}

static void send_call(struct codec_writer *writer)
{
    const struct call call = {
        .id = writer->id,
        .name = writer->name,
        .args = text_span(&writer->pending),
        .signature = {HUB_TOOL_CALL,
                      writer->signature.len > 0 ? HUB_SIGNER_GEMINI : HUB_SIGNER_NONE,
                      writer->signature},
    };

    begin_part(writer);
    write_call(writer->out, &call);
    end_part(writer);
}

/* --- the end ---------------------------------------------------------------------------------- */

static void send_finish(struct codec_writer *writer, const struct hub_event *event)
{
    begin_part(writer);
    text_add(writer->out, SPAN("{\"text\":\"\"}"));
    write_finish(writer->out, event->finish, &event->usage);
    end_answer(writer->out, writer->answer);
    end_chunk(writer);
    end_array(writer);
}

static struct span status_word(int status)
{
    static const struct {
        int status;
        struct span word;
    } words[] = {
        {400, {"INVALID_ARGUMENT", 16}},  {401, {"UNAUTHENTICATED", 15}},
        {403, {"PERMISSION_DENIED", 17}}, {404, {"NOT_FOUND", 9}},
        {413, {"INVALID_ARGUMENT", 16}},  {429, {"RESOURCE_EXHAUSTED", 18}},
        {503, {"UNAVAILABLE", 11}},       {504, {"DEADLINE_EXCEEDED", 17}},
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (words[i].status == status)
            return words[i].word;
    }
    return SPAN("INTERNAL");
}

/* The official SDKs throw at such a chunk, and no reason to finish comes. */
static void send_error(struct codec_writer *writer, const struct hub_error *error)
{
    int status = err_http_status(error->err);

    begin_chunk(writer);
    text_add(writer->out, SPAN("{\"error\":{\"code\":"));
    text_add_signed(writer->out, status);
    text_add(writer->out, SPAN(",\"message\":"));
    text_add_json(writer->out,
                  error->message.len > 0 ? error->message : span_of(err_text(error->err)));
    add_string(writer->out, SPAN(",\"status\":"), status_word(status));
    text_add(writer->out, SPAN("}}"));
    end_chunk(writer);
    end_array(writer);
}

void gemini_write_event(struct codec_writer *writer, const struct hub_event *event)
{
    bool is_call = event->block == HUB_TOOL_CALL;

    switch (event->kind) {
    case HUB_EVENT_START:
        break;
    case HUB_EVENT_BLOCK_START:
        if (is_call)
            begin_call(writer, event);
        break;
    case HUB_EVENT_DELTA:
        if (is_call)
            add_arguments(writer, event->text);
        else
            send_text(writer, event);
        break;
    case HUB_EVENT_SIGNATURE:
        send_text(writer, event);
        break;
    case HUB_EVENT_BLOCK_END:
        if (is_call)
            send_call(writer);
        break;
    case HUB_EVENT_FINISH:
        send_finish(writer, event);
        break;
    case HUB_EVENT_ERROR:
        send_error(writer, &event->error);
        break;
    }
}
