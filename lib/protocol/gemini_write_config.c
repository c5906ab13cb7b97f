#include "lib/protocol/gemini_write_config.h"

#include "lib/base/err.h"
#include "lib/protocol/gemini_schema.h"
#include "lib/protocol/hub_fields.h"
#include "lib/protocol/hub_text.h"

struct config {
    struct region *memory;
    const struct hub_request *request;
    const struct codec_target *target;
    struct hub_notes *notes;
    struct text *out;
    bool is_begun; /* a member of generationConfig has been written */
};

static void add_string(struct text *out, struct span name, struct span raw)
{
    text_add(out, name);
    text_add_char(out, '"');
    text_add(out, raw);
    text_add_char(out, '"');
}

/* --- schemas ---------------------------------------------------------------------------------- */

static int read_schema(struct config *to, struct span schema, const struct json_node **out)
{
    return json_tape_read(to->memory, schema, JSON_DEPTH_MAX, UINT32_MAX, out);
}

/* @param fields  whose schema is refused when Gemini's own form cannot say it */
static int write_schema(struct config *to, const struct json_node *schema, enum hub_field field)
{
    int err = 0;

    if (to->target->traits.json_schemas)
        text_add(to->out, schema->raw);
    else
        err = gemini_schema_write(schema, to->out);
    if (err == ERR_UNTRANSLATABLE)
        return hub_refuse_field(to->notes, field,
                                SPAN("A schema nests too deeply, or refers to itself too often."));
    return err;
}

/* --- tools ------------------------------------------------------------------------------------ */

/* A function without parameters has no schema: the API refuses an empty one. */
static int write_parameters(struct config *to, const struct hub_tool *tool)
{
    const struct json_node *schema;
    size_t mark = region_mark(to->memory);
    int err;

    if (tool->schema.len == 0)
        return 0;
    err = read_schema(to, tool->schema, &schema);
    if (err != 0)
        return err;
    if (!gemini_schema_is_empty(schema)) {
        text_add(to->out, to->target->traits.json_schemas ? SPAN(",\"parametersJsonSchema\":")
                                                          : SPAN(",\"parameters\":"));
        err = write_schema(to, schema, HUB_FIELD_TOOLS);
    }
    region_cut(to->memory, mark);
    return err;
}

static int note_lost(struct config *to, const struct hub_tool *tool)
{
    int err = 0;

    if (tool->strict == HUB_YES)
        err = hub_drop_field(to->notes, HUB_FIELD_TOOL_STRICT);
    if (err == 0 && tool->cache != HUB_CACHE_NONE)
        err = hub_drop_field(to->notes, HUB_FIELD_CACHE);
    return err;
}

static int write_tool(struct config *to, const struct hub_tool *tool)
{
    int err;

    add_string(to->out, SPAN("{\"name\":"), tool->name);
    if (tool->description.len > 0)
        add_string(to->out, SPAN(",\"description\":"), tool->description);
    err = write_parameters(to, tool);
    text_add_char(to->out, '}');
    return err != 0 ? err : note_lost(to, tool);
}

/* Names that may be called can only be told where one must be. */
static bool is_hidden(const struct hub_request *request, const struct hub_tool *tool)
{
    if (request->choice == HUB_CHOICE_REQUIRED || request->allowed_count == 0)
        return false;
    for (uint32_t i = 0; i < request->allowed_count; i++) {
        if (hub_equal(request->allowed[i], tool->name))
            return false;
    }
    return true;
}

static int write_tools(struct config *to)
{
    uint32_t count = 0;
    int err = 0;

    for (const struct hub_tool *tool = to->request->tools; tool != NULL && err == 0;
         tool = tool->next) {
        if (is_hidden(to->request, tool))
            continue;
        text_add(to->out,
                 count++ == 0 ? SPAN(",\"tools\":[{\"functionDeclarations\":[") : SPAN(","));
        err = write_tool(to, tool);
    }
    if (count > 0)
        text_add(to->out, SPAN("]}]"));
    return err;
}

static void write_allowed(struct config *to, const struct span *names, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        add_string(to->out, i == 0 ? SPAN(",\"allowedFunctionNames\":[") : SPAN(","), names[i]);
    if (count > 0)
        text_add_char(to->out, ']');
}

static int write_choice(struct config *to)
{
    static const struct span modes[] = {
        [HUB_CHOICE_AUTO] = {"\"AUTO\"", 6},
        [HUB_CHOICE_REQUIRED] = {"\"ANY\"", 5},
        [HUB_CHOICE_NAMED] = {"\"ANY\"", 5},
        [HUB_CHOICE_NONE] = {"\"NONE\"", 6},
    };
    const struct hub_request *request = to->request;

    if (request->tools == NULL)
        return 0;
    if (request->parallel == HUB_NO && hub_drop_field(to->notes, HUB_FIELD_PARALLEL) != 0)
        return to->notes->err;
    if (request->choice == HUB_CHOICE_UNSET)
        return 0;
    text_add(to->out, SPAN(",\"toolConfig\":{\"functionCallingConfig\":{\"mode\":"));
    text_add(to->out, modes[request->choice]);
    if (request->choice == HUB_CHOICE_NAMED)
        write_allowed(to, &request->choice_name, 1);
    if (request->choice == HUB_CHOICE_REQUIRED)
        write_allowed(to, request->allowed, request->allowed_count);
    text_add(to->out, SPAN("}}"));
    return 0;
}

/* --- generationConfig ------------------------------------------------------------------------- */

static void begin_member(struct config *to, struct span name)
{
    text_add(to->out, to->is_begun ? SPAN(",\"") : SPAN(",\"generationConfig\":{\""));
    to->is_begun = true;
    text_add(to->out, name);
    text_add(to->out, SPAN("\":"));
}

static void write_number(struct config *to, struct span name, struct span raw)
{
    if (raw.len == 0)
        return;
    begin_member(to, name);
    text_add(to->out, raw);
}

/* What the model's row does not take is dropped. */
static int write_sampled(struct config *to, struct span name, struct span raw, enum hub_field field)
{
    enum trait_sampling sampling = (enum trait_sampling)to->target->traits.sampling;
    bool is_second = field == HUB_FIELD_TOP_P && to->request->temperature.len > 0;

    if (raw.len > 0 && (sampling == SAMPLING_NONE || (sampling == SAMPLING_ONE && is_second)))
        return hub_drop_field(to->notes, field);
    write_number(to, name, raw);
    return 0;
}

/* A seed is an int32 here, and one of 64 bits elsewhere. */
static int write_seed(struct config *to)
{
    double value;

    if (to->request->seed.len == 0)
        return 0;
    if (!hub_number(to->request->seed, &value) || value < INT32_MIN || value > INT32_MAX)
        return hub_drop_field(to->notes, HUB_FIELD_SEED);
    write_number(to, SPAN("seed"), to->request->seed);
    return 0;
}

static int write_sampling(struct config *to)
{
    const struct hub_request *request = to->request;
    int err = write_sampled(to, SPAN("temperature"), request->temperature, HUB_FIELD_TEMPERATURE);

    if (err == 0)
        err = write_sampled(to, SPAN("topP"), request->top_p, HUB_FIELD_TOP_P);
    if (err == 0)
        err = write_sampled(to, SPAN("topK"), request->top_k, HUB_FIELD_TOP_K);
    if (err == 0)
        err = write_seed(to);
    write_number(to, SPAN("frequencyPenalty"), request->frequency_penalty);
    write_number(to, SPAN("presencePenalty"), request->presence_penalty);
    return err;
}

static int write_limits(struct config *to)
{
    const struct hub_request *request = to->request;

    if (request->has_max_tokens) {
        begin_member(to, SPAN("maxOutputTokens"));
        text_add_unsigned(to->out, request->max_tokens);
    }
    if (request->stop_count > GEMINI_STOPS_MAX)
        return hub_refuse_field(to->notes, HUB_FIELD_STOPS,
                                SPAN("This model takes at most 5 stop sequences."));
    for (uint32_t i = 0; i < request->stop_count; i++) {
        if (i == 0)
            begin_member(to, SPAN("stopSequences"));
        add_string(to->out, i == 0 ? SPAN("[") : SPAN(","), request->stops[i]);
    }
    if (request->stop_count > 0)
        text_add_char(to->out, ']');
    return 0;
}

static int write_format(struct config *to)
{
    const struct hub_request *request = to->request;
    const struct json_node *schema;
    int err;

    if (request->format == HUB_FORMAT_TEXT)
        return 0;
    if (request->format == HUB_FORMAT_SCHEMA &&
        to->target->traits.structured_output == STRUCTURED_NONE)
        return hub_refuse_field(to->notes, HUB_FIELD_FORMAT,
                                SPAN("This model does not follow a schema."));
    begin_member(to, SPAN("responseMimeType"));
    text_add(to->out, SPAN("\"application/json\""));
    if (request->format != HUB_FORMAT_SCHEMA || request->format_schema.len == 0)
        return 0;
    err = read_schema(to, request->format_schema, &schema);
    if (err != 0)
        return err;
    begin_member(to, to->target->traits.json_schemas ? SPAN("responseJsonSchema")
                                                     : SPAN("responseSchema"));
    return write_schema(to, schema, HUB_FIELD_FORMAT);
}

/* --- reasoning -------------------------------------------------------------------------------- */

static void begin_thinking(struct config *to, bool *is_begun, struct span name)
{
    if (!*is_begun)
        begin_member(to, SPAN("thinkingConfig"));
    text_add(to->out, *is_begun ? SPAN(",\"") : SPAN("{\""));
    *is_begun = true;
    text_add(to->out, name);
    text_add(to->out, SPAN("\":"));
}

/* 0 is off and -1 the model's choice. More than all models take is as much as all take. */
static int64_t budget_of(const struct hub_reasoning *reasoning)
{
    static const int32_t budgets[HUB_EFFORT_COUNT] = {
        [HUB_EFFORT_UNSET] = -1,
        [HUB_EFFORT_NONE] = 0,
        [HUB_EFFORT_MINIMAL] = 512,
        [HUB_EFFORT_LOW] = 1024,
        [HUB_EFFORT_MEDIUM] = 8192,
        [HUB_EFFORT_HIGH] = GEMINI_BUDGET_MAX,
        [HUB_EFFORT_XHIGH] = GEMINI_BUDGET_MAX,
        [HUB_EFFORT_MAX] = GEMINI_BUDGET_MAX,
    };

    if (reasoning->has_budget)
        return reasoning->budget < GEMINI_BUDGET_MAX ? (int64_t)reasoning->budget
                                                     : GEMINI_BUDGET_MAX;
    return budgets[reasoning->effort];
}

/* LOW is the least that every model takes; none of them can be told not to think. */
static struct span level_of(const struct hub_reasoning *reasoning)
{
    static const struct span levels[HUB_EFFORT_COUNT] = {
        [HUB_EFFORT_UNSET] = {"", 0},
        [HUB_EFFORT_NONE] = {"\"LOW\"", 5},
        [HUB_EFFORT_MINIMAL] = {"\"LOW\"", 5},
        [HUB_EFFORT_LOW] = {"\"LOW\"", 5},
        [HUB_EFFORT_MEDIUM] = {"\"MEDIUM\"", 8},
        [HUB_EFFORT_HIGH] = {"\"HIGH\"", 6},
        [HUB_EFFORT_XHIGH] = {"\"HIGH\"", 6},
        [HUB_EFFORT_MAX] = {"\"HIGH\"", 6},
    };

    return levels[reasoning->effort];
}

static void write_amount(struct config *to, bool *is_begun)
{
    const struct hub_reasoning *reasoning = &to->request->reasoning;
    bool is_asked = reasoning->effort != HUB_EFFORT_UNSET || reasoning->has_budget ||
                    reasoning->is_adaptive;

    if (to->target->traits.thinking == THINKING_BUDGET && is_asked) {
        begin_thinking(to, is_begun, SPAN("thinkingBudget"));
        text_add_signed(to->out, budget_of(reasoning));
    }
    if (to->target->traits.thinking == THINKING_LEVEL && level_of(reasoning).len > 0) {
        begin_thinking(to, is_begun, SPAN("thinkingLevel"));
        text_add(to->out, level_of(reasoning));
    }
}

static int write_thinking(struct config *to)
{
    const struct hub_reasoning *reasoning = &to->request->reasoning;
    uint8_t kind = to->target->traits.thinking;
    bool is_off = reasoning->effort == HUB_EFFORT_NONE;
    bool is_begun = false;

    if (kind != THINKING_BUDGET && kind != THINKING_LEVEL) {
        if ((reasoning->effort == HUB_EFFORT_UNSET && !reasoning->is_adaptive) || is_off)
            return 0;
        return hub_drop_field(to->notes, HUB_FIELD_REASONING);
    }
    write_amount(to, &is_begun);
    if (reasoning->shown != HUB_UNSET || is_off) {
        begin_thinking(to, &is_begun, SPAN("includeThoughts"));
        text_add(to->out, reasoning->shown == HUB_YES && !is_off ? SPAN("true") : SPAN("false"));
    }
    if (is_begun)
        text_add_char(to->out, '}');
    return 0;
}

/* --- the rest --------------------------------------------------------------------------------- */

static int write_tier(struct config *to)
{
    static const struct {
        struct span word;
        struct span tier; /* empty: what comes unasked */
    } tiers[] = {
        {{"auto", 4}, {"", 0}},
        {{"default", 7}, {"standard", 8}},
        {{"flex", 4}, {"flex", 4}},
        {{"priority", 8}, {"priority", 8}},
    };
    struct span asked = to->request->service_tier;

    if (asked.len == 0)
        return 0;
    for (size_t i = 0; i < sizeof(tiers) / sizeof(tiers[0]); i++) {
        if (!hub_equal(asked, tiers[i].word))
            continue;
        if (tiers[i].tier.len > 0)
            add_string(to->out, SPAN(",\"serviceTier\":"), tiers[i].tier);
        return 0;
    }
    return hub_drop_field(to->notes, HUB_FIELD_SERVICE_TIER);
}

int gemini_write_config(struct region *memory, const struct hub_request *request,
                        const struct codec_target *target, struct hub_notes *notes,
                        struct text *out)
{
    static int (*const writers[])(struct config * to) = {
        write_sampling,
        write_limits,
        write_format,
        write_thinking,
    };
    struct config to = {
        .memory = memory, .request = request, .target = target, .notes = notes, .out = out};
    int err = write_tools(&to);

    if (err == 0)
        err = write_choice(&to);
    for (size_t i = 0; i < sizeof(writers) / sizeof(writers[0]) && err == 0; i++)
        err = writers[i](&to);
    if (to.is_begun)
        text_add_char(out, '}');
    if (err == 0)
        err = write_tier(&to);
    if (err == 0 && request->user.len > 0)
        err = hub_drop_field(notes, HUB_FIELD_USER);
    return err;
}
