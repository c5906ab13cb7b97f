/* Anthropic's clients with OpenAI's providers, and what crosses several turns. */
#include "lib/base/err.h"
#include "tests/unit/anthropic_events.h"
#include "tests/unit/translation_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define TEXT_OF(literal)               \
    {                                  \
        (literal), sizeof(literal) - 1 \
    }

#define LONG_NAME  "a_tool_whose_name_is_so_long_that_no_provider_but_anthropic_would_take_it_at_all"
#define SHORT_NAME "a_tool_whose_name_is_so_long_that_no_provider_but_anthr_787fdcc9"

#define SAYS(messages, rest) \
    "{\"model\":\"m\",\"max_tokens\":7,\"messages\":[" messages "]" rest "}"
#define ASKS(messages, rest) \
    "{\"model\":\"upstream-1\",\"messages\":[" messages "]" rest ",\"max_completion_tokens\":7}"
#define HI "{\"role\":\"user\",\"content\":\"hi\"}"

static const struct {
    const char *name;
    struct span from;
    struct span wanted;
    const char *dropped;
} requests[] = {
    {"a tool without stray members (vector 43)",
     TEXT_OF(SAYS(HI, ",\"tools\":[{\"type\":\"custom\",\"name\":\"f\",\"description\":\"d\","
                      "\"input_schema\":{\"type\":\"object\",\"properties\":{}}}],\"tool_choice\":{"
                      "\"type\":\"any\",\"disable_parallel_tool_use\":true}")),
     TEXT_OF(ASKS(HI,
                  ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\","
                  "\"description\":\"d\",\"parameters\":{\"type\":\"object\",\"properties\":{}}}}],"
                  "\"tool_choice\":\"required\",\"parallel_tool_calls\":false")),
     ""},
    {"an image in a result (vector 53)",
     TEXT_OF(SAYS(
         HI
         ",{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"let me\"},{\"type\":"
         "\"tool_use\",\"id\":\"A\",\"name\":\"f\",\"input\":{\"x\":1.0}}]},{\"role\":\"user\","
         "\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"A\",\"is_error\":true,"
         "\"content\":[{\"type\":\"text\",\"text\":\"see\"},{\"type\":\"image\",\"source\":{"
         "\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"AAAA\"}}]}]}",
         "")),
     TEXT_OF(ASKS(
         HI
         ",{\"role\":\"assistant\",\"content\":\"let me\",\"tool_calls\":[{\"type\":\"function\","
         "\"id\":\"A\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1.0}\"}}]},"
         "{\"role\":\"tool\",\"tool_call_id\":\"A\",\"content\":\"see\"},{\"role\":\"user\","
         "\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":"
         "\"data:image/png;base64,AAAA\"}}]}",
         "")),
     ""},
    {"a long name (vector 55)",
     TEXT_OF(SAYS(HI, ",\"tools\":[{\"name\":\"" LONG_NAME
                      "\",\"input_schema\":{\"type\":\"object\"}}],"
                      "\"tool_choice\":{\"type\":\"tool\",\"name\":\"" LONG_NAME "\"}")),
     TEXT_OF(ASKS(
         HI,
         ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"" SHORT_NAME
         "\",\"parameters\":{\"type\":\"object\",\"properties\":{}}}}],\"tool_choice\":{\"type\":"
         "\"function\",\"function\":{\"name\":\"" SHORT_NAME "\"}}")),
     ""},
    {"what only Anthropic knows",
     TEXT_OF(SAYS(HI, ",\"system\":[{\"type\":\"text\",\"text\":\"A\",\"cache_control\":{\"type\":"
                      "\"ephemeral\"}}],\"top_k\":5,\"context_management\":{},\"metadata\":{"
                      "\"user_id\":\"u\"},\"service_tier\":\"standard_only\"")),
     TEXT_OF(
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"developer\",\"content\":\"A\"}," HI
         "],\"service_tier\":\"default\",\"max_completion_tokens\":7,\"user\":\"u\"}"),
     "context_management, cache_control, top_k"},
    {"a schema for the answer, thinking of some tokens",
     TEXT_OF(SAYS(HI,
                  ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2048},"
                  "\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":{\"type\":"
                  "\"object\",\"properties\":{\"a\":{\"type\":\"string\"}}}}},"
                  "\"stop_sequences\":[\"END\"]")),
     TEXT_OF(ASKS(HI,
                  ",\"stop\":[\"END\"],\"response_format\":{\"type\":\"json_schema\","
                  "\"json_schema\":{\"name\":\"structured_output\",\"schema\":{\"type\":\"object\","
                  "\"properties\":{\"a\":{\"type\":\"string\"}}},\"strict\":false}},"
                  "\"reasoning_effort\":\"medium\"")),
     ""},
    {"thinking of another provider's",
     TEXT_OF(SAYS(HI
                  ",{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"t\","
                  "\"signature\":\"s\"},{\"type\":\"text\",\"text\":\"a\"}]}," HI,
                  "")),
     TEXT_OF(ASKS(HI ",{\"role\":\"assistant\",\"content\":\"a\"}," HI, "")), ""},
};

/* Coding agents name their user with a document, and ask for as much as their own models answer. */
#define USER_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void what_is_too_long_or_too_much_is_told(void **state)
{
    static const struct {
        const char *name;
        enum provider_kind kind;
        struct span from;
        struct span wanted;
        const char *dropped;
    } rows[] = {
        {"a user of OpenAI's bound, its escapes not counted", PROVIDER_OPENAI,
         TEXT_OF("{\"max_tokens\":7,\"messages\":[" HI
                 "],\"metadata\":{\"user_id\":\"\\u0030" USER_64 "\"}}"),
         TEXT_OF(ASKS(HI, "")), "metadata.user_id"},
        {"a user of as many", PROVIDER_OPENAI,
         TEXT_OF("{\"max_tokens\":7,\"messages\":[" HI "],\"metadata\":{\"user_id\":\"" USER_64
                 "\"}}"),
         TEXT_OF("{\"model\":\"upstream-1\",\"messages\":[" HI
                 "],\"max_completion_tokens\":7,\"user\":\"" USER_64 "\"}"),
         ""},
        {"a user of OpenRouter's bound", PROVIDER_OPENROUTER,
         TEXT_OF("{\"max_tokens\":7,\"messages\":[" HI
                 "],\"metadata\":{\"user_id\":\"" USER_64 USER_64 "\"}}"),
         TEXT_OF("{\"model\":\"upstream-1\",\"messages\":[" HI
                 "],\"max_completion_tokens\":7,\"user\":\"" USER_64 USER_64 "\"}"),
         ""},
        {"a budget above the ceiling", PROVIDER_OPENROUTER,
         TEXT_OF("{\"max_tokens\":7,\"messages\":[" HI
                 "],\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2048}}"),
         TEXT_OF("{\"model\":\"upstream-1\",\"messages\":[" HI "],\"reasoning\":{\"exclude\":false,"
                 "\"effort\":\"medium\"},\"max_completion_tokens\":7}"),
         ""},
        {"a ceiling above the model's", PROVIDER_OPENAI,
         TEXT_OF("{\"max_tokens\":8,\"messages\":[" HI "]}"), TEXT_OF(ASKS(HI, "")), "max_tokens"},
        {"a ceiling below the model's", PROVIDER_OPENAI,
         TEXT_OF("{\"max_tokens\":6,\"messages\":[" HI "]}"),
         TEXT_OF("{\"model\":\"upstream-1\",\"messages\":[" HI "],\"max_completion_tokens\":6}"),
         ""},
    };
    struct codec_target target = translation_target(PROTOCOL_OPENAI);

    target.max_output_tokens = 7;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct translated_request request;

        print_message("%s\n", rows[i].name);
        target.provider = rows[i].kind;
        request = translate_request(*state, PROTOCOL_ANTHROPIC, PROTOCOL_OPENAI, &target,
                                    rows[i].from);
        assert_int_equal(request.err, 0);
        assert_text(request.out, rows[i].wanted);
        assert_text(text_span(&request.notes->dropped), span_of(rows[i].dropped));
    }
}

static void anthropics_requests_become_openais(void **state)
{
    const struct codec_target target = translation_target(PROTOCOL_OPENAI);

    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        struct translated_request request = translate_request(
            *state, PROTOCOL_ANTHROPIC, PROTOCOL_OPENAI, &target, requests[i].from);

        print_message("%s\n", requests[i].name);
        assert_int_equal(request.err, 0);
        assert_text(request.out, requests[i].wanted);
        assert_text(text_span(&request.notes->dropped), span_of(requests[i].dropped));
    }
}

#define ANSWERED(name)                                                                   \
    "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":null,"   \
    "\"tool_calls\":[{\"id\":\"A\",\"type\":\"function\",\"function\":{\"name\":\"" name \
    "\",\"arguments\":\"{}\"}}]},\"finish_reason\":\"tool_calls\"}],\"usage\":{"         \
    "\"prompt_tokens\":10,\"completion_tokens\":2,\"prompt_tokens_details\":{\"cached_tokens\":4}}}"

/* Vector 55: the client sees its own name again. */
static void a_long_name_is_turned_back(void **state)
{
    const struct codec_target target = translation_target(PROTOCOL_OPENAI);
    struct translated_request request = translate_request(
        *state, PROTOCOL_ANTHROPIC, PROTOCOL_OPENAI, &target, requests[2].from);
    struct translation_rules rules = translation_rules(PROTOCOL_OPENAI, PROTOCOL_ANTHROPIC);
    struct translated done;

    rules.keep = request.keep;
    assert_int_equal(translate_answer(*state, &rules, SPAN(ANSWERED(SHORT_NAME)), &done), 0);
    assert_text(done.out,
                SPAN("{\"id\":\"msg_ID\",\"type\":\"message\",\"role\":\"assistant\",\"model\":"
                     "\"the-model\",\"content\":[{\"type\":\"tool_use\",\"id\":\"A\",\"name\":"
                     "\"" LONG_NAME "\",\"input\":{}}],\"stop_reason\":\"tool_use\","
                     "\"stop_sequence\":null,\"usage\":{\"input_tokens\":6,"
                     "\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":4,"
                     "\"cache_creation\":{\"ephemeral_5m_input_tokens\":0,"
                     "\"ephemeral_1h_input_tokens\":0},\"output_tokens\":2}}"));
}

/*
 * What a stream of Anthropic's shows an OpenAI client of reasoning, put together the way that
 * clients do (items of one index become one), is what Anthropic gets back.
 */
static void signed_reasoning_survives_a_turn(void **state)
{
    const struct translation_rules rules = translation_rules(PROTOCOL_ANTHROPIC, PROTOCOL_OPENAI);
    const struct codec_target target = translation_target(PROTOCOL_ANTHROPIC);
    const struct span details = SPAN(
        "\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"t\",\"index\":0}]}");
    const struct span signature = SPAN(
        "\"reasoning_details\":[{\"type\":\"reasoning.text\",\"signature\":\"s\",\"format\":"
        "\"anthropic-claude-v1\",\"index\":0}]}");
    struct translated done = translate_stream(
        *state, &rules,
        SPAN(START("{}") THINKING_BLOCK("0") THINKING("0", "t") SIGNATURE("0", "s") STOP_BLOCK("0")
                 TEXT_BLOCK("1") TEXT("1", "a") STOP_BLOCK("1") END("end_turn", "{}")),
        0);
    struct translated_request request;

    assert_int_equal(done.err, 0);
    assert_non_null(memmem(done.out.ptr, done.out.len, details.ptr, details.len));
    assert_non_null(memmem(done.out.ptr, done.out.len, signature.ptr, signature.len));
    request = translate_request(
        *state, PROTOCOL_OPENAI, PROTOCOL_ANTHROPIC, &target,
        SPAN(
            "{\"max_tokens\":7,\"messages\":[" HI ",{\"role\":\"assistant\",\"content\":\"a\","
            "\"reasoning_content\":\"t\",\"reasoning_details\":[{\"type\":\"reasoning.text\","
            "\"text\":\"t\",\"index\":0},{\"type\":\"reasoning.text\",\"signature\":\"s\",\"format\":"
            "\"anthropic-claude-v1\",\"index\":0}]}," HI "]}"));
    assert_int_equal(request.err, 0);
    assert_text(
        request.out,
        SPAN("{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{"
             "\"type\":\"text\",\"text\":\"hi\"}]},{\"role\":\"assistant\",\"content\":[{"
             "\"type\":\"thinking\",\"thinking\":\"t\",\"signature\":\"s\"},{\"type\":\"text\","
             "\"text\":\"a\"}]},{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":"
             "\"hi\"}]}],\"max_tokens\":7}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(anthropics_requests_become_openais, open_translations,
                                        close_translations),
        cmocka_unit_test_setup_teardown(what_is_too_long_or_too_much_is_told, open_translations,
                                        close_translations),
        cmocka_unit_test_setup_teardown(a_long_name_is_turned_back, open_translations,
                                        close_translations),
        cmocka_unit_test_setup_teardown(signed_reasoning_survives_a_turn, open_translations,
                                        close_translations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
