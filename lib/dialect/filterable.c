#include "lib/dialect/filterable.h"

#include "lib/base/err.h"
#include "lib/dialect/fields.h"

enum {
    USD_PER_1M_SCALE = 6, /* pico-dollars per token are micro-dollars per 1M tokens */
    WORD_BYTES_MAX = 64,
};

static const struct span providers[PROVIDER_KIND_COUNT] = {
#define X(name, word, owned_by, page, protocol, credit, filter) \
    [PROVIDER_##name] = {filter, sizeof(filter) - 1},
    PROVIDER_KIND_MAP(X)
#undef X
};

static const struct span capabilities[MODEL_KIND_COUNT] = {
    [MODEL_CHAT] = {"chat", 4},
    [MODEL_EMBEDDING] = {"embedding", 9},
    [MODEL_IMAGE] = {"image_generation", 16},
};

/* What the model's row says comes first, then the words of the configuration that say more. */
static void add_features(struct text *out, const struct dialect_model *model)
{
    struct span words[DIALECT_WORDS_MAX + 2];
    uint32_t count = 0;

    if (model_has(model, MODEL_TOOLS))
        words[count++] = SPAN("tools");
    if (model_takes(model, SPAN("image")))
        words[count++] = SPAN("vision");
    const uint32_t own = count;

    for (uint32_t i = 0; i < model->feature_count; i++) {
        if (!((own > 0 && span_equal(model->features[i], words[0])) ||
              (own > 1 && span_equal(model->features[i], words[1]))))
            words[count++] = model->features[i];
    }
    field_words(out, SPAN(",\"features\":"), words, count);
}

void filterable_render_model(const struct dialect_model *model, struct text *out)
{
    const struct price_row *price = model->price;

    field_string(out, SPAN("{\"id\":"), model->slug);
    field_string(out, SPAN(",\"provider\":"), providers[model->provider]);
    field_words(out, SPAN(",\"capabilities\":"), &capabilities[model->row->kind], 1);
    field_unsigned(out, SPAN(",\"context_window\":"), model->row->context_window);
    if (!model_has_rates(model)) {
        text_add(out, SPAN(",\"pricing\":null"));
    } else {
        field_rate(out, SPAN(",\"pricing\":{\"input\":"), price->input, USD_PER_1M_SCALE);
        field_rate(out, SPAN(",\"output\":"), price->output, USD_PER_1M_SCALE);
        text_add_char(out, '}');
    }
    add_features(out, model);
    text_add_char(out, '}');
}

/* The bits of the words that a parameter names; all of them without it, none for another word. */
static int read_bits(const struct page_request *request, struct span name, const struct span *words,
                     uint32_t count, uint32_t *bits)
{
    char memory[WORD_BYTES_MAX];
    struct span word;
    int err = page_find_text(request->query, name, memory, sizeof(memory), &word);

    if (err != 0)
        return err;
    for (uint32_t n = 0; n < count; n++)
        *bits |= word.len > 0 && span_equal_nocase(words[n], word) ? UINT32_C(1) << n : 0;
    if (word.len > 0 && *bits == 0)
        return ERR_NOT_FOUND;
    return 0;
}

int filterable_answer(const struct page_request *request, struct page *page, struct span *wrong)
{
    struct selection_filter *filter = &page->selection.filter;
    struct text tail = text_over(page->tail, sizeof(page->tail));
    int provider = read_bits(request, SPAN("provider"), providers, PROVIDER_KIND_COUNT,
                             &filter->providers);
    int capability = read_bits(request, SPAN("capability"), capabilities, MODEL_KIND_COUNT,
                               &filter->kinds);

    *wrong = SPAN("`provider` and `capability` are one word each.");
    if (provider == ERR_INVALID || capability == ERR_INVALID)
        return ERR_INVALID;
    /* No model has a word that nobody uses. */
    if (provider != 0 || capability != 0)
        page->selection.end = page->selection.from;
    struct selection_sum sum = page_cut(request, page, page->selection.end);

    text_add(&tail, SPAN(FILTERABLE_LIST_TAIL));
    page_close(page, &sum, SPAN(FILTERABLE_LIST_HEAD), &tail);
    return 0;
}
