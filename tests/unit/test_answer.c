/* Answers of same-protocol calls: what the client gets of them, and the usage they tell. */
#include "tests/unit/answer_feed.h"

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
        {"one of two choices that holds something",
         CHUNK("\"up\"", "\"choices\":[{\"x\":1}],\"choices\":[]," USAGE) DONE,
         CHUNK("\"slug\"", "\"choices\":[{\"x\":1}],\"choices\":[]," USAGE) DONE, STRIPPED_STREAM,
         ANSWER_COMPLETE, USAGE_BUCKETS},
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
     CHUNK("\"slug\"", CHOICE) "data: [DONE]\n\n",
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
     "data: {\"type\":\"message_stop\"}\n\n",
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(openai_streams_carry_the_slug_and_tell_usage),
        cmocka_unit_test(framing_of_every_kind_passes_through),
        cmocka_unit_test(a_model_is_replaced_whatever_it_looks_like),
        cmocka_unit_test(anthropic_streams_carry_the_slug_and_tell_usage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
