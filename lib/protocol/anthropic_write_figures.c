/* A request for a provider: how much it may answer, how it thinks, and how it draws its words. */
#include "lib/base/err.h"
#include "lib/protocol/anthropic_inner.h"
#include "lib/protocol/hub_fields.h"
#include "lib/protocol/hub_text.h"

enum {
    MAX_TOKENS_DEFAULT = 4096,
    BUDGET_MIN = 1024,
    ANSWER_TOKENS_MIN = 1024, /* beside the budget, of what the answer may hold */
};

/** What is sent. */
struct figures {
    uint64_t max_tokens;
    uint64_t budget; /* 0: no thinking in this mode */
    bool is_adaptive;
};

/* --- thinking --------------------------------------------------------------------------------- */

static bool wants_thinking(const struct hub_reasoning *reasoning)
{
    if (reasoning->effort == HUB_EFFORT_NONE)
        return false;
    return reasoning->effort != HUB_EFFORT_UNSET || reasoning->has_budget || reasoning->is_adaptive;
}

/**
 * With a budget the last answer must begin with its thinking when it called tools, and nothing of
 * it can be made up. Thinking that adapts leaves it to the model whether it thinks.
 */
static bool allows_budget(const struct hub_request *request)
{
    const struct hub_message *turn = NULL;

    if (request->choice == HUB_CHOICE_REQUIRED || request->choice == HUB_CHOICE_NAMED ||
        request->json_tool)
        return false;
    for (const struct hub_message *each = request->first; each != NULL; each = each->next) {
        if (each->role == HUB_ASSISTANT)
            turn = each;
    }
    if (turn == NULL)
        return true;
    if (turn == request->last)
        return false;
    if (turn->blocks.first->kind == HUB_REASONING || turn->blocks.first->kind == HUB_REDACTED)
        return true;
    for (const struct hub_block *block = turn->blocks.first; block != NULL; block = block->next) {
        if (block->kind == HUB_TOOL_CALL)
            return false;
    }
    return true;
}

static uint64_t wanted_budget(const struct hub_reasoning *reasoning)
{
    static const uint64_t budgets[HUB_EFFORT_COUNT] = {
        [HUB_EFFORT_UNSET] = 8192,  [HUB_EFFORT_MINIMAL] = 1024, [HUB_EFFORT_LOW] = 1024,
        [HUB_EFFORT_MEDIUM] = 8192, [HUB_EFFORT_HIGH] = 16384,   [HUB_EFFORT_XHIGH] = 32000,
        [HUB_EFFORT_MAX] = 32000,
    };

    if (!reasoning->has_budget)
        return budgets[reasoning->effort];
    return reasoning->budget < BUDGET_MIN ? BUDGET_MIN : reasoning->budget;
}

/** The answer's ceiling is raised for the budget only where the client named none. */
static void fit_budget(const struct anthropic_writing *writing, struct figures *figures)
{
    uint64_t ceiling = writing->target->max_output_tokens;
    uint64_t budget = wanted_budget(&writing->request->reasoning);

    if (writing->request->has_max_tokens)
        ceiling = figures->max_tokens;
    if (ceiling != 0 && ceiling < BUDGET_MIN + ANSWER_TOKENS_MIN)
        return;
    if (ceiling != 0 && budget > ceiling - ANSWER_TOKENS_MIN)
        budget = ceiling - ANSWER_TOKENS_MIN;
    figures->budget = budget;
    if (figures->max_tokens < budget + ANSWER_TOKENS_MIN)
        figures->max_tokens = budget + ANSWER_TOKENS_MIN;
}

static int choose(const struct anthropic_writing *writing, struct figures *figures)
{
    const struct hub_reasoning *reasoning = &writing->request->reasoning;
    uint8_t thinking = writing->target->traits.thinking;

    if (!wants_thinking(reasoning))
        return 0;
    if (thinking == THINKING_BUDGET && allows_budget(writing->request))
        fit_budget(writing, figures);
    figures->is_adaptive = thinking != THINKING_BUDGET && thinking != THINKING_NONE;
    if (figures->budget == 0 && !figures->is_adaptive)
        return hub_drop_field(writing->notes, HUB_FIELD_REASONING);
    if (reasoning->has_budget && figures->budget != 0 && figures->budget != reasoning->budget)
        return hub_drop_field(writing->notes, HUB_FIELD_REASONING);
    return 0;
}

static void write_thinking(const struct anthropic_writing *writing, const struct figures *figures)
{
    struct text *out = writing->out;
    uint8_t shown = writing->request->reasoning.shown;

    if (figures->budget != 0) {
        text_add(out, SPAN(",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":"));
        text_add_unsigned(out, figures->budget);
    } else if (figures->is_adaptive) {
        text_add(out, SPAN(",\"thinking\":{\"type\":\"adaptive\""));
    } else {
        return;
    }
    if (shown != HUB_UNSET && figures->is_adaptive)
        anthropic_add_string(out, SPAN("display"),
                             shown == HUB_YES ? SPAN("summarized") : SPAN("omitted"));
    text_add_char(out, '}');
}

/** The lowest effort that can be asked for is `low`. */
static struct span effort_word(const struct anthropic_writing *writing,
                               const struct figures *figures)
{
    enum hub_effort effort = (enum hub_effort)writing->request->reasoning.effort;

    if (!figures->is_adaptive)
        return SPAN("");
    return hub_effort_word(effort == HUB_EFFORT_MINIMAL ? HUB_EFFORT_LOW : effort);
}

static void write_output_config(const struct anthropic_writing *writing,
                                const struct figures *figures)
{
    const struct hub_request *request = writing->request;
    struct span effort = effort_word(writing, figures);
    bool has_format = request->format == HUB_FORMAT_SCHEMA && !request->json_tool;
    struct text *out = writing->out;

    if (effort.len == 0 && !has_format)
        return;
    text_add(out, SPAN(",\"output_config\":{"));
    if (effort.len > 0) {
        text_add(out, SPAN("\"effort\":\""));
        text_add(out, effort);
        text_add_char(out, '"');
    }
    if (has_format) {
        if (effort.len > 0)
            text_add_char(out, ',');
        text_add(out, SPAN("\"format\":{\"type\":\"json_schema\",\"schema\":"));
        text_add(out, request->format_schema.len > 0 ? request->format_schema
                                                     : SPAN("{\"type\":\"object\"}"));
        text_add_char(out, '}');
    }
    text_add_char(out, '}');
}

/* --- sampling --------------------------------------------------------------------------------- */

static void write_temperature(const struct anthropic_writing *writing, bool is_taken)
{
    struct span temperature = writing->request->temperature;
    double value;

    if (temperature.len == 0)
        return;
    if (!is_taken) {
        (void)hub_drop_field(writing->notes, HUB_FIELD_TEMPERATURE);
        return;
    }
    if (hub_number(temperature, &value) && value > 1.0) {
        (void)hub_drop_field(writing->notes, HUB_FIELD_TEMPERATURE);
        temperature = SPAN("1");
    }
    anthropic_add_value(writing->out, SPAN("temperature"), temperature);
}

static void write_number(const struct anthropic_writing *writing, enum hub_field field,
                         struct span name, struct span number)
{
    if (number.len == 0)
        return;
    if (name.len == 0)
        (void)hub_drop_field(writing->notes, field);
    else
        anthropic_add_value(writing->out, name, number);
}

/** Thinking takes no temperature, no top_k, and top_p only near 1. */
static void write_sampling(const struct anthropic_writing *writing, bool is_thinking)
{
    const struct hub_request *request = writing->request;
    uint8_t sampling = writing->target->traits.sampling;
    bool is_free = sampling != SAMPLING_NONE && !is_thinking;
    bool has_top_p = sampling != SAMPLING_NONE &&
                     (sampling != SAMPLING_ONE || request->temperature.len == 0);
    double top_p;

    if (is_thinking)
        has_top_p = has_top_p && hub_number(request->top_p, &top_p) && top_p >= 0.95;
    write_temperature(writing, is_free);
    write_number(writing, HUB_FIELD_TOP_P, has_top_p ? SPAN("top_p") : SPAN(""), request->top_p);
    write_number(writing, HUB_FIELD_TOP_K, is_free ? SPAN("top_k") : SPAN(""), request->top_k);
}

int anthropic_write_figures(struct anthropic_writing *writing)
{
    const struct hub_request *request = writing->request;
    uint64_t most = writing->target->max_output_tokens;
    struct figures figures = {.max_tokens = most != 0 ? most : MAX_TOKENS_DEFAULT};
    int err;

    if (request->has_max_tokens)
        figures.max_tokens = request->max_tokens;
    err = choose(writing, &figures);
    if (err != 0)
        return err;
    text_add(writing->out, SPAN(",\"max_tokens\":"));
    text_add_unsigned(writing->out, figures.max_tokens);
    write_thinking(writing, &figures);
    write_output_config(writing, &figures);
    write_sampling(writing, figures.budget != 0 || figures.is_adaptive);
    return writing->notes->err;
}
