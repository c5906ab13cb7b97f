#include "tools/money.h"

#include "shm/rows.h"

enum {
    PER_MILLION_SCALE = 6, /* pico-dollars for one token are micro-dollars for a million */
    DECIMALS_MIN = 2,
    DIGITS_MAX = 20,
};

void money_pad(struct text *out, size_t begin)
{
    if (out->err != 0)
        return;
    const char *point = memchr(out->ptr + begin, '.', out->len - begin);
    size_t decimals = point == NULL ? 0 : (size_t)(out->ptr + out->len - point) - 1;

    if (point == NULL)
        text_add_char(out, '.');
    for (; decimals < DECIMALS_MIN; decimals++)
        text_add_char(out, '0');
}

void money_add_per_million(struct text *out, uint64_t pico_usd)
{
    const size_t begin = out->len;

    if (pico_usd == PRICE_NONE) {
        text_add_char(out, '-');
        return;
    }
    text_add_decimal(out, pico_usd, PER_MILLION_SCALE);
    money_pad(out, begin);
}

void money_add_count(struct text *out, uint64_t count)
{
    char memory[DIGITS_MAX];
    struct text digits = text_over(memory, sizeof(memory));

    text_add_unsigned(&digits, count);
    for (size_t i = 0; i < digits.len; i++) {
        if (i > 0 && (digits.len - i) % 3 == 0)
            text_add_char(out, ',');
        text_add_char(out, memory[i]);
    }
}

void money_add_tokens(struct text *out, uint64_t tokens)
{
    if (tokens == 0)
        text_add_char(out, '-');
    else
        money_add_count(out, tokens);
}
