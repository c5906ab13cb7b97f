#include "lib/wire/http_body.h"

#include "lib/base/err.h"
#include "lib/wire/bytes.h"

enum { CHUNK_DIGITS_MAX = 8 };

/** What the next byte is, in a chunked body. */
enum body_state {
    BODY_SIZE,
    BODY_SIZE_LF,
    BODY_DATA, /* also every byte of a body with a length */
    BODY_DATA_CR,
    BODY_DATA_LF,
    BODY_END_CR,
    BODY_END_LF,
    BODY_TRAILER_NAME,
    BODY_TRAILER, /* what stands behind its colon */
    BODY_TRAILER_LF,
    BODY_DONE,
    BODY_FAILED,
};

static void init(struct http_body *body, enum http_body_kind kind, uint64_t length)
{
    *body = (struct http_body){.kind = (uint8_t)kind, .state = BODY_DONE};
    if (kind == HTTP_BODY_CHUNKED) {
        body->state = BODY_SIZE;
    } else if (kind == HTTP_BODY_LENGTH && length > 0) {
        body->state = BODY_DATA;
        body->left = length;
    }
}

void http_body_init(struct http_body *body, const struct http_request *request)
{
    init(body, request->body_kind, request->content_length);
}

void http_body_init_answer(struct http_body *body, enum http_body_kind kind, uint64_t length)
{
    init(body, kind, length);
    body->trailer_left = HTTP_TRAILER_BYTES_MAX;
}

bool http_body_is_complete(const struct http_body *body)
{
    return body->state == BODY_DONE;
}

static enum body_state after_size(struct http_body *body, char c)
{
    int digit = bytes_hex_digit(c);

    if (digit < 0)
        return c == '\r' && body->digits > 0 ? BODY_SIZE_LF : BODY_FAILED;
    if (body->digits == CHUNK_DIGITS_MAX)
        return BODY_FAILED;
    body->digits++;
    body->left = body->left * 16 + (unsigned)digit;
    return BODY_SIZE;
}

/** One more byte of a trailer, which leaves the body in `next`; a request has no room for any. */
static enum body_state count_trailer(struct http_body *body, enum body_state next)
{
    if (body->trailer_left == 0)
        return BODY_FAILED;
    body->trailer_left--;
    return next;
}

/** Where a line may begin that ends the body or, in an answer, is a trailer. */
static enum body_state after_last_chunk(struct http_body *body, char c)
{
    if (c == '\r')
        return BODY_END_LF;
    if (!http_guard_is_token(c))
        return BODY_FAILED;
    return count_trailer(body, BODY_TRAILER_NAME);
}

static enum body_state after_trailer_name(struct http_body *body, char c)
{
    if (c == ':')
        return count_trailer(body, BODY_TRAILER);
    if (!http_guard_is_token(c))
        return BODY_FAILED;
    return count_trailer(body, BODY_TRAILER_NAME);
}

static enum body_state after_trailer(struct http_body *body, char c)
{
    if (c == '\r')
        return BODY_TRAILER_LF;
    if (!bytes_is_field_text(c))
        return BODY_FAILED;
    return count_trailer(body, BODY_TRAILER);
}

/** The state after one byte of framing. */
static enum body_state after_framing(struct http_body *body, char c)
{
    switch ((enum body_state)body->state) {
    case BODY_SIZE:
        return after_size(body, c);
    case BODY_SIZE_LF:
        body->digits = 0;
        if (c != '\n')
            return BODY_FAILED;
        return body->left > 0 ? BODY_DATA : BODY_END_CR;
    case BODY_DATA_CR:
        return c == '\r' ? BODY_DATA_LF : BODY_FAILED;
    case BODY_DATA_LF:
        return c == '\n' ? BODY_SIZE : BODY_FAILED;
    case BODY_END_CR:
        return after_last_chunk(body, c);
    case BODY_END_LF:
        return c == '\n' ? BODY_DONE : BODY_FAILED;
    case BODY_TRAILER_NAME:
        return after_trailer_name(body, c);
    case BODY_TRAILER:
        return after_trailer(body, c);
    case BODY_TRAILER_LF:
        return c == '\n' ? BODY_END_CR : BODY_FAILED;
    case BODY_DATA:
    case BODY_DONE:
    case BODY_FAILED:
        break;
    }
    return BODY_FAILED;
}

static void skip_framing(struct http_body *body, struct span *bytes)
{
    while (bytes->len > 0 && body->state != BODY_DATA && body->state < BODY_DONE) {
        enum body_state next = after_framing(body, bytes->ptr[0]);

        body->state = (uint8_t)next;
        *bytes = span_skip(*bytes, 1);
    }
}

static void take_data(struct http_body *body, struct span *bytes, struct span *content)
{
    size_t len = bytes->len < body->left ? bytes->len : (size_t)body->left;

    *content = (struct span){bytes->ptr, len};
    if (len > 0)
        *bytes = span_skip(*bytes, len);
    body->left -= len;
    if (body->left == 0)
        body->state = body->kind == HTTP_BODY_CHUNKED ? BODY_DATA_CR : BODY_DONE;
}

int http_body_next(struct http_body *body, struct span *bytes, struct span *content)
{
    *content = (struct span){NULL, 0};
    skip_framing(body, bytes);
    if (body->state == BODY_DATA)
        take_data(body, bytes, content);
    skip_framing(body, bytes);
    return body->state == BODY_FAILED ? ERR_BAD_REQUEST : 0;
}
