/** A request head as spans over the received bytes. */
#ifndef WEIR_WIRE_HTTP_REQUEST_H
#define WEIR_WIRE_HTTP_REQUEST_H

#include "lib/base/span.h"
#include "lib/wire/http_guard.h"

#include <stdint.h>

enum http_method {
    HTTP_METHOD_GET,
    HTTP_METHOD_HEAD,
    HTTP_METHOD_POST,
    HTTP_METHOD_PATCH,
    HTTP_METHOD_DELETE,
    HTTP_METHOD_OPTIONS,
    HTTP_METHOD_OTHER,
};

enum http_body_kind { HTTP_BODY_NONE, HTTP_BODY_LENGTH, HTTP_BODY_CHUNKED };

struct http_header {
    struct span name;
    struct span value; /* trimmed */
};

struct http_request {
    enum http_method method;
    uint8_t minor;   /* HTTP/1.minor */
    bool keep_alive; /* false also for a GET or HEAD with a body, see http_request.c */
    bool expect_continue;
    enum http_body_kind body_kind;
    uint64_t content_length;
    struct span target; /* as received */
    struct span path;  /* of the target, still percent-encoded, absolute form reduced to its path */
    struct span query; /* after the `?`; empty when there is none */
    uint32_t header_count;
    struct http_header headers[HTTP_HEADERS_MAX];
};

/**
 * Cut a head that http_guard passed into its parts.
 *
 * The gate has decided what is well-formed, so that lines and colons are all that is looked for
 * here; the method and the form of the target are decided here. A second parser behind it would
 * decide nothing more.
 *
 * @param head  exactly the head, its final empty line included; `out` borrows from it
 * @return 0; ERR_METHOD_UNKNOWN for a method that is not in RFC 9110 section 9.3 or RFC 5789;
 *         ERR_BAD_REQUEST, also for a target that has no form of this method; ERR_EXPECTATION for an
 *         Expect other than 100-continue
 */
int http_request_parse(struct span head, struct http_request *out);

/** The path of a target in origin-form or absolute-form (RFC 9112 section 3.2), still encoded. */
struct span http_target_path(struct span target);

/** The value of the first field with that name (any case); false when there is none. */
bool http_request_find(const struct http_request *request, struct span name, struct span *value);

#endif
