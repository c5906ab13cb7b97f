#include "lib/base/names.h"

/* The verbs that Gemini's paths append to a model after a colon: a slug ending so is ambiguous. */
static const struct span gemini_verbs[] = {
    {":generateContent", 16}, {":streamGenerateContent", 22}, {":countTokens", 12},
    {":embedContent", 13},    {":batchEmbedContents", 19},
};

static bool is_small(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_alnum(char c)
{
    return is_small(c) || (c >= 'A' && c <= 'Z');
}

static bool is_of_id(char c)
{
    return is_small(c) || c == '-' || c == '_' || c == '.';
}

static bool is_of_slug(char c)
{
    return is_alnum(c) || c == '-' || c == '_' || c == '.' || c == ':' || c == '/' || c == '@' ||
           c == '+';
}

static bool are_all(struct span text, bool (*is)(char c))
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is(text.ptr[i]))
            return false;
    }
    return true;
}

const char *name_check_id(struct span text)
{
    if (text.len == 0 || !is_small(text.ptr[0]))
        return "must begin with a small letter or a digit";
    if (text.len > NAME_ID_BYTES_MAX)
        return "is longer than 64 bytes";
    if (!are_all(text, is_of_id))
        return "may only hold small letters, digits and . _ -";
    return NULL;
}

static bool has_empty_step(struct span slug)
{
    for (size_t i = 1; i < slug.len; i++) {
        if (slug.ptr[i] == slug.ptr[i - 1] && (slug.ptr[i] == '/' || slug.ptr[i] == '.'))
            return true;
    }
    return false;
}

static bool ends_with_verb(struct span slug)
{
    for (size_t i = 0; i < sizeof(gemini_verbs) / sizeof(gemini_verbs[0]); i++) {
        struct span verb = gemini_verbs[i];

        if (slug.len >= verb.len && span_equal(span_skip(slug, slug.len - verb.len), verb))
            return true;
    }
    return false;
}

const char *name_check_slug(struct span text)
{
    if (text.len == 0 || !is_alnum(text.ptr[0]))
        return "must begin with a letter or a digit";
    if (text.len > NAME_SLUG_BYTES_MAX)
        return "is longer than 128 bytes";
    if (!are_all(text, is_of_slug))
        return "may only hold letters, digits and . _ : / @ + -";
    if (has_empty_step(text))
        return "must not hold // or ..";
    if (text.ptr[text.len - 1] == '/' || text.ptr[text.len - 1] == ':')
        return "must not end with / or :";
    return ends_with_verb(text) ? "must not end with a verb of Gemini's paths" : NULL;
}

/* How many bytes a character has that begins with `first`; 0 when none does (RFC 3629). */
static size_t character_bytes(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/* The second byte's narrower range shuts out overlong forms, surrogates and what is above 10FFFF. */
static bool is_second_byte(unsigned char first, unsigned char second)
{
    unsigned char min = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned char max = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;

    return second >= min && second <= max;
}

/* Takes one character off the front. */
static bool take_character(struct span *text)
{
    const unsigned char *at = (const unsigned char *)text->ptr;
    size_t bytes = character_bytes(at[0]);

    if (bytes == 0 || bytes > text->len || (bytes > 1 && !is_second_byte(at[0], at[1])))
        return false;
    for (size_t i = 2; i < bytes; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return false;
    }
    *text = span_skip(*text, bytes);
    return true;
}

const char *name_check_line(struct span text)
{
    if (text.len > NAME_LINE_BYTES_MAX)
        return "is longer than 256 bytes";
    while (text.len > 0) {
        unsigned char first = (unsigned char)text.ptr[0];

        if (first < 0x20 || first == 0x7f)
            return "must be one line without control characters";
        if (!take_character(&text))
            return "must be UTF-8";
    }
    return NULL;
}
