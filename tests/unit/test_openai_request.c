/* What a client of OpenAI's protocol may ask for, in hub form. */
#include "lib/base/err.h"
#include "lib/protocol/codec.h"
#include "tests/unit/hub_dump.h"
#include "tests/unit/region_fixture.h"

#include <stdio.h>

enum { LINE_BYTES = 4096 };

static int read_request(struct region *memory, const char *json, struct hub_request *out,
                        struct hub_notes *notes)
{
    return codec_openai.read_request(memory, read_json(memory, span_of(json)), out, notes);
}

struct reading {
    const char *name;
    const char *json;
    const char *hub;
};

static void assert_reads(struct region *memory, const struct reading *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char line[LINE_BYTES];
        struct text out = text_over(line, sizeof(line));
        struct hub_request request;
        struct hub_notes notes;

        hub_notes_init(&notes, false);
        if (read_request(memory, rows[i].json, &request, &notes) != 0)
            fail_msg("%s: %s refused: %.*s", rows[i].name, err_name(notes.err),
                     SPAN_FMT(text_span(&notes.param)));
        hub_dump_request(&request, &out);
        if (!span_equal(text_span(&out), span_of(rows[i].hub)))
            fail_msg("%s:\n%.*s\nis not\n%s", rows[i].name, SPAN_FMT(text_span(&out)), rows[i].hub);
        region_reset(memory);
    }
}

#define ASSERT_READS(memory, rows) assert_reads(memory, rows, sizeof(rows) / sizeof((rows)[0]))

#define MESSAGES(messages) "{\"model\":\"m\",\"messages\":[" messages "]}"
#define HI                 "{\"role\":\"user\",\"content\":\"hi\"}"
#define WITH(members)      "{\"model\":\"m\",\"messages\":[" HI "]," members "}"
#define TOOL(name)         "{\"type\":\"function\",\"function\":{\"name\":\"" name "\"}}"

static void every_role_is_read(void **state)
{
    static const struct reading rows[] = {
        {"user", MESSAGES(HI), "user{\"hi\"}"},
        {"system and developer are one role",
         MESSAGES("{\"role\":\"system\",\"content\":\"A\"},{\"role\":\"developer\",\"content\":["
                  "{\"type\":\"text\",\"text\":\"B\"},{\"type\":\"text\",\"text\":\"C\"}]}," HI),
         "system{\"A\"} system{\"B\" | \"C\"} user{\"hi\"}"},
        {"a system message in the middle stays there",
         MESSAGES(HI ",{\"role\":\"system\",\"content\":\"A\"}," HI),
         "user{\"hi\"} system{\"A\"} user{\"hi\"}"},
        {"assistant", MESSAGES(HI ",{\"role\":\"assistant\",\"content\":\"yo\"}"),
         "user{\"hi\"} assistant{\"yo\"}"},
        {"an assistant's parts and refusal",
         MESSAGES("{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
                  "{\"type\":\"refusal\",\"refusal\":\"b\"}],\"refusal\":\"c\"}"),
         "assistant{\"a\" | refusal(\"b\") | refusal(\"c\")}"},
        {"an assistant's null content, null refusal and null audio",
         MESSAGES("{\"role\":\"assistant\",\"content\":null,\"refusal\":null,\"audio\":null,"
                  "\"tool_calls\":null,\"function_call\":null,\"annotations\":[]}"),
         "assistant{}"},
        {"a tool's result",
         MESSAGES("{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"22C\"}"),
         "user{result(c1 : \"22C\")}"},
        {"a tool's result in parts, with an image",
         MESSAGES("{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":[{\"type\":\"text\","
                  "\"text\":\"a\"},{\"type\":\"image_url\",\"image_url\":{\"url\":"
                  "\"data:image/png;base64,AAAA\"}}]}"),
         "user{result(c1 : \"a\" | image(base64 image/png AAAA))}"},
        {"a tool's result without content", MESSAGES("{\"role\":\"tool\",\"tool_call_id\":\"c1\"}"),
         "user{result(c1 : )}"},
        {"a function's result",
         MESSAGES("{\"role\":\"function\",\"name\":\"f\",\"content\":\"22C\"}"),
         "user{result( f: \"22C\")}"},
        {"escapes stay as they are", MESSAGES("{\"role\":\"user\",\"content\":\"\\u00e9\\n\\\"\"}"),
         "user{\"\\u00e9\\n\\\"\"}"},
        {"escaped names and words",
         "{\"\\u006dessages\":[{\"r\\u006fle\":\"us\\u0065r\",\"content\":\"hi\"}]}",
         "user{\"hi\"}"},
    };

    ASSERT_READS(*state, rows);
}

#define PART(part) MESSAGES("{\"role\":\"user\",\"content\":[" part "]}")

static void every_part_is_read(void **state)
{
    static const struct reading rows[] = {
        {"an image's URL",
         PART("{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://x.org/a.png\","
              "\"detail\":\"low\"}}"),
         "user{image(url  https://x.org/a.png low)}"},
        {"an image's URL with escaped slashes",
         PART("{\"type\":\"image_url\",\"image_url\":{\"url\":\"https:\\/\\/x.org\\/a\"}}"),
         "user{image(url  https:\\/\\/x.org\\/a)}"},
        {"an image's URL as a string",
         PART("{\"type\":\"image_url\",\"image_url\":\"gs://b/a.png\"}"),
         "user{image(url  gs://b/a.png)}"},
        {"an image's data URL (vector 51)",
         PART("{\"type\":\"image_url\",\"image_url\":{\"url\":"
              "\"data:image/png;name=x.png;base64,AAA=\",\"detail\":\"auto\"}}"),
         "user{image(base64 image/png AAA= auto)}"},
        {"a PDF where an image is expected",
         PART("{\"type\":\"image_url\",\"image_url\":{\"url\":"
              "\"data:application/pdf;base64,JVBE\",\"detail\":\"high\"}}"),
         "user{file(base64 application/pdf JVBE)}"},
        {"audio",
         PART("{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AAAA\","
              "\"format\":\"wav\"}}"),
         "user{audio(base64 audio/wav AAAA)}"},
        {"a file as a data URL",
         PART("{\"type\":\"file\",\"file\":{\"file_data\":\"data:application/pdf;base64,JVBE\","
              "\"filename\":\"a.pdf\"}}"),
         "user{file(base64 application/pdf JVBE a.pdf)}"},
        {"a file as bare base64", PART("{\"type\":\"file\",\"file\":{\"file_data\":\"JVBE\"}}"),
         "user{file(base64 application/pdf JVBE)}"},
        {"a text file without base64",
         PART("{\"type\":\"file\",\"file\":{\"file_data\":\"data:text/plain,a%20b\"}}"),
         "user{file(text text/plain a b)}"},
        {"a file's URL", PART("{\"type\":\"file\",\"file\":{\"file_data\":\"https://x.org/a\"}}"),
         "user{file(url  https://x.org/a)}"},
        {"video",
         PART("{\"type\":\"video_url\",\"video_url\":{\"url\":"
              "\"data:video/mp4;base64,AAAA\"}}"),
         "user{video(base64 video/mp4 AAAA)}"},
        {"cache points",
         PART("{\"type\":\"text\",\"text\":\"a\",\"cache_control\":{\"type\":\"ephemeral\"}},"
              "{\"type\":\"text\",\"text\":\"b\",\"cache_control\":{\"type\":\"ephemeral\","
              "\"ttl\":\"1h\"}},{\"type\":\"text\",\"text\":\"c\",\"prompt_cache_breakpoint\":{"
              "\"mode\":\"explicit\"}}"),
         "user{\"a\"+5m | \"b\"+1h | \"c\"+5m}"},
        {"a message's cache point",
         MESSAGES(
             "{\"role\":\"user\",\"content\":\"a\",\"cache_control\":{\"type\":\"ephemeral\"}}"),
         "user{\"a\"+5m}"},
    };

    ASSERT_READS(*state, rows);
}

#define CALL(arguments)                                                                 \
    MESSAGES("{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c1\"," \
             "\"type\":\"function\",\"function\":{\"name\":\"f\"" arguments "}}]}")
#define CALLED(arguments) "assistant{call(c1 f " arguments ")}"

static void arguments_become_an_object(void **state)
{
    static const struct reading rows[] = {
        {"an object", CALL(",\"arguments\":\"{\\\"x\\\": 1.0}\""), CALLED("{\"x\": 1.0}")},
        {"white space around", CALL(",\"arguments\":\" \\n{} \""), CALLED("{}")},
        {"empty (vector 54)", CALL(",\"arguments\":\"\""), CALLED("{}")},
        {"blank", CALL(",\"arguments\":\"  \""), CALLED("{}")},
        {"absent", CALL(""), CALLED("{}")},
        {"cut short (vector 54)", CALL(",\"arguments\":\"{\\\"a\\\": \""),
         CALLED("{\"_raw_arguments\":\"{\\\"a\\\": \"}")},
        {"half a character", CALL(",\"arguments\":\"{\\\"a\\\":\\\"\\\\ud83d\\\"}\""),
         CALLED("{\"a\":\"\\ufffd\"}")},
        {"another value", CALL(",\"arguments\":\"[1]\""), CALLED("{\"value\":[1]}")},
        {"a string", CALL(",\"arguments\":\"\\\"a\\\"\""), CALLED("{\"value\":\"a\"}")},
        {"no string but the object itself", CALL(",\"arguments\":{\"a\":1}"), CALLED("{\"a\":1}")},
        {"big numbers and key order stay",
         CALL(",\"arguments\":\"{\\\"z\\\":12345678901234567890,"
              "\\\"a\\\":\\\"\\\\u00e9\\\"}\""),
         CALLED("{\"z\":12345678901234567890,\"a\":\"\\u00e9\"}")},
    };

    ASSERT_READS(*state, rows);
}

static void calls_bring_their_signatures(void **state)
{
    static const struct reading rows[] = {
        {"Google's own carrier (vector 47)",
         MESSAGES(
             "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c1\",\"function\":{"
             "\"name\":\"f\"},\"extra_content\":{\"google\":{\"thought_signature\":\"abc\"}}}]}"),
         "assistant{call(c1 f {} gemini:abc)}"},
        {"LiteLLM's carrier",
         MESSAGES(
             "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c1\",\"function\":{"
             "\"name\":\"f\"},\"provider_specific_fields\":{\"thought_signature\":\"abc\"}}]}"),
         "assistant{call(c1 f {} gemini:abc)}"},
        {"Portkey's carrier",
         MESSAGES("{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c1\",\"function\":{"
                  "\"name\":\"f\",\"thought_signature\":\"abc\"}}]}"),
         "assistant{call(c1 f {} gemini:abc)}"},
        {"the legacy call",
         MESSAGES("{\"role\":\"assistant\",\"content\":\"a\",\"function_call\":{\"name\":\"f\","
                  "\"arguments\":\"{}\"}}"),
         "assistant{\"a\" | call( f {})}"},
    };

    ASSERT_READS(*state, rows);
}

#define THOUGHT(members) MESSAGES("{\"role\":\"assistant\",\"content\":\"a\"," members "}")

static void reasoning_of_earlier_turns_is_read(void **state)
{
    static const struct reading rows[] = {
        {"reasoning_content", THOUGHT("\"reasoning_content\":\"t\""),
         "assistant{reasoning(\"t\") | \"a\"}"},
        {"reasoning", THOUGHT("\"reasoning\":\"t\""), "assistant{reasoning(\"t\") | \"a\"}"},
        {"thinking_blocks",
         THOUGHT("\"reasoning_content\":\"t\",\"thinking_blocks\":[{\"type\":\"thinking\","
                 "\"thinking\":\"t\",\"signature\":\"s\"},{\"type\":\"redacted_thinking\","
                 "\"data\":\"d\"}]"),
         "assistant{reasoning(\"t\" anthropic:s) | redacted reasoning(\"d\" anthropic:) | \"a\"}"},
        {"reasoning_details, whole",
         THOUGHT(
             "\"reasoning_content\":\"t\",\"reasoning_details\":[{\"type\":\"reasoning.text\","
             "\"text\":\"t\",\"signature\":\"s\",\"format\":\"anthropic-claude-v1\",\"index\":0},"
             "{\"type\":\"reasoning.encrypted\",\"data\":\"d\",\"format\":"
             "\"anthropic-claude-v1\",\"index\":1}]"),
         "assistant{reasoning(\"t\" anthropic:s) | redacted reasoning(\"d\" anthropic:) | \"a\"}"},
        {"reasoning_details as they were streamed",
         THOUGHT("\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"t\",\"index\":0},"
                 "{\"type\":\"reasoning.text\",\"text\":\"u\",\"index\":0},"
                 "{\"type\":\"reasoning.text\",\"signature\":\"s\",\"format\":"
                 "\"anthropic-claude-v1\",\"index\":0},"
                 "{\"type\":\"reasoning.text\",\"text\":\"v\",\"index\":2},"
                 "{\"type\":\"reasoning.text\",\"signature\":\"s2\",\"index\":2}]"),
         "assistant{reasoning(\"tu\" anthropic:s) | reasoning(\"v\" anthropic:s2) | \"a\"}"},
        {"a signature whose text stands beside it",
         THOUGHT("\"reasoning_content\":\"t\",\"reasoning_details\":[{\"type\":\"reasoning.text\","
                 "\"signature\":\"s\"}]"),
         "assistant{reasoning(\"t\" anthropic:s) | \"a\"}"},
        {"Gemini's signature",
         THOUGHT("\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"t\","
                 "\"signature\":\"s\",\"format\":\"google-gemini-v1\"},{\"type\":"
                 "\"reasoning.encrypted\",\"data\":\"d\",\"format\":\"google-gemini-v1\"}]"),
         "assistant{reasoning(\"t\" gemini:s) | reasoning(\"\" gemini:d) | \"a\"}"},
        {"other providers' secrets go, their text stays",
         THOUGHT("\"reasoning_details\":[{\"type\":\"reasoning.summary\",\"summary\":\"t\","
                 "\"format\":\"openai-responses-v1\"},{\"type\":\"reasoning.encrypted\","
                 "\"data\":\"d\",\"format\":\"openai-responses-v1\"}]"),
         "assistant{reasoning(\"t\") | \"a\"}"},
        {"empty lists mean nothing",
         THOUGHT("\"reasoning_content\":\"\",\"thinking_blocks\":[],\"reasoning_details\":[]"),
         "assistant{\"a\"}"},
    };

    ASSERT_READS(*state, rows);
}

static void tools_and_choices_are_read(void **state)
{
    static const struct reading rows[] = {
        {"a tool",
         WITH(
             "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\","
             "\"parameters\":{\"type\":\"object\"},\"strict\":true},\"cache_control\":{}}]"),
         "user{\"hi\"} tool(f description=d schema={\"type\":\"object\"} strict=yes)+5m"},
        {"no parameters",
         WITH("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{},"
              "\"strict\":null}}]"),
         "user{\"hi\"} tool(f)"},
        {"an empty list is absent", WITH("\"tools\":[],\"tool_choice\":\"auto\""),
         "user{\"hi\"} choice=auto"},
        {"functions",
         WITH("\"functions\":[{\"name\":\"f\",\"parameters\":{\"a\":1}}],"
              "\"function_call\":{\"name\":\"f\"}"),
         "user{\"hi\"} tool(f schema={\"a\":1}) choice=named choice_name=f"},
        {"tools before functions",
         WITH("\"functions\":[{\"name\":\"g\"}],\"tools\":[" TOOL("f") "]"),
         "user{\"hi\"} tool(f)"},
        {"required", WITH("\"tool_choice\":\"required\",\"tools\":[" TOOL("f") "]"),
         "user{\"hi\"} tool(f) choice=required"},
        {"none", WITH("\"tool_choice\":\"none\",\"parallel_tool_calls\":false"),
         "user{\"hi\"} choice=none parallel=no"},
        {"named", WITH("\"tool_choice\":" TOOL("f") ",\"tools\":[" TOOL("f") "]"),
         "user{\"hi\"} tool(f) choice=named choice_name=f"},
        {"allowed tools",
         WITH(
             "\"tool_choice\":{\"type\":\"allowed_tools\",\"allowed_tools\":{\"mode\":\"required\","
             "\"tools\":[" TOOL("g") "]}},\"tools\":[" TOOL("f") "," TOOL("g") "]"),
         "user{\"hi\"} tool(f) tool(g) choice=required allowed=g"},
        {"function_call none", WITH("\"function_call\":\"none\",\"parallel_tool_calls\":true"),
         "user{\"hi\"} choice=none parallel=yes"},
    };

    ASSERT_READS(*state, rows);
}

static void parameters_are_read(void **state)
{
    static const struct reading rows[] = {
        {"max_completion_tokens goes before max_tokens",
         WITH("\"max_completion_tokens\":5,\"max_tokens\":7"), "user{\"hi\"} max=5"},
        {"max_tokens, written as 7.0", WITH("\"max_tokens\":7.0"), "user{\"hi\"} max=7"},
        {"numbers stay as they are",
         WITH("\"temperature\":0.20,\"top_p\":1e-1,\"top_k\":40,\"frequency_penalty\":-0.5,"
              "\"presence_penalty\":0,\"seed\":9007199254740993"),
         "user{\"hi\"} temperature=0.20 top_p=1e-1 top_k=40 frequency=-0.5 presence=0 "
         "seed=9007199254740993"},
        {"null is absent",
         WITH("\"temperature\":null,\"stop\":null,\"tools\":null,\"n\":null,\"stream\":null,"
              "\"response_format\":null,\"logprobs\":null,\"nonsense\":null"),
         "user{\"hi\"}"},
        {"a stop string (vector 50)", WITH("\"stop\":\"END\""), "user{\"hi\"} stop=END"},
        {"stop strings", WITH("\"stop\":[\"a\",\"\\n\"]"), "user{\"hi\"} stop=a stop=\\n"},
        {"what is one, off or empty says nothing",
         WITH("\"n\":1,\"logprobs\":false,\"logit_bias\":{},\"modalities\":[\"text\"],"
              "\"stop\":[],\"response_format\":{\"type\":\"text\"}"),
         "user{\"hi\"}"},
        {"json_object", WITH("\"response_format\":{\"type\":\"json_object\"}"),
         "user{\"hi\"} format=json"},
        {"json_schema",
         WITH("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\","
              "\"schema\":{\"type\":\"object\"},\"strict\":true}}"),
         "user{\"hi\"} format=schema format_name=n format_schema={\"type\":\"object\"} "
         "format_strict=yes"},
        {"effort", WITH("\"reasoning_effort\":\"xhigh\""), "user{\"hi\"} effort=xhigh"},
        {"OpenRouter's effort", WITH("\"reasoning\":{\"effort\":\"low\",\"exclude\":true}"),
         "user{\"hi\"} effort=low shown=no"},
        {"OpenRouter's budget", WITH("\"reasoning\":{\"max_tokens\":3000}"),
         "user{\"hi\"} effort=medium budget=3000"},
        {"OpenRouter's switch", WITH("\"reasoning\":{\"enabled\":true}"),
         "user{\"hi\"} adaptive=1"},
        {"OpenRouter's switch off", WITH("\"reasoning\":{\"enabled\":false}"),
         "user{\"hi\"} effort=none"},
        {"user", WITH("\"user\":\"u\",\"service_tier\":\"flex\""), "user{\"hi\"} user=u tier=flex"},
        {"safety_identifier goes before user", WITH("\"safety_identifier\":\"s\",\"user\":\"u\""),
         "user{\"hi\"} user=s"},
        {"streams", WITH("\"stream\":true,\"stream_options\":{\"include_usage\":true}"),
         "user{\"hi\"} stream=1 include_usage=1"},
    };

    ASSERT_READS(*state, rows);
}

static void what_means_nothing_elsewhere_is_dropped_by_name(void **state)
{
    static const struct {
        const char *json;
        const char *dropped;
    } rows[] = {
        {WITH("\"verbosity\":\"low\",\"prediction\":{},\"metadata\":{}"),
         "metadata, verbosity, prediction"},
        {WITH("\"prompt_cache_key\":\"k\",\"prompt_cache_retention\":\"24h\","
              "\"prompt_cache_options\":{}"),
         "prompt_cache_key, prompt_cache_retention, prompt_cache_options"},
        {WITH("\"store\":false,\"top_logprobs\":2,\"audio\":{},\"moderation\":{}"),
         "top_logprobs, audio, store, moderation"},
        {WITH("\"made_up\":1,\"and_this\":[{}]"), "made_up, and_this"},
        {MESSAGES("{\"role\":\"user\",\"name\":\"n\",\"content\":\"a\"}," HI), "messages[].name"},
        {WITH("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\","
              "\"description\":\"d\",\"schema\":{}}}"),
         "response_format.json_schema.description"},
        {WITH("\"stream\":false,\"stream_options\":{}"), ""},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct hub_request request;
        struct hub_notes notes;

        hub_notes_init(&notes, false);
        assert_int_equal(read_request(*state, rows[i].json, &request, &notes), 0);
        if (!span_equal(text_span(&notes.dropped), span_of(rows[i].dropped)))
            fail_msg("%s: %.*s", rows[i].json, SPAN_FMT(text_span(&notes.dropped)));
        hub_notes_init(&notes, true);
        assert_int_equal(read_request(*state, rows[i].json, &request, &notes),
                         rows[i].dropped[0] == '\0' ? 0 : ERR_UNTRANSLATABLE);
        region_reset(*state);
    }
}

static const struct {
    const char *json;
    int err;
    const char *param;
} refusals[] = {
    {"{}", ERR_INVALID, "messages"},
    {MESSAGES(""), ERR_INVALID, "messages"},
    {"{\"messages\":{}}", ERR_INVALID, "messages"},
    {MESSAGES("{\"content\":\"a\"}"), ERR_INVALID, "messages[0].role"},
    {MESSAGES(HI ",{\"role\":\"robot\"}"), ERR_INVALID, "messages[1].role"},
    {MESSAGES("7"), ERR_INVALID, "messages[0].role"},
    {MESSAGES("{\"role\":\"user\"}"), ERR_INVALID, "messages[0].content"},
    {MESSAGES("{\"role\":\"user\",\"content\":7}"), ERR_INVALID, "messages[0].content"},
    {PART("{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"hologram\"}"), ERR_UNTRANSLATABLE,
     "messages[0].content[1].type"},
    {PART("{\"type\":7}"), ERR_INVALID, "messages[0].content[0].type"},
    {PART("{\"type\":\"text\"}"), ERR_INVALID, "messages[0].content[0].text"},
    {PART("{\"type\":\"refusal\",\"refusal\":\"a\"}"), ERR_INVALID, "messages[0].content[0].type"},
    {MESSAGES("{\"role\":\"system\",\"content\":[{\"type\":\"image_url\"}]}"), ERR_INVALID,
     "messages[0].content[0].type"},
    {PART("{\"type\":\"image_url\",\"image_url\":{}}"), ERR_INVALID,
     "messages[0].content[0].image_url.url"},
    {PART("{\"type\":\"image_url\",\"image_url\":{\"url\":\"ftp://x\"}}"), ERR_INVALID,
     "messages[0].content[0].image_url.url"},
    {PART("{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,*\"}}"),
     ERR_INVALID, "messages[0].content[0].image_url.url"},
    {PART("{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:font/otf;base64,AAAA\"}}"),
     ERR_UNTRANSLATABLE, "messages[0].content[0].image_url.url"},
    {PART("{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AAAA\"}}"), ERR_INVALID,
     "messages[0].content[0].input_audio.format"},
    {PART("{\"type\":\"input_audio\",\"input_audio\":{\"format\":\"wav\"}}"), ERR_INVALID,
     "messages[0].content[0].input_audio.data"},
    {PART("{\"type\":\"file\",\"file\":{\"file_id\":\"file-1\"}}"), ERR_UNTRANSLATABLE,
     "messages[0].content[0].file.file_id"},
    {PART("{\"type\":\"file\",\"file\":{}}"), ERR_INVALID, "messages[0].content[0].file.file_data"},
    {MESSAGES("{\"role\":\"assistant\",\"audio\":{\"id\":\"a\"}}"), ERR_UNTRANSLATABLE,
     "messages[0].audio"},
    {MESSAGES("{\"role\":\"assistant\",\"tool_calls\":{}}"), ERR_INVALID, "messages[0].tool_calls"},
    {MESSAGES("{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"a\",\"type\":\"custom\"}]}"),
     ERR_UNTRANSLATABLE, "messages[0].tool_calls[0].type"},
    {MESSAGES("{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"a\",\"function\":{}}]}"),
     ERR_INVALID, "messages[0].tool_calls[0].function.name"},
    {MESSAGES("{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\"}}]}"),
     ERR_INVALID, "messages[0].tool_calls[0].id"},
    {MESSAGES("{\"role\":\"tool\",\"content\":\"a\"}"), ERR_INVALID, "messages[0].tool_call_id"},
    {MESSAGES("{\"role\":\"function\",\"content\":\"a\"}"), ERR_INVALID, "messages[0].name"},
    {WITH("\"max_tokens\":0"), ERR_INVALID, "max_tokens"},
    {WITH("\"max_completion_tokens\":-1"), ERR_INVALID, "max_completion_tokens"},
    {WITH("\"max_tokens\":\"7\""), ERR_INVALID, "max_tokens"},
    {WITH("\"temperature\":\"warm\""), ERR_INVALID, "temperature"},
    {WITH("\"stop\":[1]"), ERR_INVALID, "stop"},
    {WITH("\"n\":2"), ERR_UNTRANSLATABLE, "n"},
    {WITH("\"n\":0"), ERR_INVALID, "n"},
    {WITH("\"logprobs\":true"), ERR_UNTRANSLATABLE, "logprobs"},
    {WITH("\"logit_bias\":{\"1\":5}"), ERR_UNTRANSLATABLE, "logit_bias"},
    {WITH("\"modalities\":[\"text\",\"audio\"]"), ERR_UNTRANSLATABLE, "modalities"},
    {WITH("\"store\":true"), ERR_UNTRANSLATABLE, "store"},
    {WITH("\"web_search_options\":{}"), ERR_UNTRANSLATABLE, "web_search_options"},
    {WITH("\"stream\":\"yes\""), ERR_INVALID, "stream"},
    {WITH("\"reasoning_effort\":\"huge\""), ERR_INVALID, "reasoning_effort"},
    {WITH("\"response_format\":{\"type\":\"xml\"}"), ERR_INVALID, "response_format.type"},
    {WITH("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\"}}"),
     ERR_INVALID, "response_format.json_schema.schema"},
    {WITH("\"tools\":{}"), ERR_INVALID, "tools"},
    {WITH("\"tools\":[{\"type\":\"custom\",\"custom\":{\"name\":\"f\"}}]"), ERR_UNTRANSLATABLE,
     "tools[0].type"},
    {WITH("\"tools\":[" TOOL("f") ",{\"type\":\"function\"}]"), ERR_INVALID,
     "tools[1].function.name"},
    {WITH("\"tools\":[{\"function\":{\"name\":\"f\",\"parameters\":7}}]"), ERR_INVALID,
     "tools[0].function.parameters"},
    {WITH("\"functions\":[{}]"), ERR_INVALID, "functions[0].name"},
    {WITH("\"tool_choice\":\"any\""), ERR_INVALID, "tool_choice"},
    {WITH("\"tool_choice\":{\"type\":\"custom\"}"), ERR_UNTRANSLATABLE, "tool_choice"},
    {WITH("\"tool_choice\":" TOOL("g") ",\"tools\":[" TOOL("f") "]"), ERR_INVALID,
     "tool_choice.function.name"},
    {WITH("\"tool_choice\":{\"type\":\"allowed_tools\",\"allowed_tools\":{\"mode\":\"auto\","
          "\"tools\":[" TOOL("g") "]}},\"tools\":[" TOOL("f") "]"),
     ERR_INVALID, "tool_choice.allowed_tools.tools[0].function.name"},
    {WITH("\"parallel_tool_calls\":1"), ERR_INVALID, "parallel_tool_calls"},
};

static void what_cannot_be_said_is_refused_by_its_path(void **state)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct hub_request request;
        struct hub_notes notes;
        int err;

        hub_notes_init(&notes, false);
        err = read_request(*state, refusals[i].json, &request, &notes);
        if (err != refusals[i].err || notes.err != err ||
            !span_equal(text_span(&notes.param), span_of(refusals[i].param)))
            fail_msg("%s: %s %.*s", refusals[i].json, err_name(err),
                     SPAN_FMT(text_span(&notes.param)));
        region_reset(*state);
    }
}

static void too_many_stops_are_refused(void **state)
{
    char json[1024];
    struct text out = text_over(json, sizeof(json) - 1);
    struct hub_request request;
    struct hub_notes notes;

    text_add(&out, SPAN("{\"messages\":[" HI "],\"stop\":[\"a\""));
    for (int i = 0; i < HUB_STOPS_MAX; i++)
        text_add(&out, SPAN(",\"a\""));
    text_add(&out, SPAN("]}"));
    json[out.len] = '\0';
    hub_notes_init(&notes, false);
    assert_int_equal(read_request(*state, json, &request, &notes), ERR_UNTRANSLATABLE);
    assert_true(span_equal(text_span(&notes.param), SPAN("stop")));
}

/* Every byte of memory that a request needs may be the one that is missing. */
static void a_full_region_is_told(void **state)
{
    static const char json[] = PART(
        "{\"type\":\"file\",\"file\":{\"file_data\":\"data:text/plain,a%20b\"}},"
        "{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AA AA\",\"format\":\"wav\"}}");
    struct region *memory = *state;
    bool is_read = false;

    for (size_t left = 0; left < 8192 && !is_read; left += 16) {
        const struct json_node *root;
        struct hub_request request;
        struct hub_notes notes;
        size_t bytes_max = memory->bytes_max;

        region_reset(memory);
        hub_notes_init(&notes, false);
        root = read_json(memory, span_of(json));
        memory->bytes_max = memory->used + left;
        is_read = codec_openai.read_request(memory, root, &request, &notes) == 0;
        if (!is_read)
            assert_int_equal(notes.err, 0);
        memory->bytes_max = bytes_max;
    }
    assert_true(is_read);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REGION_TEST(every_role_is_read),
        REGION_TEST(every_part_is_read),
        REGION_TEST(arguments_become_an_object),
        REGION_TEST(calls_bring_their_signatures),
        REGION_TEST(reasoning_of_earlier_turns_is_read),
        REGION_TEST(tools_and_choices_are_read),
        REGION_TEST(parameters_are_read),
        REGION_TEST(what_means_nothing_elsewhere_is_dropped_by_name),
        REGION_TEST(what_cannot_be_said_is_refused_by_its_path),
        REGION_TEST(too_many_stops_are_refused),
        REGION_TEST(a_full_region_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
