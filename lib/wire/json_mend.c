#include "lib/wire/json_mend.h"

#include "lib/wire/bytes.h"

enum {
    SHORT_BYTES = 2, /* \n */
    UNIT_BYTES = 6,  /* \ud83d */
    NO_UNIT = -1,
};

/** The code unit of the escape that `p` stands on. */
static int unit_at(const char *p, const char *end)
{
    int unit = 0;

    if (end - p < UNIT_BYTES || p[0] != '\\' || p[1] != 'u')
        return NO_UNIT;
    for (int i = SHORT_BYTES; i < UNIT_BYTES; i++) {
        int digit = bytes_hex_digit(p[i]);

        if (digit < 0)
            return NO_UNIT;
        unit = unit * 16 + digit;
    }
    return unit;
}

static bool is_high(int unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low(int unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

/** The next surrogate that stands alone; `end` when there is none. `p` is not inside an escape. */
static const char *find_lone(const char *p, const char *end)
{
    while (p != end && (p = memchr(p, '\\', (size_t)(end - p))) != NULL) {
        int unit = unit_at(p, end);
        bool is_pair = is_high(unit) && is_low(unit_at(p + UNIT_BYTES, end));
        ptrdiff_t step = is_pair ? 2 * UNIT_BYTES : unit != NO_UNIT ? UNIT_BYTES : SHORT_BYTES;

        if (!is_pair && (is_high(unit) || is_low(unit)))
            return p;
        p = end - p < step ? end : p + step;
    }
    return end;
}

struct span json_mend(struct region *memory, struct span text)
{
    const char *end = text.ptr + text.len;
    const char *lone = text.len == 0 ? end : find_lone(text.ptr, end);
    struct span mended;
    char *copy;

    if (lone == end)
        return text;
    mended = region_copy(memory, text);
    if (mended.ptr == NULL)
        return mended;
    copy = span_writable(mended);
    for (; lone != end; lone = find_lone(lone + UNIT_BYTES, end))
        memcpy(copy + (lone - text.ptr), "\\ufffd", UNIT_BYTES);
    return mended;
}
