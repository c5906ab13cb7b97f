#include "lib/base/timestamp.h"

#include "lib/base/err.h"

#include <time.h>

enum { DAY_S = 86400, YEAR_MIN = 1971 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Takes exactly `digits` digits off the front. */
static int take_number(struct span *text, size_t digits, int *out)
{
    int value = 0;

    if (text->len < digits)
        return ERR_INVALID;
    for (size_t i = 0; i < digits; i++) {
        if (!is_digit(text->ptr[i]))
            return ERR_INVALID;
        value = value * 10 + (text->ptr[i] - '0');
    }
    *text = span_skip(*text, digits);
    *out = value;
    return 0;
}

/* A separator and a two-digit number in its range. */
static int take_field(struct span *text, char separator, int max, int *out)
{
    if (text->len == 0 || text->ptr[0] != separator)
        return ERR_INVALID;
    *text = span_skip(*text, 1);
    if (take_number(text, 2, out) != 0 || *out > max)
        return ERR_INVALID;
    return 0;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* Days from 1970-01-01 in the Gregorian calendar; March begins the year so that February ends it. */
static int64_t days_from_epoch(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t m = month <= 2 ? month + 9 : month - 3;

    return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719468;
}

static int take_date(struct span *text, int64_t *unix_s)
{
    int year = 0;
    int month = 0;
    int day = 0;

    if (take_number(text, 4, &year) != 0 || take_field(text, '-', 12, &month) != 0 ||
        take_field(text, '-', 31, &day) != 0)
        return ERR_INVALID;
    if (year < YEAR_MIN || month == 0 || day == 0 || day > days_in_month(year, month))
        return ERR_INVALID;
    *unix_s = days_from_epoch(year, month, day) * DAY_S;
    return 0;
}

/* Fractions of a second are allowed and dropped. */
static int skip_fraction(struct span *text)
{
    if (text->len == 0 || text->ptr[0] != '.')
        return 0;
    *text = span_skip(*text, 1);
    if (text->len == 0 || !is_digit(text->ptr[0]))
        return ERR_INVALID;
    while (text->len > 0 && is_digit(text->ptr[0]))
        *text = span_skip(*text, 1);
    return 0;
}

static int take_offset(struct span *text, int64_t *offset_s)
{
    int hours = 0;
    int minutes = 0;

    *offset_s = 0;
    if (span_equal(*text, SPAN("Z"))) {
        *text = span_skip(*text, 1);
        return 0;
    }
    bool west = span_starts_with(*text, SPAN("-"));
    if ((west ? take_field(text, '-', 23, &hours) : take_field(text, '+', 23, &hours)) != 0 ||
        take_field(text, ':', 59, &minutes) != 0)
        return ERR_INVALID;
    *offset_s = hours * INT64_C(3600) + minutes * INT64_C(60);
    if (west)
        *offset_s = -*offset_s;
    return 0;
}

int timestamp_parse(struct span text, int64_t *unix_s)
{
    int64_t at = 0;
    int64_t offset = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;

    if (take_date(&text, &at) != 0)
        return ERR_INVALID;
    if (text.len > 0) {
        if (take_field(&text, 'T', 23, &hour) != 0 || take_field(&text, ':', 59, &minute) != 0 ||
            take_field(&text, ':', 59, &second) != 0)
            return ERR_INVALID;
        if (skip_fraction(&text) != 0 || take_offset(&text, &offset) != 0 || text.len > 0)
            return ERR_INVALID;
    }
    *unix_s = at + hour * INT64_C(3600) + minute * INT64_C(60) + second - offset;
    return 0;
}

static void add_padded(struct text *out, unsigned value, unsigned digits)
{
    for (unsigned power = digits == 4 ? 1000 : 10; power > 0; power /= 10)
        text_add_char(out, (char)('0' + value / power % 10));
}

void timestamp_add(struct text *out, int64_t unix_s)
{
    time_t at = (time_t)unix_s;
    struct tm parts;

    if (gmtime_r(&at, &parts) == NULL) {
        out->err = ERR_NO_SPACE;
        return;
    }
    add_padded(out, (unsigned)(parts.tm_year + 1900), 4);
    text_add_char(out, '-');
    add_padded(out, (unsigned)parts.tm_mon + 1, 2);
    text_add_char(out, '-');
    add_padded(out, (unsigned)parts.tm_mday, 2);
    text_add_char(out, 'T');
    add_padded(out, (unsigned)parts.tm_hour, 2);
    text_add_char(out, ':');
    add_padded(out, (unsigned)parts.tm_min, 2);
    text_add_char(out, ':');
    add_padded(out, (unsigned)parts.tm_sec, 2);
    text_add_char(out, 'Z');
}

void timestamp_add_json(struct text *out, int64_t unix_s)
{
    if (unix_s == 0) {
        text_add(out, SPAN("null"));
        return;
    }
    text_add_char(out, '"');
    timestamp_add(out, unix_s);
    text_add_char(out, '"');
}
