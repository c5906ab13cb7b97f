/* Requests of same-protocol calls: what is read of them, and what the upstream gets instead. */
#include "lib/protocol/call.h"

#include "lib/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { DEPTH = 16, BODY_BYTES = 2048 };

static int read_in_pieces(struct call_reader *reader, struct span body, size_t first, size_t step)
{
    size_t piece = first;

    call_reader_init(reader, PROTOCOL_OPENAI, DEPTH);
    while (body.len > 0) {
        char *copy;

        if (piece > body.len)
            piece = body.len;
        copy = malloc(piece);
        assert_non_null(copy);
        memcpy(copy, body.ptr, piece);
        (void)call_reader_feed(reader, (struct span){copy, piece});
        free(copy);
        body = span_skip(body, piece);
        piece = step;
    }
    return call_reader_end(reader);
}

/** Applies the plan as a sender of the body does: pieces between the edits, and the edits. */
static struct span apply(const struct call_plan *plan, struct span body, char *memory)
{
    uint64_t at = 0;
    size_t len = 0;

    for (uint32_t i = 0; i < plan->edit_count; i++) {
        const struct call_edit *edit = &plan->edits[i];

        assert_true(edit->begin >= at && edit->end >= edit->begin && edit->end <= body.len);
        memcpy(memory + len, body.ptr + at, edit->begin - at);
        len += edit->begin - at;
        memcpy(memory + len, edit->with.ptr, edit->with.len);
        len += edit->with.len;
        at = edit->end;
    }
    memcpy(memory + len, body.ptr + at, body.len - at);
    len += body.len - at;
    assert_int_equal(plan->bytes, len);
    return (struct span){memory, len};
}

/** Reads whole, byte by byte and cut everywhere; every plan makes the same body. */
static void check_body(const char *body, const char *expected, bool strip)
{
    struct span bytes = span_of(body);

    for (size_t first = 0; first <= bytes.len; first++) {
        char memory[BODY_BYTES];
        struct call_reader reader;
        struct call_plan plan;
        struct span made;
        size_t step = first == 0 ? 1 : bytes.len;

        assert_int_equal(read_in_pieces(&reader, bytes, first == 0 ? 1 : first, step), 0);
        assert_true(span_equal(reader.slug, SPAN("slug")));
        call_plan_make(&reader, SPAN("\"up/m\""), &plan);
        made = apply(&plan, bytes, memory);
        if (!span_equal(made, span_of(expected)))
            fail_msg("cut at %zu: %.*s, not %s", first, SPAN_FMT(made), expected);
        assert_int_equal(plan.strip_usage, strip);
    }
}

static const char *const models[] = {
    "\"slug\"",
    "\"\\u0073lug\"",
};

/** A form of `stream` and `stream_options` before and after the edits. */
static const struct {
    const char *before;
    const char *after;
    const char *inserted; /* at the beginning of the root */
    bool strip;
} forms[] = {
    {"", "", "", false},
    {"\"stream\":false", "\"stream\":false", "", false},
    {"\"stream\":null", "\"stream\":null", "", false},
    {"\"stream\":true,\"stream\":false", "\"stream\":true,\"stream\":false", "", false},
    {"\"stream\":true", "\"stream\":true", "\"stream_options\":{\"include_usage\":true},", true},
    {"\"stream\":false,\"stream\":true", "\"stream\":false,\"stream\":true",
     "\"stream_options\":{\"include_usage\":true},", true},
    {"\"x\":{\"stream_options\":{}},\"stream\":true",
     "\"x\":{\"stream_options\":{}},\"stream\":true",
     "\"stream_options\":{\"include_usage\":true},", true},
    {"\"stream\":true,\"stream_options\":null",
     "\"stream\":true,\"stream_options\":{\"include_usage\":true}", "", true},
    {"\"stream_options\": null ,\"stream\":true",
     "\"stream_options\": {\"include_usage\":true} ,\"stream\":true", "", true},
    {"\"stream\":true,\"stream_options\":{}",
     "\"stream\":true,\"stream_options\":{\"include_usage\":true}", "", true},
    {"\"stream\":true,\"stream_options\":{ }",
     "\"stream\":true,\"stream_options\":{\"include_usage\":true }", "", true},
    {"\"stream\":true,\"stream_options\":{\"include_obfuscation\":false}",
     "\"stream\":true,\"stream_options\":{\"include_usage\":true,\"include_obfuscation\":false}",
     "", true},
    {"\"stream_options\":{\"include_usage\":false},\"stream\":true",
     "\"stream_options\":{\"include_usage\":true},\"stream\":true", "", true},
    {"\"stream_options\":{\"a\":[{}],\"include_usage\" : null , \"b\":1},\"stream\":true",
     "\"stream_options\":{\"a\":[{}],\"include_usage\" : true , \"b\":1},\"stream\":true", "",
     true},
    {"\"stream_options\":{\"include_usage\":true},\"stream\":true",
     "\"stream_options\":{\"include_usage\":true},\"stream\":true", "", false},
    {"\"stream_options\":{\"include_usage\":false},\"stream\":false",
     "\"stream_options\":{\"include_usage\":false},\"stream\":false", "", false},
    {"\"stream_options\":{\"include_usage\":1},\"stream\":true",
     "\"stream_options\":{\"include_usage\":1},\"stream\":true", "", false},
    {"\"stream_options\":7,\"stream\":true", "\"stream_options\":7,\"stream\":true", "", false},
    {"\"stream_options\":[],\"stream\":true", "\"stream_options\":[],\"stream\":true", "", false},
    {"\"stream_options\":{\"include_usage\":true},\"stream_options\":{},\"stream\":true",
     "\"stream_options\":{\"include_usage\":true},\"stream_options\":{\"include_usage\":true},"
     "\"stream\":true",
     "", true},
    {"\"stream_options\":{\"include_usage\":true,\"include_usage\":false},\"stream\":true",
     "\"stream_options\":{\"include_usage\":true,\"include_usage\":true},\"stream\":true", "",
     true},
    {"\"stream_option\\u0073\":{\"include\\u005fusage\":false},\"stre\\u0061m\":true",
     "\"stream_option\\u0073\":{\"include\\u005fusage\":true},\"stre\\u0061m\":true", "", true},
};

/** Puts a form before and after `model`, with and without white space. */
static void the_upstream_gets_its_model_and_is_asked_for_usage(void **state)
{
    static const char *const layouts[][2] = {
        /* with a form / without one; %1$s the insertion, %2$s model, %3$s the form */
        {"{%1$s\"model\":%2$s,%3$s}", "{%1$s\"model\":%2$s%3$s}"},
        {"{%1$s%3$s,\"model\":%2$s}", "{%1$s%3$s\"model\":%2$s}"},
        {" \n{%1$s \"m\":[{\"model\":\"x\"}], %3$s , \"model\" : %2$s , \"z\":{} }\r\n ",
         " \n{%1$s \"m\":[{\"model\":\"x\"}] %3$s , \"model\" : %2$s , \"z\":{} }\r\n "},
    };

    (void)state;
    for (size_t i = 0; i < 3 * sizeof(forms) / sizeof(forms[0]); i++) {
        const char *layout = layouts[i % 3][forms[i / 3].before[0] == '\0'];

        for (size_t m = 0; m < sizeof(models) / sizeof(models[0]); m++) {
            char body[BODY_BYTES];
            char expected[BODY_BYTES];

            /* The layouts are literals of this function. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            (void)snprintf(body, sizeof(body), layout, "", models[m], forms[i / 3].before);
            (void)snprintf(expected, sizeof(expected), layout, forms[i / 3].inserted, "\"up/m\"",
                           forms[i / 3].after);
#pragma GCC diagnostic pop
            check_body(body, expected, forms[i / 3].strip);
        }
    }
}

static void anthropic_streams_tell_usage_unasked(void **state)
{
    struct span body = SPAN("{\"model\":\"slug\",\"stream\":true}");
    struct call_reader reader;
    struct call_plan plan;

    (void)state;
    call_reader_init(&reader, PROTOCOL_ANTHROPIC, DEPTH);
    assert_int_equal(call_reader_feed(&reader, body), 0);
    assert_int_equal(call_reader_end(&reader), 0);
    call_plan_make(&reader, SPAN("\"m\""), &plan);
    assert_int_equal(plan.edit_count, 1);
    assert_int_equal(plan.bytes, body.len - 3);
    assert_false(plan.strip_usage);
    assert_true(reader.stream);
}

struct body_row {
    const char *body;
    int err;
};

static const struct body_row bodies[] = {
    {"{\"model\":\"a\"}", 0},
    {"{\"\\u006dodel\":\"a\"}", 0},
    {"{\"x\":{\"model\":1,\"Model\":2},\"model\":\"a\"}", 0},
    {"{\"models\":1,\"model \":2,\"model\":\"a\"}", 0},
    {"{\"model\":\"a\",\"n\":1e999999999}", 0},
    {"{\"model\":\"a\",\"model\":\"a\"}", ERR_DUPLICATE_MODEL},
    {"{\"model\":\"a\",\"model\":\"b\"}", ERR_DUPLICATE_MODEL},
    {"{\"model\":\"a\",\"\\u006dodel\":\"b\"}", ERR_DUPLICATE_MODEL},
    {"{\"\\u006dodel\":\"a\",\"model\":\"b\"}", ERR_DUPLICATE_MODEL},
    {"{\"model\":\"a\",\"Model\":\"b\"}", ERR_DUPLICATE_MODEL},
    {"{\"MODEL\":\"a\",\"model\":\"b\"}", ERR_DUPLICATE_MODEL},
    {"{\"Model\":\"a\"}", ERR_DUPLICATE_MODEL},
    {"{\"\\u004dodel\":\"a\"}", ERR_DUPLICATE_MODEL},
    {"{\"model\":\"a\",\"x\":[],\"model\":7}", ERR_DUPLICATE_MODEL},
    {"{\"model\":7}", ERR_BAD_MODEL},
    {"{\"model\":null}", ERR_BAD_MODEL},
    {"{\"model\":true}", ERR_BAD_MODEL},
    {"{\"model\":[\"a\"]}", ERR_BAD_MODEL},
    {"{\"model\":{\"model\":\"a\"}}", ERR_BAD_MODEL},
    {"{}", ERR_NO_MODEL},
    {"{\"x\":{\"model\":\"a\"}}", ERR_NO_MODEL},
    {"{\"x\":[{\"model\":\"a\"}]}", ERR_NO_MODEL},
    {"{\"model\\u0000\":\"a\"}", ERR_NO_MODEL},
    {"", ERR_BAD_JSON},
    {" ", ERR_BAD_JSON},
    {"[{\"model\":\"a\"}]", ERR_BAD_JSON},
    {"\"model\"", ERR_BAD_JSON},
    {"7", ERR_BAD_JSON},
    {"null", ERR_BAD_JSON},
    {"\xef\xbb\xbf{\"model\":\"a\"}", ERR_BAD_JSON},
    {"{\"model\":\"a\"", ERR_BAD_JSON},
    {"{\"model\":\"a\",}", ERR_BAD_JSON},
    {"{\"model\":\"a\"} {}", ERR_BAD_JSON},
    {"{\"model\":\"a\"}x", ERR_BAD_JSON},
    {"{\"model\":\"\\ud800\"}", ERR_BAD_JSON},
    {"{\"model\":\"a\nb\"}", ERR_BAD_JSON},
    {"{\"model\":\"a\",\"x\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", ERR_BAD_JSON},
};

static void check_refusal(const struct body_row *row, size_t first, size_t step)
{
    struct call_reader reader;
    int err = read_in_pieces(&reader, span_of(row->body), first, step);

    if (err != row->err)
        fail_msg("%s: %s", row->body, err_name(err));
    assert_int_equal(reader.err, row->err);
}

static void a_body_that_parsers_could_read_differently_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        check_refusal(&bodies[i], 1, 1);
        for (size_t first = 1; first <= strlen(bodies[i].body); first++)
            check_refusal(&bodies[i], first, SIZE_MAX);
    }
}

static void a_slug_is_decoded_and_one_that_is_too_long_is_empty(void **state)
{
    static const struct {
        int zeros;
        const char *suffix;
        size_t slug_bytes;
    } rows[] = {
        {0, "\\u00e9\\/\\ud83d\\ude00", 7}, {LAYOUT_SLUG_BYTES_MAX, "", LAYOUT_SLUG_BYTES_MAX},
        {LAYOUT_SLUG_BYTES_MAX + 1, "", 0}, {LAYOUT_SLUG_BYTES_MAX - 1, "\\u00e9", 0},
        {JSON_CAPTURE_BYTES + 1, "", 0},    {100000, "", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        static char body[100100];
        struct call_reader reader;
        struct call_plan plan;
        int len = snprintf(body, sizeof(body), "{\"model\":\"%.*s%s\"}", rows[i].zeros, "",
                           rows[i].suffix);

        if (rows[i].zeros > 0)
            len = snprintf(body, sizeof(body), "{\"model\":\"%0*d%s\"}", rows[i].zeros, 0,
                           rows[i].suffix);
        assert_int_equal(read_in_pieces(&reader, (struct span){body, (size_t)len}, 3, 7), 0);
        assert_int_equal(reader.slug.len, rows[i].slug_bytes);
        call_plan_make(&reader, SPAN("\"m\""), &plan);
        assert_int_equal(plan.bytes, sizeof("{\"model\":\"m\"}") - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_upstream_gets_its_model_and_is_asked_for_usage),
        cmocka_unit_test(anthropic_streams_tell_usage_unasked),
        cmocka_unit_test(a_body_that_parsers_could_read_differently_is_refused),
        cmocka_unit_test(a_slug_is_decoded_and_one_that_is_too_long_is_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
