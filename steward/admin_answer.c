/* How answers of the admin API look: heads, and the one form of an error. */
#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/base/iov.h"
#include "steward/admin_call.h"

enum { HEAD_BYTES_MAX = 2048, ERROR_BYTES_MAX = 4096 };

static void add_field(struct text *out, struct span name, struct span value)
{
    text_add(out, name);
    text_add(out, value);
    text_add(out, SPAN("\r\n"));
}

static void add_number(struct text *out, struct span name, uint64_t value)
{
    text_add(out, name);
    text_add_unsigned(out, value);
    text_add(out, SPAN("\r\n"));
}

static void begin_head(struct text *out, int status)
{
    text_add(out, SPAN("HTTP/1.1 "));
    text_add_unsigned(out, (uint64_t)status);
    text_add_char(out, ' ');
    text_add(out, span_of(admin_status_reason(status)));
    text_add(out, SPAN("\r\n"));
}

/* What is shown may be a secret, and is true at this moment only. */
static void end_head(struct text *out, const struct server_conn *conn, uint8_t http_minor)
{
    add_field(out, SPAN("cache-control: "), SPAN("no-store"));
    if (!server_keeps_alive(conn))
        add_field(out, SPAN("connection: "), SPAN("close"));
    else if (http_minor == 0)
        add_field(out, SPAN("connection: "), SPAN("keep-alive"));
    text_add(out, SPAN("\r\n"));
}

static void add_answer_fields(const struct admin_answer *answer, struct text *out)
{
    if (answer->version != 0) {
        text_add(out, SPAN("etag: \""));
        text_add_unsigned(out, answer->version);
        text_add(out, SPAN("\"\r\n"));
    }
    if (answer->effective.len > 0) {
        add_number(out, SPAN("x-weir-change: "), answer->change);
        add_field(out, SPAN("x-weir-effective: "), answer->effective);
    }
    if (answer->is_repeated)
        add_field(out, SPAN("idempotency-replayed: "), SPAN("true"));
}

static void add_head(const struct admin_call *call, int64_t content_length, struct text *out)
{
    const struct admin_answer *answer = &call->answer;
    struct span type = answer->content_type;

    begin_head(out, answer->status);
    add_answer_fields(answer, out);
    if (call->wait_ms > 0)
        add_field(out, SPAN("preference-applied: "), SPAN("wait"));
    if (content_length > 0)
        add_field(out, SPAN("content-type: "), type.len > 0 ? type : SPAN("application/json"));
    if (answer->status != 204 && answer->status != 304)
        add_number(out, SPAN("content-length: "), (uint64_t)content_length);
    end_head(out, call->conn, call->http_minor);
    INVARIANT(out->err == 0);
}

int admin_answer_head(struct admin_call *call, int64_t content_length)
{
    char memory[HEAD_BYTES_MAX];
    struct text head = text_over(memory, sizeof(memory));

    add_head(call, content_length, &head);
    struct iovec vec = {head.ptr, head.len};
    return server_write(call->conn, &vec, 1, SERVER_COPY) < 0 ? ERR_CLIENT_GONE : 0;
}

/* The body lies in the call, which lives until the last byte has gone. */
static void send_body(struct admin_call *call)
{
    struct span body = text_span(&call->answer.text);
    int err = admin_answer_head(call, (int64_t)body.len);
    int64_t waiting = 0;

    if (err == 0 && body.len > 0 && !call->is_head && call->answer.status != 304) {
        struct iovec vec = {span_writable(body), body.len};

        waiting = server_write(call->conn, &vec, 1, SERVER_BORROW);
    }
    if (err != 0 || waiting < 0)
        admin_call_end(call, true);
    else if (waiting == 0)
        admin_call_end(call, false);
}

/* --- errors ----------------------------------------------------------------------------------- */

static void add_error_body(struct text *out, int err, const struct directory_refusal *refusal)
{
    struct span sentence = span_of(refusal == NULL ? "" : refusal->sentence);
    struct span field = span_of(refusal == NULL ? NULL : refusal->field);

    text_add(out, SPAN("{\"error\":{\"code\":"));
    text_add_json(out, span_of(err_code(err)));
    text_add(out, SPAN(",\"message\":"));
    text_add_json(out, sentence.len > 0 ? sentence : span_of(err_text(err)));
    text_add(out, SPAN(",\"field\":"));
    if (field.len > 0)
        text_add_json(out, field);
    else
        text_add(out, SPAN("null"));
    text_add(out, SPAN("}}"));
}

static void add_error_fields(struct text *out, int status, struct span allow)
{
    if (status == 401)
        add_field(out, SPAN("www-authenticate: "), SPAN("Bearer"));
    if (status == 503)
        add_field(out, SPAN("retry-after: "), SPAN("1"));
    if (status == 405)
        add_field(out, SPAN("allow: "), allow);
}

/* @return false when nothing could be written */
static bool write_error(struct server_conn *conn, const struct admin_call *call, int err,
                        bool is_head)
{
    char memory[ERROR_BYTES_MAX];
    char head_memory[HEAD_BYTES_MAX];
    struct text body = text_over(memory, sizeof(memory));
    struct text head = text_over(head_memory, sizeof(head_memory));
    int status = err_http_status(err);
    struct iovec vec[2];
    struct iov_builder iov = {.vec = vec, .cap = 2};

    add_error_body(&body, err, call == NULL ? NULL : &call->refusal);
    begin_head(&head, status);
    add_error_fields(&head, status, call == NULL ? SPAN("") : call->answer.kept);
    add_field(&head, SPAN("content-type: "), SPAN("application/json"));
    add_number(&head, SPAN("content-length: "), body.len);
    end_head(&head, conn, call == NULL ? 1 : call->http_minor);
    INVARIANT(body.err == 0 && head.err == 0);
    iov_add(&iov, text_span(&head));
    if (!is_head)
        iov_add(&iov, text_span(&body));
    return server_write(conn, iov.vec, iov.len, SERVER_COPY) >= 0;
}

void admin_answer_refused(struct server_conn *conn, int err, bool is_head)
{
    if (write_error(conn, NULL, err, is_head))
        server_end(conn, false);
    else
        server_abort(conn);
}

void admin_answer_send(struct admin_call *call, int err)
{
    if (err == 0 && call->answer.text.err != 0)
        err = admin_call_refuse(call, ERR_NO_MEMORY, "limit",
                                "the answer is too large: ask for fewer rows");
    if (err != 0) {
        bool written = write_error(call->conn, call, err, call->is_head);

        admin_call_end(call, !written);
        return;
    }
    if (call->has_if_none_match && call->answer.version != 0 && call->answer.status == 200 &&
        !call->route->changes &&
        (call->if_none_match == 0 || call->if_none_match == call->answer.version))
        call->answer.status = 304;
    send_body(call);
}
