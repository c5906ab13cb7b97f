#include "lib/dialect/openrouter.h"

#include "lib/base/err.h"
#include "lib/dialect/fields.h"
#include "lib/dialect/openrouter_query.h"

enum { LIMIT_DEFAULT = 500, LIMIT_MAX = 1000, USD_SCALE = 12 };

#define LIST_PATH "/api/v1/models"

static void add_joined(struct text *out, const struct span *words, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            text_add_char(out, '+');
        text_add(out, words[i]);
    }
}

/* The words of modalities are a closed list, which JSON need not escape. */
static void add_modalities(struct text *out, const struct dialect_model *model)
{
    text_add(out, SPAN(",\"architecture\":{\"modality\":\""));
    add_joined(out, model->input_modalities, model->input_modality_count);
    text_add(out, SPAN("->"));
    add_joined(out, model->output_modalities, model->output_modality_count);
    field_words(out, SPAN("\",\"input_modalities\":"), model->input_modalities,
                model->input_modality_count);
    field_words(out, SPAN(",\"output_modalities\":"), model->output_modalities,
                model->output_modality_count);
}

static void add_usd(struct text *out, struct span name, uint64_t pico_usd)
{
    text_add(out, name);
    if (pico_usd == PRICE_NONE) {
        text_add(out, SPAN("null"));
        return;
    }
    text_add_char(out, '"');
    text_add_decimal(out, pico_usd, USD_SCALE);
    text_add_char(out, '"');
}

static void add_usd_if_given(struct text *out, struct span name, uint64_t pico_usd)
{
    if (pico_usd != PRICE_NONE)
        add_usd(out, name, pico_usd);
}

/* Prices of images by their size have no member here. */
static bool has_prices(const struct price_row *price)
{
#define X(name) || price->name != PRICE_NONE
    return price != NULL && (false PRICE_MAP(X));
#undef X
}

static void add_pricing(struct text *out, const struct price_row *price)
{
    if (!has_prices(price)) {
        text_add(out, SPAN(",\"pricing\":null"));
        return;
    }
    add_usd(out, SPAN(",\"pricing\":{\"prompt\":"), price->input);
    add_usd(out, SPAN(",\"completion\":"), price->output);
    add_usd_if_given(out, SPAN(",\"request\":"), price->request);
    add_usd_if_given(out, SPAN(",\"image\":"), price->image);
    add_usd_if_given(out, SPAN(",\"image_token\":"), price->image_input);
    add_usd_if_given(out, SPAN(",\"audio\":"), price->audio_input);
    add_usd_if_given(out, SPAN(",\"audio_output\":"), price->audio_output);
    add_usd_if_given(out, SPAN(",\"input_cache_read\":"), price->cache_read);
    add_usd_if_given(out, SPAN(",\"input_cache_write\":"), price->cache_write);
    add_usd_if_given(out, SPAN(",\"input_cache_write_1h\":"), price->cache_write_1h);
    text_add_char(out, '}');
}

void openrouter_render_model(const struct dialect_model *model, struct text *out)
{
    const struct model_row *row = model->row;

    field_string(out, SPAN("{\"id\":"), model->slug);
    field_string(out, SPAN(",\"canonical_slug\":"), model->slug);
    field_string(out, SPAN(",\"name\":"), model->name);
    field_signed(out, SPAN(",\"created\":"), row->created_s);
    field_string(out, SPAN(",\"description\":"), model->description);
    field_unsigned_or_null(out, SPAN(",\"context_length\":"), row->context_window);
    add_modalities(out, model);
    text_add(out, SPAN(",\"instruct_type\":null}"));
    add_pricing(out, model->price);
    field_unsigned_or_null(out, SPAN(",\"top_provider\":{\"context_length\":"),
                           row->context_window);
    field_unsigned_or_null(out, SPAN(",\"max_completion_tokens\":"), row->max_output_tokens);
    field_words(out,
                SPAN(",\"is_moderated\":false},\"per_request_limits\":null,"
                     "\"supported_parameters\":"),
                model->parameters, model->parameter_count);
    text_add(out, SPAN(",\"default_parameters\":null,\"supported_voices\":null,"
                       "\"links\":{\"details\":\"" LIST_PATH "/"));
    text_add(out, model->slug);
    text_add(out, SPAN("/endpoints\"}}"));
}

/* Nothing is known here of how fast or how often available it is. */
static void add_endpoint(struct text *out, const struct dialect_model *model)
{
    const struct model_row *row = model->row;
    const bool tools = model_has(model, MODEL_TOOLS);

    field_string(out, SPAN("{\"name\":"), openrouter_providers[model->provider].name);
    field_string(out, SPAN(",\"model_id\":"), model->slug);
    field_string(out, SPAN(",\"model_name\":"), model->name);
    /* Of an endpoint it is never null in OpenRouter's own types, of a model it can be. */
    field_unsigned(out, SPAN(",\"context_length\":"), row->context_window);
    add_pricing(out, model->price);
    field_string(out, SPAN(",\"provider_name\":"), openrouter_providers[model->provider].name);
    field_string(out, SPAN(",\"tag\":"), openrouter_providers[model->provider].word);
    field_unsigned_or_null(out, SPAN(",\"quantization\":null,\"max_completion_tokens\":"),
                           row->max_output_tokens);
    field_unsigned_or_null(out, SPAN(",\"max_prompt_tokens\":"), row->max_input_tokens);
    field_words(out, SPAN(",\"supported_parameters\":"), model->parameters, model->parameter_count);
    field_bool(out,
               SPAN(",\"supports_implicit_caching\":false,\"supports_tool_choice\":"
                    "{\"auto\":"),
               tools);
    field_bool(out, SPAN(",\"function\":"), tools);
    field_bool(out, SPAN(",\"none\":"), tools);
    field_bool(out, SPAN(",\"required\":"), tools);
    text_add(out, SPAN("},\"supports_voice_cloning\":false,\"uptime_last_5m\":null,"
                       "\"uptime_last_30m\":null,\"uptime_last_1d\":null,"
                       "\"latency_last_30m\":null,\"throughput_last_30m\":null}"));
}

void openrouter_render_endpoints(const struct dialect_model *model, struct text *out)
{
    field_string(out, SPAN("{\"id\":"), model->slug);
    field_string(out, SPAN(",\"name\":"), model->name);
    field_signed(out, SPAN(",\"created\":"), model->row->created_s);
    field_string(out, SPAN(",\"description\":"), model->description);
    add_modalities(out, model);
    text_add(out, SPAN(",\"tokenizer\":null,\"instruct_type\":null},\"endpoints\":["));
    add_endpoint(out, model);
    text_add(out, SPAN("]}"));
}

static void add_next(struct text *out, const struct selection *selection, uint64_t limit,
                     const struct selection_sum *sum)
{
    if (!sum->has_more) {
        text_add(out, SPAN("null"));
        return;
    }
    field_unsigned(out, SPAN("\"" LIST_PATH "?limit="), limit);
    openrouter_add_query(out, &selection->filter);
    text_add(out, SPAN("&after="));
    page_add_token(out, selection->snapshot, sum->last);
    text_add_char(out, '"');
}

/* What the query leaves, and where it begins. */
static int read_place(const struct page_request *request, struct selection *selection,
                      uint64_t *limit, struct span *wrong)
{
    char memory[PAGE_TOKEN_BYTES_MAX];
    struct span token;
    uint64_t offset = 0;

    *wrong = SPAN("`limit` is a number from 1 to 1000, `offset` one from 0 on.");
    if (page_find_number(request->query, SPAN("limit"), LIMIT_MAX, limit) != 0 || *limit == 0 ||
        page_find_number(request->query, SPAN("offset"), INT32_MAX, &offset) != 0)
        return ERR_INVALID;
    *wrong = SPAN("`after` is not one that `links.next` gave.");
    if (page_find_text(request->query, SPAN("after"), memory, sizeof(memory), &token) != 0 ||
        (token.len > 0 && page_read_token(token, request->snapshot, &selection->from) != 0))
        return ERR_INVALID;
    selection_skip(selection, offset);
    return 0;
}

static int answer_count(struct page *page, uint32_t count)
{
    struct text tail = text_over(page->tail, sizeof(page->tail));
    struct selection_sum none;

    text_add_unsigned(&tail, count);
    text_add(&tail, SPAN("}}"));
    page->selection.end = page->selection.from;
    none = selection_cut(&page->selection, DIALECT_OPENROUTER, 0);
    page_close(page, &none, SPAN("{\"data\":{\"count\":"), &tail);
    return 0;
}

int openrouter_answer(const struct page_request *request, struct page *page, struct span *wrong)
{
    struct selection *selection = &page->selection;
    struct text tail = text_over(page->tail, sizeof(page->tail));
    uint64_t limit = LIMIT_DEFAULT;

    if (openrouter_read_query(request->query, &selection->filter, wrong) != 0)
        return ERR_INVALID;
    const uint32_t total = selection_count(selection);

    if (request->counts)
        return answer_count(page, total);
    if (read_place(request, selection, &limit, wrong) != 0)
        return ERR_INVALID;
    struct selection_sum sum = page_cut(request, page, (uint32_t)limit);

    text_add(&tail, SPAN("],\"links\":{\"next\":"));
    add_next(&tail, selection, limit, &sum);
    field_unsigned(&tail, SPAN("},\"total_count\":"), total);
    text_add_char(&tail, '}');
    page_close(page, &sum, SPAN(OPENROUTER_LIST_HEAD), &tail);
    return 0;
}
