#include "worker/call_translation.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/base/text.h"
#include "lib/dialect/dialect.h"

enum {
    FRAME_IOV_MAX = ANSWER_IOV_MAX + 4, /* head, chunk size, CRLF, last chunk */
    CHUNK_LINE_BYTES_MAX = 18,
};

/* --- what the upstream says ------------------------------------------------------------------- */

static uint8_t keep(char *memory, size_t bytes_max, struct span value)
{
    if (value.len > bytes_max)
        return 0;
    if (value.len > 0)
        memcpy(memory, value.ptr, value.len);
    return (uint8_t)value.len;
}

/* The media type without its parameters. */
static bool is_event_stream(struct span content_type)
{
    struct span type = SPAN("text/event-stream");

    return content_type.len >= type.len &&
           span_equal_nocase((struct span){content_type.ptr, type.len}, type) &&
           (content_type.len == type.len || content_type.ptr[type.len] == ';' ||
            content_type.ptr[type.len] == ' ');
}

static enum peek_form form_of(const struct call *call)
{
    if (call->is_stream)
        return PEEK_STREAM;
    return call->request.operation == OPERATION_ARRAY ? PEEK_ARRAY : PEEK_DOCUMENT;
}

static void on_head(void *ctx, const struct http_answer_head *head)
{
    struct call *call = ctx;

    call->status = head->status;
    call->content_length = head->content_length;
    call->content_type_bytes = keep(call->content_type, sizeof(call->content_type),
                                    head->content_type);
    call->retry_after_bytes = keep(call->retry_after, sizeof(call->retry_after), head->retry_after);
    /* An upstream's refusal is a document, whatever it calls itself. */
    call->is_stream = attempt_result_of_status(head->status) == ATTEMPT_ANSWERED &&
                      is_event_stream(head->content_type);
    call->is_recorded = true;
    if (!proxy_on_upstream_head(&call->proxy, head->status))
        return;
    peek_init(&call->peek, call->upstream_protocol, form_of(call), call->content_length,
              &call->request.worker->translation.scratch);
    call->quiet_since_ms = uv_now(&call->request.worker->loop);
}

static enum http_body_verdict on_body(void *ctx, struct span bytes)
{
    struct call *call = ctx;

    switch (proxy_on_upstream_body(&call->proxy, bytes)) {
    case PROXY_GO_ON:
        return HTTP_BODY_GO_ON;
    case PROXY_PAUSE:
        return HTTP_BODY_PAUSE;
    case PROXY_STOP:
        break;
    }
    return HTTP_BODY_ABORT;
}

static void on_end(void *ctx, int err)
{
    struct call *call = ctx;

    call->transfer = NULL;
    proxy_on_upstream_end(&call->proxy, err);
}

const struct http_transfer_handlers call_upstream_handlers = {
    .on_head = on_head,
    .on_body = on_body,
    .on_end = on_end,
};

/* --- what is held back ------------------------------------------------------------------------ */

void call_drop_held(struct call *call)
{
    if (call->held != NULL)
        record_pool_return(&call->request.worker->peeks, call->held);
    call->held = NULL;
    call->held_bytes = 0;
}

bool call_hold(struct call *call, struct span bytes)
{
    if (bytes.len == 0)
        return true;
    if (call->held == NULL)
        call->held = record_pool_take(&call->request.worker->peeks);
    if (call->held == NULL)
        return false;
    INVARIANT(call->held_bytes + bytes.len <= PEEK_BYTES_MAX);
    memcpy(call->held + call->held_bytes, bytes.ptr, bytes.len);
    call->held_bytes = (uint16_t)(call->held_bytes + bytes.len);
    return true;
}

enum attempt_result call_client_peek(void *ctx, struct span bytes, bool last)
{
    struct call *call = ctx;
    struct span held = {call->held, call->held_bytes};

    if (call_is_translated(call))
        return call_translated_peek(call, bytes, last);
    if (call->proxy.is_judged)
        return ATTEMPT_ANSWERED;
    enum attempt_result result = peek_look(&call->peek, held, bytes, last);

    /* Without memory to wait in, what has come is taken for an answer. */
    return result == ATTEMPT_OPEN && !call_hold(call, bytes) ? ATTEMPT_ANSWERED : result;
}

int call_client_error(void *ctx, enum attempt_result result)
{
    struct call *call = ctx;

    return call_is_translated(call) ? call_translated_error(call, result) : proxy_error_of(result);
}

/* --- what the client gets --------------------------------------------------------------------- */

static void add_chunk_line(struct text *line, size_t bytes)
{
    static const char digits[] = "0123456789abcdef";
    char hex[16];
    size_t begin = sizeof(hex);

    do {
        hex[--begin] = digits[bytes & 15];
        bytes >>= 4;
    } while (bytes > 0);
    text_add(line, (struct span){hex + begin, sizeof(hex) - begin});
    text_add(line, SPAN("\r\n"));
}

enum proxy_taken call_write_frame(struct call *call, struct span head,
                                  const struct iov_builder *pieces, bool last)
{
    struct worker *worker = call->request.worker;
    struct iovec vec[FRAME_IOV_MAX];
    struct iov_builder frame = {.vec = vec, .cap = FRAME_IOV_MAX};
    char line_memory[CHUNK_LINE_BYTES_MAX];
    struct text line = text_over(line_memory, sizeof(line_memory));
    bool framed = call->is_chunked && pieces->bytes > 0;

    iov_add(&frame, head);
    if (framed) {
        add_chunk_line(&line, pieces->bytes);
        iov_add(&frame, text_span(&line));
    }
    for (size_t i = 0; i < pieces->len; i++)
        iov_add(&frame, (struct span){pieces->vec[i].iov_base, pieces->vec[i].iov_len});
    if (framed)
        iov_add(&frame, SPAN("\r\n"));
    if (call->is_chunked && last)
        iov_add(&frame, SPAN("0\r\n\r\n"));
    INVARIANT(frame.err == 0);
    if (frame.len == 0)
        return PROXY_TAKEN;

    /* A translated piece can be longer than what may wait: an image in one event, a whole answer. */
    enum server_write_mode mode = call_is_translated(call) ? SERVER_COPY_ALL : SERVER_COPY;
    int64_t waiting = server_write(call->request.conn, frame.vec, frame.len, mode);
    if (waiting < 0)
        return PROXY_NOT_TAKEN;
    call->quiet_since_ms = uv_now(&worker->loop);
    if ((uint64_t)waiting <= worker->limits.queue_bytes_max / 2)
        return PROXY_TAKEN;
    counters_add(&worker->slot->counters, COUNTER_held, 1);
    state_record(worker->slot, BLACK_BOX_HELD, call->request.number);
    return PROXY_TAKEN_FULL;
}

/* Pass bytes through the rewriter, a frame for each fill of the gather list. */
static enum proxy_taken write_bytes(struct call *call, struct span head, struct span bytes)
{
    enum proxy_taken taken = PROXY_TAKEN;

    do {
        struct iovec vec[ANSWER_IOV_MAX];
        struct iov_builder pieces = {.vec = vec, .cap = ANSWER_IOV_MAX};

        answer_feed(&call->out, &bytes, &pieces);
        enum proxy_taken now = call_write_frame(call, head, &pieces, false);
        if (now == PROXY_NOT_TAKEN)
            return now;
        if (now == PROXY_TAKEN_FULL)
            taken = now;
        head = SPAN("");
    } while (bytes.len > 0);
    return taken;
}

void call_keep_type(struct call *call, struct span type)
{
    call->content_type_bytes = keep(call->content_type, sizeof(call->content_type), type);
}

void call_write_head(struct call *call, int64_t content_length, struct text *head)
{
    char memory[CALL_ATTEMPTS_BYTES_MAX + HUB_DROPPED_BYTES_MAX + 160];
    struct text fields = text_over(memory, sizeof(memory));
    struct span content_type = {call->content_type, call->content_type_bytes};

    call->is_chunked = content_length < 0 && call->request.http_minor > 0;
    call->closes = content_length < 0 && !call->is_chunked;
    if (call->retry_after_bytes > 0) {
        text_add(&fields, SPAN("retry-after: "));
        text_add(&fields, (struct span){call->retry_after, call->retry_after_bytes});
        text_add(&fields, SPAN("\r\n"));
    }
    if (call->is_stream)
        text_add(&fields, SPAN("cache-control: no-cache\r\n"));
    text_add(&fields, SPAN("x-weir-attempts: "));
    call_attempts_render(call, &fields);
    text_add(&fields, SPAN("\r\n"));
    call_add_dropped(call, &fields);
    struct reply reply = {
        .status = call->status,
        .content_type = content_type,
        .content_length = content_length,
        .fields = text_span(&fields),
        .generation = call->generation,
        .close = call->closes,
    };
    reply_head(&call->request, &reply, head);
    INVARIANT(head->err == 0 && fields.err == 0);
    call->has_head = true;
    state_record(call->request.worker->slot, BLACK_BOX_STREAMING, call->request.number);
}

/* The whole document is here: its length is known after the rewrite. */
static enum proxy_taken write_whole(struct call *call, struct span bytes)
{
    char memory[REPLY_HEAD_BYTES_MAX];
    struct text head = text_over(memory, sizeof(memory));
    struct iovec vec[ANSWER_IOV_MAX];
    struct iov_builder pieces = {.vec = vec, .cap = ANSWER_IOV_MAX};

    answer_feed(&call->out, &bytes, &pieces);
    /* More values of `model` than one gather list holds: frame by frame. */
    if (bytes.len > 0) {
        call_write_head(call, -1, &head);
        enum proxy_taken taken = call_write_frame(call, text_span(&head), &pieces, false);
        return taken == PROXY_NOT_TAKEN ? taken : write_bytes(call, SPAN(""), bytes);
    }
    call_write_head(call, (int64_t)pieces.bytes, &head);
    return call_write_frame(call, text_span(&head), &pieces, false);
}

static enum proxy_taken begin_in_pieces(struct call *call, struct span held, struct span bytes)
{
    char memory[REPLY_HEAD_BYTES_MAX];
    struct text head = text_over(memory, sizeof(memory));

    call_write_head(call, -1, &head);
    if (held.len == 0)
        return write_bytes(call, text_span(&head), bytes);
    enum proxy_taken taken = write_bytes(call, text_span(&head), held);
    if (bytes.len == 0 || taken == PROXY_NOT_TAKEN)
        return taken;
    enum proxy_taken more = write_bytes(call, SPAN(""), bytes);
    return more == PROXY_TAKEN ? taken : more;
}

/* A document that is here as a whole; what was held back of it makes one piece with the rest. */
static bool is_whole(struct call *call, struct span *bytes)
{
    size_t all = call->held_bytes + bytes->len;

    if (call->is_stream || (bytes->len > 0 && call->content_length != (int64_t)all))
        return false;
    if (call->held == NULL)
        return true;
    if (all > PEEK_BYTES_MAX || !call_hold(call, *bytes))
        return false;
    *bytes = (struct span){call->held, call->held_bytes};
    return true;
}

static enum proxy_taken begin_as_it_is(struct call *call, struct span bytes)
{
    answer_init(&call->out, call->request.protocol, call->is_stream,
                (struct span){call->slug_json, call->slug_json_bytes});
    call->out.strip_usage = call->strips_usage && call->is_stream;
    return is_whole(call, &bytes)
               ? write_whole(call, bytes)
               : begin_in_pieces(call, (struct span){call->held, call->held_bytes}, bytes);
}

enum proxy_taken call_client_begin(void *ctx, struct span bytes)
{
    struct call *call = ctx;

    call_attempt_answered(call);
    enum proxy_taken taken = call_is_translated(call) ? call_translated_begin(call, bytes)
                                                      : begin_as_it_is(call, bytes);
    call_drop_held(call);
    /* An upstream may answer before it has read all; then the body is still being sent. */
    if (call->in->upload.written == call->in->upload.plan.bytes)
        call_release_request(call);
    else
        generation_release(&call->generation);
    return taken;
}

enum proxy_taken call_client_more(void *ctx, struct span bytes)
{
    struct call *call = ctx;

    return call_is_translated(call) ? call_translated_more(call, bytes)
                                    : write_bytes(call, SPAN(""), bytes);
}

enum proxy_taken call_client_comment(void *ctx)
{
    struct call *call = ctx;
    struct iovec vec[1];
    struct iov_builder pieces = {.vec = vec, .cap = 1};

    if (call_is_translated(call))
        return call_translated_comment(call);
    /* Inside an event a line of ours would be the event's. */
    if (sse_is_inside_event(&call->out.sse) || answer_ended(&call->out) != ANSWER_OPEN)
        return PROXY_TAKEN;
    iov_add(&pieces, SPAN(": keep-alive\n\n"));
    counters_add(&call->request.worker->slot->counters, COUNTER_comments, 1);
    return call_write_frame(call, SPAN(""), &pieces, false);
}

void call_answer_tick(struct worker *worker)
{
    uint64_t now_ms = uv_now(&worker->loop);
    struct link *next;

    if (worker->keepalive_ms == 0)
        return;
    for (struct link *each = worker->open_calls.next; each != &worker->open_calls; each = next) {
        struct call *call = LINK_OWNER(each, struct call, open);

        /* The call may end in here. */
        next = each->next;
        if (call->is_recorded && call->is_stream &&
            now_ms - call->quiet_since_ms >= worker->keepalive_ms)
            proxy_on_silence(&call->proxy);
    }
}

/* Is it whole? A stream says so itself, a document without a length by its last brace. */
static int judge_end(const struct call *call, int err)
{
    if (call->is_stream && answer_ended(&call->out) == ANSWER_COMPLETE)
        return 0;
    if (err != 0)
        return err;
    if (call->is_stream || (call->content_length < 0 && answer_is_cut(&call->out)))
        return ERR_UPSTREAM_CUT;
    return 0;
}

int call_client_complete(void *ctx, int err)
{
    struct call *call = ctx;
    struct iovec vec[ANSWER_IOV_MAX];
    struct iov_builder pieces = {.vec = vec, .cap = ANSWER_IOV_MAX};

    if (call_is_translated(call))
        return call_translated_complete(call, err);
    answer_finish(&call->out, &pieces);
    call->is_finished = true;
    err = judge_end(call, err);
    if (err != 0)
        return err;
    /* A client that left in this moment finds out by itself. */
    (void)call_write_frame(call, SPAN(""), &pieces, true);
    return 0;
}

void call_read_usage(struct call *call)
{
    struct iovec vec[ANSWER_IOV_MAX];
    struct iov_builder pieces = {.vec = vec, .cap = ANSWER_IOV_MAX};

    if (call->is_finished)
        return;
    /* What it held back is of an event that was never whole: nobody gets it. */
    answer_finish(&call->out, &pieces);
}

void call_client_truncated(struct call *call, int err)
{
    char memory[1024];
    struct text event = text_over(memory, sizeof(memory));
    struct span id = {call->request.id, REQUEST_ID_BYTES};
    struct iovec vec[1];
    struct iov_builder pieces = {.vec = vec, .cap = 1};

    if (call_is_translated(call))
        call_translated_truncated(call, err);
    /* An error event of the upstream's own has told it already. */
    else if (call->is_stream && answer_ended(&call->out) == ANSWER_OPEN) {
        if (sse_is_inside_event(&call->out.sse))
            text_add(&event, SPAN("\n\n"));
        dialect_render_error_event(call->request.protocol, err, id, &event);
        iov_add(&pieces, text_span(&event));
        (void)call_write_frame(call, SPAN(""), &pieces, false);
    }
    /* An answer that ends with the connection looks complete when it is closed in order. */
    if (call->closes && !call->is_stream)
        server_abort(call->request.conn);
    else
        server_end(call->request.conn, true);
}
