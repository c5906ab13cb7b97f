#include "lib/wire/retry_after.h"

#include <stdbool.h>
#include <time.h>

/*
 * The three forms of HTTP-date. A letter stands for a part: w the day's name, d the day, e the day
 * with a blank for its first digit, b the month's name, Y and y the year in four and in two digits,
 * H, M and S the time. The rest stands for itself, with Z for "GMT".
 */
enum { FORM_IMF, FORM_RFC850, FORM_ASCTIME, FORM_COUNT };

static const char *const forms[FORM_COUNT] = {
    [FORM_IMF] = "w, d b Y H:M:S Z",
    [FORM_RFC850] = "w, d-b-y H:M:S Z",
    [FORM_ASCTIME] = "w b e H:M:S Y",
};

static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

enum {
    TM_YEAR_ZERO = 1900,
    TM_EPOCH_YEAR = 1970,
    SECONDS_OF_YEAR = 31556952, /* on the average */
    CENTURY = 100,
    SECONDS_WORTH_READING = 86400 * 10, /* beyond it further digits change nothing */
    MS_PER_S = 1000,
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool take_number(struct span *text, size_t digits, int *out)
{
    int number = 0;

    if (text->len < digits)
        return false;
    for (size_t i = 0; i < digits; i++) {
        if (!is_digit(text->ptr[i]))
            return false;
        number = number * 10 + (text->ptr[i] - '0');
    }
    *text = span_skip(*text, digits);
    *out = number;
    return true;
}

static bool take_padded_day(struct span *text, int *out)
{
    if (text->len == 0 || text->ptr[0] != ' ')
        return take_number(text, 2, out);
    *text = span_skip(*text, 1);
    return take_number(text, 1, out);
}

static bool take_month(struct span *text, int *out)
{
    const size_t len = sizeof(months[0]) - 1;

    for (size_t i = 0; i < sizeof(months) / sizeof(months[0]); i++) {
        if (!span_starts_with(*text, (struct span){months[i], len}))
            continue;
        *text = span_skip(*text, len);
        *out = (int)i;
        return true;
    }
    return false;
}

static bool take_literal(struct span *text, struct span literal)
{
    if (!span_starts_with(*text, literal))
        return false;
    *text = span_skip(*text, literal.len);
    return true;
}

/* The name is not compared with the date: nothing would follow from a wrong one. */
static bool take_day_name(struct span *text)
{
    size_t len = 0;

    while (len < text->len && is_letter(text->ptr[len]))
        len++;
    *text = span_skip(*text, len);
    return len >= sizeof("Mon") - 1;
}

static bool take_year(struct span *text, size_t digits, struct tm *date)
{
    if (!take_number(text, digits, &date->tm_year))
        return false;
    date->tm_year -= digits == 4 ? TM_YEAR_ZERO : 0;
    return true;
}

static bool take_part(struct span *text, const char *part, struct tm *date)
{
    switch (*part) {
    case 'w':
        return take_day_name(text);
    case 'd':
        return take_number(text, 2, &date->tm_mday);
    case 'e':
        return take_padded_day(text, &date->tm_mday);
    case 'b':
        return take_month(text, &date->tm_mon);
    case 'Y':
        return take_year(text, 4, date);
    case 'y':
        return take_year(text, 2, date);
    case 'H':
        return take_number(text, 2, &date->tm_hour) && date->tm_hour < 24;
    case 'M':
        return take_number(text, 2, &date->tm_min) && date->tm_min < 60;
    case 'S':
        return take_number(text, 2, &date->tm_sec) && date->tm_sec < 60;
    case 'Z':
        return take_literal(text, SPAN("GMT"));
    default:
        return take_literal(text, (struct span){part, 1});
    }
}

/* timegm() moves the 30th of February on to March: what has moved was no date. */
static bool resolve(struct tm *date, int64_t *out)
{
    const int day = date->tm_mday;

    *out = timegm(date);
    return day >= 1 && date->tm_mday == day;
}

static bool read_form(struct span text, const char *form, struct tm *date)
{
    for (; *form != '\0'; form++) {
        if (!take_part(&text, form, date))
            return false;
    }
    return text.len == 0;
}

/* Two digits of a year mean the one that is at most fifty years ahead. */
static void add_century(struct tm *date, int64_t now_s)
{
    const int this_year = (int)(now_s / SECONDS_OF_YEAR) + (TM_EPOCH_YEAR - TM_YEAR_ZERO);

    date->tm_year += this_year / CENTURY * CENTURY;
    if (date->tm_year > this_year + CENTURY / 2)
        date->tm_year -= CENTURY;
    else if (date->tm_year <= this_year - CENTURY / 2)
        date->tm_year += CENTURY;
}

static bool parse_date(struct span text, int64_t now_s, int64_t *out)
{
    for (size_t i = 0; i < FORM_COUNT; i++) {
        struct tm date = {0};

        if (!read_form(text, forms[i], &date))
            continue;
        if (i == FORM_RFC850)
            add_century(&date, now_s);
        return resolve(&date, out);
    }
    return false;
}

static bool parse_seconds(struct span text, int64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_digit(text.ptr[i]))
            return false;
        if (*out <= SECONDS_WORTH_READING)
            *out = *out * 10 + (text.ptr[i] - '0');
    }
    return text.len != 0;
}

uint64_t retry_after_ms(struct span value, int64_t now_s)
{
    const struct span text = span_trim(value);
    int64_t seconds;
    int64_t date_s;

    if (!parse_seconds(text, &seconds)) {
        if (!parse_date(text, now_s, &date_s))
            return 0;
        seconds = date_s - now_s;
    }
    if (seconds <= 0)
        return 0;
    if ((uint64_t)seconds > RETRY_AFTER_MS_MAX / MS_PER_S)
        return RETRY_AFTER_MS_MAX;
    return (uint64_t)seconds * MS_PER_S;
}
