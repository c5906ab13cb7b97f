#include "lib/dialect/openai.h"

#include "lib/dialect/fields.h"

/* Pico-dollars per token are nano-dollars per 1,000 tokens. */
enum { USD_PER_1K_SCALE = 9 };

/* The order of the fields is that of codex-lb's list, which clients compare byte for byte. */
static void add_metadata(struct text *out, const struct dialect_model *model)
{
    field_string(out, SPAN(",\"metadata\":{\"display_name\":"), model->name);
    field_string(out, SPAN(",\"description\":"), model->description);
    field_unsigned(out, SPAN(",\"context_window\":"), model->row->context_window);
    field_words(out, SPAN(",\"input_modalities\":"), model->input_modalities,
                model->input_modality_count);
    field_levels(out, SPAN(",\"supported_reasoning_levels\":"), model);
    field_string_or_null(out, SPAN(",\"default_reasoning_level\":"), model->default_reasoning);
    field_bool(out, SPAN(",\"supports_reasoning_summaries\":"), model_has(model, MODEL_SUMMARIES));
    field_bool(out, SPAN(",\"support_verbosity\":"), model_has(model, MODEL_VERBOSITY));
    field_string_or_null(out, SPAN(",\"default_verbosity\":"), model->default_verbosity);
    field_bool(out, SPAN(",\"prefer_websockets\":"), model_has(model, MODEL_WEBSOCKETS));
    field_bool(out, SPAN(",\"supports_parallel_tool_calls\":"),
               model_has(model, MODEL_PARALLEL_TOOL_CALLS));
    field_bool(out, SPAN(",\"supported_in_api\":"), model_has(model, MODEL_IN_API));
    field_string_or_null(out, SPAN(",\"minimal_client_version\":"), model->client_version_min);
    field_signed(out, SPAN(",\"priority\":"), model->row->priority);
    text_add_char(out, '}');
}

static void add_pricing(struct text *out, const struct dialect_model *model)
{
    if (!model_has_rates(model)) {
        text_add(out, SPAN(",\"pricing\":null"));
        return;
    }
    field_rate(out, SPAN(",\"pricing\":{\"input\":"), model->price->input, USD_PER_1K_SCALE);
    field_rate(out, SPAN(",\"output\":"), model->price->output, USD_PER_1K_SCALE);
    text_add(out, SPAN(",\"unit\":\"usd_per_1k_tokens\"}"));
}

void openai_render_model(const struct dialect_model *model, struct text *out)
{
    field_string(out, SPAN("{\"id\":"), model->slug);
    field_signed(out, SPAN(",\"object\":\"model\",\"created\":"), model->row->created_s);
    field_string(out, SPAN(",\"owned_by\":"), model->owned_by);
    add_metadata(out, model);
    add_pricing(out, model);
    text_add_char(out, '}');
}
