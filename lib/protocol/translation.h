/**
 * A call whose client and upstream speak different protocols: its request and its answer, by way of
 * the hub form. translation_request() is done with when it returns; the answer is a machine that is
 * fed bytes as they arrive, and cutting them anywhere changes nothing.
 */
#ifndef WEIR_PROTOCOL_TRANSLATION_H
#define WEIR_PROTOCOL_TRANSLATION_H

#include "lib/protocol/codec.h"
#include "lib/protocol/tool_words.h"
#include "lib/wire/sse.h"

/* --- requests --------------------------------------------------------------------------------- */

struct translation_request {
    enum wire_protocol from; /* the client's */
    enum wire_protocol to;   /* the upstream's */
    struct span body;        /* in one piece; JSON that a call_reader has passed */
    uint16_t depth_max;
    uint32_t values_max; /* limits.json_tokens */
    bool is_stream;      /* a Gemini client's URL says so; of others the body does */
    struct codec_target target;
    struct region *scratch; /* for all that is needed on the way; the caller resets it */
    struct region *memory;  /* the call's: what translation_keep refers to is copied there */
};

/** Beside the body: what the answer needs, in the call's own region. */
struct translation_keep {
    struct tool_name *names;
    bool include_usage;
    bool json_tool; /* the answer's tool call is the structured output that was asked for */
};

/**
 * The request as its upstream takes it.
 *
 * @param notes  in: strict; out: what was dropped; why it was refused
 * @param out    the body; in memory that is neither of the two regions'
 * @return 0, notes->err, ERR_TOO_MANY_VALUES, or ERR_NO_MEMORY
 */
int translation_request(const struct translation_request *request, struct hub_notes *notes,
                        struct translation_keep *keep, struct text *out);

/* --- answers ---------------------------------------------------------------------------------- */

enum { TRANSLATION_ID_BYTES_MAX = 64 }; /* of a tool call, as its client gets it */

enum translation_state {
    TRANSLATION_OPEN,
    TRANSLATION_COMPLETE, /* all was said, the terminator too */
    TRANSLATION_ERROR,    /* an error was told in the client's protocol */
};

/** A streamed answer on its way. */
struct translation {
    const struct codec *from; /* the upstream's */
    const struct codec *to;   /* the client's */
    struct codec_answer answer;
    struct translation_keep keep;
    struct region *memory; /* the call's */
    struct sse sse;
    struct hub_stream stream;
    struct codec_writer writer;
    uint64_t from_state;
    struct text data; /* of the event that has begun, when it came in pieces */
    size_t event_bytes_max;
    bool line_ended;    /* of that event: another line of data may follow */
    bool has_json;      /* the structured output has begun */
    uint8_t state;      /* enum translation_state */
    struct usage usage; /* final after translation_finish(), whatever that returns */
    /** In the state ERROR. stream.is_started tells whether anything was said before it. */
    struct hub_error error;
};

struct translation_rules {
    enum wire_protocol from;
    enum wire_protocol to;
    struct codec_answer answer;
    struct translation_keep keep;
    uint64_t id_seed;
    size_t event_bytes_max; /* of one event of the upstream's; a longer one is an error */
};

/**
 * @param translation  must not move afterwards
 * @param memory       the call's own region, to the end of the answer
 */
void translation_init(struct translation *translation, const struct translation_rules *rules,
                      struct region *memory);

/**
 * The next bytes of the upstream's stream.
 *
 * @param scratch  for one event at a time; cut back before it returns
 * @param out      what the client gets; in memory that is neither region's
 * @return 0, or why the stream cannot go on: ERR_UPSTREAM_PROTOCOL (an event that is no JSON, or too
 *         long), ERR_NO_MEMORY. Nothing of an error was written then; the caller tells it.
 */
int translation_feed(struct translation *translation, struct span bytes, struct region *scratch,
                     struct text *out);

/**
 * The upstream has ended, or the caller wants no more of it. Call it once.
 *
 * @return 0 when the answer is complete or an error was told, else ERR_UPSTREAM_CUT or ERR_NO_MEMORY
 */
int translation_finish(struct translation *translation, struct region *scratch, struct text *out);

/** What a whole answer says beside its content. */
struct translation_said {
    struct usage usage;
    struct hub_error error; /* filled when the answer was an error after all; in `scratch` */
};

/**
 * A whole answer with a status of success.
 *
 * @return 0, ERR_UPSTREAM_PROTOCOL, said->error.err, or ERR_NO_MEMORY
 */
int translation_answer(const struct translation_rules *rules, struct span body,
                       struct region *scratch, struct translation_said *said, struct text *out);

/** What a provider's refusal says, whatever its body is. */
void translation_error(enum wire_protocol from, int status, struct span body,
                       struct region *scratch, struct hub_error *out);

#endif
