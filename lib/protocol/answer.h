/**
 * The way back of a same-protocol call: the slug stands in `model`, usage is read, and how the
 * answer ended is known. Works on whatever pieces arrive, copies nothing and holds nothing back
 * but at most one event's beginning (ANSWER_HOLD_BYTES) where a usage chunk may have to be
 * stripped.
 */
#ifndef WEIR_PROTOCOL_ANSWER_H
#define WEIR_PROTOCOL_ANSWER_H

#include "lib/base/iov.h"
#include "lib/wire/json_scan.h"
#include "lib/wire/sse.h"
#include "shm/layout.h"

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

enum answer_end {
    ANSWER_OPEN,     /* no terminator seen */
    ANSWER_COMPLETE, /* `[DONE]`, message_stop, or the whole JSON document */
    ANSWER_ERROR,    /* an error event, or a document that is an error */
};

enum {
    ANSWER_HOLD_BYTES = 1024,
    /** Entries that one answer_feed() may add for n input bytes: 2 + 3 × events in them, at most. */
    ANSWER_IOV_MAX = 64,
};

struct answer {
    struct sse sse;
    struct json_scan json;
    enum wire_protocol protocol;
    struct span slug_json; /* the slug as a JSON string with quotes; borrowed */
    bool is_stream;
    bool strip_usage;
    bool skipping;      /* inside a value of `model` that the slug replaces */
    bool json_bad;      /* this document or event is not JSON: its bytes go through as they are */
    uint8_t end;        /* enum answer_end */
    uint8_t done_bytes; /* of `[DONE]` matched so far */
    uint8_t line_state;
    bool choices_empty;
    bool usage_object;
    uint16_t held_bytes;
    struct usage usage;
    uint64_t raw_usage[12]; /* as the provider names them; turned into buckets at the end */
    char held[ANSWER_HOLD_BYTES];
};

/**
 * @param is_stream  server-sent events; else one JSON document
 */
void answer_init(struct answer *answer, enum wire_protocol protocol, bool is_stream,
                 struct span slug_json);

/**
 * Pass received bytes on.
 *
 * @param bytes  in: received; out: what has not been looked at because `out` was nearly full:
 *               write `out`, empty it, call again
 * @param out    entries borrow from `bytes`, from the slug and from the answer itself: they are
 *               valid until the next call
 */
void answer_feed(struct answer *answer, struct span *bytes, struct iov_builder *out);

/** No more bytes. What is still held back is added to `out`; usage becomes final. */
void answer_finish(struct answer *answer, struct iov_builder *out);

/** The end as the bytes tell it, whatever the transport says. */
enum answer_end answer_ended(const struct answer *answer);

#endif
