#include "lib/base/err.h"
#include "lib/protocol/translation.h"

enum { DATA_BYTES_MIN = 4096 };

/* --- events on their way ---------------------------------------------------------------------- */

/** The structured output that a tool call stands for is text. */
static void pass_json(struct translation *translation, const struct hub_event *event)
{
    struct hub_event text = *event;

    if (event->kind == HUB_EVENT_DELTA)
        translation->has_json = true;
    text.block = HUB_TEXT;
    text.tool = 0;
    if (event->kind == HUB_EVENT_BLOCK_END && !translation->has_json) {
        text.kind = HUB_EVENT_DELTA;
        text.text = SPAN("{}");
        translation->to->write_event(&translation->writer, &text);
        text.kind = HUB_EVENT_BLOCK_END;
        text.text = SPAN("");
    }
    translation->to->write_event(&translation->writer, &text);
}

static void pass_call(struct translation *translation, const struct hub_event *event)
{
    struct hub_event call = *event;

    call.name = tool_words_original(translation->keep.names, event->name);
    call.id = tool_words_fit_id(translation->memory, event->id, TRANSLATION_ID_BYTES_MAX);
    if (call.id.ptr == NULL)
        translation->writer.err = ERR_NO_MEMORY;
    else
        translation->to->write_event(&translation->writer, &call);
}

static void pass_finish(struct translation *translation, const struct hub_event *event)
{
    struct hub_event finish = *event;

    if (translation->keep.json_tool && finish.finish == HUB_FINISH_TOOL_CALLS)
        finish.finish = HUB_FINISH_STOP;
    translation->state = TRANSLATION_COMPLETE;
    translation->to->write_event(&translation->writer, &finish);
}

static void pass_error(struct translation *translation, const struct hub_event *event)
{
    translation->state = TRANSLATION_ERROR;
    translation->error.err = event->error.err;
    translation->error.message = region_copy(translation->memory, event->error.message);
    translation->to->write_event(&translation->writer, event);
}

static void on_event(void *ctx, const struct hub_event *event)
{
    struct translation *translation = ctx;
    bool is_call = event->block == HUB_TOOL_CALL &&
                   (event->kind == HUB_EVENT_BLOCK_START || translation->keep.json_tool);

    if (event->kind == HUB_EVENT_FINISH)
        pass_finish(translation, event);
    else if (event->kind == HUB_EVENT_ERROR)
        pass_error(translation, event);
    else if (is_call && translation->keep.json_tool)
        pass_json(translation, event);
    else if (is_call)
        pass_call(translation, event);
    else
        translation->to->write_event(&translation->writer, event);
}

void translation_init(struct translation *translation, const struct translation_rules *rules,
                      struct region *memory)
{
    *translation = (struct translation){
        .from = codec_of(rules->from),
        .to = codec_of(rules->to),
        .answer = rules->answer,
        .keep = rules->keep,
        .memory = memory,
        .event_bytes_max = rules->event_bytes_max,
    };
    translation->answer.include_usage = rules->keep.include_usage;
    sse_init(&translation->sse);
    hub_stream_init(&translation->stream, memory, rules->id_seed, on_event, translation);
    translation->writer.answer = &translation->answer;
    translation->writer.memory = memory;
}

/* --- one event of the upstream's -------------------------------------------------------------- */

static bool is_white(struct span bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        if (bytes.ptr[i] != ' ' && bytes.ptr[i] != '\t' && bytes.ptr[i] != '\n')
            return false;
    }
    return true;
}

/** The upstream is through: with a reason to finish, or none where its terminator says enough. */
static int end(struct translation *translation)
{
    struct hub_stream *stream = &translation->stream;

    if (stream->is_done && stream->is_started && !stream->has_finish)
        hub_stream_finish(stream, HUB_FINISH_STOP, SPAN(""));
    return hub_stream_end(stream, translation->from->protocol);
}

static int read_data(struct translation *translation, struct span data, struct region *scratch)
{
    const struct json_node *root;
    struct span done = translation->from->done;
    int err;

    if (is_white(data))
        return 0;
    if (done.len > 0 && span_starts_with(data, done)) {
        hub_stream_done(&translation->stream);
        return 0;
    }
    err = json_tape_read_mended(scratch, data, UINT32_MAX, &root);
    if (err != 0)
        return err == ERR_NO_MEMORY ? err : ERR_UPSTREAM_PROTOCOL;
    translation->from->read_event(scratch, root, &translation->from_state, &translation->stream);
    return translation->stream.err;
}

static int read_event(struct translation *translation, struct span data, struct region *scratch,
                      struct text *out)
{
    size_t mark = region_mark(scratch);
    int err;

    if (translation->stream.is_over)
        return 0;
    translation->writer.scratch = scratch;
    translation->writer.out = out;
    err = read_data(translation, data, scratch);
    if (err == 0 && translation->stream.is_done)
        err = end(translation);
    region_cut(scratch, mark);
    if (err == 0)
        err = translation->writer.err;
    return err == 0 && out->err != 0 ? ERR_NO_MEMORY : err;
}

/* --- framing ---------------------------------------------------------------------------------- */

/** Makes room in the event's own memory, which is only ever made when an event comes in pieces. */
static int reserve(struct translation *translation, size_t more)
{
    struct text *data = &translation->data;
    size_t bytes = data->cap == 0 ? DATA_BYTES_MIN : data->cap;
    char *memory;

    if (more > translation->event_bytes_max - data->len)
        return ERR_UPSTREAM_PROTOCOL;
    if (more <= data->cap - data->len)
        return 0;
    while (bytes < data->len + more)
        bytes *= 2;
    memory = region_take(translation->memory, bytes);
    if (memory == NULL)
        return ERR_NO_MEMORY;
    if (data->len > 0)
        memcpy(memory, data->ptr, data->len);
    data->ptr = memory;
    data->cap = bytes;
    return 0;
}

static int put_by(struct translation *translation, struct span bytes)
{
    int err = reserve(translation, bytes.len);

    if (err == 0)
        text_add(&translation->data, bytes);
    return err;
}

/**
 * One line of data is looked at where it was received. It is put by when the received bytes end
 * before its event does, and when another line follows: those are joined by LF.
 */
struct pass {
    struct translation *translation;
    struct span line; /* of the open event, not put by yet; ptr NULL: none */
    struct region *scratch;
    struct text *out;
};

static int on_data(struct pass *pass, struct span bytes)
{
    struct translation *translation = pass->translation;
    int err = 0;

    if (translation->line_ended) {
        err = put_by(translation, pass->line);
        if (err == 0)
            err = put_by(translation, SPAN("\n"));
        pass->line = (struct span){NULL, 0};
        translation->line_ended = false;
    }
    if (err == 0 && pass->line.ptr != NULL)
        err = put_by(translation, pass->line);
    pass->line = bytes;
    return err;
}

static int on_event_end(struct pass *pass)
{
    struct translation *translation = pass->translation;
    struct span data = pass->line;
    int err = 0;

    if (translation->data.len > 0) {
        err = put_by(translation, pass->line);
        data = text_span(&translation->data);
    } else if (data.len > translation->event_bytes_max) {
        err = ERR_UPSTREAM_PROTOCOL;
    }
    if (err == 0)
        err = read_event(translation, data, pass->scratch, pass->out);
    translation->data.len = 0;
    translation->line_ended = false;
    pass->line = (struct span){NULL, 0};
    return err;
}

static int on_piece(struct pass *pass, const struct sse_piece *piece)
{
    switch (piece->kind) {
    case SSE_DATA:
        return on_data(pass, piece->bytes);
    case SSE_DATA_END:
        pass->translation->line_ended = true;
        return 0;
    case SSE_EVENT_END:
        return on_event_end(pass);
    case SSE_FRAMING:
    case SSE_EVENT_BEGIN:
    case SSE_MORE:
        break;
    }
    return 0;
}

int translation_feed(struct translation *translation, struct span bytes, struct region *scratch,
                     struct text *out)
{
    struct pass pass = {.translation = translation, .scratch = scratch, .out = out};
    int err = 0;

    while (err == 0 && !translation->stream.is_over) {
        struct sse_piece piece = sse_next(&translation->sse, &bytes);

        if (piece.kind == SSE_MORE)
            break;
        err = on_piece(&pass, &piece);
    }
    if (err == 0 && !translation->stream.is_over && pass.line.ptr != NULL)
        err = put_by(translation, pass.line);
    return err;
}

int translation_finish(struct translation *translation, struct region *scratch, struct text *out)
{
    struct pass pass = {.translation = translation, .scratch = scratch, .out = out};
    int err = 0;

    /* The last event counts although its empty line is missing, when it is whole. */
    if (translation->data.len > 0 && !translation->stream.is_over &&
        on_event_end(&pass) == ERR_NO_MEMORY)
        err = ERR_NO_MEMORY;
    translation->writer.scratch = scratch;
    translation->writer.out = out;
    if (err == 0)
        err = end(translation);
    translation->usage = usage_from_figures(&translation->stream.figures,
                                            translation->from->protocol);
    if (err == 0)
        err = translation->writer.err;
    return err == 0 && out->err != 0 ? ERR_NO_MEMORY : err;
}
