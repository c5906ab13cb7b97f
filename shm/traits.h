/**
 * What a provider's model can be asked for, where providers differ: it decides how a request is
 * translated, and never whether one is taken. A trait that the configuration does not name has the
 * value of the provider's kind (registry/bind_traits.c).
 */
#ifndef WEIR_SHM_TRAITS_H
#define WEIR_SHM_TRAITS_H

#include <stdbool.h>
#include <stdint.h>

/** `temperature`, `top_p` and `top_k`: what is not taken is dropped. */
enum trait_sampling {
    SAMPLING_ALL,
    SAMPLING_ONE,  /* temperature or top_p, never both: top_p is dropped */
    SAMPLING_NONE, /* none of them: Anthropic's models after Claude Opus 4.6 */
};

/** How reasoning is asked for. */
enum trait_thinking {
    THINKING_NONE,     /* not at all: the wish is dropped */
    THINKING_EFFORT,   /* OpenAI: reasoning_effort */
    THINKING_BUDGET,   /* Anthropic: thinking.budget_tokens; Gemini 2.5: thinkingBudget */
    THINKING_ADAPTIVE, /* Anthropic: thinking.type adaptive and output_config.effort */
    THINKING_LEVEL,    /* Gemini 3: thinkingLevel */
};

/** OpenAI's name for the ceiling of the answer. */
enum trait_token_parameter { TOKENS_MAX_COMPLETION_TOKENS, TOKENS_MAX_TOKENS };

/** Answers that follow a JSON schema. */
enum trait_structured_output {
    STRUCTURED_NATIVE,
    STRUCTURED_TOOL, /* by a tool that the model is made to call (older Anthropic models) */
    STRUCTURED_NONE, /* a request for one is refused */
};

struct traits {
    uint8_t sampling;          /* enum trait_sampling */
    uint8_t thinking;          /* enum trait_thinking */
    uint8_t token_parameter;   /* enum trait_token_parameter */
    uint8_t structured_output; /* enum trait_structured_output */
    bool developer_role;       /* OpenAI: `developer` is known, else `system` stands for it */
    bool system_turns;         /* Anthropic: `system` may stand in the middle of `messages` */
    bool top_k;                /* OpenAI: the extension `top_k` is taken */
    bool part_arrays;          /* OpenAI: `content` of system and tool messages may be an array */
    bool image_urls;           /* images may be named by URL; else such a request is refused */
    bool parallel_tools;       /* OpenAI: parallel_tool_calls is known */
    bool json_schemas;         /* Gemini: parametersJsonSchema and responseJsonSchema are known */
    bool tool_ids;             /* Gemini: functionCall.id is known */
    bool signatures;           /* Gemini 3: a function call without a signature is refused */
    uint8_t reserved[3];
};

_Static_assert(sizeof(struct traits) == 16, "bump LAYOUT_VERSION");

#endif
