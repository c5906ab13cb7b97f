/** What the files of the Gemini codec (codec.h) share. */
#ifndef WEIR_PROTOCOL_GEMINI_INNER_H
#define WEIR_PROTOCOL_GEMINI_INNER_H

#include "lib/protocol/codec.h"

/* --- names ------------------------------------------------------------------------------------ */

/** Has the member this name? JSON of protocol buffers: "topP" may be written "top_p". */
bool gemini_is_named(const struct json_node *member, struct span camel);

/** As json_member(), in either spelling. */
const struct json_node *gemini_member(const struct json_node *object, struct span camel);

/** Is it this word of an enumeration? Letters of either case, as the API takes them. */
bool gemini_is_word(const struct json_node *node, struct span word);

/** May this text stand where the API wants an object, such as a call's arguments? */
bool gemini_is_object(struct span utf8, uint16_t depth_max);

/* --- signatures ------------------------------------------------------------------------------- */

/**
 * What a `thoughtSignature` of a Gemini client holds. It is base64 that clients give back as it is,
 * so another provider's signature travels behind eight letters that are base64 too.
 */
struct gemini_signature {
    enum hub_block_kind kind; /* HUB_REASONING, or HUB_REDACTED: `raw` is its data */
    enum hub_signer signer;
    struct span raw;
};

struct gemini_signature gemini_read_signature(struct span raw);

/** `,"thoughtSignature":…`, or nothing for none. */
void gemini_write_signature(struct text *out, const struct gemini_signature *signature);

/* --- reading a request ------------------------------------------------------------------------ */

/** A function call of an earlier turn, which a response may answer. */
struct gemini_call {
    struct gemini_call *next;
    const struct hub_block *block;
    bool is_answered;
};

struct gemini_reader {
    struct region *memory;
    struct hub_request *request;
    struct hub_notes *notes;
    struct hub_message *message; /* that parts are added to */
    struct gemini_call *calls;   /* in order */
    struct gemini_call *last_call;
    uint32_t call_count;
    /* The first of the thoughts that nothing else has come behind yet, none of them signed. */
    struct hub_message *thinking;
    struct hub_block *thought;
    struct text path; /* of the object that is being read: "contents[0].parts[2]" */
    char path_memory[128];
};

typedef int gemini_read_fn(struct gemini_reader *reader, const struct json_node *value);

/** A member that is known, and who reads it; NULL: it says nothing that the hub form has. */
struct gemini_field {
    struct span name;
    gemini_read_fn *read;
};

/** Each member to its reader; those without one are dropped by name. `null` is absent. */
int gemini_read_fields(struct gemini_reader *reader, const struct json_node *object,
                       const struct gemini_field *fields, size_t count);

/** Add to the path; cut `path.len` back afterwards. @return the length to cut back to */
size_t gemini_enter(struct gemini_reader *reader, struct span name);
size_t gemini_enter_item(struct gemini_reader *reader, struct span name, uint32_t number);

/** Each item of a list, with the path at it. */
int gemini_read_items(struct gemini_reader *reader, struct span name, const struct json_node *list,
                      gemini_read_fn *read);

/** hub_drop() and hub_refuse() of a member of the object at the path. */
int gemini_drop(struct gemini_reader *reader, struct span member);
int gemini_refuse(struct gemini_reader *reader, int err, struct span member, struct span detail);

gemini_read_fn gemini_read_contents;
gemini_read_fn gemini_read_system;
gemini_read_fn gemini_read_part;
gemini_read_fn gemini_read_tools;
gemini_read_fn gemini_read_tool_config;
gemini_read_fn gemini_read_generation_config;

/** inlineData and fileData: a block of the list. */
int gemini_read_inline_data(struct gemini_reader *reader, const struct json_node *value,
                            struct hub_blocks *blocks);
int gemini_read_file_data(struct gemini_reader *reader, const struct json_node *value,
                          struct hub_blocks *blocks);

/** A raw string that a schema's text was written to. ptr NULL: the region is full. */
struct span gemini_read_schema(struct region *memory, const struct json_node *schema);

/* --- the codec's functions -------------------------------------------------------------------- */

int gemini_read_request(struct region *memory, const struct json_node *root,
                        struct hub_request *out, struct hub_notes *notes);
struct normalise_rules gemini_shape(const struct hub_request *request,
                                    const struct codec_target *target);
int gemini_write_request(struct region *memory, struct hub_request *request,
                         const struct codec_target *target, struct hub_notes *notes,
                         struct text *out);
int gemini_read_answer(struct region *memory, const struct json_node *root, struct hub_answer *out,
                       struct hub_error *error);
int gemini_write_answer(struct region *memory, const struct hub_answer *answer,
                        const struct codec_answer *how, struct text *out);
void gemini_read_event(struct region *scratch, const struct json_node *data, uint64_t *state,
                       struct hub_stream *to);
void gemini_write_event(struct codec_writer *writer, const struct hub_event *event);
void gemini_read_error(struct region *memory, int status, const struct json_node *root,
                       struct hub_error *out);

#endif
