#include "lib/protocol/answer.h"

#include "lib/protocol/answer_watch.h"

enum {
    /** What one piece of an answer adds at most: bytes before it, a slug, and the last run. */
    STEP_ENTRIES = 4,
    DONE_BYTES = 6,
    DONE_NEVER = UINT8_MAX, /* the event is not `[DONE]` */
};

static const char done_mark[] = "[DONE]";

enum line_state { LINE_NONE, LINE_OPEN, LINE_ENDED };

/** One answer_feed() or answer_finish() under way. */
struct pass {
    struct answer *answer;
    struct iov_builder *out;
    const char *run; /* the first received byte that is neither in `out` nor left out */
    size_t mark_len; /* of `out` where the undecided event begins */
    size_t mark_bytes;
    bool holds_entry; /* `out` borrows from `held` */
};

void answer_init(struct answer *answer, enum wire_protocol protocol, bool is_stream,
                 struct span slug_json)
{
    const struct watch_table *table = answer_watch_table(protocol);

    memset(answer, 0, offsetof(struct answer, held));
    answer->protocol = protocol;
    answer->is_stream = is_stream;
    answer->slug_json = slug_json;
    sse_init(&answer->sse);
    json_scan_init(&answer->json, table->paths, table->count, JSON_DEPTH_MAX);
    json_scan_allow_lone_surrogates(&answer->json);
}

static bool has_room(const struct pass *pass)
{
    return pass->out->cap - pass->out->len >= STEP_ENTRIES;
}

/** Passes on what was received up to `until`. */
static void flush(struct pass *pass, const char *until)
{
    if (!pass->answer->skipping)
        iov_add(pass->out, span_from(pass->run, until));
    pass->run = until;
}

static void stop_skipping(struct pass *pass, const char *at)
{
    if (pass->answer->skipping)
        pass->run = at;
    pass->answer->skipping = false;
}

static void on_begin(struct pass *pass, const struct json_hit *hit, enum watch_kind kind,
                     const char *at)
{
    struct answer *answer = pass->answer;

    switch (kind) {
    case WATCH_MODEL:
        if (hit->type != JSON_STRING)
            break;
        flush(pass, at);
        iov_add(pass->out, answer->slug_json);
        answer->skipping = true;
        break;
    case WATCH_ERROR:
        if (hit->type == JSON_OBJECT || hit->type == JSON_ARRAY || hit->type == JSON_TRUE)
            answer->error_seen = true;
        break;
    case WATCH_CHOICES:
        answer->choices_open = hit->type == JSON_ARRAY;
        break;
    case WATCH_USAGE:
        answer->usage_object = hit->type == JSON_OBJECT;
        break;
    case WATCH_ITEM:
        answer->is_array = true;
        break;
    case WATCH_TYPE:
    case WATCH_FIGURE:
    case WATCH_FINISH:
        break;
    }
}

static void on_figure(struct answer *answer, const struct json_hit *hit, enum usage_figure figure)
{
    uint64_t value;

    if (hit->type == JSON_NUMBER && hit->raw_is_whole && json_decode_count(hit->raw, &value))
        usage_tell(&answer->figures, figure, value);
}

static void on_end(struct pass *pass, const struct json_hit *hit, struct watch_meaning meaning,
                   const char *at)
{
    struct answer *answer = pass->answer;

    switch (meaning.kind) {
    case WATCH_MODEL:
        stop_skipping(pass, at);
        break;
    case WATCH_TYPE:
        answer->stop_seen = span_equal(hit->raw, SPAN("message_stop"));
        if (span_equal(hit->raw, SPAN("error")))
            answer->error_seen = true;
        break;
    case WATCH_ERROR:
        /* Truthy as in the official SDKs. */
        if ((hit->type == JSON_STRING && hit->raw.len > 0) ||
            (hit->type == JSON_NUMBER && !span_equal(hit->raw, SPAN("0"))))
            answer->error_seen = true;
        break;
    case WATCH_CHOICES:
        answer->choices_open = false;
        if (hit->type == JSON_ARRAY && hit->is_empty)
            answer->choices_empty = true;
        else
            answer->choices_full = true;
        break;
    case WATCH_FIGURE:
        on_figure(answer, hit, meaning.figure);
        break;
    case WATCH_FINISH:
        if (hit->type == JSON_STRING && hit->raw.len > 0)
            answer->finish_seen = true;
        break;
    case WATCH_USAGE:
    case WATCH_ITEM:
        break;
    }
}

/**
 * Scan JSON.
 *
 * @return `end`, or where it stopped because `out` is nearly full
 */
static const char *read_json(struct pass *pass, const char *cursor, const char *end)
{
    struct answer *answer = pass->answer;
    const struct watch_meaning *meanings = answer_watch_table(answer->protocol)->meanings;

    while (cursor != end && !answer->json_bad && has_room(pass)) {
        struct json_hit hit;
        enum json_event event = json_scan_next(&answer->json, &cursor, end, &hit);

        if (event == JSON_INVALID) {
            answer->json_bad = true;
            stop_skipping(pass, cursor);
        } else if (event == JSON_VALUE_BEGIN && hit.exact) {
            on_begin(pass, &hit, meanings[hit.path].kind, cursor);
        } else if (event == JSON_VALUE_END && hit.exact) {
            on_end(pass, &hit, meanings[hit.path], cursor);
        }
    }
    return answer->json_bad ? end : cursor;
}

/** The JSON of the document or event is whole: what does it say of the end? */
static void judge_json(struct answer *answer)
{
    if (answer->end != ANSWER_OPEN)
        return;
    if (answer->error_seen)
        answer->end = ANSWER_ERROR;
    else if (answer->is_array && !answer->finish_seen)
        return;
    else if (answer->stop_seen || !answer->is_stream)
        answer->end = ANSWER_COMPLETE;
}

static void begin_event(struct pass *pass, const char *at)
{
    struct answer *answer = pass->answer;

    json_scan_restart(&answer->json);
    answer->json_bad = false;
    answer->choices_open = false;
    answer->choices_empty = false;
    answer->choices_full = false;
    answer->usage_object = false;
    answer->error_seen = false;
    answer->stop_seen = false;
    answer->done_bytes = answer->protocol == PROTOCOL_OPENAI ? 0 : DONE_NEVER;
    answer->line_state = LINE_NONE;
    answer->in_event = true;
    if (answer->strip_usage) {
        flush(pass, at);
        pass->mark_len = pass->out->len;
        pass->mark_bytes = pass->out->bytes;
        answer->undecided = true;
    }
}

/** Takes the undecided event back out of `out`; `at` is just after its bytes. */
static void take_back(struct pass *pass, const char *at)
{
    pass->out->len = pass->mark_len;
    pass->out->bytes = pass->mark_bytes;
    pass->run = at;
    pass->holds_entry = false;
}

/** @return whether all of the event's JSON is there */
static bool end_event(struct pass *pass, const char *at)
{
    struct answer *answer = pass->answer;
    bool is_empty = answer->choices_empty && !answer->choices_full;
    bool is_whole = answer->line_state != LINE_NONE && !answer->json_bad &&
                    json_scan_end(&answer->json) == 0;

    if (is_whole)
        judge_json(answer);
    if (answer->undecided && is_whole && is_empty && answer->usage_object) {
        take_back(pass, at);
        answer->drop_lf = answer->sse.after_cr;
    }
    answer->undecided = false;
    answer->in_event = false;
    answer->held_bytes = 0;
    return is_whole;
}

/** Data lines of one event are joined by LF, which is white space between JSON's tokens. */
static void begin_line(struct pass *pass)
{
    static const char lf[] = "\n";
    struct answer *answer = pass->answer;

    if (answer->line_state == LINE_ENDED)
        (void)read_json(pass, lf, lf + 1);
    answer->line_state = LINE_OPEN;
}

static void end_line(struct pass *pass, const char *at)
{
    struct answer *answer = pass->answer;

    if (answer->line_state != LINE_OPEN)
        begin_line(pass);
    /* A string cannot go on behind a line's end. */
    if (answer->skipping) {
        answer->json_bad = true;
        stop_skipping(pass, at);
    }
    answer->done_bytes = DONE_NEVER;
    answer->line_state = LINE_ENDED;
}

/** The first line's data begins with `[DONE]`: the official SDKs look at no more of it. */
static void match_done(struct answer *answer, struct span data)
{
    for (size_t i = 0; i < data.len && answer->done_bytes < DONE_BYTES; i++) {
        if (data.ptr[i] == done_mark[answer->done_bytes])
            answer->done_bytes++;
        else
            answer->done_bytes = DONE_NEVER;
    }
    if (answer->done_bytes == DONE_BYTES && answer->end == ANSWER_OPEN)
        answer->end = ANSWER_COMPLETE;
}

static void on_data(struct pass *pass, struct span data, struct span *bytes)
{
    const char *end = data.ptr + data.len;
    const char *stop;

    if (pass->answer->line_state != LINE_OPEN)
        begin_line(pass);
    match_done(pass->answer, data);
    stop = read_json(pass, data.ptr, end);
    /* What was not read is the same line's data when it comes again. */
    *bytes = span_from(stop, bytes->ptr + bytes->len);
}

static void on_framing(struct pass *pass, struct span framing)
{
    struct answer *answer = pass->answer;

    if (answer->drop_lf && framing.ptr[0] == '\n') {
        flush(pass, framing.ptr);
        pass->run = framing.ptr + 1;
    }
    answer->drop_lf = false;
}

/** Must `out` be written before the next piece is looked at? */
static bool must_stop(const struct pass *pass)
{
    /* The next event may have to be held where `out` still borrows the last one. */
    return !has_room(pass) || (pass->holds_entry && !pass->answer->in_event);
}

static void feed_stream(struct pass *pass, struct span *bytes)
{
    while (!must_stop(pass)) {
        struct sse_piece piece = sse_next(&pass->answer->sse, bytes);

        switch (piece.kind) {
        case SSE_EVENT_BEGIN:
            begin_event(pass, bytes->ptr);
            break;
        case SSE_FRAMING:
            on_framing(pass, piece.bytes);
            break;
        case SSE_DATA:
            on_data(pass, piece.bytes, bytes);
            break;
        case SSE_DATA_END:
            end_line(pass, bytes->ptr);
            break;
        case SSE_EVENT_END:
            (void)end_event(pass, bytes->ptr);
            break;
        case SSE_MORE:
            return;
        }
    }
}

/** Can the event still turn out to be the usage chunk? */
static bool may_be_stripped(const struct answer *answer)
{
    return !answer->json_bad && !answer->choices_full &&
           (!answer->choices_open || json_scan_is_opening(&answer->json));
}

/** Takes the event's bytes out of `out` and keeps them, when they fit. */
static void hold(struct pass *pass)
{
    struct answer *answer = pass->answer;
    size_t bytes = pass->out->bytes - pass->mark_bytes;
    size_t at = 0;

    if (bytes > ANSWER_HOLD_BYTES || !may_be_stripped(answer)) {
        answer->undecided = false;
        answer->held_bytes = 0;
        return;
    }
    for (size_t i = pass->mark_len; i < pass->out->len; i++) {
        const struct iovec *entry = &pass->out->vec[i];

        if (entry->iov_base != answer->held)
            memcpy(answer->held + at, entry->iov_base, entry->iov_len);
        at += entry->iov_len;
    }
    answer->held_bytes = (uint16_t)at;
    take_back(pass, pass->run);
}

static struct pass begin_pass(struct answer *answer, const char *run, struct iov_builder *out)
{
    struct pass pass = {.answer = answer,
                        .out = out,
                        .run = run,
                        .mark_len = out->len,
                        .mark_bytes = out->bytes,
                        .holds_entry = answer->held_bytes > 0};

    iov_add(out, (struct span){answer->held, answer->held_bytes});
    return pass;
}

void answer_feed(struct answer *answer, struct span *bytes, struct iov_builder *out)
{
    struct pass pass;

    if (bytes->len == 0 || out->cap - out->len < STEP_ENTRIES + 1)
        return;
    pass = begin_pass(answer, bytes->ptr, out);
    if (answer->is_stream)
        feed_stream(&pass, bytes);
    else
        *bytes = span_from(read_json(&pass, bytes->ptr, bytes->ptr + bytes->len),
                           bytes->ptr + bytes->len);
    flush(&pass, bytes->ptr);
    if (answer->undecided)
        hold(&pass);
}

void answer_finish(struct answer *answer, struct iov_builder *out)
{
    struct pass pass = begin_pass(answer, NULL, out);
    bool has_data = answer->in_event && answer->line_state != LINE_NONE;
    /* The last event counts although its empty line is missing: nothing of its JSON is. */
    bool is_whole = answer->in_event && end_event(&pass, NULL);

    /* A reason to finish ends a stream of Gemini's when nothing more comes. */
    if (answer->is_stream && answer->finish_seen && answer->end == ANSWER_OPEN &&
        (is_whole || !has_data))
        answer->end = ANSWER_COMPLETE;
    if (!answer->is_stream && !answer->json_bad && json_scan_end(&answer->json) == 0)
        judge_json(answer);
    answer->usage = usage_from_figures(&answer->figures, answer->protocol);
    /* A client takes no notice of an event before its empty line, of this one neither. */
    if (answer->is_stream && answer->end == ANSWER_COMPLETE && sse_is_inside_event(&answer->sse))
        iov_add(out, SPAN("\n\n"));
}

bool answer_is_cut(const struct answer *answer)
{
    return !answer->is_stream && !answer->json_bad && answer->end == ANSWER_OPEN;
}

enum answer_end answer_ended(const struct answer *answer)
{
    return (enum answer_end)answer->end;
}
