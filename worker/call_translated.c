#include "worker/call_translation.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/wire/retry_after.h"

static struct translation_memory *memory_of(const struct call *call)
{
    return &call->request.worker->translation;
}

static struct translation_rules rules_of(const struct call *call)
{
    const struct call_translation *translated = call->translated;
    const struct worker *worker = call->request.worker;

    return (struct translation_rules){
        .from = translated->from,
        .to = call->request.protocol,
        .answer =
            {
                .slug_json = {call->slug_json, call->slug_json_bytes},
                /* Behind "req_". */
                .id = {call->request.id + 4, REQUEST_ID_BYTES - 4},
                .created_s = wall_now_s(),
                .include_usage = translated->keep.include_usage,
                .is_array = call->request.operation == OPERATION_ARRAY,
            },
        .keep = translated->keep,
        .id_seed = worker->draws ^ call->request.number << 32,
        .event_bytes_max = translated->answer_bytes_max,
    };
}

static void begin_stream(struct call *call)
{
    const struct translation_rules rules = rules_of(call);

    translation_init(&call->translated->stream, &rules, &call->memory->region);
    call->translated->has_stream = true;
}

/* What was made of the upstream's bytes is on its way: the memory is there for the next. */
static void end_out(struct call *call, const struct text *out)
{
    region_drop_text(&memory_of(call)->out, out);
    region_reset(&memory_of(call)->out);
    region_reset(&memory_of(call)->scratch);
}

/* --- what is held back ------------------------------------------------------------------------ */

/* The bytes of a document lie side by side, for nothing else is taken while they come. */
static int collect(struct call *call, struct span bytes, uint64_t bytes_max)
{
    struct call_translation *translated = call->translated;
    struct region *region = &call->memory->region;
    struct text text;

    if (bytes.len > bytes_max - translated->answer.len)
        return ERR_NO_SPACE;
    text = region_text(region);
    text_add(&text, bytes);
    if (text.err != 0)
        return ERR_NO_MEMORY;
    region_keep_text(region, &text);
    if (translated->answer.ptr == NULL)
        translated->answer.ptr = text.ptr;
    translated->answer.len += bytes.len;
    return translation_memory_count(memory_of(call), call->memory);
}

static enum attempt_result fail_here(struct call *call, int err)
{
    call->fault = err;
    return ATTEMPT_LOCAL;
}

static void collect_refusal(struct call *call, struct span bytes)
{
    size_t room = CALL_REFUSAL_BYTES_MAX - call->translated->answer.len;

    if (bytes.len > room)
        bytes.len = room;
    (void)collect(call, bytes, CALL_REFUSAL_BYTES_MAX);
}

/* Its message lies in memory that is used again at once. */
static void keep_error(struct call *call, const struct hub_error *error)
{
    call->translated->error = *error;
    call->translated->error.message = call_keep_message(call, error->message);
}

static enum attempt_result read_document(struct call *call)
{
    struct call_translation *translated = call->translated;
    struct translation_memory *memory = memory_of(call);
    const struct translation_rules rules = rules_of(call);
    struct translation_said said;

    translated->whole = region_text(&memory->out);
    int err = translation_answer(&rules, translated->answer, &memory->scratch, &said,
                                 &translated->whole);
    translated->usage = said.usage;
    if (err == 0 && !translated->wants_stream)
        return ATTEMPT_ANSWERED;
    if (err != 0 && err == said.error.err)
        keep_error(call, &said.error);
    end_out(call, &translated->whole);
    if (err == ERR_NO_MEMORY)
        return fail_here(call, err);
    /* An answer that is none, or not the stream that was asked for. */
    return translated->error.err != 0 ? ATTEMPT_ERROR_BODY : ATTEMPT_MALFORMED;
}

static enum attempt_result peek_document(struct call *call, struct span bytes, bool last)
{
    if (last)
        return read_document(call);
    int err = collect(call, bytes, call->translated->answer_bytes_max);
    if (err == ERR_NO_SPACE) {
        call->error_detail = SPAN("It is longer than limits.answer_bytes.");
        return ATTEMPT_MALFORMED;
    }
    return err != 0 ? fail_here(call, err) : ATTEMPT_OPEN;
}

static enum attempt_result peek_stream(struct call *call, struct span bytes, bool last)
{
    struct span held = {call->held, call->held_bytes};
    enum attempt_result result = peek_look(&call->peek, held, bytes, last);

    /* Without memory to wait in, what has come is taken for an answer. */
    if (result == ATTEMPT_OPEN && !call_hold(call, bytes))
        return ATTEMPT_ANSWERED;
    /* What it says is read when it stands. */
    if (result == ATTEMPT_ERROR_BODY && held.len + bytes.len <= PEEK_BYTES_MAX)
        (void)call_hold(call, bytes);
    return result;
}

enum attempt_result call_translated_peek(struct call *call, struct span bytes, bool last)
{
    if (call->proxy.is_judged) {
        if (!last)
            collect_refusal(call, bytes);
        return last ? ATTEMPT_ANSWERED : ATTEMPT_OPEN;
    }
    if (!call->is_stream)
        return peek_document(call, bytes, last);
    return call->translated->wants_stream ? peek_stream(call, bytes, last) : ATTEMPT_MALFORMED;
}

/* --- errors ----------------------------------------------------------------------------------- */

/* An error that came as the first event: read it, and forget what was made of it. */
static void read_first_event(struct call *call)
{
    struct call_translation *translated = call->translated;
    struct translation_memory *memory = memory_of(call);
    struct text out = region_text(&memory->out);

    begin_stream(call);
    (void)translation_feed(&translated->stream, (struct span){call->held, call->held_bytes},
                           &memory->scratch, &out);
    if (translated->stream.state == TRANSLATION_ERROR)
        keep_error(call, &translated->stream.error);
    translated->has_stream = false;
    end_out(call, &out);
}

static void read_refusal(struct call *call)
{
    struct call_translation *translated = call->translated;
    struct translation_memory *memory = memory_of(call);
    struct hub_error error;

    translation_error(translated->from, call->status, translated->answer, &memory->scratch, &error);
    keep_error(call, &error);
    region_reset(&memory->scratch);
    call_attempt_answered(call);
}

int call_translated_error(struct call *call, enum attempt_result result)
{
    struct hub_error *error = &call->translated->error;

    if (call->fault != 0)
        return call->fault;
    if (proxy_error_of(result) != 0)
        return proxy_error_of(result);
    if (result == ATTEMPT_ERROR_BODY && call->is_stream)
        read_first_event(call);
    else if (result != ATTEMPT_ERROR_BODY)
        read_refusal(call);
    call->error_detail = error->message;
    return error->err != 0 ? error->err : ERR_UPSTREAM_FAILED;
}

/* --- what the client gets --------------------------------------------------------------------- */

static enum proxy_taken write_out(struct call *call, struct span head, const struct text *out,
                                  bool last)
{
    struct iovec vec[1];
    struct iov_builder pieces = {.vec = vec, .cap = 1};

    iov_add(&pieces, text_span(out));
    return call_write_frame(call, head, &pieces, last);
}

/* The upstream's next bytes; the head goes out with what they come to. */
static enum proxy_taken feed(struct call *call, struct span head, struct span bytes)
{
    struct call_translation *translated = call->translated;
    struct translation_memory *memory = memory_of(call);
    struct text out = region_text(&memory->out);
    int err = translation_feed(&translated->stream, bytes, &memory->scratch, &out);

    if (err == 0)
        err = translation_memory_count(memory, call->memory);
    if (err == 0 && translated->stream.state == TRANSLATION_ERROR)
        err = translated->stream.error.err;
    enum proxy_taken taken = write_out(call, head, &out, false);
    end_out(call, &out);
    if (err == 0 || taken == PROXY_NOT_TAKEN)
        return taken;
    call->fault = err;
    return PROXY_BROKEN;
}

static enum proxy_taken begin_in_events(struct call *call, struct span bytes)
{
    char memory[REPLY_HEAD_BYTES_MAX];
    struct text head = text_over(memory, sizeof(memory));
    struct span held = {call->held, call->held_bytes};

    call_keep_type(call, call->request.operation == OPERATION_ARRAY
                             ? SPAN("application/json")
                             : SPAN("text/event-stream; charset=utf-8"));
    call_write_head(call, -1, &head);
    begin_stream(call);
    if (held.len == 0)
        return feed(call, text_span(&head), bytes);
    enum proxy_taken taken = feed(call, text_span(&head), held);
    if (bytes.len == 0 || taken == PROXY_NOT_TAKEN || taken == PROXY_BROKEN)
        return taken;
    enum proxy_taken more = feed(call, SPAN(""), bytes);
    return more == PROXY_TAKEN ? taken : more;
}

static enum proxy_taken begin_whole(struct call *call)
{
    char memory[REPLY_HEAD_BYTES_MAX];
    struct text head = text_over(memory, sizeof(memory));
    struct text *whole = &call->translated->whole;

    call_keep_type(call, SPAN("application/json"));
    call_write_head(call, (int64_t)whole->len, &head);
    enum proxy_taken taken = write_out(call, text_span(&head), whole, false);
    end_out(call, whole);
    return taken;
}

enum proxy_taken call_translated_begin(struct call *call, struct span bytes)
{
    return call->is_stream ? begin_in_events(call, bytes) : begin_whole(call);
}

enum proxy_taken call_translated_more(struct call *call, struct span bytes)
{
    return feed(call, SPAN(""), bytes);
}

enum proxy_taken call_translated_comment(struct call *call)
{
    struct span comment = SPAN(": keep-alive\n\n");
    struct iovec vec[1];
    struct iov_builder pieces = {.vec = vec, .cap = 1};

    if (call->translated->stream.state != TRANSLATION_OPEN)
        return PROXY_TAKEN;
    if (call->request.protocol == PROTOCOL_ANTHROPIC)
        comment = SPAN("event: ping\ndata: {\"type\":\"ping\"}\n\n");
    else if (call->request.operation == OPERATION_ARRAY)
        comment = SPAN("\n");
    iov_add(&pieces, comment);
    counters_add(&call->request.worker->slot->counters, COUNTER_comments, 1);
    return call_write_frame(call, SPAN(""), &pieces, false);
}

int call_translated_complete(struct call *call, int err)
{
    struct call_translation *translated = call->translated;
    struct translation_memory *memory = memory_of(call);
    struct text none = {0};

    if (!translated->has_stream) {
        (void)write_out(call, SPAN(""), &none, true);
        return err;
    }
    /* A stream knows better than its transport whether it was whole. */
    if (err != 0 && translated->stream.state != TRANSLATION_COMPLETE)
        return err;
    struct text out = region_text(&memory->out);
    err = translation_finish(&translated->stream, &memory->scratch, &out);
    if (err == 0 && translated->stream.state == TRANSLATION_ERROR)
        err = translated->stream.error.err;
    if (err == 0 || translated->stream.state == TRANSLATION_ERROR)
        (void)write_out(call, SPAN(""), &out, err == 0);
    end_out(call, &out);
    return err;
}

void call_translated_truncated(struct call *call, int err)
{
    struct call_translation *translated = call->translated;
    struct translation *stream = &translated->stream;
    const struct hub_event event = {
        .kind = HUB_EVENT_ERROR,
        .error = {.err = err, .message = span_of(err_text(err))},
    };
    struct text out;

    if (!translated->has_stream || stream->state != TRANSLATION_OPEN)
        return;
    out = region_text(&memory_of(call)->out);
    stream->writer.scratch = &memory_of(call)->scratch;
    stream->writer.out = &out;
    stream->to->write_event(&stream->writer, &event);
    stream->state = TRANSLATION_ERROR;
    (void)write_out(call, SPAN(""), &out, false);
    end_out(call, &out);
}

struct usage call_translated_usage(const struct call *call)
{
    const struct call_translation *translated = call->translated;

    return translated->has_stream
               ? usage_from_figures(&translated->stream.stream.figures, translated->from)
               : translated->usage;
}

uint64_t call_translated_wait_s(const struct call *call)
{
    struct span told = {call->retry_after, call->retry_after_bytes};
    uint64_t wait_ms = call->is_recorded ? retry_after_ms(told, wall_now_s()) : 0;

    if (call->translated->error.retry_ms > wait_ms)
        wait_ms = call->translated->error.retry_ms;
    return (wait_ms + 999) / 1000;
}
