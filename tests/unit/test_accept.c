/* Which form of an answer a client prefers: RFC 9110 section 12.5.1. */
#include "lib/wire/accept.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define BROWSER                                                                    \
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp," \
    "image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7"

static const struct {
    const char *accept;
    unsigned html;
    unsigned json;
} rows[] = {
    {BROWSER, 1000, 800},
    {"*/*", 1000, 1000},
    {"text/html", 1000, 0},
    {"application/json", 0, 1000},
    {"application/json, text/html", 1000, 1000},
    {"text/html;q=0.5, application/json;q=0.501", 500, 501},
    {"text/*;q=0.3, */*;q=0.1", 300, 100},
    {"text/*, text/html;q=0", 0, 0},
    {"*/*, text/html;q=0.2", 200, 1000},
    {"text/html;q=0.2, */*", 200, 1000},
    {"TEXT/HTML;Q=0.4", 400, 0},
    {"text/html ; q=0.4 , application/json ;q=1.000", 400, 1000},
    {"text/html;q=1.0;level=1", 1000, 0},
    {"text/html;level=1, application/json;q=0.1", 0, 100},
    {"text/html;charset=utf-8;q=0.9, */*;q=0.2", 200, 200},
    {"text/html;q=2, application/json", 0, 1000},
    {"text/html;q=1.001, application/json", 0, 1000},
    {"text/html;q=0.1234, application/json", 0, 1000},
    {"text/html;q=.5, application/json", 0, 1000},
    {"text/html;q=-1, application/json", 0, 1000},
    {"text/html;q=, application/json", 0, 1000},
    {"text/html;q, application/json", 0, 1000},
    {"text/html;q=0.5x, application/json", 0, 1000},
    {"text/html;q=0., application/json;q=0.5", 0, 500},
    {"text/html;, application/json;q=0.5", 1000, 500},
    {"text/htmlx, text/htm, text, text/, /html, */html, application/*;q=0.7", 0, 700},
    {",, ,text/html,,", 1000, 0},
    {"text/html;q=0.1, text/html;q=0.9", 900, 0},
    {"", 0, 0},
};

static void the_most_specific_range_decides(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct http_request request = {
            .header_count = 2,
            .headers = {{SPAN("Host"), SPAN("a")}, {SPAN("Accept"), span_of(rows[i].accept)}},
        };

        if (accept_quality(&request, SPAN("text/html")) != rows[i].html ||
            accept_quality(&request, SPAN("application/json")) != rows[i].json)
            fail_msg("%s: %u, %u", rows[i].accept, accept_quality(&request, SPAN("text/html")),
                     accept_quality(&request, SPAN("application/json")));
    }
}

static void whoever_says_nothing_takes_everything(void **state)
{
    const struct http_request request = {
        .header_count = 1,
        .headers = {{SPAN("accept-language"), SPAN("text/html;q=0.1")}},
    };

    (void)state;
    assert_int_equal(accept_quality(&request, SPAN("text/html")), ACCEPT_QUALITY_MAX);
    assert_int_equal(accept_quality(&request, SPAN("application/json")), ACCEPT_QUALITY_MAX);
}

static void several_fields_are_one_list(void **state)
{
    const struct http_request request = {
        .header_count = 3,
        .headers = {{SPAN("accept"), SPAN("*/*;q=0.1")},
                    {SPAN("ACCEPT"), SPAN("text/html;q=0.6")},
                    {SPAN("Accept"), SPAN("application/*;q=0.4")}},
    };

    (void)state;
    assert_int_equal(accept_quality(&request, SPAN("text/html")), 600);
    assert_int_equal(accept_quality(&request, SPAN("application/json")), 400);
    assert_int_equal(accept_quality(&request, SPAN("image/png")), 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_most_specific_range_decides),
        cmocka_unit_test(whoever_says_nothing_takes_everything),
        cmocka_unit_test(several_fields_are_one_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
