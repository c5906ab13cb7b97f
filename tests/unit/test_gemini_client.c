/* What Gemini clients get of other protocols' providers, in events and as an array. */
#include "lib/base/err.h"
#include "tests/unit/translation_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- what providers send ---------------------------------------------------------------------- */

#define CHUNK(delta, reason)                                                           \
    "data: {\"id\":\"c\",\"model\":\"gpt\",\"choices\":[{\"index\":0,\"delta\":" delta \
    ",\"finish_reason\":" reason "}]}\n\n"
#define WORDS(text)    CHUNK("{\"content\":\"" text "\"}", "null")
#define REASON(reason) CHUNK("{}", "\"" reason "\"")
#define OPENAI_USAGE                                                                 \
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":20,\"completion_tokens\":9," \
    "\"total_tokens\":29,\"prompt_tokens_details\":{\"cached_tokens\":12},"          \
    "\"completion_tokens_details\":{\"reasoning_tokens\":4}}}\n\n"
#define DONE "data: [DONE]\n\n"
#define NEW_CALL(index, arguments)          \
    "{\"index\":" index ",\"id\":\"c" index \
    "\",\"function\":{\"name\":\"f\",\"arguments\":\"" arguments "\"}}"
#define MORE(index, arguments) \
    "{\"index\":" index ",\"function\":{\"arguments\":\"" arguments "\"}}"
#define CALLS(calls) CHUNK("{\"tool_calls\":[" calls "]}", "null")

#define EVENT(type, rest) "event: " type "\ndata: {\"type\":\"" type "\"" rest "}\n\n"
#define MESSAGE                                                                                \
    EVENT("message_start", ",\"message\":{\"id\":\"m\",\"role\":\"assistant\",\"content\":[]," \
                           "\"model\":\"c\",\"usage\":{\"input_tokens\":5,\"output_tokens\":1}}")
#define BLOCK(index, block) \
    EVENT("content_block_start", ",\"index\":" index ",\"content_block\":" block)
#define DELTA(index, delta) EVENT("content_block_delta", ",\"index\":" index ",\"delta\":" delta)
#define END(index)          EVENT("content_block_stop", ",\"index\":" index)
#define MESSAGE_END(reason)                                                                     \
    EVENT("message_delta", ",\"delta\":{\"stop_reason\":\"" reason                              \
                           "\"},\"usage\":{\"output_tokens\":7,\"cache_read_input_tokens\":3}") \
    EVENT("message_stop", "")

/* --- what the client gets --------------------------------------------------------------------- */

#define LABEL ",\"modelVersion\":\"the-model\",\"responseId\":\"ID\"}"
#define PART(part) \
    "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[" part "]},\"index\":0}]" LABEL
#define LAST(reason, usage)                                                           \
    "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"\"}]}," \
    "\"finishReason\":\"" reason "\",\"index\":0}]" usage LABEL
#define SSE(chunk)       "data: " chunk "\r\n\r\n"
#define SAID(text)       "{\"text\":\"" text "\"}"
#define CALLED(id, args) "{\"functionCall\":{\"id\":\"" id "\",\"name\":\"f\",\"args\":" args "}}"
#define COUNTS                                                                \
    ",\"usageMetadata\":{\"promptTokenCount\":20,\"candidatesTokenCount\":5," \
    "\"totalTokenCount\":29,\"cachedContentTokenCount\":12,\"thoughtsTokenCount\":4}"
#define CLAUDE_COUNTS                                                        \
    ",\"usageMetadata\":{\"promptTokenCount\":8,\"candidatesTokenCount\":7," \
    "\"totalTokenCount\":15,\"cachedContentTokenCount\":3}"

static void check_rows(void **state, enum wire_protocol from, const struct translation_row *rows,
                       size_t count)
{
    const struct translation_rules rules = translation_rules(from, PROTOCOL_GEMINI);

    check_streams(*state, &rules, rows, count);
}

static const struct translation_row openai_rows[] = {
    ROW(WORDS("He") WORDS("llo \\\"x\\\"") REASON("stop") OPENAI_USAGE DONE,
        SSE(PART(SAID("He"))) SSE(PART(SAID("llo \\\"x\\\""))) SSE(LAST("STOP", COUNTS))),
    ROW(CHUNK("{\"reasoning_content\":\"hm\"}", "null") WORDS("a") REASON("length") DONE,
        SSE(PART("{\"text\":\"hm\",\"thought\":true}")) SSE(PART(SAID("a")))
            SSE(LAST("MAX_TOKENS", ""))),
    ROW(WORDS("a") REASON("content_filter") DONE, SSE(PART(SAID("a"))) SSE(LAST("SAFETY", ""))),
};

/* Vectors 22 to 24 for this client: calls come whole, one behind another. */
static const struct translation_row call_rows[] = {
    ROW(CALLS(NEW_CALL("0", "") "," NEW_CALL("1", ""))
            CALLS(MORE("0", "{\\\"a\\\":") "," MORE("1", "{\\\"b\\\":\\\"\\\\\\\"\\\"}"))
                CALLS(MORE("0", "1.50}")) REASON("tool_calls") DONE,
        SSE(PART(CALLED("c0", "{\"a\":1.50}"))) SSE(PART(CALLED("c1", "{\"b\":\"\\\"\"}")))
            SSE(LAST("STOP", ""))),
    ROW(CALLS(NEW_CALL("0", "")) REASON("tool_calls") DONE,
        SSE(PART(CALLED("c0", "{}"))) SSE(LAST("STOP", ""))),
    ROW(CALLS(NEW_CALL("0", "{\\\"a\\\": ")) REASON("length") DONE,
        SSE(PART(CALLED("c0", "{\"_raw_arguments\":\"{\\\"a\\\": \"}")))
            SSE(LAST("MAX_TOKENS", ""))),
};

static const struct translation_row anthropic_rows[] = {
    ROW(MESSAGE BLOCK("0", "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}")
            DELTA("0", "{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}")
                DELTA("0", "{\"type\":\"signature_delta\",\"signature\":\"xyz=\"}") END("0")
                    BLOCK("1", "{\"type\":\"redacted_thinking\",\"data\":\"DATA\"}") END("1")
                        BLOCK("2", "{\"type\":\"text\",\"text\":\"\"}")
                            DELTA("2", "{\"type\":\"text_delta\",\"text\":\"Hi\"}") END("2")
                                MESSAGE_END("end_turn"),
        SSE(PART("{\"text\":\"hm\",\"thought\":true}"))
            SSE(PART("{\"text\":\"\",\"thought\":true,\"thoughtSignature\":\"weirAnt1xyz=\"}"))
                SSE(PART("{\"text\":\"\",\"thought\":true,\"thoughtSignature\":\"weirRed1DATA\"}"))
                    SSE(PART(SAID("Hi"))) SSE(LAST("STOP", CLAUDE_COUNTS))),
    ROW(MESSAGE BLOCK("0", "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}")
            DELTA("0", "{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"x\\\":\"}")
                DELTA("0", "{\"type\":\"input_json_delta\",\"partial_json\":\"1}\"}") END("0")
                    MESSAGE_END("tool_use"),
        SSE(PART(CALLED("t", "{\"x\":1}"))) SSE(LAST("STOP", CLAUDE_COUNTS))),
    ROW(MESSAGE MESSAGE_END("refusal"), SSE(LAST("SAFETY", CLAUDE_COUNTS))),
};

static void streams_of_openais_are_chunks(void **state)
{
    check_rows(state, PROTOCOL_OPENAI, openai_rows, COUNT(openai_rows));
}

static void calls_come_whole(void **state)
{
    check_rows(state, PROTOCOL_OPENAI, call_rows, COUNT(call_rows));
}

static void streams_of_anthropics_are_chunks(void **state)
{
    check_rows(state, PROTOCOL_ANTHROPIC, anthropic_rows, COUNT(anthropic_rows));
}

#define FAILURE "{\"error\":{\"code\":503,\"message\":\"Overloaded\",\"status\":\"UNAVAILABLE\"}}"
#define OVERLOADED \
    EVENT("error", ",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}")

static void an_error_is_the_last_chunk(void **state)
{
    static const char stream[] = MESSAGE BLOCK("0", "{\"type\":\"text\",\"text\":\"\"}")
        DELTA("0", "{\"type\":\"text_delta\",\"text\":\"Hi\"}") OVERLOADED;
    const struct translation_rules rules = translation_rules(PROTOCOL_ANTHROPIC, PROTOCOL_GEMINI);
    struct translated done = check_translation(*state, &rules, span_of(stream),
                                               SPAN(SSE(PART(SAID("Hi"))) SSE(FAILURE)));

    assert_int_equal(done.state, TRANSLATION_ERROR);
}

static void a_client_without_events_gets_one_array(void **state)
{
    static const struct translation_row rows[] = {
        ROW(WORDS("a") REASON("stop") DONE, "[" PART(SAID("a")) ",\r\n" LAST("STOP", "") "]"),
        ROW(REASON("stop") DONE, "[" LAST("STOP", "") "]"),
        ROW(WORDS("a") "data: {\"error\":{\"message\":\"Overloaded\",\"code\":503}}\n\n",
            "[" PART(SAID("a")) ",\r\n" FAILURE "]"),
        ROW("data: {\"error\":{\"message\":\"Overloaded\",\"code\":503}}\n\n", "[" FAILURE "]"),
    };
    struct translation_rules rules = translation_rules(PROTOCOL_OPENAI, PROTOCOL_GEMINI);

    rules.answer.is_array = true;
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t step = 1; step <= rows[i].given.len; step++) {
            struct translated done = translate_stream(*state, &rules, rows[i].given, step);

            assert_text(done.out, rows[i].wanted);
        }
    }
}

#define BOTH_PARTS SAID("Hi") "," CALLED("c", "{\"q\": 1.0}")
#define BOTH_COUNTS                                                           \
    ",\"usageMetadata\":{\"promptTokenCount\":20,\"candidatesTokenCount\":9," \
    "\"totalTokenCount\":29}"
#define BOTH                                                                   \
    "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[" BOTH_PARTS \
    "]},\"finishReason\":\"STOP\",\"index\":0}]" BOTH_COUNTS LABEL

static void a_whole_answer_is_one_document(void **state)
{
    static const struct {
        enum wire_protocol from;
        struct translation_row row;
    } rows[] = {
        {PROTOCOL_OPENAI,
         ROW("{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"Hi\","
             "\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"f\","
             "\"arguments\":\"{\\\"q\\\": 1.0}\"}}]},\"finish_reason\":\"tool_calls\"}],\"usage\":"
             "{\"prompt_tokens\":20,\"completion_tokens\":9,\"total_tokens\":29}}",
             BOTH)},
        {PROTOCOL_ANTHROPIC,
         ROW("{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\","
             "\"thinking\":\"hm\",\"signature\":\"xyz=\"}],\"stop_reason\":\"max_tokens\"}",
             "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"hm\","
             "\"thought\":true,\"thoughtSignature\":\"weirAnt1xyz=\"}]},\"finishReason\":"
             "\"MAX_TOKENS\",\"index\":0}]" LABEL)},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct translation_rules rules = translation_rules(rows[i].from, PROTOCOL_GEMINI);
        struct translated done;

        assert_int_equal(translate_answer(*state, &rules, rows[i].row.given, &done), 0);
        assert_text(done.out, rows[i].row.wanted);
    }
}

/* A signature of Anthropic's comes back to it by way of a client that speaks Gemini. */
static void thoughts_survive_a_turn_with_anthropic(void **state)
{
    static const char body[] =
        "{\"contents\":[{\"parts\":[{\"text\":\"hi\"}]},{\"role\":\"model\",\"parts\":[{\"text\":"
        "\"hm\",\"thought\":true,\"thoughtSignature\":\"weirAnt1xyz=\"},{\"functionCall\":{"
        "\"name\":\"f\",\"args\":{}}}]},{\"parts\":[{\"functionResponse\":{\"name\":\"f\","
        "\"response\":{\"output\":\"x\"}}}]}],\"tools\":[{\"functionDeclarations\":["
        "{\"name\":\"f\"}]}]}";
    struct codec_target target = translation_target(PROTOCOL_ANTHROPIC);
    struct translated_request done = translate_request(*state, PROTOCOL_GEMINI, PROTOCOL_ANTHROPIC,
                                                       &target, span_of(body));

    assert_int_equal(done.err, 0);
    assert_non_null(memmem(done.out.ptr, done.out.len, "\"signature\":\"xyz=\"", 18));
}

/* As a client keeps the chunks of a stream: its thoughts in pieces, what signs them by itself. */
static void thoughts_in_pieces_survive_a_turn_with_anthropic(void **state)
{
    static const char body[] =
        "{\"contents\":[{\"parts\":[{\"text\":\"hi\"}]},{\"role\":\"model\",\"parts\":["
        "{\"text\":\"h\",\"thought\":true},{\"text\":\"m\",\"thought\":true}]},"
        "{\"role\":\"model\",\"parts\":[{\"text\":\"!\",\"thought\":true}]},{\"role\":\"model\","
        "\"parts\":[{\"text\":\"\",\"thought\":true,\"thoughtSignature\":\"weirAnt1xyz=\"}]},"
        "{\"role\":\"model\",\"parts\":[{\"text\":\"\",\"thought\":true,\"thoughtSignature\":"
        "\"weirRed1DATA\"},{\"text\":\"no\",\"thought\":true},{\"text\":\"yes\"}]},"
        "{\"parts\":[{\"text\":\"on\"}]}]}";
    static const char wanted[] =
        "{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm!\","
        "\"signature\":\"xyz=\"},{\"type\":\"redacted_thinking\",\"data\":\"DATA\"},"
        "{\"type\":\"text\",\"text\":\"yes\"}]}";
    struct codec_target target = translation_target(PROTOCOL_ANTHROPIC);
    struct translated_request done = translate_request(*state, PROTOCOL_GEMINI, PROTOCOL_ANTHROPIC,
                                                       &target, span_of(body));

    assert_int_equal(done.err, 0);
    if (memmem(done.out.ptr, done.out.len, wanted, sizeof(wanted) - 1) == NULL)
        fail_msg("%.*s", SPAN_FMT(done.out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_of_openais_are_chunks),
        cmocka_unit_test(calls_come_whole),
        cmocka_unit_test(streams_of_anthropics_are_chunks),
        cmocka_unit_test(an_error_is_the_last_chunk),
        cmocka_unit_test(a_client_without_events_gets_one_array),
        cmocka_unit_test(a_whole_answer_is_one_document),
        cmocka_unit_test(thoughts_survive_a_turn_with_anthropic),
        cmocka_unit_test(thoughts_in_pieces_survive_a_turn_with_anthropic),
    };

    return cmocka_run_group_tests(tests, open_translations, close_translations);
}
