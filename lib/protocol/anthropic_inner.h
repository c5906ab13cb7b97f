/** What the files of the Anthropic codec (codec.h) share; for them alone. */
#ifndef WEIR_PROTOCOL_ANTHROPIC_INNER_H
#define WEIR_PROTOCOL_ANTHROPIC_INNER_H

#include "lib/protocol/codec.h"

/**
 * The begin of a signature that is Gemini's: clients give thinking blocks back as they are, so a
 * signature travels in one, and it is told from Anthropic's own, which never hold a dot.
 */
#define ANTHROPIC_GEMINI_MARK "ge1."

/* --- reading requests ------------------------------------------------------------------------- */

/** A request on its way into the hub form. Not copied: `path` points into it. */
struct anthropic_reading {
    struct region *memory;
    struct hub_request *out;
    struct hub_notes *notes;
    struct hub_message *message; /* that blocks are added to */
    uint8_t effort;              /* enum hub_effort, of output_config */
    struct text path;            /* of what is being read: "messages[2].content[0]." */
    char path_memory[128];
};

typedef int anthropic_read_fn(struct anthropic_reading *reading, const struct json_node *value);

/** A member that is known, and who reads it; NULL: it is needed nowhere else. */
struct anthropic_field {
    struct span name;
    anthropic_read_fn *read;
};

/** Each member to its reader; the others are dropped by name. `null` is absent. */
int anthropic_read_fields(struct anthropic_reading *reading, const struct json_node *object,
                          const struct anthropic_field *fields, size_t count);

/** Go into a member. @return what anthropic_leave() wants */
size_t anthropic_enter(struct anthropic_reading *reading, struct span member);
size_t anthropic_enter_item(struct anthropic_reading *reading, struct span list, size_t index);
void anthropic_leave(struct anthropic_reading *reading, size_t mark);

/** hub_refuse() of a member of what is being read. */
int anthropic_refuse(struct anthropic_reading *reading, int err, struct span member,
                     struct span detail);

/** What cannot be used as it is: ERR_INVALID by name, or ERR_NO_MEMORY handed on. 0 stays 0. */
int anthropic_check(struct anthropic_reading *reading, int err, struct span member);

anthropic_read_fn anthropic_read_system;
anthropic_read_fn anthropic_read_messages;
anthropic_read_fn anthropic_read_tools;
anthropic_read_fn anthropic_read_choice;

/** Images, documents and search results, also those in a tool's result. */
int anthropic_read_image(struct anthropic_reading *reading, const struct json_node *node,
                         struct hub_blocks *blocks);
int anthropic_read_document(struct anthropic_reading *reading, const struct json_node *node,
                            struct hub_blocks *blocks);
int anthropic_read_search(struct anthropic_reading *reading, const struct json_node *node,
                          struct hub_blocks *blocks);

/** The cache point that a block or a tool asks for: enum hub_cache. */
uint8_t anthropic_cache_of(const struct json_node *node);

/** Whose signature it is (enum hub_signer); what it is without the mark. */
uint8_t anthropic_signer_of(struct span raw, struct span *signature);

/* --- writing ---------------------------------------------------------------------------------- */

/** A request on its way out. */
struct anthropic_writing {
    struct region *memory;
    struct hub_request *request;
    const struct codec_target *target;
    struct hub_notes *notes;
    struct text *out;
};

/** `"name":"raw"` and `"name":raw` with a comma before it. */
void anthropic_add_string(struct text *out, struct span name, struct span raw);
void anthropic_add_value(struct text *out, struct span name, struct span raw);

/** `,"system":[…]`, or nothing. */
int anthropic_write_system(struct anthropic_writing *writing);

/** `,"messages":[…]` */
int anthropic_write_messages(struct anthropic_writing *writing);

/** `,"tools":[…],"tool_choice":{…}`, or nothing. */
int anthropic_write_tools(struct anthropic_writing *writing);

void anthropic_write_cache(struct text *out, enum hub_cache cache);

/** `,"max_tokens":n,"thinking":{…}` and all that depends on whether there is thinking. */
int anthropic_write_figures(struct anthropic_writing *writing);

/** A block of an answer or of a history; nothing for what the protocol does not have. */
void anthropic_add_thinking(struct text *out, const struct hub_block *block);

/* --- the codec's functions -------------------------------------------------------------------- */

int anthropic_read_request(struct region *memory, const struct json_node *root,
                           struct hub_request *out, struct hub_notes *notes);
struct normalise_rules anthropic_shape(const struct hub_request *request,
                                       const struct codec_target *target);
int anthropic_write_request(struct region *memory, struct hub_request *request,
                            const struct codec_target *target, struct hub_notes *notes,
                            struct text *out);
int anthropic_read_answer(struct region *memory, const struct json_node *root,
                          struct hub_answer *out, struct hub_error *error);
int anthropic_write_answer(struct region *memory, const struct hub_answer *answer,
                           const struct codec_answer *how, struct text *out);
void anthropic_read_event(struct region *scratch, const struct json_node *data, uint64_t *state,
                          struct hub_stream *to);
void anthropic_write_event(struct codec_writer *writer, const struct hub_event *event);
void anthropic_read_error(struct region *memory, int status, const struct json_node *root,
                          struct hub_error *out);

/** `{…}` of usage. */
void anthropic_add_usage(struct text *out, const struct usage *usage);

#endif
