/**
 * An HTTP/1.1 answer to a POST, as it comes: head, pieces of the body, end. Pure: no I/O.
 *
 * Beyond llhttp's rules for heads: every line ends in CRLF, no line is folded, and neither CR, LF nor
 * NUL stands elsewhere; no field's name is empty; Content-Length and Transfer-Encoding stand once,
 * and not both; the only coding is `chunked`, held to http_body's rules; a Content-Encoding other
 * than `identity` is one that nobody asked for; 101, a status above 599 and a second protocol are no
 * answer. 1xx heads are passed over. Cutting the bytes anywhere changes nothing but where the pieces of the body are cut.
 */
#ifndef WEIR_WIRE_HTTP_RESPONSE_H
#define WEIR_WIRE_HTTP_RESPONSE_H

#include "lib/base/span.h"
#include "lib/wire/http_body.h"

#include <llhttp.h>
#include <stdint.h>

enum {
    HTTP_RESPONSE_HEAD_BYTES_MAX = 65536, /* all heads of an answer together */
    HTTP_RESPONSE_INTERIM_MAX = 16,       /* 1xx heads before the answer's */
    HTTP_RESPONSE_NAME_BYTES_MAX = 17,    /* of the longest field that is looked at */
    HTTP_RESPONSE_TYPE_BYTES_MAX = 128,   /* longer values are not told */
    HTTP_RESPONSE_RETRY_BYTES_MAX = 64,
};

/** One answer. The caller's storage; it must not move between two calls. */
struct http_response {
    llhttp_t parser;
    struct http_body body;
    int64_t content_length; /* -1: not told */
    uint32_t bytes_seen;    /* of heads */
    uint32_t line_bytes;    /* of the head's current line */
    uint16_t status;
    uint8_t phase;
    uint8_t interim;
    uint8_t field; /* what the current field is */
    uint8_t name_bytes;
    uint8_t value_bytes;
    uint8_t type_bytes;
    uint8_t retry_bytes;
    bool has_cr; /* the last byte was one */
    bool is_chunked;
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
