/* JSON Schema and Gemini's Schema, each as the other. */
#include "lib/base/err.h"
#include "lib/protocol/gemini_schema.h"
#include "tests/unit/region_fixture.h"

#include <stdio.h>

enum { OUT_BYTES = 64 * 1024 };

static char memory[OUT_BYTES];

static const struct json_node *read_alone(struct region *region, struct span text)
{
    region_reset(region);
    return read_json(region, text);
}

struct row {
    const char *schema;
    const char *expected;
};

static void check_write(struct region *region, const struct row *row)
{
    struct text out = text_over(memory, sizeof(memory));
    const struct json_node *schema = read_alone(region, span_of(row->schema));

    assert_int_equal(gemini_schema_write(schema, &out), 0);
    if (!span_equal(text_span(&out), span_of(row->expected)))
        fail_msg("%s\nbecame %.*s\nnot    %s", row->schema, SPAN_FMT(text_span(&out)),
                 row->expected);
    (void)read_alone(region, text_span(&out));
}

static void check_read(struct region *region, const struct row *row)
{
    struct text out = text_over(memory, sizeof(memory));
    const struct json_node *schema = read_alone(region, span_of(row->schema));

    gemini_schema_read(schema, &out);
    if (!span_equal(text_span(&out), span_of(row->expected)))
        fail_msg("%s\nbecame %.*s\nnot    %s", row->schema, SPAN_FMT(text_span(&out)),
                 row->expected);
    (void)read_alone(region, text_span(&out));
}

static void check_rows(struct region *region, const struct row *rows, size_t count,
                       void (*check)(struct region *region, const struct row *row))
{
    for (size_t i = 0; i < count; i++)
        check(region, &rows[i]);
}

#define CHECK_ROWS(check, rows) check_rows(*state, rows, sizeof(rows) / sizeof((rows)[0]), check)

static void keywords_become_those_of_the_subset(void **state)
{
    static const struct row rows[] = {
        {"{}", "{}"},
        {"{\"type\":\"object\",\"properties\":{\"q\":{\"type\":\"string\"}}}",
         "{\"type\":\"OBJECT\",\"properties\":{\"q\":{\"type\":\"STRING\"}}}"},
        {"{\"type\":\"OBJECT\"}", "{\"type\":\"OBJECT\"}"},
        {"{\"properties\":{\"a\":true}}", "{\"type\":\"OBJECT\",\"properties\":{\"a\":{}}}"},
        {"{\"type\":\"string\",\"title\":\"T\",\"description\":\"a \\\"b\\\"\",\"minLength\":1,"
         "\"maxLength\":9,\"pattern\":\"^a\",\"default\":\"x\"}",
         "{\"type\":\"STRING\",\"title\":\"T\",\"description\":\"a \\\"b\\\"\",\"pattern\":\"^a\","
         "\"minLength\":1,\"maxLength\":9,\"default\":\"x\"}"},
        {"{\"type\":\"integer\",\"minimum\":0,\"maximum\":1e3,\"exclusiveMinimum\":0}",
         "{\"type\":\"INTEGER\",\"minimum\":0,\"maximum\":1e3}"},
        {"{\"type\":\"string\",\"format\":\"uri\"}", "{\"type\":\"STRING\"}"},
        {"{\"type\":\"string\",\"format\":\"date-time\"}",
         "{\"type\":\"STRING\",\"format\":\"date-time\"}"},
        {"{\"type\":\"array\",\"items\":{\"type\":\"number\"},\"minItems\":1}",
         "{\"type\":\"ARRAY\",\"minItems\":1,\"items\":{\"type\":\"NUMBER\"}}"},
        {"{\"type\":\"array\"}", "{\"type\":\"ARRAY\",\"items\":{}}"},
        {"{\"$schema\":\"s\",\"$id\":\"i\",\"type\":\"object\",\"additionalProperties\":true,"
         "\"examples\":[1],\"if\":{},\"then\":{},\"not\":{},\"patternProperties\":{}}",
         "{\"type\":\"OBJECT\"}"},
    };

    CHECK_ROWS(check_write, rows);
}

/* Vector 44. */
static void a_property_named_like_a_keyword_survives(void **state)
{
    static const struct row rows[] = {
        {"{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
         "\"additionalProperties\":{\"type\":\"boolean\"},\"title\":{\"type\":\"string\"},"
         "\"default\":{\"type\":\"string\"},\"$schema\":{\"type\":\"string\"},"
         "\"properties\":{\"type\":\"object\",\"properties\":{\"type\":{\"type\":\"string\"}}}},"
         "\"required\":[\"title\",\"gone\",\"$schema\"]}",
         "{\"type\":\"OBJECT\",\"properties\":{\"additionalProperties\":{\"type\":\"BOOLEAN\"},"
         "\"title\":{\"type\":\"STRING\"},\"default\":{\"type\":\"STRING\"},"
         "\"$schema\":{\"type\":\"STRING\"},\"properties\":{\"type\":\"OBJECT\","
         "\"properties\":{\"type\":{\"type\":\"STRING\"}}}},\"required\":[\"title\",\"$schema\"]}"},
    };

    CHECK_ROWS(check_write, rows);
}

static void null_among_the_types_is_nullable(void **state)
{
    static const struct row rows[] = {
        {"{\"type\":[\"string\",\"null\"]}", "{\"type\":\"STRING\",\"nullable\":true}"},
        {"{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}",
         "{\"type\":\"STRING\",\"nullable\":true}"},
        {"{\"oneOf\":[{\"type\":\"null\"},{\"type\":\"string\"},{\"type\":\"number\"}]}",
         "{\"nullable\":true,\"anyOf\":[{\"type\":\"STRING\"},{\"type\":\"NUMBER\"}]}"},
        {"{\"type\":[\"string\",\"array\",\"null\"]}",
         "{\"anyOf\":[{\"type\":\"STRING\"},{\"type\":\"ARRAY\",\"items\":{}}],\"nullable\":true}"},
        {"{\"enum\":[\"a\",null]}", "{\"enum\":[\"a\"],\"type\":\"STRING\",\"nullable\":true}"},
        {"{\"type\":\"null\"}", "{\"nullable\":true}"},
    };

    CHECK_ROWS(check_write, rows);
}

static void values_are_strings(void **state)
{
    static const struct row rows[] = {
        {"{\"type\":\"integer\",\"enum\":[1,2.5,true,\"\",{}],\"minimum\":0}",
         "{\"enum\":[\"1\",\"2.5\",\"true\"],\"type\":\"STRING\"}"},
        {"{\"const\":\"only\",\"description\":\"d\"}",
         "{\"enum\":[\"only\"],\"type\":\"STRING\",\"description\":\"d\"}"},
        {"{\"type\":\"object\",\"enum\":[{}]}", "{\"type\":\"OBJECT\"}"},
    };

    CHECK_ROWS(check_write, rows);
}

static void references_are_put_in_place(void **state)
{
    static const struct row rows[] = {
        {"{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"type\":\"string\"}}}",
         "{\"type\":\"STRING\"}"},
        {"{\"properties\":{\"x\":{\"$ref\":\"#\\/definitions\\/a~1b\",\"description\":\"d\"}},"
         "\"definitions\":{\"a/b\":{\"type\":\"number\",\"description\":\"e\"}}}",
         "{\"type\":\"OBJECT\",\"properties\":{\"x\":{\"type\":\"NUMBER\","
         "\"description\":\"d\"}}}"},
        {"{\"anyOf\":[{\"type\":\"string\"},{\"$ref\":\"#/anyOf/0\"}]}",
         "{\"anyOf\":[{\"type\":\"STRING\"},{\"type\":\"STRING\"}]}"},
        {"{\"type\":\"object\",\"properties\":{\"x\":{\"$ref\":\"http://x/y\"},"
         "\"y\":{\"$ref\":\"#/none\"},\"z\":{\"$ref\":7}}}",
         "{\"type\":\"OBJECT\",\"properties\":{\"x\":{},\"y\":{},\"z\":{}}}"},
        {"{\"$ref\":\"#/$defs/a%2Fb\",\"$defs\":{\"a/b\":{\"type\":\"boolean\"}}}",
         "{\"type\":\"BOOLEAN\"}"},
    };

    CHECK_ROWS(check_write, rows);
}

static void a_reference_to_itself_is_any_object(void **state)
{
    static const struct row rows[] = {
        {"{\"$ref\":\"#/$defs/node\",\"$defs\":{\"node\":{\"type\":\"object\",\"properties\":{"
         "\"next\":{\"$ref\":\"#/$defs/node\"}}}}}",
         "{\"type\":\"OBJECT\",\"properties\":{\"next\":{\"type\":\"OBJECT\"}}}"},
        {"{\"type\":\"object\",\"properties\":{\"child\":{\"$ref\":\"#\"}}}",
         "{\"type\":\"OBJECT\",\"properties\":{\"child\":{\"type\":\"OBJECT\"}}}"},
        {"{\"$ref\":\"#\"}", "{}"},
        {"{\"$defs\":{\"a\":{\"properties\":{\"b\":{\"$ref\":\"#/$defs/b\"}}},"
         "\"b\":{\"items\":{\"$ref\":\"#/$defs/a\"}}},\"$ref\":\"#/$defs/a\"}",
         "{\"type\":\"OBJECT\",\"properties\":{\"b\":{\"type\":\"ARRAY\","
         "\"items\":{\"type\":\"OBJECT\"}}}}"},
    };

    CHECK_ROWS(check_write, rows);
}

static void all_of_is_merged(void **state)
{
    static const struct row rows[] = {
        {"{\"allOf\":[{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}},"
         "\"required\":[\"a\"]},{\"properties\":{\"a\":{\"type\":\"number\"},"
         "\"b\":{\"type\":\"number\"}},\"required\":[\"b\",\"a\"]}],\"description\":\"d\"}",
         "{\"type\":\"OBJECT\",\"description\":\"d\",\"properties\":{\"a\":{\"type\":\"STRING\"},"
         "\"b\":{\"type\":\"NUMBER\"}},\"required\":[\"a\",\"b\"]}"},
    };

    CHECK_ROWS(check_write, rows);
}

/* Two references in each of so many definitions: 2^n places. */
static struct span doubling_schema(char *text, size_t bytes, int levels)
{
    int len = snprintf(text, bytes, "{\"$ref\":\"#/$defs/d0\",\"$defs\":{");

    for (int i = 0; i < levels; i++)
        len += snprintf(text + len, bytes - (size_t)len,
                        "\"d%d\":{\"properties\":{\"a\":{\"$ref\":\"#/$defs/d%d\"},"
                        "\"b\":{\"$ref\":\"#/$defs/d%d\"}}},",
                        i, i + 1, i + 1);
    len += snprintf(text + len, bytes - (size_t)len, "\"d%d\":{\"type\":\"string\"}}}", levels);
    return (struct span){text, (size_t)len};
}

static void a_schema_that_grows_without_bound_is_refused(void **state)
{
    static char text[16384];
    struct text out = text_over(memory, sizeof(memory));
    const struct json_node *schema = read_alone(*state, doubling_schema(text, sizeof(text), 4));

    assert_int_equal(gemini_schema_write(schema, &out), 0);
    static char large[4 * 1024 * 1024];
    out = text_over(large, sizeof(large));
    schema = read_alone(*state, doubling_schema(text, sizeof(text), 40));
    assert_int_equal(gemini_schema_write(schema, &out), ERR_UNTRANSLATABLE);
}

static void a_schema_that_nests_too_deeply_is_refused(void **state)
{
    static char text[8192];
    size_t len = 0;
    struct text out = text_over(memory, sizeof(memory));

    for (int i = 0; i < GEMINI_SCHEMA_DEPTH_MAX + 1; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "{\"items\":");
    len += (size_t)snprintf(text + len, sizeof(text) - len, "{}");
    for (int i = 0; i < GEMINI_SCHEMA_DEPTH_MAX + 1; i++)
        text[len++] = '}';
    const struct json_node *schema = read_alone(*state, (struct span){text, len});
    assert_int_equal(gemini_schema_write(schema, &out), ERR_UNTRANSLATABLE);
}

/* Vector 46. */
static void a_schema_of_geminis_becomes_json_schema(void **state)
{
    static const struct row rows[] = {
        {"{\"type\":\"OBJECT\",\"properties\":{\"q\":{\"type\":\"STRING\"}}}",
         "{\"type\":\"object\",\"properties\":{\"q\":{\"type\":\"string\"}}}"},
        {"{\"type\":\"object\"}", "{\"type\":\"object\"}"},
        {"{\"type\":\"STRING\",\"nullable\":true}", "{\"type\":[\"string\",\"null\"]}"},
        {"{\"type\":\"STRING\",\"nullable\":true,\"enum\":[\"A\"],\"format\":\"enum\"}",
         "{\"type\":[\"string\",\"null\"],\"enum\":[\"A\",null]}"},
        {"{\"enum\":\"A\",\"properties\":7,\"anyOf\":\"x\",\"items\":true,\"type\":[\"A\"]}",
         "{\"enum\":\"A\",\"properties\":7,\"anyOf\":\"x\",\"items\":true,\"type\":[\"A\"]}"},
        {"{\"any_of\":[{\"type\":\"STRING\"}],\"nullable\":true}",
         "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}"},
        {"{\"type\":\"ARRAY\",\"items\":{\"type\":\"INTEGER\",\"format\":\"int32\"},"
         "\"minItems\":\"2\",\"max_items\":3}",
         "{\"type\":\"array\",\"items\":{\"type\":\"integer\",\"format\":\"int32\"},"
         "\"minItems\":2,\"maxItems\":3}"},
        {"{\"type\":\"OBJECT\",\"propertyOrdering\":[\"type\"],\"properties\":{\"type\":"
         "{\"type\":\"NUMBER\",\"example\":1,\"description\":\"TYPE\"},\"nullable\":{\"type\":"
         "\"TYPE_UNSPECIFIED\"}},\"required\":[\"type\"]}",
         "{\"type\":\"object\",\"properties\":{\"type\":{\"type\":\"number\",\"examples\":[1],"
         "\"description\":\"TYPE\"},\"nullable\":{}},\"required\":[\"type\"]}"},
    };

    CHECK_ROWS(check_read, rows);
}

static void a_schema_without_parameters_is_known(void **state)
{
    static const struct {
        const char *schema;
        bool is_empty;
    } rows[] = {
        {"{}", true},
        {"{\"type\":\"object\"}", true},
        {"{\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}", true},
        {"{\"type\":\"object\",\"properties\":{\"a\":{}}}", false},
        {"{\"$ref\":\"#/$defs/a\"}", false},
        {"{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"}}", false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(gemini_schema_is_empty(read_alone(*state, span_of(rows[i].schema))),
                         rows[i].is_empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keywords_become_those_of_the_subset),
        cmocka_unit_test(a_property_named_like_a_keyword_survives),
        cmocka_unit_test(null_among_the_types_is_nullable),
        cmocka_unit_test(values_are_strings),
        cmocka_unit_test(references_are_put_in_place),
        cmocka_unit_test(a_reference_to_itself_is_any_object),
        cmocka_unit_test(all_of_is_merged),
        cmocka_unit_test(a_schema_that_grows_without_bound_is_refused),
        cmocka_unit_test(a_schema_that_nests_too_deeply_is_refused),
        cmocka_unit_test(a_schema_of_geminis_becomes_json_schema),
        cmocka_unit_test(a_schema_without_parameters_is_known),
    };

    return cmocka_run_group_tests(tests, open_region, close_region);
}
