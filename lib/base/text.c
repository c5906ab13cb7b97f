#include "lib/base/text.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"

enum { DECIMAL_DIGITS_MAX = 20 };

void text_add_bytes(struct text *text, struct span bytes)
{
    if (text->err != 0 || bytes.len == 0)
        return;
    if (bytes.len > text->cap - text->len) {
        text->err = ERR_NO_SPACE;
        return;
    }
    memcpy(text->ptr + text->len, bytes.ptr, bytes.len);
    text->len += bytes.len;
}

void text_add_char(struct text *text, char c)
{
    text_add(text, (struct span){&c, 1});
}

/* Fills `digits` from its end; returns where the number begins. */
static char *format_unsigned(char digits[static DECIMAL_DIGITS_MAX], uint64_t value)
{
    char *begin = digits + DECIMAL_DIGITS_MAX;

    do {
        *--begin = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    return begin;
}

void text_add_unsigned(struct text *text, uint64_t value)
{
    char digits[DECIMAL_DIGITS_MAX];

    text_add(text, span_from(format_unsigned(digits, value), digits + sizeof(digits)));
}

void text_add_signed(struct text *text, int64_t value)
{
    if (value < 0)
        text_add_char(text, '-');
    text_add_unsigned(text, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

static void add_escape(struct text *text, char c)
{
    static const char digits[] = "0123456789abcdef";
    static const char shorts[] = "\"\"\\\\\nn\rr\tt\bb\ff";

    for (size_t i = 0; i < sizeof(shorts) - 1; i += 2) {
        if (shorts[i] == c) {
            text_add(text, (struct span){(const char[]){'\\', shorts[i + 1]}, 2});
            return;
        }
    }
    unsigned char byte = (unsigned char)c;
    const char escape[] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
    text_add(text, (struct span){escape, sizeof(escape)});
}

static bool needs_escape(char c)
{
    return (unsigned char)c < 0x20 || c == '"' || c == '\\' || c == 0x7f;
}

void text_add_json_part(struct text *text, struct span bytes)
{
    size_t kept = 0;

    for (size_t i = 0; i < bytes.len; i++) {
        if (!needs_escape(bytes.ptr[i]))
            continue;
        text_add(text, span_from(bytes.ptr + kept, bytes.ptr + i));
        add_escape(text, bytes.ptr[i]);
        kept = i + 1;
    }
    text_add(text, span_skip(bytes, kept));
}

void text_add_json(struct text *text, struct span bytes)
{
    text_add_char(text, '"');
    text_add_json_part(text, bytes);
    text_add_char(text, '"');
}

static struct span html_entity(char c)
{
    switch (c) {
    case '&':
        return SPAN("&amp;");
    case '<':
        return SPAN("&lt;");
    case '>':
        return SPAN("&gt;");
    case '"':
        return SPAN("&quot;");
    case '\'':
        return SPAN("&#39;");
    default:
        return SPAN("");
    }
}

void text_add_html(struct text *text, struct span bytes)
{
    size_t kept = 0;

    for (size_t i = 0; i < bytes.len; i++) {
        struct span entity = html_entity(bytes.ptr[i]);

        if (entity.len == 0)
            continue;
        text_add(text, span_from(bytes.ptr + kept, bytes.ptr + i));
        text_add(text, entity);
        kept = i + 1;
    }
    text_add(text, span_skip(bytes, kept));
}

void text_add_folded(struct text *text, struct span bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        char c = bytes.ptr[i];

        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        text_add_char(text, c);
    }
}

void text_add_decimal(struct text *text, uint64_t value, unsigned scale)
{
    INVARIANT(scale <= 18);
    uint64_t unit = 1;

    while (scale > 0 && value % 10 == 0) {
        value /= 10;
        scale--;
    }
    for (unsigned i = 0; i < scale; i++)
        unit *= 10;
    text_add_unsigned(text, value / unit);
    if (scale == 0)
        return;

    char digits[DECIMAL_DIGITS_MAX];
    char *begin = format_unsigned(digits, value % unit);

    text_add_char(text, '.');
    for (size_t i = (size_t)(digits + sizeof(digits) - begin); i < scale; i++)
        text_add_char(text, '0');
    text_add(text, span_from(begin, digits + sizeof(digits)));
}
