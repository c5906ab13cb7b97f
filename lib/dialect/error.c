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

/* What a protocol's own servers say of an error, word for word: their clients look for it. */
struct wording {
    enum error_dialect dialect;
    int err;
    struct span before; /* the subject, which stands inside the sentence */
    struct span after;
    bool names; /* it needs the subject */
};

#define SAYS(dialect, err, sentence)                                                    \
    {                                                                                   \
        ERRORS_##dialect, ERR_##err, {sentence, sizeof(sentence) - 1}, {NULL, 0}, false \
    }
#define NAMES(dialect, err, before, after)                                                     \
    {                                                                                          \
        ERRORS_##dialect, ERR_##err, {before, sizeof(before) - 1}, {after, sizeof(after) - 1}, \
            true                                                                               \
    }

static const struct wording wordings[] = {
    SAYS(OPENAI, NO_CREDENTIAL,
         "You didn't provide an API key. You need to provide your API key in an Authorization "
         "header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."),
    /* OpenAI's goes on with a part of the key. */
    SAYS(OPENAI, UNKNOWN_KEY, "Incorrect API key provided."),
    NAMES(OPENAI, UNKNOWN_MODEL, "The model `",
          "` does not exist or you do not have access to it."),
    NAMES(ANTHROPIC, API_VERSION, "anthropic-version: \"", "\" is not a valid version"),
    SAYS(ANTHROPIC, NO_CREDENTIAL, "x-api-key header is required"),
    SAYS(ANTHROPIC, UNKNOWN_KEY, "invalid x-api-key"),
    NAMES(ANTHROPIC, UNKNOWN_MODEL, "model: ", ""),
    SAYS(ANTHROPIC, NO_ROUTE, "Not found"),
    SAYS(GEMINI, NO_CREDENTIAL,
         "Method doesn't allow unregistered callers (callers without established identity). Please "
         "use API Key or other form of API consumer identity to call this API."),
    SAYS(GEMINI, UNKNOWN_KEY, "API key not valid. Please pass a valid API key."),
    NAMES(GEMINI, UNKNOWN_MODEL, "models/",
          " is not found for API version v1beta, or is not supported for generateContent. Call "
          "ListModels to see the list of available models and their supported methods."),
};

#undef SAYS
#undef NAMES

static bool can_be_named(struct span subject)
{
    for (size_t i = 0; i < subject.len; i++) {
        if (subject.ptr[i] < ' ' || subject.ptr[i] > '~')
            return false;
    }
    return subject.len > 0 && subject.len <= DIALECT_SUBJECT_BYTES_MAX;
}

/* NULL: the dialect has no words of its own. */
static const struct wording *find_wording(enum error_dialect dialect,
                                          const struct dialect_error *error)
{
    for (size_t i = 0; i < sizeof(wordings) / sizeof(wordings[0]); i++) {
        const struct wording *row = &wordings[i];

        if (row->dialect == dialect && row->err == error->err)
            return !row->names || can_be_named(error->subject) ? row : NULL;
    }
    return NULL;
}

/* The sentence, then the detail, as one JSON string. */
static void add_message(enum error_dialect dialect, const struct dialect_error *error,
                        struct text *out)
{
    const struct wording *own = find_wording(dialect, error);

    text_add_char(out, '"');
    text_add_json_part(out, own == NULL ? span_of(err_text(error->err)) : own->before);
    if (own != NULL && own->names) {
        text_add_json_part(out, error->subject);
        text_add_json_part(out, own->after);
    }
    if (error->detail.len > 0) {
        text_add_char(out, ' ');
        text_add_json_part(out, error->detail);
    }
    text_add_char(out, '"');
}

static void add_openai(const struct dialect_error *body, struct text *out)
{
    text_add(out, SPAN("{\"error\":{\"message\":"));
    add_message(ERRORS_OPENAI, body, out);
    text_add(out, SPAN(",\"type\":"));
    text_add_json(out, words_of(body->err)->openai);
    text_add(out, SPAN(",\"param\":"));
    add_string_or_null(out, body->param);
    text_add(out, SPAN(",\"code\":"));
    add_string_or_null(out, span_of(err_code(body->err)));
    text_add(out, SPAN("}}"));
}

static void add_anthropic(const struct dialect_error *body, struct text *out)
{
    text_add(out, SPAN("{\"type\":\"error\",\"error\":{\"type\":"));
    text_add_json(out, words_of(body->err)->anthropic);
    text_add(out, SPAN(",\"message\":"));
    add_message(ERRORS_ANTHROPIC, body, out);
    text_add(out, SPAN("},\"request_id\":"));
    add_string_or_null(out, body->request_id);
    text_add_char(out, '}');
}

static void add_credit(const struct dialect_error *body, struct text *out)
{
    text_add(out, SPAN("{\"error\":{\"message\":"));
    add_message(ERRORS_CREDIT, body, out);
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

/* Clients tell a bad key from other bad requests by the reason. */
static void add_gemini_details(const struct dialect_error *body, struct text *out)
{
    text_add(out, SPAN(",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\","
                       "\"reason\":\"API_KEY_INVALID\",\"domain\":\"googleapis.com\","
                       "\"metadata\":{\"service\":\"generativelanguage.googleapis.com\"}},"
                       "{\"@type\":\"type.googleapis.com/google.rpc.LocalizedMessage\","
                       "\"locale\":\"en-US\",\"message\":"));
    add_message(ERRORS_GEMINI, body, out);
    text_add(out, SPAN("}]"));
}

static void add_gemini(const struct dialect_error *body, struct text *out)
{
    int status = dialect_error_status(ERRORS_GEMINI, body->err);

    field_unsigned(out, SPAN("{\"error\":{\"code\":"), (uint64_t)status);
    text_add(out, SPAN(",\"message\":"));
    add_message(ERRORS_GEMINI, body, out);
    field_string(out, SPAN(",\"status\":"), gemini_word(status));
    if (err_http_status(body->err) == 401 && status == 400)
        add_gemini_details(body, out);
    text_add(out, SPAN("}}"));
}

static void add_openrouter(const struct dialect_error *body, struct text *out)
{
    field_unsigned(out, SPAN("{\"error\":{\"code\":"), (uint64_t)err_http_status(body->err));
    text_add(out, SPAN(",\"message\":"));
    add_message(ERRORS_OPENROUTER, body, out);
    text_add(out, SPAN("}}"));
}

static void add_line(const struct dialect_error *body, struct text *out)
{
    text_add(out, span_of(err_text(body->err)));
    if (body->detail.len != 0) {
        text_add_char(out, ' ');
        text_add(out, body->detail);
    }
    text_add_char(out, '\n');
}

static void (*const envelopes[ERRORS_COUNT])(const struct dialect_error *body, struct text *out) = {
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

void dialect_render_error(enum error_dialect dialect, const struct dialect_error *error,
                          struct text *out)
{
    INVARIANT(dialect < ERRORS_COUNT);
    envelopes[dialect](error, out);
}

void dialect_render_error_event(enum wire_protocol protocol, int err, struct span request_id,
                                struct text *out)
{
    const struct dialect_error error = {.err = err, .request_id = request_id};

    INVARIANT(protocol < PROTOCOL_COUNT);
    if (protocol == PROTOCOL_ANTHROPIC)
        text_add(out, SPAN("event: error\n"));
    text_add(out, SPAN("data: "));
    dialect_render_error(dialect_errors_of(protocol), &error, out);
    text_add(out, SPAN("\n\n"));
}
