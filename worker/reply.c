#include "lib/base/invariant.h"
#include "lib/base/iov.h"
#include "lib/base/text.h"
#include "worker/exchange.h"

static const struct {
    int status;
    const char *reason;
} reasons[] = {
    {200, "OK"},
    {303, "See Other"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

const char *reply_reason(int status)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].status == status)
            return reasons[i].reason;
    }
    return "Unassigned";
}

static void count_status(struct worker *worker, int status)
{
    static const enum counter by_class[] = {
        [2] = COUNTER_responses_2xx,
        [3] = COUNTER_responses_3xx,
        [4] = COUNTER_responses_4xx,
        [5] = COUNTER_responses_5xx,
    };

    if (status >= 200 && status < 600)
        counters_add(&worker->slot->counters, by_class[status / 100], 1);
}

static void add_status_line(struct text *out, int status)
{
    if (status == 200) {
        text_add(out, SPAN("HTTP/1.1 200 OK\r\n"));
        return;
    }
    text_add(out, SPAN("HTTP/1.1 "));
    text_add_unsigned(out, (uint64_t)status);
    text_add_char(out, ' ');
    text_add(out, span_of(reply_reason(status)));
    text_add(out, SPAN("\r\n"));
}

static void add_framing(const struct request *request, const struct reply *reply, struct text *out)
{
    if (reply->content_type.len > 0) {
        text_add(out, SPAN("content-type: "));
        text_add(out, reply->content_type);
        text_add(out, SPAN("\r\n"));
    }
    if (reply->content_length >= 0) {
        text_add(out, SPAN("content-length: "));
        text_add_unsigned(out, (uint64_t)reply->content_length);
        text_add(out, SPAN("\r\n"));
    } else if (reply->status != 304 && request->http_minor > 0) {
        text_add(out, SPAN("transfer-encoding: chunked\r\n"));
    }
}

void reply_head(const struct request *request, const struct reply *reply, struct text *out)
{
    const struct worker *worker = request->worker;
    bool close = reply->close || !server_keeps_alive(request->conn);

    add_status_line(out, reply->status);
    add_framing(request, reply, out);
    text_add(out, reply->fields);
    text_add(out, SPAN("date: "));
    text_add(out, (struct span){worker->date, DATE_BYTES});
    text_add(out, SPAN("\r\nx-request-id: "));
    text_add(out, (struct span){request->id, REQUEST_ID_BYTES});
    text_add(out, SPAN("\r\n"));
    if (request->errors == ERRORS_ANTHROPIC) {
        text_add(out, SPAN("request-id: "));
        text_add(out, (struct span){request->id, REQUEST_ID_BYTES});
        text_add(out, SPAN("\r\n"));
    }
    if (reply->generation != NULL) {
        text_add(out, SPAN("x-weir-generation: "));
        text_add(out, (struct span){reply->generation->label, reply->generation->label_bytes});
        text_add(out, SPAN("\r\n"));
    }
    if (close)
        text_add(out, SPAN("connection: close\r\n"));
    else if (request->http_minor == 0)
        text_add(out, SPAN("connection: keep-alive\r\n"));
    text_add(out, SPAN("\r\n"));
    count_status(request->worker, reply->status);
}

static void send_and_end(const struct request *request, const struct reply *reply,
                         const struct iov_builder *iov)
{
    INVARIANT(iov->err == 0);
    if (server_write(request->conn, iov->vec, iov->len, SERVER_COPY) < 0)
        server_abort(request->conn);
    else
        server_end(request->conn, reply->close);
}

/* The head goes out with the body's pieces. */
static void send_pieces(const struct request *request, const struct reply *reply,
                        const struct span *pieces, size_t count)
{
    char memory[REPLY_HEAD_BYTES_MAX];
    struct text head = text_over(memory, sizeof(memory));
    struct iovec vec[1 + REPLY_PIECES_MAX];
    struct iov_builder iov = {.vec = vec, .cap = 1 + REPLY_PIECES_MAX};

    reply_head(request, reply, &head);
    INVARIANT(head.err == 0);
    iov_add(&iov, text_span(&head));
    for (size_t i = 0; i < count && !request->is_head; i++)
        iov_add(&iov, pieces[i]);
    send_and_end(request, reply, &iov);
    /* A cookie may stand in it. */
    span_wipe(text_span(&head));
}

void reply_behind_head(const struct request *request, const struct reply *reply, struct span body)
{
    char memory[REPLY_HEAD_BYTES_MAX];
    struct text head = text_over(memory, sizeof(memory));
    struct iovec vec;
    struct iov_builder iov = {.vec = &vec, .cap = 1};

    reply_head(request, reply, &head);
    INVARIANT(head.err == 0);
    char *begin = (char *)span_writable(body) - head.len;
    memcpy(begin, head.ptr, head.len);
    iov_add(&iov, span_from(begin, body.ptr + body.len));
    send_and_end(request, reply, &iov);
}

void reply_small(const struct request *request, const struct reply *reply, struct span body)
{
    send_pieces(request, reply, &body, 1);
}

void reply_pieces(const struct request *request, const struct reply *reply,
                  const struct span *pieces, size_t count)
{
    struct reply whole = *reply;

    whole.content_length = 0;
    for (size_t i = 0; i < count; i++)
        whole.content_length += (int64_t)pieces[i].len;
    send_pieces(request, &whole, pieces, count);
}

void reply_see_other(const struct request *request, const struct generation *generation,
                     struct span where, struct span fields)
{
    char memory[REPLY_FIELDS_BYTES_MAX];
    struct text text = text_over(memory, sizeof(memory));
    struct reply reply = {.status = 303, .generation = generation};

    text_add(&text, SPAN("location: "));
    text_add(&text, where);
    text_add(&text, SPAN("\r\ncache-control: no-store\r\n"));
    text_add(&text, fields);
    INVARIANT(text.err == 0);
    reply.fields = text_span(&text);
    reply_small(request, &reply, SPAN(""));
    span_wipe(text_span(&text));
}

/* Fields that a status always brings (RFC 9110 sections 10.2.3 and 11.6.1), and the caller's. */
static void add_error_fields(const struct reply_error *error, int status, struct text *out)
{
    uint64_t retry_after_s = error->retry_after_s;

    if (retry_after_s == 0 && status == 503)
        retry_after_s = 1;
    if (retry_after_s > 0) {
        text_add(out, SPAN("retry-after: "));
        text_add_unsigned(out, retry_after_s);
        text_add(out, SPAN("\r\n"));
    }
    if (status == 401)
        text_add(out, SPAN("www-authenticate: Bearer\r\n"));
    text_add(out, error->fields);
}

void reply_error(const struct request *request, const struct reply_error *error)
{
    char memory[REPLY_BODY_BYTES_MAX];
    char field_memory[REPLY_FIELDS_BYTES_MAX];
    struct text body = text_over(memory, sizeof(memory));
    struct text fields = text_over(field_memory, sizeof(field_memory));
    struct dialect_error said = {
        .err = error->err,
        .subject = error->subject,
        .detail = error->detail,
        .param = error->param,
        .request_id = {request->id, REQUEST_ID_BYTES},
    };
    int status = dialect_error_status(request->errors, error->err);

    dialect_render_error(request->errors, &said, &body);
    /* A detail that quotes the client can be too long; the error itself never is. */
    if (body.err != 0) {
        body = text_over(memory, sizeof(memory));
        said.detail = SPAN("");
        said.param = SPAN("");
        dialect_render_error(request->errors, &said, &body);
    }
    add_error_fields(error, status, &fields);
    INVARIANT(fields.err == 0);
    struct reply reply = {.status = status, .content_length = (int64_t)body.len};

    reply.content_type = dialect_error_type(request->errors);
    reply.fields = text_span(&fields);
    reply.generation = error->generation;
    reply_small(request, &reply, text_span(&body));
}
