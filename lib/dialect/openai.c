#include "lib/dialect/openai.h"

/* Pico-dollars per token are nano-dollars per 1,000 tokens. */
enum { USD_PER_1K_SCALE = 9 };

static void add_string(struct text *out, struct span name, struct span value)
{
    text_add(out, name);
    text_add_json(out, value);
}

static void add_string_or_null(struct text *out, struct span name, struct span value)
{
    text_add(out, name);
    if (value.len == 0)
        text_add(out, SPAN("null"));
    else
        text_add_json(out, value);
}

static void add_unsigned(struct text *out, struct span name, uint64_t value)
{
    text_add(out, name);
    text_add_unsigned(out, value);
}

static void add_signed(struct text *out, struct span name, int64_t value)
{
    text_add(out, name);
    text_add_signed(out, value);
}

static void add_flag(struct text *out, struct span name, const struct dialect_model *model,
                     enum model_flag flag)
{
    text_add(out, name);
    text_add(out, (model->row->flags & (uint32_t)flag) != 0 ? SPAN("true") : SPAN("false"));
}

static void add_modalities(struct text *out, const struct dialect_model *model)
{
    text_add(out, SPAN(",\"input_modalities\":["));
    for (uint32_t i = 0; i < model->input_modality_count; i++) {
        if (i > 0)
            text_add_char(out, ',');
        text_add_json(out, model->input_modalities[i]);
    }
    text_add_char(out, ']');
}

static void add_levels(struct text *out, const struct dialect_model *model)
{
    text_add(out, SPAN(",\"supported_reasoning_levels\":["));
    for (uint32_t i = 0; i < model->level_count; i++) {
        add_string(out,
                   i > 0 ? SPAN(",{\"effort\":") : SPAN("{\"effort\":"), model->levels[i].effort);
        add_string(out, SPAN(",\"description\":"), model->levels[i].description);
        text_add_char(out, '}');
    }
    text_add_char(out, ']');
}

/* The order of the fields is that of codex-lb's list, which clients compare byte for byte. */
static void add_metadata(struct text *out, const struct dialect_model *model)
{
    add_string(out, SPAN(",\"metadata\":{\"display_name\":"), model->name);
    add_string(out, SPAN(",\"description\":"), model->description);
    add_unsigned(out, SPAN(",\"context_window\":"), model->row->context_window);
    add_modalities(out, model);
    add_levels(out, model);
    add_string_or_null(out, SPAN(",\"default_reasoning_level\":"), model->default_reasoning);
    add_flag(out, SPAN(",\"supports_reasoning_summaries\":"), model, MODEL_SUMMARIES);
    add_flag(out, SPAN(",\"support_verbosity\":"), model, MODEL_VERBOSITY);
    add_string_or_null(out, SPAN(",\"default_verbosity\":"), model->default_verbosity);
    add_flag(out, SPAN(",\"prefer_websockets\":"), model, MODEL_WEBSOCKETS);
    add_flag(out, SPAN(",\"supports_parallel_tool_calls\":"), model, MODEL_PARALLEL_TOOL_CALLS);
    add_flag(out, SPAN(",\"supported_in_api\":"), model, MODEL_IN_API);
    add_string_or_null(out, SPAN(",\"minimal_client_version\":"), model->client_version_min);
    add_signed(out, SPAN(",\"priority\":"), model->row->priority);
    text_add_char(out, '}');
}

static void add_rate(struct text *out, struct span name, uint64_t pico_usd)
{
    text_add(out, name);
    if (pico_usd == PRICE_NONE)
        text_add(out, SPAN("null"));
    else
        text_add_decimal(out, pico_usd, USD_PER_1K_SCALE);
}

static void add_pricing(struct text *out, const struct price_row *price)
{
    if (price == NULL) {
        text_add(out, SPAN(",\"pricing\":null"));
        return;
    }
    add_rate(out, SPAN(",\"pricing\":{\"input\":"), price->input);
    add_rate(out, SPAN(",\"output\":"), price->output);
    text_add(out, SPAN(",\"unit\":\"usd_per_1k_tokens\"}"));
}

void openai_render_model(const struct dialect_model *model, struct text *out)
{
    add_string(out, SPAN("{\"id\":"), model->slug);
    add_signed(out, SPAN(",\"object\":\"model\",\"created\":"), model->row->created_s);
    add_string(out, SPAN(",\"owned_by\":"), model->owned_by);
    add_metadata(out, model);
    add_pricing(out, model->price);
    text_add_char(out, '}');
}
