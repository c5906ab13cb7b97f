#include "lib/protocol/answer_watch.h"

/** X(kind, figure or COUNT, keys …); the Chat Completions object, its chunks, and embeddings. */
#define OPENAI_MAP(X)                                                              \
    X(MODEL, COUNT, "model")                                                       \
    X(ERROR, COUNT, "error")                                                       \
    X(CHOICES, COUNT, "choices")                                                   \
    X(USAGE, COUNT, "usage")                                                       \
    X(FIGURE, INPUT, "usage", "prompt_tokens")                                     \
    X(FIGURE, OUTPUT, "usage", "completion_tokens")                                \
    X(FIGURE, TOTAL, "usage", "total_tokens")                                      \
    X(FIGURE, CACHE_READ, "usage", "prompt_tokens_details", "cached_tokens")       \
    X(FIGURE, CACHE_WRITE, "usage", "prompt_tokens_details", "cache_write_tokens") \
    X(FIGURE, REASONING, "usage", "completion_tokens_details", "reasoning_tokens")

/** The figures of one usage object; a message_start holds it inside its `message`. */
#define ANTHROPIC_USAGE_MAP(X, ...)                                                       \
    X(FIGURE, INPUT, __VA_ARGS__, "input_tokens")                                         \
    X(FIGURE, OUTPUT, __VA_ARGS__, "output_tokens")                                       \
    X(FIGURE, CACHE_READ, __VA_ARGS__, "cache_read_input_tokens")                         \
    X(FIGURE, CACHE_WRITE, __VA_ARGS__, "cache_creation_input_tokens")                    \
    X(FIGURE, CACHE_WRITE_5M, __VA_ARGS__, "cache_creation", "ephemeral_5m_input_tokens") \
    X(FIGURE, CACHE_WRITE_1H, __VA_ARGS__, "cache_creation", "ephemeral_1h_input_tokens") \
    X(FIGURE, REASONING, __VA_ARGS__, "output_tokens_details", "thinking_tokens")

/** The message, the events of its stream, and an error. */
#define ANTHROPIC_MAP(X)                \
    X(MODEL, COUNT, "model")            \
    X(MODEL, COUNT, "message", "model") \
    X(TYPE, COUNT, "type")              \
    X(ERROR, COUNT, "error")            \
    ANTHROPIC_USAGE_MAP(X, "usage")     \
    ANTHROPIC_USAGE_MAP(X, "message", "usage")

/** The figures of one usage object. */
#define GEMINI_USAGE_MAP(X, ...)                                  \
    X(FIGURE, INPUT, __VA_ARGS__, "promptTokenCount")             \
    X(FIGURE, OUTPUT, __VA_ARGS__, "candidatesTokenCount")        \
    X(FIGURE, TOTAL, __VA_ARGS__, "totalTokenCount")              \
    X(FIGURE, CACHE_READ, __VA_ARGS__, "cachedContentTokenCount") \
    X(FIGURE, REASONING, __VA_ARGS__, "thoughtsTokenCount")       \
    X(FIGURE, TOOL_INPUT, __VA_ARGS__, "toolUsePromptTokenCount")

/** GenerateContentResponse and errors, alone or as the items of a stream without alt=sse. */
#define GEMINI_MAP(X)                                                              \
    X(MODEL, COUNT, "modelVersion")                                                \
    X(ERROR, COUNT, "error")                                                       \
    X(FINISH, COUNT, "candidates", JSON_EACH_ITEM, "finishReason")                 \
    X(FINISH, COUNT, "promptFeedback", "blockReason")                              \
    GEMINI_USAGE_MAP(X, "usageMetadata")                                           \
    X(ITEM, COUNT, JSON_EACH_ITEM)                                                 \
    X(MODEL, COUNT, JSON_EACH_ITEM, "modelVersion")                                \
    X(ERROR, COUNT, JSON_EACH_ITEM, "error")                                       \
    X(FINISH, COUNT, JSON_EACH_ITEM, "candidates", JSON_EACH_ITEM, "finishReason") \
    X(FINISH, COUNT, JSON_EACH_ITEM, "promptFeedback", "blockReason")              \
    GEMINI_USAGE_MAP(X, JSON_EACH_ITEM, "usageMetadata")

#define PATH(kind, figure, ...)    {{__VA_ARGS__}},
#define MEANING(kind, figure, ...) {WATCH_##kind, USAGE_##figure},

static const struct json_path openai_paths[] = {OPENAI_MAP(PATH)};
static const struct watch_meaning openai_meanings[] = {OPENAI_MAP(MEANING)};
static const struct json_path anthropic_paths[] = {ANTHROPIC_MAP(PATH)};
static const struct watch_meaning anthropic_meanings[] = {ANTHROPIC_MAP(MEANING)};
static const struct json_path gemini_paths[] = {GEMINI_MAP(PATH)};
static const struct watch_meaning gemini_meanings[] = {GEMINI_MAP(MEANING)};

static const struct watch_table tables[PROTOCOL_COUNT] = {
    [PROTOCOL_OPENAI] = {openai_paths, openai_meanings,
                         sizeof(openai_paths) / sizeof(openai_paths[0])},
    [PROTOCOL_ANTHROPIC] = {anthropic_paths, anthropic_meanings,
                            sizeof(anthropic_paths) / sizeof(anthropic_paths[0])},
    [PROTOCOL_GEMINI] = {gemini_paths, gemini_meanings,
                         sizeof(gemini_paths) / sizeof(gemini_paths[0])},
};

const struct watch_table *answer_watch_table(enum wire_protocol protocol)
{
    return &tables[protocol];
}
