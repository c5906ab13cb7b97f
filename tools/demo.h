/**
 * What the demo model is asked and what it answers, without I/O.
 *
 * It speaks OpenAI's chat completions and Anthropic's messages, streaming and not. It answers a few
 * sentences that quote the last user message. What it reports as tokens are words: counted, not
 * estimated.
 */
#ifndef WEIR_TOOLS_DEMO_H
#define WEIR_TOOLS_DEMO_H

#include "lib/base/text.h"
#include "shm/layout.h"

enum {
    DEMO_QUOTE_BYTES = 600,  /* of the user's message, escaped */
    DEMO_TEXT_BYTES = 1024,  /* the whole answer text, escaped */
    DEMO_EVENT_BYTES = 2048, /* one event of a stream */
    DEMO_WHOLE_BYTES = 4096, /* an answer that is not streamed */
    DEMO_JSON_DEPTH = 64,
};

/** A request as far as it matters here. Spans hold JSON text, still escaped, without quotes. */
struct demo_ask {
    enum wire_protocol protocol;
    bool is_stream;
    bool include_usage;
    struct span model;
    struct span quote;     /* of the last user message, at most DEMO_QUOTE_BYTES; empty: none */
    uint64_t prompt_words; /* in the texts of all messages */
    uint64_t words_max;    /* max_tokens or max_completion_tokens; UINT64_MAX: not given */
};

/**
 * Read a request body.
 *
 * @param out  borrows from `body`
 * @return 0, ERR_BAD_JSON, ERR_NO_MODEL, ERR_BAD_MODEL, or ERR_INVALID when `messages` is not a
 *         list with something in it
 */
int demo_ask_read(struct span body, enum wire_protocol protocol, struct demo_ask *out);

/** An answer on its way out. */
struct demo_answer {
    struct demo_ask ask; /* its spans must outlive the answer */
    uint64_t number;     /* makes the ids of answers differ */
    int64_t created_s;
    uint64_t words;   /* of the text; fewer than it could be when `is_cut` */
    bool is_cut;      /* by words_max */
    unsigned step;    /* in the list of steps of the protocol */
    size_t sent;      /* bytes of the text that events have told */
    struct span text; /* JSON text, escaped, without quotes; in `memory` */
    char memory[DEMO_TEXT_BYTES];
};

void demo_answer_init(struct demo_answer *answer, const struct demo_ask *ask, uint64_t number,
                      int64_t created_s);

/**
 * Write the next event of the stream, with its empty line, to `out` (room for DEMO_EVENT_BYTES).
 *
 * @return false when this was the last one
 */
bool demo_answer_next(struct demo_answer *answer, struct text *out);

/** The whole answer as one JSON document (room for DEMO_WHOLE_BYTES). */
void demo_answer_whole(const struct demo_answer *answer, struct text *out);

/** The list of models: one, "demo". */
struct span demo_model_list(void);

#endif
