/* Requests of Anthropic's clients. */
#include "lib/base/err.h"
#include "tests/unit/request_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const struct request_row
    a_conversation_is_read_as_it_stands_rows[] =
        {
            {PAIR(ANTHROPIC, ANTHROPIC, NEW),
             .body =
                 "{\"model\":\"m\",\"max_tokens\":100,\"system\":[{\"type\":\"text\",\"text\":\"S\",\"cache_control\":{\"type\":\"ephemeral\"}}],\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"t\",\"signature\":\"sig\"},{\"type\":\"redacted_thinking\",\"data\":\"d\"},{\"type\":\"text\",\"text\":\"T\"},{\"type\":\"tool_use\",\"id\":\"A\",\"name\":\"f\",\"input\":{\"x\":1e2}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"A\",\"is_error\":true,\"content\":[{\"type\":\"text\",\"text\":\"r\"},{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/jpg\",\"data\":\"AA AA\"}}]},{\"type\":\"text\",\"text\":\"go\",\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}}]}],\"tools\":[{\"type\":\"custom\",\"name\":\"f\",\"description\":\"d\",\"strict\":true,\"input_schema\":{\"type\":\"object\",\"properties\":{\"a\":{\"const\":1.0}}},\"cache_control\":{\"type\":\"ephemeral\"}}],\"tool_choice\":{\"type\":\"any\",\"disable_parallel_tool_use\":true},\"metadata\":{\"user_id\":\"u\"},\"stop_sequences\":[\"a\"],\"stream\":true}",
             .wanted = "{\"model\":\"upstream-1\",\"system\":[{\"type\":\"text\",\"text\":\"S\",\"cache_control\":{\"type\":\"ephemeral\"}}],\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]},{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"t\",\"signature\":\"sig\"},{\"type\":\"redacted_thinking\",\"data\":\"d\"},{\"type\":\"text\",\"text\":\"T\"},{\"type\":\"tool_use\",\"id\":\"A\",\"name\":\"f\",\"input\":{\"x\":1e2}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"A\",\"content\":[{\"type\":\"text\",\"text\":\"r\"},{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/jpeg\",\"data\":\"AAAA\"}}],\"is_error\":true},{\"type\":\"text\",\"text\":\"go\",\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}}]}],\"tools\":[{\"name\":\"f\",\"description\":\"d\",\"input_schema\":{\"type\":\"object\",\"properties\":{\"a\":{\"const\":1.0}}},\"strict\":true,\"cache_control\":{\"type\":\"ephemeral\"}}],\"tool_choice\":{\"type\":\"any\",\"disable_parallel_tool_use\":true},\"max_tokens\":100,\"stop_sequences\":[\"a\"],\"metadata\":{\"user_id\":\"u\"},\"stream\":true}"},
};

static void a_conversation_is_read_as_it_stands(void **state)
{
    CHECK_REQUESTS(a_conversation_is_read_as_it_stands_rows);
}

static const struct request_row system_may_be_a_string_or_stand_in_the_middle_rows[] = {
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"system\":\"S\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"system\",\"content\":\"late\"},{\"role\":\"user\",\"content\":\"y\"}]}",
     .wanted =
         "{\"model\":\"upstream-1\",\"system\":[{\"type\":\"text\",\"text\":\"S\"},{\"type\":\"text\",\"text\":\"late\"}],\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"},{\"type\":\"text\",\"text\":\"y\"}]}],\"max_tokens\":4096}"},
    {PAIR(ANTHROPIC, ANTHROPIC, SYSTEM_TURNS),
     .body =
         "{\"model\":\"m\",\"system\":\"S\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"system\",\"content\":\"late\"},{\"role\":\"user\",\"content\":\"y\"}]}",
     .wanted =
         "{\"model\":\"upstream-1\",\"system\":[{\"type\":\"text\",\"text\":\"S\"}],\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]},{\"role\":\"system\",\"content\":[{\"type\":\"text\",\"text\":\"late\"}]},{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"y\"}]}],\"max_tokens\":4096}"},
};

static void system_may_be_a_string_or_stand_in_the_middle(void **state)
{
    CHECK_REQUESTS(system_may_be_a_string_or_stand_in_the_middle_rows);
}

static const struct request_row documents_and_search_results_are_content_rows[] = {
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"document\",\"title\":\"T\",\"context\":\"c\",\"citations\":{\"enabled\":true},\"source\":{\"type\":\"text\",\"media_type\":\"text/plain\",\"data\":\"d\"}},{\"type\":\"document\",\"source\":{\"type\":\"url\",\"url\":\"https://x/y.pdf\"}},{\"type\":\"document\",\"source\":{\"type\":\"base64\",\"media_type\":\"application/pdf\",\"data\":\"AAAA\"}},{\"type\":\"search_result\",\"title\":\"a\",\"source\":\"b\",\"content\":[{\"type\":\"text\",\"text\":\"c\"}]},{\"type\":\"document\",\"source\":{\"type\":\"content\",\"content\":[{\"type\":\"text\",\"text\":\"p\"},{\"type\":\"text\",\"text\":\"q\"}]}},{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"https://x/y.png\"}}]}]}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"document\",\"title\":\"T\",\"source\":{\"type\":\"text\",\"media_type\":\"text/plain\",\"data\":\"d\"}},{\"type\":\"document\",\"source\":{\"type\":\"url\",\"url\":\"https://x/y.pdf\"}},{\"type\":\"document\",\"source\":{\"type\":\"base64\",\"media_type\":\"application/pdf\",\"data\":\"AAAA\"}},{\"type\":\"text\",\"text\":\"a\\nb\\nc\"},{\"type\":\"document\",\"source\":{\"type\":\"text\",\"media_type\":\"text/plain\",\"data\":\"p\\nq\"}},{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"https://x/y.png\"}}]}],\"max_tokens\":4096}",
     .dropped = "messages[].content[].context, messages[].content[].citations"},
};

static void documents_and_search_results_are_content(void **state)
{
    CHECK_REQUESTS(documents_and_search_results_are_content_rows);
}

static const struct request_row a_cache_point_of_the_request_stands_behind_its_last_block_rows[] = {
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"cache_control\":{\"type\":\"ephemeral\"}}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\",\"cache_control\":{\"type\":\"ephemeral\"}}]}],\"max_tokens\":4096}"},
};

static void a_cache_point_of_the_request_stands_behind_its_last_block(void **state)
{
    CHECK_REQUESTS(a_cache_point_of_the_request_stands_behind_its_last_block_rows);
}

static const struct request_row formats_and_tiers_are_read_rows[] = {
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"output_config\":{\"effort\":\"max\",\"format\":{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\"}}},\"service_tier\":\"standard_only\",\"thinking\":{\"type\":\"adaptive\"}}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096,\"thinking\":{\"type\":\"adaptive\",\"display\":\"summarized\"},\"output_config\":{\"effort\":\"max\",\"format\":{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\"}}},\"service_tier\":\"standard_only\"}"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"output_format\":{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\"}},\"service_tier\":\"auto\"}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096,\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\"}}},\"service_tier\":\"auto\"}"},
};

static void formats_and_tiers_are_read(void **state)
{
    CHECK_REQUESTS(formats_and_tiers_are_read_rows);
}

static const struct request_row gemini_signatures_are_no_thinking_of_anthropic_rows[] = {
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"ge1.abc\"},{\"type\":\"tool_use\",\"id\":\"A\",\"name\":\"f\",\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"A\",\"content\":\"ok\"}]}],\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}}]}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]},{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"A\",\"name\":\"f\",\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"A\",\"content\":[{\"type\":\"text\",\"text\":\"ok\"}]}]}],\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}}],\"max_tokens\":4096}"},
    {PAIR(ANTHROPIC, OPENAI, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"ge1.abc\"},{\"type\":\"tool_use\",\"id\":\"A\",\"name\":\"f\",\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"A\",\"content\":\"ok\"}]}],\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}}]}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"type\":\"function\",\"id\":\"A\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"A\",\"content\":\"ok\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\",\"properties\":{}}}}]}"},
};

static void gemini_signatures_are_no_thinking_of_anthropic(void **state)
{
    CHECK_REQUESTS(gemini_signatures_are_no_thinking_of_anthropic_rows);
}

static const struct request_row unknown_fields_are_dropped_by_name_rows[] = {
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"context_management\":{},\"speed\":\"fast\",\"container\":null,\"mcp_servers\":[],\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"},\"input_examples\":[1],\"defer_loading\":true}]}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}}],\"max_tokens\":4096}",
     .dropped = "context_management, speed, tools.input_examples, tools.defer_loading"},
    /* A name that is cut says nothing of those behind it. */
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\":1,\"speed\":\"fast\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096}",
     .dropped = "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn, speed"},
};

static void unknown_fields_are_dropped_by_name(void **state)
{
    CHECK_REQUESTS(unknown_fields_are_dropped_by_name_rows);
}

static const struct request_row what_cannot_be_said_is_refused_by_its_place_rows[] = {
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"file\",\"file_id\":\"f\"}}]}]}",
     .err = ERR_UNTRANSLATABLE, .param = "messages[0].content[0].source.type"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"server_tool_use\"}]}]}",
     .err = ERR_UNTRANSLATABLE, .param = "messages[0].content[1].type"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"t\"}]}]}",
     .err = ERR_UNTRANSLATABLE, .param = "messages[0].content[0].type"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body = "{\"model\":\"m\",\"messages\":[{\"role\":\"bot\",\"content\":\"x\"}]}",
     .err = ERR_INVALID, .param = "messages[0].role"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\"}]}", .err = ERR_INVALID,
     .param = "messages[0].content"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\"}]}]}",
     .err = ERR_INVALID, .param = "messages[0].content[0].text"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"u\"}}]}]}",
     .err = ERR_UNTRANSLATABLE, .param = "messages[0].content[0].type"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"name\":\"f\",\"input\":{}}]}]}",
     .err = ERR_INVALID, .param = "messages[0].content[0].id"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"A\",\"input\":{}}]}]}",
     .err = ERR_INVALID, .param = "messages[0].content[0].name"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"A\",\"name\":\"f\",\"input\":[]}]}]}",
     .err = ERR_INVALID, .param = "messages[0].content[0].input"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"content\":\"x\"}]}]}",
     .err = ERR_INVALID, .param = "messages[0].content[0].tool_use_id"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"A\",\"content\":[{\"type\":\"tool_result\"}]}]}]}",
     .err = ERR_UNTRANSLATABLE, .param = "messages[0].content[0].content[0].type"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"?\"}}]}]}",
     .err = ERR_INVALID, .param = "messages[0].content[0].source.data"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[{\"type\":\"web_search_20260318\",\"name\":\"web_search\"}]}",
     .err = ERR_UNTRANSLATABLE, .param = "tools[0].type"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[{\"input_schema\":{}}]}",
     .err = ERR_INVALID, .param = "tools[0].name"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[{\"name\":\"f\",\"input_schema\":[]}]}",
     .err = ERR_INVALID, .param = "tools[0].input_schema"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":{}}",
     .err = ERR_INVALID, .param = "tools"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tool_choice\":{\"type\":\"some\"}}",
     .err = ERR_INVALID, .param = "tool_choice.type"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tool_choice\":{\"type\":\"tool\"}}",
     .err = ERR_INVALID, .param = "tool_choice.name"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"max_tokens\":0}",
     .err = ERR_UNTRANSLATABLE, .param = "max_tokens"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"max_tokens\":\"1\"}",
     .err = ERR_INVALID, .param = "max_tokens"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"temperature\":\"1\"}",
     .err = ERR_INVALID, .param = "temperature"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"stream\":1}",
     .err = ERR_INVALID, .param = "stream"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"stop_sequences\":\"a\"}",
     .err = ERR_INVALID, .param = "stop_sequences"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"stop_sequences\":[1]}",
     .err = ERR_INVALID, .param = "stop_sequences"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"thinking\":{\"type\":\"deep\"}}",
     .err = ERR_INVALID, .param = "thinking.type"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"thinking\":{\"type\":\"enabled\"}}",
     .err = ERR_INVALID, .param = "thinking.budget_tokens"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"output_config\":{\"effort\":\"huge\"}}",
     .err = ERR_INVALID, .param = "output_config.effort"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"output_config\":{\"format\":{\"type\":\"xml\"}}}",
     .err = ERR_INVALID, .param = "output_config.format.type"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"output_format\":{\"type\":\"json_schema\"}}",
     .err = ERR_INVALID, .param = "output_format.schema"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"service_tier\":\"gold\"}",
     .err = ERR_INVALID, .param = "service_tier"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"mcp_servers\":[{}]}",
     .err = ERR_UNTRANSLATABLE, .param = "mcp_servers"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW), .body = "{\"model\":\"m\"}", .err = ERR_INVALID,
     .param = "messages"},
};

static void what_cannot_be_said_is_refused_by_its_place(void **state)
{
    CHECK_REQUESTS(what_cannot_be_said_is_refused_by_its_place_rows);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_translations, close_translations)
    const struct CMUnitTest tests[] = {
        TEST(a_conversation_is_read_as_it_stands),
        TEST(system_may_be_a_string_or_stand_in_the_middle),
        TEST(documents_and_search_results_are_content),
        TEST(a_cache_point_of_the_request_stands_behind_its_last_block),
        TEST(formats_and_tiers_are_read),
        TEST(gemini_signatures_are_no_thinking_of_anthropic),
        TEST(unknown_fields_are_dropped_by_name),
        TEST(what_cannot_be_said_is_refused_by_its_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
