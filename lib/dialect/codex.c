#include "lib/dialect/codex.h"

#include "lib/dialect/fields.h"

/* How much of a tool's output a client keeps. The gateway has no say in it: Codex's own default. */
#define TRUNCATION_POLICY "{\"mode\":\"bytes\",\"limit\":10000}"

void codex_render_model(const struct dialect_model *model, struct text *out)
{
    field_string(out, SPAN("{\"slug\":"), model->slug);
    field_string(out, SPAN(",\"display_name\":"), model->name);
    field_string(out, SPAN(",\"description\":"), model->description);
    field_string_or_null(out, SPAN(",\"base_instructions\":\"\",\"default_reasoning_level\":"),
                         model->default_reasoning);
    field_levels(out, SPAN(",\"supported_reasoning_levels\":"), model);
    field_bool(out, SPAN(",\"supported_in_api\":"), model_has(model, MODEL_IN_API));
    /* Codex lists the lowest number first. */
    field_signed(out, SPAN(",\"priority\":"), -(int64_t)model->row->priority);
    field_string_or_null(out, SPAN(",\"minimal_client_version\":"), model->client_version_min);
    field_bool(out, SPAN(",\"supports_reasoning_summaries\":"), model_has(model, MODEL_SUMMARIES));
    field_bool(out, SPAN(",\"support_verbosity\":"), model_has(model, MODEL_VERBOSITY));
    field_string_or_null(out, SPAN(",\"default_verbosity\":"), model->default_verbosity);
    field_bool(out, SPAN(",\"supports_parallel_tool_calls\":"),
               model_has(model, MODEL_PARALLEL_TOOL_CALLS));
    field_unsigned(out, SPAN(",\"context_window\":"), model->row->context_window);
    field_words(out, SPAN(",\"input_modalities\":"), model->input_modalities,
                model->input_modality_count);
    field_bool(out, SPAN(",\"available_in_plans\":[],\"prefer_websockets\":"),
               model_has(model, MODEL_WEBSOCKETS));
    /* What is listed is offered for a conversation. */
    text_add(out, model->row->kind == MODEL_CHAT ? SPAN(",\"visibility\":\"list\"")
                                                 : SPAN(",\"visibility\":\"hide\""));
    text_add(out, SPAN(",\"truncation_policy\":" TRUNCATION_POLICY
                       ",\"experimental_supported_tools\":[]}"));
}
