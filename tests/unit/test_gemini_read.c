/* Requests of Gemini clients in hub form. */
#include "lib/base/err.h"
#include "lib/protocol/codec.h"
#include "tests/unit/hub_dump.h"
#include "tests/unit/region_fixture.h"

#include <stdio.h>

enum { OUT_BYTES = 16 * 1024 };

/* A request as its client wrote it, and what came of it. */
struct reading {
    struct hub_request request;
    struct hub_notes notes;
    int err;
};

static void read_request(struct region *region, const char *body, bool strict, struct reading *out)
{
    region_reset(region);
    out->request = (struct hub_request){0};
    hub_notes_init(&out->notes, strict);
    out->notes.client = PROTOCOL_GEMINI;
    out->err = codec_gemini.read_request(region, read_json(region, span_of(body)), &out->request,
                                         &out->notes);
}

static void check(const char *body, struct span got, const char *expected)
{
    if (!span_equal(got, span_of(expected)))
        fail_msg("%s\nreads   %.*s\nand not %s", body, SPAN_FMT(got), expected);
}

struct row {
    const char *body;
    const char *expected;
    const char *dropped; /* NULL: nothing */
};

/* What the rows are about that have no conversation of their own. */
static struct span without_greeting(struct span dump)
{
    static const char greeting[] = "user{\"hi\"}";

    if (!span_starts_with(dump, span_of(greeting)))
        return dump;
    dump = span_skip(dump, sizeof(greeting) - 1);
    return span_starts_with(dump, SPAN(" ")) ? span_skip(dump, 1) : dump;
}

static void check_reading(struct region *region, const struct row *row)
{
    static char memory[OUT_BYTES];
    static struct reading reading;
    struct text out = text_over(memory, sizeof(memory));

    read_request(region, row->body, false, &reading);
    if (reading.err != 0)
        fail_msg("%s: %s at %.*s", row->body, err_name(reading.err),
                 SPAN_FMT(text_span(&reading.notes.param)));
    hub_dump_request(&reading.request, &out);
    assert_int_equal(out.err, 0);
    check(row->body, without_greeting(text_span(&out)), row->expected);
    check(row->body, text_span(&reading.notes.dropped), row->dropped == NULL ? "" : row->dropped);
}

static void check_readings(struct region *region, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_reading(region, &rows[i]);
}

#define CHECK(rows) check_readings(*state, rows, sizeof(rows) / sizeof((rows)[0]))

#define CONTENTS(...) "{\"contents\":[" __VA_ARGS__ "]}"
#define USER(...)     "{\"role\":\"user\",\"parts\":[" __VA_ARGS__ "]}"
#define MODEL(...)    "{\"role\":\"model\",\"parts\":[" __VA_ARGS__ "]}"
#define HI            "\"contents\":[{\"parts\":[{\"text\":\"hi\"}]}]"
#define WITH(...)     "{" HI "," __VA_ARGS__ "}"
#define CONFIG(...)   WITH("\"generationConfig\":{" __VA_ARGS__ "}")

static void contents_are_messages(void **state)
{
    static const struct row rows[] = {
        {CONTENTS("{\"parts\":[{\"text\":\"a \\\"b\\\" \\u00e9\"}]}"),
         "user{\"a \\\"b\\\" \\u00e9\"}", NULL},
        {CONTENTS(USER("{\"text\":\"a\"},{\"text\":\"b\"}") "," MODEL("{\"text\":\"c\"}")),
         "user{\"a\" | \"b\"} assistant{\"c\"}", NULL},
        {CONTENTS("{\"role\":\"function\",\"parts\":[{\"text\":\"x\"}]}"), "user{\"x\"}", NULL},
        {CONTENTS("{\"role\":\"user\",\"parts\":null},{\"role\":null}"), "user{} user{}", NULL},
    };

    CHECK(rows);
}

static void a_system_instruction_stands_first(void **state)
{
    static const struct row rows[] = {
        {"{" HI ",\"systemInstruction\":{\"parts\":[{\"text\":\"A\"},{\"text\":\"B\"}]}}",
         "system{\"A\" | \"B\"} user{\"hi\"}", NULL},
        {"{" HI ",\"system_instruction\":\"A\"}", "system{\"A\"} user{\"hi\"}", NULL},
        {"{" HI ",\"systemInstruction\":{\"role\":\"user\",\"parts\":[{\"text\":\"A\"}]}}",
         "system{\"A\"} user{\"hi\"}", NULL},
    };

    CHECK(rows);
}

static void media_are_blocks_of_their_type(void **state)
{
    static const struct row rows[] = {
        {CONTENTS(USER("{\"inlineData\":{\"mimeType\":\"image/PNG\",\"data\":\"AAA=\"}}")),
         "user{image(base64 image/png AAA=)}", NULL},
        {CONTENTS(USER("{\"inline_data\":{\"mime_type\":\"image/jpg\",\"data\":\"-_8\"}}")),
         "user{image(base64 image/jpeg +/8=)}", NULL},
        {CONTENTS(USER("{\"inlineData\":{\"mimeType\":\"application/pdf\",\"data\":\"AAAA\","
                       "\"displayName\":\"a.pdf\"}}")),
         "user{file(base64 application/pdf AAAA a.pdf)}", NULL},
        {CONTENTS(USER("{\"inlineData\":{\"mimeType\":\"audio/wav\",\"data\":\"AAAA\"}},"
                       "{\"inlineData\":{\"mimeType\":\"video/mp4\",\"data\":\"AAAA\"},"
                       "\"videoMetadata\":{\"fps\":1}}")),
         "user{audio(base64 audio/wav AAAA) | video(base64 video/mp4 AAAA)}",
         "contents[0].parts[1].videoMetadata"},
        {CONTENTS(USER("{\"fileData\":{\"mimeType\":\"image/png\",\"fileUri\":\"https://a/b\"}}")),
         "user{image(url image/png https://a/b)}", NULL},
        {CONTENTS(USER("{\"file_data\":{\"file_uri\":\"https://a/b\"}}")),
         "user{file(url  https://a/b)}", NULL},
    };

    CHECK(rows);
}

static void thoughts_are_reasoning_with_its_signer(void **state)
{
    static const struct row rows[] = {
        {CONTENTS(MODEL("{\"text\":\"hm\",\"thought\":true}")), "assistant{reasoning(\"hm\")}",
         NULL},
        {CONTENTS(MODEL("{\"text\":\"hm\",\"thought\":true,\"thoughtSignature\":\"abc=\"}")),
         "assistant{reasoning(\"hm\" gemini:abc=)}", NULL},
        {CONTENTS(MODEL("{\"text\":\"a\",\"thought_signature\":\"abc=\"}")),
         "assistant{\"a\" | reasoning(\"\" gemini:abc=)}", NULL},
        {CONTENTS(MODEL("{\"text\":\"\",\"thoughtSignature\":\"abc=\"}")),
         "assistant{reasoning(\"\" gemini:abc=)}", NULL},
        {CONTENTS(MODEL("{\"thoughtSignature\":\"abc=\"}")),
         "assistant{reasoning(\"\" gemini:abc=)}", NULL},
        {CONTENTS(
             MODEL("{\"text\":\"hm\",\"thought\":true,\"thoughtSignature\":\"weirAnt1xyz=\"}")),
         "assistant{reasoning(\"hm\" anthropic:xyz=)}", NULL},
        {CONTENTS(MODEL("{\"text\":\"\",\"thought\":true,\"thoughtSignature\":\"weirRed1xyz=\"}")),
         "assistant{redacted reasoning(\"xyz=\" anthropic:)}", NULL},
    };

    CHECK(rows);
}

#define CALL(...)     "{\"functionCall\":{" __VA_ARGS__ "}}"
#define RESPONSE(...) "{\"functionResponse\":{" __VA_ARGS__ "}}"
#define NAMED(name)   "\"name\":\"" name "\""

static void responses_find_their_calls(void **state)
{
    static const struct row rows[] = {
        {CONTENTS(MODEL(CALL("\"id\":\"i\",\"name\":\"f\",\"args\":{\"a\": 1.50}")) "," USER(
             RESPONSE("\"id\":\"i\",\"name\":\"f\",\"response\":{\"output\":\"22C\"}"))),
         "assistant{call(i f {\"a\": 1.50})} user{result(i f: \"22C\")}", NULL},
        {CONTENTS(MODEL(CALL(NAMED("f")) "," CALL(NAMED("g")) "," CALL(NAMED("f"))) "," USER(
             RESPONSE(NAMED("g")) "," RESPONSE(NAMED("f")) "," RESPONSE(NAMED("f")))),
         "assistant{call(function_call_0 f {}) | call(function_call_1 g {}) | "
         "call(function_call_2 f {})} user{result(function_call_1 g: ) | "
         "result(function_call_0 f: ) | result(function_call_2 f: )}",
         NULL},
        {CONTENTS(MODEL(CALL("\"id\":\"i\"," NAMED("f"))) "," USER(RESPONSE(NAMED("f"))) "," MODEL(
             CALL(NAMED("f"))) "," USER(RESPONSE("\"id\":\"other\"," NAMED("f")))),
         "assistant{call(i f {})} user{result(i f: )} assistant{call(function_call_1 f {})} "
         "user{result(function_call_1 f: )}",
         NULL},
        {CONTENTS(USER(RESPONSE("\"name\":\"f\""))), "user{result(f f: )}", NULL},
    };

    CHECK(rows);
}

static void a_response_is_its_output_or_error_or_all_of_it(void **state)
{
    static const struct row rows[] = {
        {CONTENTS(USER(RESPONSE("\"name\":\"f\",\"response\":{\"error\":\"bad\"}"))),
         "user{result(f f error: \"bad\")}", NULL},
        {CONTENTS(USER(RESPONSE("\"name\":\"f\",\"response\":{\"output\":{\"t\":22}}"))),
         "user{result(f f: \"{\\\"t\\\":22}\")}", NULL},
        {CONTENTS(USER(RESPONSE("\"name\":\"f\",\"response\":{\"t\":22,\"error\":1}"))),
         "user{result(f f: \"{\\\"t\\\":22,\\\"error\\\":1}\")}", NULL},
        {CONTENTS(USER(RESPONSE("\"name\":\"f\",\"response\":{}"))), "user{result(f f: \"{}\")}",
         NULL},
        {CONTENTS(USER(RESPONSE("\"name\":\"f\",\"willContinue\":false,\"response\":{\"output\":"
                                "\"x\"},\"parts\":[{\"inlineData\":{\"mimeType\":\"image/png\","
                                "\"data\":\"AAAA\"}}]"))),
         "user{result(f f: \"x\" | image(base64 image/png AAAA))}",
         "contents[0].parts[0].functionResponse.willContinue"},
    };

    CHECK(rows);
}

static void calls_keep_their_signatures(void **state)
{
    static const struct row rows[] = {
        {CONTENTS(MODEL("{\"functionCall\":{\"name\":\"f\"},\"thoughtSignature\":\"s\"}")),
         "assistant{call(function_call_0 f {} gemini:s)}", NULL},
    };

    CHECK(rows);
}

static void functions_are_tools(void **state)
{
    static const struct row rows[] = {
        {WITH("\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\",\"description\":\"d\","
              "\"parametersJsonSchema\":{\"type\":\"object\"}},{\"name\":\"g\"}]}]"),
         "tool(f description=d schema={\"type\":\"object\"}) tool(g)", NULL},
        /* Vector 46. */
        {WITH("\"tools\":[{\"function_declarations\":[{\"name\":\"f\",\"parameters\":{\"type\":"
              "\"OBJECT\",\"properties\":{\"q\":{\"type\":\"STRING\"}}}}]}]"),
         "tool(f schema={\"type\":\"object\",\"properties\":{\"q\":{\"type\":\"string\"}}})", NULL},
        {WITH("\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\",\"behavior\":\"X\"}]}]"),
         "tool(f)", "tools[0].functionDeclarations[0].behavior"},
        {WITH("\"tools\":[]"), "", NULL},
    };

    CHECK(rows);
}

#define CHOICE(...) WITH("\"toolConfig\":{\"functionCallingConfig\":{" __VA_ARGS__ "}}")

static void a_mode_is_a_choice(void **state)
{
    static const struct row rows[] = {
        {CHOICE("\"mode\":\"AUTO\""), "choice=auto", NULL},
        {CHOICE("\"mode\":\"any\""), "choice=required", NULL},
        {CHOICE("\"mode\":\"NONE\""), "choice=none", NULL},
        {CHOICE("\"mode\":\"VALIDATED\""), "choice=auto", NULL},
        {CHOICE("\"mode\":\"MODE_UNSPECIFIED\""), "", NULL},
        {CHOICE("\"allowedFunctionNames\":[\"f\"],\"mode\":\"ANY\""), "choice=named choice_name=f",
         NULL},
        {CHOICE("\"mode\":\"ANY\",\"allowed_function_names\":[\"f\",\"g\"]"),
         "choice=required allowed=f allowed=g", NULL},
        {WITH("\"tool_config\":{\"function_calling_config\":{\"mode\":\"NONE\"},"
              "\"retrievalConfig\":{}}"),
         "choice=none", "toolConfig.retrievalConfig"},
    };

    CHECK(rows);
}

static void a_generation_config_is_wishes(void **state)
{
    static const struct row rows[] = {
        {CONFIG("\"temperature\":0.70,\"topP\":1e-1,\"top_k\":40.0,\"maxOutputTokens\":100,"
                "\"stopSequences\":[\"a\",\"\\n\"],\"presencePenalty\":0.1,"
                "\"frequency_penalty\":-1,\"seed\":12345678901234567890,\"candidateCount\":1"),
         "max=100 temperature=0.70 top_p=1e-1 top_k=40.0 frequency=-1 presence=0.1 "
         "seed=12345678901234567890 stop=a stop=\\n",
         NULL},
        {CONFIG("\"responseMimeType\":\"application/json\""), "format=json", NULL},
        {CONFIG("\"responseMimeType\":\"text/plain\""), "", NULL},
        {CONFIG("\"responseSchema\":{\"type\":\"STRING\"},\"responseMimeType\":"
                "\"application/json\""),
         "format=schema format_schema={\"type\":\"string\"}", NULL},
        {CONFIG("\"response_json_schema\":{\"type\":\"STRING\"}"),
         "format=schema format_schema={\"type\":\"STRING\"}", NULL},
        {CONFIG("\"responseModalities\":[\"TEXT\"],\"responseLogprobs\":false"), "", NULL},
        {CONFIG("\"mediaResolution\":\"X\",\"speechConfig\":{},\"logprobs\":1,\"topP\":null"), "",
         "generationConfig.mediaResolution, generationConfig.speechConfig, "
         "generationConfig.logprobs"},
    };

    CHECK(rows);
}

static void a_thinking_config_is_reasoning(void **state)
{
    static const struct row rows[] = {
        {CONFIG("\"thinkingConfig\":{\"includeThoughts\":true}"), "shown=yes", NULL},
        {CONFIG("\"thinkingConfig\":{\"includeThoughts\":false,\"thinkingBudget\":0}"),
         "effort=none shown=no", NULL},
        {CONFIG("\"thinkingConfig\":{\"thinkingBudget\":-1}"), "adaptive=1", NULL},
        {CONFIG("\"thinkingConfig\":{\"thinkingBudget\":1024}"), "effort=low budget=1024", NULL},
        {CONFIG("\"thinking_config\":{\"thinking_level\":\"high\"}"), "effort=high", NULL},
        {CONFIG("\"thinkingConfig\":{\"thinkingLevel\":\"MINIMAL\",\"x\":1}"), "effort=minimal",
         "generationConfig.thinkingConfig.x"},
    };

    CHECK(rows);
}

static void other_fields_are_dropped_by_name(void **state)
{
    static const struct row rows[] = {
        {WITH("\"safetySettings\":[],\"labels\":{\"a\":\"b\"},\"store\":false,\"foo\":1,"
              "\"model\":\"models/x\""),
         "", "safetySettings, labels, store, foo"},
        {WITH("\"serviceTier\":\"priority\""), "tier=priority", NULL},
        {WITH("\"service_tier\":\"STANDARD\""), "tier=default", NULL},
        {WITH("\"serviceTier\":\"batch\""), "", "serviceTier"},
    };

    CHECK(rows);
}

struct refusal {
    const char *body;
    const char *param;
    int err;
};

static const struct refusal refusals[] = {
    {"{}", "contents", ERR_INVALID},
    {"{\"contents\":[]}", "contents", ERR_INVALID},
    {"{\"contents\":\"hi\"}", "contents", ERR_INVALID},
    {"{\"systemInstruction\":\"A\"}", "contents", ERR_INVALID},
    {CONTENTS("\"hi\""), "contents[0]", ERR_INVALID},
    {CONTENTS("{\"parts\":{\"text\":\"hi\"}}"), "contents[0].parts", ERR_INVALID},
    {CONTENTS("{\"role\":\"system\",\"parts\":[]}"), "contents[0].role", ERR_INVALID},
    {CONTENTS("{\"foo\":1}"), "contents[0].foo", ERR_UNTRANSLATABLE},
    {CONTENTS(USER("{}")), "contents[0].parts[0]", ERR_INVALID},
    {CONTENTS(USER("{\"text\":1}")), "contents[0].parts[0].text", ERR_INVALID},
    {CONTENTS(USER("{\"text\":\"a\",\"inlineData\":{}}")), "contents[0].parts[0].inlineData",
     ERR_INVALID},
    {CONTENTS(USER("{\"text\":\"a\"},{\"executableCode\":{}}")),
     "contents[0].parts[1].executableCode", ERR_UNTRANSLATABLE},
    {CONTENTS(USER("{\"codeExecutionResult\":{}}")), "contents[0].parts[0].codeExecutionResult",
     ERR_UNTRANSLATABLE},
    {CONTENTS(USER("{\"inlineData\":{\"data\":\"AAAA\"}}")),
     "contents[0].parts[0].inlineData.mimeType", ERR_INVALID},
    {CONTENTS(USER("{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"!\"}}")),
     "contents[0].parts[0].inlineData.data", ERR_INVALID},
    {CONTENTS(USER("{\"fileData\":{\"fileUri\":\"gs:\\/\\/b/o\"}}")),
     "contents[0].parts[0].fileData.fileUri", ERR_UNTRANSLATABLE},
    {CONTENTS(USER("{\"fileData\":{\"fileUri\":"
                   "\"https://generativelanguage.googleapis.com/v1beta/files/x\"}}")),
     "contents[0].parts[0].fileData.fileUri", ERR_UNTRANSLATABLE},
    {CONTENTS(USER(CALL("\"name\":\"f\""))), "contents[0].parts[0].functionCall", ERR_INVALID},
    {CONTENTS(MODEL(CALL("\"args\":{}"))), "contents[0].parts[0].functionCall.name", ERR_INVALID},
    {CONTENTS(MODEL(CALL("\"name\":\"f\",\"args\":\"{}\""))),
     "contents[0].parts[0].functionCall.args", ERR_INVALID},
    {CONTENTS(MODEL(RESPONSE("\"name\":\"f\""))), "contents[0].parts[0].functionResponse",
     ERR_INVALID},
    {CONTENTS(USER(RESPONSE("\"name\":\"f\",\"response\":\"x\""))),
     "contents[0].parts[0].functionResponse.response", ERR_INVALID},
    {CONTENTS(USER(RESPONSE("\"name\":\"f\",\"parts\":[{\"text\":\"x\"}]"))),
     "contents[0].parts[0].functionResponse.parts[0]", ERR_UNTRANSLATABLE},
    {"{" HI ",\"systemInstruction\":{\"parts\":[{\"inlineData\":{\"mimeType\":\"image/png\","
     "\"data\":\"AAAA\"}}]}}",
     "systemInstruction.parts", ERR_UNTRANSLATABLE},
    {WITH("\"cachedContent\":\"cachedContents/x\""), "cachedContent", ERR_UNTRANSLATABLE},
    {WITH("\"store\":true"), "store", ERR_UNTRANSLATABLE},
    {WITH("\"tools\":[{\"googleSearch\":{}}]"), "tools[0].googleSearch", ERR_UNTRANSLATABLE},
    {WITH("\"tools\":[{\"functionDeclarations\":[]},{\"code_execution\":{}}]"),
     "tools[1].code_execution", ERR_UNTRANSLATABLE},
    {WITH("\"tools\":{}"), "tools", ERR_INVALID},
    {WITH("\"tools\":[{\"functionDeclarations\":[{}]}]"), "tools[0].functionDeclarations[0].name",
     ERR_INVALID},
    {CHOICE("\"mode\":\"SOME\""), "toolConfig.functionCallingConfig.mode", ERR_INVALID},
    {CONFIG("\"candidateCount\":2"), "generationConfig.candidateCount", ERR_UNTRANSLATABLE},
    {CONFIG("\"maxOutputTokens\":0"), "generationConfig.maxOutputTokens", ERR_INVALID},
    {CONFIG("\"temperature\":\"1\""), "generationConfig.temperature", ERR_INVALID},
    {CONFIG("\"stopSequences\":\"a\""), "generationConfig.stopSequences", ERR_INVALID},
    {CONFIG("\"stopSequences\":[1]"), "generationConfig.stopSequences", ERR_INVALID},
    {CONFIG("\"responseMimeType\":\"text/x.enum\""), "generationConfig.responseMimeType",
     ERR_UNTRANSLATABLE},
    {CONFIG("\"responseModalities\":[\"TEXT\",\"AUDIO\"]"), "generationConfig.responseModalities",
     ERR_UNTRANSLATABLE},
    {CONFIG("\"responseLogprobs\":true"), "generationConfig.responseLogprobs", ERR_UNTRANSLATABLE},
    {CONFIG("\"thinkingConfig\":{\"thinkingLevel\":\"huge\"}"),
     "generationConfig.thinkingConfig.thinkingLevel", ERR_INVALID},
};

static void what_cannot_be_said_elsewhere_is_refused_by_its_path(void **state)
{
    static struct reading reading;

    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        const struct refusal *row = &refusals[i];

        read_request(*state, row->body, false, &reading);
        if (reading.err != row->err)
            fail_msg("%s: %s and not %s", row->body, err_name(reading.err), err_name(row->err));
        check(row->body, text_span(&reading.notes.param), row->param);
    }
}

static void a_strict_request_drops_nothing(void **state)
{
    static struct reading reading;

    read_request(*state, WITH("\"labels\":{}"), true, &reading);
    assert_int_equal(reading.err, ERR_UNTRANSLATABLE);
    check("strict", text_span(&reading.notes.param), "labels");
}

static void a_full_region_is_out_of_memory(void **state)
{
    static const char body[] =
        "{\"contents\":[{\"role\":\"model\",\"parts\":[{\"text\":\"a\",\"thoughtSignature\":\"s\"},"
        "{\"functionCall\":{\"name\":\"f\"}}]},{\"parts\":[{\"functionResponse\":{\"name\":\"f\","
        "\"response\":{\"output\":[1,\"x\"]}}},{\"inlineData\":{\"mimeType\":\"image/PNG\","
        "\"data\":\"-_8\"}}]}]}";
    static struct reading reading;
    const struct json_node *root;
    struct region *whole = *state;
    size_t needed;

    read_request(whole, body, false, &reading);
    assert_int_equal(reading.err, 0);
    needed = whole->used;
    region_reset(whole);
    root = read_json(whole, span_of(body));
    for (size_t bytes = whole->used; bytes < needed; bytes++) {
        struct region small = *whole;

        small.bytes_max = bytes;
        reading.request = (struct hub_request){0};
        hub_notes_init(&reading.notes, false);
        assert_int_equal(codec_gemini.read_request(&small, root, &reading.request, &reading.notes),
                         ERR_NO_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contents_are_messages),
        cmocka_unit_test(a_system_instruction_stands_first),
        cmocka_unit_test(media_are_blocks_of_their_type),
        cmocka_unit_test(thoughts_are_reasoning_with_its_signer),
        cmocka_unit_test(responses_find_their_calls),
        cmocka_unit_test(a_response_is_its_output_or_error_or_all_of_it),
        cmocka_unit_test(calls_keep_their_signatures),
        cmocka_unit_test(functions_are_tools),
        cmocka_unit_test(a_mode_is_a_choice),
        cmocka_unit_test(a_generation_config_is_wishes),
        cmocka_unit_test(a_thinking_config_is_reasoning),
        cmocka_unit_test(other_fields_are_dropped_by_name),
        cmocka_unit_test(what_cannot_be_said_elsewhere_is_refused_by_its_path),
        cmocka_unit_test(a_strict_request_drops_nothing),
        cmocka_unit_test(a_full_region_is_out_of_memory),
    };

    return cmocka_run_group_tests(tests, open_region, close_region);
}
