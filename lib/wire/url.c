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

int url_decode(struct span encoded, char *memory, size_t memory_bytes, struct span *out)
{
    size_t len = 0;

    while (encoded.len > 0) {
        int byte = next_byte(&encoded);

        if (byte < 0)
            return ERR_BAD_REQUEST;
        if (len == memory_bytes)
            return ERR_NO_SPACE;
        memory[len++] = (char)byte;
    }
    *out = (struct span){memory, len};
    return 0;
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

bool url_query_find(struct span query, struct span name, struct span *value)
{
    while (query.len > 0) {
        const char *and = memchr(query.ptr, '&', query.len);
        struct span pair = {query.ptr, and == NULL ? query.len : (size_t)(and-query.ptr)};
        const char *equals = pair.len == 0 ? NULL : memchr(pair.ptr, '=', pair.len);
        size_t name_bytes = equals == NULL ? pair.len : (size_t)(equals - pair.ptr);

        if (pair.len > 0 && is_name((struct span){pair.ptr, name_bytes}, name)) {
            *value = span_skip(pair, equals == NULL ? pair.len : name_bytes + 1);
            return true;
        }
        query = span_skip(query, and == NULL ? pair.len : pair.len + 1);
    }
    return false;
}
