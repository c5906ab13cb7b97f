/**
 * Is the beginning of an upstream's 200 an answer, or an error in an answer's clothes?
 *
 * A stream is judged by its first event with data; comments, and events without data, say nothing.
 * A document is judged when it is whole. What has not shown itself within PEEK_BYTES_MAX is an
 * answer: no provider's error is that long. Until then the caller holds the bytes back, in memory
 * of its own, so that another attempt can still be made.
 */
#ifndef WEIR_WORKER_PEEK_H
#define WEIR_WORKER_PEEK_H

#include "lib/wire/sse.h"
#include "shm/layout.h"
#include "worker/attempts.h"

enum { PEEK_BYTES_MAX = 8192 };

struct peek {
    struct sse sse;
    enum wire_protocol protocol;
    bool is_stream;
    bool has_data;          /* the event that is being read has data */
    int64_t content_length; /* -1: not told */
};

void peek_init(struct peek *peek, enum wire_protocol protocol, bool is_stream,
               int64_t content_length);

/**
 * The next bytes.
 *
 * @param held  what was held back before, at most PEEK_BYTES_MAX bytes
 * @param last  the answer has ended; `bytes` is empty
 * @return ATTEMPT_OPEN: hold `bytes` back too, they fit; ATTEMPT_ANSWERED; ATTEMPT_ERROR_BODY;
 *         ATTEMPT_CUT for a stream that ended without an event, or a document that ended empty or
 *         before its JSON did
 */
enum attempt_result peek_look(struct peek *peek, struct span held, struct span bytes, bool last);

#endif
