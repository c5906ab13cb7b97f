#include "lib/wire/http_response.h"

#include "lib/base/err.h"

enum { SWITCHING_PROTOCOLS = 101, STATUS_MAX = 599, LENGTH_DIGITS_MAX = 18 };

enum response_phase {
    PHASE_HEAD,
    PHASE_LENGTH, /* a length or chunks: the framing tells the end */
    PHASE_CLOSE,  /* the connection's end is the body's */
    PHASE_DONE,
};

/** Fields that are looked at. */
enum response_field {
    FIELD_OTHER,
    FIELD_LENGTH,
    FIELD_CODING,
    FIELD_ENCODING,
    FIELD_TYPE,
    FIELD_RETRY,
    FIELD_CONNECTION,
    FIELD_COUNT,
};

static const struct span field_names[FIELD_COUNT] = {
    [FIELD_LENGTH] = {"content-length", 14},     [FIELD_CODING] = {"transfer-encoding", 17},
    [FIELD_ENCODING] = {"content-encoding", 16}, [FIELD_TYPE] = {"content-type", 12},
    [FIELD_RETRY] = {"retry-after", 11},         [FIELD_CONNECTION] = {"connection", 10},
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

    if (name.len == 0)
        return HPE_USER;
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

static bool take_length(struct http_response *response, struct span value)
{
    int64_t length = 0;

    if (response->content_length >= 0 || value.len == 0 || value.len > LENGTH_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] < '0' || value.ptr[i] > '9')
            return false;
        length = length * 10 + (value.ptr[i] - '0');
    }
    response->content_length = length;
    return true;
}

static bool take_coding(struct http_response *response, struct span value)
{
    if (response->is_chunked || !span_equal_nocase(value, SPAN("chunked")))
        return false;
    response->is_chunked = true;
    return true;
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
        const char *comma = memchr(list.ptr, ',', list.len);
        size_t len = comma == NULL ? list.len : (size_t)(comma - list.ptr);

        if (span_equal_nocase(span_trim((struct span){list.ptr, len}), SPAN("close")))
            response->is_closing = true;
        list = span_skip(list, comma == NULL ? len : len + 1);
    }
}

static int on_value_complete(llhttp_t *parser)
{
    struct http_response *response = parser->data;
    struct span value = span_trim((struct span){response->value, response->value_bytes});
    bool is_good = true;

    if (response->is_value_long)
        value.len = 0;
    switch ((enum response_field)response->field) {
    case FIELD_LENGTH:
        is_good = take_length(response, value);
        break;
    case FIELD_CODING:
        is_good = take_coding(response, value);
        break;
    case FIELD_ENCODING:
        /* Nobody asked for it, and who reads the answer would read noise. */
        is_good = !response->is_value_long && span_equal_nocase(value, SPAN("identity"));
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
    case FIELD_OTHER:
    case FIELD_COUNT:
        break;
    }
    return is_good ? 0 : HPE_USER;
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
    response->content_length = -1;
    response->line_bytes = 0;
    response->name_bytes = 0;
    response->type_bytes = 0;
    response->retry_bytes = 0;
    response->has_cr = false;
    response->is_chunked = false;
    response->is_closing = false;
    response->phase = PHASE_HEAD;
}

void http_response_init(struct http_response *response)
{
    response->bytes_seen = 0;
    response->interim = 0;
    response->status = 0;
    begin_head(response);
}

/*
 * One line of the head, or the part of it that is there: llhttp takes bare LF, folded lines and
 * NULs in the reason.
 *
 * @return false: it is not well-formed
 */
static bool check_line(struct http_response *response, struct span line, bool is_ended)
{
    size_t text_bytes = is_ended ? line.len - 1 : line.len;
    const char *cr = text_bytes == 0 ? NULL : memchr(line.ptr, '\r', text_bytes);
    bool ends_in_cr = cr != NULL && cr == line.ptr + text_bytes - 1;

    if (response->line_bytes == 0 && (line.ptr[0] == ' ' || line.ptr[0] == '\t'))
        return false;
    if (memchr(line.ptr, '\0', line.len) != NULL)
        return false;
    if (cr != NULL && (!ends_in_cr || response->has_cr))
        return false;
    if (response->has_cr && text_bytes > 0)
        return false;
    response->line_bytes += (uint32_t)line.len;
    response->has_cr = response->has_cr || ends_in_cr;
    return !is_ended || response->has_cr;
}

/* @return how many of the bytes belong to the head; 0: not well-formed */
static size_t measure_head(struct http_response *response, struct span bytes, bool *is_ended)
{
    size_t taken = 0;

    *is_ended = false;
    while (taken < bytes.len && !*is_ended) {
        const char *begin = bytes.ptr + taken;
        const char *lf = memchr(begin, '\n', bytes.len - taken);
        size_t len = lf == NULL ? bytes.len - taken : (size_t)(lf - begin) + 1;

        if (!check_line(response, (struct span){begin, len}, lf != NULL))
            return 0;
        taken += len;
        if (lf == NULL)
            break;
        *is_ended = response->line_bytes == 2;
        response->line_bytes = 0;
        response->has_cr = false;
    }
    return taken;
}

static void begin_body(struct http_response *response)
{
    enum http_body_kind kind = HTTP_BODY_LENGTH;

    response->phase = PHASE_LENGTH;
    if (response->status == 204 || response->status == 304)
        kind = HTTP_BODY_NONE;
    else if (response->is_chunked)
        kind = HTTP_BODY_CHUNKED;
    else if (response->content_length < 0)
        response->phase = PHASE_CLOSE;
    http_body_init_answer(&response->body, kind, (uint64_t)response->content_length);
}

/* @return false: this is no head for us */
static bool end_head(struct http_response *response, enum http_response_event *event)
{
    const llhttp_t *parser = &response->parser;

    response->status = parser->status_code;
    /* Two framings make two readers of one answer disagree about its end. */
    if (response->is_chunked && (response->content_length >= 0 || parser->http_minor == 0))
        return false;
    /* Nobody asked for another protocol. */
    if (parser->http_major != 1 || response->status < 100 || response->status > STATUS_MAX ||
        response->status == SWITCHING_PROTOCOLS)
        return false;
    if (response->status >= 200) {
        begin_body(response);
        *event = HTTP_RESPONSE_HEAD;
        return true;
    }
    begin_head(response);
    return ++response->interim <= HTTP_RESPONSE_INTERIM_MAX;
}

static int next_of_head(struct http_response *response, struct span *bytes,
                        enum http_response_event *event)
{
    while (bytes->len > 0 && response->phase == PHASE_HEAD) {
        bool is_ended;
        size_t len = measure_head(response, *bytes, &is_ended);

        response->bytes_seen += (uint32_t)len;
        if (len == 0 || response->bytes_seen > HTTP_RESPONSE_HEAD_BYTES_MAX)
            return ERR_UPSTREAM_PROTOCOL;
        llhttp_errno_t code = llhttp_execute(&response->parser, bytes->ptr, len);
        if (code != (is_ended ? HPE_PAUSED : HPE_OK))
            return ERR_UPSTREAM_PROTOCOL;
        *bytes = span_skip(*bytes, len);
        if (is_ended && !end_head(response, event))
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
