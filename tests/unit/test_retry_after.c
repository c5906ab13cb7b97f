/* Retry-After in all its forms, and in none. */
#include "lib/wire/retry_after.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Sun, 06 Nov 1994 08:49:37 GMT, the date of RFC 9110, less ten seconds. */
#define NOW INT64_C(784111767)

struct row {
    const char *value;
    uint64_t ms;
};

static void check(const struct row *rows, size_t count, int64_t now_s)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t ms = retry_after_ms(span_of(rows[i].value), now_s);

        if (ms != rows[i].ms)
            fail_msg("\"%s\": %llu", rows[i].value, (unsigned long long)ms);
    }
}

#define CHECK(rows, now_s) check(rows, sizeof(rows) / sizeof((rows)[0]), now_s)

static void seconds_are_milliseconds_and_have_a_bound(void **state)
{
    static const struct row rows[] = {
        {"1", 1000},
        {"120", 120000},
        {" 7\t", 7000},
        {"007", 7000},
        {"0", 0},
        {"86400", RETRY_AFTER_MS_MAX},
        {"86401", RETRY_AFTER_MS_MAX},
        {"99999999999999999999999999999999999999", RETRY_AFTER_MS_MAX},
    };

    (void)state;
    CHECK(rows, NOW);
}

static void the_three_forms_of_a_date_are_relative_to_now(void **state)
{
    static const struct row rows[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", 10000},
        {"Sunday, 06-Nov-94 08:49:37 GMT", 10000},
        {"Sun Nov  6 08:49:37 1994", 10000},
        {"Sun Nov 06 08:49:37 1994", 10000},
        {"Sun, 06 Nov 1994 08:49:27 GMT", 0},
        {"Sun, 06 Nov 1994 08:49:26 GMT", 0},
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Mon, 07 Nov 1994 08:49:28 GMT", RETRY_AFTER_MS_MAX},
        {"Fri, 31 Dec 9999 23:59:59 GMT", RETRY_AFTER_MS_MAX},
        /* 2043 is less than fifty years ahead, 1995 is the past that 95 would be otherwise. */
        {"Friday, 06-Nov-43 08:49:37 GMT", RETRY_AFTER_MS_MAX},
        {"Sunday, 06-Nov-45 08:49:37 GMT", 0},
    };

    (void)state;
    CHECK(rows, NOW);
}

static void two_digits_of_a_year_cross_the_century(void **state)
{
    /* Fri, 31 Dec 1999 23:59:50 GMT */
    static const struct row eve[] = {{"Saturday, 01-Jan-00 00:00:00 GMT", 10000},
                                     {"Friday, 31-Dec-99 23:59:59 GMT", 9000}};

    (void)state;
    CHECK(eve, INT64_C(946684790));
}

static void leap_days_are_dates_and_other_thirtieths_are_not(void **state)
{
    /* Wed, 28 Feb 2024 23:59:50 GMT */
    static const struct row leap[] = {{"Thu, 29 Feb 2024 00:00:00 GMT", 10000},
                                      {"Fri, 30 Feb 2024 00:00:00 GMT", 0}};

    (void)state;
    CHECK(leap, INT64_C(1709164790));
}

static void what_is_neither_is_none(void **state)
{
    static const struct row rows[] = {
        {"", 0},
        {" ", 0},
        {"-1", 0},
        {"+1", 0},
        {"1.5", 0},
        {"1 2", 0},
        {"1s", 0},
        {"0x10", 0},
        {"soon", 0},
        {"Sun, 06 Nov 1994 08:49:37", 0},
        {"Sun, 06 Nov 1994 08:49:37 UTC", 0},
        {"Sun, 06 Nov 1994 08:49:37 GMT.", 0},
        {"Sun, 06 Nov 1994 24:49:37 GMT", 0},
        {"Sun, 06 Nov 1994 08:60:37 GMT", 0},
        {"Sun, 06 Nov 1994 08:49:60 GMT", 0},
        {"Sun, 00 Nov 1994 08:49:37 GMT", 0},
        {"Sun, 31 Nov 1994 08:49:37 GMT", 0},
        {"Sun, 06 nov 1994 08:49:37 GMT", 0},
        {"Sun, 6 Nov 1994 08:49:37 GMT", 0},
        {"Sun, 06 Nov 94 08:49:37 GMT", 0},
        {", 06 Nov 1994 08:49:37 GMT", 0},
        {"Sun Nov 6 08:49:37 1994", 0},
        {"Sun Nov  6 08:49:37 1994 GMT", 0},
    };

    (void)state;
    CHECK(rows, NOW);
}

/* Cut anywhere, in memory that ends there: a byte too many would be seen by the sanitizer. */
static void a_date_cut_anywhere_is_none(void **state)
{
    static const char *const dates[] = {"Sun, 06 Nov 1994 08:49:37 GMT",
                                        "Sunday, 06-Nov-94 08:49:37 GMT",
                                        "Sun Nov  6 08:49:37 1994"};

    (void)state;
    for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
        for (size_t len = 1; len < strlen(dates[i]); len++) {
            char *cut = malloc(len);

            assert_non_null(cut);
            memcpy(cut, dates[i], len);
            assert_int_equal(retry_after_ms((struct span){cut, len}, NOW), 0);
            free(cut);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seconds_are_milliseconds_and_have_a_bound),
        cmocka_unit_test(the_three_forms_of_a_date_are_relative_to_now),
        cmocka_unit_test(two_digits_of_a_year_cross_the_century),
        cmocka_unit_test(leap_days_are_dates_and_other_thirtieths_are_not),
        cmocka_unit_test(what_is_neither_is_none),
        cmocka_unit_test(a_date_cut_anywhere_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
