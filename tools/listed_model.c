#include "tools/listed_model.h"

#include "lib/base/err.h"

const char *const listed_kind_words[MODEL_KIND_COUNT] = {
    [MODEL_CHAT] = "chat", [MODEL_EMBEDDING] = "embedding", [MODEL_IMAGE] = "image"};

const char *const listed_capability_words[MODEL_CAPABILITY_COUNT] = {"reasoning", "attachments",
                                                                     "tools"};

_Static_assert(MODEL_REASONING == 1 && MODEL_ATTACHMENTS == 2 && MODEL_TOOLS == 4,
               "the words of capabilities are in the order of their bits");

static const struct span providers[PROVIDER_KIND_COUNT] = {
#define X(name, word, owned_by, page, protocol, credit, filter) \
    [PROVIDER_##name] = {filter, sizeof(filter) - 1},
    PROVIDER_KIND_MAP(X)
#undef X
};

struct span listed_provider_word(uint32_t kind)
{
    return kind < PROVIDER_KIND_COUNT ? providers[kind] : SPAN("");
}

bool listed_is_provider_word(const char *word)
{
    for (uint32_t kind = 0; kind < PROVIDER_KIND_COUNT; kind++) {
        if (span_equal_nocase(providers[kind], span_of(word)))
            return true;
    }
    return false;
}

bool listed_matches(const struct listed_model *model, const struct model_filter *filter)
{
    if (filter->provider != NULL && !span_equal_nocase(model->provider, span_of(filter->provider)))
        return false;
    if (filter->has_kind && model->kind != filter->kind)
        return false;
    return (model->capabilities & filter->capability) == filter->capability;
}

static struct listed_model read_row(const struct snapshot *snapshot, uint32_t number)
{
    const struct model_row *row = snapshot_model(snapshot, number);
    struct listed_model model = {
        .slug = snapshot_bytes(snapshot, row->slug),
        .name = snapshot_bytes(snapshot, row->name),
        .kind = (enum model_kind)row->kind,
        .capabilities = row->flags & MODEL_CAPABILITIES,
        .context_window = row->context_window,
        .max_input_tokens = row->max_input_tokens,
        .max_output_tokens = row->max_output_tokens,
        .input = PRICE_NONE,
        .output = PRICE_NONE,
        .image = PRICE_NONE,
    };

    if (row->deployment_count > 0) {
        const uint32_t provider = snapshot_deployment(snapshot, row->deployment_first)->provider;

        model.provider = listed_provider_word(snapshot_provider(snapshot, provider)->kind);
    }
    if (row->price != ROW_NONE) {
        const struct price_row *price = SNAPSHOT_ROW(snapshot, PRICES, struct price_row,
                                                     row->price);

        model.input = price->input;
        model.output = price->output;
        model.image = price->image;
    }
    return model;
}

int model_list_read(const struct snapshot *snapshot, const struct access *access,
                    struct arena *arena, struct model_list *out)
{
    const uint32_t count = snapshot_rows(snapshot, SNAPSHOT_MODELS);

    out->rows = arena_take(arena, (size_t)(count + 1) * sizeof(*out->rows));
    out->count = 0;
    if (out->rows == NULL)
        return ERR_NO_MEMORY;
    for (uint32_t number = 0; number < count; number++) {
        if (access == NULL || snapshot_is_granted(snapshot, access->grant_set, number))
            out->rows[out->count++] = read_row(snapshot, number);
    }
    return 0;
}

void model_list_add_sizes(struct model_list *list, const struct data *data)
{
    for (uint32_t i = 0; i < data->model_count; i++) {
        const struct data_model *model = &data->models[i];

        for (uint32_t n = 0; model->image_price_count > 0 && n < list->count; n++) {
            if (!span_equal(list->rows[n].slug, model->slug))
                continue;
            list->rows[n].image_prices = model->image_prices;
            list->rows[n].image_price_count = model->image_price_count;
        }
    }
}
