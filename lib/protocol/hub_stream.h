/**
 * A streamed answer in hub form: the decoder of one protocol tells it what it reads, in whatever
 * order its upstream chose, and the encoder of another gets events that are in order.
 *
 * What the encoder can rely on:
 *   - HUB_EVENT_START comes once, before everything else, and not before there is something to say;
 *   - blocks are numbered from 0, each begins, gets its deltas and ends before the next one begins;
 *   - no block is empty but a tool call without arguments and reasoning that is only a signature;
 *     a tool call's name and id are not empty;
 *   - the deltas of a tool call are one JSON object (as far as its brackets tell), or nothing; the
 *     beginning of one when the answer ends inside it;
 *   - exactly one of HUB_EVENT_FINISH and HUB_EVENT_ERROR is last. FINISH holds all usage. An ERROR
 *     that comes before anything was said comes without a START.
 *
 * What is told while a tool call is open whose JSON is not complete waits for that. What waits lies
 * in the region; a stream that needs more than it holds, or more calls than HUB_STREAM_TOOLS_MAX,
 * sets `err` and emits nothing any more.
 */
#ifndef WEIR_PROTOCOL_HUB_STREAM_H
#define WEIR_PROTOCOL_HUB_STREAM_H

#include "lib/protocol/hub_answer.h"

enum hub_event_kind {
    HUB_EVENT_START,
    HUB_EVENT_BLOCK_START,
    HUB_EVENT_DELTA,
    HUB_EVENT_SIGNATURE,
    HUB_EVENT_BLOCK_END,
    HUB_EVENT_FINISH,
    HUB_EVENT_ERROR,
};

struct hub_event {
    enum hub_event_kind kind;
    enum hub_block_kind block; /* of the four in the middle: TEXT, REFUSAL, REASONING, REDACTED,
                                  TOOL_CALL */
    uint32_t index;            /* of the block */
    uint32_t tool;             /* TOOL_CALL: which one, counting tool calls only */
    struct span text; /* DELTA: raw text; of a tool call a raw fragment of its arguments' JSON text
                         (as in `partial_json`); REDACTED: its data. SIGNATURE: raw */
    struct span id;   /* BLOCK_START of a TOOL_CALL, as are all below but `finish` */
    struct span name;
    enum hub_signer signer; /* SIGNATURE; BLOCK_START of a TOOL_CALL: of `signature` */
    struct span signature;  /* BLOCK_START of a TOOL_CALL; empty: none */
    enum hub_finish finish; /* FINISH */
    struct span stop_sequence;
    struct usage usage;
    struct hub_error error; /* ERROR */
};

typedef void hub_event_fn(void *ctx, const struct hub_event *event);

enum { HUB_STREAM_TOOLS_MAX = 1024 };

struct hub_stream_item; /* a tool call, or text that waits */

struct hub_stream {
    struct region *memory; /* what must live until a later event; never reset in between */
    hub_event_fn *emit;
    void *ctx;
    struct hub_stream_item *tools; /* all of them, the latest first */
    struct hub_stream_item *waiting;
    struct hub_stream_item *last_waiting;
    struct hub_stream_item *open_tool;
    uint32_t tool_count;
    uint32_t tools_begun;
    uint32_t next_index;
    uint64_t id_seed; /* of ids for calls that came without one */
    bool is_started;
    bool has_open;
    uint8_t open_kind; /* enum hub_block_kind */
    bool is_done;      /* hub_stream_done() */
    bool is_over;      /* FINISH or ERROR was told, or `err` is set: nothing more is */
    int err;           /* 0, ERR_NO_MEMORY, or ERR_UPSTREAM_PROTOCOL: too many calls */
    bool has_finish;
    uint8_t finish; /* enum hub_finish */
    struct span stop_sequence;
    struct usage_figures figures;
};

void hub_stream_init(struct hub_stream *stream, struct region *memory, uint64_t id_seed,
                     hub_event_fn *emit, void *ctx);

/* --- what a decoder tells --------------------------------------------------------------------- */

/** Text of a block; raw. Empty text tells nothing. A change of kind ends the open block. */
void hub_stream_text(struct hub_stream *stream, enum hub_block_kind kind, struct span raw);

/** The signature of the open reasoning block, or of one that begins and ends with it. */
void hub_stream_signature(struct hub_stream *stream, enum hub_signer signer, struct span raw);

/** The open block ends here, and the next text begins another one, also of the same kind. */
void hub_stream_break(struct hub_stream *stream);

/** One piece of a tool call; what is not told is empty. */
struct hub_tool_delta {
    uint64_t key;     /* which call: the protocol's index. Same key, other non-empty id: another */
    struct span id;   /* raw */
    struct span name; /* raw */
    struct span arguments; /* raw fragment of the JSON text */
    enum hub_signer signer;
    struct span signature;
    bool is_whole; /* no more of this call comes */
};

void hub_stream_tool(struct hub_stream *stream, const struct hub_tool_delta *delta);

/** The reason is remembered until hub_stream_end(); of several the last one counts. */
void hub_stream_finish(struct hub_stream *stream, enum hub_finish finish,
                       struct span stop_sequence);

/** A figure of usage; a later one of its name replaces it. */
static inline void hub_stream_usage(struct hub_stream *stream, enum usage_figure figure,
                                    uint64_t value)
{
    usage_tell(&stream->figures, figure, value);
}

/** The upstream says that something went wrong: HUB_EVENT_ERROR, and nothing after it. */
void hub_stream_error(struct hub_stream *stream, int err, struct span message);

/** The upstream says that nothing more comes: the caller ends the stream. */
static inline void hub_stream_done(struct hub_stream *stream)
{
    stream->is_done = true;
}

/**
 * The upstream has ended. With a reason to finish, HUB_EVENT_FINISH comes now, and STOP becomes
 * TOOL_CALLS when there were any, and TOOL_CALLS becomes STOP when there were none; without one the stream was cut: nothing is emitted.
 *
 * @param protocol  whose figures the usage is made of
 * @return 0, or ERR_UPSTREAM_CUT when there was no reason to finish
 */
int hub_stream_end(struct hub_stream *stream, enum wire_protocol protocol);

#endif
