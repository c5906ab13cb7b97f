/** A message body's framing: a fixed length, or strict chunks. */
#ifndef WEIR_WIRE_HTTP_BODY_H
#define WEIR_WIRE_HTTP_BODY_H

#include "lib/base/span.h"
#include "lib/wire/http_request.h"

/**
 * Chunks are held to: size of 1–8 hex digits, no extension, CRLF after each line and each piece of
 * data, a final `0 CRLF CRLF`. A request has no trailers; those of an answer are passed over, and are lines
 * as http_guard takes them in a head, HTTP_TRAILER_BYTES_MAX without their ends.
 */
struct http_body {
    uint64_t left; /* of the length, or of the current chunk */
    uint8_t kind;  /* enum http_body_kind */
    uint8_t state;
    uint8_t digits;
    uint16_t trailer_left; /* bytes that trailers may still have */
};

enum { HTTP_TRAILER_BYTES_MAX = 8192 };

void http_body_init(struct http_body *body, const struct http_request *request);

/** Of an answer: `length` counts for HTTP_BODY_LENGTH only. */
void http_body_init_answer(struct http_body *body, enum http_body_kind kind, uint64_t length);

/** Nothing more belongs to the body: true at once when there is none. */
bool http_body_is_complete(const struct http_body *body);

/**
 * Take the next piece of content out of `*bytes`.
 *
 * @param bytes    in: what was received; out: what is left after this piece and its framing
 * @param content  out: the piece, borrowed; empty when these bytes held framing only
 * @return 0: look at `content`, then call again while bytes are left and the body is not complete;
 *         ERR_BAD_REQUEST, from then on always: answer and close, `content` is of no use
 */
int http_body_next(struct http_body *body, struct span *bytes, struct span *content);

#endif
