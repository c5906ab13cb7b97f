/** What the parts of the OpenAI codec (openai.c) share; for them alone. */
#ifndef WEIR_PROTOCOL_OPENAI_INNER_H
#define WEIR_PROTOCOL_OPENAI_INNER_H

#include "lib/protocol/codec.h"

/* --- reading requests ------------------------------------------------------------------------- */

/** A request on its way into the hub form. Not copied: `path` points into it. */
struct openai_reading {
    struct region *memory;
    struct hub_request *out;
    struct hub_notes *notes;
    struct text path; /* of what is being read: "messages[2].content[0]." */
    char path_memory[128];
};

/** Go into an item of a list. @return what openai_leave() wants */
size_t openai_enter(struct openai_reading *reading, struct span list, size_t index);

void openai_leave(struct openai_reading *reading, size_t mark);

/** hub_refuse() of a member of what is being read. */
int openai_refuse(struct openai_reading *reading, int err, struct span member, struct span detail);

/** What cannot be used as it is: ERR_INVALID, or ERR_NO_MEMORY handed on. 0 stays 0. */
int openai_check(struct openai_reading *reading, int err, struct span member);

int openai_read_messages(struct openai_reading *reading, const struct json_node *list);

/** Which parts a content may have. */
enum openai_parts {
    OPENAI_PARTS_TEXT = 1 << 0,
    OPENAI_PARTS_ASSISTANT = 1 << 1,
    OPENAI_PARTS_TOOL = 1 << 2,
    OPENAI_PARTS_USER = 1 << 3,
};

/** A content: a string, a list of parts, or nothing at all (NULL). */
int openai_read_content(struct openai_reading *reading, const struct json_node *content,
                        enum openai_parts parts, struct hub_blocks *out);

/** The cache point that a part, a message or a tool asks for. */
enum hub_cache openai_cache_of(const struct json_node *node);

int openai_read_tools(struct openai_reading *reading, const struct json_node *list);
int openai_read_functions(struct openai_reading *reading, const struct json_node *list);
int openai_read_choice(struct openai_reading *reading, const struct json_node *choice);
int openai_read_function_call(struct openai_reading *reading, const struct json_node *choice);

/* --- what requests' histories and answers have in common -------------------------------------- */

/** The reasoning of an assistant's message, in all the forms that are about. */
int openai_read_reasoning(struct region *memory, const struct json_node *message,
                          struct hub_blocks *out);

/** Whose signature the `format` of a reasoning detail names. */
enum hub_signer openai_signer_of(const struct json_node *detail);

/** The signature that Gemini gave a tool call, where its carriers put it; empty: none. */
struct span openai_call_signature(const struct json_node *call);

/**
 * A tool call, also the legacy `function_call`, as a block. What it lacks stays empty.
 *
 * @param function  its `function`, or the legacy object itself
 */
int openai_read_call(struct region *memory, const struct json_node *call,
                     const struct json_node *function, struct hub_blocks *out);

/**
 * `arguments` as a JSON object: the empty string and nothing at all are `{}`, other JSON stands in
 * `value`, and a string that is no JSON (a call that was cut) in `_raw_arguments`.
 *
 * @param node  a string; an object is taken as it is; NULL
 */
int openai_read_arguments(struct region *memory, const struct json_node *node, struct span *out);

/* --- writing ---------------------------------------------------------------------------------- */

/** A request on its way out. */
struct openai_writing {
    struct region *memory;
    struct hub_request *request;
    const struct codec_target *target;
    struct hub_notes *notes;
    struct text *out;
};

/** `"name":"raw"` and `"name":raw` with a comma before it; nothing when `raw` is empty. */
void openai_add_string(struct text *out, struct span name, struct span raw);
void openai_add_value(struct text *out, struct span name, struct span raw);

int openai_write_messages(struct openai_writing *writing);
int openai_write_tools(struct openai_writing *writing);

/** Are the rules of OpenAI's strict mode kept: every object closed, every property required? */
bool openai_is_strict(struct region *memory, struct span schema);

/** `[{"type":"reasoning.text",…}]` of one piece of reasoning. */
struct openai_detail {
    enum hub_block_kind kind; /* REASONING or REDACTED */
    enum hub_signer signer;
    struct span text;
    struct span signature;
    uint64_t index;
};

void openai_add_detail(struct text *out, const struct openai_detail *detail);

/** `"usage":{…}` or `"usage":null`. */
void openai_add_usage(struct text *out, const struct usage *usage);

struct span openai_finish_word(enum hub_finish finish);

/* --- the codec's functions -------------------------------------------------------------------- */

int openai_read_request(struct region *memory, const struct json_node *root,
                        struct hub_request *out, struct hub_notes *notes);
int openai_write_request(struct region *memory, struct hub_request *request,
                         const struct codec_target *target, struct hub_notes *notes,
                         struct text *out);
int openai_read_answer(struct region *memory, const struct json_node *root, struct hub_answer *out,
                       struct hub_error *error);
int openai_write_answer(struct region *memory, const struct hub_answer *answer,
                        const struct codec_answer *how, struct text *out);
void openai_read_event(struct region *scratch, const struct json_node *data, uint64_t *state,
                       struct hub_stream *to);
void openai_write_event(struct codec_writer *writer, const struct hub_event *event);
void openai_read_error(struct region *memory, int status, const struct json_node *root,
                       struct hub_error *out);

/** Does a document or an event say that it is an error? Then which one. */
bool openai_find_error(struct region *memory, const struct json_node *root, struct hub_error *out);

/** The figures of a usage object. */
void openai_read_usage(const struct json_node *usage, struct usage_figures *figures);

/** The reason of a `finish_reason`; HUB_FINISH_COUNT for none. */
enum hub_finish openai_finish_of(const struct json_node *reason);

#endif
