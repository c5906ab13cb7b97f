/* Gemini's answers of same-protocol calls: the slug in `modelVersion`, usage, and how they end. */
#include "tests/unit/answer_feed.h"

#define PART   "\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hi \\\"\"}],\"role\":\"model\"}"
#define TEXT   PART ",\"index\":0}]"
#define FINISH PART ",\"finishReason\":\"STOP\",\"index\":0}]"
#define COUNTS                                                                                   \
    "\"usageMetadata\":{\"promptTokenCount\":20,\"candidatesTokenCount\":5,\"totalTokenCount\":" \
    "37,\"cachedContentTokenCount\":12,\"thoughtsTokenCount\":9,\"toolUsePromptTokenCount\":3,"  \
    "\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":20}]}"
#define COUNTED                   \
    {                             \
        true, 11, 12, 0, 0, 14, 9 \
    }
#define MODEL(name) ",\"modelVersion\":\"" name "\",\"responseId\":\"r\"}"
#define EVENT(data) "data: {" data "\r\n\r\n"
#define BLOCKED     "\"promptFeedback\":{\"blockReason\":\"SAFETY\"}"
#define FAILURE     "\"error\":{\"code\":503,\"message\":\"m\",\"status\":\"UNAVAILABLE\"}}"

static void streams_carry_the_slug_and_tell_usage(void **state)
{
    static const struct row rows[] = {
        {"plain", EVENT(TEXT MODEL("up")) EVENT(FINISH "," COUNTS MODEL("up")),
         EVENT(TEXT MODEL("slug")) EVENT(FINISH "," COUNTS MODEL("slug")), GEMINI_STREAM,
         ANSWER_COMPLETE, COUNTED},
        {"usage behind the reason",
         EVENT(FINISH MODEL("up")) EVENT("\"candidates\":[]," COUNTS MODEL("up")),
         EVENT(FINISH MODEL("slug")) EVENT("\"candidates\":[]," COUNTS MODEL("slug")),
         GEMINI_STREAM, ANSWER_COMPLETE, COUNTED},
        {"a model's name that stands elsewhere",
         EVENT("\"candidates\":[{\"modelVersion\":\"up\",\"finishReason\":\"STOP\"}]}"),
         NULL,
         GEMINI_STREAM,
         ANSWER_COMPLETE,
         {0}},
        {"a blocked prompt",
         EVENT(BLOCKED MODEL("up")),
         EVENT(BLOCKED MODEL("slug")),
         GEMINI_STREAM,
         ANSWER_COMPLETE,
         {0}},
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void a_stream_is_whole_when_its_reason_to_finish_was_told(void **state)
{
    static const struct row rows[] = {
        {"cut between events", EVENT(TEXT "}"), NULL, GEMINI_STREAM, ANSWER_OPEN, {0}},
        {"no reason yet",
         EVENT(PART ",\"finishReason\":null}]}")
             EVENT("\"promptFeedback\":{\"blockReason\":\"\"}}"),
         NULL,
         GEMINI_STREAM,
         ANSWER_OPEN,
         {0}},
        {"cut in the event behind it",
         EVENT(FINISH "}") "data: {\"usageMetadata\":{\"promptTok",
         NULL,
         GEMINI_STREAM,
         ANSWER_OPEN,
         {0}},
        {"its last empty line is missing",
         "data: {" FINISH "}\r\n",
         "data: {" FINISH "}\r\n\n\n",
         GEMINI_STREAM,
         ANSWER_COMPLETE,
         {0}},
        {"its last line's end is missing",
         "data: {" FINISH "}",
         "data: {" FINISH "}\n\n",
         GEMINI_STREAM,
         ANSWER_COMPLETE,
         {0}},
        {"a comment behind it",
         EVENT(FINISH "}") ": bye\n",
         NULL,
         GEMINI_STREAM,
         ANSWER_COMPLETE,
         {0}},
        {"an error", EVENT(TEXT "}") EVENT(FAILURE), NULL, GEMINI_STREAM, ANSWER_ERROR, {0}},
        {"a reason that is text",
         EVENT("\"candidates\":[{\"content\":{\"finishReason\":\"STOP\"}}]}"),
         NULL,
         GEMINI_STREAM,
         ANSWER_OPEN,
         {0}},
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void documents_carry_the_slug_and_tell_usage(void **state)
{
    static const struct row rows[] = {
        {"plain", "{" FINISH "," COUNTS MODEL("up"), "{" FINISH "," COUNTS MODEL("slug"),
         GEMINI_DOCUMENT, ANSWER_COMPLETE, COUNTED},
        {"counted tokens", "{\"totalTokens\":7}", NULL, GEMINI_DOCUMENT, ANSWER_COMPLETE, {0}},
        {"an error", "{" FAILURE, NULL, GEMINI_DOCUMENT, ANSWER_ERROR, {0}},
        {"an error in an array", "[{" FAILURE "]", NULL, GEMINI_DOCUMENT, ANSWER_ERROR, {0}},
    };

    (void)state;
    CHECK_ROWS(rows);
}

static void a_stream_may_be_one_array(void **state)
{
    static const struct row rows[] = {
        {"plain", "[{" TEXT MODEL("up") ",\r\n{" FINISH "," COUNTS MODEL("up") "]",
         "[{" TEXT MODEL("slug") ",\r\n{" FINISH "," COUNTS MODEL("slug") "]", GEMINI_DOCUMENT,
         ANSWER_COMPLETE, COUNTED},
        {"cut", "[{" TEXT "},\r\n{" FINISH "}", NULL, GEMINI_DOCUMENT, ANSWER_OPEN, {0}},
        {"closed without a reason", "[{" TEXT "}]", NULL, GEMINI_DOCUMENT, ANSWER_OPEN, {0}},
        {"blocked", "[{" BLOCKED "}]", NULL, GEMINI_DOCUMENT, ANSWER_COMPLETE, {0}},
        {"an error in its middle",
         "[{" TEXT "},\r\n{" FAILURE "]",
         NULL,
         GEMINI_DOCUMENT,
         ANSWER_ERROR,
         {0}},
        {"arrays in arrays are nobody's business",
         "[[{\"modelVersion\":\"up\",\"error\":{}}]]",
         NULL,
         GEMINI_DOCUMENT,
         ANSWER_OPEN,
         {0}},
    };

    (void)state;
    CHECK_ROWS(rows);
}

/* Vector 19. */
static void thoughts_are_counted_once(void **state)
{
    static const struct row rows[] = {
        {"beside the candidates",
         "{\"usageMetadata\":{\"promptTokenCount\":20,\"candidatesTokenCount\":151,"
         "\"thoughtsTokenCount\":382,\"totalTokenCount\":553}}",
         NULL,
         GEMINI_DOCUMENT,
         ANSWER_COMPLETE,
         {true, 20, 0, 0, 0, 533, 382}},
        {"among the candidates",
         "{\"usageMetadata\":{\"promptTokenCount\":20,\"candidatesTokenCount\":533,"
         "\"thoughtsTokenCount\":382,\"totalTokenCount\":553}}",
         NULL,
         GEMINI_DOCUMENT,
         ANSWER_COMPLETE,
         {true, 20, 0, 0, 0, 533, 382}},
        {"without candidates",
         "{\"usageMetadata\":{\"promptTokenCount\":20,\"thoughtsTokenCount\":382,"
         "\"totalTokenCount\":402}}",
         NULL,
         GEMINI_DOCUMENT,
         ANSWER_COMPLETE,
         {true, 20, 0, 0, 0, 382, 382}},
        {"only in the total",
         "{\"usageMetadata\":{\"promptTokenCount\":20,\"totalTokenCount\":30}}",
         NULL,
         GEMINI_DOCUMENT,
         ANSWER_COMPLETE,
         {true, 20, 0, 0, 0, 10, 0}},
    };

    (void)state;
    CHECK_ROWS(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_carry_the_slug_and_tell_usage),
        cmocka_unit_test(a_stream_is_whole_when_its_reason_to_finish_was_told),
        cmocka_unit_test(documents_carry_the_slug_and_tell_usage),
        cmocka_unit_test(a_stream_may_be_one_array),
        cmocka_unit_test(thoughts_are_counted_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
