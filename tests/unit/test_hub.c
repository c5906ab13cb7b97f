/* The hub form's builders, raw text, notes and errors. */
#include "lib/base/err.h"
#include "lib/protocol/hub_error.h"
#include "lib/protocol/hub_notes.h"
#include "lib/protocol/hub_text.h"
#include "tests/unit/region_fixture.h"

#include <stdio.h>

static void what_is_added_stands_last(void **state)
{
    struct hub_request request = {0};
    struct hub_message *first = hub_add_message(*state, &request, HUB_USER);
    struct hub_message *second = hub_add_message(*state, &request, HUB_ASSISTANT);
    struct hub_block *text = hub_add_block(*state, &first->blocks, HUB_TEXT);
    struct hub_block *image = hub_add_block(*state, &first->blocks, HUB_IMAGE);
    struct hub_tool *tool = hub_add_tool(*state, &request);

    assert_ptr_equal(request.first, first);
    assert_ptr_equal(first->next, second);
    assert_ptr_equal(request.last, second);
    assert_ptr_equal(first->blocks.first, text);
    assert_ptr_equal(text->next, image);
    assert_ptr_equal(first->blocks.last, image);
    assert_ptr_equal(request.tools, tool);
    assert_ptr_equal(request.last_tool, tool);
    assert_int_equal(image->kind, HUB_IMAGE);
    assert_int_equal(second->role, HUB_ASSISTANT);
}

static void a_full_region_adds_nothing(void **state)
{
    struct hub_request request = {0};
    struct hub_blocks blocks = {0};

    assert_non_null(region_take(*state, REGION_BYTES - 16));
    assert_null(hub_add_message(*state, &request, HUB_USER));
    assert_null(hub_add_block(*state, &blocks, HUB_TEXT));
    assert_null(hub_add_tool(*state, &request));
    assert_null(request.first);
    assert_null(blocks.first);
    assert_null(request.tools);
    assert_null(hub_decode(*state, SPAN("0123456789012345678901234567890123456\\n")).ptr);
    assert_null(hub_encode(*state, SPAN("0123456789012345678901234567890123456\n")).ptr);
}

static void raw_text_is_decoded_and_encoded(void **state)
{
    static const struct {
        const char *raw;
        const char *utf8;
        const char *again;
    } rows[] = {
        {"", "", ""},
        {"plain", "plain", "plain"},
        {"a\\nb", "a\nb", "a\\nb"},
        {"\\u00e4\\ud83d\\ude00", "\xC3\xA4\xF0\x9F\x98\x80", "\xC3\xA4\xF0\x9F\x98\x80"},
        {"\\\"\\\\\\/", "\"\\/", "\\\"\\\\/"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_span(hub_decode(*state, span_of(rows[i].raw)), rows[i].utf8);
        assert_span(hub_encode(*state, span_of(rows[i].utf8)), rows[i].again);
        assert_true(hub_equal(span_of(rows[i].raw), span_of(rows[i].again)));
    }
}

static void text_without_a_character_is_blank(void **state)
{
    static const char *const blank[] = {"",         " ",       "\\n\\t \\r", "\\u0020",
                                        "\xC2\xA0", "\\u00a0", "\\u3000"};
    static const char *const other[] = {"x",    " x ",     "\\u0041", "\\ud83d\\ude00",
                                        "\\\\", "\xC3\xA4"};

    (void)state;
    for (size_t i = 0; i < sizeof(blank) / sizeof(blank[0]); i++)
        assert_true(hub_is_blank(span_of(blank[i])));
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
        assert_false(hub_is_blank(span_of(other[i])));
}

static void texts_are_equal_when_they_mean_the_same(void **state)
{
    static const struct {
        const char *a;
        const char *b;
        bool equal;
    } rows[] = {
        {"call_1", "call_1", true},
        {"c\\u0061ll", "call", true},
        {"call", "calls", false},
        {"", "a", false},
        {"\\u0061", "\\u0062", false},
        {"\\/", "/", true},
        {"\\ud83d\\ude00", "\xF0\x9F\x98\x80", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(hub_equal(span_of(rows[i].a), span_of(rows[i].b)), rows[i].equal);
        assert_int_equal(hub_equal(span_of(rows[i].b), span_of(rows[i].a)), rows[i].equal);
    }
}

static void numbers_are_decimals_and_nothing_else(void **state)
{
    double value = 0;

    (void)state;
    assert_true(hub_number(SPAN("1.5e1"), &value));
    assert_true(value > 14.99 && value < 15.01);
    assert_true(hub_number(SPAN("-0"), &value));
    assert_false(hub_number(SPAN(""), &value));
    assert_false(hub_number(SPAN("nan"), &value));
    assert_false(hub_number(SPAN("\"1\""), &value));
    assert_false(hub_number(SPAN("1x"), &value));
}

static void efforts_have_words_and_budgets(void **state)
{
    (void)state;
    for (unsigned i = HUB_EFFORT_UNSET + 1; i < HUB_EFFORT_COUNT; i++)
        assert_int_equal(hub_effort_of(hub_effort_word((enum hub_effort)i)), i);
    assert_int_equal(hub_effort_of(SPAN("l\\u006fw")), HUB_EFFORT_LOW);
    assert_int_equal(hub_effort_of(SPAN("extreme")), HUB_EFFORT_UNSET);
    assert_int_equal(hub_effort_of(SPAN("")), HUB_EFFORT_UNSET);
    assert_int_equal(hub_effort_of_budget(1023), HUB_EFFORT_MINIMAL);
    assert_int_equal(hub_effort_of_budget(1024), HUB_EFFORT_LOW);
    assert_int_equal(hub_effort_of_budget(2048), HUB_EFFORT_MEDIUM);
    assert_int_equal(hub_effort_of_budget(8192), HUB_EFFORT_HIGH);
    assert_int_equal(hub_effort_of_budget(24576), HUB_EFFORT_XHIGH);
}

static void what_is_dropped_is_named_once(void **state)
{
    struct hub_notes notes;

    (void)state;
    hub_notes_init(&notes, false);
    assert_int_equal(hub_drop(&notes, SPAN("seed")), 0);
    assert_int_equal(hub_drop(&notes, SPAN("see")), 0);
    assert_int_equal(hub_drop(&notes, SPAN("seed")), 0);
    assert_int_equal(hub_drop(&notes, SPAN("a\r\n, b\xC3\xA4")), 0);
    assert_span(text_span(&notes.dropped), "seed, see, a????b??");
}

static void a_list_of_drops_that_is_full_stays_whole(void **state)
{
    struct hub_notes notes;
    char name[32];

    (void)state;
    hub_notes_init(&notes, false);
    for (int i = 0; i < 100; i++) {
        (void)snprintf(name, sizeof(name), "field_number_%d", i);
        assert_int_equal(hub_drop(&notes, span_of(name)), 0);
    }
    assert_int_equal(notes.dropped.err, 0);
    assert_in_range(notes.dropped.len, HUB_DROPPED_BYTES_MAX - 32, HUB_DROPPED_BYTES_MAX);
}

static void a_strict_request_is_refused_for_its_first_drop(void **state)
{
    struct hub_notes notes;

    (void)state;
    hub_notes_init(&notes, true);
    assert_int_equal(hub_drop(&notes, SPAN("seed")), ERR_UNTRANSLATABLE);
    assert_int_equal(hub_drop(&notes, SPAN("user")), ERR_UNTRANSLATABLE);
    assert_int_equal(hub_refuse(&notes, ERR_INVALID, SPAN("n"), SPAN("No.")), ERR_UNTRANSLATABLE);
    assert_span(text_span(&notes.param), "seed");
    assert_int_equal(notes.detail.len, 0);
    assert_int_equal(notes.dropped.len, 0);
}

static void a_statuss_error_is_the_gateways(void **state)
{
    static const struct {
        int status;
        int err;
    } rows[] = {
        {400, ERR_UPSTREAM_REJECTED},   {401, ERR_UPSTREAM_AUTH},    {403, ERR_UPSTREAM_AUTH},
        {404, ERR_UPSTREAM_MODEL},      {408, ERR_UPSTREAM_TIMEOUT}, {413, ERR_UPSTREAM_TOO_LARGE},
        {422, ERR_UPSTREAM_REJECTED},   {429, ERR_UPSTREAM_BUSY},    {500, ERR_UPSTREAM_FAILED},
        {503, ERR_UPSTREAM_OVERLOADED}, {504, ERR_UPSTREAM_TIMEOUT}, {529, ERR_UPSTREAM_OVERLOADED},
        {0, ERR_UPSTREAM_FAILED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(hub_error_of_status(rows[i].status), rows[i].err);
}

static void a_message_tells_neither_keys_nor_addresses(void **state)
{
    static const struct {
        const char *raw;
        const char *message;
    } rows[] = {
        {"", ""},
        {"Overloaded", "Overloaded"},
        {"Incorrect API key provided: sk-abc. See https://a.b/c now.",
         "Incorrect API key provided: [...] See [...] now."},
        {"bad\\nthing \\\"x\\\"", "bad thing \"x\""},
        {"arn:aws:bedrock:x failed", "[...] failed"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_span(hub_error_message(*state, span_of(rows[i].raw)), rows[i].message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REGION_TEST(what_is_added_stands_last),
        REGION_TEST(a_full_region_adds_nothing),
        REGION_TEST(raw_text_is_decoded_and_encoded),
        cmocka_unit_test(text_without_a_character_is_blank),
        cmocka_unit_test(texts_are_equal_when_they_mean_the_same),
        cmocka_unit_test(numbers_are_decimals_and_nothing_else),
        cmocka_unit_test(efforts_have_words_and_budgets),
        cmocka_unit_test(what_is_dropped_is_named_once),
        cmocka_unit_test(a_list_of_drops_that_is_full_stays_whole),
        cmocka_unit_test(a_strict_request_is_refused_for_its_first_drop),
        cmocka_unit_test(a_statuss_error_is_the_gateways),
        REGION_TEST(a_message_tells_neither_keys_nor_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
