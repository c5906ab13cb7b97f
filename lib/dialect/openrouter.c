#include "lib/dialect/openrouter.h"

#include "lib/base/err.h"
#include "lib/dialect/fields.h"

enum { LIMIT_DEFAULT = 500, LIMIT_MAX = 1000, USD_SCALE = 12 };

#define LIST_PATH  "/api/v1/models"
#define MODEL_PATH "/v1/models/"

static void add_joined(struct text *out, const struct span *words, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            text_add_char(out, '+');
        text_add(out, words[i]);
    }
}

/* The words of modalities are a closed list, which JSON need not escape. */
static void add_architecture(struct text *out, const struct dialect_model *model)
{
    text_add(out, SPAN(",\"architecture\":{\"modality\":\""));
    add_joined(out, model->input_modalities, model->input_modality_count);
    text_add(out, SPAN("->"));
    add_joined(out, model->output_modalities, model->output_modality_count);
    field_words(out, SPAN("\",\"input_modalities\":"), model->input_modalities,
                          model->input_modality_count);
    field_words(out, SPAN(",\"output_modalities\":"), model->output_modalities,
                          model->output_modality_count);
    text_add(out, SPAN(",\"instruct_type\":null}"));
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

static void add_pricing(struct text *out, const struct price_row *price)
{
    if (price == NULL) {
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
    add_architecture(out, model);
    add_pricing(out, model->price);
    field_unsigned_or_null(out, SPAN(",\"top_provider\":{\"context_length\":"),
                                     row->context_window);
    field_unsigned_or_null(out, SPAN(",\"max_completion_tokens\":"), row->max_output_tokens);
    field_words(out, SPAN(",\"is_moderated\":false},\"per_request_limits\":null,"
                          "\"supported_parameters\":"),
                          model->parameters, model->parameter_count);
    text_add(out, SPAN(",\"default_parameters\":null,\"supported_voices\":null,"
                       "\"links\":{\"details\":\"" MODEL_PATH));
    text_add(out, model->slug);
    text_add(out, SPAN("\"}}"));
}

static void add_next(struct text *out, const struct snapshot *snapshot, uint64_t limit,
                     const struct selection_sum *sum)
{
    if (!sum->has_more) {
        text_add(out, SPAN("null"));
        return;
    }
    field_unsigned(out, SPAN("\"" LIST_PATH "?limit="), limit);
    text_add(out, SPAN("&after="));
    page_add_token(out, snapshot, sum->last);
    text_add_char(out, '"');
}

int openrouter_answer(const struct page_request *request, struct page *page, struct span *wrong)
{
    struct selection *selection = &page->selection;
    struct text tail = text_over(page->tail, sizeof(page->tail));
    char memory[PAGE_TOKEN_BYTES_MAX];
    struct span token;
    uint64_t limit = LIMIT_DEFAULT;
    uint64_t offset = 0;
    const uint32_t total = selection_count(selection);

    *wrong = SPAN("`limit` is a number from 1 to 1000, `offset` one from 0 on.");
    if (page_find_number(request->query, SPAN("limit"), LIMIT_MAX, &limit) != 0 || limit == 0 ||
                         page_find_number(request->query, SPAN("offset"), INT32_MAX, &offset) != 0)
        return ERR_INVALID;
    *wrong = SPAN("`after` is not one that `links.next` gave.");
    if (page_find_text(request->query, SPAN("after"), memory, sizeof(memory), &token) != 0 ||
                       (token.len > 0 &&
                        page_read_token(token, request->snapshot, &selection->from) != 0))
        return ERR_INVALID;
    selection_skip(selection, offset);
    struct selection_sum sum = page_cut(request, page, (uint32_t)limit);

    text_add(&tail, SPAN("],\"links\":{\"next\":"));
    add_next(&tail, request->snapshot, limit, &sum);
    field_unsigned(&tail, SPAN("},\"total_count\":"), total);
    text_add_char(&tail, '}');
    page_close(page, &sum, SPAN(OPENROUTER_LIST_HEAD), &tail);
    return 0;
}
