/* Answers of same-protocol calls: how they ended, their buckets, and what is held back. */
#include "tests/unit/answer_feed.h"

static const struct row ends[] = {
    {"no terminator", CHUNK("\"slug\"", CHOICE), NULL, STRIPPED_STREAM, ANSWER_OPEN, {0}},
    {"[DONE] without a blank", "data:[DONE]\n\n", NULL, STRIPPED_STREAM, ANSWER_COMPLETE, {0}},
    {"[DONE] and more", "data: [DONE] \n\n", NULL, STRIPPED_STREAM, ANSWER_COMPLETE, {0}},
    {"almost [DONE]",
     "data: [DONE\n\ndata:  [DONE]\n\ndata: [DO\ndata: NE]\n\nx: [DONE]\n\n"
     ": [DONE]\n\ndata: x\ndata: [DONE]\n\ndata: \"[DONE]\"\n\n",
     NULL,
     STRIPPED_STREAM,
     ANSWER_OPEN,
     {0}},
    {"an error chunk",
     "data: {\"error\":{\"message\":\"x\",\"code\":null}}\n\n",
     NULL,
     STRIPPED_STREAM,
     ANSWER_ERROR,
     {0}},
    {"an error stays one",
     "data: {\"error\":\"x\"}\n\n" DONE,
     NULL,
     STRIPPED_STREAM,
     ANSWER_ERROR,
     {0}},
    {"an error of any truthy kind",
     "data: {\"error\":[]}\n\n",
     NULL,
     STRIPPED_STREAM,
     ANSWER_ERROR,
     {0}},
    {"true", "data: {\"error\":true}\n\n", NULL, STRIPPED_STREAM, ANSWER_ERROR, {0}},
    {"a number", "data: {\"error\":429}\n\n", NULL, STRIPPED_STREAM, ANSWER_ERROR, {0}},
    {"falsy errors",
     "data: {\"error\":null}\n\ndata: {\"error\":false}\n\ndata: {\"error\":0}"
     "\n\ndata: {\"error\":\"\"}\n\n" DONE,
     NULL,
     STRIPPED_STREAM,
     ANSWER_COMPLETE,
     {0}},
    {"an error in a chunk that is not JSON",
     "data: {\"error\":{},}\n\n" DONE,
     NULL,
     STRIPPED_STREAM,
     ANSWER_COMPLETE,
     {0}},
    {"a nested error",
     "data: {\"x\":{\"error\":{}}}\n\n" DONE,
     NULL,
     STRIPPED_STREAM,
     ANSWER_COMPLETE,
     {0}},
    {"a document", "{\"model\":\"up\",\"choices\":[]," USAGE "}",
     "{\"model\":\"slug\","
     "\"choices\":[]," USAGE "}",
     DOCUMENT, ANSWER_COMPLETE, USAGE_BUCKETS},
    {"a document that is cut", "{\"model\":\"up\",\"choices\":[]," USAGE,
     "{\"model\":\"slug\",\"choices\":[]," USAGE, DOCUMENT, ANSWER_OPEN, USAGE_BUCKETS},
    {"an error document", " {\"error\":{\"message\":\"x\"}}\n", NULL, DOCUMENT, ANSWER_ERROR, {0}},
    {"half a character",
     "{\"model\":\"up\",\"\\ud83d\":\"\\ude00 \\ud83d\\ud83d\",\"choices\":[]," USAGE "}",
     "{\"model\":\"slug\",\"\\ud83d\":\"\\ude00 \\ud83d\\ud83d\",\"choices\":[]," USAGE "}",
     DOCUMENT, ANSWER_COMPLETE, USAGE_BUCKETS},
    {"half a character before the reason to finish",
     "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\\ud83d\"}]},"
     "\"finishReason\":\"STOP\"}]}\n\n",
     NULL,
     GEMINI_STREAM,
     ANSWER_COMPLETE,
     {0}},
    {"not JSON", "<html>\"model\":\"up\"</html>", NULL, DOCUMENT, ANSWER_OPEN, {0}},
    {"an empty document", "", NULL, DOCUMENT, ANSWER_OPEN, {0}},
    {"two documents", "{}{}", NULL, DOCUMENT, ANSWER_OPEN, {0}},
    {"embeddings",
     "{\"model\":\"up\",\"usage\":{\"prompt_tokens\":8,\"total_tokens\":8}}",
     "{\"model\":\"slug\",\"usage\":{\"prompt_tokens\":8,\"total_tokens\":8}}",
     DOCUMENT,
     ANSWER_COMPLETE,
     {true, 8, 0, 0, 0, 0, 0}},
    {"an Anthropic message",
     "{\"type\":\"message\",\"model\":\"up\",\"message\":{},\"usage\":{"
     "\"input_tokens\":3,\"output_tokens\":4,\"cache_creation_input_tokens\":5}}",
     "{\"type\":\"message\",\"model\":\"slug\",\"message\":{},\"usage\":{"
     "\"input_tokens\":3,\"output_tokens\":4,\"cache_creation_input_tokens\":5}}",
     ANTHROPIC_DOCUMENT,
     ANSWER_COMPLETE,
     {true, 3, 0, 5, 0, 4, 0}},
    {"an Anthropic error",
     "{\"type\":\"error\",\"error\":{\"type\":\"x\"}}",
     NULL,
     ANTHROPIC_DOCUMENT,
     ANSWER_ERROR,
     {0}},
    {"a document that looks like a stream's end",
     "{\"type\":\"message_stop\"",
     NULL,
     ANTHROPIC_DOCUMENT,
     ANSWER_OPEN,
     {0}},
};

static void the_end_is_what_the_bytes_say(void **state)
{
    (void)state;
    CHECK_ROWS(ends);
}

static void figures_become_disjoint_buckets(void **state)
{
    static const struct {
        enum mode mode;
        const char *usage;
        struct usage buckets;
    } rows[] = {
        {DOCUMENT, "{}", {0}},
        {DOCUMENT, "null", {0}},
        {DOCUMENT, "[{\"prompt_tokens\":1}]", {0}},
        {DOCUMENT, "{\"prompt_tokens\":0,\"completion_tokens\":0}", {.seen = true}},
        {DOCUMENT,
         "{\"prompt_tokens\":5,\"completion_tokens\":3}",
         {.seen = true, .input = 5, .output = 3}},
        {DOCUMENT,
         "{\"prompt_tokens\":5,\"prompt_tokens_details\":{\"cached_tokens\":9}}",
         {.seen = true, .cache_read = 9}},
        {DOCUMENT,
         "{\"prompt_tokens\":5,\"prompt_tokens_details\":null,\"total_tokens\":7}",
         {.seen = true, .input = 5, .output = 2}},
        /* total_tokens shows that reasoning stands beside completion_tokens */
        {DOCUMENT,
         "{\"prompt_tokens\":5,\"completion_tokens\":3,\"total_tokens\":108,"
         "\"completion_tokens_details\":{\"reasoning_tokens\":100}}",
         {.seen = true, .input = 5, .output = 103, .reasoning = 100}},
        {DOCUMENT,
         "{\"prompt_tokens\":5,\"completion_tokens\":3,\"total_tokens\":8,"
         "\"completion_tokens_details\":{\"reasoning_tokens\":100}}",
         {.seen = true, .input = 5, .output = 3, .reasoning = 3}},
        {DOCUMENT,
         "{\"prompt_tokens\":5,\"completion_tokens\":3,\"total_tokens\":1}",
         {.seen = true, .input = 5, .output = 3}},
        {DOCUMENT, "{\"prompt_tokens\":-5,\"completion_tokens\":1e999999999}", {0}},
        {DOCUMENT, "{\"prompt_tokens\":\"5\",\"completion_tokens\":null}", {0}},
        {DOCUMENT, "{\"Prompt_Tokens\":5}", {0}},
        {DOCUMENT,
         "{\"prompt_tokens\":9007199254740992}",
         {.seen = true, .input = UINT64_C(9007199254740992)}},
        {ANTHROPIC_DOCUMENT,
         "{\"input_tokens\":5,\"output_tokens\":3}",
         {.seen = true, .input = 5, .output = 3}},
        {ANTHROPIC_DOCUMENT,
         "{\"cache_creation\":{\"ephemeral_5m_input_tokens\":4,\"ephemeral_1h_input_tokens\":6}}",
         {.seen = true, .cache_write = 4, .cache_write_1h = 6}},
        {ANTHROPIC_DOCUMENT,
         "{\"cache_creation_input_tokens\":5,\"cache_creation\":{\"ephemeral_1h_input_tokens\":6}}",
         {.seen = true, .cache_write_1h = 6}},
        {ANTHROPIC_DOCUMENT,
         "{\"output_tokens\":3,\"output_tokens_details\":{\"thinking_tokens\":9}}",
         {.seen = true, .output = 3, .reasoning = 3}},
        {ANTHROPIC_DOCUMENT, "{\"prompt_tokens\":5}", {0}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char input[512];
        struct row row = {.what = rows[i].usage,
                          .input = input,
                          .mode = rows[i].mode,
                          .end = ANSWER_COMPLETE,
                          .usage = rows[i].buckets};

        (void)snprintf(input, sizeof(input), "{\"usage\":%s}", rows[i].usage);
        check_every_way(&row);
    }
}

static void an_event_longer_than_the_hold_is_not_stripped_when_it_is_cut(void **state)
{
    static char input[2 * ANSWER_HOLD_BYTES];
    static struct output output;
    const struct cuts whole = {sizeof(input), 1, ANSWER_IOV_MAX};
    const struct cuts cut = {sizeof(input) - 700, sizeof(input), ANSWER_IOV_MAX};
    struct answer answer;
    int len = snprintf(input, sizeof(input), "data: {\"x\":\"%0*d\",\"choices\":[]," USAGE "}\n\n",
                       ANSWER_HOLD_BYTES + 500, 0);

    (void)state;
    answer_init(&answer, PROTOCOL_OPENAI, true, SPAN("\"slug\""));
    answer.strip_usage = true;
    feed(&answer, (struct span){input, (size_t)len}, &whole, &output);
    assert_int_equal(output.len, 0);

    answer_init(&answer, PROTOCOL_OPENAI, true, SPAN("\"slug\""));
    answer.strip_usage = true;
    feed(&answer, (struct span){input, (size_t)len}, &cut, &output);
    assert_true(span_equal((struct span){output.bytes, output.len}, span_of(input)));
    assert_int_equal(answer.usage.output, 9);
}

static void nothing_is_held_back_once_choices_hold_something(void **state)
{
    struct iovec vec[ANSWER_IOV_MAX];
    struct iov_builder out = {.vec = vec, .cap = ANSWER_IOV_MAX};
    struct span undecided = SPAN("data: {\"model\":\"up\",\"choices\":[ ");
    struct span decided = SPAN("{\"index\":0");
    struct answer answer;

    (void)state;
    answer_init(&answer, PROTOCOL_OPENAI, true, SPAN("\"slug\""));
    answer.strip_usage = true;
    answer_feed(&answer, &undecided, &out);
    assert_int_equal(out.len, 0);
    answer_feed(&answer, &decided, &out);
    assert_int_equal(out.bytes, sizeof("data: {\"model\":\"slug\",\"choices\":[ {\"index\":0") - 1);
}

static void the_entries_of_a_feed_stay_within_their_bound(void **state)
{
    struct iovec vec[ANSWER_IOV_MAX];
    char input[4096] = "";

    (void)state;
    for (size_t events = 1; events <= 20; events++) {
        struct iov_builder out = {.vec = vec, .cap = ANSWER_IOV_MAX};
        struct answer answer;
        struct span bytes;
        size_t len = strlen(input);

        (void)snprintf(input + len, sizeof(input) - len, CHUNK("\"up\"", CHOICE));
        bytes = span_of(input);
        answer_init(&answer, PROTOCOL_OPENAI, true, SPAN("\"slug\""));
        answer.strip_usage = events % 2 == 0;
        answer_feed(&answer, &bytes, &out);
        if (bytes.len == 0)
            assert_true(out.len <= 2 + 3 * events);
        else
            assert_true(out.len + 4 > ANSWER_IOV_MAX);
    }
}

static void an_open_stream_costs_two_kilobytes(void **state)
{
    (void)state;
    assert_true(sizeof(struct answer) <= 2048);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_is_what_the_bytes_say),
        cmocka_unit_test(figures_become_disjoint_buckets),
        cmocka_unit_test(an_event_longer_than_the_hold_is_not_stripped_when_it_is_cut),
        cmocka_unit_test(nothing_is_held_back_once_choices_hold_something),
        cmocka_unit_test(the_entries_of_a_feed_stay_within_their_bound),
        cmocka_unit_test(an_open_stream_costs_two_kilobytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
