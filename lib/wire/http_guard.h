/**
 * The strict gate in front of the HTTP parser, for heads of requests and of answers alike: DESIGN
 * rules over raw bytes, one pass, no look-back.
 *
 * llhttp alone takes bare LF, obs-fold, empty header names, two Hosts and `gzip, chunked`; this
 * takes none of them. Rules (RFC 9112 sections 2.2, 3, 4, 5, 6 at their strictest):
 *
 *  - every line ends in CRLF; no CR, LF, NUL or 0x7F elsewhere; no control byte but HTAB, and that
 *    one inside or around a field value only;
 *  - the request line is `method SP target SP HTTP/1.x` with single blanks; the method is a token;
 *    the target is printable ASCII without `#`; the version is HTTP/1.0 or HTTP/1.1;
 *  - the status line is `HTTP/1.x SP code`, the code three digits from 100 to 599, and then nothing
 *    or `SP reason`, which may be empty; nothing stands before it;
 *  - field names are tokens directly followed by a colon;
 *  - in a request exactly one Host in HTTP/1.1, at most one in HTTP/1.0, with the characters of a
 *    host and port only (so no comma, no blank, no `@`); it may be empty;
 *  - Content-Length has 1–18 digits and stands once;
 *  - Transfer-Encoding is exactly `chunked` (any case), once, only in HTTP/1.1 and never beside
 *    Content-Length;
 *  - around these two values stand blanks only, no HTAB.
 */
#ifndef WEIR_WIRE_HTTP_GUARD_H
#define WEIR_WIRE_HTTP_GUARD_H

#include "lib/base/span.h"

#include <stdint.h>

enum {
    HTTP_HEADERS_MAX = 96, /* fields in one head */
    HTTP_METHOD_BYTES_MAX = 32,
    HTTP_TARGET_BYTES_MAX = 8192,
    HTTP_LENGTH_DIGITS_MAX = 18, /* so that every Content-Length fits a signed 64-bit number */
    HTTP_LEADING_CRLF_MAX = 1,   /* empty lines before a request line (RFC 9112 section 2.2) */
};

struct http_guard {
    uint32_t bytes_max;    /* limits.head_bytes */
    uint32_t bytes_seen;   /* of this head, over all calls */
    int32_t err;           /* what was found wrong; it stays */
    uint16_t target_begin; /* in the head; 0 until the method is complete */
    uint16_t target_bytes; /* 0 until the target is complete */
    uint16_t part_bytes;   /* of the method, target, version, field name or watched value so far */
    uint8_t state;         /* index of a rule */
    uint8_t headers;       /* fields begun */
    uint8_t minor;         /* HTTP/1.minor */
    uint8_t field;         /* the watched name that the current one can still be, or is */
    uint8_t seen;          /* watched names that have stood, a bit each */
    uint8_t leading_crlf;  /* empty lines before the request line */
    bool is_answer;
};

/** Ready for the first byte of a request's head. */
void http_guard_init(struct http_guard *guard, uint32_t bytes_max);

/** Ready for the first byte of an answer's head. */
void http_guard_init_answer(struct http_guard *guard, uint32_t bytes_max);

/**
 * Look at the next bytes of the connection. Cutting the stream anywhere changes nothing.
 *
 * After a complete head the guard must be initialised again before it is fed.
 *
 * @param head_end  on 0: how many of these bytes belong to the head, its final CRLF CRLF included
 * @return 0 when the head is complete; ERR_AGAIN when more bytes are needed; ERR_BAD_REQUEST,
 *         ERR_METHOD_UNKNOWN (a long one), ERR_TARGET_TOO_LONG, ERR_HTTP_VERSION or
 *         ERR_HEAD_TOO_LARGE: answer and close
 */
int http_guard_feed(struct http_guard *guard, struct span bytes, size_t *head_end);

/** May the byte stand in a field name (RFC 9110 section 5.6.2)? In a host and port? */
bool http_guard_is_token(char c);
bool http_guard_is_host(char c);

/**
 * Method and target of a request's head that is not complete, or was refused: may the answer have a
 * body, and whose dialect does it speak?
 *
 * @param head  the bytes that the guard was fed since http_guard_init(), joined
 * @return empty when the head is wrong before its end, or has not come so far
 */
struct span http_guard_method(const struct http_guard *guard, struct span head);
struct span http_guard_target(const struct http_guard *guard, struct span head);

#endif
