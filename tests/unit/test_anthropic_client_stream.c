/* Streams of OpenAI's providers and of servers like them, as Anthropic's clients get them. */
#include "lib/base/err.h"
#include "tests/unit/anthropic_events.h"
#include "tests/unit/translation_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* --- what the provider sends ------------------------------------------------------------------ */

#define CHUNK(rest) \
    "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"model\":\"gpt\"," rest "}\n\n"
#define CHOICE(delta, reason) \
    CHUNK("\"choices\":[{\"index\":0,\"delta\":" delta ",\"finish_reason\":" reason "}]")
#define SAID(delta)  CHOICE(delta, "null")
#define WORDS(text)  SAID("{\"content\":\"" text "\"}")
#define CALLS(calls) SAID("{\"tool_calls\":[" calls "]}")
#define NEW_CALL(index, id, name, arguments)                                                      \
    "{\"index\":" index ",\"id\":\"" id "\",\"type\":\"function\",\"function\":{\"name\":\"" name \
    "\",\"arguments\":\"" arguments "\"}}"
#define MORE(index, arguments) \
    "{\"index\":" index ",\"function\":{\"arguments\":\"" arguments "\"}}"
#define REASON(reason) CHOICE("{}", "\"" reason "\"")
#define DONE           "data: [DONE]\n\n"

/* --- what the client gets --------------------------------------------------------------------- */

#define USAGE(input, read, output)                                                           \
    "{\"input_tokens\":" input                                                               \
    ",\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":" read                   \
    ",\"cache_creation\":{\"ephemeral_5m_input_tokens\":0,\"ephemeral_1h_input_tokens\":0}," \
    "\"output_tokens\":" output "}"
#define NO_USAGE USAGE("0", "0", "0")
#define BEGIN    START_AS("msg_ID", "the-model", NO_USAGE)

static void check(void **state, const struct translation_row *rows, size_t count)
{
    const struct translation_rules rules = translation_rules(PROTOCOL_OPENAI, PROTOCOL_ANTHROPIC);

    check_streams(*state, &rules, rows, count);
}

#define CHECK_ROWS(rows) check(state, (rows), sizeof(rows) / sizeof((rows)[0]))

/* Vectors 21, 27 and 28. */
static const struct translation_row block_rows[] = {
    ROW(SAID("{\"role\":\"assistant\",\"content\":\"\"}") SAID("{\"reasoning_content\":\"t\"}")
            WORDS("a") CALLS(NEW_CALL("0", "A", "f", "")) CALLS(MORE("0", "{\\\"x\\\":1}"))
                REASON("tool_calls") DONE,
        BEGIN THINKING_BLOCK("0") THINKING("0", "t") STOP_BLOCK("0") TEXT_BLOCK("1") TEXT("1", "a")
            STOP_BLOCK("1") CALL_BLOCK("2", "A", "f") CALL("2", "{\\\"x\\\":1}") STOP_BLOCK("2")
                END("tool_use", NO_USAGE)),
    ROW(SAID("{\"reasoning_content\":\"t\"}") WORDS("He") WORDS("llo") REASON("stop") DONE,
        BEGIN THINKING_BLOCK("0") THINKING("0", "t") STOP_BLOCK("0") TEXT_BLOCK("1") TEXT("1", "He")
            TEXT("1", "llo") STOP_BLOCK("1") END("end_turn", NO_USAGE)),
    ROW(SAID("{\"role\":\"assistant\",\"content\":\"\"}")
            CALLS(NEW_CALL("0", "A", "f", "{\\\"x\\\":1}")) REASON("tool_calls") DONE,
        BEGIN CALL_BLOCK("0", "A", "f") CALL("0", "{\\\"x\\\":1}") STOP_BLOCK("0")
            END("tool_use", NO_USAGE)),
};

static void blocks_are_contiguous_and_none_is_empty(void **state)
{
    CHECK_ROWS(block_rows);
}

/* Vectors 22 to 26. */
static const struct translation_row call_rows[] = {
    ROW(CALLS(NEW_CALL("0", "A", "f", "") "," NEW_CALL("1", "B", "g", "")) CALLS(
            MORE("0", "{\\\"a\\\":1}") "," MORE("1", "{\\\"b\\\":2}")) REASON("tool_calls") DONE,
        BEGIN CALL_BLOCK("0", "A", "f") CALL("0", "{\\\"a\\\":1}") STOP_BLOCK("0") CALL_BLOCK(
            "1", "B", "g") CALL("1", "{\\\"b\\\":2}") STOP_BLOCK("1") END("tool_use", NO_USAGE)),
    ROW(CALLS(NEW_CALL("0", "A", "f", "{\\\"a\\\":"))
            CALLS(NEW_CALL("1", "B", "g", "{\\\"b\\\":2}")) CALLS(MORE("0", "1}"))
                REASON("tool_calls") DONE,
        BEGIN CALL_BLOCK("0", "A", "f") CALL("0", "{\\\"a\\\":") CALL("0", "1}") STOP_BLOCK("0")
            CALL_BLOCK("1", "B", "g") CALL("1", "{\\\"b\\\":2}") STOP_BLOCK("1")
                END("tool_use", NO_USAGE)),
    ROW(CALLS(NEW_CALL("0", "A", "f", "")) CALLS(NEW_CALL("0", "A", "f", "{\\\"a\\\""))
            CALLS(NEW_CALL("0", "A", "f", ":1}")) REASON("tool_calls") DONE,
        BEGIN CALL_BLOCK("0", "A", "f") CALL("0", "{\\\"a\\\"") CALL("0", ":1}") STOP_BLOCK("0")
            END("tool_use", NO_USAGE)),
    ROW(CALLS(NEW_CALL("0", "A", "f", "{\\\"a\\\":1}"))
            CALLS(NEW_CALL("0", "B", "g", "{\\\"b\\\":2}")) REASON("stop") DONE,
        BEGIN CALL_BLOCK("0", "A", "f") CALL("0", "{\\\"a\\\":1}") STOP_BLOCK("0") CALL_BLOCK(
            "1", "B", "g") CALL("1", "{\\\"b\\\":2}") STOP_BLOCK("1") END("tool_use", NO_USAGE)),
    ROW(CHOICE("{\"tool_calls\":[" NEW_CALL("0", "c", "Read", "{\\\"p\\\":\\\"x\\\"}") "]}",
               "\"tool_calls\"") DONE,
        BEGIN CALL_BLOCK("0", "c", "Read") CALL("0", "{\\\"p\\\":\\\"x\\\"}") STOP_BLOCK("0")
            END("tool_use", NO_USAGE)),
    ROW(CHOICE("{\"content\":\"all\"}", "\"stop\"") DONE,
        BEGIN TEXT_BLOCK("0") TEXT("0", "all") STOP_BLOCK("0") END("end_turn", NO_USAGE)),
};

static void calls_stand_one_behind_the_other_and_are_whole(void **state)
{
    CHECK_ROWS(call_rows);
}

/* Vectors 29, 32 and 60. */
static const struct translation_row end_rows[] = {
    ROW(WORDS("x") REASON("stop")
            CHUNK("\"choices\":[],\"usage\":{\"prompt_tokens\":50,\"completion_tokens\":5,"
                  "\"total_tokens\":55,\"prompt_tokens_details\":{\"cached_tokens\":40}}") DONE,
        BEGIN TEXT_BLOCK("0") TEXT("0", "x") STOP_BLOCK("0")
            END("end_turn", USAGE("10", "40", "5"))),
    ROW(SAID("{\"refusal\":\"No.\"}") REASON("content_filter") DONE,
        BEGIN TEXT_BLOCK("0") TEXT("0", "No.") STOP_BLOCK("0") END("refusal", NO_USAGE)),
    ROW(": OPENROUTER PROCESSING\n\n"
        "data: {\"id\":\"\",\"choices\":[],\"prompt_filter_results\":[{}]}\n\n" WORDS("x")
            REASON("length") DONE,
        BEGIN TEXT_BLOCK("0") TEXT("0", "x") STOP_BLOCK("0") END("max_tokens", NO_USAGE)),
    /* A reason is enough, and so is the terminator. */
    ROW(WORDS("x") REASON("stop"),
        BEGIN TEXT_BLOCK("0") TEXT("0", "x") STOP_BLOCK("0") END("end_turn", NO_USAGE)),
    ROW(WORDS("x") DONE,
        BEGIN TEXT_BLOCK("0") TEXT("0", "x") STOP_BLOCK("0") END("end_turn", NO_USAGE)),
};

/* Some servers cut the text between the two halves of a character. */
static const struct translation_row half_rows[] = {
    ROW(WORDS("a\\ud83d") WORDS("\\ude00b\\ud83d\\ude00\\n") REASON("stop") DONE,
        BEGIN TEXT_BLOCK("0") TEXT("0", "a\\ufffd") TEXT("0", "\\ufffdb\\ud83d\\ude00\\n")
            STOP_BLOCK("0") END("end_turn", NO_USAGE)),
};

static void half_a_character_does_not_break_a_stream(void **state)
{
    CHECK_ROWS(half_rows);
}

static void a_stream_ends_with_its_reason_and_all_usage(void **state)
{
    CHECK_ROWS(end_rows);
}

/* Vector 31. */
static void a_stream_without_a_reason_to_end_was_cut(void **state)
{
    const struct translation_rules rules = translation_rules(PROTOCOL_OPENAI, PROTOCOL_ANTHROPIC);
    struct translated done = check_translation(*state, &rules, SPAN(WORDS("x")),
                                               SPAN(BEGIN TEXT_BLOCK("0") TEXT("0", "x")));

    assert_int_equal(done.err, ERR_UPSTREAM_CUT);
    done = check_translation(*state, &rules, SPAN(DONE), SPAN(""));
    assert_int_equal(done.err, ERR_UPSTREAM_CUT);
}

/* Vector 61. */
static void an_error_in_the_middle_ends_the_stream(void **state)
{
    const struct translation_rules rules = translation_rules(PROTOCOL_OPENAI, PROTOCOL_ANTHROPIC);
    struct translated done = check_translation(
        *state, &rules,
        SPAN(WORDS("x") "data: {\"error\":{\"code\":502,\"message\":\"gone\"}}\n\n" DONE),
        SPAN(BEGIN TEXT_BLOCK("0") TEXT("0", "x")
                 EVENT("error", ",\"error\":{\"type\":\"api_error\",\"message\":\"gone\"}")));

    assert_int_equal(done.state, TRANSLATION_ERROR);
    assert_text(done.error.message, SPAN("gone"));
}

/* Vector 33. */
static void an_id_that_clients_do_not_take_is_fitted(void **state)
{
    const struct translation_rules rules = translation_rules(PROTOCOL_OPENAI, PROTOCOL_ANTHROPIC);

    (void)check_translation(*state, &rules,
                            SPAN(CALLS(NEW_CALL("0", "functions.Bash:0", "f", "{\\\"a\\\":1}"))
                                     REASON("tool_calls") DONE),
                            SPAN(BEGIN CALL_BLOCK("0", "functions_Bash_0_f1f1899b", "f") CALL(
                                "0", "{\\\"a\\\":1}") STOP_BLOCK("0") END("tool_use", NO_USAGE)));
}

static void a_gemini_signature_travels_in_a_block_of_its_own(void **state)
{
    const struct translation_rules rules = translation_rules(PROTOCOL_OPENAI, PROTOCOL_ANTHROPIC);

    (void)check_translation(
        *state, &rules,
        SPAN(WORDS("x")
                 CALLS("{\"index\":0,\"id\":\"A\",\"type\":\"function\",\"extra_content\":"
                       "{\"google\":{\"thought_signature\":\"c2ln\"}},\"function\":{\"name\":"
                       "\"f\",\"arguments\":\"{\\\"a\\\":1}\"}}") REASON("tool_calls") DONE),
        SPAN(BEGIN TEXT_BLOCK("0") TEXT("0", "x") STOP_BLOCK("0") THINKING_BLOCK("1")
                 SIGNATURE("1", "ge1.c2ln") STOP_BLOCK("1") CALL_BLOCK("2", "A", "f")
                     CALL("2", "{\\\"a\\\":1}") STOP_BLOCK("2") END("tool_use", NO_USAGE)));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_translations, close_translations)
    const struct CMUnitTest tests[] = {
        TEST(blocks_are_contiguous_and_none_is_empty),
        TEST(calls_stand_one_behind_the_other_and_are_whole),
        TEST(a_stream_ends_with_its_reason_and_all_usage),
        TEST(half_a_character_does_not_break_a_stream),
        TEST(a_stream_without_a_reason_to_end_was_cut),
        TEST(an_error_in_the_middle_ends_the_stream),
        TEST(an_id_that_clients_do_not_take_is_fitted),
        TEST(a_gemini_signature_travels_in_a_block_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
