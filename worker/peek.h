/**
 * Is the beginning of an upstream's 200 an answer, or an error in an answer's clothes?
 *
 * A stream is judged by its first event that says something: comments and events without data say
 * nothing, nor does what only opens an answer (OpenAI's chunk with the role, Anthropic's
 * message_start and ping), for an overloaded provider sends that much before its error. A document
 * is judged when it is whole, an array of events by its first element. What has not shown itself
 * within PEEK_BYTES_MAX is an answer: no provider's error is that long. Until then the caller holds
 * the bytes back, in memory of its own, so that another attempt can still be made.
 */
#ifndef WEIR_WORKER_PEEK_H
#define WEIR_WORKER_PEEK_H

#include "lib/base/region.h"
#include "lib/wire/sse.h"
#include "shm/layout.h"
#include "worker/attempts.h"

enum { PEEK_BYTES_MAX = 8192 };

/** PEEK_ARRAY: Gemini's events as the elements of one JSON array. */
enum peek_form { PEEK_DOCUMENT, PEEK_STREAM, PEEK_ARRAY };

struct peek {
    struct sse sse;
    enum wire_protocol protocol; /* the upstream's */
    enum peek_form form;
    bool has_data;          /* the event that is being read has data */
    bool in_string;         /* of an array's element */
    bool is_escaped;        /* the next character of that string is */
    uint32_t depth;         /* in an array: of the brackets and braces that are open */
    size_t begin;           /* of the event or element that is being read, in all that came */
    int64_t content_length; /* -1: not told */
    struct region *scratch;
};

/** @param scratch  room for a few times what is judged; used only while peek_look() runs */
void peek_init(struct peek *peek, enum wire_protocol protocol, enum peek_form form,
               int64_t content_length, struct region *scratch);

/**
 * The next bytes.
 *
 * @param held  what was held back before, at most PEEK_BYTES_MAX bytes
 * @param last  the answer has ended; `bytes` is empty
 * @return ATTEMPT_OPEN: hold `bytes` back too, they fit; ATTEMPT_ANSWERED; ATTEMPT_ERROR_BODY;
 *         ATTEMPT_CUT for a stream that ended before an event that says something, or a document
 *         that ended empty or before its JSON did
 */
enum attempt_result peek_look(struct peek *peek, struct span held, struct span bytes, bool last);

#endif
