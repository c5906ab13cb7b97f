#include "lib/protocol/hub_error.h"

#include "lib/base/err.h"
#include "lib/protocol/hub_text.h"

#include <string.h>

int hub_error_of_status(int status)
{
    switch (status) {
    case 400:
    case 409:
    case 422:
        return ERR_UPSTREAM_REJECTED;
    case 401:
    case 403:
        return ERR_UPSTREAM_AUTH;
    case 404:
        return ERR_UPSTREAM_MODEL;
    case 408:
    case 504:
        return ERR_UPSTREAM_TIMEOUT;
    case 413:
        return ERR_UPSTREAM_TOO_LARGE;
    case 402:
    case 429:
        return ERR_UPSTREAM_BUSY;
    case 503:
    case 529:
        return ERR_UPSTREAM_OVERLOADED;
    default:
        return ERR_UPSTREAM_FAILED;
    }
}

static bool holds(struct span word, struct span part)
{
    return word.len >= part.len && memmem(word.ptr, word.len, part.ptr, part.len) != NULL;
}

static bool is_secret(struct span word)
{
    static const char *const marks[] = {
        "://", "sk-", "AIza", "arn:", "key=", "Bearer", "projects/", "eyJ", "ya29.",
    };

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (holds(word, span_of(marks[i])))
            return true;
    }
    return false;
}

static bool ends_word(char c)
{
    return (unsigned char)c <= ' ' || c == 0x7f;
}

static struct span take_word(struct span *text)
{
    size_t len = 0;

    while (text->len > 0 && ends_word(text->ptr[0]))
        *text = span_skip(*text, 1);
    while (len < text->len && !ends_word(text->ptr[len]))
        len++;
    struct span word = {text->ptr, len};
    *text = span_skip(*text, len);
    return word;
}

struct span hub_error_message(struct region *memory, struct span raw)
{
    struct span rest = hub_decode(memory, raw);
    struct text out = region_text(memory);

    while (rest.len > 0) {
        struct span word = take_word(&rest);

        if (word.len == 0)
            break;
        if (is_secret(word))
            word = SPAN("[...]");
        if (out.len + word.len + 1 > HUB_ERROR_MESSAGE_BYTES_MAX)
            break;
        if (out.len > 0)
            text_add_char(&out, ' ');
        text_add(&out, word);
    }
    if (out.err != 0)
        return SPAN("");
    region_keep_text(memory, &out);
    return text_span(&out);
}

struct hub_error hub_error_of(struct region *memory, int err, struct span raw)
{
    struct hub_error error = {.err = err};

    if (err != ERR_UPSTREAM_AUTH && err != ERR_UPSTREAM_MODEL)
        error.message = hub_error_message(memory, raw);
    return error;
}
