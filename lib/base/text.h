/**
 * A bounded writer of bytes: heads, error bodies, rendered JSON.
 *
 * Memory belongs to the caller. The first write that does not fit sets `err` and writes nothing,
 * and so does every later one: add freely, test `err` once at the end. One writer both sizes and
 * writes, so that a length pass and a copy pass can never disagree.
 */
#ifndef WEIR_BASE_TEXT_H
#define WEIR_BASE_TEXT_H

#include "lib/base/span.h"

#include <stdint.h>

enum { TEXT_INLINE_BYTES = 64 };

struct text {
    char *ptr;
    size_t cap;
    size_t len;
    int err; /* 0 or ERR_NO_SPACE */
};

static inline struct text text_over(char *memory, size_t bytes)
{
    return (struct text){.ptr = memory, .cap = bytes};
}

/** What has been written so far; borrowed from the caller's memory. */
static inline struct span text_span(const struct text *text)
{
    return (struct span){text->ptr, text->len};
}

/** text_add() of what is not known when the caller is compiled. */
void text_add_bytes(struct text *text, struct span bytes);

/** A literal becomes a few stores where it is added: heads and JSON are made of them. */
static inline void text_add(struct text *text, struct span bytes)
{
    if (__builtin_constant_p(bytes.len) && bytes.len > 0 && bytes.len <= TEXT_INLINE_BYTES &&
        text->err == 0 && bytes.len <= text->cap - text->len) {
        memcpy(text->ptr + text->len, bytes.ptr, bytes.len);
        text->len += bytes.len;
        return;
    }
    text_add_bytes(text, bytes);
}

void text_add_char(struct text *text, char c);
void text_add_unsigned(struct text *text, uint64_t value);
void text_add_signed(struct text *text, int64_t value);

/** A JSON string with its quotes; control characters, quote and backslash escaped, UTF-8 kept. */
void text_add_json(struct text *text, struct span bytes);

/** A part of such a string: what stands between the quotes. */
void text_add_json_part(struct text *text, struct span bytes);

/** Text of an HTML element or attribute: `&`, `<`, `>` and both quotes escaped, all else kept. */
void text_add_html(struct text *text, struct span bytes);

/** A-Z as a-z, all else kept. */
void text_add_folded(struct text *text, struct span bytes);

/**
 * `value` / 10^`scale` as the shortest exact decimal: 3000000 with scale 6 is "3", 150 with scale
 * 3 is "0.15". No exponent, no trailing zero, no float on the way.
 *
 * @param scale  0 … 18
 */
void text_add_decimal(struct text *text, uint64_t value, unsigned scale);

#endif
