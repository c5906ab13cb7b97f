/* Streams of Anthropic's providers, as OpenAI's clients get them. */
#include "lib/base/err.h"
#include "tests/unit/anthropic_events.h"
#include "tests/unit/translation_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* --- what the client gets --------------------------------------------------------------------- */

#define CHUNK(rest)                                                                   \
    "data: {\"id\":\"chatcmpl-ID\",\"object\":\"chat.completion.chunk\",\"created\":" \
    "1700000000,\"model\":\"the-model\",\"choices\":[" rest "}\n\n"
#define WITH_USAGE(choice, usage) CHUNK(choice "],\"usage\":" usage)
#define CHOICE(delta, reason)     "{\"index\":0,\"delta\":" delta ",\"finish_reason\":" reason "}]"
#define ROLE                      CHUNK(CHOICE("{\"role\":\"assistant\",\"content\":\"\"}", "null"))
#define CONTENT(text)             CHUNK(CHOICE("{\"content\":\"" text "\"}", "null"))
#define CALLS(call)               CHUNK(CHOICE("{\"tool_calls\":[" call "]}", "null"))
#define CALL_BEGIN(index, id, name)           \
    CALLS("{\"index\":" index ",\"id\":\"" id \
          "\",\"type\":\"function\",\"function\":{\"name\":\"" name "\",\"arguments\":\"\"}}")
#define ARGUMENTS(index, text) \
    CALLS("{\"index\":" index ",\"function\":{\"arguments\":\"" text "\"}}")
#define FINISH(reason) CHUNK(CHOICE("{}", "\"" reason "\"")) "data: [DONE]\n\n"

static void check(void **state, const struct translation_row *rows, size_t count)
{
    const struct translation_rules rules = translation_rules(PROTOCOL_ANTHROPIC, PROTOCOL_OPENAI);

    check_streams(*state, &rules, rows, count);
}

#define CHECK_ROWS(rows) check(state, (rows), sizeof(rows) / sizeof((rows)[0]))

/* Vectors 1 to 3. */
static const struct translation_row tool_rows[] = {
    ROW(START("{}") TEXT_BLOCK("0") TEXT("0", "Let me check") STOP_BLOCK("0") CALL_BLOCK(
            "1", "toolu_A", "f") CALL("1", "{\\\"x\\\":1}") STOP_BLOCK("1") END("tool_use", "{}"),
        ROLE CONTENT("Let me check") CALL_BEGIN("0", "toolu_A", "f") ARGUMENTS("0", "{\\\"x\\\":1}")
            FINISH("tool_calls")),
    ROW(START("{}") CALL_BLOCK("0", "A", "f") CALL("0", "{\\\"a\\\":1}") STOP_BLOCK("0") CALL_BLOCK(
            "1", "B", "g") CALL("1", "{\\\"b\\\":2}") STOP_BLOCK("1") END("tool_use", "{}"),
        ROLE CALL_BEGIN("0", "A", "f") ARGUMENTS("0", "{\\\"a\\\":1}") CALL_BEGIN("1", "B", "g")
            ARGUMENTS("1", "{\\\"b\\\":2}") FINISH("tool_calls")),
    ROW(START("{}") BLOCK("0", "{\"type\":\"server_tool_use\",\"id\":\"srv\",\"name\":\"s\"}")
            CALL("0", "{\\\"q\\\":1}") STOP_BLOCK("0") TEXT_BLOCK("1") TEXT("1", "x")
                STOP_BLOCK("1") CALL_BLOCK("2", "A", "f") CALL("2", "{\\\"a\\\":1}") STOP_BLOCK("2")
                    END("tool_use", "{}"),
        ROLE CONTENT("x") CALL_BEGIN("0", "A", "f") ARGUMENTS("0", "{\\\"a\\\":1}")
            FINISH("tool_calls")),
};

static void calls_are_numbered_by_themselves(void **state)
{
    CHECK_ROWS(tool_rows);
}

/* Vectors 4 and 5. */
static const struct translation_row argument_rows[] = {
    ROW(START("{}") CALL_BLOCK("0", "A", "f") CALL("0", "") STOP_BLOCK("0") END("tool_use", "{}"),
        ROLE CALL_BEGIN("0", "A", "f") ARGUMENTS("0", "{}") FINISH("tool_calls")),
    ROW(START("{}") CALL_BLOCK("0", "A", "f") CALL("0", "{\\\"a\\\":") CALL("0", "1}")
            STOP_BLOCK("0") END("tool_use", "{}"),
        ROLE CALL_BEGIN("0", "A", "f") ARGUMENTS("0", "{\\\"a\\\":") ARGUMENTS("0", "1}")
            FINISH("tool_calls")),
    ROW(START("{}") BLOCK(
            "0", "{\"type\":\"tool_use\",\"id\":\"A\",\"name\":\"f\",\"input\":{\"a\":\"b\"}}")
            STOP_BLOCK("0") END("tool_use", "{}"),
        ROLE CALL_BEGIN("0", "A", "f") ARGUMENTS("0", "{\\\"a\\\":\\\"b\\\"}")
            FINISH("tool_calls")),
};

static void arguments_are_told_once_and_always(void **state)
{
    CHECK_ROWS(argument_rows);
}

static const struct translation_row end_rows[] = {
    ROW(START("{}") TEXT_BLOCK("0") TEXT("0", "x") STOP_BLOCK("0") END("end_turn", "{}"),
        ROLE CONTENT("x") FINISH("stop")),
    ROW(START("{}") TEXT_BLOCK("0") TEXT("0", "x") STOP_BLOCK("0") END("stop_sequence", "{}"),
        ROLE CONTENT("x") FINISH("stop")),
    ROW(START("{}") TEXT_BLOCK("0") TEXT("0", "x") STOP_BLOCK("0") END("max_tokens", "{}"),
        ROLE CONTENT("x") FINISH("length")),
    ROW(START("{}") TEXT_BLOCK("0") TEXT("0", "x") STOP_BLOCK("0")
            END("model_context_window_exceeded", "{}"),
        ROLE CONTENT("x") FINISH("length")),
    ROW(START("{}") TEXT_BLOCK("0") TEXT("0", "x") STOP_BLOCK("0") END("pause_turn", "{}"),
        ROLE CONTENT("x") FINISH("stop")),
    ROW(START("{}") TEXT_BLOCK("0") TEXT("0", "x") STOP_BLOCK("0") END("refusal", "{}"),
        ROLE CONTENT("x") FINISH("content_filter")),
    ROW(START("{}") TEXT_BLOCK("0") TEXT("0", "x") STOP_BLOCK("0") END("something_new", "{}"),
        ROLE CONTENT("x") FINISH("stop")),
    /* Pings and what is unknown. */
    ROW(START("{}") EVENT("ping", "") TEXT_BLOCK("0") ": comment\n\n" TEXT("0", "x")
            EVENT("new", "") DELTA("0", "{\"type\":\"new_delta\",\"text\":\"y\"}") STOP_BLOCK("0")
                END("end_turn", "{}"),
        ROLE CONTENT("x") FINISH("stop")),
};

static void reasons_have_words_and_unknown_events_none(void **state)
{
    CHECK_ROWS(end_rows);
}

/* Vectors 6 to 8. */
static void usage_is_told_when_it_was_asked_for(void **state)
{
    const struct span stream = SPAN(
        START("{\"input_tokens\":4,\"cache_read_input_tokens\":1,\"output_tokens\":1}")
            TEXT_BLOCK("0") TEXT("0", "x") STOP_BLOCK("0")
                END("end_turn", "{\"input_tokens\":4,\"cache_read_input_tokens\":2455,"
                                "\"cache_creation_input_tokens\":0,\"output_tokens\":23}"));
    struct translation_rules rules = translation_rules(PROTOCOL_ANTHROPIC, PROTOCOL_OPENAI);
    struct translated done = check_translation(*state, &rules, stream,
                                               SPAN(ROLE CONTENT("x") FINISH("stop")));

    assert_int_equal(done.usage.input, 4);
    assert_int_equal(done.usage.cache_read, 2455);
    assert_int_equal(done.usage.output, 23);
    rules.keep.include_usage = true;
    done = translate_stream(*state, &rules, stream, 0);
    assert_text(
        done.out,
        SPAN(WITH_USAGE(
            "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
            "\"finish_reason\":null}",
            "null") WITH_USAGE("{\"index\":0,\"delta\":{\"content\":\"x\"},\"finish_reason\":null}",
                               "null")
                 WITH_USAGE("{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}", "null") WITH_USAGE(
                     "",
                     "{\"prompt_tokens\":2459,\"completion_tokens\":23,\"total_tokens\":2482,"
                     "\"prompt_tokens_details\":{\"cached_tokens\":2455,\"cache_write_tokens\":0},"
                     "\"completion_tokens_details\":{\"reasoning_tokens\":0}}") "data: [DONE]\n\n"));
}

/* Vector 9. */
static void an_error_in_the_middle_ends_the_stream(void **state)
{
    const struct translation_rules rules = translation_rules(PROTOCOL_ANTHROPIC, PROTOCOL_OPENAI);
    struct translated done = check_translation(
        *state, &rules,
        SPAN(START("{}") TEXT_BLOCK("0") TEXT("0", "a") TEXT("0", "b")
                 EVENT("error", ",\"error\":{\"type\":\"overloaded_error\",\"message\":"
                                "\"Overloaded\"}")),
        SPAN(ROLE CONTENT("a") CONTENT(
            "b") "data: {\"error\":{\"message\":\"Overloaded\",\"type\":\"server_error\",\"param\":null,\"code\":\"overloaded\"}}\n\n"));

    assert_int_equal(done.err, 0);
    assert_int_equal(done.state, TRANSLATION_ERROR);
    assert_int_equal(done.error.err, ERR_UPSTREAM_OVERLOADED);
    assert_text(done.error.message, SPAN("Overloaded"));
}

static void an_error_before_anything_is_told_by_itself(void **state)
{
    const struct translation_rules rules = translation_rules(PROTOCOL_ANTHROPIC, PROTOCOL_OPENAI);
    struct translated done = check_translation(
        *state, &rules,
        SPAN(START("{}") EVENT("error", ",\"error\":{\"type\":\"api_error\",\"message\":\"No\"}")),
        SPAN(
            "data: {\"error\":{\"message\":\"No\",\"type\":\"server_error\",\"param\":null,\"code\":\"upstream_error\"}}\n\n"));

    assert_int_equal(done.state, TRANSLATION_ERROR);
    assert_int_equal(done.error.err, ERR_UPSTREAM_FAILED);
}

/* Vector 31. */
static void a_stream_without_a_reason_to_end_was_cut(void **state)
{
    const struct translation_rules rules = translation_rules(PROTOCOL_ANTHROPIC, PROTOCOL_OPENAI);
    struct translated done = check_translation(
        *state, &rules, SPAN(START("{}") TEXT_BLOCK("0") TEXT("0", "a")), SPAN(ROLE CONTENT("a")));

    assert_int_equal(done.err, ERR_UPSTREAM_CUT);
    assert_int_equal(done.state, TRANSLATION_OPEN);
}

static void what_is_no_json_is_no_answer(void **state)
{
    const struct translation_rules rules = translation_rules(PROTOCOL_ANTHROPIC, PROTOCOL_OPENAI);
    struct translated done = check_translation(*state, &rules, SPAN("data: {\"a\":\n\n"), SPAN(""));

    assert_int_equal(done.err, ERR_UPSTREAM_PROTOCOL);
}

static void an_event_has_a_bound(void **state)
{
    struct translation_rules rules = translation_rules(PROTOCOL_ANTHROPIC, PROTOCOL_OPENAI);
    const struct span stream = SPAN("data: {\"type\":\"ping\",\"padding\":\"0123456789\"}\n\n");
    struct translated done;

    rules.event_bytes_max = 38;
    done = check_translation(*state, &rules, stream, SPAN(""));
    assert_int_equal(done.err, ERR_UPSTREAM_CUT);
    rules.event_bytes_max = 37;
    done = check_translation(*state, &rules, stream, SPAN(""));
    assert_int_equal(done.err, ERR_UPSTREAM_PROTOCOL);
}

/* Vectors 33 and 55. */
static void names_are_turned_back_and_ids_are_fitted(void **state)
{
    static struct tool_name names = {
        .sent = {"short_name", 10},
        .original = {"a.very.long.name", 16},
    };
    struct translation_rules rules = translation_rules(PROTOCOL_ANTHROPIC, PROTOCOL_OPENAI);

    rules.keep.names = &names;
    (void)check_translation(
        *state, &rules,
        SPAN(START("{}") CALL_BLOCK("0", "functions.Bash:0", "short_name")
                 CALL("0", "{\\\"a\\\":1}") STOP_BLOCK("0") END("tool_use", "{}")),
        SPAN(ROLE CALL_BEGIN("0", "functions_Bash_0_f1f1899b", "a.very.long.name")
                 ARGUMENTS("0", "{\\\"a\\\":1}") FINISH("tool_calls")));
}

static void a_tool_that_stands_for_structured_output_is_text(void **state)
{
    struct translation_rules rules = translation_rules(PROTOCOL_ANTHROPIC, PROTOCOL_OPENAI);

    rules.keep.json_tool = true;
    (void)check_translation(*state, &rules,
                            SPAN(START("{}") CALL_BLOCK("0", "A", "json_response")
                                     CALL("0", "{\\\"a\\\":") CALL("0", "1}") STOP_BLOCK("0")
                                         END("tool_use", "{}")),
                            SPAN(ROLE CONTENT("{\\\"a\\\":") CONTENT("1}") FINISH("stop")));
    (void)check_translation(*state, &rules,
                            SPAN(START("{}") CALL_BLOCK("0", "A", "json_response") STOP_BLOCK("0")
                                     END("tool_use", "{}")),
                            SPAN(ROLE CONTENT("{}") FINISH("stop")));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_translations, close_translations)
    const struct CMUnitTest tests[] = {
        TEST(calls_are_numbered_by_themselves),
        TEST(arguments_are_told_once_and_always),
        TEST(reasons_have_words_and_unknown_events_none),
        TEST(usage_is_told_when_it_was_asked_for),
        TEST(an_error_in_the_middle_ends_the_stream),
        TEST(an_error_before_anything_is_told_by_itself),
        TEST(a_stream_without_a_reason_to_end_was_cut),
        TEST(what_is_no_json_is_no_answer),
        TEST(an_event_has_a_bound),
        TEST(names_are_turned_back_and_ids_are_fitted),
        TEST(a_tool_that_stands_for_structured_output_is_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
