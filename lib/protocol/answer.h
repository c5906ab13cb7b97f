/**
 * The way back of a same-protocol call: the slug stands in `model`, usage is read, and how the
 * answer ended is known. Works on whatever pieces arrive: cutting the answer anywhere changes
 * neither the bytes that are passed on nor what is known of it.
 *
 * Nothing is copied, and nothing held back but at most the beginning of one event of a stream whose
 * usage chunk is stripped, and that only where the received bytes end inside the event before it is
 * clear that it is none: its `choices` hold something, or it is longer than ANSWER_HOLD_BYTES.
 *
 * Looked at are the JSON document, or in a stream the `data` of each event; a stream of Gemini's
 * without alt=sse is one document, an array of what events hold. A `model` that is no
 * string and text that is not JSON go through as they are.
 */
#ifndef WEIR_PROTOCOL_ANSWER_H
#define WEIR_PROTOCOL_ANSWER_H

#include "lib/base/iov.h"
#include "lib/protocol/usage.h"
#include "lib/wire/json_scan.h"
#include "lib/wire/sse.h"
#include "shm/layout.h"

enum answer_end {
    ANSWER_OPEN,     /* no terminator seen */
    ANSWER_COMPLETE, /* `[DONE]`, message_stop, or the whole JSON document; a stream of Gemini's,
                        after the finish: a reason to finish was told, and no event is cut */
    ANSWER_ERROR,    /* an error event, or a document that is an error */
};

enum {
    ANSWER_HOLD_BYTES = 1024,
    /** Entries that one answer_feed() may add for n input bytes: 2 + 3 × events in them, at most. */
    ANSWER_IOV_MAX = 64,
    ANSWER_IOV_MIN = 8, /* free entries without which answer_feed() may take no byte */
};

struct answer {
    struct sse sse;
    struct json_scan json;
    enum wire_protocol protocol;
    struct span slug_json; /* the slug as a JSON string with quotes; borrowed */
    bool is_stream;
    /** Keep an OpenAI stream's usage chunk from the client; set it before the first feed. */
    bool strip_usage;
    bool skipping;      /* inside a value of `model` that the slug replaces */
    bool json_bad;      /* this document or event is not JSON: its bytes go through as they are */
    bool in_event;      /* an event has begun and not been judged */
    bool undecided;     /* this event may have to be stripped */
    bool choices_open;  /* inside the array `choices` */
    bool choices_empty; /* one has ended without an element */
    bool choices_full;  /* one has not, also when a later one has: keys can stand twice */
    bool usage_object;  /* `usage` is an object */
    bool error_seen;    /* a truthy `error`, or `"type": "error"` */
    bool stop_seen;     /* `"type": "message_stop"` */
    bool finish_seen;   /* Gemini: a finishReason or a blockReason, in whatever event */
    bool is_array;      /* Gemini: the document is a stream's */
    bool drop_lf;       /* the LF of the line end that ended a stripped event */
    uint8_t end;        /* enum answer_end */
    uint8_t done_bytes; /* of `[DONE]` matched so far in this event */
    uint8_t line_state;
    uint16_t held_bytes;
    struct usage usage; /* final after answer_finish() */
    struct usage_figures figures;
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
 * @param bytes  in: received; out: what has not been looked at, because `out` was nearly full or
 *               what was held back stands in it: write `out`, empty it, call again
 * @param out    entries borrow from `bytes`, from the slug and from the answer itself: they are
 *               valid until the next call. May hold entries already
 */
void answer_feed(struct answer *answer, struct span *bytes, struct iov_builder *out);

/**
 * No more bytes, whether the answer is complete or not. What is still held back is added to `out`,
 * and the line ends that a terminator lacks (two entries); usage becomes final. Call it once.
 */
void answer_finish(struct answer *answer, struct iov_builder *out);

/** After the finish: a document that is empty, or that began as JSON and stopped before its end. */
bool answer_is_cut(const struct answer *answer);

/** The end as the bytes tell it, whatever the transport says; a document's after the finish. */
enum answer_end answer_ended(const struct answer *answer);

#endif
