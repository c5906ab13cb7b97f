/**
 * The strict gate in front of the HTTP parser: DESIGN rules over raw bytes, one pass, no look-back.
 *
 * llhttp alone takes bare LF, obs-fold, empty header names, two Hosts and `gzip, chunked`; this
 * takes none of them. Rules (RFC 9112 sections 2.2, 3, 5, 6 at their strictest): every line ends in
 * CRLF; no CR, LF, NUL or 0x7F elsewhere, no control byte but HTAB inside a field value; field
 * names are tokens directly followed by a colon; exactly one Host in HTTP/1.1, at most one in
 * HTTP/1.0; the version is HTTP/1.0 or HTTP/1.1; Content-Length has 1–18 digits and stands once;
 * Transfer-Encoding is exactly `chunked`, once, only in HTTP/1.1 and never beside Content-Length;
 * the request target is printable ASCII without `#`.
 */
#ifndef WEIR_WIRE_HTTP_GUARD_H
#define WEIR_WIRE_HTTP_GUARD_H

#include "lib/base/span.h"

#include <stdint.h>

enum {
    HTTP_HEADERS_MAX = 96, /* fields in one head */
    HTTP_TARGET_BYTES_MAX = 8192,
    HTTP_LEADING_CRLF_MAX = 1, /* empty lines before a request line (RFC 9112 section 2.2) */
};

struct http_guard {
    uint32_t bytes_max;  /* limits.head_bytes */
    uint32_t bytes_seen; /* of this head, over all calls */
    uint32_t headers;
    uint64_t length_value;
    uint16_t match_bits; /* which watched field names the current name can still be */
    uint8_t state;
    uint8_t minor;
    uint8_t name_bytes;
    uint8_t length_digits;
    uint8_t coding_bytes;
    uint8_t leading_crlf;
    uint8_t seen; /* Host, Content-Length, Transfer-Encoding */
    uint8_t reserved;
};

/** Ready for the first byte of a head. */
void http_guard_init(struct http_guard *guard, uint32_t bytes_max);

/**
 * Look at the next bytes of the connection. Cutting the stream anywhere changes nothing.
 *
 * @param head_end  on 0: how many of these bytes belong to the head, its final CRLF CRLF included
 * @return 0 when the head is complete; ERR_AGAIN when more bytes are needed; ERR_BAD_REQUEST,
 *         ERR_HTTP_VERSION or ERR_HEAD_TOO_LARGE: answer and close
 */
int http_guard_feed(struct http_guard *guard, struct span bytes, size_t *head_end);

#endif
