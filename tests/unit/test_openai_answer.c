/* Whole answers and errors in OpenAI's protocol, read and written. */
#include "lib/base/err.h"
#include "lib/protocol/codec.h"
#include "tests/unit/hub_dump.h"
#include "tests/unit/region_fixture.h"

#include <stdio.h>

enum { LINE_BYTES = 4096 };

/* --- reading ---------------------------------------------------------------------------------- */

#define ANSWER(message, finish)                                                                 \
    "{\"id\":\"x\",\"object\":\"chat.completion\",\"model\":\"gpt\",\"choices\":[{\"index\":0," \
    "\"message\":{\"role\":\"assistant\"," message "},\"finish_reason\":" finish "}]}"
#define CALLS(calls) "\"content\":null,\"tool_calls\":[" calls "]"
#define CALL(id)                                                                           \
    "{\"id\":\"" id "\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":" \
    "\"{\\\"x\\\":1}\"}}"

static const struct {
    const char *name;
    const char *json;
    const char *hub;
} answers[] = {
    {"text", ANSWER("\"content\":\"hi\"", "\"stop\""), "\"hi\" finish=STOP"},
    {"length", ANSWER("\"content\":\"hi\"", "\"length\""), "\"hi\" finish=LENGTH"},
    {"an unknown reason", ANSWER("\"content\":\"hi\"", "\"bored\""), "\"hi\" finish=STOP"},
    {"no reason", ANSWER("\"content\":\"hi\"", "null"), "\"hi\" finish=STOP"},
    {"content_filter with a refusal (vector 32)",
     ANSWER("\"content\":null,\"refusal\":\"no\"", "\"content_filter\""),
     "refusal(\"no\") finish=REFUSED"},
    {"nothing at all", ANSWER("\"content\":null", "\"content_filter\""), " finish=REFUSED"},
    {"content in parts",
     ANSWER("\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":"
            "\"b\"}]",
            "\"stop\""),
     "\"a\" | \"b\" finish=STOP"},
    {"calls", ANSWER(CALLS(CALL("A") "," CALL("B")), "\"tool_calls\""),
     "call(A f {\"x\":1}) | call(B f {\"x\":1}) finish=TOOL_CALLS"},
    {"calls that end in stop", ANSWER(CALLS(CALL("A")), "\"stop\""),
     "call(A f {\"x\":1}) finish=TOOL_CALLS"},
    {"calls that end at the ceiling (vector 15)", ANSWER(CALLS(CALL("A")), "\"length\""),
     "call(A f {\"x\":1}) finish=LENGTH"},
    {"no call that ends in tool_calls", ANSWER("\"content\":\"hi\"", "\"tool_calls\""),
     "\"hi\" finish=STOP"},
    {"a custom call is not told", ANSWER(CALLS("{\"id\":\"A\",\"type\":\"custom\"}"), "\"stop\""),
     " finish=STOP"},
    {"the legacy call",
     ANSWER("\"content\":null,\"function_call\":{\"name\":\"f\",\"arguments\":\"\"}",
            "\"function_call\""),
     "call( f {}) finish=TOOL_CALLS"},
    {"reasoning", ANSWER("\"content\":\"a\",\"reasoning_content\":\"t\"", "\"stop\""),
     "reasoning(\"t\") | \"a\" finish=STOP"},
    {"OpenRouter's reasoning",
     ANSWER("\"content\":\"a\",\"reasoning\":\"t\",\"reasoning_details\":[{\"type\":"
            "\"reasoning.text\",\"text\":\"t\",\"signature\":\"s\",\"format\":"
            "\"anthropic-claude-v1\"}]",
            "\"stop\""),
     "reasoning(\"t\" anthropic:s) | \"a\" finish=STOP"},
    {"only the first choice",
     "{\"choices\":[{\"index\":1,\"message\":{\"content\":\"b\"}},{\"index\":0,\"message\":{"
     "\"content\":\"a\"}}]}",
     "\"a\" finish=STOP"},
    {"usage",
     "{\"choices\":[{\"message\":{\"content\":\"a\"}}],\"usage\":{\"prompt_tokens\":50,"
     "\"completion_tokens\":5,\"total_tokens\":55,\"prompt_tokens_details\":{"
     "\"cached_tokens\":30,\"cache_write_tokens\":10},\"completion_tokens_details\":{"
     "\"reasoning_tokens\":2}}}",
     "\"a\" finish=STOP input=10 cache_read=30 cache_write=10 output=5 reasoning=2"},
    {"usage full of nulls",
     "{\"choices\":[{\"message\":{\"content\":\"a\"}}],\"usage\":{\"prompt_tokens\":5,"
     "\"completion_tokens\":1,\"prompt_tokens_details\":null}}",
     "\"a\" finish=STOP input=5 output=1"},
    {"error: null is none", "{\"error\":null,\"choices\":[{\"message\":{\"content\":\"a\"}}]}",
     "\"a\" finish=STOP"},
};

static void answers_are_read(void **state)
{
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        char line[LINE_BYTES];
        struct text out = text_over(line, sizeof(line));
        struct hub_answer answer;
        struct hub_error error;

        assert_int_equal(codec_openai.read_answer(
                             *state, read_json(*state, span_of(answers[i].json)), &answer, &error),
                         0);
        hub_dump_answer(&answer, &out);
        if (!span_equal(text_span(&out), span_of(answers[i].hub)))
            fail_msg("%s: %.*s", answers[i].name, SPAN_FMT(text_span(&out)));
        region_reset(*state);
    }
}

static void what_is_no_answer_is_malformed(void **state)
{
    static const char *const rows[] = {
        "[]",
        "7",
        "{}",
        "{\"choices\":null}",
        "{\"choices\":[]}",
        "{\"choices\":[{\"index\":0}]}",
        "{\"choices\":[{\"index\":0,\"message\":\"a\"}]}",
        "{\"choices\":[7]}",
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct hub_answer answer;
        struct hub_error error;

        if (codec_openai.read_answer(*state, read_json(*state, span_of(rows[i])), &answer,
                                     &error) != ERR_UPSTREAM_PROTOCOL)
            fail_msg("%s", rows[i]);
    }
}

static void an_error_in_an_answers_clothes_is_an_error(void **state)
{
    static const struct {
        const char *json;
        int err;
        const char *message;
    } rows[] = {
        /* vector 61 */
        {"{\"error\":{\"code\":502,\"message\":\"x\"}}", ERR_UPSTREAM_FAILED, "x"},
        {"{\"error\":{\"code\":429,\"message\":\"slow down\"}}", ERR_UPSTREAM_BUSY, "slow down"},
        {"{\"error\":{\"code\":\"429\"}}", ERR_UPSTREAM_BUSY, ""},
        {"{\"error\":\"out of order\",\"choices\":[]}", ERR_UPSTREAM_FAILED, "out of order"},
        {"{\"error\":{\"type\":\"overloaded_error\"}}", ERR_UPSTREAM_OVERLOADED, ""},
        {"{\"object\":\"error\",\"message\":\"too long\",\"type\":\"BadRequestError\","
         "\"code\":400}",
         ERR_UPSTREAM_REJECTED, "too long"},
        {"{\"choices\":[{\"index\":0,\"error\":{\"code\":503,\"message\":\"gone\"}}]}",
         ERR_UPSTREAM_OVERLOADED, "gone"},
        {"{\"error\":true}", ERR_UPSTREAM_FAILED, ""},
        {"{\"choices\":[{\"message\":{\"content\":\"cut\"},\"finish_reason\":\"error\"}]}",
         ERR_UPSTREAM_FAILED, ""},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct hub_answer answer;
        struct hub_error error = {0};
        int err = codec_openai.read_answer(*state, read_json(*state, span_of(rows[i].json)),
                                           &answer, &error);

        if (err != rows[i].err || error.err != err ||
            !span_equal(error.message, span_of(rows[i].message)))
            fail_msg("%s: %s %.*s", rows[i].json, err_name(err), SPAN_FMT(error.message));
    }
}

/* --- errors ----------------------------------------------------------------------------------- */

static void refusals_are_read_in_every_envelope(void **state)
{
    static const struct {
        int status;
        const char *json; /* NULL: the body is no JSON */
        int err;
        const char *message;
    } rows[] = {
        {400, "{\"error\":{\"message\":\"bad\",\"type\":\"invalid_request_error\",\"code\":null}}",
         ERR_UPSTREAM_REJECTED, "bad"},
        {400, "{\"error\":{\"message\":\"long\",\"code\":\"context_length_exceeded\"}}",
         ERR_UPSTREAM_REJECTED, "long"},
        {400, "{\"error\":{\"message\":\"no gpt-9\",\"code\":\"model_not_found\"}}",
         ERR_UPSTREAM_MODEL, ""},
        {400, "{\"error\":\"bad\"}", ERR_UPSTREAM_REJECTED, "bad"},
        {400, "[{\"error\":{\"code\":400,\"message\":\"bad\",\"status\":\"INVALID_ARGUMENT\"}}]",
         ERR_UPSTREAM_REJECTED, "bad"},
        {422, "{\"detail\":\"bad\"}", ERR_UPSTREAM_REJECTED, "bad"},
        {422, "{\"detail\":[{\"loc\":[\"body\"],\"msg\":\"field required\"}]}",
         ERR_UPSTREAM_REJECTED, "field required"},
        {500, "{\"message\":\"oh\"}", ERR_UPSTREAM_FAILED, "oh"},
        {400, "{\"object\":\"error\",\"message\":\"bad\",\"code\":400}", ERR_UPSTREAM_REJECTED,
         "bad"},
        /* vector 62: whose key it is is ours, and what is said of it too */
        {401, "{\"error\":{\"message\":\"Incorrect API key provided: sk-abc\"}}", ERR_UPSTREAM_AUTH,
         ""},
        {403, "{\"error\":{\"message\":\"no\"}}", ERR_UPSTREAM_AUTH, ""},
        {404, "{\"error\":{\"message\":\"no gpt-9\"}}", ERR_UPSTREAM_MODEL, ""},
        {413, "{}", ERR_UPSTREAM_TOO_LARGE, ""},
        {429, "{\"error\":{\"message\":\"see https://x.org/a?key=b and sk-abc now\"}}",
         ERR_UPSTREAM_BUSY, "see [...] and [...] now"},
        {503, NULL, ERR_UPSTREAM_OVERLOADED, ""},
        {502, "[]", ERR_UPSTREAM_FAILED, ""},
        {502, "\"x\"", ERR_UPSTREAM_FAILED, ""},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct json_node *root = rows[i].json == NULL
                                           ? NULL
                                           : read_json(*state, span_of(rows[i].json));
        struct hub_error error;

        codec_openai.read_error(*state, rows[i].status, root, &error);
        if (error.err != rows[i].err || !span_equal(error.message, span_of(rows[i].message)))
            fail_msg("%s: %s %.*s", rows[i].json, err_name(error.err), SPAN_FMT(error.message));
    }
}

/* --- writing ---------------------------------------------------------------------------------- */

static const struct codec_answer how = {
    .slug_json = {"\"a-slug\"", 8},
    .id = {"1", 1},
    .created_s = 1700000000,
};

#define HEAD                                                                                  \
    "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1700000000,\"model\":" \
    "\"a-slug\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
#define TAIL(finish, usage) \
    "},\"logprobs\":null,\"finish_reason\":\"" finish "\"}],\"usage\":" usage "}"

static void assert_written(struct region *memory, const struct hub_answer *answer,
                           const char *wanted)
{
    char body[LINE_BYTES];
    struct text out = text_over(body, sizeof(body));

    assert_int_equal(codec_openai.write_answer(memory, answer, &how, &out), 0);
    if (!span_equal(text_span(&out), span_of(wanted)))
        fail_msg("\n%.*s\nis not\n%s", SPAN_FMT(text_span(&out)), wanted);
}

static struct hub_block *add(struct region *memory, struct hub_answer *answer,
                             enum hub_block_kind kind, const char *raw)
{
    struct hub_block *block = hub_add_block(memory, &answer->blocks, kind);

    assert_non_null(block);
    block->text = span_of(raw);
    return block;
}

static void text_is_one_string(void **state)
{
    struct hub_answer answer = {.finish = HUB_FINISH_STOP_SEQUENCE};

    (void)add(*state, &answer, HUB_TEXT, "a\\n");
    (void)add(*state, &answer, HUB_TEXT, "b");
    assert_written(*state, &answer,
                   HEAD "\"content\":\"a\\nb\",\"refusal\":null" TAIL("stop", "null"));
}

/* Vector 7: what a cache gave is part of the prompt, and the total is the sum. */
static void usage_is_summed_up(void **state)
{
    struct hub_answer answer = {
        .finish = HUB_FINISH_LENGTH,
        .usage = {.seen = true,
                  .input = 4,
                  .cache_read = 2455,
                  .cache_write = 2,
                  .cache_write_1h = 1,
                  .output = 23,
                  .reasoning = 7},
    };

    (void)add(*state, &answer, HUB_TEXT, "a");
    assert_written(
        *state, &answer,
        HEAD "\"content\":\"a\",\"refusal\":null" TAIL(
            "length", "{\"prompt_tokens\":2462,\"completion_tokens\":23,\"total_tokens\":2485,"
                      "\"prompt_tokens_details\":{\"cached_tokens\":2455,\"cache_write_tokens\":3},"
                      "\"completion_tokens_details\":{\"reasoning_tokens\":7}}"));
}

/* Vectors 16 and 18: a blocked prompt is an answer. */
static void a_refusal_stands_in_its_own_member(void **state)
{
    struct hub_answer answer = {.finish = HUB_FINISH_REFUSED};

    assert_written(*state, &answer,
                   HEAD "\"content\":null,\"refusal\":null" TAIL("content_filter", "null"));
    (void)add(*state, &answer, HUB_REFUSAL, "blocked: PROHIBITED_CONTENT");
    assert_written(*state, &answer,
                   HEAD "\"content\":null,\"refusal\":\"blocked: PROHIBITED_CONTENT\"" TAIL(
                       "content_filter", "null"));
}

static void calls_are_numbered_by_their_place(void **state)
{
    struct hub_answer answer = {.finish = HUB_FINISH_TOOL_CALLS};
    struct hub_block *call = add(*state, &answer, HUB_TOOL_CALL, "");

    call->id = SPAN("A");
    call->name = SPAN("f");
    call->arguments = SPAN("{\"x\":\"\\n\"}");
    call->signer = HUB_SIGNER_GEMINI;
    call->signature = SPAN("abc");
    call = add(*state, &answer, HUB_TOOL_CALL, "");
    call->id = SPAN("B");
    call->name = SPAN("g");
    assert_written(
        *state, &answer,
        HEAD
        "\"content\":null,\"refusal\":null,\"tool_calls\":[{\"id\":\"A\",\"type\":"
        "\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":\\\"\\\\n\\\"}\"},"
        "\"extra_content\":{\"google\":{\"thought_signature\":\"abc\"}}},{\"id\":\"B\",\"type\":"
        "\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}]" TAIL("tool_calls",
                                                                                 "null"));
}

#define REASONED                                                                             \
    "\"content\":\"a\",\"refusal\":null,\"reasoning_content\":\"t\",\"reasoning_details\":[" \
    "{\"type\":\"reasoning.text\",\"text\":\"t\",\"signature\":\"s\",\"format\":"            \
    "\"anthropic-claude-v1\",\"index\":0},{\"type\":\"reasoning.encrypted\",\"data\":\"d\"," \
    "\"format\":\"anthropic-claude-v1\",\"index\":1}]"

/* What an answer shows of reasoning comes back whole in the next request. */
static void reasoning_survives_a_turn(void **state)
{
    struct hub_answer answer = {.finish = HUB_FINISH_STOP};
    struct hub_block *thought = add(*state, &answer, HUB_REASONING, "t");
    struct hub_request request;
    struct hub_notes notes;
    char line[LINE_BYTES];
    struct text out = text_over(line, sizeof(line));

    thought->signer = HUB_SIGNER_ANTHROPIC;
    thought->signature = SPAN("s");
    (void)add(*state, &answer, HUB_REDACTED, "d");
    (void)add(*state, &answer, HUB_TEXT, "a");
    assert_written(*state, &answer, HEAD REASONED TAIL("stop", "null"));

    hub_notes_init(&notes, true);
    assert_int_equal(
        codec_openai.read_request(
            *state,
            read_json(*state, SPAN("{\"messages\":[{\"role\":\"assistant\"," REASONED "}]}")),
            &request, &notes),
        0);
    hub_dump_request(&request, &out);
    assert_true(
        span_equal(text_span(&out), SPAN("assistant{reasoning(\"t\" anthropic:s) | redacted "
                                         "reasoning(\"d\" anthropic:) | \"a\"}")));
}

static void reasoning_without_a_signature_has_no_details(void **state)
{
    struct hub_answer answer = {.finish = HUB_FINISH_STOP};

    (void)add(*state, &answer, HUB_REASONING, "t");
    (void)add(*state, &answer, HUB_TEXT, "a");
    assert_written(
        *state, &answer,
        HEAD "\"content\":\"a\",\"refusal\":null,\"reasoning_content\":\"t\"" TAIL("stop", "null"));
}

/* What was written can be read, and says the same. */
static void answers_survive_a_round(void **state)
{
    static const char *const rows[] = {
        ANSWER("\"content\":\"hi\"", "\"length\""),
        ANSWER(CALLS(CALL("A") "," CALL("B")), "\"tool_calls\""),
        ANSWER("\"content\":\"a\",\"reasoning_content\":\"t\"", "\"stop\""),
        ANSWER(REASONED, "\"stop\""),
        ANSWER("\"content\":null,\"refusal\":\"no\"", "\"content_filter\""),
        "{\"choices\":[{\"message\":{\"content\":\"a\"}}],\"usage\":{\"prompt_tokens\":50,"
        "\"completion_tokens\":5,\"total_tokens\":55,\"prompt_tokens_details\":{"
        "\"cached_tokens\":30,\"cache_write_tokens\":10}}}",
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char bodies[2][LINE_BYTES];
        const char *json = rows[i];

        for (size_t round = 0; round < 2; round++) {
            struct text out = text_over(bodies[round], LINE_BYTES - 1);
            struct hub_answer answer;
            struct hub_error error;

            assert_int_equal(
                codec_openai.read_answer(*state, read_json(*state, span_of(json)), &answer, &error),
                0);
            assert_int_equal(codec_openai.write_answer(*state, &answer, &how, &out), 0);
            bodies[round][out.len] = '\0';
            json = bodies[round];
        }
        assert_string_equal(bodies[0], bodies[1]);
    }
}

static void an_answer_that_does_not_fit_is_told(void **state)
{
    const struct hub_answer answer = {.finish = HUB_FINISH_STOP};
    char body[64];
    struct text out = text_over(body, sizeof(body));

    assert_int_equal(codec_openai.write_answer(*state, &answer, &how, &out), ERR_NO_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REGION_TEST(answers_are_read),
        REGION_TEST(what_is_no_answer_is_malformed),
        REGION_TEST(an_error_in_an_answers_clothes_is_an_error),
        REGION_TEST(refusals_are_read_in_every_envelope),
        REGION_TEST(text_is_one_string),
        REGION_TEST(usage_is_summed_up),
        REGION_TEST(a_refusal_stands_in_its_own_member),
        REGION_TEST(calls_are_numbered_by_their_place),
        REGION_TEST(reasoning_survives_a_turn),
        REGION_TEST(reasoning_without_a_signature_has_no_details),
        REGION_TEST(answers_survive_a_round),
        REGION_TEST(an_answer_that_does_not_fit_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
