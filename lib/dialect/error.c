#include "lib/dialect/dialect.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/dialect/fields.h"

/* What each dialect that has types of errors calls an answer with that status. */
struct error_words {
    int status;
    struct span openai;
    struct span anthropic;
};

#define WORDS(status, openai, anthropic)      \
    {                                         \
        status, {openai, sizeof(openai) - 1}, \
        {                                     \
            anthropic, sizeof(anthropic) - 1  \
        }                                     \
    }

/* A status that has no row of its own is called what 400 or 500 is called. */
static const struct error_words by_status[] = {
    WORDS(400, "invalid_request_error", "invalid_request_error"),
    WORDS(401, "authentication_error", "authentication_error"),
    WORDS(403, "permission_error", "permission_error"),
    WORDS(404, "invalid_request_error", "not_found_error"),
    WORDS(413, "invalid_request_error", "request_too_large"),
    WORDS(429, "rate_limit_error", "rate_limit_error"),
    WORDS(500, "server_error", "api_error"),
    WORDS(503, "server_error", "overloaded_error"),
    WORDS(504, "server_error", "timeout_error"),
};

static const struct error_words *find_words(int status)
{
    for (size_t i = 0; i < sizeof(by_status) / sizeof(by_status[0]); i++) {
        if (by_status[i].status == status)
            return &by_status[i];
    }
    return NULL;
}

static const struct error_words *words_of(int err)
{
    int status = err_http_status(err);
    const struct error_words *words = find_words(status);

    if (words == NULL)
        words = find_words(status >= 400 && status < 500 ? 400 : 500);
    INVARIANT(words != NULL);
    return words;
}

static void add_string_or_null(struct text *out, struct span value)
{
    if (value.len == 0)
        text_add(out, SPAN("null"));
    else
        text_add_json(out, value);
}

/* The sentence's closing quote and the detail's opening one share a place, which becomes a blank. */
static void add_message(struct text *out, int err, struct span detail)
{
    text_add_json(out, span_of(err_text(err)));
    if (detail.len == 0 || out->err != 0)
        return;
    size_t joint = --out->len;

    text_add_json(out, detail);
    if (out->err == 0)
        out->ptr[joint] = ' ';
}

/* What an error body says. */
struct error_body {
    int err;
    struct span detail;
    struct span param;
    struct span request_id;
};

static void add_openai(const struct error_body *body, struct text *out)
{
    text_add(out, SPAN("{\"error\":{\"message\":"));
    add_message(out, body->err, body->detail);
    text_add(out, SPAN(",\"type\":"));
    text_add_json(out, words_of(body->err)->openai);
    text_add(out, SPAN(",\"param\":"));
    add_string_or_null(out, body->param);
    text_add(out, SPAN(",\"code\":"));
    add_string_or_null(out, span_of(err_code(body->err)));
    text_add(out, SPAN("}}"));
}

static void add_anthropic(const struct error_body *body, struct text *out)
{
    text_add(out, SPAN("{\"type\":\"error\",\"error\":{\"type\":"));
    text_add_json(out, words_of(body->err)->anthropic);
    text_add(out, SPAN(",\"message\":"));
    add_message(out, body->err, body->detail);
    text_add(out, SPAN("},\"request_id\":"));
    add_string_or_null(out, body->request_id);
    text_add_char(out, '}');
}

static void add_credit(const struct error_body *body, struct text *out)
{
    text_add(out, SPAN("{\"error\":{\"message\":"));
    add_message(out, body->err, body->detail);
    text_add(out, SPAN(",\"code\":"));
    add_string_or_null(out, span_of(err_code(body->err)));
    text_add(out, SPAN("}}"));
}

/* What Gemini calls a status; one without a row is called what 400 or 500 is called. */
static const struct {
    int status;
    struct span word;
} gemini_words[] = {
    {400, {"INVALID_ARGUMENT", 16}},
    {401, {"UNAUTHENTICATED", 15}},
    {403, {"PERMISSION_DENIED", 17}},
    {404, {"NOT_FOUND", 9}},
    {429, {"RESOURCE_EXHAUSTED", 18}},
    {499, {"CANCELLED", 9}},
    {500, {"INTERNAL", 8}},
    {501, {"UNIMPLEMENTED", 13}},
    {503, {"UNAVAILABLE", 11}},
    {504, {"DEADLINE_EXCEEDED", 17}},
};

static struct span gemini_word(int status)
{
    int general = status >= 400 && status < 500 ? 400 : 500;
    struct span word = SPAN("");

    for (size_t i = 0; i < sizeof(gemini_words) / sizeof(gemini_words[0]); i++) {
        if (gemini_words[i].status == status)
            return gemini_words[i].word;
        if (gemini_words[i].status == general)
            word = gemini_words[i].word;
    }
    return word;
}

int dialect_error_status(enum error_dialect dialect, int err)
{
    int status = err_http_status(err);

    if (dialect != ERRORS_GEMINI || status != 401)
        return status;
    return err == ERR_NO_CREDENTIAL ? 403 : 400;
}

static void add_gemini(const struct error_body *body, struct text *out)
{
    int status = dialect_error_status(ERRORS_GEMINI, body->err);

    field_unsigned(out, SPAN("{\"error\":{\"code\":"), (uint64_t)status);
    text_add(out, SPAN(",\"message\":"));
    add_message(out, body->err, body->detail);
    field_string(out, SPAN(",\"status\":"), gemini_word(status));
    if (err_http_status(body->err) == 401 && status == 400)
        text_add(out, SPAN(",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\","
                           "\"reason\":\"API_KEY_INVALID\",\"domain\":\"googleapis.com\","
                           "\"metadata\":{\"service\":\"generativelanguage.googleapis.com\"}}]"));
    text_add(out, SPAN("}}"));
}

static void add_openrouter(const struct error_body *body, struct text *out)
{
    field_unsigned(out, SPAN("{\"error\":{\"code\":"), (uint64_t)err_http_status(body->err));
    text_add(out, SPAN(",\"message\":"));
    add_message(out, body->err, body->detail);
    text_add(out, SPAN("}}"));
}

static void add_line(const struct error_body *body, struct text *out)
{
    text_add(out, span_of(err_text(body->err)));
    if (body->detail.len != 0) {
        text_add_char(out, ' ');
        text_add(out, body->detail);
    }
    text_add_char(out, '\n');
}

static void (*const envelopes[ERRORS_COUNT])(const struct error_body *body, struct text *out) = {
    [ERRORS_OPENAI] = add_openai,         [ERRORS_ANTHROPIC] = add_anthropic,
    [ERRORS_CREDIT] = add_credit,         [ERRORS_GEMINI] = add_gemini,
    [ERRORS_OPENROUTER] = add_openrouter, [ERRORS_TEXT] = add_line,
};

struct span dialect_error_type(enum error_dialect dialect)
{
    return dialect == ERRORS_TEXT ? SPAN("text/plain; charset=utf-8") : SPAN("application/json");
}

enum error_dialect dialect_errors_of(enum wire_protocol protocol)
{
    static const enum error_dialect dialects[PROTOCOL_COUNT] = {
        [PROTOCOL_OPENAI] = ERRORS_OPENAI,
        [PROTOCOL_ANTHROPIC] = ERRORS_ANTHROPIC,
        [PROTOCOL_GEMINI] = ERRORS_GEMINI,
    };

    INVARIANT(protocol < PROTOCOL_COUNT);
    return dialects[protocol];
}

// NOLINTNEXTLINE(readability-function-size): what an error body says, and where it goes
void dialect_render_error(enum error_dialect dialect, int err, struct span detail,
                          struct span param, struct span request_id, struct text *out)
{
    const struct error_body body = {err, detail, param, request_id};

    INVARIANT(dialect < ERRORS_COUNT);
    envelopes[dialect](&body, out);
}

void dialect_render_error_event(enum wire_protocol protocol, int err, struct span request_id,
                                struct text *out)
{
    const struct span none = {NULL, 0};

    INVARIANT(protocol < PROTOCOL_COUNT);
    if (protocol == PROTOCOL_ANTHROPIC)
        text_add(out, SPAN("event: error\n"));
    text_add(out, SPAN("data: "));
    dialect_render_error(dialect_errors_of(protocol), err, none, none, request_id, out);
    text_add(out, SPAN("\n\n"));
}
