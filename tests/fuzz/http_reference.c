#include "tests/fuzz/http_reference.h"

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

bool reference_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_one_of(c, "0123456789abcdefABCDEF");
}

static bool is_word(char c)
{
    return reference_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool reference_is_token(char c)
{
    return is_word(c) || is_one_of(c, "!#$%&'*+-.^_`|~");
}

bool reference_is_target(char c)
{
    return c > ' ' && c < 0x7f && c != '#';
}

static bool is_host(char c)
{
    return is_word(c) || is_one_of(c, "!$%&'()*+-.:;=[]_~");
}

bool reference_is_text(char c)
{
    return c == '\t' || ((unsigned char)c >= ' ' && c != 0x7f);
}

static bool is_blank(char c)
{
    return c == ' ';
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

char reference_peek(struct reference *reference)
{
    if (reference->verdict != REFERENCE_GOOD)
        return '\0';
    if (reference->left.len == 0) {
        reference->verdict = REFERENCE_MORE;
        return '\0';
    }
    return reference->left.ptr[0];
}

void reference_demand(struct reference *reference, bool holds)
{
    if (reference->verdict == REFERENCE_GOOD && !holds)
        reference->verdict = REFERENCE_BAD;
}

struct span reference_run(struct reference *reference, reference_kind *kind, size_t most)
{
    const char *begin = reference->left.ptr;
    size_t len = 0;

    while (len < most && kind(reference_peek(reference)) && reference->verdict == REFERENCE_GOOD) {
        reference->left = span_skip(reference->left, 1);
        len++;
    }
    /* Whether that was all of them, only the next byte tells. */
    (void)reference_peek(reference);
    return (struct span){begin, len};
}

void reference_literal(struct reference *reference, const char *text)
{
    for (; *text != '\0' && reference->verdict == REFERENCE_GOOD; text++) {
        char c = reference_peek(reference);
        bool is_letter = *text >= 'a' && *text <= 'z';

        reference_demand(reference, c == *text || (is_letter && c == *text - 'a' + 'A'));
        if (reference->verdict == REFERENCE_GOOD)
            reference->left = span_skip(reference->left, 1);
    }
}

static bool is_name(struct span name, const char *text)
{
    return span_equal_nocase(name, span_of(text));
}

static void take_length(struct reference *reference, struct reference_head *head)
{
    reference_demand(reference, !head->has_length && !head->is_chunked);
    head->has_length = true;
    reference_literal(reference, ":");
    reference_run(reference, is_blank, SIZE_MAX);
    struct span digits = reference_run(reference, reference_is_digit, 18);
    reference_demand(reference, digits.len > 0);
    for (size_t i = 0; i < digits.len; i++)
        head->length = head->length * 10 + (uint64_t)(digits.ptr[i] - '0');
    reference_run(reference, is_blank, SIZE_MAX);
}

static void take_coding(struct reference *reference, struct reference_head *head)
{
    reference_demand(reference, !head->has_length && !head->is_chunked && head->minor == 1);
    head->is_chunked = true;
    reference_literal(reference, ":");
    reference_run(reference, is_blank, SIZE_MAX);
    reference_literal(reference, "chunked");
    reference_run(reference, is_blank, SIZE_MAX);
}

static void take_host(struct reference *reference, struct reference_head *head)
{
    reference_demand(reference, !head->has_host);
    head->has_host = true;
    reference_literal(reference, ":");
    reference_run(reference, is_space, SIZE_MAX);
    reference_run(reference, is_host, SIZE_MAX);
    reference_run(reference, is_space, SIZE_MAX);
}

static void take_field(struct reference *reference, struct reference_head *head, bool is_request)
{
    reference_demand(reference, head->fields < REFERENCE_FIELDS_MAX);
    struct span name = reference_run(reference, reference_is_token, SIZE_MAX);
    const char *colon = reference->left.ptr;

    reference_demand(reference, name.len > 0);
    reference_demand(reference, reference_peek(reference) == ':');
    if (is_name(name, "content-length")) {
        take_length(reference, head);
    } else if (is_name(name, "transfer-encoding")) {
        take_coding(reference, head);
    } else if (is_request && is_name(name, "host")) {
        take_host(reference, head);
    } else {
        reference_literal(reference, ":");
        reference_run(reference, reference_is_text, SIZE_MAX);
    }
    const char *end = reference->left.ptr;
    reference_literal(reference, "\r\n");
    if (reference->verdict == REFERENCE_GOOD) {
        head->names[head->fields] = name;
        head->values[head->fields++] = span_trim(span_from(colon + 1, end));
    }
}

void reference_fields(struct reference *reference, struct reference_head *head, bool is_request)
{
    while (reference_peek(reference) != '\r' && reference->verdict == REFERENCE_GOOD)
        take_field(reference, head, is_request);
    reference_literal(reference, "\r");
    (void)reference_peek(reference);
    reference_demand(reference, !is_request || head->has_host || head->minor == 0);
    reference_literal(reference, "\n");
}

void reference_version(struct reference *reference, struct reference_head *head)
{
    reference_literal(reference, "HTTP/1.");
    char minor = reference_peek(reference);
    reference_demand(reference, minor == '0' || minor == '1');
    reference_run(reference, reference_is_digit, 1);
    head->minor = minor == '1';
}

void reference_chunks(struct reference *reference, bool takes_trailers, struct fuzz_hash *content)
{
    uint64_t size = 1;

    while (size > 0 && reference->verdict == REFERENCE_GOOD) {
        struct span digits = reference_run(reference, is_hex, 8);

        size = 0;
        for (size_t i = 0; i < digits.len; i++)
            size = size * 16 + (unsigned)strtol((char[]){digits.ptr[i], '\0'}, NULL, 16);
        reference_demand(reference, digits.len > 0);
        reference_literal(reference, "\r\n");
        if (size == 0 || reference->verdict != REFERENCE_GOOD)
            break;
        size_t len = reference->left.len < size ? reference->left.len : (size_t)size;
        fuzz_hash_bytes(content, (struct span){reference->left.ptr, len});
        reference->left = span_skip(reference->left, len);
        if (len < size)
            reference->verdict = REFERENCE_MORE;
        reference_literal(reference, "\r\n");
    }
    size_t room = takes_trailers ? REFERENCE_TRAILER_BYTES_MAX : 0;
    while (reference_peek(reference) != '\r' && reference->verdict == REFERENCE_GOOD) {
        size_t name = reference_run(reference, reference_is_token, room).len;

        reference_demand(reference, name > 0 && name < room);
        reference_literal(reference, ":");
        room -= name + 1;
        room -= reference_run(reference, reference_is_text, room).len;
        reference_literal(reference, "\r\n");
    }
    reference_literal(reference, "\r\n");
}

void reference_content(struct reference *reference, uint64_t length, struct fuzz_hash *content)
{
    size_t len = reference->left.len < length ? reference->left.len : (size_t)length;

    if (reference->verdict != REFERENCE_GOOD)
        return;
    fuzz_hash_bytes(content, (struct span){reference->left.ptr, len});
    reference->left = span_skip(reference->left, len);
    if (len < length)
        reference->verdict = REFERENCE_MORE;
}
