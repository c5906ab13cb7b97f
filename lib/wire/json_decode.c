#include "lib/base/err.h"
#include "lib/wire/bytes.h"
#include "lib/wire/json_scan.h"

enum { COUNT_MAX_BITS = 53 };

/** Where the decoded bytes go. */
struct sink {
    char *memory;
    size_t cap;
    size_t len;
};

static int put(struct sink *sink, unsigned byte)
{
    if (sink->len == sink->cap)
        return ERR_NO_SPACE;
    sink->memory[sink->len++] = (char)byte;
    return 0;
}

/** One code point as UTF-8. */
static int put_code_point(struct sink *sink, unsigned code)
{
    unsigned tail = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned lead[] = {0, 0xC0, 0xE0, 0xF0};
    int err = put(sink, lead[tail] | code >> (6 * tail));

    while (err == 0 && tail-- > 0)
        err = put(sink, 0x80 | (code >> (6 * tail) & 0x3F));
    return err;
}

/** Four hex digits off the front; -1 when they are not there. */
static int take_unit(struct span *raw)
{
    int unit = 0;

    if (raw->len < 4)
        return -1;
    for (size_t i = 0; i < 4; i++) {
        int digit = bytes_hex_digit(raw->ptr[i]);

        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    *raw = span_skip(*raw, 4);
    return unit;
}

/** What follows `\u`: one unit, or a pair of surrogates. */
static int decode_unicode(struct span *raw, struct sink *sink)
{
    int unit = take_unit(raw);
    int low;

    if (unit < 0 || (unit & 0xFC00) == 0xDC00)
        return ERR_BAD_JSON;
    if ((unit & 0xFC00) != 0xD800)
        return put_code_point(sink, (unsigned)unit);
    if (!span_starts_with(*raw, SPAN("\\u")))
        return ERR_BAD_JSON;
    *raw = span_skip(*raw, 2);
    low = take_unit(raw);
    if (low < 0 || (low & 0xFC00) != 0xDC00)
        return ERR_BAD_JSON;
    return put_code_point(sink, 0x10000U + ((unsigned)unit - 0xD800U) * 0x400U +
                                    ((unsigned)low - 0xDC00U));
}

/** What follows a backslash. */
static int decode_escape(struct span *raw, struct sink *sink)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char bytes[] = "\"\\/\b\f\n\r\t";
    const char *found;
    char letter;

    if (raw->len == 0)
        return ERR_BAD_JSON;
    letter = raw->ptr[0];
    *raw = span_skip(*raw, 1);
    if (letter == 'u')
        return decode_unicode(raw, sink);
    found = memchr(letters, letter, sizeof(letters) - 1);
    return found == NULL ? ERR_BAD_JSON : put(sink, (unsigned char)bytes[found - letters]);
}

int json_decode_string(struct span raw, char *memory, size_t memory_bytes, struct span *out)
{
    struct sink sink = {.cap = memory_bytes};

    sink.memory = memory;
    while (raw.len > 0) {
        unsigned char c = (unsigned char)raw.ptr[0];
        int err;

        if (c < 0x20 || c == '"')
            return ERR_BAD_JSON;
        raw = span_skip(raw, 1);
        err = c == '\\' ? decode_escape(&raw, &sink) : put(&sink, c);
        if (err != 0)
            return err;
    }
    *out = (struct span){memory, sink.len};
    return 0;
}

bool json_decode_count(struct span raw, uint64_t *out)
{
    uint64_t value = 0;
    size_t digits = 0;

    for (; raw.len > 0 && raw.ptr[0] >= '0' && raw.ptr[0] <= '9'; raw = span_skip(raw, 1)) {
        value = value * 10 + (uint64_t)(raw.ptr[0] - '0');
        digits++;
        if (value > UINT64_C(1) << COUNT_MAX_BITS)
            return false;
    }
    if (digits == 0)
        return false;
    if (raw.len > 1 && raw.ptr[0] == '.') {
        raw = span_skip(raw, 1);
        while (raw.len > 0 && raw.ptr[0] == '0')
            raw = span_skip(raw, 1);
    }
    if (raw.len > 0)
        return false;
    *out = value;
    return true;
}
