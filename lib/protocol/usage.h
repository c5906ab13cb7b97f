/** The provider's token figures, and the disjoint buckets they are turned into. */
#ifndef WEIR_PROTOCOL_USAGE_H
#define WEIR_PROTOCOL_USAGE_H

#include "shm/layout.h"

#include <stdbool.h>
#include <stdint.h>

/** The provider's figures as disjoint buckets; never estimated. */
struct usage {
    bool seen;
    uint64_t input; /* fresh input tokens, without cache reads and writes */
    uint64_t cache_read;
    uint64_t cache_write; /* five minutes */
    uint64_t cache_write_1h;
    uint64_t output;    /* reasoning included */
    uint64_t reasoning; /* of the output */
};

/** Figures as providers name them. */
enum usage_figure {
    USAGE_INPUT, /* OpenAI, Gemini: of the prompt, cached ones included; Anthropic: fresh ones */
    USAGE_OUTPUT,
    USAGE_TOTAL,
    USAGE_CACHE_READ,
    USAGE_CACHE_WRITE,
    USAGE_CACHE_WRITE_5M,
    USAGE_CACHE_WRITE_1H,
    USAGE_REASONING,
    USAGE_TOOL_INPUT, /* Gemini: toolUsePromptTokenCount, beside promptTokenCount */
    USAGE_COUNT,
};

/** What has been told so far; a later figure replaces an earlier one of its name. */
struct usage_figures {
    uint64_t values[USAGE_COUNT]; /* 0 when not told */
    uint32_t seen;                /* a bit each */
};

static inline void usage_tell(struct usage_figures *figures, enum usage_figure figure,
                              uint64_t value)
{
    figures->values[figure] = value;
    figures->seen |= 1U << figure;
}

/**
 * Figures to buckets.
 *
 * OpenAI counts cached tokens inside prompt_tokens and reasoning inside completion_tokens; where
 * total_tokens shows that reasoning was left out of completion_tokens (xAI), it is added, and where
 * completion_tokens is missing it is total_tokens − prompt_tokens. Anthropic's figures are disjoint
 * already. Gemini counts thoughts beside candidatesTokenCount, and some of its endpoints inside:
 * totalTokenCount shows which. A figure that contradicts another never makes a bucket negative.
 */
struct usage usage_from_figures(const struct usage_figures *figures, enum wire_protocol protocol);

#endif
