/**
 * A call whose client and upstream speak the same protocol: what must be known of the request, and
 * what is changed in it. Everything that is not named here goes through byte for byte.
 */
#ifndef WEIR_PROTOCOL_CALL_H
#define WEIR_PROTOCOL_CALL_H

#include "lib/wire/json_scan.h"
#include "shm/layout.h"

/** A request body, read while it arrives. */
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
    bool has_options_object; /* `stream_options` is an object */
    bool options_empty;      /* … without a member */
    bool stream;             /* `"stream": true` */
    bool include_usage;      /* the client asked for usage in the stream */
    int err;                 /* first thing found wrong */
    char slug_memory[LAYOUT_SLUG_BYTES_MAX + 1];
    struct span slug; /* decoded; empty when longer than any slug: no such model */
};

void call_reader_init(struct call_reader *reader, enum wire_protocol protocol, uint16_t depth_max);

/** @return 0 or the reader's `err`: ERR_BAD_JSON, ERR_BAD_MODEL, ERR_DUPLICATE_MODEL */
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
 * @param upstream_model  the JSON string with its quotes; borrowed for the life of the plan
 */
void call_plan_make(const struct call_reader *reader, struct span upstream_model,
                    struct call_plan *plan);

#endif
