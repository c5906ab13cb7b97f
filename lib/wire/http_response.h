/**
 * An HTTP/1.1 answer to a POST or a GET, as it comes: head, pieces of the body, end. Pure: no I/O.
 *
 * Nobody else parses an answer: libcurl only opens connections. Its heads pass the gate that
 * clients' heads pass (lib/wire/http_guard.h), then llhttp reads them:
 *
 *  - the status line, the line ends, the field names and the bytes of the values as listed there;
 *    so no folded line, no bare CR or LF, no NUL, no blank before a colon;
 *  - Content-Length 1–18 digits, once; Transfer-Encoding exactly `chunked`, once, in HTTP/1.1 only,
 *    and never both;
 *  - at most HTTP_HEADERS_MAX fields in a head, HTTP_RESPONSE_HEAD_BYTES_MAX bytes in all heads,
 *    HTTP_RESPONSE_INTERIM_MAX heads of 1xx, which are passed over; 101 is no answer;
 *  - no Content-Encoding but `identity`: nobody asks for one;
 *  - 1xx and 204 announce no body: neither a coding nor a length but 0 (RFC 9112 section 6); 304 may
 *    say how long it would have been. None of them has one, and what follows is no part of it;
 *  - chunks as in lib/wire/http_body.h, without extensions; trailers are passed over;
 *  - with neither length nor chunks, the body lasts until the connection's orderly end.
 *
 * Cutting the bytes anywhere changes nothing but where the pieces of the body are cut.
 */
#ifndef WEIR_WIRE_HTTP_RESPONSE_H
#define WEIR_WIRE_HTTP_RESPONSE_H

#include "lib/base/span.h"
#include "lib/wire/http_body.h"
#include "lib/wire/http_guard.h"

#include <llhttp.h>
#include <stdint.h>

enum {
    HTTP_RESPONSE_HEAD_BYTES_MAX = 65536, /* all heads of an answer together */
    HTTP_RESPONSE_INTERIM_MAX = 16,       /* 1xx heads before the answer's */
    HTTP_RESPONSE_NAME_BYTES_MAX = 16,    /* of the longest field that is looked at */
    HTTP_RESPONSE_TYPE_BYTES_MAX = 128,   /* longer values are not told */
    HTTP_RESPONSE_RETRY_BYTES_MAX = 64,
};

/** One answer. The caller's storage; it must not move between two calls. */
struct http_response {
    llhttp_t parser;
    struct http_guard guard;
    struct http_body body;
    int64_t content_length; /* -1: not told */
    int64_t max_age_s;      /* of Cache-Control; CACHE_CONTROL_NOT_TOLD */
    uint32_t bytes_seen;    /* of heads before this one */
    uint16_t status;
    uint8_t phase;
    uint8_t interim;
    uint8_t field; /* what the current field is */
    uint8_t name_bytes;
    uint8_t value_bytes;
    uint8_t type_bytes;
    uint8_t retry_bytes;
    bool is_encoded; /* a Content-Encoding stood */
    bool is_closing; /* `Connection: close` stood */
    bool is_value_long;
    char name[HTTP_RESPONSE_NAME_BYTES_MAX];
    char value[HTTP_RESPONSE_TYPE_BYTES_MAX];
    char type[HTTP_RESPONSE_TYPE_BYTES_MAX];
    char retry[HTTP_RESPONSE_RETRY_BYTES_MAX];
};

enum http_response_event {
    HTTP_RESPONSE_MORE, /* nothing: more bytes are needed */
    HTTP_RESPONSE_HEAD, /* status, length, type and retry may be read */
    HTTP_RESPONSE_BODY, /* a piece of content */
    HTTP_RESPONSE_END,  /* complete; bytes that are left belong to nobody */
};

/** Ready for the first byte of an answer. */
void http_response_init(struct http_response *response);

/**
 * Take the next event out of `*bytes`; call again until it is MORE or END.
 *
 * @param bytes    in: what was received; out: what is left
 * @param content  out: for BODY, the piece, borrowed from `*bytes`; never empty
 * @return 0, or ERR_UPSTREAM_PROTOCOL: nothing more may be asked of this answer
 */
int http_response_next(struct http_response *response, struct span *bytes,
                       enum http_response_event *event, struct span *content);

/** The connection has ended. @return 0 when that completes the answer, else ERR_UPSTREAM_CUT */
int http_response_close(const struct http_response *response);

/** After the end: may the connection carry another request? */
bool http_response_is_kept_alive(const struct http_response *response);

/** Of the final head; empty when not told, too long, or with a control byte in it. */
struct span http_response_type(const struct http_response *response);
struct span http_response_retry(const struct http_response *response);

#endif
