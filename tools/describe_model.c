/* Models and providers as JSON. */
#include "tools/describe.h"

#include "registry/traits.h"
#include "tools/describe_json.h"
#include "tools/listed_model.h"

enum { PER_MILLION_SCALE = 6, USD_SCALE = 12 };

static const struct span lifecycles[LIFECYCLE_COUNT] = {
    [LIFECYCLE_ACTIVE] = {"active", 6},
    [LIFECYCLE_PREVIEW] = {"preview", 7},
    [LIFECYCLE_DEPRECATED] = {"deprecated", 10},
    [LIFECYCLE_RETIRED] = {"retired", 7},
};

static const struct span kinds[PROVIDER_KIND_COUNT] = {
#define X(name, word, ...) [PROVIDER_##name] = {word, sizeof(word) - 1},
    PROVIDER_KIND_MAP(X)
#undef X
};

static void add_flag(struct text *out, struct span name, const struct data_model *model,
                     enum model_flag flag)
{
    field_bool(out, name, (model->flags & (uint32_t)flag) != 0);
}

static void add_reasoning(struct text *out, const struct data_model *model)
{
    text_add(out, SPAN(",\"reasoning\":{\"levels\":{"));
    for (uint32_t i = 0; i < model->level_count; i++) {
        text_add(out, i > 0 ? SPAN(",") : SPAN(""));
        text_add_json(out, model->levels[i].effort);
        field_string(out, SPAN(":"), model->levels[i].description);
    }
    field_string_or_null(out, SPAN("},\"default\":"), model->default_reasoning);
    add_flag(out, SPAN(",\"summaries\":"), model, MODEL_SUMMARIES);
    text_add_char(out, '}');
}

static void add_image_prices(struct text *out, const struct data_model *model)
{
    text_add(out, SPAN(",\"image_sizes\":{"));
    for (uint32_t i = 0; i < model->image_price_count; i++) {
        text_add(out, i > 0 ? SPAN(",") : SPAN(""));
        text_add_json(out, model->image_prices[i].name);
        field_rate(out, SPAN(":"), model->image_prices[i].pico_usd, USD_SCALE);
    }
    text_add_char(out, '}');
}

/* Rates for a million tokens; `request` and the images' for a piece. */
static void add_price(struct text *out, const struct data_model *model)
{
    const struct price_row *price = &model->price;

    field_rate(out, SPAN(",\"price\":{\"input\":"), price->input, PER_MILLION_SCALE);
    field_rate(out, SPAN(",\"output\":"), price->output, PER_MILLION_SCALE);
    field_rate(out, SPAN(",\"cache_read\":"), price->cache_read, PER_MILLION_SCALE);
    field_rate(out, SPAN(",\"cache_write\":"), price->cache_write, PER_MILLION_SCALE);
    field_rate(out, SPAN(",\"cache_write_1h\":"), price->cache_write_1h, PER_MILLION_SCALE);
    field_rate(out, SPAN(",\"audio_input\":"), price->audio_input, PER_MILLION_SCALE);
    field_rate(out, SPAN(",\"audio_output\":"), price->audio_output, PER_MILLION_SCALE);
    field_rate(out, SPAN(",\"image_input\":"), price->image_input, PER_MILLION_SCALE);
    field_rate(out, SPAN(",\"request\":"), price->request, USD_SCALE);
    field_rate(out, SPAN(",\"image\":"), price->image, USD_SCALE);
    add_image_prices(out, model);
    field_unsigned_or_null(out, SPAN(",\"above\":{\"tokens\":"), price->above_tokens);
    field_rate(out, SPAN(",\"input\":"), price->above_input, PER_MILLION_SCALE);
    field_rate(out, SPAN(",\"output\":"), price->above_output, PER_MILLION_SCALE);
    text_add(out, SPAN("}}"));
}

_Static_assert(sizeof(struct price_row) == (10 + 3) * sizeof(uint64_t), "all rates are added");

/* What is asked for in another way than of the kind's models: an object, or null. */
static void add_translation(struct text *out, enum provider_kind kind, const struct traits *traits)
{
    const struct traits usual = traits_of_kind(kind);
    struct span name;
    struct span value;
    struct span usual_value;
    bool any = false;

    text_add(out, SPAN(",\"translation\":"));
    for (uint32_t n = 0; traits_name(traits, n, &name, &value); n++) {
        (void)traits_name(&usual, n, &name, &usual_value);
        if (span_equal(value, usual_value))
            continue;
        text_add_char(out, any ? ',' : '{');
        text_add_json(out, name);
        field_string(out, SPAN(":"), value);
        any = true;
    }
    text_add(out, any ? SPAN("}") : SPAN("null"));
}

static void add_deployments(struct text *out, const struct data *data,
                            const struct data_model *model)
{
    text_add(out, SPAN(",\"deployments\":["));
    for (uint32_t i = 0; i < model->deployment_count; i++) {
        const struct data_deployment *deployment = &model->deployments[i];
        const struct data_provider *provider = &data->providers[deployment->provider];

        field_string(out, i > 0 ? SPAN(",{\"provider\":") : SPAN("{\"provider\":"), provider->name);
        field_string(out, SPAN(",\"kind\":"), kinds[provider->kind]);
        field_string(out, SPAN(",\"model\":"), deployment->model);
        field_unsigned(out, SPAN(",\"tier\":"), deployment->tier);
        field_unsigned(out, SPAN(",\"weight\":"), deployment->weight);
        add_translation(out, provider->kind, &deployment->traits);
        text_add_char(out, '}');
    }
    text_add_char(out, ']');
}

static void add_words(struct text *out, const struct data_model *model)
{
    describe_flags(out, SPAN(",\"capabilities\":"), listed_capability_words,
                   model->flags & MODEL_CAPABILITIES);
    field_words(out, SPAN(",\"input_modalities\":"), model->input_modalities,
                model->input_modality_count);
    field_words(out, SPAN(",\"output_modalities\":"), model->output_modalities,
                model->output_modality_count);
    field_words(out, SPAN(",\"features\":"), model->features, model->feature_count);
    field_words(out, SPAN(",\"parameters\":"), model->parameters, model->parameter_count);
}

void describe_model(const struct data *data, const struct data_model *model, struct text *out)
{
    field_string(out, SPAN("{\"slug\":"), model->slug);
    field_string(out, SPAN(",\"name\":"), model->name);
    field_string_or_null(out, SPAN(",\"description\":"), model->description);
    field_string(out, SPAN(",\"kind\":"), span_of(listed_kind_words[model->kind]));
    field_string_or_null(out, SPAN(",\"owned_by\":"), model->owned_by);
    field_bool(out, SPAN(",\"enabled\":"), model->enabled);
    field_string(out, SPAN(",\"lifecycle\":"), lifecycles[model->lifecycle]);
    describe_time(out, SPAN(",\"released\":"), model->released_s);
    describe_time(out, SPAN(",\"deprecated\":"), model->deprecated_s);
    describe_time(out, SPAN(",\"retires\":"), model->retires_s);
    field_unsigned_or_null(out, SPAN(",\"context_window\":"), model->context_window);
    field_unsigned_or_null(out, SPAN(",\"max_input_tokens\":"), model->max_input_tokens);
    field_unsigned_or_null(out, SPAN(",\"max_output_tokens\":"), model->max_output_tokens);
    field_unsigned(out, SPAN(",\"media_tokens\":"), model->media_tokens);
    add_words(out, model);
    add_reasoning(out, model);
    field_string_or_null(out, SPAN(",\"verbosity\":"), model->default_verbosity);
    add_flag(out, SPAN(",\"parallel_tool_calls\":"), model, MODEL_PARALLEL_TOOL_CALLS);
    add_flag(out, SPAN(",\"websockets\":"), model, MODEL_WEBSOCKETS);
    add_flag(out, SPAN(",\"in_api\":"), model, MODEL_IN_API);
    field_string_or_null(out, SPAN(",\"client_version_min\":"), model->client_version_min);
    text_add(out, SPAN(",\"strict_params\":"));
    text_add(out, model->strict_params == DATA_UNSET ? SPAN("null")
                  : model->strict_params == DATA_ON  ? SPAN("true")
                                                     : SPAN("false"));
    field_signed(out, SPAN(",\"priority\":"), model->priority);
    add_price(out, model);
    add_deployments(out, data, model);
    text_add_char(out, '}');
}

void describe_provider(const struct data_provider *provider, struct text *out)
{
    field_string(out, SPAN("{\"kind\":"), kinds[provider->kind]);
    field_string(out, SPAN(",\"base_url\":"), provider->base_url);
    field_string_or_null(out, SPAN(",\"secret\":"),
                         provider->has_secret    ? SPAN("api_key")
                         : provider->has_account ? SPAN("credentials")
                                                 : SPAN(""));
    text_add_char(out, '}');
}
