/**
 * The hub form: what a request and an answer say, whatever protocol they came in. A codec (codec.h)
 * reads its protocol into it and writes its protocol from it; no codec knows another.
 *
 * All text is RAW: the characters between the quotes of a JSON string, escapes kept, exactly as they
 * were received. What goes from one JSON string into another is copied as it stands; only what must
 * be compared or leaves JSON is decoded (hub_text.h). Numbers, schemas and tool arguments are raw
 * slices of the source too, so no digit, key order or escape changes on the way.
 *
 * An empty span is "absent". Everything borrows from the request's text or from the region that it
 * was read into, and lives as long as both. Zeroed records mean "nothing asked for".
 */
#ifndef WEIR_PROTOCOL_HUB_H
#define WEIR_PROTOCOL_HUB_H

#include "lib/base/region.h"
#include "lib/base/span.h"
#include "shm/layout.h"

#include <stdbool.h>
#include <stdint.h>

/* --- content ---------------------------------------------------------------------------------- */

enum hub_role { HUB_SYSTEM, HUB_USER, HUB_ASSISTANT };

/** X(NAME, what it is) */
#define HUB_BLOCK_MAP(X)                                       \
    X(TEXT, "text")                                            \
    X(REFUSAL, "refusal") /* why the model would not answer */ \
    X(IMAGE, "image")                                          \
    X(FILE, "file") /* PDF or text */                          \
    X(AUDIO, "audio")                                          \
    X(VIDEO, "video")                                          \
    X(TOOL_CALL, "tool call")                                  \
    X(TOOL_RESULT, "tool result")                              \
    X(REASONING, "reasoning")                                  \
    X(REDACTED, "redacted reasoning")

enum hub_block_kind {
#define X(name, ...) HUB_##name,
    HUB_BLOCK_MAP(X) HUB_BLOCK_KIND_COUNT,
#undef X
};

/** Where the bytes of an image, a file, audio or video are. */
enum hub_source {
    HUB_SOURCE_BASE64,
    HUB_SOURCE_URL,
    HUB_SOURCE_TEXT, /* a text file's text itself */
};

enum hub_cache { HUB_CACHE_NONE, HUB_CACHE_5M, HUB_CACHE_1H };
enum hub_detail { HUB_DETAIL_NONE, HUB_DETAIL_AUTO, HUB_DETAIL_LOW, HUB_DETAIL_HIGH };

/** Whose signature proves a piece of reasoning: only that provider takes it back. */
enum hub_signer { HUB_SIGNER_NONE, HUB_SIGNER_ANTHROPIC, HUB_SIGNER_GEMINI };

struct hub_block {
    struct hub_block *next;
    uint8_t kind;           /* enum hub_block_kind */
    uint8_t source;         /* enum hub_source */
    uint8_t cache;          /* enum hub_cache: a cache point stands behind it */
    uint8_t detail;         /* enum hub_detail, of an image */
    uint8_t signer;         /* enum hub_signer */
    bool is_error;          /* TOOL_RESULT */
    struct span text;       /* TEXT, REFUSAL, REASONING; REDACTED: its data */
    struct span media_type; /* IMAGE, FILE, AUDIO, VIDEO: "image/png", lower case */
    struct span data;       /* of them: base64 without white space, URL or text */
    struct span id;         /* TOOL_CALL; TOOL_RESULT: of the call. Empty: the protocol gave none */
    struct span name;       /* TOOL_CALL; TOOL_RESULT where known; FILE: its name */
    struct span arguments;  /* TOOL_CALL: the JSON object itself, not a string */
    struct span signature;  /* REASONING, TOOL_CALL */
    struct hub_block *content; /* TOOL_RESULT: TEXT, IMAGE, FILE */
};

/** In order; `last` is NULL exactly when `first` is. */
struct hub_blocks {
    struct hub_block *first;
    struct hub_block *last;
};

struct hub_message {
    struct hub_message *next;
    enum hub_role role;
    struct hub_blocks blocks;
};

/* --- tools ------------------------------------------------------------------------------------ */

enum hub_tristate { HUB_UNSET, HUB_NO, HUB_YES };

struct hub_tool {
    struct hub_tool *next;
    struct span name;
    struct span description;
    struct span schema; /* JSON Schema, an object; empty: no parameters */
    uint8_t strict;     /* enum hub_tristate */
    uint8_t cache;      /* enum hub_cache */
};

enum hub_choice {
    HUB_CHOICE_UNSET,
    HUB_CHOICE_AUTO,
    HUB_CHOICE_REQUIRED, /* some tool */
    HUB_CHOICE_NAMED,    /* the tool `choice_name` */
    HUB_CHOICE_NONE,
};

/* --- requests --------------------------------------------------------------------------------- */

enum hub_format { HUB_FORMAT_TEXT, HUB_FORMAT_JSON, HUB_FORMAT_SCHEMA };

/** X(NAME, OpenAI's and Anthropic's word), rising. */
#define HUB_EFFORT_MAP(X) \
    X(NONE, "none")       \
    X(MINIMAL, "minimal") \
    X(LOW, "low") X(MEDIUM, "medium") X(HIGH, "high") X(XHIGH, "xhigh") X(MAX, "max")

enum hub_effort {
    HUB_EFFORT_UNSET, /* the model's own choice */
#define X(name, word) HUB_EFFORT_##name,
    HUB_EFFORT_MAP(X) HUB_EFFORT_COUNT,
#undef X
};

struct hub_reasoning {
    uint8_t effort;   /* enum hub_effort */
    bool has_budget;  /* the client gave tokens; `effort` is what they amount to */
    bool is_adaptive; /* on, and how much is the model's choice */
    uint8_t shown;    /* enum hub_tristate: is the reasoning part of the answer? */
    uint64_t budget;  /* tokens */
};

enum { HUB_STOPS_MAX = 64 };

struct hub_request {
    struct hub_message *first; /* all messages in order, HUB_SYSTEM ones where they stood */
    struct hub_message *last;
    struct hub_tool *tools;
    struct hub_tool *last_tool;
    uint8_t choice;   /* enum hub_choice */
    uint8_t parallel; /* enum hub_tristate: may the model call several tools at once? */
    struct span choice_name;
    struct span allowed[HUB_STOPS_MAX]; /* of the tools only these; none: all */
    uint32_t allowed_count;

    bool has_max_tokens;
    uint64_t max_tokens; /* of the answer, reasoning included */
    /* Raw JSON numbers. */
    struct span temperature;
    struct span top_p;
    struct span top_k;
    struct span frequency_penalty;
    struct span presence_penalty;
    struct span seed;
    struct span stops[HUB_STOPS_MAX];
    uint32_t stop_count;

    uint8_t format;        /* enum hub_format */
    uint8_t format_strict; /* enum hub_tristate */
    struct span format_name;
    struct span format_schema; /* JSON Schema, an object */
    struct hub_reasoning reasoning;
    struct span user;         /* who the provider may see behind the request */
    struct span service_tier; /* OpenAI's words */
    bool stream;
    bool include_usage; /* in the stream, asked for by the client */
    bool json_tool; /* set by a writer that made a tool of the structured output (translation.h) */
};

/* --- building --------------------------------------------------------------------------------- */

/** Each links last what stands in no list. */
void hub_append_message(struct hub_request *request, struct hub_message *message);
void hub_append_block(struct hub_blocks *blocks, struct hub_block *block);

/** Each takes zeroed memory from the region and links it last; NULL when the region is full. */
struct hub_message *hub_add_message(struct region *memory, struct hub_request *request,
                                    enum hub_role role);
struct hub_block *hub_add_block(struct region *memory, struct hub_blocks *blocks,
                                enum hub_block_kind kind);
struct hub_tool *hub_add_tool(struct region *memory, struct hub_request *request);

#endif
