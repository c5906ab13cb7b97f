/**
 * What the clients of each protocol call a field of the hub form: the writer of a request that
 * drops or refuses one does not know in which words it was asked for.
 */
#ifndef WEIR_PROTOCOL_HUB_FIELDS_H
#define WEIR_PROTOCOL_HUB_FIELDS_H

#include "lib/protocol/hub_notes.h"

/** X(NAME, OpenAI's, Anthropic's, Gemini's); empty: it has none. */
#define HUB_FIELD_MAP(X)                                                                      \
    X(MESSAGES, "messages", "messages", "contents")                                           \
    X(TOOLS, "tools", "tools", "tools")                                                       \
    X(TOOL_CHOICE, "tool_choice", "tool_choice", "toolConfig")                                \
    X(TOOL_STRICT, "tools.strict", "tools.strict", "")                                        \
    X(PARALLEL, "parallel_tool_calls", "tool_choice.disable_parallel_tool_use", "")           \
    X(MAX_TOKENS, "max_completion_tokens", "max_tokens", "generationConfig.maxOutputTokens")  \
    X(TEMPERATURE, "temperature", "temperature", "generationConfig.temperature")              \
    X(TOP_P, "top_p", "top_p", "generationConfig.topP")                                       \
    X(TOP_K, "top_k", "top_k", "generationConfig.topK")                                       \
    X(FREQUENCY_PENALTY, "frequency_penalty", "", "generationConfig.frequencyPenalty")        \
    X(PRESENCE_PENALTY, "presence_penalty", "", "generationConfig.presencePenalty")           \
    X(SEED, "seed", "", "generationConfig.seed")                                              \
    X(STOPS, "stop", "stop_sequences", "generationConfig.stopSequences")                      \
    X(FORMAT, "response_format", "output_config.format", "generationConfig.responseMimeType") \
    X(REASONING, "reasoning_effort", "thinking", "generationConfig.thinkingConfig")           \
    X(SHOWN, "", "thinking.display", "generationConfig.thinkingConfig.includeThoughts")       \
    X(USER, "user", "metadata.user_id", "")                                                   \
    X(SERVICE_TIER, "service_tier", "service_tier", "serviceTier")                            \
    X(CACHE, "prompt_cache_breakpoint", "cache_control", "")                                  \
    X(DETAIL, "image_url.detail", "", "mediaResolution")

enum hub_field {
#define X(name, ...) HUB_FIELD_##name,
    HUB_FIELD_MAP(X) HUB_FIELD_COUNT,
#undef X
};

/** hub_drop() by the client's name (`notes->client`); what it has no name for goes unsaid. */
int hub_drop_field(struct hub_notes *notes, enum hub_field field);

/** hub_refuse() with ERR_UNTRANSLATABLE, by the client's name. */
int hub_refuse_field(struct hub_notes *notes, enum hub_field field, struct span detail);

#endif
