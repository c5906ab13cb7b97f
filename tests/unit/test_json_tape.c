/* JSON text as nodes. */
#include "lib/base/err.h"
#include "lib/wire/json_tape.h"
#include "tests/unit/region_fixture.h"

enum { NODES_MAX = 1000, DEPTH_MAX = 8 };

/* The tape written back, without white space: it shows keys, order, nesting and widths. */
static void write_node(const struct json_node *node, struct text *out) // NOLINT(misc-no-recursion)
{
    bool first = true;

    if (node->type != JSON_OBJECT && node->type != JSON_ARRAY) {
        text_add(out, json_source(node));
        return;
    }
    text_add_char(out, node->type == JSON_OBJECT ? '{' : '[');
    JSON_EACH(each, node)
    {
        if (!first)
            text_add_char(out, ',');
        first = false;
        if (node->type == JSON_OBJECT) {
            text_add_char(out, '"');
            text_add(out, each->key);
            text_add(out, SPAN("\":"));
        }
        write_node(each, out);
    }
    text_add_char(out, node->type == JSON_OBJECT ? '}' : ']');
}

static void a_tape_holds_all_that_the_text_says(void **state)
{
    static const struct {
        const char *text;
        const char *again;
    } rows[] = {
        {"1", "1"},
        {" \"a\\\"b\" ", "\"a\\\"b\""},
        {"{}", "{}"},
        {"[]", "[]"},
        {"[ [ ] , { } , [1] ]", "[[],{},[1]]"},
        {"{\"\":\"\",\"a\":null}", "{\"\":\"\",\"a\":null}"},
        {"{\"a\":{\"b\":[1,-2.5e3,true]},\"c\":false}",
         "{\"a\":{\"b\":[1,-2.5e3,true]},\"c\":false}"},
        {"[\"\\\\\",\"\\u0022]\",\"}\"]", "[\"\\\\\",\"\\u0022]\",\"}\"]"},
        {"\r\n\t{\"k\"\t:\n\"v\" }\n", "{\"k\":\"v\"}"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char memory[256];
        struct text out = text_over(memory, sizeof(memory));
        const struct json_node *root;

        assert_int_equal(json_tape_read(*state, span_of(rows[i].text), DEPTH_MAX, NODES_MAX, &root),
                         0);
        write_node(root, &out);
        assert_true(span_equal(text_span(&out), span_of(rows[i].again)));
        region_reset(*state);
    }
}

static void what_is_no_json_or_beyond_a_bound_is_refused(void **state)
{
    static const struct {
        const char *text;
        uint32_t nodes_max;
        int err;
    } rows[] = {
        {"", 9, ERR_BAD_JSON},
        {" ", 9, ERR_BAD_JSON},
        {"{", 9, ERR_BAD_JSON},
        {"[1,]", 9, ERR_BAD_JSON},
        {"{\"a\":1}}", 9, ERR_BAD_JSON},
        {"\"a", 9, ERR_BAD_JSON},
        {"[[[[[[[[[1]]]]]]]]]", 99, ERR_BAD_JSON},
        {"[1,2,3]", 3, ERR_TOO_MANY_VALUES},
        {"[1,2,3]", 4, 0},
        {"[{\"a\":[]}]", 2, ERR_TOO_MANY_VALUES},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct json_node *root;

        assert_int_equal(
            json_tape_read(*state, span_of(rows[i].text), DEPTH_MAX, rows[i].nodes_max, &root),
            rows[i].err);
    }
}

static void a_full_region_is_no_memory(void **state)
{
    const struct json_node *root;

    assert_non_null(region_take(*state, REGION_BYTES - 100));
    assert_int_equal(json_tape_read(*state, SPAN("[1,2,3,4]"), DEPTH_MAX, NODES_MAX, &root),
                     ERR_NO_MEMORY);
}

static void members_are_found_by_their_decoded_names_and_the_last_counts(void **state)
{
    const struct json_node *root;
    uint64_t count = 0;

    assert_int_equal(
        json_tape_read(*state,
                       SPAN("{\"a\":1,\"\\u0062\":\"x\\u0079\",\"n\":null,\"t\":true,\"a\":7.0}"),
                       DEPTH_MAX, NODES_MAX, &root),
        0);
    assert_int_equal(root->count, 5);
    assert_true(json_count(json_member(root, SPAN("a")), &count));
    assert_int_equal(count, 7);
    assert_true(json_is_text(json_member(root, SPAN("b")), SPAN("xy")));
    assert_true(span_equal(json_text(json_member(root, SPAN("b"))), SPAN("x\\u0079")));
    assert_null(json_member(root, SPAN("n")));
    assert_non_null(json_member_or_null(root, SPAN("n")));
    assert_true(json_is_true(json_member(root, SPAN("t"))));
    assert_null(json_member(root, SPAN("A")));
    assert_null(json_member(NULL, SPAN("a")));
    assert_null(json_member(json_member(root, SPAN("a")), SPAN("a")));
    assert_int_equal(json_text(NULL).len, 0);
    assert_false(json_count(NULL, &count));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REGION_TEST(a_tape_holds_all_that_the_text_says),
        REGION_TEST(what_is_no_json_or_beyond_a_bound_is_refused),
        REGION_TEST(a_full_region_is_no_memory),
        REGION_TEST(members_are_found_by_their_decoded_names_and_the_last_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
