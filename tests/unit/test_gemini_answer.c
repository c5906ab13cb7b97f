/* What Gemini providers answer, in hub form: whole, in streams, and when they refuse. */
#include "lib/base/err.h"
#include "lib/protocol/codec.h"
#include "tests/unit/hub_dump.h"
#include "tests/unit/region_fixture.h"

#include <stdio.h>

enum { OUT_BYTES = 16 * 1024, EVENTS_MAX = 4 };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The region of the test, and that of the stream. */
static struct region memory;
static struct region stream_memory;
static char out_memory[OUT_BYTES];

static int open_regions(void **state)
{
    (void)state;
    return region_init(&memory, REGION_BYTES) + region_init(&stream_memory, REGION_BYTES);
}

static int close_regions(void **state)
{
    (void)state;
    region_close(&memory);
    region_close(&stream_memory);
    return 0;
}

static void check(const char *source, struct span got, const char *expected)
{
    if (!span_equal(got, span_of(expected)))
        fail_msg("%s\nis      %.*s\nand not %s", source, SPAN_FMT(got), expected);
}

#define PARTS(...)     "\"content\":{\"role\":\"model\",\"parts\":[" __VA_ARGS__ "]}"
#define CANDIDATE(...) "\"candidates\":[{" __VA_ARGS__ "}]"
#define STOP(...)      "{" CANDIDATE(PARTS(__VA_ARGS__) ",\"finishReason\":\"STOP\"") "}"
#define CALL           "{\"functionCall\":{\"name\":\"w\",\"args\":{\"c\": \"P\"}}}"
#define USED                                                                   \
    "\"usageMetadata\":{\"promptTokenCount\":107,\"candidatesTokenCount\":31," \
    "\"thoughtsTokenCount\":148,\"totalTokenCount\":286}"

/* --- whole answers ---------------------------------------------------------------------------- */

struct answer_row {
    const char *answer;
    const char *expected;
};

static void check_answers(const struct answer_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct text out = text_over(out_memory, sizeof(out_memory));
        struct hub_answer answer;
        struct hub_error error = {0};

        region_reset(&memory);
        if (codec_gemini.read_answer(&memory, read_json(&memory, span_of(rows[i].answer)), &answer,
                                     &error) != 0)
            fail_msg("%s: %s", rows[i].answer, err_name(error.err));
        hub_dump_answer(&answer, &out);
        check(rows[i].answer, text_span(&out), rows[i].expected);
    }
}

/* Vectors 14 to 18. */
static void an_answer_is_its_first_candidate(void **state)
{
    static const struct answer_row rows[] = {
        {STOP("{\"text\":\"a \\\"b\\\"\"},{\"text\":\"\"},{\"text\":\"c\"}"),
         "\"a \\\"b\\\"\" | \"c\" finish=STOP"},
        {STOP("{\"text\":\"hm\",\"thought\":true},{\"text\":\"a\",\"thoughtSignature\":\"s\"}"),
         "reasoning(\"hm\") | \"a\" | reasoning(\"\" gemini:s) finish=STOP"},
        {STOP(CALL ",{\"functionCall\":{\"id\":\"i\",\"name\":\"g\"},\"thoughtSignature\":\"s\"}"),
         "call( w {\"c\": \"P\"}) | call(i g {} gemini:s) finish=TOOL_CALLS"},
        {"{" CANDIDATE(PARTS(CALL) ",\"finishReason\":\"MAX_TOKENS\"") "," USED "}",
         "call( w {\"c\": \"P\"}) finish=LENGTH input=107 output=179 reasoning=148"},
        {"{" CANDIDATE(PARTS(CALL) ",\"finishReason\":\"SAFETY\"") "}",
         "call( w {\"c\": \"P\"}) finish=REFUSED"},
        {"{\"promptFeedback\":{\"blockReason\":\"PROHIBITED_CONTENT\"},\"usageMetadata\":"
         "{\"promptTokenCount\":13,\"totalTokenCount\":13}}",
         "refusal(\"blocked: PROHIBITED_CONTENT\") finish=REFUSED input=13"},
        {"{\"promptFeedback\":{\"blockReason\":\"\"}," CANDIDATE(
             PARTS("{\"text\":\"a\"}") ",\"finishReason\":\"STOP\"") "}",
         "\"a\" finish=STOP"},
        {"{" CANDIDATE("\"finishReason\":\"NO_IMAGE\"") "}", " finish=REFUSED"},
        {"{" CANDIDATE("\"finishReason\":\"LATER\"") "}", " finish=STOP"},
        {STOP("{\"executableCode\":{}},{\"inlineData\":{}},{\"functionCall\":{}}"), " finish=STOP"},
    };

    (void)state;
    check_answers(rows, COUNT(rows));
}

static void what_is_no_answer_is_an_error(void **state)
{
    static const struct {
        const char *answer;
        int err;
    } rows[] = {
        {"{}", ERR_UPSTREAM_PROTOCOL},
        {"[]", ERR_UPSTREAM_PROTOCOL},
        {"{\"candidates\":[]}", ERR_UPSTREAM_PROTOCOL},
        {"{\"candidates\":{}}", ERR_UPSTREAM_PROTOCOL},
        {"{\"error\":{\"code\":503,\"status\":\"UNAVAILABLE\"}}", ERR_UPSTREAM_OVERLOADED},
        {"[{\"error\":{\"code\":429}}]", ERR_UPSTREAM_BUSY},
        {"{" CANDIDATE("\"finishReason\":\"MALFORMED_FUNCTION_CALL\"") "}", ERR_UPSTREAM_FAILED},
        {"{" CANDIDATE("\"finishReason\":\"UNEXPECTED_TOOL_CALL\"") "}", ERR_UPSTREAM_FAILED},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hub_answer answer;
        struct hub_error error = {0};

        region_reset(&memory);
        assert_int_equal(codec_gemini.read_answer(
                             &memory, read_json(&memory, span_of(rows[i].answer)), &answer, &error),
                         rows[i].err);
    }
}

/* --- streams ---------------------------------------------------------------------------------- */

static void note(void *ctx, const struct hub_event *event)
{
    hub_dump_event(event, ctx);
}

struct stream_row {
    const char *events[EVENTS_MAX]; /* to the first NULL */
    const char *expected;
    int end; /* of hub_stream_end() */
};

static void check_stream_row(const struct stream_row *row)
{
    struct text out = text_over(out_memory, sizeof(out_memory));
    struct hub_stream stream;
    uint64_t state = 0;

    region_reset(&stream_memory);
    hub_stream_init(&stream, &stream_memory, 1, note, &out);
    for (size_t i = 0; i < EVENTS_MAX && row->events[i] != NULL; i++) {
        region_reset(&memory);
        codec_gemini.read_event(&memory, read_json(&memory, span_of(row->events[i])), &state,
                                &stream);
    }
    assert_int_equal(hub_stream_end(&stream, PROTOCOL_GEMINI), row->end);
    check(row->events[0], text_span(&out), row->expected);
}

/* Vectors 14 to 17. */
static const struct stream_row stream_rows[] = {
    {{STOP("{\"text\":\"a\"}")}, "start 0:text 0+\"a\" 0. finish=STOP ", 0},
    {{"{" CANDIDATE(PARTS("{\"text\":\"h\",\"thought\":true}")) "}",
      "{" CANDIDATE(PARTS("{\"text\":\"m\",\"thought\":true,\"thoughtSignature\":\"s\"}")) "}",
      STOP("{\"text\":\"a\"}")},
     "start 0:reasoning 0+\"h\" 0+\"m\" 0~gemini:s 0. 1:text 1+\"a\" 1. finish=STOP ",
     0},
    {{"{" CANDIDATE(PARTS(CALL)) "}",
      "{" CANDIDATE(PARTS("{\"text\":\"\"}") ",\"finishReason\":\"STOP\"") "," USED "}"},
     "start 0:tool call(0 call_5e41ab087439611e w) 0+\"{\\\"c\\\": \\\"P\\\"}\" 0. "
     "finish=TOOL_CALLS input=107 output=179 reasoning=148 ",
     0},
    {{"{" CANDIDATE(PARTS(CALL)) "}",
      "{" CANDIDATE(
          "\"finishReason\":\"MAX_TOKENS\"") ",\"usageMetadata\":{\"trafficType\":\"X\"}}"},
     "start 0:tool call(0 call_5e41ab087439611e w) 0+\"{\\\"c\\\": \\\"P\\\"}\" 0. finish=LENGTH ",
     0},
    {{"{\"promptFeedback\":{\"blockReason\":\"PROHIBITED_CONTENT\"},\"usageMetadata\":"
      "{\"promptTokenCount\":13,\"totalTokenCount\":13}}"},
     "start 0:refusal 0+\"blocked: PROHIBITED_CONTENT\" 0. finish=REFUSED input=13 ",
     0},
    {{"{" CANDIDATE("\"finishReason\":\"NO_IMAGE\"") "}"}, "start finish=REFUSED ", 0},
    {{"{" CANDIDATE(PARTS("{\"text\":\"a\"}")) "}"}, "start 0:text 0+\"a\" ", ERR_UPSTREAM_CUT},
    {{"{" CANDIDATE(PARTS("{\"text\":\"a\"}")) "}",
      "{\"error\":{\"code\":503,\"message\":\"Try \\u0022later\\u0022\",\"status\":"
      "\"UNAVAILABLE\"}}",
      STOP("{\"text\":\"b\"}")},
     "start 0:text 0+\"a\" error=UPSTREAM_OVERLOADED message=Try \"later\" ",
     0},
    {{"{" CANDIDATE("\"finishReason\":\"MALFORMED_FUNCTION_CALL\"") "}"},
     "error=UPSTREAM_FAILED message=The model called a function in a way that cannot be read. ",
     0},
};

static void a_stream_tells_its_parts_in_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(stream_rows); i++)
        check_stream_row(&stream_rows[i]);
}

/* --- refusals --------------------------------------------------------------------------------- */

/* Vector 20. */
static void a_refusal_is_its_status_and_message(void **state)
{
    static const struct {
        const char *body;
        int status;
        int err;
        const char *message;
        uint64_t retry_ms;
    } rows[] = {
        {"[{\"error\":{\"code\":400,\"message\":\"bad\",\"status\":\"INVALID_ARGUMENT\"}}]", 400,
         ERR_UPSTREAM_REJECTED, "bad", 0},
        {"{\"error\":{\"code\":400,\"message\":\"API key not valid.\",\"status\":"
         "\"INVALID_ARGUMENT\",\"details\":[{\"reason\":\"API_KEY_INVALID\"}]}}",
         400, ERR_UPSTREAM_AUTH, "", 0},
        {"{\"error\":{\"code\":403,\"message\":\"no AIzaSy123 https://x/y\",\"status\":"
         "\"PERMISSION_DENIED\"}}",
         403, ERR_UPSTREAM_AUTH, "", 0},
        {"{\"error\":{\"code\":500,\"message\":\"no AIzaSy123 https://x/y\"}}", 500,
         ERR_UPSTREAM_FAILED, "no [...] [...]", 0},
        {"{\"error\":{\"code\":404,\"message\":\"m\",\"status\":\"NOT_FOUND\"}}", 404,
         ERR_UPSTREAM_MODEL, "", 0},
        {"{\"error\":{\"code\":429,\"message\":\"m\",\"status\":\"RESOURCE_EXHAUSTED\",\"details\":"
         "[{\"@type\":\"a\"},{\"retryDelay\":\"13s\"}]}}",
         429, ERR_UPSTREAM_BUSY, "m", 13000},
        {"{\"error\":{\"code\":429,\"details\":[{\"retryDelay\":\"1.5s\"}]}}", 429,
         ERR_UPSTREAM_BUSY, "", 2000},
        {"{\"error\":{\"code\":429,\"details\":[{\"retryDelay\":\"soon\"}]}}", 429,
         ERR_UPSTREAM_BUSY, "", 0},
        {"{\"error\":{\"status\":\"UNAVAILABLE\"}}", 500, ERR_UPSTREAM_OVERLOADED, "", 0},
        {"{\"message\":\"x\"}", 502, ERR_UPSTREAM_FAILED, "", 0},
        {"7", 504, ERR_UPSTREAM_TIMEOUT, "", 0},
    };
    struct hub_error error;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        region_reset(&memory);
        codec_gemini.read_error(&memory, rows[i].status, read_json(&memory, span_of(rows[i].body)),
                                &error);
        assert_int_equal(error.err, rows[i].err);
        check(rows[i].body, error.message, rows[i].message);
        assert_int_equal(error.retry_ms, rows[i].retry_ms);
    }
    codec_gemini.read_error(&memory, 503, NULL, &error);
    assert_int_equal(error.err, ERR_UPSTREAM_OVERLOADED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_its_first_candidate),
        cmocka_unit_test(what_is_no_answer_is_an_error),
        cmocka_unit_test(a_stream_tells_its_parts_in_order),
        cmocka_unit_test(a_refusal_is_its_status_and_message),
    };

    return cmocka_run_group_tests(tests, open_regions, close_regions);
}
