/* Streams in OpenAI's protocol: chunks read as events, events written as chunks. */
#include "lib/base/err.h"
#include "lib/protocol/codec.h"
#include "tests/unit/hub_dump.h"
#include "tests/unit/region_fixture.h"

#include <stdio.h>

enum { LINE_BYTES = 4096, CHUNKS_MAX = 8 };

/* One region for what stays, one for a chunk at a time. */
struct memory {
    struct region stays;
    struct region chunk;
};

static int open_regions(void **state)
{
    static struct memory memory;

    *state = &memory;
    return region_init(&memory.stays, REGION_BYTES) | region_init(&memory.chunk, REGION_BYTES);
}

static int close_regions(void **state)
{
    struct memory *memory = *state;

    region_close(&memory->stays);
    region_close(&memory->chunk);
    return 0;
}

/* --- reading ---------------------------------------------------------------------------------- */

static void note(void *ctx, const struct hub_event *event)
{
    hub_dump_event(event, ctx);
}

static void read_chunk(struct memory *memory, const char *json, uint64_t *state,
                       struct hub_stream *to)
{
    codec_openai.read_event(&memory->chunk, read_json(&memory->chunk, span_of(json)), state, to);
    /* Nothing may be borrowed from a chunk that is over. */
    memset(memory->chunk.base, 0xA5, memory->chunk.used_max);
    region_reset(&memory->chunk);
}

struct stream {
    const char *name;
    const char *chunks[CHUNKS_MAX];
    const char *events;
    int err; /* of the end */
};

static void assert_stream(struct memory *memory, const struct stream *row)
{
    char line[LINE_BYTES];
    struct text out = text_over(line, sizeof(line));
    struct hub_stream stream;
    uint64_t state = 0;

    hub_stream_init(&stream, &memory->stays, 1, note, &out);
    for (size_t i = 0; i < CHUNKS_MAX && row->chunks[i] != NULL; i++)
        read_chunk(memory, row->chunks[i], &state, &stream);
    assert_int_equal(hub_stream_end(&stream, PROTOCOL_OPENAI), row->err);
    if (!span_equal(text_span(&out), span_of(row->events)))
        fail_msg("%s:\n%.*s\nis not\n%s", row->name, SPAN_FMT(text_span(&out)), row->events);
    region_reset(&memory->stays);
}

#define DELTA(delta)   "{\"choices\":[{\"index\":0,\"delta\":{" delta "},\"finish_reason\":null}]}"
#define FINISH(reason) "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" reason "\"}]}"
#define LAST(delta, reason) \
    "{\"choices\":[{\"index\":0,\"delta\":{" delta "},\"finish_reason\":\"" reason "\"}]}"
#define CALLS(calls) DELTA("\"tool_calls\":[" calls "]")
#define BEGIN(index, id, name, arguments)                                                         \
    "{\"index\":" index ",\"id\":\"" id "\",\"type\":\"function\",\"function\":{\"name\":\"" name \
    "\",\"arguments\":\"" arguments "\"}}"
#define MORE(index, arguments) \
    "{\"index\":" index ",\"function\":{\"arguments\":\"" arguments "\"}}"

static const struct stream streams[] = {
    {"text",
     {DELTA("\"role\":\"assistant\",\"content\":\"\""), DELTA("\"content\":\"H\\u0069\""),
      DELTA("\"content\":null"), DELTA("\"content\":\"!\""), FINISH("stop")},
     "start 0:text 0+\"H\\u0069\" 0+\"!\" 0. finish=STOP ",
     0},
    {"contiguous blocks (vector 21)",
     {DELTA("\"reasoning_content\":\"t\""), DELTA("\"content\":\"a\""),
      CALLS(BEGIN("0", "A", "f", "")), CALLS(MORE("0", "{\\\"x\\\":1}")), FINISH("tool_calls")},
     "start 0:reasoning 0+\"t\" 0. 1:text 1+\"a\" 1. 2:tool call(0 A f) "
     "2+\"{\\\"x\\\":1}\" 2. finish=TOOL_CALLS ",
     0},
    {"parallel calls, arguments in the last chunk (vector 22)",
     {CALLS(BEGIN("0", "A", "f", "") "," BEGIN("1", "B", "g", "")),
      CALLS(MORE("0", "{\\\"a\\\":1}") "," MORE("1", "{\\\"b\\\":2}")), FINISH("tool_calls")},
     "start 0:tool call(0 A f) 0+\"{\\\"a\\\":1}\" 0. 1:tool call(1 B g) "
     "1+\"{\\\"b\\\":2}\" 1. finish=TOOL_CALLS ",
     0},
    {"interleaved arguments (vector 23)",
     {CALLS(BEGIN("0", "A", "f", "{\\\"a\\\":")), CALLS(BEGIN("1", "B", "g", "{\\\"b\\\":2}")),
      CALLS(MORE("0", "1}")), FINISH("tool_calls")},
     "start 0:tool call(0 A f) 0+\"{\\\"a\\\":\" 0+\"1}\" 0. 1:tool call(1 B g) "
     "1+\"{\\\"b\\\":2}\" 1. finish=TOOL_CALLS ",
     0},
    {"the id on every delta (vector 24)",
     {CALLS(BEGIN("0", "A", "f", "{")), CALLS(BEGIN("0", "A", "f", "}")), FINISH("tool_calls")},
     "start 0:tool call(0 A f) 0+\"{\" 0+\"}\" 0. finish=TOOL_CALLS ",
     0},
    {"all calls are number 0 (vector 25)",
     {CALLS(BEGIN("0", "A", "f", "{\\\"a\\\":1}")), CALLS(BEGIN("0", "B", "g", "{\\\"b\\\":2}")),
      FINISH("tool_calls")},
     "start 0:tool call(0 A f) 0+\"{\\\"a\\\":1}\" 0. 1:tool call(1 B g) "
     "1+\"{\\\"b\\\":2}\" 1. finish=TOOL_CALLS ",
     0},
    {"calls without numbers",
     {CALLS("{\"id\":\"A\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}},"
            "{\"id\":\"B\",\"function\":{\"name\":\"g\",\"arguments\":{\"b\":\"\\n\"}}}"),
      FINISH("stop")},
     "start 0:tool call(0 A f) 0+\"{\\\"a\\\":1}\" 0. 1:tool call(1 B g) "
     "1+\"{\\\"b\\\":\\\"\\\\n\\\"}\" 1. finish=TOOL_CALLS ",
     0},
    {"name, arguments and reason in one chunk (vector 26)",
     {LAST("\"tool_calls\":[" BEGIN("0", "c", "Read", "{\\\"p\\\":\\\"x\\\"}") "]", "tool_calls")},
     "start 0:tool call(0 c Read) 0+\"{\\\"p\\\":\\\"x\\\"}\" 0. finish=TOOL_CALLS ",
     0},
    {"content and reason in one chunk (vector 26)",
     {LAST("\"content\":\"a\"", "length")},
     "start 0:text 0+\"a\" 0. finish=LENGTH ",
     0},
    {"the first delta of another block (vector 27)",
     {DELTA("\"reasoning_content\":\"t\""), DELTA("\"content\":\"He\""),
      DELTA("\"content\":\"llo\""), FINISH("stop")},
     "start 0:reasoning 0+\"t\" 0. 1:text 1+\"He\" 1+\"llo\" 1. finish=STOP ",
     0},
    {"empty content before a call (vector 28)",
     {DELTA("\"role\":\"assistant\",\"content\":\"\""), CALLS(BEGIN("0", "A", "f", "{}")),
      FINISH("tool_calls")},
     "start 0:tool call(0 A f) 0. finish=TOOL_CALLS ",
     0},
    {"usage behind the reason (vector 29)",
     {DELTA("\"content\":\"a\""), FINISH("stop"),
      "{\"choices\":[],\"usage\":{\"prompt_tokens\":50,\"completion_tokens\":5,"
      "\"prompt_tokens_details\":{\"cached_tokens\":40}}}"},
     "start 0:text 0+\"a\" 0. finish=STOP input=10 cache_read=40 output=5 ",
     0},
    {"usage on every chunk: the last one counts",
     {"{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":{\"prompt_tokens\":3,"
      "\"completion_tokens\":1}}",
      "{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":{"
      "\"prompt_tokens\":3,\"completion_tokens\":2}}",
      "{\"choices\":[],\"usage\":null}"},
     "start 0:text 0+\"a\" 0. finish=STOP input=3 output=2 ",
     0},
    {"no reason at all (vector 31)",
     {DELTA("\"content\":\"a\"")},
     "start 0:text 0+\"a\" ",
     ERR_UPSTREAM_CUT},
    {"content_filter and a refusal (vector 32)",
     {DELTA("\"refusal\":\"no\""), FINISH("content_filter")},
     "start 0:refusal 0+\"no\" 0. finish=REFUSED ",
     0},
    {"an unknown reason",
     {DELTA("\"content\":\"a\""), FINISH("bored")},
     "start 0:text 0+\"a\" 0. finish=STOP ",
     0},
    {"a first chunk without choices (vector 60)",
     {"{\"id\":\"\",\"choices\":[],\"prompt_filter_results\":[{}]}", "{}", "{\"choices\":null}",
      "7", DELTA("\"content\":\"a\""), FINISH("stop")},
     "start 0:text 0+\"a\" 0. finish=STOP ",
     0},
    {"other choices are not told",
     {"{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"b\"}},{\"index\":0,\"delta\":{"
      "\"content\":\"a\"}}]}",
      "{\"choices\":[{\"index\":1,\"delta\":{},\"finish_reason\":\"length\"}]}", FINISH("stop")},
     "start 0:text 0+\"a\" 0. finish=STOP ",
     0},
    {"the legacy call",
     {DELTA("\"function_call\":{\"name\":\"f\",\"arguments\":\"\"}"),
      DELTA("\"function_call\":{\"arguments\":\"{\\\"a\\\":1}\"}"), FINISH("function_call")},
     "start 0:tool call(0 call_5e41ab087439611e f) 0+\"{\\\"a\\\":1}\" 0. finish=TOOL_CALLS ",
     0},
    {"a custom call is not told",
     {CALLS("{\"index\":0,\"id\":\"A\",\"type\":\"custom\",\"custom\":{\"name\":\"f\"}}"),
      FINISH("tool_calls")},
     "start finish=STOP ",
     0},
    {"a whole message as one chunk",
     {"{\"choices\":[{\"index\":0,\"message\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}"},
     "start 0:text 0+\"a\" 0. finish=STOP ",
     0},
    {"content in parts",
     {DELTA("\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":"
            "\"b\"}]"),
      FINISH("stop")},
     "start 0:text 0+\"a\" 0+\"b\" 0. finish=STOP ",
     0},
    {"Gemini's signature of a call",
     {CALLS("{\"index\":0,\"id\":\"A\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"},"
            "\"extra_content\":{\"google\":{\"thought_signature\":\"abc\"}}}"),
      FINISH("tool_calls")},
     "start 0:tool call(0 A f gemini:abc) 0. finish=TOOL_CALLS ",
     0},
};

static void chunks_are_read_in_order(void **state)
{
    for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++)
        assert_stream(*state, &streams[i]);
}

static void reasoning_is_read_in_every_convention(void **state)
{
    static const struct stream rows[] = {
        {"reasoning",
         {DELTA("\"reasoning\":\"t\""), FINISH("stop")},
         "start 0:reasoning 0+\"t\" 0. finish=STOP ",
         0},
        {"both words for one text",
         {DELTA("\"reasoning\":\"t\",\"reasoning_content\":\"t\""), FINISH("stop")},
         "start 0:reasoning 0+\"t\" 0. finish=STOP ",
         0},
        {"OpenRouter's details beside the text",
         {DELTA("\"reasoning\":\"t\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":"
                "\"t\",\"format\":\"anthropic-claude-v1\",\"index\":0}]"),
          DELTA("\"reasoning_details\":[{\"type\":\"reasoning.text\",\"signature\":\"s\","
                "\"format\":\"anthropic-claude-v1\",\"index\":0}]"),
          DELTA("\"content\":\"a\""), FINISH("stop")},
         "start 0:reasoning 0+\"t\" 0~anthropic:s 0. 1:text 1+\"a\" 1. finish=STOP ",
         0},
        {"details alone",
         {DELTA("\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"t\"},{\"type\":"
                "\"reasoning.summary\",\"summary\":\"u\"}]"),
          FINISH("stop")},
         "start 0:reasoning 0+\"t\" 0+\"u\" 0. finish=STOP ",
         0},
        {"encrypted pieces are pieces by themselves",
         {DELTA("\"reasoning_details\":[{\"type\":\"reasoning.encrypted\",\"data\":\"d\","
                "\"format\":\"anthropic-claude-v1\"},{\"type\":\"reasoning.encrypted\",\"data\":"
                "\"e\",\"format\":\"anthropic-claude-v1\"}]"),
          DELTA("\"reasoning_details\":[{\"type\":\"reasoning.encrypted\",\"data\":\"x\","
                "\"format\":\"openai-responses-v1\"}]"),
          FINISH("stop")},
         "start 0:redacted reasoning 0+\"d\" 0. 1:redacted reasoning 1+\"e\" 1. finish=STOP ",
         0},
        {"LiteLLM's blocks",
         {DELTA("\"reasoning_content\":\"t\",\"thinking_blocks\":[{\"type\":\"thinking\","
                "\"thinking\":\"t\"}]"),
          DELTA("\"thinking_blocks\":[{\"type\":\"thinking\",\"signature\":\"s\"}]"),
          FINISH("stop")},
         "start 0:reasoning 0+\"t\" 0~anthropic:s 0. finish=STOP ",
         0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_stream(*state, &rows[i]);
}

static void an_error_ends_the_stream(void **state)
{
    static const struct stream rows[] = {
        {"OpenAI's",
         {DELTA("\"content\":\"a\""),
          "{\"error\":{\"message\":\"oh\",\"type\":\"server_error\",\"code\":null}}",
          DELTA("\"content\":\"b\"")},
         "start 0:text 0+\"a\" error=UPSTREAM_FAILED message=oh ",
         0},
        {"OpenRouter's (vector 61)",
         {"{\"error\":{\"code\":429,\"message\":\"slow\"},\"choices\":[{\"index\":0,\"delta\":{},"
          "\"finish_reason\":\"error\"}]}"},
         "error=UPSTREAM_BUSY message=slow ",
         0},
        {"OpenRouter's reason alone",
         {DELTA("\"content\":\"a\""), FINISH("error")},
         "start 0:text 0+\"a\" error=UPSTREAM_FAILED ",
         0},
        {"in the choice",
         {"{\"choices\":[{\"index\":0,\"delta\":{},\"error\":{\"code\":503}}]}"},
         "error=UPSTREAM_OVERLOADED ",
         0},
        {"vLLM's",
         {"{\"object\":\"error\",\"message\":\"no\",\"code\":400}"},
         "error=UPSTREAM_REJECTED message=no ",
         0},
        {"none is none",
         {"{\"error\":null,\"choices\":[{\"delta\":{\"content\":\"a\"}}]}", FINISH("stop")},
         "start 0:text 0+\"a\" 0. finish=STOP ",
         0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_stream(*state, &rows[i]);
}

/* --- writing ---------------------------------------------------------------------------------- */

#define CHUNK(rest)                                                                             \
    "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000," \
    "\"model\":\"a-slug\",\"choices\":[" rest "}\n\n"
#define WROTE(delta) CHUNK("{\"index\":0,\"delta\":{" delta "},\"finish_reason\":null}]")
#define COUNTED(delta) \
    CHUNK("{\"index\":0,\"delta\":{" delta "},\"finish_reason\":null}],\"usage\":null")
#define ENDED(reason) CHUNK("{\"index\":0,\"delta\":{},\"finish_reason\":\"" reason "\"}]")
#define ROLE          "\"role\":\"assistant\",\"content\":\"\""
#define DONE          "data: [DONE]\n\n"
#define BEGUN(index, id, name, more)                                                              \
    "\"tool_calls\":[{\"index\":" index ",\"id\":\"" id "\",\"type\":\"function\",\"function\":{" \
    "\"name\":\"" name "\",\"arguments\":\"\"}" more "}]"
#define ARGUED(index, arguments) \
    "\"tool_calls\":[{\"index\":" index ",\"function\":{\"arguments\":\"" arguments "\"}}]"

enum { EVENTS_MAX = 12 };

struct written {
    const char *name;
    struct hub_event events[EVENTS_MAX];
    size_t count;
    bool include_usage;
    const char *chunks;
};

static void assert_writes(struct memory *memory, const struct written *row)
{
    const struct codec_answer how = {
        .slug_json = SPAN("\"a-slug\""),
        .id = SPAN("1"),
        .created_s = 1700000000,
        .include_usage = row->include_usage,
    };
    char bytes[LINE_BYTES];
    struct text out = text_over(bytes, sizeof(bytes));
    struct codec_writer writer = {
        .answer = &how, .memory = &memory->stays, .scratch = &memory->chunk, .out = &out};

    for (size_t i = 0; i < row->count; i++) {
        codec_openai.write_event(&writer, &row->events[i]);
        region_reset(&memory->chunk);
    }
    assert_int_equal(writer.err, 0);
    if (!span_equal(text_span(&out), span_of(row->chunks)))
        fail_msg("%s:\n%.*s\nis not\n%s", row->name, SPAN_FMT(text_span(&out)), row->chunks);
    region_reset(&memory->stays);
}

#define START                   \
    {                           \
        .kind = HUB_EVENT_START \
    }
#define OPEN(number, what)                                                  \
    {                                                                       \
        .kind = HUB_EVENT_BLOCK_START, .block = HUB_##what, .index = number \
    }
#define SAY(number, what, raw)                                         \
    {                                                                  \
        .kind = HUB_EVENT_DELTA, .block = HUB_##what, .index = number, \
        .text = {raw, sizeof(raw) - 1},                                \
    }
#define CLOSE(number, what)                                               \
    {                                                                     \
        .kind = HUB_EVENT_BLOCK_END, .block = HUB_##what, .index = number \
    }
#define CALL(number, which, its_id, its_name)                                                  \
    {                                                                                          \
        .kind = HUB_EVENT_BLOCK_START, .block = HUB_TOOL_CALL, .index = number, .tool = which, \
        .id = {its_id, sizeof(its_id) - 1}, .name = {its_name, sizeof(its_name) - 1},          \
    }
#define ARGUE(number, which, raw)                                                        \
    {                                                                                    \
        .kind = HUB_EVENT_DELTA, .block = HUB_TOOL_CALL, .index = number, .tool = which, \
        .text = {raw, sizeof(raw) - 1},                                                  \
    }
#define CALLED(number, which)                                                               \
    {                                                                                       \
        .kind = HUB_EVENT_BLOCK_END, .block = HUB_TOOL_CALL, .index = number, .tool = which \
    }
#define END(reason)                                             \
    {                                                           \
        .kind = HUB_EVENT_FINISH, .finish = HUB_FINISH_##reason \
    }

static const struct written written[] = {
    {"a call behind text is number 0 (vector 1)",
     {START, OPEN(0, TEXT), SAY(0, TEXT, "Let me check"), CLOSE(0, TEXT),
      CALL(1, 0, "toolu_A", "f"), ARGUE(1, 0, "{\\\"x\\\":1}"), CALLED(1, 0), END(TOOL_CALLS)},
     8,
     false,
     WROTE(ROLE) WROTE("\"content\":\"Let me check\"") WROTE(BEGUN("0", "toolu_A", "f", ""))
         WROTE(ARGUED("0", "{\\\"x\\\":1}")) ENDED("tool_calls") DONE},
    {"two calls are 0 and 1 (vectors 2 and 3)",
     {START, CALL(0, 0, "A", "f"), ARGUE(0, 0, "{\\\"a\\\":"), ARGUE(0, 0, "1}"), CALLED(0, 0),
      CALL(1, 1, "B", "g"), ARGUE(1, 1, "{\\\"b\\\":2}"), CALLED(1, 1), END(TOOL_CALLS)},
     9,
     false,
     WROTE(ROLE) WROTE(BEGUN("0", "A", "f", "")) WROTE(ARGUED("0", "{\\\"a\\\":"))
         WROTE(ARGUED("0", "1}")) WROTE(BEGUN("1", "B", "g", ""))
             WROTE(ARGUED("1", "{\\\"b\\\":2}")) ENDED("tool_calls") DONE},
    {"a call without arguments has an empty object (vectors 4 and 5)",
     {START, CALL(0, 0, "A", "f"), ARGUE(0, 0, "{\\\"a\\\":1}"), CALLED(0, 0), CALL(1, 1, "B", "g"),
      CALLED(1, 1), END(TOOL_CALLS)},
     7,
     false,
     WROTE(ROLE) WROTE(BEGUN("0", "A", "f", "")) WROTE(ARGUED("0", "{\\\"a\\\":1}"))
         WROTE(BEGUN("1", "B", "g", "")) WROTE(ARGUED("1", "{}")) ENDED("tool_calls") DONE},
    {"usage when it was asked for (vector 6)",
     {START,
      OPEN(0, TEXT),
      SAY(0, TEXT, "a"),
      CLOSE(0, TEXT),
      {.kind = HUB_EVENT_FINISH,
       .usage = {.seen = true, .input = 10, .cache_read = 5, .output = 25}}},
     5,
     true,
     COUNTED(ROLE) COUNTED("\"content\":\"a\"")
         CHUNK("{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":null")
             CHUNK("],\"usage\":{\"prompt_tokens\":15,\"completion_tokens\":25,\"total_tokens\":40,"
                   "\"prompt_tokens_details\":{\"cached_tokens\":5,\"cache_write_tokens\":0},"
                   "\"completion_tokens_details\":{\"reasoning_tokens\":0}}") DONE},
    {"usage that nobody told",
     {START, END(STOP)},
     2,
     true,
     COUNTED(ROLE) CHUNK("{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":null")
         DONE},
    {"a refusal",
     {START, OPEN(0, REFUSAL), SAY(0, REFUSAL, "no"), CLOSE(0, REFUSAL), END(REFUSED)},
     5,
     false,
     WROTE(ROLE) WROTE("\"refusal\":\"no\"") ENDED("content_filter") DONE},
    {"reasoning, signed and redacted",
     {START,
      OPEN(0, REASONING),
      SAY(0, REASONING, "t"),
      {.kind = HUB_EVENT_SIGNATURE,
       .block = HUB_REASONING,
       .signer = HUB_SIGNER_ANTHROPIC,
       .text = {"s", 1}},
      CLOSE(0, REASONING),
      OPEN(1, REDACTED),
      SAY(1, REDACTED, "d"),
      CLOSE(1, REDACTED),
      END(LENGTH)},
     9,
     false,
     WROTE(ROLE) WROTE("\"reasoning_content\":\"t\",\"reasoning_details\":[{\"type\":"
                       "\"reasoning.text\",\"text\":\"t\",\"index\":0}]")
         WROTE("\"reasoning_details\":[{\"type\":\"reasoning.text\",\"signature\":\"s\","
               "\"format\":\"anthropic-claude-v1\",\"index\":0}]")
             WROTE("\"reasoning_details\":[{\"type\":\"reasoning.encrypted\",\"data\":\"d\","
                   "\"format\":\"anthropic-claude-v1\",\"index\":1}]") ENDED("length") DONE},
    {"a call that Gemini signed",
     {START,
      {.kind = HUB_EVENT_BLOCK_START,
       .block = HUB_TOOL_CALL,
       .id = {"A", 1},
       .name = {"f", 1},
       .signer = HUB_SIGNER_GEMINI,
       .signature = {"abc", 3}},
      ARGUE(0, 0, "{\\\"x\\\":1}"),
      CALLED(0, 0),
      END(TOOL_CALLS)},
     5,
     false,
     WROTE(ROLE) WROTE(
         BEGUN("0", "A", "f", ",\"extra_content\":{\"google\":{\"thought_signature\":\"abc\"}}"))
         WROTE(ARGUED("0", "{\\\"x\\\":1}")) ENDED("tool_calls") DONE},
};

static void events_become_chunks(void **state)
{
    for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++)
        assert_writes(*state, &written[i]);
}

/* Vector 9: what is not complete does not look so. */
static void an_error_is_the_last_event(void **state)
{
    static const struct written rows[] = {
        {"after text",
         {START,
          OPEN(0, TEXT),
          SAY(0, TEXT, "a"),
          {.kind = HUB_EVENT_ERROR,
           .error = {.err = ERR_UPSTREAM_OVERLOADED, .message = {"Overl\"oaded", 11}}}},
         4,
         false,
         WROTE(ROLE) WROTE(
             "\"content\":\"a\"") "data: {\"error\":{\"message\":\"Overl\\\"oaded\",\"type\":\"server_error\","
                                  "\"param\":null,\"code\":\"overloaded\"}}\n\n"},
        {"before everything, without a message",
         {{.kind = HUB_EVENT_ERROR, .error = {.err = ERR_UPSTREAM_BUSY}}},
         1,
         true,
         "data: {\"error\":{\"message\":\"The provider takes no more requests now.\",\"type\":"
         "\"rate_limit_error\",\"param\":null,\"code\":\"rate_limit_exceeded\"}}\n\n"},
        {"the client's own fault",
         {{.kind = HUB_EVENT_ERROR, .error = {.err = ERR_UPSTREAM_REJECTED, .message = {"x", 1}}}},
         1,
         false,
         "data: {\"error\":{\"message\":\"x\",\"type\":\"invalid_request_error\",\"param\":null,"
         "\"code\":\"upstream_rejected\"}}\n\n"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_writes(*state, &rows[i]);
}

static void a_full_region_is_told(void **state)
{
    const struct codec_answer how = {.slug_json = SPAN("\"a-slug\""), .id = SPAN("1")};
    const struct hub_event start = START;
    struct memory *memory = *state;
    char bytes[LINE_BYTES];
    struct text out = text_over(bytes, sizeof(bytes));
    struct codec_writer writer = {.answer = &how, .memory = &memory->stays, .out = &out};

    while (region_take(&memory->stays, 16) != NULL)
        ;
    codec_openai.write_event(&writer, &start);
    assert_int_equal(writer.err, ERR_NO_MEMORY);
    assert_int_equal(out.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(chunks_are_read_in_order, open_regions, close_regions),
        cmocka_unit_test_setup_teardown(reasoning_is_read_in_every_convention, open_regions,
                                        close_regions),
        cmocka_unit_test_setup_teardown(an_error_ends_the_stream, open_regions, close_regions),
        cmocka_unit_test_setup_teardown(events_become_chunks, open_regions, close_regions),
        cmocka_unit_test_setup_teardown(an_error_is_the_last_event, open_regions, close_regions),
        cmocka_unit_test_setup_teardown(a_full_region_is_told, open_regions, close_regions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
