/* Requests for Anthropic: messages, tools and formats. */
#include "lib/base/err.h"
#include "tests/unit/request_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* Vectors 34 and 35. */
static const struct request_row results_follow_their_calls_in_order_rows[] = {
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"A\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}},{\"id\":\"B\",\"type\":\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"B\",\"content\":\"b\"},{\"role\":\"tool\",\"tool_call_id\":\"A\",\"content\":\"old\"},{\"role\":\"tool\",\"tool_call_id\":\"A\",\"content\":\"a\"},{\"role\":\"user\",\"content\":\"thanks\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]},{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"A\",\"name\":\"f\",\"input\":{\"x\":1}},{\"type\":\"tool_use\",\"id\":\"B\",\"name\":\"g\",\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"A\",\"content\":[{\"type\":\"text\",\"text\":\"a\"}]},{\"type\":\"tool_result\",\"tool_use_id\":\"B\",\"content\":[{\"type\":\"text\",\"text\":\"b\"}]},{\"type\":\"text\",\"text\":\"thanks\"}]}],\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\",\"properties\":{}}}],\"max_tokens\":4096}"},
};

static void results_follow_their_calls_in_order(void **state)
{
    CHECK_REQUESTS(results_follow_their_calls_in_order_rows);
}

/* Vectors 36 and 54. */
static const struct request_row calls_without_tools_are_text_rows[] = {
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"A\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\": \"}}]},{\"role\":\"tool\",\"tool_call_id\":\"A\",\"content\":\"new\"}]}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]},{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"[tool call f({\\\"_raw_arguments\\\":\\\"{\\\\\\\"a\\\\\\\": \\\"}) A]\"}]},{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"[tool result A] new\"}]}],\"max_tokens\":4096}"},
};

static void calls_without_tools_are_text(void **state)
{
    CHECK_REQUESTS(calls_without_tools_are_text_rows);
}

static const struct request_row a_call_and_a_result_go_together_rows[] = {
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"tool\",\"tool_call_id\":\"Z\",\"content\":\"a\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]}",
     .err = ERR_UNTRANSLATABLE, .param = "messages"},
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"A\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},{\"role\":\"user\",\"content\":\"y\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]}",
     .err = ERR_UNTRANSLATABLE, .param = "messages"},
};

static void a_call_and_a_result_go_together(void **state)
{
    CHECK_REQUESTS(a_call_and_a_result_go_together_rows);
}

/* Vectors 37 and 49. */
static const struct request_row all_system_messages_stand_first_rows[] = {
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"A\"},{\"role\":\"developer\",\"content\":[{\"type\":\"text\",\"text\":\"B\"},{\"type\":\"text\",\"text\":\"C\"}]},{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"assistant\",\"content\":\"  \"},{\"role\":\"user\",\"content\":\"y\"},{\"role\":\"system\",\"content\":\"late\"}]}",
     .wanted =
         "{\"model\":\"upstream-1\",\"system\":[{\"type\":\"text\",\"text\":\"A\"},{\"type\":\"text\",\"text\":\"B\"},{\"type\":\"text\",\"text\":\"C\"},{\"type\":\"text\",\"text\":\"late\"}],\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"},{\"type\":\"text\",\"text\":\"y\"}]}],\"max_tokens\":4096}"},
};

static void all_system_messages_stand_first(void **state)
{
    CHECK_REQUESTS(all_system_messages_stand_first_rows);
}

static const struct request_row system_messages_stay_where_the_model_takes_them_rows[] = {
    {PAIR(OPENAI, ANTHROPIC, SYSTEM_TURNS),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"A\"},{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"system\",\"content\":\"late\"},{\"role\":\"user\",\"content\":\"y\"}]}",
     .wanted =
         "{\"model\":\"upstream-1\",\"system\":[{\"type\":\"text\",\"text\":\"A\"}],\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]},{\"role\":\"system\",\"content\":[{\"type\":\"text\",\"text\":\"late\"}]},{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"y\"}]}],\"max_tokens\":4096}"},
};

static void system_messages_stay_where_the_model_takes_them(void **state)
{
    CHECK_REQUESTS(system_messages_stay_where_the_model_takes_them_rows);
}

static const struct request_row an_answer_to_be_continued_ends_without_white_space_rows[] = {
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"assistant\",\"content\":\"text \\n \"}],\"stream\":true}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]},{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"text\"}]}],\"max_tokens\":4096,\"stream\":true}"},
};

static void an_answer_to_be_continued_ends_without_white_space(void **state)
{
    CHECK_REQUESTS(an_answer_to_be_continued_ends_without_white_space_rows);
}

/* Vectors 38 and 39. */
static const struct request_row choices_are_for_tools_rows[] = {
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tool_choice\":\"none\",\"parallel_tool_calls\":false}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096}"},
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],\"tool_choice\":\"none\",\"parallel_tool_calls\":false}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\",\"properties\":{}}}],\"tool_choice\":{\"type\":\"none\"},\"max_tokens\":4096}"},
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],\"parallel_tool_calls\":false}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\",\"properties\":{}}}],\"tool_choice\":{\"type\":\"auto\",\"disable_parallel_tool_use\":true},\"max_tokens\":4096}"},
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],\"parallel_tool_calls\":true}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\",\"properties\":{}}}],\"max_tokens\":4096}"},
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],\"tool_choice\":\"required\"}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\",\"properties\":{}}}],\"tool_choice\":{\"type\":\"any\"},\"max_tokens\":4096}"},
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"f\"}}}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\",\"properties\":{}}}],\"tool_choice\":{\"type\":\"tool\",\"name\":\"f\"},\"max_tokens\":4096}"},
};

static void choices_are_for_tools(void **state)
{
    CHECK_REQUESTS(choices_are_for_tools_rows);
}

static const struct request_row only_allowed_tools_are_sent_rows[] = {
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\"}},{\"type\":\"function\",\"function\":{\"name\":\"g\",\"parameters\":{},\"description\":\"e\",\"strict\":true}}],\"tool_choice\":{\"type\":\"allowed_tools\",\"allowed_tools\":{\"mode\":\"required\",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"g\"}}]}}}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"tools\":[{\"name\":\"g\",\"description\":\"e\",\"input_schema\":{\"type\":\"object\",\"properties\":{}},\"strict\":true}],\"tool_choice\":{\"type\":\"any\"},\"max_tokens\":4096}"},
};

static void only_allowed_tools_are_sent(void **state)
{
    CHECK_REQUESTS(only_allowed_tools_are_sent_rows);
}

/* Vector 33. */
static const struct request_row foreign_ids_and_long_names_are_fitted_alike_rows[] = {
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"functions.Bash:0\",\"type\":\"function\",\"function\":{\"name\":\"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\",\"arguments\":\"{}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"functions.Bash:0\",\"content\":\"a\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\"}}],\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\"}}}", .wanted = "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]},{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"functions_Bash_0_f1f1899b\",\"name\":\"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn_5e32c24c\",\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"functions_Bash_0_f1f1899b\",\"content\":[{\"type\":\"text\",\"text\":\"a\"}]}]}],\"tools\":[{\"name\":\"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn_5e32c24c\",\"input_schema\":{\"type\":\"object\",\"properties\":{}}}],\"tool_choice\":{\"type\":\"tool\",\"name\":\"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn_5e32c24c\"},\"max_tokens\":4096}"},
};

static void foreign_ids_and_long_names_are_fitted_alike(void **state)
{
    CHECK_REQUESTS(foreign_ids_and_long_names_are_fitted_alike_rows);
}

static const struct request_row strict_tools_need_a_model_that_knows_them_rows[] = {
    {PAIR(OPENAI, ANTHROPIC, OLD),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"strict\":true}}]}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\",\"properties\":{}}}],\"max_tokens\":4096}",
     .dropped = "tools.strict"},
};

static void strict_tools_need_a_model_that_knows_them(void **state)
{
    CHECK_REQUESTS(strict_tools_need_a_model_that_knows_them_rows);
}

static const struct request_row a_format_is_native_or_a_tool_or_refused_rows[] = {
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":{\"type\":\"object\"}}}}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096,\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\"}}}}"},
    {PAIR(OPENAI, ANTHROPIC, OLD),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}}}}}}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"tools\":[{\"name\":\"json_response\",\"description\":\"Gives the answer.\",\"input_schema\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}}}}],\"tool_choice\":{\"type\":\"tool\",\"name\":\"json_response\",\"disable_parallel_tool_use\":true},\"max_tokens\":4096}"},
    {PAIR(OPENAI, ANTHROPIC, OLD),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":{\"type\":\"object\"}}},\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]}",
     .err = ERR_UNTRANSLATABLE, .param = "response_format"},
    {PAIR(OPENAI, ANTHROPIC, PLAIN),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":{\"type\":\"object\"}}}}",
     .err = ERR_UNTRANSLATABLE, .param = "response_format"},
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"response_format\":{\"type\":\"json_object\"}}",
     .err = ERR_UNTRANSLATABLE, .param = "response_format"},
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"response_format\":{\"type\":\"text\"}}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096}"},
};

static void a_format_is_native_or_a_tool_or_refused(void **state)
{
    CHECK_REQUESTS(a_format_is_native_or_a_tool_or_refused_rows);
}

/* Vector 51. */
static const struct request_row images_and_files_have_their_sources_rows[] = {
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"look\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;name=x.png;base64,AAA=\",\"detail\":\"high\"}},{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://a/b.png\"}},{\"type\":\"file\",\"file\":{\"file_data\":\"data:application/pdf;base64,AAAA\",\"filename\":\"a.pdf\"}},{\"type\":\"file\",\"file\":{\"file_data\":\"data:text/plain;base64,aGkiCsOk\",\"filename\":\"a.txt\"}}]}]}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"look\"},{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"AAA=\"}},{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"https://a/b.png\"}},{\"type\":\"document\",\"title\":\"a.pdf\",\"source\":{\"type\":\"base64\",\"media_type\":\"application/pdf\",\"data\":\"AAAA\"}},{\"type\":\"document\",\"title\":\"a.txt\",\"source\":{\"type\":\"text\",\"media_type\":\"text/plain\",\"data\":\"hi\\\"\\nä\"}}]}],\"max_tokens\":4096}",
     .dropped = "image_url.detail"},
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"file\",\"file\":{\"file_data\":\"data:text/plain;base64,/////w==\",\"filename\":\"a.txt\"}}]}]}",
     .err = ERR_UNTRANSLATABLE, .param = "messages"},
    {PAIR(OPENAI, ANTHROPIC, PLAIN),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://a/b.png\"}}]}]}",
     .err = ERR_UNTRANSLATABLE, .param = "messages"},
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AAAA\",\"format\":\"wav\"}}]}]}",
     .err = ERR_UNTRANSLATABLE, .param = "messages"},
};

static void images_and_files_have_their_sources(void **state)
{
    CHECK_REQUESTS(images_and_files_have_their_sources_rows);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_translations, close_translations)
    const struct CMUnitTest tests[] = {
        TEST(results_follow_their_calls_in_order),
        TEST(calls_without_tools_are_text),
        TEST(a_call_and_a_result_go_together),
        TEST(all_system_messages_stand_first),
        TEST(system_messages_stay_where_the_model_takes_them),
        TEST(an_answer_to_be_continued_ends_without_white_space),
        TEST(choices_are_for_tools),
        TEST(only_allowed_tools_are_sent),
        TEST(foreign_ids_and_long_names_are_fitted_alike),
        TEST(strict_tools_need_a_model_that_knows_them),
        TEST(a_format_is_native_or_a_tool_or_refused),
        TEST(images_and_files_have_their_sources),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
