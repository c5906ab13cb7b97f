/* What OpenAI, and those who follow it, call errors. */
#include "lib/base/err.h"
#include "lib/protocol/hub_error.h"
#include "lib/protocol/openai_inner.h"

/** A `code` or a `type` that says more than the status, or stands where there is none. */
static int err_of_word(const struct json_node *word)
{
    static const struct {
        struct span word;
        int err;
    } words[] = {
        {{"rate_limit_exceeded", 19}, ERR_UPSTREAM_BUSY},
        {{"rate_limit_error", 16}, ERR_UPSTREAM_BUSY},
        {{"insufficient_quota", 18}, ERR_UPSTREAM_BUSY},
        {{"overloaded_error", 16}, ERR_UPSTREAM_OVERLOADED},
        {{"overloaded", 10}, ERR_UPSTREAM_OVERLOADED},
        {{"timeout", 7}, ERR_UPSTREAM_TIMEOUT},
        {{"timeout_error", 13}, ERR_UPSTREAM_TIMEOUT},
        {{"invalid_api_key", 15}, ERR_UPSTREAM_AUTH},
        {{"authentication_error", 20}, ERR_UPSTREAM_AUTH},
        {{"permission_error", 16}, ERR_UPSTREAM_AUTH},
        {{"model_not_found", 15}, ERR_UPSTREAM_MODEL},
        {{"request_too_large", 17}, ERR_UPSTREAM_TOO_LARGE},
        {{"context_length_exceeded", 23}, ERR_UPSTREAM_REJECTED},
        {{"content_policy_violation", 24}, ERR_UPSTREAM_REJECTED},
        {{"invalid_request_error", 21}, ERR_UPSTREAM_REJECTED},
        {{"BadRequestError", 15}, ERR_UPSTREAM_REJECTED},
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (json_is_text(word, words[i].word))
            return words[i].err;
    }
    return 0;
}

/** A status in a number's clothes or in a string's; 0: none. */
static int status_of(const struct json_node *code)
{
    uint64_t status;

    if (code == NULL || !json_decode_count(code->raw, &status) || status < 400 || status > 599)
        return 0;
    return (int)status;
}

/** What an error object amounts to; 0: it does not say. */
static int err_of_object(const struct json_node *error)
{
    const struct json_node *code = json_member(error, SPAN("code"));
    int err = err_of_word(code);

    if (err != 0)
        return err;
    if (status_of(code) != 0)
        return hub_error_of_status(status_of(code));
    return err_of_word(json_member(error, SPAN("type")));
}

/** Truthy, as in the official SDKs. */
static bool is_truthy(const struct json_node *error)
{
    if (json_is(error, JSON_STRING))
        return error->raw.len > 0;
    if (json_is(error, JSON_NUMBER))
        return !span_equal(error->raw, SPAN("0"));
    return error != NULL && error->type != JSON_FALSE;
}

/** The error that an answer holds, or that it is (vLLM); NULL: none. */
static const struct json_node *error_in(const struct json_node *root)
{
    const struct json_node *error = json_member(root, SPAN("error"));

    if (is_truthy(error))
        return error;
    return json_is_text(json_member(root, SPAN("object")), SPAN("error")) ? root : NULL;
}

static struct span message_of(const struct json_node *error)
{
    return json_is(error, JSON_STRING) ? error->raw
                                       : json_text(json_member(error, SPAN("message")));
}

bool openai_find_error(struct region *memory, const struct json_node *root, struct hub_error *out)
{
    const struct json_node *error = error_in(root);
    int err = err_of_object(error);

    if (error == NULL)
        return false;
    *out = hub_error_of(memory, err != 0 ? err : ERR_UPSTREAM_FAILED, message_of(error));
    return true;
}

/** FastAPI: `detail` is a sentence, or a list of what is wrong with each field. */
static struct span detail_of(const struct json_node *root)
{
    const struct json_node *detail = json_member(root, SPAN("detail"));
    const struct json_node *first = json_is(detail, JSON_ARRAY) ? json_first(detail) : NULL;

    return first != NULL ? json_text(json_member(first, SPAN("msg"))) : json_text(detail);
}

void openai_read_error(struct region *memory, int status, const struct json_node *root,
                       struct hub_error *out)
{
    const struct json_node *error;
    struct span message;
    int err;

    /* Google's servers may wrap it. */
    if (json_is(root, JSON_ARRAY))
        root = json_first(root);
    error = error_in(root);
    message = message_of(error);
    if (message.len == 0)
        message = json_text(json_member(root, SPAN("message")));
    if (message.len == 0)
        message = detail_of(root);
    /* 400 is also said of models that are unknown and of keys that are none. */
    err = status == 400 ? err_of_object(error) : 0;
    *out = hub_error_of(memory, err != 0 ? err : hub_error_of_status(status), message);
}
