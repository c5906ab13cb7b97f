/* A request for a provider: all but its messages and tools. */
#include "lib/base/err.h"
#include "lib/protocol/hub_fields.h"
#include "lib/protocol/hub_text.h"
#include "lib/protocol/openai_inner.h"

enum {
    STOPS_MAX = 4,               /* OpenAI's own bound */
    USER_BYTES_MAX = 64,         /* the same */
    ROUTER_USER_BYTES_MAX = 128, /* OpenRouter's */
};

void openai_add_value(struct text *out, struct span name, struct span raw)
{
    if (raw.len == 0)
        return;
    text_add(out, SPAN(",\""));
    text_add(out, name);
    text_add(out, SPAN("\":"));
    text_add(out, raw);
}

void openai_add_string(struct text *out, struct span name, struct span raw)
{
    if (raw.len == 0)
        return;
    text_add(out, SPAN(",\""));
    text_add(out, name);
    text_add(out, SPAN("\":\""));
    text_add(out, raw);
    text_add_char(out, '"');
}

/* --- sampling --------------------------------------------------------------------------------- */

/** Written when it is taken, else dropped by name. */
static int add_number(struct openai_writing *writing, struct span name, struct span value,
                      bool is_taken, enum hub_field field)
{
    if (value.len == 0)
        return 0;
    if (!is_taken)
        return hub_drop_field(writing->notes, field);
    openai_add_value(writing->out, name, value);
    return 0;
}

static int write_sampling(struct openai_writing *writing)
{
    const struct hub_request *request = writing->request;
    const struct traits *traits = &writing->target->traits;
    bool is_sampled = traits->sampling != SAMPLING_NONE;
    bool is_alone = traits->sampling == SAMPLING_ONE && request->temperature.len > 0;
    int err = add_number(writing, SPAN("temperature"), request->temperature, is_sampled,
                         HUB_FIELD_TEMPERATURE);

    if (err == 0)
        err = add_number(writing, SPAN("top_p"), request->top_p, is_sampled && !is_alone,
                         HUB_FIELD_TOP_P);
    if (err == 0)
        err = add_number(writing, SPAN("top_k"), request->top_k, is_sampled && traits->top_k,
                         HUB_FIELD_TOP_K);
    openai_add_value(writing->out, SPAN("frequency_penalty"), request->frequency_penalty);
    openai_add_value(writing->out, SPAN("presence_penalty"), request->presence_penalty);
    openai_add_value(writing->out, SPAN("seed"), request->seed);
    return err;
}

static void write_ceiling(struct openai_writing *writing)
{
    struct text *out = writing->out;

    if (!writing->request->has_max_tokens)
        return;
    if (writing->target->traits.token_parameter == TOKENS_MAX_TOKENS)
        text_add(out, SPAN(",\"max_tokens\":"));
    else
        text_add(out, SPAN(",\"max_completion_tokens\":"));
    text_add_unsigned(out, writing->request->max_tokens);
}

static int write_stops(struct openai_writing *writing)
{
    const struct hub_request *request = writing->request;
    struct text *out = writing->out;

    if (request->stop_count == 0)
        return 0;
    if (request->stop_count > STOPS_MAX)
        return hub_refuse_field(writing->notes, HUB_FIELD_STOPS,
                                SPAN("This model takes at most 4 stop sequences."));
    for (uint32_t i = 0; i < request->stop_count; i++) {
        text_add(out, i == 0 ? SPAN(",\"stop\":[\"") : SPAN(",\""));
        text_add(out, request->stops[i]);
        text_add_char(out, '"');
    }
    text_add_char(out, ']');
    return 0;
}

/* --- structured output ------------------------------------------------------------------------ */

/* A strict schema that breaks the rules is refused by OpenAI, and rewriting it would make
 * properties that are optional required. */
static bool is_strict(struct openai_writing *writing)
{
    return writing->request->format_strict != HUB_NO &&
           openai_is_strict(writing->memory, writing->request->format_schema);
}

static void write_schema(struct openai_writing *writing)
{
    const struct hub_request *request = writing->request;
    struct text *out = writing->out;

    text_add(out,
             SPAN(",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\""));
    text_add(out, request->format_name.len > 0 ? request->format_name : SPAN("structured_output"));
    text_add_char(out, '"');
    openai_add_value(out, SPAN("schema"), request->format_schema);
    openai_add_value(out, SPAN("strict"), is_strict(writing) ? SPAN("true") : SPAN("false"));
    text_add(out, SPAN("}}"));
}

static int write_format(struct openai_writing *writing)
{
    const struct hub_request *request = writing->request;

    if (request->format == HUB_FORMAT_JSON)
        text_add(writing->out, SPAN(",\"response_format\":{\"type\":\"json_object\"}"));
    else if (request->format == HUB_FORMAT_SCHEMA && !request->json_tool)
        write_schema(writing);
    return 0;
}

/** Can the format be had, and how? */
static int choose_format(struct openai_writing *writing)
{
    struct hub_request *request = writing->request;
    uint8_t structured = writing->target->traits.structured_output;

    if (request->format == HUB_FORMAT_TEXT || structured == STRUCTURED_NATIVE)
        return 0;
    if (structured == STRUCTURED_NONE)
        return hub_refuse_field(writing->notes, HUB_FIELD_FORMAT,
                                SPAN("The model cannot be made to answer in JSON."));
    if (request->format == HUB_FORMAT_JSON)
        return hub_refuse_field(writing->notes, HUB_FIELD_FORMAT,
                                SPAN("The model needs a schema for JSON."));
    if (request->tools != NULL)
        return hub_refuse_field(writing->notes, HUB_FIELD_FORMAT,
                                SPAN("The model takes a schema or tools, not both."));
    request->json_tool = true;
    return 0;
}

/* --- reasoning -------------------------------------------------------------------------------- */

/** The nearest effort that the provider has a word for; HUB_EFFORT_UNSET: none is near. */
static enum hub_effort nearest(enum provider_kind provider, enum hub_effort effort)
{
    if (effort == HUB_EFFORT_UNSET)
        return effort;
    if (provider == PROVIDER_OPENROUTER)
        return effort == HUB_EFFORT_MAX ? HUB_EFFORT_XHIGH : effort;
    /* "none" is refused by OpenAI's models before GPT-5.1, and what follows is their default. */
    if (effort == HUB_EFFORT_NONE)
        return HUB_EFFORT_UNSET;
    if (provider == PROVIDER_OPENAI)
        return effort;
    if (effort < HUB_EFFORT_LOW)
        return HUB_EFFORT_LOW;
    return effort > HUB_EFFORT_HIGH ? HUB_EFFORT_HIGH : effort;
}

/* OpenRouter's own object: one of `max_tokens`, `effort` and `enabled`, and what is shown. A budget
 * that leaves nothing of the ceiling to the answer is refused: then the effort it amounts to. */
static void write_router_reasoning(struct openai_writing *writing, enum hub_effort effort)
{
    const struct hub_request *request = writing->request;
    const struct hub_reasoning *reasoning = &request->reasoning;
    bool is_below = !request->has_max_tokens || reasoning->budget < request->max_tokens;
    struct text *out = writing->out;

    text_add(out, SPAN(",\"reasoning\":{\"exclude\":"));
    text_add(out, reasoning->shown == HUB_NO ? SPAN("true") : SPAN("false"));
    if (reasoning->has_budget && is_below) {
        text_add(out, SPAN(",\"max_tokens\":"));
        text_add_unsigned(out, reasoning->budget);
    } else if (effort != HUB_EFFORT_UNSET) {
        openai_add_string(out, SPAN("effort"), hub_effort_word(effort));
    } else if (reasoning->is_adaptive) {
        openai_add_value(out, SPAN("enabled"), SPAN("true"));
    }
    text_add_char(out, '}');
}

static int write_reasoning(struct openai_writing *writing)
{
    const struct hub_reasoning *reasoning = &writing->request->reasoning;
    enum hub_effort asked = (enum hub_effort)reasoning->effort;
    enum hub_effort effort = nearest(writing->target->provider, asked);

    if (asked == HUB_EFFORT_UNSET && !reasoning->is_adaptive && reasoning->shown == HUB_UNSET)
        return 0;
    if (writing->target->traits.thinking == THINKING_NONE)
        return asked <= HUB_EFFORT_NONE ? 0 : hub_drop_field(writing->notes, HUB_FIELD_REASONING);
    if (writing->target->provider == PROVIDER_OPENROUTER)
        write_router_reasoning(writing, effort);
    else
        openai_add_string(writing->out, SPAN("reasoning_effort"), hub_effort_word(effort));
    return effort == asked ? 0 : hub_drop_field(writing->notes, HUB_FIELD_REASONING);
}

/* --- the whole -------------------------------------------------------------------------------- */

/* Other servers have no tiers, and some refuse the word. */
static int write_tier(struct openai_writing *writing)
{
    struct span tier = writing->request->service_tier;

    if (tier.len == 0 || hub_equal(tier, SPAN("auto")))
        return 0;
    if (writing->target->provider == PROVIDER_OPENAI_COMPATIBLE)
        return hub_drop_field(writing->notes, HUB_FIELD_SERVICE_TIER);
    openai_add_string(writing->out, SPAN("service_tier"), tier);
    return 0;
}

/* Agents put a whole document in here; what is too long is refused by all servers that look. */
static int write_user(struct openai_writing *writing)
{
    bool is_router = writing->target->provider == PROVIDER_OPENROUTER;
    size_t mark = region_mark(writing->memory);
    struct span user = hub_decode(writing->memory, writing->request->user);

    if (user.ptr == NULL)
        return ERR_NO_MEMORY;
    region_cut(writing->memory, mark);
    if (user.len > (is_router ? ROUTER_USER_BYTES_MAX : USER_BYTES_MAX))
        return hub_drop_field(writing->notes, HUB_FIELD_USER);
    openai_add_string(writing->out, SPAN("user"), writing->request->user);
    return 0;
}

int openai_write_request(struct region *memory, struct hub_request *request,
                         const struct codec_target *target, struct hub_notes *notes,
                         struct text *out)
{
    static int (*const writers[])(struct openai_writing *) = {
        choose_format, openai_write_messages, openai_write_tools, write_sampling,
        write_stops,   write_format,          write_reasoning,    write_tier,
    };
    struct openai_writing writing = {memory, request, target, notes, out};
    int err = 0;

    text_add(out, SPAN("{\"model\":"));
    text_add_json(out, target->upstream_model);
    for (size_t i = 0; i < sizeof(writers) / sizeof(writers[0]) && err == 0; i++)
        err = writers[i](&writing);
    if (err != 0)
        return err;
    write_ceiling(&writing);
    err = write_user(&writing);
    if (err != 0)
        return err;
    /* Usage is always asked for: without it nothing that a stream costs is known. */
    if (request->stream)
        text_add(out, SPAN(",\"stream\":true,\"stream_options\":{\"include_usage\":true}"));
    text_add_char(out, '}');
    return out->err == 0 ? 0 : ERR_NO_MEMORY;
}
