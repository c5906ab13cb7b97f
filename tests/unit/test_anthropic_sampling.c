/* Requests for Anthropic: sampling and stops. */
#include "lib/base/err.h"
#include "tests/unit/request_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* Vector 40. */
static const struct request_row sampling_is_what_the_model_takes_rows[] = {
    {PAIR(OPENAI, ANTHROPIC, NO_SAMPLING),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"temperature\":0.2,\"top_p\":0.9}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096}",
     .dropped = "temperature, top_p"},
    {PAIR(OPENAI, ANTHROPIC, OLD),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"temperature\":0.2,\"top_p\":0.9}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096,\"temperature\":0.2}",
     .dropped = "top_p"},
    {PAIR(OPENAI, ANTHROPIC, OLD),
     .body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"top_p\":0.9}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096,\"top_p\":0.9}"},
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"temperature\":0.2,\"top_p\":0.9}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096,\"temperature\":0.2,\"top_p\":0.9}"},
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"temperature\":1.7}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096,\"temperature\":1}",
     .dropped = "temperature"},
    {PAIR(ANTHROPIC, ANTHROPIC, NEW),
     .body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"top_k\":5}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096,\"top_k\":5}"},
    {PAIR(OPENAI, ANTHROPIC, BUDGET),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"temperature\":0.2,\"top_p\":0.9,\"reasoning_effort\":\"low\"}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024}}",
     .dropped = "temperature, top_p"},
    {PAIR(OPENAI, ANTHROPIC, BUDGET),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"top_p\":0.96,\"reasoning_effort\":\"low\"}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024},\"top_p\":0.96}"},
};

static void sampling_is_what_the_model_takes(void **state)
{
    CHECK_REQUESTS(sampling_is_what_the_model_takes_rows);
}

static const struct request_row penalties_are_refused_and_a_seed_is_dropped_rows[] = {
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"frequency_penalty\":0.5}",
     .err = ERR_UNTRANSLATABLE, .param = "frequency_penalty"},
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"presence_penalty\":-1}",
     .err = ERR_UNTRANSLATABLE, .param = "presence_penalty"},
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"frequency_penalty\":0.0,\"presence_penalty\":0}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096}"},
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"seed\":1}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096}",
     .dropped = "seed"},
};

static void penalties_are_refused_and_a_seed_is_dropped(void **state)
{
    CHECK_REQUESTS(penalties_are_refused_and_a_seed_is_dropped_rows);
}

/* Vector 50. */
static const struct request_row blank_stops_are_dropped_rows[] = {
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"stop\":\"END\"}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096,\"stop_sequences\":[\"END\"]}"},
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"stop\":[\"\\n\",\"END\"]}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096,\"stop_sequences\":[\"END\"]}",
     .dropped = "stop"},
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"stop\":[\"\\n\"]}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096}",
     .dropped = "stop"},
};

static void blank_stops_are_dropped(void **state)
{
    CHECK_REQUESTS(blank_stops_are_dropped_rows);
}

static const struct request_row users_and_tiers_have_their_words_rows[] = {
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"user\":\"u1\",\"service_tier\":\"default\"}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096,\"metadata\":{\"user_id\":\"u1\"},\"service_tier\":\"standard_only\"}"},
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"service_tier\":\"auto\"}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096,\"service_tier\":\"auto\"}"},
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"service_tier\":\"flex\"}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096}",
     .dropped = "service_tier"},
    {PAIR(OPENAI, ANTHROPIC, NEW),
     .body =
         "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"user\":\"uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu\"}",
     .wanted =
         "{\"model\":\"upstream-1\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"max_tokens\":4096}",
     .dropped = "user"},
};

static void users_and_tiers_have_their_words(void **state)
{
    CHECK_REQUESTS(users_and_tiers_have_their_words_rows);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_translations, close_translations)
    const struct CMUnitTest tests[] = {
        TEST(sampling_is_what_the_model_takes),
        TEST(penalties_are_refused_and_a_seed_is_dropped),
        TEST(blank_stops_are_dropped),
        TEST(users_and_tiers_have_their_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
