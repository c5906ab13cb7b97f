/* Tables that fit a width, and the text of prices. */
#include "shm/rows.h"
#include "tools/cells.h"
#include "tools/money.h"
#include "tools/table.h"
#include "tools/value_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ROOM = 4096, COLUMNS = 4, ROWS = 2 };

static const struct table_column columns[COLUMNS] = {
    {.heading = "SLUG", .narrow = 5, .holds = 12},
    {.heading = "NAME", .keeps_end = true, .narrow = 4, .leaves = 2},
    {.heading = "N", .is_right = true},
    {.heading = "KIND", .narrow = 4, .leaves = 1},
};

static const struct span rows[ROWS][COLUMNS] = {
    {{"model-one", 9}, {"The first", 9}, {"7", 1}, {"embedding", 9}},
    {{"m\xc3\xa9", 3}, {"", 0}, {"1,000", 5}, {"chat", 4}},
};

static void check_rows(const struct span (*some)[COLUMNS], size_t width, bool fits,
                       const char *wanted)
{
    char memory[ROOM] = {0};
    FILE *out = fmemopen(memory, sizeof(memory), "w");
    struct table table = table_of(columns, COLUMNS);

    assert_non_null(out);
    for (size_t i = 0; i < ROWS; i++)
        table_measure(&table, some[i]);
    assert_int_equal(table_fit(&table, width), fits);
    table_print_headings(&table, out);
    (void)fputc('\n', out);
    for (size_t i = 0; i < ROWS; i++)
        table_print(&table, some[i], out);
    (void)fclose(out);
    assert_string_equal(memory, wanted);
}

static void check(size_t width, bool fits, const char *wanted)
{
    check_rows(rows, width, fits, wanted);
}

static void without_a_width_nothing_is_cut(void **state)
{
    (void)state;
    check(0, true,
          "SLUG       NAME           N  KIND\n"
          "model-one  The first      7  embedding\n"
          "m\xc3\xa9                    1,000  chat\n");
}

static void what_fits_is_left_as_it_is(void **state)
{
    (void)state;
    check(38, true,
          "SLUG       NAME           N  KIND\n"
          "model-one  The first      7  embedding\n"
          "m\xc3\xa9                    1,000  chat\n");
}

static void the_widest_column_gives_way_first(void **state)
{
    (void)state;
    check(33, false,
          "SLUG       NAME        N  KIND\n"
          "model-one  \xe2\x80\xa6"
          "first      7  embedd\xe2\x80\xa6\n"
          "m\xc3\xa9                 1,000  chat\n");
}

static void columns_are_left_out_in_their_order(void **state)
{
    (void)state;
    check(24, false,
          "SLUG       NAME        N\n"
          "model-one  \xe2\x80\xa6"
          "first      7\n"
          "m\xc3\xa9                 1,000\n");
    check(16, false,
          "SLUG           N\n"
          "model-one      7\n"
          "m\xc3\xa9         1,000\n");
}

static void the_first_column_gives_way_last(void **state)
{
    (void)state;
    check(13, false,
          "SLUG        N\n"
          "model\xe2\x80\xa6      7\n"
          "m\xc3\xa9      1,000\n");
    check(1, false,
          "SLUG       N\n"
          "mode\xe2\x80\xa6      7\n"
          "m\xc3\xa9     1,000\n");
}

static void nothing_stands_behind_the_last_text_of_a_row(void **state)
{
    static const struct span short_rows[ROWS][COLUMNS] = {
        {{"a", 1}, {"", 0}, {"7", 1}, {"", 0}},
        {{"b", 1}, {"", 0}, {"", 0}, {"", 0}},
    };

    (void)state;
    check_rows(short_rows, 0, true,
               "SLUG  NAME  N  KIND\n"
               "a           7\n"
               "b\n");
}

static void one_long_first_cell_drives_no_column_out(void **state)
{
    static const struct span long_rows[ROWS][COLUMNS] = {
        {{"a-slug-that-is-longer-than-it-holds", 35}, {"The first", 9}, {"7", 1}, {"chat", 4}},
        {{"b", 1}, {"", 0}, {"8", 1}, {"chat", 4}},
    };

    (void)state;
    check_rows(long_rows, 27, false,
               "SLUG          NAME  N  KIND\n"
               "a-slug-that…  …rst  7  chat\n"
               "b                   8  chat\n");
    check_rows(long_rows, 40, false,
               "SLUG                  NAME       N  KIND\n"
               "a-slug-that-is-long…  The first  7  chat\n"
               "b                                8  chat\n");
}

#define CELL(text)             \
    {                          \
        text, sizeof(text) - 1 \
    }

static void columns_are_as_wide_as_a_terminal_shows_them(void **state)
{
    static const struct span wide_rows[ROWS][COLUMNS] = {
        {CELL("漢字モデル"), CELL("e\u0301te\u0301"), CELL("1"), CELL("chat")},
        {CELL("plain"), CELL("漢字の名前"), CELL("2"), CELL("embedding")},
    };

    (void)state;
    check_rows(wide_rows, 0, true,
               "SLUG        NAME        N  KIND\n"
               "漢字モデル  e\u0301te\u0301         1  chat\n"
               "plain       漢字の名前  2  embedding\n");
    check_rows(wide_rows, 23, false,
               "SLUG        NAME      N\n"
               "漢字モデル  e\u0301te\u0301       1\n"
               "plain       …の名前   2\n");
}

/* 漢 takes two cells, the accent of e\u0301 none, é and … one, and so does a byte of nothing. */
static void text_is_as_wide_as_a_terminal_shows_it(void **state)
{
    static const struct {
        const char *text;
        size_t width;
        const char *begin; /* of four cells */
        const char *end;
    } cases[] = {
        {"", 0, "", ""},
        {"abcdef", 6, "abcd", "cdef"},
        {"a\u00e9\u20acbc", 5, "a\u00e9\u20acb", "\u00e9\u20acbc"},
        {"漢字モデル", 10, "漢字", "デル"},
        {"a漢字bc", 7, "a漢", "字bc"},
        {"ae\u0301iou", 5, "ae\u0301io", "e\u0301iou"},
        {"abcde\u0301", 5, "abcd", "bcde\u0301"},
        {"e\u0301abcd", 5, "e\u0301abc", "abcd"},
        {"ab\xff\xc3yz", 6, "ab\xff\xc3", "\xff\xc3yz"},
        {"\U0001f600\U0001f600b", 5, "\U0001f600\U0001f600", "\U0001f600b"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct span text = span_of(cases[i].text);

        assert_int_equal(cells_width(text), cases[i].width);
        assert_true(span_equal(cells_begin(text, 4), span_of(cases[i].begin)));
        assert_true(span_equal(cells_end(text, 4), span_of(cases[i].end)));
    }
    assert_int_equal(cells_begin(SPAN("abc"), 0).len, 0);
    assert_int_equal(cells_end(SPAN("abc"), 0).len, 0);
}

static void assert_text(const struct text *text, const char *wanted)
{
    assert_int_equal(text->err, 0);
    assert_int_equal(text->len, strlen(wanted));
    assert_memory_equal(text->ptr, wanted, text->len);
}

static void prices_are_exact_and_have_two_decimals(void **state)
{
    static const struct {
        uint64_t pico_usd;
        const char *wanted;
    } prices[] = {
        {0, "0.00"},         {3000000, "3.00"}, {150000, "0.15"},
        {500000, "0.50"},    {75000, "0.075"},  {1, "0.000001"},
        {15250000, "15.25"}, {PRICE_NONE, "-"}, {123456789000000, "123456789.00"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(prices) / sizeof(prices[0]); i++) {
        char memory[64];
        struct text out = text_over(memory, sizeof(memory));

        money_add_per_million(&out, prices[i].pico_usd);
        assert_text(&out, prices[i].wanted);
    }
}

static void tokens_have_commas_between_thousands(void **state)
{
    static const struct {
        uint64_t tokens;
        const char *wanted;
    } counts[] = {{0, "-"},
                  {7, "7"},
                  {999, "999"},
                  {1000, "1,000"},
                  {64000, "64,000"},
                  {200000, "200,000"},
                  {1048576, "1,048,576"},
                  {UINT64_MAX, "18,446,744,073,709,551,615"}};

    (void)state;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        char memory[64];
        struct text out = text_over(memory, sizeof(memory));

        money_add_tokens(&out, counts[i].tokens);
        assert_text(&out, counts[i].wanted);
    }
}

static void a_price_that_does_not_fit_is_no_price(void **state)
{
    char memory[3];
    struct text out = text_over(memory, sizeof(memory));

    (void)state;
    money_add_per_million(&out, 3000000);
    assert_int_not_equal(out.err, 0);
}

static void values_have_their_units(void **state)
{
    static const struct {
        const char *path;
        const char *value;
        const char *wanted;
    } values[] = {
        {"price.input", "3", "$3.00/Mtok"},
        {"price.cache_read", "0.075", "$0.075/Mtok"},
        {"price.above.output", "22.5", "$22.50/Mtok"},
        {"price.above.tokens", "200000", "200,000"},
        {"price.image", "0.04", "$0.04"},
        {"price.image_sizes.1024x1024/hd", "0.08", "$0.08"},
        {"price.input", "null", "-"},
        {"context_window", "200000", "200,000"},
        {"budget.usd", "500", "$500.00"},
        {"limits.body_bytes", "33554432", "32MiB"},
        {"limits.body_memory", "1099511627776", "1024GiB"},
        {"limits.head_bytes", "1536", "1536"},
        {"limits.calls", "4096", "4,096"},
        {"limits.head_bytes.x", "1024", "1,024"},
        {"expires", "\"2027-01-01T00:00:00Z\"", "2027-01-01T00:00:00Z"},
        {"name", "\"a\\u001b[31m\"", "a?[31m"},
        {"deployments", "{\"provider\":\"p\",\"weight\":3,\"translation\":null}",
         "provider=p weight=3"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        char memory[128];
        struct text out = text_over(memory, sizeof(memory));

        value_add(&out, span_of(values[i].path), span_of(values[i].value));
        assert_text(&out, values[i].wanted);
    }
}

static int join(void *context, struct span path, struct span value)
{
    struct text *out = context;

    text_add(out, path);
    text_add_char(out, '=');
    text_add(out, value);
    text_add_char(out, ' ');
    return 0;
}

static void a_walk_goes_into_objects_and_not_into_lists(void **state)
{
    char memory[128];
    struct text out = text_over(memory, sizeof(memory));

    (void)state;
    assert_int_equal(
        value_walk(SPAN("{\"a\":1,\"b\":{\"c\":{\"d\":2},\"e\":[{\"f\":3}]},\"g\":{},\"h\":4}"),
                   join, &out),
        0);
    assert_text(&out, "a=1 b.c.d=2 b.e=[{\"f\":3}] h=4 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_width_nothing_is_cut),
        cmocka_unit_test(what_fits_is_left_as_it_is),
        cmocka_unit_test(the_widest_column_gives_way_first),
        cmocka_unit_test(columns_are_left_out_in_their_order),
        cmocka_unit_test(the_first_column_gives_way_last),
        cmocka_unit_test(nothing_stands_behind_the_last_text_of_a_row),
        cmocka_unit_test(one_long_first_cell_drives_no_column_out),
        cmocka_unit_test(columns_are_as_wide_as_a_terminal_shows_them),
        cmocka_unit_test(text_is_as_wide_as_a_terminal_shows_it),
        cmocka_unit_test(prices_are_exact_and_have_two_decimals),
        cmocka_unit_test(tokens_have_commas_between_thousands),
        cmocka_unit_test(a_price_that_does_not_fit_is_no_price),
        cmocka_unit_test(values_have_their_units),
        cmocka_unit_test(a_walk_goes_into_objects_and_not_into_lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
