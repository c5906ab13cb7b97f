/* OpenAI's clients and Gemini's providers, and the other way round. */
#include "lib/base/err.h"
#include "tests/unit/translation_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct row {
    const char *name;
    struct span from;
    struct span wanted;
};

#define TEXT(literal)                  \
    {                                  \
        (literal), sizeof(literal) - 1 \
    }

/* --- streams of Gemini's ---------------------------------------------------------------------- */

#define CHUNK(rest)                                                                   \
    "data: {\"id\":\"chatcmpl-ID\",\"object\":\"chat.completion.chunk\",\"created\":" \
    "1700000000,\"model\":\"the-model\",\"choices\":[" rest "}\n\n"
#define DELTA(delta) \
    CHUNK("{\"index\":0,\"delta\":{" delta "},\"finish_reason\":null}],\"usage\":null")
#define ROLE DELTA("\"role\":\"assistant\",\"content\":\"\"")
#define CALL(index, id, name, arguments)                                                  \
    DELTA("\"tool_calls\":[{\"index\":" index ",\"id\":\"" id "\",\"type\":\"function\"," \
          "\"function\":{\"name\":\"" name "\",\"arguments\":\"\"}}]")                    \
    DELTA("\"tool_calls\":[{\"index\":" index ",\"function\":{\"arguments\":\"" arguments "\"}}]")
#define USAGE(prompt, completion, total, cached, reasoning)                                      \
    "{\"prompt_tokens\":" prompt ",\"completion_tokens\":" completion ",\"total_tokens\":" total \
    ",\"prompt_tokens_details\":{\"cached_tokens\":" cached ",\"cache_write_tokens\":0},"        \
    "\"completion_tokens_details\":{\"reasoning_tokens\":" reasoning "}}"
#define END(reason, usage)                                                               \
    CHUNK("{\"index\":0,\"delta\":{},\"finish_reason\":\"" reason "\"}],\"usage\":null") \
    CHUNK("],\"usage\":" usage) "data: [DONE]\n\n"

#define END_UNCOUNTED(reason)                                                            \
    CHUNK("{\"index\":0,\"delta\":{},\"finish_reason\":\"" reason "\"}],\"usage\":null") \
    "data: [DONE]\n\n"

#define EVENT(json)  "data: " json "\r\n\r\n"
#define PARTS(parts) "\"content\":{\"role\":\"model\",\"parts\":[" parts "]}"

static const struct row gemini_streams[] = {
    {"a call and its reason in two chunks (vector 14)",
     TEXT(
         EVENT(
             "{\"candidates\":[{" PARTS("{\"functionCall\":{\"id\":\"w1\",\"name\":\"w\",\"args\":"
                                        "{\"c\":\"P\"}}}") "}]}")
             EVENT("{\"candidates\":[{" PARTS(
                 "{\"text\":\"\"}") ",\"finishReason\":\"STOP\"}],"
                                    "\"usageMetadata\":{\"promptTokenCount\":107,\"candidatesTokenCount\":31,"
                                    "\"thoughtsTokenCount\":148,\"totalTokenCount\":286}}")),
     TEXT(ROLE CALL("0", "w1", "w", "{\\\"c\\\":\\\"P\\\"}")
              END("tool_calls", USAGE("107", "179", "286", "0", "148")))},
    {"a call at the ceiling (vector 15)",
     TEXT(EVENT(
         "{\"candidates\":[{" PARTS("{\"functionCall\":{\"id\":\"w1\",\"name\":\"w\"}}") "}]}")
              EVENT("{\"candidates\":[{\"finishReason\":\"MAX_TOKENS\"}]}")),
     TEXT(ROLE CALL("0", "w1", "w", "{}") END_UNCOUNTED("length"))},
    {"a prompt that was blocked (vector 16)",
     TEXT(EVENT("{\"promptFeedback\":{\"blockReason\":\"PROHIBITED_CONTENT\"},\"usageMetadata\":{"
                "\"promptTokenCount\":13,\"totalTokenCount\":13}}")),
     TEXT(ROLE DELTA("\"refusal\":\"blocked: PROHIBITED_CONTENT\"")
              END("content_filter", USAGE("13", "0", "13", "0", "0")))},
    {"a reason to block that is none (vector 17)",
     TEXT(EVENT("{\"promptFeedback\":{\"blockReason\":\"\"},\"candidates\":[{" PARTS(
         "{\"text\":\"hi\"}") ",\"finishReason\":\"STOP\"}]}")),
     TEXT(ROLE DELTA("\"content\":\"hi\"") END_UNCOUNTED("stop"))},
    {"a candidate without content (vector 18)",
     TEXT(EVENT("{\"candidates\":[{\"finishReason\":\"NO_IMAGE\"}]}")),
     TEXT(ROLE END_UNCOUNTED("content_filter"))},
    {"thoughts and their tokens (vector 19)",
     TEXT(EVENT("{\"candidates\":[{" PARTS("{\"text\":\"hm\",\"thought\":true}") "}]}") EVENT(
         "{\"candidates\":[{" PARTS(
             "{\"text\":\"hi\"}") ",\"finishReason\":\"STOP\"}],"
                                  "\"usageMetadata\":{\"promptTokenCount\":20,\"candidatesTokenCount\":151,"
                                  "\"thoughtsTokenCount\":382,\"totalTokenCount\":553}}")),
     TEXT(ROLE DELTA("\"reasoning_content\":\"hm\",\"reasoning_details\":[{\"type\":"
                     "\"reasoning.text\",\"text\":\"hm\",\"index\":0}]") DELTA("\"content\":\"hi\"")
              END("stop", USAGE("20", "533", "553", "0", "382")))},
    {"thoughts that are counted already (vector 19)",
     TEXT(EVENT("{\"candidates\":[{" PARTS(
         "{\"text\":\"hi\"}") ",\"finishReason\":\"STOP\"}],"
                              "\"usageMetadata\":{\"promptTokenCount\":20,\"candidatesTokenCount\":533,"
                              "\"thoughtsTokenCount\":382,\"totalTokenCount\":553}}")),
     TEXT(ROLE DELTA("\"content\":\"hi\"") END("stop", USAGE("20", "533", "553", "0", "382")))},
    {"a call that is signed",
     TEXT(EVENT("{\"candidates\":[{" PARTS(
         "{\"functionCall\":{\"id\":\"w1\",\"name\":\"w\"},"
         "\"thoughtSignature\":\"abc\"}") ",\"finishReason\":\"STOP\"}]}")),
     TEXT(
         ROLE DELTA("\"tool_calls\":[{\"index\":0,\"id\":\"w1\",\"type\":\"function\",\"function\":"
                    "{\"name\":\"w\",\"arguments\":\"\"},\"extra_content\":{\"google\":{"
                    "\"thought_signature\":\"abc\"}}}]")
             DELTA("\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{}\"}}]")
                 END_UNCOUNTED("tool_calls"))},
};

static struct translation_rules rules_of(enum wire_protocol from, enum wire_protocol to)
{
    struct translation_rules rules = translation_rules(from, to);

    rules.keep.include_usage = true;
    return rules;
}

static void geminis_chunks_become_openais(void **state)
{
    const struct translation_rules rules = rules_of(PROTOCOL_GEMINI, PROTOCOL_OPENAI);

    for (size_t i = 0; i < sizeof(gemini_streams) / sizeof(gemini_streams[0]); i++) {
        struct translated done = check_translation(*state, &rules, gemini_streams[i].from,
                                                   gemini_streams[i].wanted);

        print_message("%s\n", gemini_streams[i].name);
        assert_int_equal(done.err, 0);
        assert_int_equal(done.state, TRANSLATION_COMPLETE);
    }
}

/* --- streams of OpenAI's ---------------------------------------------------------------------- */

#define SAID(delta) EVENT("{\"choices\":[{\"index\":0,\"delta\":{" delta "}}]}")
#define ENDS(reason) \
    EVENT("{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" reason "\"}]}")
#define DONE        EVENT("[DONE]")
#define ANSWER_TAIL ",\"modelVersion\":\"the-model\",\"responseId\":\"ID\"}"
#define GIVEN(part)                                                            \
    EVENT("{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[" part \
          "]},\"index\":0}]" ANSWER_TAIL)
#define FINISHED(reason, usage)                                                             \
    EVENT("{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"\"}]}," \
          "\"finishReason\":\"" reason "\",\"index\":0}]" usage ANSWER_TAIL)

static const struct row openai_streams[] = {
    {"text and usage behind the reason",
     TEXT(": OPENROUTER PROCESSING\n\n" SAID("\"role\":\"assistant\",\"content\":\"\"")
              SAID("\"content\":\"hi\"") ENDS("length")
                  EVENT("{\"choices\":[],\"usage\":{\"prompt_tokens\":50,\"completion_tokens\":5,"
                        "\"prompt_tokens_details\":{\"cached_tokens\":40}}}") DONE),
     TEXT(GIVEN("{\"text\":\"hi\"}") FINISHED(
         "MAX_TOKENS", ",\"usageMetadata\":{\"promptTokenCount\":50,\"candidatesTokenCount\":5,"
                       "\"totalTokenCount\":55,\"cachedContentTokenCount\":40}"))},
    {"calls whose arguments come in pieces, between one another",
     TEXT(
         SAID("\"tool_calls\":[{\"index\":0,\"id\":\"A\",\"function\":{\"name\":\"f\","
              "\"arguments\":\"{\\\"a\\\":\"}}]")
             SAID("\"tool_calls\":[{\"index\":1,\"id\":\"B\",\"function\":{\"name\":\"g\","
                  "\"arguments\":\"\"}}]")
                 SAID(
                     "\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"\\\"\\\\n\\\"}\"}}]")
                     ENDS("tool_calls") DONE),
     TEXT(GIVEN("{\"functionCall\":{\"id\":\"A\",\"name\":\"f\",\"args\":{\"a\":\"\\n\"}}}") GIVEN(
         "{\"functionCall\":{\"id\":\"B\",\"name\":\"g\",\"args\":{}}}") FINISHED("STOP", ""))},
    {"reasoning and a refusal",
     TEXT(SAID("\"reasoning_content\":\"hm\"") SAID("\"refusal\":\"no\"") ENDS("content_filter")
              DONE),
     TEXT(GIVEN("{\"text\":\"hm\",\"thought\":true}") GIVEN("{\"text\":\"no\"}")
              FINISHED("SAFETY", ""))},
};

static void openais_chunks_become_geminis(void **state)
{
    const struct translation_rules rules = rules_of(PROTOCOL_OPENAI, PROTOCOL_GEMINI);

    for (size_t i = 0; i < sizeof(openai_streams) / sizeof(openai_streams[0]); i++) {
        struct translated done = check_translation(*state, &rules, openai_streams[i].from,
                                                   openai_streams[i].wanted);

        print_message("%s\n", openai_streams[i].name);
        assert_int_equal(done.err, 0);
        assert_int_equal(done.state, TRANSLATION_COMPLETE);
    }
}

/* --- answers ---------------------------------------------------------------------------------- */

#define WHOLE(message, finish, usage)                                                          \
    "{\"id\":\"chatcmpl-ID\",\"object\":\"chat.completion\",\"created\":1700000000,\"model\":" \
    "\"the-model\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\"," message     \
    "},\"logprobs\":null,\"finish_reason\":\"" finish "\"}],\"usage\":" usage "}"

static const struct row gemini_answers[] = {
    {"a prompt that was blocked (vector 16)",
     TEXT("{\"promptFeedback\":{\"blockReason\":\"PROHIBITED_CONTENT\"},\"usageMetadata\":{"
          "\"promptTokenCount\":13,\"totalTokenCount\":13}}"),
     TEXT(WHOLE("\"content\":null,\"refusal\":\"blocked: PROHIBITED_CONTENT\"", "content_filter",
                USAGE("13", "0", "13", "0", "0")))},
    {"a candidate without content (vector 18)",
     TEXT("{\"candidates\":[{\"finishReason\":\"NO_IMAGE\"}]}"),
     TEXT(WHOLE("\"content\":null,\"refusal\":null", "content_filter", "null"))},
    {"calls keep their arguments as they are",
     TEXT("{\"candidates\":[{" PARTS(
         "{\"functionCall\":{\"id\":\"w1\",\"name\":\"w\",\"args\":{\"z\":1.0,\"a\":"
         "12345678901234567890}}}") ",\"finishReason\":\"STOP\"}]}"),
     TEXT(
         WHOLE("\"content\":null,\"refusal\":null,\"tool_calls\":[{\"id\":\"w1\",\"type\":"
               "\"function\",\"function\":{\"name\":\"w\",\"arguments\":\"{\\\"z\\\":1.0,\\\"a\\\":"
               "12345678901234567890}\"}}]",
               "tool_calls", "null"))},
};

static void geminis_answers_become_openais(void **state)
{
    const struct translation_rules rules = rules_of(PROTOCOL_GEMINI, PROTOCOL_OPENAI);

    for (size_t i = 0; i < sizeof(gemini_answers) / sizeof(gemini_answers[0]); i++) {
        struct translated done;

        print_message("%s\n", gemini_answers[i].name);
        assert_int_equal(translate_answer(*state, &rules, gemini_answers[i].from, &done), 0);
        assert_text(done.out, gemini_answers[i].wanted);
    }
}

/* --- requests --------------------------------------------------------------------------------- */

static const struct row to_gemini[] = {
    {"all system messages (vector 49)",
     TEXT("{\"messages\":[{\"role\":\"system\",\"content\":\"A\"},{\"role\":\"developer\","
          "\"content\":[{\"type\":\"text\",\"text\":\"B\"},{\"type\":\"text\",\"text\":\"C\"}]},"
          "{\"role\":\"user\",\"content\":\"hi\"}]}"),
     TEXT("{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]}],\"systemInstruction\":"
          "{\"parts\":[{\"text\":\"A\"},{\"text\":\"B\"},{\"text\":\"C\"}]}}")},
    {"a stop string (vector 50)",
     TEXT("{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"stop\":\"END\"}"),
     TEXT("{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]}],\"generationConfig\":"
          "{\"stopSequences\":[\"END\"]}}")},
    {"no parameters (vector 45)",
     TEXT("{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"tools\":[{\"type\":"
          "\"function\",\"function\":{\"name\":\"f\",\"parameters\":{}}}]}"),
     TEXT("{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]}],\"tools\":[{"
          "\"functionDeclarations\":[{\"name\":\"f\"}]}]}")},
    {"a response finds its call's name, an object stands for itself (vector 48)",
     TEXT("{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\","
          "\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}},"
          "{\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":\"{\\\"x\\\":1}\"},"
          "\"extra_content\":{\"google\":{\"thought_signature\":\"abc\"}}}]},"
          "{\"role\":\"tool\",\"tool_call_id\":\"b\",\"content\":\"{\\\"t\\\":22}\"},"
          "{\"role\":\"tool\",\"tool_call_id\":\"a\",\"content\":\"22C\"}]}"),
     TEXT("{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]},{\"role\":\"model\","
          "\"parts\":[{\"functionCall\":{\"name\":\"f\",\"args\":{}}},{\"functionCall\":{\"name\":"
          "\"g\",\"args\":{\"x\":1}},\"thoughtSignature\":\"abc\"}]},{\"role\":\"user\",\"parts\":["
          "{\"functionResponse\":{\"name\":\"f\",\"response\":{\"output\":\"22C\"}}},"
          "{\"functionResponse\":{\"name\":\"g\",\"response\":{\"t\":22}}}]}]}")},
};

static const struct row from_gemini[] = {
    {"parameters in capitals (vector 46)",
     TEXT("{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]}],\"tools\":[{"
          "\"functionDeclarations\":[{\"name\":\"f\",\"parameters\":{\"type\":\"OBJECT\","
          "\"properties\":{\"q\":{\"type\":\"STRING\"}}}}]}]}"),
     TEXT(
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"tools\":"
         "[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\","
         "\"properties\":{\"q\":{\"type\":\"string\"}}}}}]}")},
    {"a call without an id gets one, and its response too",
     TEXT("{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]},{\"role\":\"model\","
          "\"parts\":[{\"functionCall\":{\"name\":\"f\",\"args\":{\"x\":1}}}]},{\"role\":\"user\","
          "\"parts\":[{\"functionResponse\":{\"name\":\"f\",\"response\":{\"output\":\"y\"}}}]}]}"),
     TEXT(
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":"
         "\"assistant\",\"content\":null,\"tool_calls\":[{\"type\":\"function\",\"id\":"
         "\"function_call_0\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}}]},{\"role\":"
         "\"tool\",\"tool_call_id\":\"function_call_0\",\"content\":\"y\"}]}")},
    {"wishes for the answer",
     TEXT(
         "{\"systemInstruction\":{\"parts\":[{\"text\":\"A\"}]},\"contents\":[{\"role\":\"user\","
         "\"parts\":[{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"AAAA\"}},{\"text\":"
         "\"hi\"}]}],\"generationConfig\":{\"temperature\":0.5,\"maxOutputTokens\":7,"
         "\"responseMimeType\":\"application/json\",\"thinkingConfig\":{\"thinkingBudget\":9000}}}"),
     TEXT(
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"developer\",\"content\":\"A\"},{"
         "\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":"
         "\"data:image/png;base64,AAAA\"}},{\"type\":\"text\",\"text\":\"hi\"}]}],\"temperature\":0.5,"
         "\"response_format\":{\"type\":\"json_object\"},\"reasoning_effort\":\"high\","
         "\"max_completion_tokens\":7}")},
};

static void check_requests(void **state, enum wire_protocol from, enum wire_protocol to,
                           const struct row *row)
{
    const struct codec_target target = translation_target(to);
    struct translated_request request = translate_request(*state, from, to, &target, row->from);

    print_message("%s\n", row->name);
    assert_int_equal(request.err, 0);
    assert_text(request.out, row->wanted);
    assert_text(text_span(&request.notes->dropped), SPAN(""));
}

static void requests_become_the_others(void **state)
{
    for (size_t i = 0; i < sizeof(to_gemini) / sizeof(to_gemini[0]); i++)
        check_requests(state, PROTOCOL_OPENAI, PROTOCOL_GEMINI, &to_gemini[i]);
    for (size_t i = 0; i < sizeof(from_gemini) / sizeof(from_gemini[0]); i++)
        check_requests(state, PROTOCOL_GEMINI, PROTOCOL_OPENAI, &from_gemini[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(geminis_chunks_become_openais, open_translations,
                                        close_translations),
        cmocka_unit_test_setup_teardown(openais_chunks_become_geminis, open_translations,
                                        close_translations),
        cmocka_unit_test_setup_teardown(geminis_answers_become_openais, open_translations,
                                        close_translations),
        cmocka_unit_test_setup_teardown(requests_become_the_others, open_translations,
                                        close_translations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
