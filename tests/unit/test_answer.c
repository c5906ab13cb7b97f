/* Answers of same-protocol calls: what the client gets of them, and what is known of them. */
#include "lib/protocol/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { OUTPUT_BYTES = 16384 };

struct output {
    char bytes[OUTPUT_BYTES];
    size_t len;
};

static void drain(struct iov_builder *out, struct output *output)
{
    size_t bytes = 0;

    assert_int_equal(out->err, 0);
    for (size_t i = 0; i < out->len; i++) {
        assert_true(output->len + out->vec[i].iov_len <= sizeof(output->bytes));
        memcpy(output->bytes + output->len, out->vec[i].iov_base, out->vec[i].iov_len);
        output->len += out->vec[i].iov_len;
        bytes += out->vec[i].iov_len;
    }
    assert_int_equal(out->bytes, bytes);
    out->len = 0;
    out->bytes = 0;
}

/** How an answer is fed: a first piece, then steps, into an iovec of some size. */
struct cuts {
    size_t first;
    size_t step;
    size_t entries;
};

static void feed(struct answer *answer, struct span input, const struct cuts *cuts,
                 struct output *output)
{
    struct iovec vec[ANSWER_IOV_MAX];
    struct iov_builder out = {.vec = vec, .cap = cuts->entries};
    size_t size = cuts->first;

    output->len = 0;
    while (input.len > 0) {
        char *copy;
        struct span piece;

        if (size > input.len)
            size = input.len;
        copy = malloc(size);
        assert_non_null(copy);
        memcpy(copy, input.ptr, size);
        piece = (struct span){copy, size};
        while (piece.len > 0) {
            size_t before = piece.len;

            answer_feed(answer, &piece, &out);
            assert_true(piece.len < before || out.len > 0);
            drain(&out, output);
        }
        free(copy);
        input = span_skip(input, size);
        size = cuts->step;
    }
    answer_finish(answer, &out);
    drain(&out, output);
}

enum mode { STREAM, STRIPPED_STREAM, DOCUMENT, ANTHROPIC_STREAM, ANTHROPIC_DOCUMENT };

struct row {
    const char *what;
    const char *input;
    const char *expected; /* NULL: as the input */
    enum mode mode;
    enum answer_end end;
    struct usage usage;
};

static void check_row(const struct row *row, const struct cuts *cuts)
{
    static struct output output;
    const char *expected = row->expected != NULL ? row->expected : row->input;
    struct answer answer;

    answer_init(&answer, row->mode < ANTHROPIC_STREAM ? PROTOCOL_OPENAI : PROTOCOL_ANTHROPIC,
                row->mode != DOCUMENT && row->mode != ANTHROPIC_DOCUMENT, SPAN("\"slug\""));
    answer.strip_usage = row->mode == STRIPPED_STREAM;
    feed(&answer, span_of(row->input), cuts, &output);
    if (!span_equal((struct span){output.bytes, output.len}, span_of(expected)))
        fail_msg("%s, cut at %zu then %zu, %zu entries:\n%.*s\nnot\n%s", row->what, cuts->first,
                 cuts->step, cuts->entries, (int)output.len, output.bytes, expected);
    if (answer_ended(&answer) != row->end)
        fail_msg("%s: another end than %d", row->what, (int)row->end);
    assert_int_equal(answer.usage.seen, row->usage.seen);
    assert_int_equal(answer.usage.input, row->usage.input);
    assert_int_equal(answer.usage.cache_read, row->usage.cache_read);
    assert_int_equal(answer.usage.cache_write, row->usage.cache_write);
    assert_int_equal(answer.usage.cache_write_1h, row->usage.cache_write_1h);
    assert_int_equal(answer.usage.output, row->usage.output);
    assert_int_equal(answer.usage.reasoning, row->usage.reasoning);
}

static void check_every_way(const struct row *row)
{
    size_t len = strlen(row->input);

    for (size_t entries = ANSWER_IOV_MIN; entries <= ANSWER_IOV_MAX; entries += 56) {
        for (size_t first = 1; first <= len; first++)
            check_row(row, &(struct cuts){first, len, entries});
        for (size_t step = 1; step <= len; step++)
            check_row(row, &(struct cuts){step, step, entries});
    }
}

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_every_way(&rows[i]);
}

#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof((rows)[0]))

#define CHUNK(model, rest) \
    "data: {\"id\":\"c\",\"model\":" model ",\"object\":\"chat.completion.chunk\"," rest "}\n\n"
#define CHOICE "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi \\\"\xc3\xa9\"}}]"
#define USAGE                                                                            \
    "\"usage\":{\"prompt_tokens\":20,\"completion_tokens\":9,\"total_tokens\":29,"       \
    "\"prompt_tokens_details\":{\"cached_tokens\":12,\"cache_write_tokens\":3,\"x\":1}," \
    "\"completion_tokens_details\":{\"reasoning_tokens\":4}}"
#define USAGE_BUCKETS           \
    {                           \
        true, 5, 12, 3, 0, 9, 4 \
    }
#define DONE "data: [DONE]\n\n"

static void openai_streams_carry_the_slug_and_tell_usage(void **state)
{
    static const struct row rows[] = {
        {"plain",
         CHUNK("\"up\"", CHOICE) CHUNK("\"up\"", CHOICE) DONE,
         CHUNK("\"slug\"", CHOICE) CHUNK("\"slug\"", CHOICE) DONE,
         STREAM,
         ANSWER_COMPLETE,
         {0}},
        {"usage asked for",
         CHUNK("\"up\"", CHOICE ",\"usage\":null") CHUNK("\"up\"", "\"choices\":[]," USAGE) DONE,
         CHUNK("\"slug\"", CHOICE ",\"usage\":null") CHUNK("\"slug\"", "\"choices\":[]," USAGE)
             DONE,
         STREAM, ANSWER_COMPLETE, USAGE_BUCKETS},
        {"usage not asked for",
         CHUNK("\"up\"", CHOICE ",\"usage\":null") CHUNK("\"up\"", "\"choices\":[]," USAGE) DONE,
         CHUNK("\"slug\"", CHOICE ",\"usage\":null") DONE, STRIPPED_STREAM, ANSWER_COMPLETE,
         USAGE_BUCKETS},
        {"usage before choices", "data: {" USAGE ", \"choices\" : [ ] ,\"model\":\"up\"}\n\n" DONE,
         DONE, STRIPPED_STREAM, ANSWER_COMPLETE, USAGE_BUCKETS},
        {"usage on the last choice", CHUNK("\"up\"", CHOICE "," USAGE) DONE,
         CHUNK("\"slug\"", CHOICE "," USAGE) DONE, STRIPPED_STREAM, ANSWER_COMPLETE, USAGE_BUCKETS},
        {"later figures replace earlier ones",
         CHUNK("\"m\"", CHOICE ",\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":1}")
             CHUNK("\"m\"", CHOICE ",\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}")
                 CHUNK("\"m\"", CHOICE ",\"usage\":null") DONE,
         CHUNK("\"slug\"", CHOICE ",\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":1}")
             CHUNK("\"slug\"", CHOICE ",\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}")
                 CHUNK("\"slug\"", CHOICE ",\"usage\":null") DONE,
         STRIPPED_STREAM,
         ANSWER_COMPLETE,
         {true, 5, 0, 0, 0, 2, 0}},
        {"a filter chunk without usage is kept",
         CHUNK("\"up\"", "\"choices\":[],\"prompt_filter_results\":[{}]") DONE,
         CHUNK("\"slug\"", "\"choices\":[],\"prompt_filter_results\":[{}]") DONE,
         STRIPPED_STREAM,
         ANSWER_COMPLETE,
         {0}},
        {"usage null with empty choices is kept",
         CHUNK("\"up\"", "\"choices\":[],\"usage\":null") DONE,
         CHUNK("\"slug\"", "\"choices\":[],\"usage\":null") DONE,
         STRIPPED_STREAM,
         ANSWER_COMPLETE,
         {0}},
        {"choices that are no array", CHUNK("\"up\"", "\"choices\":{}," USAGE) DONE,
         CHUNK("\"slug\"", "\"choices\":{}," USAGE) DONE, STRIPPED_STREAM, ANSWER_COMPLETE,
         USAGE_BUCKETS},
        {"nested choices and models are nobody's business",
         "data: {\"x\":{\"choices\":[],\"model\":\"up\"}," USAGE "}\n\n" DONE, NULL,
         STRIPPED_STREAM, ANSWER_COMPLETE, USAGE_BUCKETS},
    };

    (void)state;
    CHECK_ROWS(rows);
}

static const struct row framing[] = {
    {"lines end in CRLF",
     "data: {\"choices\":[{}],\"model\":\"up\"}\r\n\r\ndata: {\"choices\":[]," USAGE
     "}\r\n\r\ndata: [DONE]\r\n\r\n",
     "data: {\"choices\":[{}],\"model\":\"slug\"}\r\n\r\ndata: [DONE]\r\n\r\n", STRIPPED_STREAM,
     ANSWER_COMPLETE, USAGE_BUCKETS},
    {"lines end in CR",
     "data: {\"choices\":[{}],\"model\":\"up\"}\r\rdata: {\"choices\":[]," USAGE
     "}\r\rdata: [DONE]\r\r",
     "data: {\"choices\":[{}],\"model\":\"slug\"}\r\rdata: [DONE]\r\r", STRIPPED_STREAM,
     ANSWER_COMPLETE, USAGE_BUCKETS},
    {"comments and empty lines between events stay",
     ": one\n\n\n" CHUNK("\"up\"", "\"choices\":[]," USAGE) ": two\r\n\r\n\n" DONE ": three\n",
     ": one\n\n\n: two\r\n\r\n\n" DONE ": three\n", STRIPPED_STREAM, ANSWER_COMPLETE,
     USAGE_BUCKETS},
    {"a stripped event goes with all its fields",
     "id: 1\nevent: x\n: comment\ndata: {\"choices\":[]," USAGE "}\nretry: 5\n\n" DONE, DONE,
     STRIPPED_STREAM, ANSWER_COMPLETE, USAGE_BUCKETS},
    {"JSON over several data lines",
     "data: {\"choices\":[],\"model\":\ndata:\"up\",\ndata\ndata: \"usage\":{\"prompt_tokens\":1\n"
     "data: ,\"completion_tokens\":\ndata: 2}}\n\n",
     "data: {\"choices\":[],\"model\":\ndata:\"slug\",\ndata\ndata: "
     "\"usage\":{\"prompt_tokens\":1\ndata: ,\"completion_tokens\":\ndata: 2}}\n\n",
     STREAM,
     ANSWER_OPEN,
     {true, 1, 0, 0, 0, 2, 0}},
    {"… and stripped",
     "data: {\"choices\":[\ndata: ],\"model\":\ndata:\"up\",\"usage\":\ndata: "
     "{\"prompt_tokens\":1\ndata: ,\"completion_tokens\":\ndata: 2}}\n\n" DONE,
     DONE,
     STRIPPED_STREAM,
     ANSWER_COMPLETE,
     {true, 1, 0, 0, 0, 2, 0}},
    {"numbers do not grow together over lines",
     "data: {\"usage\":{\"prompt_tokens\":1\ndata: 2}}\n\n",
     NULL,
     STRIPPED_STREAM,
     ANSWER_OPEN,
     {true, 1, 0, 0, 0, 0, 0}},
    {"a string cannot go on behind a line's end",
     "data: {\"model\":\"u\ndata: p\",\"choices\":[]," USAGE "}\n\n" DONE,
     "data: {\"model\":\"slug\"\ndata: p\",\"choices\":[]," USAGE "}\n\n" DONE,
     STRIPPED_STREAM,
     ANSWER_COMPLETE,
     {0}},
    {"data without a blank, names that only begin like data",
     "data:{\"model\":\"up\"}\ndatax: {\"model\":\"up\"}\n\ndat: {\"model\":\"up\"}\n\n",
     "data:{\"model\":\"slug\"}\ndatax: {\"model\":\"up\"}\n\ndat: {\"model\":\"up\"}\n\n",
     STRIPPED_STREAM,
     ANSWER_OPEN,
     {0}},
    {"a byte order mark", "\xef\xbb\xbf" CHUNK("\"up\"", "\"choices\":[]," USAGE) DONE,
     "\xef\xbb\xbf" DONE, STRIPPED_STREAM, ANSWER_COMPLETE, USAGE_BUCKETS},
    {"a part of a byte order mark",
     "\xef\xbb" CHUNK("\"up\"", "\"choices\":[]") DONE,
     NULL,
     STRIPPED_STREAM,
     ANSWER_COMPLETE,
     {0}},
    {"a part of a byte order mark belongs to no event",
     "\xef\xbbx\n" CHUNK("\"up\"", "\"choices\":[]," USAGE) DONE, "\xef\xbb" DONE, STRIPPED_STREAM,
     ANSWER_COMPLETE, USAGE_BUCKETS},
    {"the last event lacks its empty line",
     CHUNK("\"up\"", CHOICE) "data: [DONE]",
     CHUNK("\"slug\"", CHOICE) "data: [DONE]",
     STRIPPED_STREAM,
     ANSWER_COMPLETE,
     {0}},
    {"a usage chunk at the very end", CHUNK("\"up\"", CHOICE) "data: {\"choices\":[]," USAGE "}",
     CHUNK("\"slug\"", CHOICE), STRIPPED_STREAM, ANSWER_OPEN, USAGE_BUCKETS},
    {"an event that is cut is passed on as it is",
     CHUNK("\"up\"", CHOICE) "data: {\"choices\":[],\"model\":\"up\"," USAGE,
     CHUNK("\"slug\"", CHOICE) "data: {\"choices\":[],\"model\":\"slug\"," USAGE, STRIPPED_STREAM,
     ANSWER_OPEN, USAGE_BUCKETS},
    {"cut inside the model",
     "data: {\"model\":\"u",
     "data: {\"model\":\"slug\"",
     STRIPPED_STREAM,
     ANSWER_OPEN,
     {0}},
    {"nothing", "", NULL, STRIPPED_STREAM, ANSWER_OPEN, {0}},
};

static void framing_of_every_kind_passes_through(void **state)
{
    (void)state;
    CHECK_ROWS(framing);
}

static const struct row replaced[] = {
    {"escapes",
     "data: {\"model\":\"a\\\"b\\\\\\u00e9\\ud83d\\ude00\"}\n\n",
     "data: {\"model\":\"slug\"}\n\n",
     STREAM,
     ANSWER_OPEN,
     {0}},
    {"empty",
     "data: {\"model\":\"\"}\n\n",
     "data: {\"model\":\"slug\"}\n\n",
     STREAM,
     ANSWER_OPEN,
     {0}},
    {"an escaped key",
     "data: {\"m\\u006fdel\" : \"up\" }\n\n",
     "data: {\"m\\u006fdel\" : \"slug\" }\n\n",
     STREAM,
     ANSWER_OPEN,
     {0}},
    {"twice",
     "data: {\"model\":\"up\",\"model\":\"up\"}\n\n",
     "data: {\"model\":\"slug\",\"model\":\"slug\"}\n\n",
     STRIPPED_STREAM,
     ANSWER_OPEN,
     {0}},
    {"no string",
     "data: {\"model\":null}\n\ndata: {\"model\":7}\n\ndata: {\"model\":{\"model\":"
     "\"up\"}}\n\ndata: {\"model\":[\"up\"]}\n\n",
     NULL,
     STREAM,
     ANSWER_OPEN,
     {0}},
    {"in a string",
     "data: {\"x\":\"\\\"model\\\":\\\"up\\\"\"}\n\n",
     NULL,
     STREAM,
     ANSWER_OPEN,
     {0}},
    {"another case", "data: {\"Model\":\"up\"}\n\n", NULL, STREAM, ANSWER_OPEN, {0}},
    {"longer than what is captured",
     "data: {\"model\":\"0123456789012345678901234567890123456789012345678901234567890123456789"
     "01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678"
     "901234567890123456789012345678901234567890\"}\n\n",
     "data: {\"model\":\"slug\"}\n\n",
     STRIPPED_STREAM,
     ANSWER_OPEN,
     {0}},
    {"what is not JSON passes",
     "data: {\"model\":\"up\",,\"model\":\"up\"}\n\ndata: hello\n\ndata: {'model':'up'}\n\n",
     "data: {\"model\":\"slug\",,\"model\":\"up\"}\n\ndata: hello\n\ndata: {'model':'up'}\n\n",
     STRIPPED_STREAM,
     ANSWER_OPEN,
     {0}},
    {"not JSON inside the model",
     "data: {\"model\":\"up\x01\x02\"}\n\ndata: {\"model\":\"up\"}\n\n",
     "data: {\"model\":\"slug\"\x01\x02\"}\n\ndata: {\"model\":\"slug\"}\n\n",
     STRIPPED_STREAM,
     ANSWER_OPEN,
     {0}},
    {"not UTF-8",
     "data: {\"x\":\"\xff\xc3\",\"model\":\"\xc3\"}\n\n",
     "data: {\"x\":\"\xff\xc3\",\"model\":\"slug\"}\n\n",
     STRIPPED_STREAM,
     ANSWER_OPEN,
     {0}},
};

static void a_model_is_replaced_whatever_it_looks_like(void **state)
{
    (void)state;
    CHECK_ROWS(replaced);
}

#define AN_START(model)                                                                     \
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\","    \
    "\"model\":\"" model "\",\"content\":[],\"usage\":{\"input_tokens\":25,"                \
    "\"cache_creation_input_tokens\":30,\"cache_read_input_tokens\":7,\"cache_creation\":{" \
    "\"ephemeral_5m_input_tokens\":10,\"ephemeral_1h_input_tokens\":20},\"output_tokens\":1}}}\n\n"
#define AN_DELTA                                                                                 \
    "event: ping\ndata: {\"type\":\"ping\"}\n\n"                                                 \
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":" \
    "{\"type\":\"text_delta\",\"text\":\"\\\"type\\\":\\\"message_stop\\\"\"}}\n\n"
#define AN_END                                                                            \
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":" \
    "\"end_turn\"},\"usage\":{\"input_tokens\":null,\"output_tokens\":15,"                \
    "\"output_tokens_details\":{\"thinking_tokens\":6}}}\n\n"
#define AN_STOP "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"

static const struct row anthropic_streams[] = {
    {"whole",
     AN_START("up") AN_DELTA AN_END AN_STOP,
     AN_START("slug") AN_DELTA AN_END AN_STOP,
     ANTHROPIC_STREAM,
     ANSWER_COMPLETE,
     {true, 25, 7, 10, 20, 15, 6}},
    {"cut before the end",
     AN_START("up") AN_DELTA,
     AN_START("slug") AN_DELTA,
     ANTHROPIC_STREAM,
     ANSWER_OPEN,
     {true, 25, 7, 10, 20, 1, 0}},
    {"an error",
     AN_DELTA "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":"
              "\"overloaded_error\",\"message\":\"x\"}}\n\n",
     NULL,
     ANTHROPIC_STREAM,
     ANSWER_ERROR,
     {0}},
    {"stop without its empty line",
     "data: {\"type\":\"message_stop\"}",
     NULL,
     ANTHROPIC_STREAM,
     ANSWER_COMPLETE,
     {0}},
    {"stop that is cut",
     "data: {\"type\":\"message_stop\"",
     NULL,
     ANTHROPIC_STREAM,
     ANSWER_OPEN,
     {0}},
    {"[DONE] is no terminator here", DONE, NULL, ANTHROPIC_STREAM, ANSWER_OPEN, {0}},
    {"message_stop elsewhere",
     "data: {\"x\":{\"type\":\"message_stop\"}}\n\n",
     NULL,
     ANTHROPIC_STREAM,
     ANSWER_OPEN,
     {0}},
};

static void anthropic_streams_carry_the_slug_and_tell_usage(void **state)
{
    (void)state;
    CHECK_ROWS(anthropic_streams);
}

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
        cmocka_unit_test(openai_streams_carry_the_slug_and_tell_usage),
        cmocka_unit_test(framing_of_every_kind_passes_through),
        cmocka_unit_test(a_model_is_replaced_whatever_it_looks_like),
        cmocka_unit_test(anthropic_streams_carry_the_slug_and_tell_usage),
        cmocka_unit_test(the_end_is_what_the_bytes_say),
        cmocka_unit_test(figures_become_disjoint_buckets),
        cmocka_unit_test(an_event_longer_than_the_hold_is_not_stripped_when_it_is_cut),
        cmocka_unit_test(nothing_is_held_back_once_choices_hold_something),
        cmocka_unit_test(the_entries_of_a_feed_stay_within_their_bound),
        cmocka_unit_test(an_open_stream_costs_two_kilobytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
