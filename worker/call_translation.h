/**
 * A call whose client and upstream speak different protocols.
 *
 *   call_translation.c   the way in: the body as the deployment's provider takes it
 *   call_translated.c    the way out: a stream event by event, all else as a whole
 *
 * Each attempt translates the client's body anew, for attempts of one call may go to providers of
 * different protocols. What an attempt needs until its answer is through lies in the call's own
 * memory, which is emptied when the next attempt begins.
 */
#ifndef WEIR_WORKER_CALL_TRANSLATION_H
#define WEIR_WORKER_CALL_TRANSLATION_H

#include "lib/protocol/translation.h"
#include "worker/call.h"

enum {
    CALL_REFUSAL_BYTES_MAX = 64 * 1024, /* of a provider's refusal; what is longer is cut */
    CALL_MESSAGE_BYTES_MAX = 1024,      /* of what it says in it */
};

/** Of one attempt; in the call's memory. */
struct call_translation {
    enum wire_protocol from; /* the upstream's */
    bool wants_stream;
    bool has_stream; /* `stream` is in use */
    uint64_t answer_bytes_max;
    struct translation_keep keep;
    struct span dropped; /* for x-weir-dropped; printable ASCII */
    struct span answer;  /* a document, as far as it has come */
    struct text whole;   /* the client's document, in the worker's memory until it is written */
    struct usage usage;
    struct hub_error error; /* err 0: none was read */
    struct translation stream;
};

/* --- call_translation.c ----------------------------------------------------------------------- */

/** Does the attempt's upstream speak another protocol than the client? */
static inline bool call_is_translated(const struct call *call)
{
    return call->upstream_protocol != call->request.protocol;
}

/**
 * The body for a deployment of another protocol, ready to be sent.
 *
 * @return 0, or why not: the client's field and the reason are with the call then
 */
int call_translate_request(struct call *call, uint32_t deployment);

/** Nothing of an earlier attempt is left. */
void call_forget_translation(struct call *call);

/** A copy in the call's memory of at most CALL_MESSAGE_BYTES_MAX bytes; empty when it is full. */
struct span call_keep_message(struct call *call, struct span message);

/** `x-weir-dropped` with its line, when something was left out. */
void call_add_dropped(const struct call *call, struct text *fields);

/* --- call_answer.c: how bytes go out, whatever they say ---------------------------------------- */

/** Hold back what came of an answer, PEEK_BYTES_MAX at most. @return false: there is no memory */
bool call_hold(struct call *call, struct span bytes);

/** The answer's media type as the client gets it. */
void call_keep_type(struct call *call, struct span type);

/** The answer's head, and how its body is framed. @param content_length  -1: in pieces */
void call_write_head(struct call *call, int64_t content_length, struct text *head);

/** One write: the head if it has not gone out, then the pieces in the answer's framing. */
enum proxy_taken call_write_frame(struct call *call, struct span head,
                                  const struct iov_builder *pieces, bool last);

/* --- call_translated.c ------------------------------------------------------------------------ */

/** As the ports of the same names; only for answers of such upstreams. */
enum attempt_result call_translated_peek(struct call *call, struct span bytes, bool last);
int call_translated_error(struct call *call, enum attempt_result result);
enum proxy_taken call_translated_begin(struct call *call, struct span bytes);
enum proxy_taken call_translated_more(struct call *call, struct span bytes);
enum proxy_taken call_translated_comment(struct call *call);
int call_translated_complete(struct call *call, int err);

/** Tell the client of a stream's end that it is none, unless it has been told. */
void call_translated_truncated(struct call *call, int err);

/** What the provider of a failed attempt asked its clients to wait for; 0: nothing. */
uint64_t call_translated_wait_s(const struct call *call);

/** What the upstream has told of its usage so far. */
struct usage call_translated_usage(const struct call *call);

#endif
