/* Requests as OpenAI and those who speak its protocol take them. */
#include "lib/base/err.h"
#include "lib/protocol/codec.h"
#include "lib/protocol/hub_fields.h"
#include "tests/unit/region_fixture.h"

#include <stdio.h>

enum { BODY_BYTES = 8192 };

static const struct codec_target openai = {
    .traits = {.thinking = THINKING_EFFORT,
               .developer_role = true,
               .part_arrays = true,
               .image_urls = true,
               .parallel_tools = true},
    .provider = PROVIDER_OPENAI,
    .upstream_model = {"gpt", 3},
};
static const struct codec_target openrouter = {
    .traits = {.thinking = THINKING_EFFORT,
               .token_parameter = TOKENS_MAX_TOKENS,
               .top_k = true,
               .part_arrays = true,
               .image_urls = true,
               .parallel_tools = true},
    .provider = PROVIDER_OPENROUTER,
    .upstream_model = {"gpt", 3},
};
static const struct codec_target compatible = {
    .traits = {.token_parameter = TOKENS_MAX_TOKENS, .structured_output = STRUCTURED_NONE},
    .provider = PROVIDER_OPENAI_COMPATIBLE,
    .upstream_model = {"gpt", 3},
};

/* The request of an OpenAI client, normalised, as the target gets it. */
static int translate(struct region *memory, const char *json, const struct codec_target *target,
                     struct hub_notes *notes, struct text *out)
{
    struct hub_request request;
    struct normalise_rules rules;

    hub_notes_init(notes, false);
    notes->client = PROTOCOL_OPENAI;
    if (codec_openai.read_request(memory, read_json(memory, span_of(json)), &request, notes) != 0)
        return notes->err;
    rules = codec_openai.shape(&request, target);
    if (normalise_request(memory, &request, &rules, notes) != 0)
        return notes->err;
    return codec_openai.write_request(memory, &request, target, notes, out);
}

struct row {
    const char *name;
    const struct codec_target *target;
    const char *json;
    const char *body; /* behind `{"model":"gpt",`, without the last brace */
    const char *dropped;
};

static void assert_body(const char *name, struct span got, const char *body)
{
    char wanted[BODY_BYTES];
    struct text text = text_over(wanted, sizeof(wanted));

    text_add(&text, SPAN("{\"model\":\"gpt\","));
    text_add(&text, span_of(body));
    text_add_char(&text, '}');
    if (!span_equal(got, text_span(&text)))
        fail_msg("%s:\n%.*s\nis not\n%.*s", name, SPAN_FMT(got), SPAN_FMT(text_span(&text)));
}

static void assert_rows(struct region *memory, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char body[BODY_BYTES];
        struct text out = text_over(body, sizeof(body));
        struct hub_notes notes;

        if (translate(memory, rows[i].json, rows[i].target, &notes, &out) != 0)
            fail_msg("%s: %s %.*s", rows[i].name, err_name(notes.err),
                     SPAN_FMT(text_span(&notes.param)));
        assert_body(rows[i].name, text_span(&out), rows[i].body);
        if (!span_equal(text_span(&notes.dropped), span_of(rows[i].dropped)))
            fail_msg("%s: dropped %.*s", rows[i].name, SPAN_FMT(text_span(&notes.dropped)));
        region_reset(memory);
    }
}

#define ASSERT_ROWS(memory, rows) assert_rows(memory, rows, sizeof(rows) / sizeof((rows)[0]))

#define HI             "{\"role\":\"user\",\"content\":\"hi\"}"
#define HIS            "\"messages\":[" HI "]"
#define WITH(members)  "{" HIS "," members "}"
#define SAID(messages) "{\"messages\":[" messages "]}"

static const struct row messages[] = {
    {"a developer", &openai, SAID("{\"role\":\"system\",\"content\":\"A\"}," HI),
     "\"messages\":[{\"role\":\"developer\",\"content\":\"A\"}," HI "]", ""},
    {"a system where no developer is known", &compatible,
     SAID("{\"role\":\"developer\",\"content\":\"A\"}," HI),
     "\"messages\":[{\"role\":\"system\",\"content\":\"A\"}," HI "]", ""},
    {"a system message in the middle", &openai,
     SAID(HI ",{\"role\":\"system\",\"content\":\"A\"}," HI),
     "\"messages\":[" HI ",{\"role\":\"developer\",\"content\":\"A\"}," HI "]", ""},
    {"several system messages as parts", &openai,
     SAID("{\"role\":\"system\",\"content\":\"A\"},{\"role\":\"system\",\"content\":\"B\"}," HI),
     "\"messages\":[{\"role\":\"developer\",\"content\":[{\"type\":\"text\",\"text\":\"A\"},"
     "{\"type\":\"text\",\"text\":\"B\"}]}," HI "]",
     ""},
    {"several system messages as lines", &compatible,
     SAID("{\"role\":\"system\",\"content\":\"A\"},{\"role\":\"system\",\"content\":\"B\"}," HI),
     "\"messages\":[{\"role\":\"system\",\"content\":\"A\\nB\"}," HI "]", ""},
    {"escapes are copied", &openai, SAID("{\"role\":\"user\",\"content\":\"\\u00e9\\n\\\"\\/\"}"),
     "\"messages\":[{\"role\":\"user\",\"content\":\"\\u00e9\\n\\\"\\/\"}]", ""},
    {"an image with its detail", &openai,
     SAID("{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
          "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/jpg;base64,AA AA\","
          "\"detail\":\"low\"}}]}"),
     "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
     "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/jpeg;base64,AAAA\","
     "\"detail\":\"low\"}}]}]",
     ""},
    {"an image's URL", &openai,
     SAID("{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":"
          "\"https://x.org/a\"}}]}"),
     "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{"
     "\"url\":\"https://x.org/a\"}}]}]",
     ""},
    {"files", &openai,
     SAID("{\"role\":\"user\",\"content\":["
          "{\"type\":\"file\",\"file\":{\"file_data\":\"JVBE\"}},"
          "{\"type\":\"file\",\"file\":{\"file_data\":\"data:text/csv;base64,AAAA\"}},"
          "{\"type\":\"file\",\"file\":{\"file_data\":\"data:application/pdf;base64,JVBE\","
          "\"filename\":\"a.pdf\"}},"
          "{\"type\":\"file\",\"file\":{\"file_data\":\"data:text/plain,abc\","
          "\"filename\":\"a.txt\"}}]}"),
     "\"messages\":[{\"role\":\"user\",\"content\":["
     "{\"type\":\"file\",\"file\":{\"file_data\":\"data:application/pdf;base64,JVBE\","
     "\"filename\":\"document.pdf\"}},"
     "{\"type\":\"file\",\"file\":{\"file_data\":\"data:text/csv;base64,AAAA\","
     "\"filename\":\"document.txt\"}},"
     "{\"type\":\"file\",\"file\":{\"file_data\":\"data:application/pdf;base64,JVBE\","
     "\"filename\":\"a.pdf\"}},"
     "{\"type\":\"text\",\"text\":\"a.txt\\n\\nabc\"}]}]",
     ""},
    {"audio", &openai,
     SAID("{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\",\"input_audio\":{"
          "\"data\":\"AAAA\",\"format\":\"MP3\"}}]}"),
     "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\","
     "\"input_audio\":{\"data\":\"AAAA\",\"format\":\"mp3\"}}]}]",
     ""},
    {"video", &openrouter,
     SAID("{\"role\":\"user\",\"content\":[{\"type\":\"video_url\",\"video_url\":{\"url\":"
          "\"https://x.org/a\"}}]}"),
     "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"video_url\",\"video_url\":{"
     "\"url\":\"https://x.org/a\"}}]}]",
     ""},
    {"a blank turn goes, its neighbours become one (vector 37)", &compatible,
     SAID(HI ",{\"role\":\"assistant\",\"content\":\"  \"}," HI),
     "\"messages\":[{\"role\":\"user\",\"content\":\"hi\\nhi\"}]", ""},
};

static void messages_are_written(void **state)
{
    ASSERT_ROWS(*state, messages);
}

#define CALL(id, arguments)               \
    "{\"type\":\"function\",\"id\":\"" id \
    "\",\"function\":{\"name\":\"f\",\"arguments\":\"" arguments "\"}}"
#define RESULT(id, content) \
    "{\"role\":\"tool\",\"tool_call_id\":\"" id "\",\"content\":" content "}"

static void turns_of_tools_are_written(void **state)
{
    static const struct row rows[] = {
        {"calls and results in the calls' order, content null (vectors 34 and 35)", &openai,
         SAID(
             HI
             ",{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[" CALL("A", "{\\\"x\\\":1}") "," CALL(
                 "B",
                 "") "]}," RESULT("B",
                                  "\"b\"") "," RESULT("A",
                                                      "\"old\"") "," RESULT("A",
                                                                            "\"a\"") ","
                                                                                     "{\"role\":\"user\",\"content\":\"thanks\"}"),
         "\"messages\":[" HI
         ",{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[" CALL("A", "{\\\"x\\\":1}") "," CALL(
             "B",
             "{}") "]}," RESULT("A",
                                "\"a\"") "," RESULT("B",
                                                    "\"b\"") ","
                                                             "{\"role\":\"user\",\"content\":\"thanks\"}]",
         ""},
        {"an image in a result comes behind all results (vector 53)", &openai,
         SAID("{\"role\":\"assistant\",\"content\":\"a\",\"tool_calls\":[" CALL("A", "{}") "," CALL("B", "{}") "]}," RESULT(
             "A",
             "[{\"type\":\"text\",\"text\":\"x\"},{\"type\":\"image_url\","
             "\"image_url\":{\"url\":\"data:image/png;base64,AAAA\"}}]") "," RESULT("B",
                                                                                    "[{\"type\":\"image_url\",\"image_url\":{\"url\":"
                                                                                    "\"data:image/png;base64,BBBB\"}}]") ","
                                                                                                                         "{\"role\":\"user\",\"content\":\"and?\"}"),
         "\"messages\":[{\"role\":\"assistant\",\"content\":\"a\",\"tool_calls\":[" CALL("A", "{}") "," CALL(
             "B",
             "{}") "]}," RESULT("A",
                                "\"x\"") "," RESULT("B",
                                                    "\"[attached below]\"") ","
                                                                            "{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":"
                                                                            "\"data:image/png;base64,AAAA\"}},{\"type\":\"image_url\",\"image_url\":{\"url\":"
                                                                            "\"data:image/png;base64,BBBB\"}},{\"type\":\"text\",\"text\":\"and?\"}]}]",
         ""},
        {"a result of several texts as parts, and an empty one", &openai,
         SAID("{\"role\":\"assistant\",\"tool_calls\":[" CALL("A", "{}") "," CALL("B", "{}") "]}," RESULT(
             "A",
             "[{\"type\":\"text\",\"text\":\"x\"},{\"type\":\"text\",\"text\":\"y\"}]") "," RESULT("B",
                                                                                                   "\"\"")),
         "\"messages\":[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[" CALL("A", "{}") "," CALL("B", "{}") "]}," RESULT(
             "A",
             "[{\"type\":\"text\",\"text\":\"x\"},{\"type\":\"text\",\"text\":\"y\"}]") "," RESULT("B",
                                                                                                   "\"\"") "]",
         ""},
        {"a result of several texts as lines", &compatible,
         SAID("{\"role\":\"assistant\",\"tool_calls\":[" CALL("A", "{}") "]}," RESULT(
             "A", "[{\"type\":\"text\",\"text\":\"x\"},{\"type\":\"text\",\"text\":\"y\"}]")),
         "\"messages\":[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[" CALL(
             "A", "{}") "]}," RESULT("A", "\"x\\ny\"") "]",
         ""},
        {"the legacy call and its result get an id", &openai,
         SAID("{\"role\":\"assistant\",\"function_call\":{\"name\":\"f\",\"arguments\":\"{}\"}},"
              "{\"role\":\"function\",\"name\":\"f\",\"content\":\"x\"}"),
         "\"messages\":[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[" CALL(
             "call_weir_0", "{}") "]}," RESULT("call_weir_0", "\"x\"") "]",
         ""},
    };

    ASSERT_ROWS(*state, rows);
}

#define THOUGHTS                                                                             \
    "{\"role\":\"assistant\",\"content\":\"a\",\"reasoning_details\":["                      \
    "{\"type\":\"reasoning.text\",\"text\":\"t\",\"signature\":\"s\",\"format\":"            \
    "\"anthropic-claude-v1\",\"index\":0},{\"type\":\"reasoning.encrypted\",\"data\":\"d\"," \
    "\"format\":\"anthropic-claude-v1\",\"index\":1}]}"
#define PLAIN_THOUGHT "{\"role\":\"assistant\",\"content\":\"a\",\"reasoning_content\":\"t\"}"
#define SIGNED_CALL                                                                            \
    SAID(                                                                                      \
        "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"A\",\"function\":{\"name\":\"f\"}," \
        "\"extra_content\":{\"google\":{\"thought_signature\":\"abc\"}}}]}," RESULT("A", "\"x\""))

static void reasoning_goes_back_to_whom_it_is_from(void **state)
{
    static const struct codec_target google = {
        .traits = {.signatures = true},
        .provider = PROVIDER_OPENAI_COMPATIBLE,
        .upstream_model = {"gpt", 3},
    };
    static const struct row rows[] = {
        {"OpenAI gets none", &openai, SAID(PLAIN_THOUGHT),
         "\"messages\":[{\"role\":\"assistant\",\"content\":\"a\"}]", ""},
        {"compatible servers get what is not signed", &compatible, SAID(PLAIN_THOUGHT),
         "\"messages\":[" PLAIN_THOUGHT "]", ""},
        {"and nothing that is", &compatible, SAID(THOUGHTS),
         "\"messages\":[{\"role\":\"assistant\",\"content\":\"a\"}]", ""},
        {"OpenRouter gets what Anthropic has signed", &openrouter, SAID(THOUGHTS),
         "\"messages\":[" THOUGHTS "]", ""},
        {"and what stood unsigned beside it, in its order", &openrouter,
         SAID("{\"role\":\"assistant\",\"content\":\"a\",\"thinking_blocks\":[{\"type\":"
              "\"thinking\",\"thinking\":\"t\",\"signature\":\"s\"},{\"type\":\"thinking\","
              "\"thinking\":\"u\"}]}"),
         "\"messages\":[{\"role\":\"assistant\",\"content\":\"a\",\"reasoning_details\":[{"
         "\"type\":\"reasoning.text\",\"text\":\"t\",\"signature\":\"s\",\"format\":"
         "\"anthropic-claude-v1\",\"index\":0},{\"type\":\"reasoning.text\",\"text\":\"u\","
         "\"index\":1}]}]",
         ""},
        {"Gemini's signatures go to Google", &google, SIGNED_CALL,
         "\"messages\":[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"type\":"
         "\"function\",\"id\":\"A\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"},"
         "\"extra_content\":{\"google\":{\"thought_signature\":\"abc\"}}}]}," RESULT("A",
                                                                                     "\"x\"") "]",
         ""},
        {"and to nobody else", &openai, SIGNED_CALL,
         "\"messages\":[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[" CALL(
             "A", "{}") "]}," RESULT("A", "\"x\"") "]",
         ""},
    };

    ASSERT_ROWS(*state, rows);
}

static void cache_points_go_to_who_takes_them(void **state)
{
    static const char json[] = SAID(
        "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\",\"cache_control\":{"
        "\"type\":\"ephemeral\"}},{\"type\":\"text\",\"text\":\"b\",\"cache_control\":{"
        "\"type\":\"ephemeral\",\"ttl\":\"1h\"}}]}");
    static const struct row rows[] = {
        {"OpenRouter", &openrouter, json,
         "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\","
         "\"cache_control\":{\"type\":\"ephemeral\"}},{\"type\":\"text\",\"text\":\"b\","
         "\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}}]}]",
         ""},
        {"a compatible server", &compatible, json,
         "\"messages\":[{\"role\":\"user\",\"content\":\"a\\nb\"}]", "prompt_cache_breakpoint"},
    };

    ASSERT_ROWS(*state, rows);
}

#define F_TOOL "{\"type\":\"function\",\"function\":{\"name\":\"f\"}}"
#define G_TOOL "{\"type\":\"function\",\"function\":{\"name\":\"g\"}}"
#define ALLOWED                                                                \
    "\"tool_choice\":{\"type\":\"allowed_tools\",\"allowed_tools\":{\"mode\":" \
    "\"required\",\"tools\":[" G_TOOL "]}}"

static void tools_are_written(void **state)
{
    static const struct row rows[] = {
        {"a tool, its schema as it is", &openai,
         WITH(
             "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\","
             "\"parameters\":{\"z\": 1.0, \"a\":[ ]},\"strict\":false}}]"),
         HIS
         ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\","
         "\"parameters\":{\"z\": 1.0, \"a\":[ ]},\"strict\":false}}]",
         ""},
        {"without tools nothing is said of them (vector 38)", &openai,
         WITH("\"tools\":[],\"tool_choice\":\"none\",\"parallel_tool_calls\":false"), HIS, ""},
        {"auto", &openai, WITH("\"tools\":[" F_TOOL "],\"tool_choice\":\"auto\""),
         HIS ",\"tools\":[" F_TOOL "],\"tool_choice\":\"auto\"", ""},
        {"required", &openai, WITH("\"tools\":[" F_TOOL "],\"tool_choice\":\"required\""),
         HIS ",\"tools\":[" F_TOOL "],\"tool_choice\":\"required\"", ""},
        {"none", &openai,
         WITH("\"tools\":[" F_TOOL "],\"tool_choice\":\"none\",\"parallel_tool_calls\":false"),
         HIS ",\"tools\":[" F_TOOL "],\"tool_choice\":\"none\",\"parallel_tool_calls\":false", ""},
        {"named", &openai, WITH("\"tools\":[" F_TOOL "],\"tool_choice\":" F_TOOL),
         HIS ",\"tools\":[" F_TOOL "],\"tool_choice\":" F_TOOL, ""},
        {"parallel only (vector 39)", &openai,
         WITH("\"tools\":[" F_TOOL "],\"parallel_tool_calls\":false"),
         HIS ",\"tools\":[" F_TOOL "],\"parallel_tool_calls\":false", ""},
        {"parallel where it is not known", &compatible,
         WITH("\"tools\":[" F_TOOL "],\"parallel_tool_calls\":false"),
         HIS ",\"tools\":[" F_TOOL "]", "parallel_tool_calls"},
        {"allowed tools are OpenAI's own", &openai,
         WITH("\"tools\":[" F_TOOL "," G_TOOL "]," ALLOWED),
         HIS ",\"tools\":[" F_TOOL "," G_TOOL "]," ALLOWED, ""},
        {"and for others the only ones", &compatible,
         WITH("\"tools\":[" F_TOOL "," G_TOOL "]," ALLOWED),
         HIS ",\"tools\":[" G_TOOL "],\"tool_choice\":\"required\"", ""},
        {"a tool's cache point", &openai,
         WITH("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"},"
              "\"cache_control\":{}}]"),
         HIS ",\"tools\":[" F_TOOL "]", "prompt_cache_breakpoint"},
    };

    ASSERT_ROWS(*state, rows);
}

static void parameters_are_written(void **state)
{
    static const struct codec_target one = {.traits = {.sampling = SAMPLING_ONE},
                                            .upstream_model = {"gpt", 3}};
    static const struct codec_target none = {.traits = {.sampling = SAMPLING_NONE, .top_k = true},
                                             .upstream_model = {"gpt", 3}};
    static const char sampling[] = WITH("\"temperature\":0.20,\"top_p\":0.9,\"top_k\":40");
    static const struct row rows[] = {
        {"the ceiling", &openai, WITH("\"max_tokens\":7"), HIS ",\"max_completion_tokens\":7", ""},
        {"the ceiling by its old name", &compatible, WITH("\"max_completion_tokens\":7"),
         HIS ",\"max_tokens\":7", ""},
        {"sampling", &openrouter, sampling, HIS ",\"temperature\":0.20,\"top_p\":0.9,\"top_k\":40",
         ""},
        {"sampling without top_k", &openai, sampling, HIS ",\"temperature\":0.20,\"top_p\":0.9",
         "top_k"},
        {"sampling by one of two", &one, sampling, HIS ",\"temperature\":0.20", "top_p, top_k"},
        {"no sampling", &none, sampling, HIS, "temperature, top_p, top_k"},
        {"penalties and seed", &openai,
         WITH("\"frequency_penalty\":0.5,\"presence_penalty\":-1,\"seed\":7"),
         HIS ",\"frequency_penalty\":0.5,\"presence_penalty\":-1,\"seed\":7", ""},
        {"stops", &openai, WITH("\"stop\":\"a\\n\""), HIS ",\"stop\":[\"a\\n\"]", ""},
        {"a user and a tier", &openai, WITH("\"user\":\"u\",\"service_tier\":\"flex\""),
         HIS ",\"service_tier\":\"flex\",\"user\":\"u\"", ""},
        {"a tier where there are none", &compatible, WITH("\"service_tier\":\"flex\""), HIS,
         "service_tier"},
        {"the tier that is assumed anyway", &compatible, WITH("\"service_tier\":\"auto\""), HIS,
         ""},
        {"a stream always with usage", &openai, WITH("\"stream\":true"),
         HIS ",\"stream\":true,\"stream_options\":{\"include_usage\":true}", ""},
    };

    ASSERT_ROWS(*state, rows);
}

static void reasoning_is_asked_for_in_the_providers_words(void **state)
{
    static const struct row rows[] = {
        {"effort", &openai, WITH("\"reasoning_effort\":\"xhigh\""),
         HIS ",\"reasoning_effort\":\"xhigh\"", ""},
        {"a budget", &openai, WITH("\"reasoning\":{\"max_tokens\":9000}"),
         HIS ",\"reasoning_effort\":\"high\"", ""},
        {"none has no word that all models take", &openai, WITH("\"reasoning_effort\":\"none\""),
         HIS, "reasoning_effort"},
        {"where there is no reasoning, none is no loss", &compatible,
         WITH("\"reasoning_effort\":\"none\""), HIS, ""},
        {"and some is", &compatible, WITH("\"reasoning_effort\":\"low\""), HIS, "reasoning_effort"},
        {"OpenRouter's effort", &openrouter,
         WITH("\"reasoning\":{\"effort\":\"none\",\"exclude\":true}"),
         HIS ",\"reasoning\":{\"exclude\":true,\"effort\":\"none\"}", ""},
        {"OpenRouter's budget", &openrouter, WITH("\"reasoning\":{\"max_tokens\":9000}"),
         HIS ",\"reasoning\":{\"exclude\":false,\"max_tokens\":9000}", ""},
        {"OpenRouter's switch", &openrouter, WITH("\"reasoning\":{\"enabled\":true}"),
         HIS ",\"reasoning\":{\"exclude\":false,\"enabled\":true}", ""},
        {"OpenRouter has no max", &openrouter, WITH("\"reasoning_effort\":\"max\""),
         HIS ",\"reasoning\":{\"exclude\":false,\"effort\":\"xhigh\"}", "reasoning_effort"},
    };
    static const struct codec_target local = {.traits = {.thinking = THINKING_EFFORT},
                                              .provider = PROVIDER_OPENAI_COMPATIBLE,
                                              .upstream_model = {"gpt", 3}};
    static const struct row clamped[] = {
        {"too little", &local, WITH("\"reasoning_effort\":\"minimal\""),
         HIS ",\"reasoning_effort\":\"low\"", "reasoning_effort"},
        {"too much", &local, WITH("\"reasoning_effort\":\"max\""),
         HIS ",\"reasoning_effort\":\"high\"", "reasoning_effort"},
        {"as much as the model likes", &local, WITH("\"reasoning\":{\"enabled\":true}"), HIS, ""},
        {"just right", &local, WITH("\"reasoning_effort\":\"medium\""),
         HIS ",\"reasoning_effort\":\"medium\"", ""},
    };

    ASSERT_ROWS(*state, rows);
    ASSERT_ROWS(*state, clamped);
}

#define SCHEMA(schema, strict)                                                            \
    WITH("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\"," \
         "\"schema\":" schema strict "}}")
#define WRITTEN(schema, strict)                                                           \
    HIS ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\"," \
        "\"schema\":" schema ",\"strict\":" strict "}}"
#define CLOSED(properties, required)                                               \
    "{\"type\":\"object\",\"properties\":{" properties "},\"required\":[" required \
    "],\"additionalProperties\":false}"

static void strict_is_what_keeps_the_rules(void **state)
{
    static const struct {
        const char *json;
        const char *body;
    } rows[] = {
#define ROW(schema, strict) {SCHEMA(schema, ""), WRITTEN(schema, strict)}
        ROW(CLOSED("", ""), "true"),
        ROW(CLOSED("\"a\":{\"type\":\"string\"}", "\"a\""), "true"),
        ROW(CLOSED("\"a\":{\"type\":\"string\"}", ""), "false"),
        ROW("{\"type\":\"object\",\"properties\":{}}", "false"),
        ROW("{\"type\":\"string\"}", "false"),
        ROW("{}", "false"),
        /* Rules hold by position: these properties are only called like keywords. */
        ROW(CLOSED("\"allOf\":{\"type\":\"string\"}", "\"allOf\""), "true"),
        ROW(CLOSED("\"properties\":{\"type\":\"string\"}", "\"properties\""), "true"),
        ROW(CLOSED("\"a\":{\"allOf\":[]}", "\"a\""), "false"),
        ROW(CLOSED("\"a\":{\"type\":\"object\"}", "\"a\""), "false"),
        ROW(CLOSED("\"a\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}", "\"a\""), "false"),
        ROW(CLOSED("\"a\":{\"type\":\"array\",\"items\":" CLOSED("", "") "}", "\"a\""), "true"),
        ROW(CLOSED("\"a\":{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"object\"}]}", "\"a\""),
            "false"),
        ROW(CLOSED("\"a\":{\"anyOf\":[{\"type\":\"null\"}," CLOSED("", "") "]}", "\"a\""), "true"),
        ROW("{\"type\":\"object\",\"additionalProperties\":false,\"$defs\":{\"x\":{\"type\":"
            "\"object\"}}}",
            "false"),
        ROW("{\"type\":\"object\",\"additionalProperties\":false,\"anyOf\":[]}", "false"),
#undef ROW
        {SCHEMA(CLOSED("", ""), ",\"strict\":false"), WRITTEN(CLOSED("", ""), "false")},
        {SCHEMA("{\"type\":\"object\"}", ",\"strict\":true"),
         WRITTEN("{\"type\":\"object\"}", "false")},
        {WITH("\"response_format\":{\"type\":\"json_object\"}"),
         HIS ",\"response_format\":{\"type\":\"json_object\"}"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row row = {rows[i].json, &openai, rows[i].json, rows[i].body, ""};

        assert_rows(*state, &row, 1);
    }
}

static const struct codec_target by_tool = {.traits = {.structured_output = STRUCTURED_TOOL},
                                            .upstream_model = {"gpt", 3}};

static void a_schema_may_be_a_tools(void **state)
{
    static const struct row rows[] = {
        {"a schema", &by_tool, SCHEMA("{\"type\":\"object\"}", ""),
         HIS ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"json_response\","
             "\"parameters\":{\"type\":\"object\"}}}],\"tool_choice\":{\"type\":\"function\","
             "\"function\":{\"name\":\"json_response\"}}",
         ""},
    };

    ASSERT_ROWS(*state, rows);
}

static void what_the_model_cannot_take_is_refused(void **state)
{
    static const struct {
        const struct codec_target *target;
        const char *json;
        const char *param;
    } rows[] = {
        {&openai, WITH("\"stop\":[\"a\",\"b\",\"c\",\"d\",\"e\"]"), "stop"},
        {&compatible, WITH("\"response_format\":{\"type\":\"json_object\"}"), "response_format"},
        {&compatible, SCHEMA("{}", ""), "response_format"},
        {&by_tool, WITH("\"response_format\":{\"type\":\"json_object\"}"), "response_format"},
        {&by_tool,
         WITH("\"tools\":[" F_TOOL "],\"response_format\":{\"type\":\"json_schema\","
              "\"json_schema\":{\"schema\":{}}}"),
         "response_format"},
        {&compatible,
         SAID("{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":"
              "\"https://x.org/a\"}}]}"),
         "messages"},
        {&openai,
         SAID("{\"role\":\"user\",\"content\":[{\"type\":\"file\",\"file\":{\"file_data\":"
              "\"https://x.org/a.pdf\"}}]}"),
         "messages"},
        {&openai,
         SAID("{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\",\"input_audio\":{"
              "\"data\":\"AAAA\",\"format\":\"flac\"}}]}"),
         "messages"},
        {&openai,
         SAID("{\"role\":\"user\",\"content\":[{\"type\":\"video_url\",\"video_url\":{\"url\":"
              "\"https://x.org/a\"}}]}"),
         "messages"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char body[BODY_BYTES];
        struct text out = text_over(body, sizeof(body));
        struct hub_notes notes;

        if (translate(*state, rows[i].json, rows[i].target, &notes, &out) != ERR_UNTRANSLATABLE ||
            !span_equal(text_span(&notes.param), span_of(rows[i].param)))
            fail_msg("%s: %s %.*s", rows[i].json, err_name(notes.err),
                     SPAN_FMT(text_span(&notes.param)));
        region_reset(*state);
    }
}

static void an_image_in_an_assistants_turn_is_refused(void **state)
{
    struct hub_request request = {0};
    struct hub_message *turn = hub_add_message(*state, &request, HUB_ASSISTANT);
    char body[256];
    struct text out = text_over(body, sizeof(body));
    struct hub_notes notes;

    hub_notes_init(&notes, false);
    assert_non_null(hub_add_block(*state, &turn->blocks, HUB_IMAGE));
    assert_int_equal(codec_openai.write_request(*state, &request, &openai, &notes, &out),
                     ERR_UNTRANSLATABLE);
}

static void a_body_that_does_not_fit_is_told(void **state)
{
    char body[BODY_BYTES];
    struct hub_notes notes;

    for (size_t bytes = 0; bytes < 50; bytes++) {
        struct text out = text_over(body, bytes);

        assert_int_equal(translate(*state, WITH("\"max_tokens\":7"), &openai, &notes, &out),
                         ERR_NO_MEMORY);
        region_reset(*state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REGION_TEST(messages_are_written),
        REGION_TEST(turns_of_tools_are_written),
        REGION_TEST(reasoning_goes_back_to_whom_it_is_from),
        REGION_TEST(cache_points_go_to_who_takes_them),
        REGION_TEST(tools_are_written),
        REGION_TEST(parameters_are_written),
        REGION_TEST(reasoning_is_asked_for_in_the_providers_words),
        REGION_TEST(strict_is_what_keeps_the_rules),
        REGION_TEST(a_schema_may_be_a_tools),
        REGION_TEST(what_the_model_cannot_take_is_refused),
        REGION_TEST(an_image_in_an_assistants_turn_is_refused),
        REGION_TEST(a_body_that_does_not_fit_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
