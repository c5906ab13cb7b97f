/* A Gemini provider's answer: whole, an event of its stream, and its refusals. */
#include "lib/base/err.h"
#include "lib/protocol/gemini_inner.h"
#include "lib/protocol/hub_error.h"
#include "lib/protocol/hub_text.h"
#include "lib/wire/retry_after.h"

enum { BLOCK_REASON_BYTES_MAX = 64 };

/* --- pieces ----------------------------------------------------------------------------------- */

enum piece_kind { PIECE_NONE, PIECE_TEXT, PIECE_THOUGHT, PIECE_CALL };

/* One part of an answer. */
struct piece {
    enum piece_kind kind;
    struct span text;
    struct span signature;
    struct span id;
    struct span name;
    struct span args; /* the JSON object */
};

static struct piece read_piece(const struct json_node *part)
{
    const struct json_node *call = gemini_member(part, SPAN("functionCall"));
    const struct json_node *args = gemini_member(call, SPAN("args"));
    struct piece piece = {
        .text = json_text(gemini_member(part, SPAN("text"))),
        .signature = json_text(gemini_member(part, SPAN("thoughtSignature"))),
    };

    if (json_text(gemini_member(call, SPAN("name"))).len > 0) {
        piece.kind = PIECE_CALL;
        piece.id = json_text(gemini_member(call, SPAN("id")));
        piece.name = json_text(gemini_member(call, SPAN("name")));
        piece.args = json_is(args, JSON_OBJECT) ? args->raw : SPAN("{}");
    } else if (json_is_true(gemini_member(part, SPAN("thought")))) {
        piece.kind = PIECE_THOUGHT;
    } else if (piece.text.len > 0) {
        piece.kind = PIECE_TEXT;
    }
    return piece;
}

/* --- what is said of the end ------------------------------------------------------------------ */

/* A reason without a row ends an answer as STOP does. */
static const struct {
    struct span word;
    enum hub_finish finish;
    bool is_error; /* what was called is no function, or no call */
} finishes[] = {
    {{"STOP", 4}, HUB_FINISH_STOP, false},
    {{"MAX_TOKENS", 10}, HUB_FINISH_LENGTH, false},
    {{"SAFETY", 6}, HUB_FINISH_REFUSED, false},
    {{"RECITATION", 10}, HUB_FINISH_REFUSED, false},
    {{"LANGUAGE", 8}, HUB_FINISH_REFUSED, false},
    {{"BLOCKLIST", 9}, HUB_FINISH_REFUSED, false},
    {{"PROHIBITED_CONTENT", 18}, HUB_FINISH_REFUSED, false},
    {{"SPII", 4}, HUB_FINISH_REFUSED, false},
    {{"MODEL_ARMOR", 11}, HUB_FINISH_REFUSED, false},
    {{"IMAGE_SAFETY", 12}, HUB_FINISH_REFUSED, false},
    {{"IMAGE_PROHIBITED_CONTENT", 24}, HUB_FINISH_REFUSED, false},
    {{"IMAGE_RECITATION", 16}, HUB_FINISH_REFUSED, false},
    {{"IMAGE_OTHER", 11}, HUB_FINISH_REFUSED, false},
    {{"NO_IMAGE", 8}, HUB_FINISH_REFUSED, false},
    {{"MALFORMED_FUNCTION_CALL", 23}, HUB_FINISH_STOP, true},
    {{"UNEXPECTED_TOOL_CALL", 20}, HUB_FINISH_STOP, true},
    {{"TOO_MANY_TOOL_CALLS", 19}, HUB_FINISH_STOP, true},
};

/* @return whether the reason is an error */
static bool finish_of(const struct json_node *reason, enum hub_finish *out)
{
    *out = HUB_FINISH_STOP;
    for (size_t i = 0; i < sizeof(finishes) / sizeof(finishes[0]); i++) {
        if (!json_is_text(reason, finishes[i].word))
            continue;
        *out = finishes[i].finish;
        return finishes[i].is_error;
    }
    return false;
}

/* The first candidate: no request asks for more. */
static const struct json_node *candidate_of(const struct json_node *answer)
{
    return json_first(gemini_member(answer, SPAN("candidates")));
}

static const struct json_node *parts_of(const struct json_node *candidate)
{
    const struct json_node *parts = gemini_member(gemini_member(candidate, SPAN("content")),
                                                  SPAN("parts"));

    return json_is(parts, JSON_ARRAY) ? parts : NULL;
}

/* Why the prompt was not answered, raw; empty when it was not blocked. */
static struct span block_reason(const struct json_node *answer)
{
    const struct json_node *feedback = gemini_member(answer, SPAN("promptFeedback"));
    struct span reason = json_text(gemini_member(feedback, SPAN("blockReason")));

    if (span_equal(reason, SPAN("BLOCK_REASON_UNSPECIFIED")))
        return SPAN("");
    return reason;
}

static struct span blocked_text(struct span reason, char *memory, size_t bytes)
{
    struct text text = text_over(memory, bytes);

    text_add(&text, SPAN("blocked: "));
    text_add(&text, reason);
    return text.err == 0 ? text_span(&text) : SPAN("blocked");
}

static void read_usage(const struct json_node *answer, struct usage_figures *out)
{
    static const struct {
        struct span name;
        enum usage_figure figure;
    } rows[] = {
        {{"promptTokenCount", 16}, USAGE_INPUT},
        {{"candidatesTokenCount", 20}, USAGE_OUTPUT},
        {{"totalTokenCount", 15}, USAGE_TOTAL},
        {{"cachedContentTokenCount", 23}, USAGE_CACHE_READ},
        {{"thoughtsTokenCount", 18}, USAGE_REASONING},
        {{"toolUsePromptTokenCount", 23}, USAGE_TOOL_INPUT},
    };
    const struct json_node *usage = gemini_member(answer, SPAN("usageMetadata"));
    uint64_t value;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (json_count(gemini_member(usage, rows[i].name), &value))
            usage_tell(out, rows[i].figure, value);
    }
}

/* --- errors ----------------------------------------------------------------------------------- */

/* An error may stand in an array of one. */
static const struct json_node *error_of(const struct json_node *root)
{
    const struct json_node *object = json_is(root, JSON_ARRAY) ? json_first(root) : root;

    return json_member(object, SPAN("error"));
}

static int status_of(const struct json_node *error, int status)
{
    static const struct {
        struct span word;
        int status;
    } words[] = {
        {{"INVALID_ARGUMENT", 16}, 400},   {{"FAILED_PRECONDITION", 19}, 400},
        {{"OUT_OF_RANGE", 12}, 400},       {{"UNAUTHENTICATED", 15}, 401},
        {{"PERMISSION_DENIED", 17}, 403},  {{"NOT_FOUND", 9}, 404},
        {{"RESOURCE_EXHAUSTED", 18}, 429}, {{"INTERNAL", 8}, 500},
        {{"UNAVAILABLE", 11}, 503},        {{"DEADLINE_EXCEEDED", 17}, 504},
    };
    const struct json_node *word = json_member(error, SPAN("status"));
    uint64_t code;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (json_is_text(word, words[i].word))
            return words[i].status;
    }
    return json_count(json_member(error, SPAN("code")), &code) && code >= 400 && code < 600
               ? (int)code
               : status;
}

/* "13s" or "1.5s", as protocol buffers write a duration; part of a second is a whole one. */
static uint64_t duration_ms(struct span text)
{
    size_t digits = 0;

    while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9')
        digits++;
    if (digits == 0 || text.len == digits || text.ptr[text.len - 1] != 's')
        return 0;
    uint64_t ms = retry_after_ms((struct span){text.ptr, digits}, 0);
    return text.ptr[digits] == '.' && ms < RETRY_AFTER_MS_MAX ? ms + 1000 : ms;
}

/* A key that is refused is said in a 400; how long to wait stands in the details too. */
static void read_details(const struct json_node *error, struct hub_error *out)
{
    const struct json_node *details = json_member(error, SPAN("details"));

    if (!json_is(details, JSON_ARRAY))
        return;
    JSON_EACH(detail, details)
    {
        struct span delay = json_text(json_member(detail, SPAN("retryDelay")));

        if (json_is_text(json_member(detail, SPAN("reason")), SPAN("API_KEY_INVALID")))
            out->err = ERR_UPSTREAM_AUTH;
        if (delay.len > 0)
            out->retry_ms = duration_ms(delay);
    }
}

static void read_error(struct region *memory, int status, const struct json_node *error,
                       struct hub_error *out)
{
    struct hub_error read = {.err = hub_error_of_status(status_of(error, status))};

    read_details(error, &read);
    *out = hub_error_of(memory, read.err, json_text(json_member(error, SPAN("message"))));
    out->retry_ms = read.retry_ms;
}

void gemini_read_error(struct region *memory, int status, const struct json_node *root,
                       struct hub_error *out)
{
    const struct json_node *error = error_of(root);

    read_error(memory, status, error, out);
    /* What answered in the provider's place has its own words: the status is what counts. */
    if (error == NULL)
        out->err = hub_error_of_status(status);
}

/* --- a whole answer --------------------------------------------------------------------------- */

static int add_signature(struct region *memory, struct hub_blocks *blocks, struct span signature)
{
    struct hub_block *block;

    if (signature.len == 0)
        return 0;
    block = hub_add_block(memory, blocks, HUB_REASONING);
    if (block == NULL)
        return ERR_NO_MEMORY;
    block->signature = signature;
    block->signer = HUB_SIGNER_GEMINI;
    return 0;
}

static int add_piece(struct region *memory, struct hub_answer *answer, const struct piece *piece)
{
    static const enum hub_block_kind kinds[] = {
        [PIECE_NONE] = HUB_TEXT,
        [PIECE_TEXT] = HUB_TEXT,
        [PIECE_THOUGHT] = HUB_REASONING,
        [PIECE_CALL] = HUB_TOOL_CALL,
    };
    struct hub_block *block;

    if (piece->kind == PIECE_NONE || (piece->kind == PIECE_THOUGHT && piece->text.len == 0))
        return add_signature(memory, &answer->blocks, piece->signature);
    block = hub_add_block(memory, &answer->blocks, kinds[piece->kind]);
    if (block == NULL)
        return ERR_NO_MEMORY;
    block->text = piece->kind == PIECE_CALL ? SPAN("") : piece->text;
    block->id = piece->id;
    block->name = piece->name;
    block->arguments = piece->args;
    if (piece->kind == PIECE_TEXT)
        return add_signature(memory, &answer->blocks, piece->signature);
    block->signature = piece->signature;
    block->signer = piece->signature.len > 0 ? HUB_SIGNER_GEMINI : HUB_SIGNER_NONE;
    if (piece->kind == PIECE_CALL && answer->finish == HUB_FINISH_STOP)
        answer->finish = HUB_FINISH_TOOL_CALLS;
    return 0;
}

static int add_refusal(struct region *memory, struct hub_answer *answer, struct span reason)
{
    char text[BLOCK_REASON_BYTES_MAX];
    struct hub_block *block = hub_add_block(memory, &answer->blocks, HUB_REFUSAL);

    if (block == NULL)
        return ERR_NO_MEMORY;
    answer->finish = HUB_FINISH_REFUSED;
    block->text = region_copy(memory, blocked_text(reason, text, sizeof(text)));
    return block->text.ptr == NULL ? ERR_NO_MEMORY : 0;
}

static int read_candidate(struct region *memory, const struct json_node *candidate,
                          struct hub_answer *out, struct hub_error *error)
{
    const struct json_node *parts = parts_of(candidate);
    int err = 0;

    if (finish_of(gemini_member(candidate, SPAN("finishReason")), &out->finish)) {
        error->err = ERR_UPSTREAM_FAILED;
        error->message = SPAN("The model called a function in a way that cannot be read.");
        return error->err;
    }
    JSON_EACH(part, parts)
    {
        struct piece piece = read_piece(part);

        err = add_piece(memory, out, &piece);
        if (err != 0)
            break;
    }
    return err;
}

int gemini_read_answer(struct region *memory, const struct json_node *root, struct hub_answer *out,
                       struct hub_error *error)
{
    const struct json_node *candidate = candidate_of(root);
    struct usage_figures figures = {0};
    struct span reason = block_reason(root);

    *out = (struct hub_answer){0};
    if (error_of(root) != NULL) {
        read_error(memory, 500, error_of(root), error);
        return error->err;
    }
    read_usage(root, &figures);
    out->usage = usage_from_figures(&figures, PROTOCOL_GEMINI);
    if (candidate != NULL)
        return read_candidate(memory, candidate, out, error);
    return reason.len > 0 ? add_refusal(memory, out, reason) : ERR_UPSTREAM_PROTOCOL;
}

/* --- an event --------------------------------------------------------------------------------- */

static void tell_piece(struct region *scratch, const struct piece *piece, uint64_t *state,
                       struct hub_stream *to)
{
    struct hub_tool_delta call = {
        .key = *state,
        .id = piece->id,
        .name = piece->name,
        .signer = piece->signature.len > 0 ? HUB_SIGNER_GEMINI : HUB_SIGNER_NONE,
        .signature = piece->signature,
        .is_whole = true,
    };

    if (piece->kind != PIECE_CALL) {
        hub_stream_text(to, piece->kind == PIECE_THOUGHT ? HUB_REASONING : HUB_TEXT, piece->text);
        hub_stream_signature(to, HUB_SIGNER_GEMINI, piece->signature);
        return;
    }
    call.arguments = hub_encode(scratch, piece->args);
    if (call.arguments.ptr == NULL) {
        hub_stream_error(to, ERR_NO_MEMORY, SPAN(""));
        return;
    }
    hub_stream_tool(to, &call);
    ++*state;
}

static void tell_finish(const struct json_node *reason, struct hub_stream *to)
{
    enum hub_finish finish;

    if (!json_is(reason, JSON_STRING) || json_is_text(reason, SPAN("FINISH_REASON_UNSPECIFIED")))
        return;
    if (finish_of(reason, &finish))
        hub_stream_error(to, ERR_UPSTREAM_FAILED,
                         SPAN("The model called a function in a way that cannot be read."));
    else
        hub_stream_finish(to, finish, SPAN(""));
}

static void tell_usage(const struct json_node *answer, struct hub_stream *to)
{
    struct usage_figures figures = {0};

    read_usage(answer, &figures);
    for (unsigned i = 0; i < USAGE_COUNT; i++) {
        if ((figures.seen >> i & 1) != 0)
            hub_stream_usage(to, (enum usage_figure)i, figures.values[i]);
    }
}

static void tell_blocked(struct span reason, struct hub_stream *to)
{
    char text[BLOCK_REASON_BYTES_MAX];

    hub_stream_text(to, HUB_REFUSAL, blocked_text(reason, text, sizeof(text)));
    hub_stream_finish(to, HUB_FINISH_REFUSED, SPAN(""));
}

void gemini_read_event(struct region *scratch, const struct json_node *data, uint64_t *state,
                       struct hub_stream *to)
{
    const struct json_node *candidate = candidate_of(data);
    const struct json_node *parts = parts_of(candidate);
    struct span reason = block_reason(data);
    struct hub_error error;

    if (error_of(data) != NULL) {
        read_error(scratch, 500, error_of(data), &error);
        hub_stream_error(to, error.err, error.message);
        return;
    }
    tell_usage(data, to);
    if (candidate == NULL && reason.len > 0)
        tell_blocked(reason, to);
    JSON_EACH(part, parts)
    {
        struct piece piece = read_piece(part);

        tell_piece(scratch, &piece, state, to);
    }
    tell_finish(gemini_member(candidate, SPAN("finishReason")), to);
}
