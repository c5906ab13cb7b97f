#include "lib/protocol/hub_stream.h"

#include "lib/base/err.h"
#include "lib/protocol/hub_object.h"
#include "lib/protocol/hub_text.h"
#include "lib/protocol/tool_words.h"

/** Text that waits. */
struct piece {
    struct piece *next;
    struct span raw;
};

struct hub_stream_item {
    struct hub_stream_item *earlier; /* tool calls */
    struct hub_stream_item *next_waiting;
    struct piece *first;
    struct piece *last;
    uint64_t key;
    struct span id;
    struct span name;
    struct span signature;
    struct hub_object object;
    uint8_t kind;   /* enum hub_block_kind */
    uint8_t signer; /* enum hub_signer */
    bool is_whole;  /* nothing of it comes any more */
    bool is_begun;  /* its BLOCK_START was emitted */
    bool is_id_ours;
};

void hub_stream_init(struct hub_stream *stream, struct region *memory, uint64_t id_seed,
                     hub_event_fn *emit, void *ctx)
{
    *stream = (struct hub_stream){
        .memory = memory,
        .emit = emit,
        .ctx = ctx,
        .id_seed = id_seed,
    };
}

static void give_up(struct hub_stream *stream, int err)
{
    stream->err = err;
    stream->is_over = true;
}

/* --- emitting --------------------------------------------------------------------------------- */

static void start(struct hub_stream *stream)
{
    const struct hub_event event = {.kind = HUB_EVENT_START};

    if (stream->is_started)
        return;
    stream->is_started = true;
    stream->emit(stream->ctx, &event);
}

/** An event of the open block. */
static struct hub_event event_of(const struct hub_stream *stream, enum hub_event_kind kind)
{
    return (struct hub_event){
        .kind = kind,
        .block = (enum hub_block_kind)stream->open_kind,
        .index = stream->next_index - 1,
        .tool = stream->open_kind == HUB_TOOL_CALL ? stream->tools_begun - 1 : 0,
    };
}

static void emit_delta(struct hub_stream *stream, struct span text)
{
    struct hub_event event = event_of(stream, HUB_EVENT_DELTA);

    event.text = text;
    stream->emit(stream->ctx, &event);
}

static void end_block(struct hub_stream *stream)
{
    struct hub_event event;

    if (!stream->has_open)
        return;
    event = event_of(stream, HUB_EVENT_BLOCK_END);
    if (stream->open_tool != NULL)
        stream->open_tool->is_whole = true;
    stream->has_open = false;
    stream->open_tool = NULL;
    stream->emit(stream->ctx, &event);
}

static struct hub_event open_block(struct hub_stream *stream, enum hub_block_kind kind)
{
    end_block(stream);
    start(stream);
    stream->has_open = true;
    stream->open_kind = (uint8_t)kind;
    stream->next_index++;
    if (kind == HUB_TOOL_CALL)
        stream->tools_begun++;
    return event_of(stream, HUB_EVENT_BLOCK_START);
}

/** Makes a block of this kind the open one. */
static void open_text(struct hub_stream *stream, enum hub_block_kind kind)
{
    struct hub_event event;

    if (stream->has_open && stream->open_kind == kind)
        return;
    event = open_block(stream, kind);
    stream->emit(stream->ctx, &event);
}

static void say(struct hub_stream *stream, enum hub_block_kind kind, struct span raw)
{
    open_text(stream, kind);
    emit_delta(stream, raw);
    if (kind == HUB_REDACTED)
        end_block(stream);
}

static void sign(struct hub_stream *stream, enum hub_signer signer, struct span raw)
{
    struct hub_event event;

    open_text(stream, HUB_REASONING);
    event = event_of(stream, HUB_EVENT_SIGNATURE);
    event.text = raw;
    event.signer = signer;
    stream->emit(stream->ctx, &event);
    end_block(stream);
}

static void say_arguments(struct hub_stream *stream, struct hub_stream_item *tool, struct span raw)
{
    struct span text = hub_object_take(&tool->object, raw);

    if (text.len > 0)
        emit_delta(stream, text);
    if (tool->object.is_complete)
        tool->is_whole = true;
}

/* --- what waits ------------------------------------------------------------------------------- */

static struct hub_stream_item *add_item(struct hub_stream *stream, enum hub_block_kind kind)
{
    struct hub_stream_item *item = region_take(stream->memory, sizeof(*item));

    if (item == NULL) {
        give_up(stream, ERR_NO_MEMORY);
        return NULL;
    }
    item->kind = (uint8_t)kind;
    if (stream->last_waiting == NULL)
        stream->waiting = item;
    else
        stream->last_waiting->next_waiting = item;
    stream->last_waiting = item;
    return item;
}

/** Copies what is told to where it lives until it is needed. False: there is no room. */
static bool keep(struct hub_stream *stream, struct span raw, struct span *out)
{
    if (raw.len == 0)
        return true;
    *out = region_copy(stream->memory, raw);
    if (out->ptr != NULL)
        return true;
    give_up(stream, ERR_NO_MEMORY);
    return false;
}

static void add_piece(struct hub_stream *stream, struct hub_stream_item *item, struct span raw)
{
    struct piece *piece;

    if (raw.len == 0)
        return;
    piece = region_take(stream->memory, sizeof(*piece));
    if (piece == NULL) {
        give_up(stream, ERR_NO_MEMORY);
        return;
    }
    if (!keep(stream, raw, &piece->raw))
        return;
    if (item->first == NULL)
        item->first = piece;
    else
        item->last->next = piece;
    item->last = piece;
}

/** The last thing that waits, when more text of this kind belongs to it; else a new one. */
static struct hub_stream_item *waiting_text(struct hub_stream *stream, enum hub_block_kind kind)
{
    struct hub_stream_item *item = stream->last_waiting;

    if (item != NULL && item->kind == kind && !item->is_whole)
        return item;
    return add_item(stream, kind);
}

/** Must what is told now wait? */
static bool must_wait(const struct hub_stream *stream)
{
    return stream->waiting != NULL ||
           (stream->open_tool != NULL && !stream->open_tool->object.was_empty);
}

static bool make_id(struct hub_stream *stream, struct hub_stream_item *tool)
{
    tool->is_id_ours = true;
    tool->id = tool_words_make_id(stream->memory, stream->id_seed, stream->tools_begun);
    if (tool->id.ptr == NULL)
        give_up(stream, ERR_NO_MEMORY);
    return tool->id.ptr != NULL;
}

static void begin_tool(struct hub_stream *stream, struct hub_stream_item *tool)
{
    struct hub_event event;

    tool->is_begun = true;
    if (tool->id.len == 0 && !make_id(stream, tool))
        return;
    event = open_block(stream, HUB_TOOL_CALL);
    stream->open_tool = tool;
    event.id = tool->id;
    event.name = tool->name;
    event.signer = (enum hub_signer)tool->signer;
    event.signature = tool->signature;
    stream->emit(stream->ctx, &event);
    for (const struct piece *piece = tool->first; piece != NULL; piece = piece->next)
        say_arguments(stream, tool, piece->raw);
    if (tool->is_whole)
        end_block(stream);
}

static void begin_text(struct hub_stream *stream, const struct hub_stream_item *item)
{
    enum hub_block_kind kind = (enum hub_block_kind)item->kind;

    for (const struct piece *piece = item->first; piece != NULL; piece = piece->next)
        say(stream, kind, piece->raw);
    if (item->signature.len > 0)
        sign(stream, (enum hub_signer)item->signer, item->signature);
    if (item->is_whole)
        end_block(stream);
}

/** Begins the first thing that waits. */
static void begin_waiting(struct hub_stream *stream)
{
    struct hub_stream_item *item = stream->waiting;

    stream->waiting = item->next_waiting;
    if (stream->waiting == NULL)
        stream->last_waiting = NULL;
    if (item->kind != HUB_TOOL_CALL)
        begin_text(stream, item);
    else if (item->name.len > 0)
        begin_tool(stream, item);
}

/** Begins what waits, as far as it is its turn and the call's name is known. */
static void advance(struct hub_stream *stream)
{
    while (!stream->is_over && stream->waiting != NULL) {
        const struct hub_stream_item *item = stream->waiting;
        bool is_nameless = item->kind == HUB_TOOL_CALL && item->name.len == 0;

        if (is_nameless || (stream->open_tool != NULL && !stream->open_tool->object.was_empty))
            return;
        begin_waiting(stream);
    }
}

/* --- what a decoder tells --------------------------------------------------------------------- */

void hub_stream_text(struct hub_stream *stream, enum hub_block_kind kind, struct span raw)
{
    struct hub_stream_item *item;

    if (stream->is_over || raw.len == 0)
        return;
    if (!must_wait(stream)) {
        say(stream, kind, raw);
        return;
    }
    item = waiting_text(stream, kind);
    if (item == NULL)
        return;
    add_piece(stream, item, raw);
    item->is_whole = kind == HUB_REDACTED;
}

void hub_stream_signature(struct hub_stream *stream, enum hub_signer signer, struct span raw)
{
    struct hub_stream_item *item;

    if (stream->is_over || raw.len == 0)
        return;
    if (!must_wait(stream)) {
        sign(stream, signer, raw);
        return;
    }
    item = waiting_text(stream, HUB_REASONING);
    if (item == NULL || !keep(stream, raw, &item->signature))
        return;
    item->signer = (uint8_t)signer;
    item->is_whole = true;
}

void hub_stream_break(struct hub_stream *stream)
{
    if (stream->is_over)
        return;
    if (stream->last_waiting != NULL && stream->last_waiting->kind != HUB_TOOL_CALL)
        stream->last_waiting->is_whole = true;
    else if (stream->waiting == NULL && stream->open_tool == NULL)
        end_block(stream);
}

/**
 * Is this piece another call's than the one that had its key so far? Some servers number all calls
 * 0, some make up an id for each piece, and some repeat the name.
 */
static bool is_other(const struct hub_stream_item *tool, const struct hub_tool_delta *delta)
{
    bool begins = delta->name.len > 0 && (delta->is_whole || delta->arguments.len > 0);

    if (delta->id.len == 0 || tool->id.len == 0 || tool->is_id_ours)
        return tool->is_whole && begins;
    return !hub_equal(tool->id, delta->id) && (tool->is_whole || delta->name.len > 0);
}

static struct hub_stream_item *find_tool(const struct hub_stream *stream,
                                         const struct hub_tool_delta *delta)
{
    struct hub_stream_item *latest = NULL;

    for (struct hub_stream_item *tool = stream->tools; tool != NULL; tool = tool->earlier) {
        if (tool->key != delta->key)
            continue;
        if (delta->id.len == 0 || (tool->id.len > 0 && hub_equal(tool->id, delta->id)))
            return is_other(tool, delta) ? NULL : tool;
        if (latest == NULL)
            latest = tool;
    }
    return latest == NULL || is_other(latest, delta) ? NULL : latest;
}

static struct hub_stream_item *add_tool(struct hub_stream *stream, uint64_t key)
{
    struct hub_stream_item *tool;

    if (stream->tool_count == HUB_STREAM_TOOLS_MAX) {
        give_up(stream, ERR_UPSTREAM_PROTOCOL);
        return NULL;
    }
    tool = add_item(stream, HUB_TOOL_CALL);
    if (tool == NULL)
        return NULL;
    tool->key = key;
    tool->earlier = stream->tools;
    stream->tools = tool;
    stream->tool_count++;
    return tool;
}

/** What is told once and stays; nothing of it can change when the block has begun. */
static bool keep_words(struct hub_stream *stream, struct hub_stream_item *tool,
                       const struct hub_tool_delta *delta)
{
    if (tool->is_begun)
        return true;
    if (delta->signature.len > 0)
        tool->signer = (uint8_t)delta->signer;
    return (tool->id.len > 0 || keep(stream, delta->id, &tool->id)) &&
           (tool->name.len > 0 || keep(stream, delta->name, &tool->name)) &&
           keep(stream, delta->signature, &tool->signature);
}

void hub_stream_tool(struct hub_stream *stream, const struct hub_tool_delta *delta)
{
    struct hub_stream_item *tool;

    if (stream->is_over)
        return;
    tool = find_tool(stream, delta);
    if (tool == NULL)
        tool = add_tool(stream, delta->key);
    if (tool == NULL || tool->is_whole || !keep_words(stream, tool, delta))
        return;
    if (tool == stream->open_tool)
        say_arguments(stream, tool, delta->arguments);
    else
        add_piece(stream, tool, delta->arguments);
    tool->is_whole = tool->is_whole || delta->is_whole;
    if (tool == stream->open_tool && tool->is_whole)
        end_block(stream);
    advance(stream);
}

void hub_stream_finish(struct hub_stream *stream, enum hub_finish finish, struct span stop_sequence)
{
    if (stream->is_over)
        return;
    stream->has_finish = true;
    stream->finish = (uint8_t)finish;
    stream->stop_sequence = SPAN("");
    (void)keep(stream, stop_sequence, &stream->stop_sequence);
}

void hub_stream_error(struct hub_stream *stream, int err, struct span message)
{
    const struct hub_event event = {
        .kind = HUB_EVENT_ERROR,
        .error = {.err = err, .message = message},
    };

    if (stream->is_over)
        return;
    stream->is_over = true;
    stream->emit(stream->ctx, &event);
}

static enum hub_finish finish_of(const struct hub_stream *stream)
{
    enum hub_finish finish = (enum hub_finish)stream->finish;

    if (finish == HUB_FINISH_STOP && stream->tools_begun > 0)
        return HUB_FINISH_TOOL_CALLS;
    if (finish == HUB_FINISH_TOOL_CALLS && stream->tools_begun == 0)
        return HUB_FINISH_STOP;
    return finish;
}

int hub_stream_end(struct hub_stream *stream, enum wire_protocol protocol)
{
    if (stream->is_over)
        return stream->err;
    if (!stream->has_finish)
        return ERR_UPSTREAM_CUT;
    while (stream->waiting != NULL && !stream->is_over)
        begin_waiting(stream);
    if (stream->is_over)
        return stream->err;
    end_block(stream);
    start(stream);

    const struct hub_event event = {
        .kind = HUB_EVENT_FINISH,
        .finish = finish_of(stream),
        .stop_sequence = stream->stop_sequence,
        .usage = usage_from_figures(&stream->figures, protocol),
    };
    stream->is_over = true;
    stream->emit(stream->ctx, &event);
    return 0;
}
