/* Requests of other protocols' clients as a Gemini provider takes them. */
#include "lib/base/err.h"
#include "tests/unit/translation_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define USER       "{\"role\":\"user\",\"content\":\"hi\"}"
#define ASK(...)   "{\"model\":\"m\",\"messages\":[" USER "]," __VA_ARGS__ "}"
#define SAY(...)   "{\"model\":\"m\",\"messages\":[" __VA_ARGS__ "]}"
#define HI         "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]}]"
#define TOOL(rest) "{\"type\":\"function\",\"function\":{\"name\":\"f\"" rest "}}"
#define CALLED(rest)                                                               \
    "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\"," \
    "\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"q\\\": 1.0}\"}" rest "}]}"
#define RESULT(text)    "{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":" text "}"
#define CALL            "{\"functionCall\":{\"name\":\"f\",\"args\":{\"q\": 1.0}}"
#define TURN(role, ...) "{\"role\":\"" role "\",\"parts\":[" __VA_ARGS__ "]}"
#define ROUND(call, response)                                                             \
    "{\"contents\":[" TURN("user", "{\"text\":\"hi\"}") "," TURN("model", call) "," TURN( \
        "user", "{\"functionResponse\":{\"name\":\"f\",\"response\":" response "}}") "]}"

struct row {
    const char *body;
    const char *expected;
    const char *dropped; /* NULL: nothing */
};

static void check_row(struct translations *translations, enum wire_protocol from,
                      const struct codec_target *target, const struct row *row)
{
    struct translated_request done = translate_request(translations, from, PROTOCOL_GEMINI, target,
                                                       span_of(row->body));

    if (done.err != 0)
        fail_msg("%s: %s at %.*s", row->body, err_name(done.err),
                 SPAN_FMT(text_span(&done.notes->param)));
    assert_text(done.out, span_of(row->expected));
    assert_text(text_span(&done.notes->dropped), span_of(row->dropped == NULL ? "" : row->dropped));
}

static void check_rows(struct translations *translations, enum wire_protocol from,
                       const struct codec_target *target, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_row(translations, from, target, &rows[i]);
}

#define CHECK(from, target, rows) check_rows(*state, from, target, rows, COUNT(rows))

static struct codec_target target_of(void)
{
    return translation_target(PROTOCOL_GEMINI);
}

/* Vector 49. */
static void all_system_messages_are_the_instruction(void **state)
{
    static const struct row rows[] = {
        {SAY("{\"role\":\"system\",\"content\":\"A\"},{\"role\":\"developer\",\"content\":"
             "[{\"type\":\"text\",\"text\":\"B\"},{\"type\":\"text\",\"text\":\"C\"}]}," USER
             ",{\"role\":\"system\",\"content\":\"D\"}"),
         HI ",\"systemInstruction\":{\"parts\":[{\"text\":\"A\"},{\"text\":\"B\"},{\"text\":\"C\"},"
            "{\"text\":\"D\"}]}}",
         NULL},
    };
    struct codec_target target = target_of();

    CHECK(PROTOCOL_OPENAI, &target, rows);
}

static void turns_alternate_between_user_and_model(void **state)
{
    static const struct row rows[] = {
        {SAY(USER "," USER ",{\"role\":\"assistant\",\"content\":\"yo \\\"\\u00e9\"}," USER),
         "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"},{\"text\":\"hi\"}]},"
         "{\"role\":\"model\",\"parts\":[{\"text\":\"yo \\\"\\u00e9\"}]},"
         "{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]}]}",
         NULL},
    };
    struct codec_target target = target_of();

    CHECK(PROTOCOL_OPENAI, &target, rows);
}

static void media_are_inline_or_named(void **state)
{
    static const struct row rows[] = {
        {SAY("{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":"
             "\"data:image/png;name=x.png;base64,AAA=\",\"detail\":\"high\"}},"
             "{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://a/b.png\"}},"
             "{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AAAA\",\"format\":\"wav\"}}]}"),
         "{\"contents\":[{\"role\":\"user\",\"parts\":["
         "{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"AAA=\"}},"
         "{\"fileData\":{\"fileUri\":\"https://a/b.png\"}},"
         "{\"inlineData\":{\"mimeType\":\"audio/wav\",\"data\":\"AAAA\"}}]}]}",
         "image_url.detail"},
    };
    struct codec_target target = target_of();

    CHECK(PROTOCOL_OPENAI, &target, rows);
}

/* Vector 45, and what a function says otherwise. */
static void functions_are_one_tool(void **state)
{
    static const struct row rows[] = {
        {ASK("\"tools\":[" TOOL("") "," TOOL(",\"parameters\":{}") "," TOOL(
             ",\"parameters\":{\"type\":\"object\",\"properties\":{}}") "]"),
         HI ",\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\"},{\"name\":\"f\"},"
            "{\"name\":\"f\"}]}]}",
         NULL},
        {ASK("\"tools\":[" TOOL(",\"description\":\"d\",\"strict\":true,\"parameters\":{\"type\":"
                                "\"object\",\"properties\":{\"a\":{\"type\":\"string\"}},"
                                "\"additionalProperties\":false}") "]"),
         HI ",\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\",\"description\":\"d\","
            "\"parametersJsonSchema\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":"
            "\"string\"}},\"additionalProperties\":false}}]}]}",
         "tools.strict"},
        {ASK("\"tools\":[],\"tool_choice\":\"auto\""), HI "}", NULL},
    };
    struct codec_target target = target_of();

    CHECK(PROTOCOL_OPENAI, &target, rows);
}

static void older_models_get_the_subset_of_schemas(void **state)
{
    static const struct row rows[] = {
        {ASK("\"tools\":[" TOOL(",\"parameters\":{\"type\":\"object\",\"properties\":{\"a\":"
                                "{\"$ref\":\"#/$defs/a\"}},\"$defs\":{\"a\":{\"type\":"
                                "[\"string\",\"null\"]}},\"additionalProperties\":false}") "]"),
         HI ",\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\",\"parameters\":{\"type\":"
            "\"OBJECT\",\"properties\":{\"a\":{\"type\":\"STRING\",\"nullable\":true}}}}]}]}",
         NULL},
        {ASK("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\","
             "\"schema\":{\"type\":\"object\",\"properties\":{\"a\":{\"const\":1}}}}}"),
         HI ",\"generationConfig\":{\"responseMimeType\":\"application/json\",\"responseSchema\":"
            "{\"type\":\"OBJECT\",\"properties\":{\"a\":{\"enum\":[\"1\"],\"type\":\"STRING\"}}}}}",
         NULL},
    };
    struct codec_target target = target_of();

    target.traits.json_schemas = false;
    CHECK(PROTOCOL_OPENAI, &target, rows);
}

#define TOOLS     "\"tools\":[" TOOL("") "]"
#define DECLARED  HI ",\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\"}]}]"
#define MODE(...) DECLARED ",\"toolConfig\":{\"functionCallingConfig\":{\"mode\":" __VA_ARGS__ "}}}"

static void a_choice_is_a_mode(void **state)
{
    static const struct row rows[] = {
        {ASK(TOOLS ",\"tool_choice\":\"auto\""), MODE("\"AUTO\""), NULL},
        {ASK(TOOLS ",\"tool_choice\":\"required\""), MODE("\"ANY\""), NULL},
        {ASK(TOOLS ",\"tool_choice\":\"none\""), MODE("\"NONE\""), NULL},
        {ASK(TOOLS ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"f\"}}"),
         MODE("\"ANY\",\"allowedFunctionNames\":[\"f\"]"), NULL},
        {ASK(TOOLS ",\"parallel_tool_calls\":false"), DECLARED "}", "parallel_tool_calls"},
        {ASK(TOOLS ",\"parallel_tool_calls\":true"), DECLARED "}", NULL},
    };
    struct codec_target target = target_of();

    CHECK(PROTOCOL_OPENAI, &target, rows);
}

/* Vector 48. */
static void a_result_knows_its_function_and_is_an_object(void **state)
{
    static const struct row rows[] = {
        {SAY(USER "," CALLED("") "," RESULT("\"22C\"")), ROUND(CALL "}", "{\"output\":\"22C\"}"),
         NULL},
        {SAY(USER "," CALLED("") "," RESULT("\" {\\\"t\\\":22}\\n\"")),
         ROUND(CALL "}", "{\"t\":22}"), NULL},
        {SAY(USER "," CALLED("") "," RESULT("\"{\\\"t\\\":22\"")),
         ROUND(CALL "}", "{\"output\":\"{\\\"t\\\":22\"}"), NULL},
        {SAY(USER "," CALLED("") "," RESULT("\"[1]\"")), ROUND(CALL "}", "{\"output\":\"[1]\"}"),
         NULL},
        {SAY(USER "," CALLED("") "," RESULT("[{\"type\":\"text\",\"text\":\"a\"},"
                                            "{\"type\":\"text\",\"text\":\"b\"}]")),
         ROUND(CALL "}", "{\"output\":\"a\\nb\"}"), NULL},
    };
    struct codec_target target = target_of();

    CHECK(PROTOCOL_OPENAI, &target, rows);
}

#define OK "{\"role\":\"assistant\",\"content\":\"ok\"}"
#define OVER                                                                         \
    "{\"contents\":[" TURN("user", SAID("hi")) "," TURN("model", CALL "}") "," TURN( \
        "user", RESPONSE) "," TURN("model", SAID("ok")) "," TURN("user", SAID("hi")) "]}"
#define SAID(text) "{\"text\":\"" text "\"}"
#define RESPONSE   "{\"functionResponse\":{\"name\":\"f\",\"response\":{\"output\":\"x\"}}}"
#define SIGNED     ",\"extra_content\":{\"google\":{\"thought_signature\":\"abc\"}}"

/* Vector 47. */
static void a_call_carries_its_signature_or_the_placeholder(void **state)
{
    static const struct row rows[] = {
        {SAY(USER "," CALLED("") "," RESULT("\"x\"")),
         ROUND(CALL ",\"thoughtSignature\":\"skip_thought_signature_validator\"}",
               "{\"output\":\"x\"}"),
         NULL},
        {SAY(USER "," CALLED(SIGNED) "," RESULT("\"x\"")),
         ROUND(CALL ",\"thoughtSignature\":\"abc\"}", "{\"output\":\"x\"}"), NULL},
        /* A turn that is over is not checked. */
        {SAY(USER "," CALLED("") "," RESULT("\"x\"") "," OK "," USER), OVER, NULL},
    };
    struct codec_target target = target_of();

    target.traits.signatures = true;
    CHECK(PROTOCOL_OPENAI, &target, rows);
}

#define ANTHROPIC_CALL "{\"type\":\"tool_use\",\"id\":\"c\",\"name\":\"f\",\"input\":{\"q\": 1.0}}"
#define ANTHROPIC(thoughts, result)                                                          \
    "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[" USER                                  \
    ",{\"role\":\"assistant\",\"content\":[" thoughts ANTHROPIC_CALL "]},"                   \
    "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"c\"" result \
    "}]}]}"
#define LIMITED(call, ...)                                                                \
    "{\"contents\":[" TURN("user", "{\"text\":\"hi\"}") "," TURN("model", call) "," TURN( \
        "user", __VA_ARGS__) "],\"generationConfig\":{\"maxOutputTokens\":9}}"

static void results_of_anthropics_clients_say_that_they_failed(void **state)
{
    static const struct row rows[] = {
        {ANTHROPIC("", ",\"is_error\":true,\"content\":\"{\\\"a\\\":1}\""),
         LIMITED(CALL "}", "{\"functionResponse\":{\"name\":\"f\",\"response\":{\"error\":"
                           "\"{\\\"a\\\":1}\"}}}"),
         NULL},
        {ANTHROPIC("", ",\"content\":[{\"type\":\"text\",\"text\":\"x\"},{\"type\":\"image\","
                       "\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":"
                       "\"AAAA\"}}]"),
         LIMITED(CALL "}", "{\"functionResponse\":{\"name\":\"f\",\"response\":{\"output\":\"x\"}}"
                           "},{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"AAAA\"}}"),
         NULL},
        {ANTHROPIC("", ""),
         LIMITED(CALL "}",
                 "{\"functionResponse\":{\"name\":\"f\",\"response\":{\"output\":\"\"}}}"),
         NULL},
    };
    struct codec_target target = target_of();

    CHECK(PROTOCOL_ANTHROPIC, &target, rows);
}

static void ids_go_to_models_that_know_them(void **state)
{
    static const struct row rows[] = {
        {ANTHROPIC("", ",\"content\":\"x\""),
         LIMITED(
             "{\"functionCall\":{\"id\":\"c\",\"name\":\"f\",\"args\":{\"q\": 1.0}}}",
             "{\"functionResponse\":{\"id\":\"c\",\"name\":\"f\",\"response\":{\"output\":\"x\"}"
             "}}"),
         NULL},
    };
    struct codec_target target = target_of();

    target.traits.tool_ids = true;
    CHECK(PROTOCOL_ANTHROPIC, &target, rows);
}

static void a_config_says_what_was_wished(void **state)
{
    static const struct row rows[] = {
        {ASK("\"temperature\":0.70,\"top_p\":1e-1,\"max_tokens\":100,\"stop\":\"END\",\"seed\":7,"
             "\"frequency_penalty\":0.5,\"presence_penalty\":-1"),
         HI ",\"generationConfig\":{\"temperature\":0.70,\"topP\":1e-1,\"seed\":7,"
            "\"frequencyPenalty\":0.5,\"presencePenalty\":-1,\"maxOutputTokens\":100,"
            "\"stopSequences\":[\"END\"]}}",
         NULL},
        {ASK("\"stop\":[\"a\",\"\\n\"],\"seed\":4294967296,\"user\":\"u\""),
         HI ",\"generationConfig\":{\"stopSequences\":[\"a\",\"\\n\"]}}", "seed, user"},
        {ASK("\"response_format\":{\"type\":\"json_object\"}"),
         HI ",\"generationConfig\":{\"responseMimeType\":\"application/json\"}}", NULL},
        {ASK("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\","
             "\"schema\":{\"type\":\"object\"},\"strict\":true}}"),
         HI ",\"generationConfig\":{\"responseMimeType\":\"application/json\","
            "\"responseJsonSchema\":{\"type\":\"object\"}}}",
         NULL},
        {ASK("\"service_tier\":\"default\""), HI ",\"serviceTier\":\"standard\"}", NULL},
        {ASK("\"service_tier\":\"flex\""), HI ",\"serviceTier\":\"flex\"}", NULL},
        {ASK("\"service_tier\":\"auto\""), HI "}", NULL},
        {ASK("\"service_tier\":\"scale\""), HI "}", "service_tier"},
    };
    struct codec_target target = target_of();

    CHECK(PROTOCOL_OPENAI, &target, rows);
}

static void sampling_that_the_model_does_not_take_is_dropped(void **state)
{
    static const struct row one[] = {
        {ASK("\"temperature\":1,\"top_p\":0.5"), HI ",\"generationConfig\":{\"temperature\":1}}",
         "top_p"},
        {ASK("\"top_p\":0.5"), HI ",\"generationConfig\":{\"topP\":0.5}}", NULL},
    };
    static const struct row none[] = {
        {ASK("\"temperature\":1,\"top_p\":0.5"), HI "}", "temperature, top_p"},
    };
    struct codec_target target = target_of();

    target.traits.sampling = SAMPLING_ONE;
    CHECK(PROTOCOL_OPENAI, &target, one);
    target.traits.sampling = SAMPLING_NONE;
    CHECK(PROTOCOL_OPENAI, &target, none);
}

#define THINK(...)   HI ",\"generationConfig\":{\"thinkingConfig\":{" __VA_ARGS__ "}}}"
#define EFFORT(word) ASK("\"reasoning_effort\":\"" word "\"")

static void effort_is_a_level(void **state)
{
    static const struct row rows[] = {
        {EFFORT("none"), THINK("\"thinkingLevel\":\"LOW\",\"includeThoughts\":false"), NULL},
        {EFFORT("minimal"), THINK("\"thinkingLevel\":\"LOW\""), NULL},
        {EFFORT("low"), THINK("\"thinkingLevel\":\"LOW\""), NULL},
        {EFFORT("medium"), THINK("\"thinkingLevel\":\"MEDIUM\""), NULL},
        {EFFORT("high"), THINK("\"thinkingLevel\":\"HIGH\""), NULL},
        {EFFORT("max"), THINK("\"thinkingLevel\":\"HIGH\""), NULL},
    };
    struct codec_target target = target_of();

    CHECK(PROTOCOL_OPENAI, &target, rows);
}

static void effort_is_a_budget(void **state)
{
    static const struct row rows[] = {
        {EFFORT("none"), THINK("\"thinkingBudget\":0,\"includeThoughts\":false"), NULL},
        {EFFORT("minimal"), THINK("\"thinkingBudget\":512"), NULL},
        {EFFORT("low"), THINK("\"thinkingBudget\":1024"), NULL},
        {EFFORT("medium"), THINK("\"thinkingBudget\":8192"), NULL},
        {EFFORT("high"), THINK("\"thinkingBudget\":24576"), NULL},
        {EFFORT("xhigh"), THINK("\"thinkingBudget\":24576"), NULL},
    };
    struct codec_target target = target_of();

    target.traits.thinking = THINKING_BUDGET;
    CHECK(PROTOCOL_OPENAI, &target, rows);
}

static void a_model_that_does_not_think_is_not_asked_to(void **state)
{
    static const struct row rows[] = {
        {EFFORT("high"), HI "}", "reasoning_effort"},
        {EFFORT("none"), HI "}", NULL},
    };
    struct codec_target target = target_of();

    target.traits.thinking = THINKING_NONE;
    CHECK(PROTOCOL_OPENAI, &target, rows);
}

static void what_the_provider_cannot_do_is_refused_by_name(void **state)
{
    static const struct {
        const char *body;
        const char *param;
    } rows[] = {
        {ASK("\"stop\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\"]"), "stop"},
        {"{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"A\"}]}", "messages"},
        {SAY("{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":"
             "\"https://a/b.png\"}}]}"),
         "messages"},
        {ASK("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\","
             "\"schema\":{\"type\":\"object\"}}}"),
         "response_format"},
    };
    struct codec_target target = target_of();

    target.traits.image_urls = false;
    target.traits.structured_output = STRUCTURED_NONE;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct translated_request done = translate_request(*state, PROTOCOL_OPENAI, PROTOCOL_GEMINI,
                                                           &target, span_of(rows[i].body));

        assert_int_equal(done.err, ERR_UNTRANSLATABLE);
        assert_text(text_span(&done.notes->param), span_of(rows[i].param));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_system_messages_are_the_instruction),
        cmocka_unit_test(turns_alternate_between_user_and_model),
        cmocka_unit_test(media_are_inline_or_named),
        cmocka_unit_test(functions_are_one_tool),
        cmocka_unit_test(older_models_get_the_subset_of_schemas),
        cmocka_unit_test(a_choice_is_a_mode),
        cmocka_unit_test(a_result_knows_its_function_and_is_an_object),
        cmocka_unit_test(a_call_carries_its_signature_or_the_placeholder),
        cmocka_unit_test(results_of_anthropics_clients_say_that_they_failed),
        cmocka_unit_test(ids_go_to_models_that_know_them),
        cmocka_unit_test(a_config_says_what_was_wished),
        cmocka_unit_test(sampling_that_the_model_does_not_take_is_dropped),
        cmocka_unit_test(effort_is_a_level),
        cmocka_unit_test(effort_is_a_budget),
        cmocka_unit_test(a_model_that_does_not_think_is_not_asked_to),
        cmocka_unit_test(what_the_provider_cannot_do_is_refused_by_name),
    };

    return cmocka_run_group_tests(tests, open_translations, close_translations);
}
