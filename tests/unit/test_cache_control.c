/* What an answer says of its own freshness, in the words of RFC 9111. */
#include "lib/wire/cache_control.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct {
    const char *value;
    int64_t seconds;
} rows[] = {
    {"", CACHE_CONTROL_NOT_TOLD},
    {"public", CACHE_CONTROL_NOT_TOLD},
    {"s-maxage=5", CACHE_CONTROL_NOT_TOLD},
    {"max-age=3600", 3600},
    {"public, max-age=20553, must-revalidate, no-transform", 20553},
    {"Max-Age=60", 60},
    {"max-age=\"60\"", 60},
    {" ,, max-age=60 ,", 60},
    {"max-age=0", 0},
    {"max-age=99999999999999999999999", INT32_MAX},
    {"max-age=2147483648", INT32_MAX},
    {"max-age", 0},
    {"max-age=", 0},
    {"max-age=-1", 0},
    {"max-age=1.5", 0},
    {"max-age = 60", CACHE_CONTROL_NOT_TOLD},
    {"max-age=60, max-age=70", 0},
    {"no-store", 0},
    {"max-age=60, no-store", 0},
    {"no-cache, max-age=60", 0},
    {"no-cache=\"x\"", 0},
};

static void the_age_is_what_the_field_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t seconds = cache_control_max_age(span_of(rows[i].value));

        if (seconds != rows[i].seconds)
            fail_msg("\"%s\": %lld", rows[i].value, (long long)seconds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_age_is_what_the_field_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
