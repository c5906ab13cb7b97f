#include "lib/wire/url.h"

#include "lib/base/err.h"
#include "lib/wire/bytes.h"

/**
 * Take one decoded byte off the front.
 *
 * @return the byte, or -1 for a `%` without two hex digits or a decoded NUL
 */
static int next_byte(struct span *encoded)
{
    int high;
    int low;

    if (encoded->ptr[0] != '%') {
        int byte = (unsigned char)encoded->ptr[0];

        *encoded = span_skip(*encoded, 1);
        return byte == 0 ? -1 : byte;
    }
    if (encoded->len < 3)
        return -1;
    high = bytes_hex_digit(encoded->ptr[1]);
    low = bytes_hex_digit(encoded->ptr[2]);
    if (high < 0 || low < 0 || high + low == 0)
        return -1;
    *encoded = span_skip(*encoded, 3);
    return high * 16 + low;
}

/** How many bytes from the front stand for themselves. */
static size_t count_plain(struct span encoded, bool is_form)
{
    size_t count = 0;

    while (count < encoded.len && encoded.ptr[count] != '%' && encoded.ptr[count] != '\0' &&
           !(is_form && encoded.ptr[count] == '+'))
        count++;
    return count;
}

static int decode(struct span encoded, bool is_form, struct text *into, struct span *out)
{
    for (;;) {
        size_t plain = count_plain(encoded, is_form);

        text_add(into, (struct span){encoded.ptr, plain});
        encoded = span_skip(encoded, plain);
        if (encoded.len == 0)
            break;
        bool is_space = is_form && encoded.ptr[0] == '+';
        int byte = next_byte(&encoded);

        if (byte < 0)
            return ERR_BAD_REQUEST;
        text_add_char(into, (char)(is_space ? ' ' : byte));
    }
    if (into->err == 0)
        *out = text_span(into);
    return into->err;
}

int url_decode(struct span encoded, char *memory, size_t memory_bytes, struct span *out)
{
    struct text into = text_over(memory, memory_bytes);

    return decode(encoded, false, &into, out);
}

int url_decode_form(struct span encoded, char *memory, size_t memory_bytes, struct span *out)
{
    struct text into = text_over(memory, memory_bytes);

    return decode(encoded, true, &into, out);
}

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void url_add_encoded(struct text *out, struct span bytes)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char byte = (unsigned char)bytes.ptr[i];
        const char encoded[] = {'%', digits[byte >> 4], digits[byte & 15]};

        if (is_unreserved(bytes.ptr[i]))
            text_add_char(out, bytes.ptr[i]);
        else
            text_add(out, (struct span){encoded, sizeof(encoded)});
    }
}

/** Is `encoded` the name, once decoded? A malformed one is nobody's name. */
static bool is_name(struct span encoded, struct span name)
{
    while (encoded.len > 0) {
        int byte = next_byte(&encoded);

        if (byte < 0 || name.len == 0 || byte != (unsigned char)name.ptr[0])
            return false;
        name = span_skip(name, 1);
    }
    return name.len == 0;
}

/* Most parameters are told from another one by their first letter. */
static bool may_be_name(struct span pair, struct span name)
{
    return pair.len > 0 && (name.len == 0 || pair.ptr[0] == name.ptr[0] || pair.ptr[0] == '%');
}

/** Is it that parameter, with this value? */
static bool is_parameter(struct span pair, struct span name, struct span *value)
{
    if (!may_be_name(pair, name))
        return false;
    if (span_starts_with(pair, name) && (pair.len == name.len || pair.ptr[name.len] == '=')) {
        *value = span_skip(pair, pair.len == name.len ? name.len : name.len + 1);
        return true;
    }
    /* Written in another way it can only be when there is an escape in it. */
    if (memchr(pair.ptr, '%', pair.len) == NULL)
        return false;
    const char *equals = memchr(pair.ptr, '=', pair.len);
    size_t name_bytes = equals == NULL ? pair.len : (size_t)(equals - pair.ptr);

    if (!is_name((struct span){pair.ptr, name_bytes}, name))
        return false;
    *value = span_skip(pair, equals == NULL ? pair.len : name_bytes + 1);
    return true;
}

bool url_query_find(struct span query, struct span name, struct span *value)
{
    while (query.len > 0) {
        const char *and = memchr(query.ptr, '&', query.len);
        struct span pair = {query.ptr, and == NULL ? query.len : (size_t)(and-query.ptr)};

        if (is_parameter(pair, name, value))
            return true;
        query = span_skip(query, and == NULL ? pair.len : pair.len + 1);
    }
    return false;
}
