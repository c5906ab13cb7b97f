#include "registry/compile_models.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/base/names.h"
#include "registry/forms.h"
#include "registry/slots.h"

#include <stdlib.h>

_Static_assert((int)NAME_ID_BYTES_MAX <= (int)LAYOUT_PROVIDER_BYTES_MAX &&
                   (int)NAME_LINE_BYTES_MAX <= (int)LAYOUT_UPSTREAM_MODEL_BYTES_MAX,
               "what a worker has room for");

struct sort_item {
    const struct data_model *model;
    uint32_t index;
};

int compile_providers(struct build *build)
{
    const struct data *data = build->data;
    struct provider_row *rows = build_take_rows(build, SNAPSHOT_PROVIDERS, data->provider_count);
    uint32_t secrets = 0;

    if (rows == NULL)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < data->provider_count; i++) {
        const struct data_provider *provider = &data->providers[i];

        rows[i] = (struct provider_row){
            .name = pool_add(&build->pool, provider->name),
            .base_url = pool_add(&build->pool, provider->base_url),
            .kind = (uint32_t)provider->kind,
            .secret = provider->has_secret || provider->has_account ? secrets++ : ROW_NONE,
            .auth = provider->has_account ? PROVIDER_AUTH_TOKEN : PROVIDER_AUTH_KEY,
        };
    }
    build->header.session_key = build->input->session_key.len != 0 ? secrets : ROW_NONE;
    return build->pool.err;
}

static int compare_bytes(struct span a, struct span b)
{
    int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_display(const void *left, const void *right)
{
    const struct data_model *a = ((const struct sort_item *)left)->model;
    const struct data_model *b = ((const struct sort_item *)right)->model;

    if (a->priority != b->priority)
        return a->priority < b->priority ? 1 : -1;
    return compare_bytes(a->slug, b->slug);
}

int compile_order_models(struct build *build)
{
    const struct data *data = build->data;
    struct sort_item *items = build_take(build, data->model_count, sizeof(*items));

    build->model_numbers = build_take(build, data->model_count, sizeof(*build->model_numbers));
    build->model_indexes = build_take(build, data->model_count, sizeof(*build->model_indexes));
    if (items == NULL || build->model_numbers == NULL || build->model_indexes == NULL)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < data->model_count; i++) {
        build->model_numbers[i] = ROW_NONE;
        if (data->models[i].enabled)
            items[build->model_count++] = (struct sort_item){&data->models[i], i};
    }
    qsort(items, build->model_count, sizeof(*items), compare_display);
    for (uint32_t number = 0; number < build->model_count; number++) {
        build->model_indexes[number] = items[number].index;
        build->model_numbers[items[number].index] = number;
    }
    return 0;
}

static const struct data_model *model_of(const struct build *build, uint32_t number)
{
    return &build->data->models[build->model_indexes[number]];
}

static void fill_deployments(struct build *build, uint32_t number, struct deployment_row *rows)
{
    const struct data_model *model = model_of(build, number);

    for (uint32_t i = 0; i < model->deployment_count; i++) {
        rows[i] = (struct deployment_row){
            .upstream_model = pool_add(&build->pool, model->deployments[i].model),
            .provider = model->deployments[i].provider,
            .model = number,
            .tier = model->deployments[i].tier,
            .weight = model->deployments[i].weight,
            .traits = model->deployments[i].traits,
        };
    }
}

static uint32_t modality_bits(const struct span *words, uint32_t count)
{
    static const struct span names[] = {
#define X(name, word) {word, sizeof(word) - 1},
        MODALITY_MAP(X)
#undef X
    };
    uint32_t bits = 0;

    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t n = 0; n < MODALITY_COUNT; n++)
            bits |= span_equal(words[i], names[n]) ? UINT32_C(1) << n : 0;
    }
    return bits;
}

static struct ref add_parameters(struct build *build, const struct data_model *model)
{
    char memory[(NAME_ID_BYTES_MAX + 1) * DIALECT_WORDS_MAX * 2];
    struct text text = text_over(memory, sizeof(memory));

    for (uint32_t i = 0; i < model->parameter_count; i++) {
        if (i > 0)
            text_add_char(&text, ',');
        text_add(&text, model->parameters[i]);
    }
    INVARIANT(text.err == 0);
    return pool_add(&build->pool, text_span(&text));
}

static uint32_t flags_of(const struct data *data, const struct data_model *model)
{
    bool strict = model->strict_params == DATA_UNSET ? data->settings.strict_params != 0
                                                     : model->strict_params == DATA_ON;

    return model->flags | (strict ? MODEL_STRICT_PARAMS : 0);
}

static struct model_row make_model_row(struct build *build, const struct data_model *model)
{
    return (struct model_row){
        .slug_hash = snapshot_hash_slug(model->slug),
        .slug = pool_add(&build->pool, model->slug),
        .name = pool_add(&build->pool, model->name),
        .parameters = add_parameters(build, model),
        .kind = (uint32_t)model->kind,
        .flags = flags_of(build->data, model),
        .deployment_count = model->deployment_count,
        .price = ROW_NONE,
        .context_window = model->context_window,
        .max_input_tokens = model->max_input_tokens,
        .max_output_tokens = model->max_output_tokens,
        .media_tokens = model->media_tokens,
        .priority = model->priority,
        .lifecycle = (uint32_t)model->lifecycle,
        .inputs = modality_bits(model->input_modalities, model->input_modality_count),
        .outputs = modality_bits(model->output_modalities, model->output_modality_count),
    };
}

/* DEPLOYMENTS lie in the order of the models, so each model's begin where the last one's end. */
static struct deployment_row *take_deployments(struct build *build)
{
    uint64_t count = 0;

    for (uint32_t number = 0; number < build->model_count; number++)
        count += model_of(build, number)->deployment_count;
    return count < ROW_NONE ? build_take_rows(build, SNAPSHOT_DEPLOYMENTS, (uint32_t)count) : NULL;
}

int compile_models(struct build *build)
{
    struct model_row *rows = build_take_rows(build, SNAPSHOT_MODELS, build->model_count);
    struct deployment_row *deployments = take_deployments(build);
    uint32_t deployment = 0;

    if (rows == NULL || deployments == NULL)
        return ERR_NO_MEMORY;
    intern_init(&build->prices, build->arena, sizeof(struct price_row));
    for (uint32_t number = 0; number < build->model_count; number++) {
        const struct data_model *model = model_of(build, number);
        struct model_row *row = &rows[number];

        *row = make_model_row(build, model);
        row->deployment_first = deployment;
        fill_deployments(build, number, &deployments[deployment]);
        deployment += model->deployment_count;
        if (model->has_price && intern_add(&build->prices, &model->price, &row->price) != 0)
            return ERR_NO_MEMORY;
    }
    build->tables[SNAPSHOT_PRICES] = (struct build_table){build->prices.rows, build->prices.count};
    return build->pool.err;
}

int compile_model_slots(struct build *build)
{
    const struct model_row *models = build->tables[SNAPSHOT_MODELS].rows;
    uint64_t *hashes = build_take(build, build->model_count, sizeof(*hashes));

    if (hashes == NULL)
        return ERR_NO_MEMORY;
    for (uint32_t number = 0; number < build->model_count; number++)
        hashes[number] = models[number].slug_hash;
    int err = slots_build(build, SNAPSHOT_MODEL_SLOTS, hashes, build->model_count);
    if (err != ERR_NO_SPACE)
        return err;
    report_add(build->report, REPORT_ERROR, (struct report_place){0}, "models", "",
               "too many slugs have the same hash");
    return ERR_CONFIG;
}
