/* Surrogates that stand alone: what becomes of them, and what the scanner takes when it may. */
#include "lib/wire/json_mend.h"

#include "lib/base/err.h"
#include "tests/unit/region_fixture.h"

enum { DEPTH_MAX = 8 };

static const struct {
    const char *text;
    const char *mended;
} rows[] = {
    {"\"\\ud83d\"", "\"\\ufffd\""},
    {"\"\\uDE00\"", "\"\\ufffd\""},
    {"[\"a\\uD83D\",\"\\uDE00b\"]", "[\"a\\ufffd\",\"\\ufffdb\"]"},
    {"\"\\ude00\\ud83d\"", "\"\\ufffd\\ufffd\""},
    {"\"\\ud83d\\ud83d\\ude00\"", "\"\\ufffd\\ud83d\\ude00\""},
    {"\"\\ud83d\\ude00\\ude00\"", "\"\\ud83d\\ude00\\ufffd\""},
    {"\"\\ud83d\\n\\u0041\\ud83dx\"", "\"\\ufffd\\n\\u0041\\ufffdx\""},
    {"{\"\\ud83d\":1}", "{\"\\ufffd\":1}"},
    {"\"\\\\\\udbff\"", "\"\\\\\\ufffd\""},
};

static const char *const sound[] = {
    "",
    "1",
    "\"\"",
    "\"\\ud83d\\ude00\"",
    "\"\\\\ud83d\"",
    "\"\\ud7ff\\ue000\"",
    "\"\\\\\\\\ude00\\n\"",
};

/* What is not JSON is left to whoever reads it. */
static const char *const broken[] = {
    "\\", "\"\\", "\"\\u", "\"\\ud8", "\"\\ud83\"", "\"\\ud83g\"", "\"\\a\"", "\"a\nb\"",
};

static int scan(struct span text, bool lone_surrogates, size_t step)
{
    struct json_scan scan;

    json_scan_init(&scan, NULL, 0, DEPTH_MAX);
    if (lone_surrogates)
        json_scan_allow_lone_surrogates(&scan);
    for (size_t at = 0; at < text.len; at += step) {
        const char *cursor = text.ptr + at;
        const char *end = text.len - at < step ? text.ptr + text.len : cursor + step;
        struct json_hit hit;

        if (json_scan_next(&scan, &cursor, end, &hit) == JSON_INVALID)
            return ERR_BAD_JSON;
    }
    return json_scan_end(&scan);
}

static void a_lone_surrogate_becomes_a_replacement_character(void **state)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_span(json_mend(*state, span_of(rows[i].text)), rows[i].mended);
}

static void what_needs_no_mending_is_not_copied(void **state)
{
    for (size_t i = 0; i < sizeof(sound) / sizeof(sound[0]); i++)
        assert_ptr_equal(json_mend(*state, span_of(sound[i])).ptr, sound[i]);
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
        assert_ptr_equal(json_mend(*state, span_of(broken[i])).ptr, broken[i]);
}

static void a_scanner_takes_lone_surrogates_when_it_is_told_so(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct span text = span_of(rows[i].text);

        for (size_t step = 1; step <= text.len; step++) {
            assert_int_equal(scan(text, true, step), 0);
            assert_int_equal(scan(text, false, step), ERR_BAD_JSON);
            assert_int_equal(scan(span_of(rows[i].mended), false, step), 0);
        }
    }
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
        assert_int_equal(scan(span_of(broken[i]), true, 1), ERR_BAD_JSON);
}

static void a_tape_can_be_read_of_mended_text(void **state)
{
    const struct json_node *root;

    assert_int_equal(
        json_tape_read_mended(*state, SPAN("{\"a\":\"\\ud83d\"}"), REGION_NODES_MAX, &root), 0);
    assert_span(json_text(json_member(root, SPAN("a"))), "\\ufffd");
    assert_int_equal(
        json_tape_read_mended(*state, SPAN("{\"a\":\"\\ud83d\"]"), REGION_NODES_MAX, &root),
        ERR_BAD_JSON);
    assert_int_equal(json_tape_read_mended(*state, SPAN(""), REGION_NODES_MAX, &root),
                     ERR_BAD_JSON);
    assert_non_null(
        region_take(*state, ((struct region *)*state)->bytes_max - region_mark(*state) - 16));
    assert_int_equal(
        json_tape_read_mended(*state, SPAN("[\"0123456789\\ud83d\"]"), REGION_NODES_MAX, &root),
        ERR_NO_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REGION_TEST(a_lone_surrogate_becomes_a_replacement_character),
        REGION_TEST(what_needs_no_mending_is_not_copied),
        cmocka_unit_test(a_scanner_takes_lone_surrogates_when_it_is_told_so),
        REGION_TEST(a_tape_can_be_read_of_mended_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
