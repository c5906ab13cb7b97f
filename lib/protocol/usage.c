#include "lib/protocol/usage.h"

static uint64_t without(uint64_t whole, uint64_t part)
{
    return whole > part ? whole - part : 0;
}

static bool is_told(const struct usage_figures *figures, enum usage_figure figure)
{
    return (figures->seen >> figure & 1) != 0;
}

static struct usage from_openai(const struct usage_figures *figures)
{
    const uint64_t *values = figures->values;
    uint64_t beyond_input = without(values[USAGE_TOTAL], values[USAGE_INPUT]);
    struct usage usage = {
        .cache_read = values[USAGE_CACHE_READ],
        .cache_write = values[USAGE_CACHE_WRITE],
        .output = values[USAGE_OUTPUT],
        .reasoning = values[USAGE_REASONING],
    };

    usage.input = without(values[USAGE_INPUT],
                          values[USAGE_CACHE_READ] + values[USAGE_CACHE_WRITE]);
    if (is_told(figures, USAGE_INPUT) &&
        (!is_told(figures, USAGE_OUTPUT) || beyond_input == usage.output + usage.reasoning))
        usage.output = beyond_input;
    return usage;
}

static struct usage from_anthropic(const struct usage_figures *figures)
{
    const uint64_t *values = figures->values;
    struct usage usage = {
        .input = values[USAGE_INPUT],
        .cache_read = values[USAGE_CACHE_READ],
        .cache_write = values[USAGE_CACHE_WRITE_5M],
        .cache_write_1h = values[USAGE_CACHE_WRITE_1H],
        .output = values[USAGE_OUTPUT],
        .reasoning = values[USAGE_REASONING],
    };

    /* The sum also holds what a later message_delta tells without its split. */
    if (is_told(figures, USAGE_CACHE_WRITE))
        usage.cache_write = without(values[USAGE_CACHE_WRITE], usage.cache_write_1h);
    return usage;
}

static struct usage from_gemini(const struct usage_figures *figures)
{
    const uint64_t *values = figures->values;
    uint64_t input = values[USAGE_INPUT] + values[USAGE_TOOL_INPUT];
    uint64_t beyond_input = without(values[USAGE_TOTAL], input);
    struct usage usage = {
        .input = without(input, values[USAGE_CACHE_READ]),
        .cache_read = values[USAGE_CACHE_READ],
        .output = values[USAGE_OUTPUT] + values[USAGE_REASONING],
        .reasoning = values[USAGE_REASONING],
    };

    if (is_told(figures, USAGE_OUTPUT) && is_told(figures, USAGE_TOTAL) &&
        beyond_input == values[USAGE_OUTPUT])
        usage.output = values[USAGE_OUTPUT];
    if (!is_told(figures, USAGE_OUTPUT) && beyond_input > usage.output)
        usage.output = beyond_input;
    return usage;
}

struct usage usage_from_figures(const struct usage_figures *figures, enum wire_protocol protocol)
{
    static struct usage (*const readers[PROTOCOL_COUNT])(const struct usage_figures *figures) = {
        [PROTOCOL_OPENAI] = from_openai,
        [PROTOCOL_ANTHROPIC] = from_anthropic,
        [PROTOCOL_GEMINI] = from_gemini,
    };
    struct usage usage = readers[protocol](figures);

    usage.seen = figures->seen != 0;
    if (usage.reasoning > usage.output)
        usage.reasoning = usage.output;
    return usage;
}
