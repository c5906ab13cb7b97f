/* Requests for Anthropic: thinking, and how much there may be of it. */
#include "lib/base/err.h"
#include "tests/unit/request_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* Vector 41. */
static const struct request_row thinking_that_adapts_has_an_effort_rows[] = {
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"reasoning_effort\":\"none\"}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096}"},
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"reasoning_effort\":\"minimal\"}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096,\"thinking\":{\"type\":\"adaptive\"},\"output_config\":{\"effort\":\"low\"}}"},
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"reasoning_effort\":\"low\"}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096,\"thinking\":{\"type\":\"adaptive\"},\"output_config\":{\"effort\":\"low\"}}"},
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"reasoning_effort\":\"high\"}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096,\"thinking\":{\"type\":\"adaptive\"},\"output_config\":{\"effort\":\"high\"}}"},
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"reasoning_effort\":\"xhigh\"}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096,\"thinking\":{\"type\":\"adaptive\"},\"output_config\":{\"effort\":\"xhigh\"}}"},
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"reasoning_effort\":\"max\"}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096,\"thinking\":{\"type\":\"adaptive\"},\"output_config\":{\"effort\":\"max\"}}"},
};

static void thinking_that_adapts_has_an_effort(void **state)
{
    CHECK_REQUESTS(thinking_that_adapts_has_an_effort_rows);
}

/* Vector 41. */
static const struct request_row thinking_has_a_budget_below_the_ceiling_rows[] = {
    {PAIR(OPENAI, ANTHROPIC, BUDGET),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"reasoning_effort\":\"high\",\"max_tokens\":3000}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":3000,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1976}}"},
    {PAIR(OPENAI, ANTHROPIC, BUDGET),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"reasoning_effort\":\"high\",\"max_tokens\":2047}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":2047}",
     .dropped = "reasoning_effort"},
    {PAIR(OPENAI, ANTHROPIC, BUDGET),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"reasoning_effort\":\"high\",\"max_tokens\":2048}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":2048,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024}}"},
    {PAIR(OPENAI, ANTHROPIC, BUDGET),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"reasoning_effort\":\"none\"}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096}"},
    {PAIR(OPENAI, ANTHROPIC, BUDGET),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"reasoning_effort\":\"minimal\"}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024}}"},
    {PAIR(OPENAI, ANTHROPIC, BUDGET),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"reasoning_effort\":\"low\"}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024}}"},
    {PAIR(OPENAI, ANTHROPIC, BUDGET),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"reasoning_effort\":\"medium\"}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":9216,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":8192}}"},
    {PAIR(OPENAI, ANTHROPIC, BUDGET),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"reasoning_effort\":\"high\"}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":17408,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":16384}}"},
    {PAIR(OPENAI, ANTHROPIC, BUDGET),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"reasoning_effort\":\"xhigh\"}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":33024,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":32000}}"},
    {PAIR(OPENAI, ANTHROPIC, BUDGET),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"reasoning_effort\":\"max\"}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":33024,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":32000}}"},
};

static void thinking_has_a_budget_below_the_ceiling(void **state)
{
    CHECK_REQUESTS(thinking_has_a_budget_below_the_ceiling_rows);
}

static const struct request_row a_model_has_a_ceiling_rows[] = {
    {PAIR(OPENAI, ANTHROPIC, CEILING),
     .body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":8000}"},
    {PAIR(OPENAI, ANTHROPIC, CEILING),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"reasoning_effort\":\"high\"}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":8000,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":6976}}"},
    {PAIR(OPENAI, ANTHROPIC, CEILING),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"max_completion_tokens\":10}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":10}"},
};

static void a_model_has_a_ceiling(void **state)
{
    CHECK_REQUESTS(a_model_has_a_ceiling_rows);
}

static const struct request_row a_budget_that_is_given_stays_where_it_fits_rows[] = {
    {PAIR(ANTHROPIC, ANTHROPIC, BUDGET),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"max_tokens\":9000,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":5000}}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":9000,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":5000}}"},
    {PAIR(ANTHROPIC, ANTHROPIC, BUDGET),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"max_tokens\":5000,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":5000}}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":5000,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":3976}}",
     .dropped = "thinking"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"max_tokens\":9000,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":5000}}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":9000,\"thinking\":{\"type\":\"adaptive\",\"display\":\"summarized\"},\"output_config\":{\"effort\":\"medium\"}}"},
};

static void a_budget_that_is_given_stays_where_it_fits(void **state)
{
    CHECK_REQUESTS(a_budget_that_is_given_stays_where_it_fits_rows);
}

/* Vector 42. */
static const struct request_row a_budget_needs_the_thinking_before_a_call_rows[] = {
    {PAIR(OPENAI, ANTHROPIC, BUDGET),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"A\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"A\",\"content\":\"a\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],\"reasoning_effort\":\"low\"}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]},{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"A\",\"name\":\"f\",\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"A\",\"content\":[{\"type\":\"text\",\"text\":\"a\"}]}]}],\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\",\"properties\":{}}}],\"max_tokens\":4096}",
     .dropped = "reasoning_effort"},
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"A\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"A\",\"content\":\"a\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],\"reasoning_effort\":\"low\"}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]},{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"A\",\"name\":\"f\",\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"A\",\"content\":[{\"type\":\"text\",\"text\":\"a\"}]}]}],\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\",\"properties\":{}}}],\"max_tokens\":4096,\"thinking\":{\"type\":\"adaptive\"},\"output_config\":{\"effort\":\"low\"}}"},
    {PAIR(ANTHROPIC, ANTHROPIC, BUDGET),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"t\",\"signature\":\"s\"},{\"type\":\"tool_use\",\"id\":\"A\",\"name\":\"f\",\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"A\",\"content\":\"ok\"}]}],\"max_tokens\":9000,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":5000},\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}}]}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]},{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"t\",\"signature\":\"s\"},{\"type\":\"tool_use\",\"id\":\"A\",\"name\":\"f\",\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"A\",\"content\":[{\"type\":\"text\",\"text\":\"ok\"}]}]}],\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}}],\"max_tokens\":9000,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":5000}}"},
    {PAIR(ANTHROPIC, ANTHROPIC, BUDGET),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":[{\"type\":\"redacted_thinking\",\"data\":\"d\"},{\"type\":\"tool_use\",\"id\":\"A\",\"name\":\"f\",\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"A\",\"content\":\"ok\"}]}],\"max_tokens\":9000,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":5000},\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}}]}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]},{\"role\":\"assistant\",\"content\":[{\"type\":\"redacted_thinking\",\"data\":\"d\"},{\"type\":\"tool_use\",\"id\":\"A\",\"name\":\"f\",\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"A\",\"content\":[{\"type\":\"text\",\"text\":\"ok\"}]}]}],\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}}],\"max_tokens\":9000,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":5000}}"},
    {PAIR(ANTHROPIC, ANTHROPIC, BUDGET),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"t\",\"signature\":\"\"},{\"type\":\"tool_use\",\"id\":\"A\",\"name\":\"f\",\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"A\",\"content\":\"ok\"}]}],\"max_tokens\":9000,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":5000},\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}}]}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]},{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"A\",\"name\":\"f\",\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"A\",\"content\":[{\"type\":\"text\",\"text\":\"ok\"}]}]}],\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}}],\"max_tokens\":9000}",
     .dropped = "thinking"},
};

static void a_budget_needs_the_thinking_before_a_call(void **state)
{
    CHECK_REQUESTS(a_budget_needs_the_thinking_before_a_call_rows);
}

static const struct request_row a_budget_goes_with_no_forced_call_and_no_prefill_rows[] = {
    {PAIR(OPENAI, ANTHROPIC, BUDGET),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],\"tool_choice\":\"required\",\"reasoning_effort\":\"low\"}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\",\"properties\":{}}}],\"tool_choice\":{\"type\":\"any\"},\"max_tokens\":4096}",
     .dropped = "reasoning_effort"},
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],\"tool_choice\":\"required\",\"reasoning_effort\":\"low\"}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\",\"properties\":{}}}],\"tool_choice\":{\"type\":\"any\"},\"max_tokens\":4096,\"thinking\":{\"type\":\"adaptive\"},\"output_config\":{\"effort\":\"low\"}}"},
    {PAIR(OPENAI, ANTHROPIC, BUDGET),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"assistant\",\"content\":\"so\"}],\"reasoning_effort\":\"low\"}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]},{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"so\"}]}],\"max_tokens\":4096}",
     .dropped = "reasoning_effort"},
};

static void a_budget_goes_with_no_forced_call_and_no_prefill(void **state)
{
    CHECK_REQUESTS(a_budget_goes_with_no_forced_call_and_no_prefill_rows);
}

static const struct request_row a_model_without_thinking_is_not_asked_to_rows[] = {
    {PAIR(OPENAI, ANTHROPIC, PLAIN),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"reasoning_effort\":\"high\"}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096}",
     .dropped = "reasoning_effort"},
};

static void a_model_without_thinking_is_not_asked_to(void **state)
{
    CHECK_REQUESTS(a_model_without_thinking_is_not_asked_to_rows);
}

static const struct request_row thinking_can_be_shown_or_not_rows[] = {
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"max_tokens\":9,\"thinking\":{\"type\":\"adaptive\",\"display\":\"omitted\"}}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":9,\"thinking\":{\"type\":\"adaptive\",\"display\":\"omitted\"}}"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"max_tokens\":9,\"thinking\":{\"type\":\"adaptive\"}}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":9,\"thinking\":{\"type\":\"adaptive\",\"display\":\"summarized\"}}"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"max_tokens\":9,\"thinking\":{\"type\":\"disabled\"}}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":9}"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"max_tokens\":9,\"output_config\":{\"effort\":\"low\"}}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":9,\"thinking\":{\"type\":\"adaptive\"},\"output_config\":{\"effort\":\"low\"}}"},
};

static void thinking_can_be_shown_or_not(void **state)
{
    CHECK_REQUESTS(thinking_can_be_shown_or_not_rows);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_translations, close_translations)
    const struct CMUnitTest tests[] = {
        TEST(thinking_that_adapts_has_an_effort),
        TEST(thinking_has_a_budget_below_the_ceiling),
        TEST(a_model_has_a_ceiling),
        TEST(a_budget_that_is_given_stays_where_it_fits),
        TEST(a_budget_needs_the_thinking_before_a_call),
        TEST(a_budget_goes_with_no_forced_call_and_no_prefill),
        TEST(a_model_without_thinking_is_not_asked_to),
        TEST(thinking_can_be_shown_or_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
