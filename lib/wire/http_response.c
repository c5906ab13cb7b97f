#include "lib/wire/http_response.h"

#include "lib/base/err.h"
#include "lib/wire/cache_control.h"

enum { SWITCHING_PROTOCOLS = 101, NO_CONTENT = 204, NOT_MODIFIED = 304 };

enum response_phase {
    PHASE_HEAD,
    PHASE_LENGTH, /* a length or chunks: the framing tells the end */
    PHASE_CLOSE,  /* the connection's end is the body's */
    PHASE_DONE,
};

/** Fields that are looked at. */
enum response_field {
    FIELD_OTHER,
    FIELD_ENCODING,
    FIELD_TYPE,
    FIELD_RETRY,
    FIELD_CONNECTION,
    FIELD_CACHE,
    FIELD_COUNT,
};

static const struct span field_names[FIELD_COUNT] = {
    [FIELD_ENCODING] = {"content-encoding", 16}, [FIELD_TYPE] = {"content-type", 12},
    [FIELD_RETRY] = {"retry-after", 11},         [FIELD_CONNECTION] = {"connection", 10},
    [FIELD_CACHE] = {"cache-control", 13},
};

/* --- fields ----------------------------------------------------------------------------------- */

/* llhttp may tell a run of bytes in adjacent parts. */
static int on_field(llhttp_t *parser, const char *at, size_t length)
{
    struct http_response *response = parser->data;

    if (length > HTTP_RESPONSE_NAME_BYTES_MAX - (size_t)response->name_bytes) {
        /* Longer than any that counts. */
        response->name_bytes = HTTP_RESPONSE_NAME_BYTES_MAX;
        response->name[0] = '\0';
        return 0;
    }
    memcpy(response->name + response->name_bytes, at, length);
    response->name_bytes = (uint8_t)(response->name_bytes + length);
    return 0;
}

static int on_field_complete(llhttp_t *parser)
{
    struct http_response *response = parser->data;
    struct span name = {response->name, response->name_bytes};

    response->field = FIELD_OTHER;
    for (size_t i = FIELD_OTHER + 1; i < FIELD_COUNT; i++) {
        if (span_equal_nocase(name, field_names[i]))
            response->field = (uint8_t)i;
    }
    response->name_bytes = 0;
    response->value_bytes = 0;
    response->is_value_long = false;
    return 0;
}

static int on_value(llhttp_t *parser, const char *at, size_t length)
{
    struct http_response *response = parser->data;

    if (response->field == FIELD_OTHER)
        return 0;
    if (length > sizeof(response->value) - response->value_bytes) {
        response->is_value_long = true;
        return 0;
    }
    memcpy(response->value + response->value_bytes, at, length);
    response->value_bytes = (uint8_t)(response->value_bytes + length);
    return 0;
}

/* What may be passed on: no control byte that could forge a field of ours. */
static uint8_t keep_value(char *memory, size_t room, struct span value)
{
    if (value.len > room)
        return 0;
    for (size_t i = 0; i < value.len; i++) {
        unsigned char byte = (unsigned char)value.ptr[i];

        if (byte < 0x20 || byte == 0x7f)
            return 0;
    }
    memcpy(memory, value.ptr, value.len);
    return (uint8_t)value.len;
}

/* A list of tokens; whoever says more than fits here is not waited for. */
static void take_connection(struct http_response *response, struct span list)
{
    response->is_closing = response->is_closing || response->is_value_long;
    while (list.len > 0) {
        if (span_equal_nocase(span_trim(span_cut(&list, ',')), SPAN("close")))
            response->is_closing = true;
    }
}

/* Several fields are one list; the least that is said counts. */
static void take_cache_control(struct http_response *response, struct span value)
{
    int64_t seconds = response->is_value_long ? 0 : cache_control_max_age(value);

    if (seconds != CACHE_CONTROL_NOT_TOLD &&
        (response->max_age_s == CACHE_CONTROL_NOT_TOLD || seconds < response->max_age_s))
        response->max_age_s = seconds;
}

static int on_value_complete(llhttp_t *parser)
{
    struct http_response *response = parser->data;
    struct span value = span_trim((struct span){response->value, response->value_bytes});

    if (response->is_value_long)
        value.len = 0;
    switch ((enum response_field)response->field) {
    case FIELD_ENCODING:
        if (response->is_value_long || !span_equal_nocase(value, SPAN("identity")))
            response->is_encoded = true;
        break;
    case FIELD_TYPE:
        response->type_bytes = keep_value(response->type, sizeof(response->type), value);
        break;
    case FIELD_RETRY:
        response->retry_bytes = keep_value(response->retry, sizeof(response->retry), value);
        break;
    case FIELD_CONNECTION:
        take_connection(response, value);
        break;
    case FIELD_CACHE:
        take_cache_control(response, value);
        break;
    case FIELD_OTHER:
    case FIELD_COUNT:
        break;
    }
    return 0;
}

/* Stops llhttp: what follows the head is not its business. */
static int on_headers_complete(llhttp_t *parser)
{
    (void)parser;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_header_field = on_field,
    .on_header_field_complete = on_field_complete,
    .on_header_value = on_value,
    .on_header_value_complete = on_value_complete,
    .on_headers_complete = on_headers_complete,
};

/* --- head ------------------------------------------------------------------------------------- */

static void begin_head(struct http_response *response)
{
    llhttp_init(&response->parser, HTTP_RESPONSE, &settings);
    response->parser.data = response;
    http_guard_init_answer(&response->guard, HTTP_RESPONSE_HEAD_BYTES_MAX - response->bytes_seen);
    response->content_length = -1;
    response->max_age_s = CACHE_CONTROL_NOT_TOLD;
    response->name_bytes = 0;
    response->type_bytes = 0;
    response->retry_bytes = 0;
    response->is_closing = false;
    response->is_encoded = false;
    response->phase = PHASE_HEAD;
}

void http_response_init(struct http_response *response)
{
    response->bytes_seen = 0;
    response->interim = 0;
    response->status = 0;
    begin_head(response);
}

static void begin_body(struct http_response *response, bool is_chunked)
{
    enum http_body_kind kind = HTTP_BODY_LENGTH;

    response->phase = PHASE_LENGTH;
    if (response->status == NO_CONTENT || response->status == NOT_MODIFIED)
        kind = HTTP_BODY_NONE;
    else if (is_chunked)
        kind = HTTP_BODY_CHUNKED;
    else if (response->content_length < 0)
        response->phase = PHASE_CLOSE;
    http_body_init_answer(&response->body, kind, (uint64_t)response->content_length);
}

/* @return false: this is no head for us */
static bool end_head(struct http_response *response, enum http_response_event *event)
{
    const llhttp_t *parser = &response->parser;
    bool is_chunked = (parser->flags & F_CHUNKED) != 0;
    bool has_framing = is_chunked || parser->content_length > 0;

    response->status = parser->status_code;
    /* The gate has seen to it that it fits. */
    if ((parser->flags & F_CONTENT_LENGTH) != 0)
        response->content_length = (int64_t)parser->content_length;
    /* Nobody asked for another protocol, or for what who reads the answer would take for noise. */
    if (response->status == SWITCHING_PROTOCOLS || response->is_encoded)
        return false;
    /* Two readers could disagree about where such an answer ends. */
    if (has_framing && (response->status < 200 || response->status == NO_CONTENT))
        return false;
    if (response->status >= 200) {
        begin_body(response, is_chunked);
        *event = HTTP_RESPONSE_HEAD;
        return true;
    }
    response->bytes_seen += response->guard.bytes_seen;
    if (++response->interim > HTTP_RESPONSE_INTERIM_MAX)
        return false;
    begin_head(response);
    return true;
}

static int next_of_head(struct http_response *response, struct span *bytes,
                        enum http_response_event *event)
{
    while (bytes->len > 0 && response->phase == PHASE_HEAD) {
        size_t len = bytes->len;
        int err = http_guard_feed(&response->guard, *bytes, &len);
        llhttp_errno_t expected = err == 0 ? HPE_PAUSED : HPE_OK;

        if (err != 0 && err != ERR_AGAIN)
            return ERR_UPSTREAM_PROTOCOL;
        if (llhttp_execute(&response->parser, bytes->ptr, len) != expected)
            return ERR_UPSTREAM_PROTOCOL;
        *bytes = span_skip(*bytes, len);
        if (err == 0 && !end_head(response, event))
            return ERR_UPSTREAM_PROTOCOL;
    }
    return 0;
}

/* --- body ------------------------------------------------------------------------------------- */

static int next_of_body(struct http_response *response, struct span *bytes,
                        enum http_response_event *event, struct span *content)
{
    while (bytes->len > 0 && content->len == 0 && !http_body_is_complete(&response->body)) {
        if (http_body_next(&response->body, bytes, content) != 0)
            return ERR_UPSTREAM_PROTOCOL;
    }
    if (content->len > 0) {
        *event = HTTP_RESPONSE_BODY;
    } else if (http_body_is_complete(&response->body)) {
        response->phase = PHASE_DONE;
        *event = HTTP_RESPONSE_END;
    }
    return 0;
}

int http_response_next(struct http_response *response, struct span *bytes,
                       enum http_response_event *event, struct span *content)
{
    *event = HTTP_RESPONSE_MORE;
    *content = (struct span){NULL, 0};
    switch ((enum response_phase)response->phase) {
    case PHASE_HEAD:
        return next_of_head(response, bytes, event);
    case PHASE_LENGTH:
        return next_of_body(response, bytes, event, content);
    case PHASE_CLOSE:
        if (bytes->len > 0)
            *event = HTTP_RESPONSE_BODY;
        *content = *bytes;
        *bytes = span_skip(*bytes, bytes->len);
        return 0;
    case PHASE_DONE:
        *event = HTTP_RESPONSE_END;
        break;
    }
    return 0;
}

int http_response_close(const struct http_response *response)
{
    return response->phase == PHASE_CLOSE ? 0 : ERR_UPSTREAM_CUT;
}

bool http_response_is_kept_alive(const struct http_response *response)
{
    /* RFC 9112 section 9.3; an HTTP/1.0 upstream is not asked to stay. */
    return response->phase == PHASE_DONE && response->parser.http_minor == 1 &&
           !response->is_closing;
}

struct span http_response_type(const struct http_response *response)
{
    return (struct span){response->type, response->type_bytes};
}

struct span http_response_retry(const struct http_response *response)
{
    return (struct span){response->retry, response->retry_bytes};
}
