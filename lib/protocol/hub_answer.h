/** What a provider answers, in hub form (hub.h). */
#ifndef WEIR_PROTOCOL_HUB_ANSWER_H
#define WEIR_PROTOCOL_HUB_ANSWER_H

#include "lib/protocol/hub.h"
#include "lib/protocol/usage.h"

/** X(NAME, OpenAI's finish_reason, Anthropic's stop_reason, Gemini's finishReason) */
#define HUB_FINISH_MAP(X)                                               \
    X(STOP, "stop", "end_turn", "STOP")                                 \
    X(STOP_SEQUENCE, "stop", "stop_sequence", "STOP")                   \
    X(TOOL_CALLS, "tool_calls", "tool_use", "STOP")                     \
    X(LENGTH, "length", "max_tokens", "MAX_TOKENS")                     \
    X(CONTEXT, "length", "model_context_window_exceeded", "MAX_TOKENS") \
    X(REFUSED, "content_filter", "refusal", "SAFETY")                   \
    X(PAUSED, "stop", "pause_turn", "STOP")

enum hub_finish {
#define X(name, ...) HUB_FINISH_##name,
    HUB_FINISH_MAP(X) HUB_FINISH_COUNT,
#undef X
};

struct hub_answer {
    struct hub_blocks blocks;
    enum hub_finish finish;
    struct span stop_sequence; /* which one, where the provider says so */
    struct usage usage;
};

/** An answer that is an error. */
struct hub_error {
    int err;             /* ERR_UPSTREAM_… */
    struct span message; /* the provider's, decoded to UTF-8; empty: none. No key, no URL in it */
    uint64_t retry_ms;   /* wait this long, where the body says so (Gemini); 0: it does not */
};

#endif
