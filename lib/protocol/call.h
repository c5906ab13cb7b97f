/**
 * A call whose client and upstream speak the same protocol: what must be known of the request, and
 * what is changed in it. Everything that is not named here goes through byte for byte.
 */
#ifndef WEIR_PROTOCOL_CALL_H
#define WEIR_PROTOCOL_CALL_H

#include "lib/wire/json_scan.h"
#include "shm/layout.h"

/**
 * A request body, read while it arrives.
 *
 * Of `stream`, `stream_options` and `include_usage` the last one counts where one stands twice, as
 * with most parsers. `model` decides what a client may do, so there it is an error, also when the
 * other one is escaped or written in another case.
 *
 * Gemini's model and `stream` stand in the path; of its body only the model that a request inside
 * it names (`generateContentRequest.model`, for token counts) is told, and `slug` is not made of it.
 */
struct call_reader {
    struct json_scan json;
    enum wire_protocol protocol;
    uint64_t bytes;       /* fed so far */
    uint64_t model_begin; /* offsets of the value of `model`, quotes included */
    uint64_t model_end;
    uint64_t options_begin; /* of the value of `stream_options`; both 0 when absent */
    uint64_t options_end;
    uint64_t usage_begin; /* of the value of `stream_options.include_usage`; likewise */
    uint64_t usage_end;
    uint64_t object_begin; /* just after the root's `{` */
    bool has_model;
    bool has_options_object;                     /* `stream_options` is an object */
    bool options_empty;                          /* … without a member */
    bool options_null;                           /* `stream_options` is null */
    bool stream;                                 /* `"stream": true` */
    bool include_usage;                          /* the client asked for usage in the stream */
    bool refuses_usage;                          /* `include_usage` is false or null */
    int err;                                     /* first thing found wrong */
    char slug_memory[LAYOUT_SLUG_BYTES_MAX + 8]; /* Gemini clients may write "models/" before it */
    /** Decoded; empty when longer than any slug, raw or decoded: there is no such model. */
    struct span slug;
};

/** @param depth_max  of the JSON's nesting, 1 … JSON_DEPTH_MAX */
void call_reader_init(struct call_reader *reader, enum wire_protocol protocol, uint16_t depth_max);

/**
 * The model as a path names it, percent-encoded: for Gemini, at once after the init.
 *
 * @return 0, also for one that is longer than any slug; ERR_BAD_REQUEST
 */
int call_reader_name(struct call_reader *reader, struct span encoded);

/**
 * The next bytes of the body. After an error nothing more is read.
 *
 * @return 0 or the reader's `err`: ERR_BAD_JSON (also when the root is no object), ERR_BAD_MODEL,
 *         ERR_DUPLICATE_MODEL (also for a `model` in another case)
 */
int call_reader_feed(struct call_reader *reader, struct span bytes);

/** The body is complete. @return 0, or as above, or ERR_NO_MODEL */
int call_reader_end(struct call_reader *reader);

enum { CALL_EDITS_MAX = 3 };

/** Replace the bytes [begin, end) of the client's body by `with`. */
struct call_edit {
    uint64_t begin;
    uint64_t end;
    struct span with;
};

/**
 * What turns the client's body into the upstream's: the provider's model name, and for an OpenAI
 * stream `stream_options.include_usage` when the client did not ask for it. Ordered, not
 * overlapping.
 */
struct call_plan {
    uint32_t edit_count;
    struct call_edit edits[CALL_EDITS_MAX];
    uint64_t bytes; /* of the body after the edits */
    /** The client did not ask for usage: the answer's last chunk is kept from it. */
    bool strip_usage;
};

/**
 * Only after call_reader_end() returned 0.
 *
 * A `stream_options` that is neither object nor null, and an `include_usage` that is no boolean nor
 * null, are left for the upstream to refuse.
 *
 * @param upstream_model  the JSON string with its quotes, for Gemini with "models/" before the name;
 *                        borrowed for the life of the plan
 */
void call_plan_make(const struct call_reader *reader, struct span upstream_model,
                    struct call_plan *plan);

#endif
