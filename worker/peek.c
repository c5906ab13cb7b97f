#include "worker/peek.h"

#include "lib/base/err.h"
#include "lib/wire/json_tape.h"

enum {
    VALUES_MAX = 4096,
    /* What only opens an answer is short: what is longer is not looked at. */
    OPENING_BYTES_MAX = 2048,
};

void peek_init(struct peek *peek, enum wire_protocol protocol, enum peek_form form,
               int64_t content_length, struct region *scratch)
{
    *peek = (struct peek){
        .protocol = protocol,
        .form = form,
        .content_length = content_length,
        .scratch = scratch,
    };
    sse_init(&peek->sse);
}

/* --- what JSON says --------------------------------------------------------------------------- */

/* Truthy as in the official SDKs. */
static bool is_truthy(const struct json_node *node)
{
    if (node == NULL || node->type == JSON_FALSE || node->type == JSON_NULL)
        return false;
    if (node->type == JSON_STRING)
        return node->raw.len > 0;
    return node->type != JSON_NUMBER || !span_equal(node->raw, SPAN("0"));
}

static bool is_error(const struct json_node *root)
{
    if (json_is(root, JSON_ARRAY))
        root = json_first(root);
    return is_truthy(json_member(root, SPAN("error"))) ||
           json_is_text(json_member(root, SPAN("type")), SPAN("error"));
}

static bool is_empty(const struct json_node *node)
{
    return node->type == JSON_NULL || (node->type == JSON_STRING && node->raw.len == 0) ||
           (node->type == JSON_ARRAY && node->count == 0);
}

/* Nothing but a role, and perhaps empty content. */
static bool is_delta_opening(const struct json_node *delta)
{
    JSON_EACH(member, delta)
    {
        if (!span_equal(member->key, SPAN("role")) && !is_empty(member))
            return false;
    }
    return true;
}

static bool is_openai_opening(const struct json_node *root)
{
    const struct json_node *choices = json_member(root, SPAN("choices"));

    if (!json_is(choices, JSON_ARRAY) || json_member(root, SPAN("usage")) != NULL)
        return false;
    JSON_EACH(choice, choices)
    {
        const struct json_node *delta = json_member(choice, SPAN("delta"));

        if (delta == NULL || !is_delta_opening(delta) ||
            json_member(choice, SPAN("finish_reason")) != NULL)
            return false;
    }
    return true;
}

static bool is_opening(enum wire_protocol protocol, const struct json_node *root)
{
    const struct json_node *type = json_member(root, SPAN("type"));

    if (protocol == PROTOCOL_OPENAI)
        return is_openai_opening(root);
    return protocol == PROTOCOL_ANTHROPIC &&
           (json_is_text(type, SPAN("message_start")) || json_is_text(type, SPAN("ping")));
}

/* @return ATTEMPT_OPEN: it says nothing yet */
static enum attempt_result judge_json(const struct peek *peek, struct span json)
{
    const struct json_node *root;
    bool may_open = peek->form == PEEK_STREAM && peek->protocol != PROTOCOL_GEMINI &&
                    json.len <= OPENING_BYTES_MAX;

    /* Nearly always there is nothing to parse. */
    if (!may_open && (json.len == 0 || memmem(json.ptr, json.len, "\"error\"", 7) == NULL))
        return ATTEMPT_ANSWERED;
    if (json_tape_read_mended(peek->scratch, json, VALUES_MAX, &root) != 0)
        return ATTEMPT_ANSWERED;
    if (is_error(root))
        return ATTEMPT_ERROR_BODY;
    return may_open && is_opening(peek->protocol, root) ? ATTEMPT_OPEN : ATTEMPT_ANSWERED;
}

/* --- what was received ------------------------------------------------------------------------ */

/* The bytes from `begin` to `end` of both spans together, in one piece. */
static struct span join(const struct peek *peek, struct span held, struct span bytes, size_t end)
{
    struct text joined;

    if (peek->begin >= held.len)
        return (struct span){bytes.ptr + (peek->begin - held.len), end - peek->begin};
    if (end <= held.len)
        return (struct span){held.ptr + peek->begin, end - peek->begin};
    joined = region_text(peek->scratch);
    text_add(&joined, span_skip(held, peek->begin));
    text_add(&joined, (struct span){bytes.ptr, end - held.len});
    region_keep_text(peek->scratch, &joined);
    return text_span(&joined);
}

/* The data of one event. */
static struct span data_of(const struct peek *peek, struct span event)
{
    struct text data = region_text(peek->scratch);
    struct sse sse;
    struct sse_piece piece;

    sse_init(&sse);
    do {
        piece = sse_next(&sse, &event);
        if (piece.kind == SSE_DATA)
            text_add(&data, piece.bytes);
    } while (piece.kind != SSE_MORE);
    region_keep_text(peek->scratch, &data);
    return text_span(&data);
}

static enum attempt_result judge_event(struct peek *peek, struct span held, struct span bytes,
                                       size_t end)
{
    size_t mark = region_mark(peek->scratch);
    struct span event = join(peek, held, bytes, end);
    enum attempt_result result = judge_json(peek, peek->form == PEEK_STREAM ? data_of(peek, event)
                                                                            : event);

    region_cut(peek->scratch, mark);
    peek->begin = end;
    peek->has_data = false;
    return result;
}

static enum attempt_result look_at_stream(struct peek *peek, struct span held, struct span bytes,
                                          bool last)
{
    size_t all = held.len + bytes.len;
    struct span left = bytes;

    if (last)
        return ATTEMPT_CUT;
    for (;;) {
        struct sse_piece piece = sse_next(&peek->sse, &left);

        if (piece.kind == SSE_MORE)
            return all <= PEEK_BYTES_MAX ? ATTEMPT_OPEN : ATTEMPT_ANSWERED;
        if (piece.kind == SSE_DATA)
            peek->has_data = true;
        if (piece.kind != SSE_EVENT_END || !peek->has_data)
            continue;
        enum attempt_result result = judge_event(peek, held, bytes, all - left.len);
        if (result != ATTEMPT_OPEN)
            return result;
    }
}

/* JSON that stopped before its end; what is no JSON is none that was cut. */
static bool is_cut(struct span text)
{
    const char *cursor = text.ptr;
    struct json_scan scan;
    struct json_hit hit;

    json_scan_init(&scan, NULL, 0, JSON_DEPTH_MAX);
    json_scan_allow_lone_surrogates(&scan);
    return (text.len == 0 ||
            json_scan_next(&scan, &cursor, text.ptr + text.len, &hit) == JSON_MORE) &&
           json_scan_end(&scan) != 0;
}

/* The document is here; where it has no length, only its bytes know whether it is whole. */
static enum attempt_result judge_document(struct peek *peek, struct span held, struct span bytes,
                                          bool has_length)
{
    size_t mark = region_mark(peek->scratch);
    struct span json;
    enum attempt_result result;

    peek->begin = 0;
    json = join(peek, held, bytes, held.len + bytes.len);
    result = !has_length && is_cut(json) ? ATTEMPT_CUT : judge_json(peek, json);
    region_cut(peek->scratch, mark);
    return result;
}

static enum attempt_result look_at_document(struct peek *peek, struct span held, struct span bytes,
                                            bool last)
{
    size_t known = held.len + bytes.len;

    if (known > PEEK_BYTES_MAX || peek->content_length > PEEK_BYTES_MAX)
        return ATTEMPT_ANSWERED;
    if (last)
        return judge_document(peek, held, bytes, false);
    if ((int64_t)known != peek->content_length)
        return ATTEMPT_OPEN;
    return judge_document(peek, held, bytes, true);
}

/* One byte of an array. @return true: an element of it ends here */
static bool step_array(struct peek *peek, char c)
{
    if (peek->in_string) {
        if (!peek->is_escaped && c == '"')
            peek->in_string = false;
        peek->is_escaped = !peek->is_escaped && c == '\\';
        return false;
    }
    if (c == '"')
        peek->in_string = true;
    else if (c == '{' || c == '[')
        peek->depth++;
    else if ((c == '}' || c == ']') && peek->depth > 0)
        return --peek->depth == 1;
    return false;
}

static enum attempt_result look_at_array(struct peek *peek, struct span held, struct span bytes,
                                         bool last)
{
    for (size_t i = 0; i < bytes.len; i++) {
        if (peek->depth == 0 && bytes.ptr[i] == '{')
            peek->form = PEEK_DOCUMENT;
        if (peek->form == PEEK_DOCUMENT)
            break;
        if (peek->depth == 1 && bytes.ptr[i] == '{')
            peek->begin = held.len + i;
        if (!step_array(peek, bytes.ptr[i]))
            continue;
        return peek->begin > 0 ? judge_event(peek, held, bytes, held.len + i + 1)
                               : ATTEMPT_ANSWERED;
    }
    /* An error that is no element, and an array without one. */
    return look_at_document(peek, held, bytes, last);
}

enum attempt_result peek_look(struct peek *peek, struct span held, struct span bytes, bool last)
{
    switch (peek->form) {
    case PEEK_STREAM:
        return look_at_stream(peek, held, bytes, last);
    case PEEK_ARRAY:
        return look_at_array(peek, held, bytes, last);
    case PEEK_DOCUMENT:
        break;
    }
    return look_at_document(peek, held, bytes, last);
}
