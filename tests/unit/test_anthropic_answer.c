/* Whole answers and refusals of Anthropic's providers, and answers for Anthropic's clients. */
#include "lib/base/err.h"
#include "tests/unit/translation_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* --- Anthropic's providers -------------------------------------------------------------------- */

#define MESSAGE(content, reason, usage)                                                     \
    "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-1\"," \
    "\"content\":[" content "],\"stop_reason\":\"" reason                                   \
    "\",\"stop_sequence\":null,\"usage\":" usage "}"
#define COMPLETION(message, reason, usage)                                                     \
    "{\"id\":\"chatcmpl-ID\",\"object\":\"chat.completion\",\"created\":1700000000,\"model\":" \
    "\"the-model\",\"choices\":[{\"index\":0,\"message\":" message ",\"logprobs\":null,"       \
    "\"finish_reason\":\"" reason "\"}],\"usage\":" usage "}"
#define FIGURES(prompt, completion, total, read, written, reasoning)                             \
    "{\"prompt_tokens\":" prompt ",\"completion_tokens\":" completion ",\"total_tokens\":" total \
    ",\"prompt_tokens_details\":{\"cached_tokens\":" read ",\"cache_write_tokens\":" written     \
    "},\"completion_tokens_details\":{\"reasoning_tokens\":" reasoning "}}"

static void check(void **state, const struct translation_rules *rules,
                  const struct translation_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct translated done;

        assert_int_equal(translate_answer(*state, rules, rows[i].given, &done), 0);
        assert_text(done.out, rows[i].wanted);
    }
}

#define CHECK_ROWS(rules, rows) check(state, &(rules), (rows), sizeof(rows) / sizeof((rows)[0]))

static const struct translation_row provider_rows[] = {
    /* Vector 7. */
    ROW(MESSAGE("{\"type\":\"text\",\"text\":\"Hi\"}", "end_turn",
                "{\"input_tokens\":4,\"cache_read_input_tokens\":2455,"
                "\"cache_creation_input_tokens\":0,\"output_tokens\":23}"),
        COMPLETION("{\"role\":\"assistant\",\"content\":\"Hi\",\"refusal\":null}", "stop",
                   FIGURES("2459", "23", "2482", "2455", "0", "0"))),
    ROW(MESSAGE("{\"type\":\"thinking\",\"thinking\":\"t\",\"signature\":\"s\"},"
                "{\"type\":\"server_tool_use\",\"id\":\"x\",\"name\":\"web_search\",\"input\":{}},"
                "{\"type\":\"text\",\"text\":\"a\\u00e4\"},"
                "{\"type\":\"tool_use\",\"id\":\"toolu_A\",\"name\":\"f\",\"input\":{\"x\": 1.0}}",
                "tool_use",
                "{\"input_tokens\":10,\"output_tokens\":9,"
                "\"cache_creation\":{\"ephemeral_5m_input_tokens\":3,"
                "\"ephemeral_1h_input_tokens\":4},\"cache_creation_input_tokens\":7,"
                "\"output_tokens_details\":{\"thinking_tokens\":5}}"),
        COMPLETION(
            "{\"role\":\"assistant\",\"content\":\"a\\u00e4\",\"refusal\":null,\"reasoning_content\":\"t\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"t\",\"signature\":\"s\",\"format\":\"anthropic-claude-v1\",\"index\":0}],\"tool_calls\":[{\"id\":\"toolu_A\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\": 1.0}\"}}]}",
            "tool_calls", FIGURES("17", "9", "26", "0", "7", "5"))),
    /* Whether tools are called is told by the content. */
    ROW(MESSAGE("{\"type\":\"tool_use\",\"id\":\"A\",\"name\":\"f\",\"input\":{}}", "end_turn",
                "{}"),
        COMPLETION("{\"role\":\"assistant\",\"content\":null,\"refusal\":null,\"tool_calls\":["
                   "{\"id\":\"A\",\"type\":\"function\",\"function\":{\"name\":\"f\","
                   "\"arguments\":\"{}\"}}]}",
                   "tool_calls", "null")),
    ROW(MESSAGE("{\"type\":\"text\",\"text\":\"Hi\"}", "tool_use", "{}"),
        COMPLETION("{\"role\":\"assistant\",\"content\":\"Hi\",\"refusal\":null}", "stop", "null")),
    ROW("{\"type\":\"message\",\"content\":[],\"stop_reason\":\"refusal\",\"stop_details\":"
        "{\"type\":\"refusal\",\"explanation\":\"No.\"}}",
        COMPLETION("{\"role\":\"assistant\",\"content\":null,\"refusal\":\"No.\"}",
                   "content_filter", "null")),
};

static void what_a_provider_answers_is_told_in_openais_words(void **state)
{
    const struct translation_rules rules = translation_rules(PROTOCOL_ANTHROPIC, PROTOCOL_OPENAI);

    CHECK_ROWS(rules, provider_rows);
}

static void the_buckets_of_usage_are_disjoint(void **state)
{
    const struct translation_rules rules = translation_rules(PROTOCOL_ANTHROPIC, PROTOCOL_OPENAI);
    struct translated done;

    assert_int_equal(translate_answer(*state, &rules, provider_rows[1].given, &done), 0);
    assert_int_equal(done.usage.input, 10);
    assert_int_equal(done.usage.cache_write, 3);
    assert_int_equal(done.usage.cache_write_1h, 4);
    assert_int_equal(done.usage.output, 9);
    assert_int_equal(done.usage.reasoning, 5);
}

static void structured_output_by_a_tool_is_text(void **state)
{
    static const struct translation_row rows[] = {
        ROW(MESSAGE("{\"type\":\"tool_use\",\"id\":\"A\",\"name\":\"json_response\",\"input\":"
                    "{\"a\":\"b\"}}",
                    "tool_use", "{}"),
            COMPLETION(
                "{\"role\":\"assistant\",\"content\":\"{\\\"a\\\":\\\"b\\\"}\",\"refusal\":null}",
                "stop", "null")),
    };
    struct translation_rules rules = translation_rules(PROTOCOL_ANTHROPIC, PROTOCOL_OPENAI);

    rules.keep.json_tool = true;
    CHECK_ROWS(rules, rows);
}

static void what_is_no_message_is_an_error(void **state)
{
    static const struct {
        const char *body;
        int err;
        int told;
    } rows[] = {
        {"{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"x\"}}",
         ERR_UPSTREAM_OVERLOADED, ERR_UPSTREAM_OVERLOADED},
        {"{}", ERR_UPSTREAM_PROTOCOL, 0},
        {"[]", ERR_UPSTREAM_PROTOCOL, 0},
        {"<html>", ERR_UPSTREAM_PROTOCOL, 0},
        {"", ERR_UPSTREAM_PROTOCOL, 0},
    };
    const struct translation_rules rules = translation_rules(PROTOCOL_ANTHROPIC, PROTOCOL_OPENAI);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct translated done;

        assert_int_equal(translate_answer(*state, &rules, span_of(rows[i].body), &done),
                         rows[i].err);
        assert_int_equal(done.error.err, rows[i].told);
        assert_int_equal(done.out.len, 0);
    }
}

static void a_refusal_has_the_errors_of_its_status(void **state)
{
    static const struct {
        int status;
        const char *body;
        int err;
        const char *message;
    } rows[] = {
        {400,
         "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"bad "
         "\\u201cx\\u201d\"}}",
         ERR_UPSTREAM_REJECTED, "bad \xE2\x80\x9Cx\xE2\x80\x9D"},
        {401, "{\"error\":{\"message\":\"invalid x-api-key sk-ant-1\"}}", ERR_UPSTREAM_AUTH, ""},
        {404, "{\"error\":{\"message\":\"model: claude-of-ours\"}}", ERR_UPSTREAM_MODEL, ""},
        {500, "{\"error\":{\"message\":\"no sk-ant-1\"}}", ERR_UPSTREAM_FAILED, "no [...]"},
        {413, "<html>", ERR_UPSTREAM_TOO_LARGE, ""},
        {429, "", ERR_UPSTREAM_BUSY, ""},
        {529, "{\"error\":\"x\"}", ERR_UPSTREAM_OVERLOADED, ""},
        {500, "null", ERR_UPSTREAM_FAILED, ""},
    };
    struct region memory;

    (void)state;
    assert_int_equal(region_init(&memory, 1 << 20), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct hub_error error;

        translation_error(PROTOCOL_ANTHROPIC, rows[i].status, span_of(rows[i].body), &memory,
                          &error);
        assert_int_equal(error.err, rows[i].err);
        assert_text(error.message, span_of(rows[i].message));
    }
    region_close(&memory);
}

/* --- Anthropic's clients ---------------------------------------------------------------------- */

#define ANSWER(content, reason, usage)                                                        \
    "{\"id\":\"msg_ID\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"the-model\"," \
    "\"content\":[" content "],\"stop_reason\":\"" reason                                     \
    "\",\"stop_sequence\":null,\"usage\":" usage "}"
#define USAGE(input, read, output)                                                           \
    "{\"input_tokens\":" input                                                               \
    ",\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":" read                   \
    ",\"cache_creation\":{\"ephemeral_5m_input_tokens\":0,\"ephemeral_1h_input_tokens\":0}," \
    "\"output_tokens\":" output "}"

static const struct translation_row client_rows[] = {
    ROW("{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hi\","
        "\"reasoning_content\":\"t\",\"tool_calls\":[{\"id\":\"A\",\"type\":\"function\","
        "\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}},{\"id\":\"B.1\",\"type\":"
        "\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"\"}}]},\"finish_reason\":"
        "\"stop\"}],\"usage\":{\"prompt_tokens\":50,\"completion_tokens\":5,\"total_tokens\":55,"
        "\"prompt_tokens_details\":{\"cached_tokens\":40}}}",
        ANSWER(
            "{\"type\":\"thinking\",\"thinking\":\"t\",\"signature\":\"\"},{\"type\":\"text\","
            "\"text\":\"Hi\"},{\"type\":\"tool_use\",\"id\":\"A\",\"name\":\"f\",\"input\":"
            "{\"x\":1}},{\"type\":\"tool_use\",\"id\":\"B_1_a5335279\",\"name\":\"g\",\"input\":{}}",
            "tool_use", USAGE("10", "40", "5"))),
    /* Vector 32. */
    ROW("{\"choices\":[{\"message\":{\"content\":null,\"refusal\":\"No.\"},\"finish_reason\":"
        "\"content_filter\"}]}",
        ANSWER("{\"type\":\"text\",\"text\":\"No.\"}", "refusal", USAGE("0", "0", "0"))),
    ROW("{\"choices\":[{\"message\":{\"content\":\"\"},\"finish_reason\":\"length\"}]}",
        ANSWER("", "max_tokens", USAGE("0", "0", "0"))),
};

static void what_openai_answers_is_told_in_blocks(void **state)
{
    const struct translation_rules rules = translation_rules(PROTOCOL_OPENAI, PROTOCOL_ANTHROPIC);

    CHECK_ROWS(rules, client_rows);
}

static void a_gemini_signature_travels_in_a_block_of_its_own(void **state)
{
    static const struct translation_row rows[] = {
        ROW("{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"functionCall\":"
            "{\"name\":\"f\",\"args\":{\"x\":1}},\"thoughtSignature\":\"c2ln\"}]},\"finishReason\":"
            "\"STOP\"}]}",
            ANSWER("{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"ge1.c2ln\"},"
                   "{\"type\":\"tool_use\",\"id\":\"call_b8b4c2977eabce45\",\"name\":\"f\","
                   "\"input\":{\"x\":1}}",
                   "tool_use", USAGE("0", "0", "0"))),
    };
    const struct translation_rules rules = translation_rules(PROTOCOL_GEMINI, PROTOCOL_ANTHROPIC);

    CHECK_ROWS(rules, rows);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_translations, close_translations)
    const struct CMUnitTest tests[] = {
        TEST(what_a_provider_answers_is_told_in_openais_words),
        TEST(the_buckets_of_usage_are_disjoint),
        TEST(structured_output_by_a_tool_is_text),
        TEST(what_is_no_message_is_an_error),
        TEST(a_refusal_has_the_errors_of_its_status),
        TEST(what_openai_answers_is_told_in_blocks),
        TEST(a_gemini_signature_travels_in_a_block_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
