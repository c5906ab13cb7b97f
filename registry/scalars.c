#include "registry/scalars.h"

#include "lib/base/err.h"

enum { SCALE_MAX = 18 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* value * 10 + digit, or ERR_NO_SPACE. */
static int add_digit(uint64_t *value, int digit)
{
    if (__builtin_mul_overflow(*value, 10, value) ||
        __builtin_add_overflow(*value, (uint64_t)digit - '0', value))
        return ERR_NO_SPACE;
    return 0;
}

int scalar_count(struct span text, uint64_t *out)
{
    uint64_t value = 0;
    int err = 0;

    if (text.len == 0 || (text.len > 1 && text.ptr[0] == '0'))
        return ERR_INVALID;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_digit(text.ptr[i]))
            return ERR_INVALID;
        if (err == 0)
            err = add_digit(&value, text.ptr[i]);
    }
    if (err == 0)
        *out = value;
    return err;
}

int scalar_integer(struct span text, int64_t *out)
{
    bool negative = span_starts_with(text, SPAN("-"));
    uint64_t value = 0;
    int err = scalar_count(negative ? span_skip(text, 1) : text, &value);

    if (err != 0)
        return err;
    if (value > INT64_MAX)
        return ERR_NO_SPACE;
    *out = negative ? -(int64_t)value : (int64_t)value;
    return 0;
}

struct unit {
    struct span suffix;
    uint64_t factor;
};

/* The first unit whose suffix the text has; a row without one ends the table. */
static int count_of_unit(struct span text, const struct unit *units, uint64_t *out)
{
    const struct unit *unit = units;
    uint64_t value = 0;

    while (unit->suffix.len > 0) {
        if (text.len > unit->suffix.len &&
            span_equal(span_skip(text, text.len - unit->suffix.len), unit->suffix))
            break;
        unit++;
    }
    int err = scalar_count((struct span){text.ptr, text.len - unit->suffix.len}, &value);
    if (err != 0)
        return err;
    if (__builtin_mul_overflow(value, unit->factor, &value))
        return ERR_NO_SPACE;
    *out = value;
    return 0;
}

int scalar_bytes(struct span text, uint64_t *out)
{
    static const struct unit units[] = {{{"KiB", 3}, UINT64_C(1) << 10},
                                        {{"MiB", 3}, UINT64_C(1) << 20},
                                        {{"GiB", 3}, UINT64_C(1) << 30},
                                        {{NULL, 0}, 1}};

    return count_of_unit(text, units, out);
}

void scalar_add_bytes(struct text *out, uint64_t bytes)
{
    static const char *const names[] = {"", "KiB", "MiB", "GiB"};
    enum { NAME_COUNT = sizeof(names) / sizeof(names[0]), STEP = 1024 };
    uint32_t unit = 0;

    for (; bytes > 0 && bytes % STEP == 0 && unit + 1 < NAME_COUNT; unit++)
        bytes /= STEP;
    text_add_unsigned(out, bytes);
    text_add(out, span_of(names[unit]));
}

int scalar_amount(struct span text, uint64_t *out)
{
    static const struct unit units[] = {{{"K", 1}, 1000}, {{"M", 1}, 1000000}, {{NULL, 0}, 1}};

    return count_of_unit(text, units, out);
}

int scalar_rate(struct span text, uint64_t *per_minute)
{
    static const struct span suffix = {"/min", 4};
    uint64_t value = 0;

    if (text.len <= suffix.len || !span_equal(span_skip(text, text.len - suffix.len), suffix))
        return ERR_INVALID;
    int err = scalar_amount((struct span){text.ptr, text.len - suffix.len}, &value);
    if (err != 0)
        return err;
    if (value == 0)
        return ERR_INVALID;
    *per_minute = value;
    return 0;
}

int scalar_switch(struct span text, bool *out)
{
    if (!span_equal(text, SPAN("true")) && !span_equal(text, SPAN("false")))
        return ERR_INVALID;
    *out = text.len == 4;
    return 0;
}

/* Appends exactly `scale` digits: those of `part`, then zeros. */
static int add_decimals(struct span part, unsigned scale, uint64_t *value)
{
    int err = 0;

    for (unsigned i = 0; i < scale; i++) {
        if (i < part.len && !is_digit(part.ptr[i]))
            return ERR_INVALID;
        if (err == 0)
            err = add_digit(value, i < part.len ? part.ptr[i] : '0');
    }
    return err;
}

int scalar_decimal(struct span text, unsigned scale, uint64_t *out)
{
    const char *point = text.len == 0 ? NULL : memchr(text.ptr, '.', text.len);
    struct span whole = text;
    struct span part = {"", 0};
    uint64_t value = 0;

    if (point != NULL) {
        whole = span_from(text.ptr, point);
        part = span_from(point + 1, text.ptr + text.len);
    }
    if (scale > SCALE_MAX || part.len > scale || (point != NULL && part.len == 0))
        return ERR_INVALID;
    int err = scalar_count(whole, &value);
    if (err == ERR_INVALID)
        return err;
    int part_err = add_decimals(part, scale, &value);
    if (part_err != 0 || err != 0)
        return part_err == ERR_INVALID ? part_err : ERR_NO_SPACE;
    *out = value;
    return 0;
}
