/* The beginning of an answer, cut into pieces at every offset: the verdict never depends on it. */
#include "worker/peek.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct row {
    const char *name;
    const char *text;
    enum wire_protocol protocol;
    enum peek_form form;
    enum attempt_result result;
};

#define DOCUMENT PEEK_DOCUMENT
#define STREAM   PEEK_STREAM
#define ARRAY    PEEK_ARRAY

static struct region scratch;

static const struct row rows[] = {
    {"an answer", "{\"id\":\"x\",\"choices\":[]}", PROTOCOL_OPENAI, DOCUMENT, ATTEMPT_ANSWERED},
    {"an error", "{\"error\":{\"message\":\"busy\"}}", PROTOCOL_OPENAI, DOCUMENT,
     ATTEMPT_ERROR_BODY},
    {"an error that is text", "{\"error\":\"busy\"}", PROTOCOL_OPENAI, DOCUMENT,
     ATTEMPT_ERROR_BODY},
    {"a null error", "{\"error\":null,\"choices\":[]}", PROTOCOL_OPENAI, DOCUMENT,
     ATTEMPT_ANSWERED},
    {"an error deeper inside", "{\"choices\":[{\"error\":{\"a\":1}}]}", PROTOCOL_OPENAI, DOCUMENT,
     ATTEMPT_ANSWERED},
    {"a text with the word", "{\"content\":\"\\\"error\\\"\"}", PROTOCOL_OPENAI, DOCUMENT,
     ATTEMPT_ANSWERED},
    {"Anthropic's error", "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}",
     PROTOCOL_ANTHROPIC, DOCUMENT, ATTEMPT_ERROR_BODY},
    {"Anthropic's answer", "{\"type\":\"message\",\"content\":[]}", PROTOCOL_ANTHROPIC, DOCUMENT,
     ATTEMPT_ANSWERED},
    {"what is no JSON", "<html>busy</html>", PROTOCOL_OPENAI, DOCUMENT, ATTEMPT_ANSWERED},
    {"an error with half a character", "{\"error\":{\"message\":\"\\ud83d\"}}", PROTOCOL_OPENAI,
     DOCUMENT, ATTEMPT_ERROR_BODY},
    {"a chunk", "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n", PROTOCOL_OPENAI,
     STREAM, ATTEMPT_ANSWERED},
    {"a chunk after comments",
     ": one\n\n: two\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n", PROTOCOL_OPENAI,
     STREAM, ATTEMPT_ANSWERED},
    {"an error chunk", "data: {\"error\":{\"message\":\"busy\"}}\n\n", PROTOCOL_OPENAI, STREAM,
     ATTEMPT_ERROR_BODY},
    {"an error chunk after comments", ": one\r\n\r\ndata: {\"error\":{\"code\":1}}\r\n\r\n",
     PROTOCOL_OPENAI, STREAM, ATTEMPT_ERROR_BODY},
    {"an error in the second event", "data: {\"a\":1}\n\ndata: {\"error\":{\"b\":1}}\n\n",
     PROTOCOL_OPENAI, STREAM, ATTEMPT_ANSWERED},
    {"an event without data first", "event: ping\n\ndata: {\"error\":{\"b\":1}}\n\n",
     PROTOCOL_OPENAI, STREAM, ATTEMPT_ERROR_BODY},
    {"Anthropic's error event",
     "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\n",
     PROTOCOL_ANTHROPIC, STREAM, ATTEMPT_ERROR_BODY},
    {"Anthropic's start alone", "event: message_start\ndata: {\"type\":\"message_start\"}\n\n",
     PROTOCOL_ANTHROPIC, STREAM, ATTEMPT_CUT},
    {"Anthropic's start before an error",
     "data: {\"type\":\"message_start\"}\n\ndata: {\"type\":\"ping\"}\n\n"
     "data: {\"type\":\"error\",\"error\":{}}\n\n",
     PROTOCOL_ANTHROPIC, STREAM, ATTEMPT_ERROR_BODY},
    {"Anthropic's start before content",
     "data: {\"type\":\"message_start\"}\n\ndata: {\"type\":\"content_block_start\"}\n\n"
     "data: {\"type\":\"error\"}\n\n",
     PROTOCOL_ANTHROPIC, STREAM, ATTEMPT_ANSWERED},
    {"a role before an error",
     "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n"
     "data: {\"error\":{\"message\":\"busy\"}}\n\n",
     PROTOCOL_OPENAI, STREAM, ATTEMPT_ERROR_BODY},
    {"no choices before an error",
     "data: {\"choices\":[],\"usage\":null}\n\ndata: {\"error\":{\"a\":1}}\n\n", PROTOCOL_OPENAI,
     STREAM, ATTEMPT_ERROR_BODY},
    {"a role before the end",
     "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n"
     "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
     PROTOCOL_OPENAI, STREAM, ATTEMPT_ANSWERED},
    {"a role alone", "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n",
     PROTOCOL_OPENAI, STREAM, ATTEMPT_CUT},
    {"a choice without a delta", "data: {\"choices\":[{}]}\n\ndata: {\"error\":{\"a\":1}}\n\n",
     PROTOCOL_OPENAI, STREAM, ATTEMPT_ANSWERED},
    {"a refusal's first word", "data: {\"choices\":[{\"delta\":{\"refusal\":\"N\"}}]}\n\n",
     PROTOCOL_OPENAI, STREAM, ATTEMPT_ANSWERED},
    {"Gemini's chunk", "data: {\"candidates\":[]}\r\n\r\n", PROTOCOL_GEMINI, STREAM,
     ATTEMPT_ANSWERED},
    {"Gemini's error chunk", "data: {\"error\":{\"code\":503}}\r\n\r\n", PROTOCOL_GEMINI, STREAM,
     ATTEMPT_ERROR_BODY},
    {"Gemini's array", "[{\"candidates\":[{\"text\":\"]}\\\"\"}]}\n,\n{\"error\":{\"code\":1}}]",
     PROTOCOL_GEMINI, ARRAY, ATTEMPT_ANSWERED},
    {"Gemini's array of an error", "[{\"error\":{\"code\":503,\"message\":\"]\"}}\n]",
     PROTOCOL_GEMINI, ARRAY, ATTEMPT_ERROR_BODY},
    {"an error instead of an array", "{\"error\":{\"code\":503}}", PROTOCOL_GEMINI, ARRAY,
     ATTEMPT_ERROR_BODY},
    {"an empty array", "[]", PROTOCOL_GEMINI, ARRAY, ATTEMPT_ANSWERED},
    {"half an array", "[{\"candidates\":[", PROTOCOL_GEMINI, ARRAY, ATTEMPT_CUT},
    {"a document that is an array of an error", "[{\"error\":{\"code\":400}}]", PROTOCOL_GEMINI,
     DOCUMENT, ATTEMPT_ERROR_BODY},
    {"only the end", "data: [DONE]\n\n", PROTOCOL_OPENAI, STREAM, ATTEMPT_ANSWERED},
    {"comments alone", ": one\n\n", PROTOCOL_OPENAI, STREAM, ATTEMPT_CUT},
    {"half an event", "data: {\"choices\"", PROTOCOL_OPENAI, STREAM, ATTEMPT_CUT},
    {"nothing", "", PROTOCOL_OPENAI, STREAM, ATTEMPT_CUT},
    {"an empty document", "", PROTOCOL_OPENAI, DOCUMENT, ATTEMPT_CUT},
    {"half a document", "{\"choices\":[{\"te", PROTOCOL_OPENAI, DOCUMENT, ATTEMPT_CUT},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* Piece by piece, holding back what it asks to be held back. */
static enum attempt_result look(const struct row *row, int64_t content_length, const size_t *cuts,
                                size_t count)
{
    char held[PEEK_BYTES_MAX];
    size_t held_bytes = 0;
    size_t begin = 0;
    size_t len = strlen(row->text);
    struct peek peek;

    peek_init(&peek, row->protocol, row->form, content_length, &scratch);
    for (size_t i = 0; i <= count; i++) {
        size_t end = i < count ? cuts[i] : len;
        struct span bytes = {row->text + begin, end - begin};

        if (bytes.len == 0)
            continue;
        enum attempt_result result = peek_look(&peek, (struct span){held, held_bytes}, bytes,
                                               false);
        if (result != ATTEMPT_OPEN)
            return result;
        memcpy(held + held_bytes, bytes.ptr, bytes.len);
        held_bytes += bytes.len;
        begin = end;
    }
    return peek_look(&peek, (struct span){held, held_bytes}, SPAN(""), true);
}

static void check(const struct row *row, enum attempt_result result)
{
    if (result != row->result)
        fail_msg("%s: %s instead of %s", row->name, attempt_result_word(result),
                 attempt_result_word(row->result));
}

static void every_beginning_is_judged_as_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        check(&rows[i], look(&rows[i], -1, NULL, 0));
        if (rows[i].form != STREAM && rows[i].result != ATTEMPT_CUT)
            check(&rows[i], look(&rows[i], (int64_t)strlen(rows[i].text), NULL, 0));
    }
}

static void cutting_it_anywhere_changes_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        size_t len = strlen(rows[i].text);

        for (size_t a = 1; a < len; a++) {
            for (size_t b = a; b < len; b++)
                check(&rows[i], look(&rows[i], -1, (size_t[]){a, b}, 2));
        }
    }
}

static void what_is_longer_than_any_error_is_an_answer(void **state)
{
    static char text[PEEK_BYTES_MAX + 1];
    struct span all = {text, sizeof(text)};
    struct peek peek;

    (void)state;
    memset(text, 'x', sizeof(text));
    peek_init(&peek, PROTOCOL_OPENAI, DOCUMENT, -1, &scratch);
    assert_int_equal(peek_look(&peek, SPAN(""), all, false), ATTEMPT_ANSWERED);
    peek_init(&peek, PROTOCOL_OPENAI, DOCUMENT, sizeof(text), &scratch);
    assert_int_equal(peek_look(&peek, SPAN(""), SPAN("{"), false), ATTEMPT_ANSWERED);
    for (size_t i = 0; i < 6; i++)
        text[i] = "data: "[i];
    peek_init(&peek, PROTOCOL_OPENAI, STREAM, -1, &scratch);
    assert_int_equal(peek_look(&peek, SPAN(""), all, false), ATTEMPT_ANSWERED);
    /* One byte less may still become an error. */
    all.len--;
    peek_init(&peek, PROTOCOL_OPENAI, STREAM, -1, &scratch);
    assert_int_equal(peek_look(&peek, SPAN(""), all, false), ATTEMPT_OPEN);
}

static int make_scratch(void **state)
{
    (void)state;
    return region_init(&scratch, 1 << 20);
}

static int close_scratch(void **state)
{
    (void)state;
    region_close(&scratch);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_beginning_is_judged_as_the_table_says),
        cmocka_unit_test(cutting_it_anywhere_changes_nothing),
        cmocka_unit_test(what_is_longer_than_any_error_is_an_answer),
    };

    return cmocka_run_group_tests(tests, make_scratch, close_scratch);
}
