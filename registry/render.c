#include "registry/render.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"

enum { FIRST_ROOM_BYTES = 4096 };

static const struct data_model *data_of(const struct build *build, uint32_t number)
{
    return &build->data->models[build->model_indexes[number]];
}

static struct model_row *row_of(const struct build *build, uint32_t number)
{
    return (struct model_row *)build->tables[SNAPSHOT_MODELS].rows + number;
}

static struct dialect_model describe(const struct build *build, uint32_t number)
{
    const struct data_model *data = data_of(build, number);
    struct dialect_model model = {
        .slug = data->slug,
        .name = data->name,
        .description = data->description,
        .owned_by = data->owned_by,
        .default_reasoning = data->default_reasoning,
        .default_verbosity = data->default_verbosity,
        .client_version_min = data->client_version_min,
        .input_modality_count = data->input_modality_count,
        .level_count = data->level_count,
        .output_modality_count = data->output_modality_count,
        .feature_count = data->feature_count,
        .parameter_count = data->parameter_count,
        .released_s = data->released_s,
        .deprecated_s = data->deprecated_s,
        .retires_s = data->retires_s,
        .provider = build->data->providers[data->deployments[0].provider].kind,
        .credits_per_usd = build->data->credits_per_usd,
        .credits_margin_micros = build->data->credits_margin_micros,
        .row = row_of(build, number),
        .price = data->has_price ? &data->price : NULL,
    };

    memcpy(model.input_modalities, data->input_modalities, sizeof(model.input_modalities));
    memcpy(model.output_modalities, data->output_modalities, sizeof(model.output_modalities));
    memcpy(model.parameters, data->parameters, sizeof(model.parameters));
    memcpy(model.features, data->features, sizeof(model.features));
    memcpy(model.levels, data->levels, sizeof(model.levels));
    return model;
}

/* Renders behind the pool's last byte, in as much room as it takes; pool_keep() makes it stay. */
static int render(struct build *build, enum dialect dialect, uint32_t number, struct span *out)
{
    const struct dialect_model model = describe(build, number);

    for (size_t room = FIRST_ROOM_BYTES;; room *= 2) {
        char *at = pool_reserve(&build->pool, room);

        if (at == NULL)
            return ERR_NO_MEMORY;
        struct text text = text_over(at, room);

        text_add_char(&text, dialect_separator(dialect));
        dialect_render_model(dialect, &model, &text);
        *out = text_span(&text);
        if (text.err == 0)
            return 0;
    }
}

static struct span bytes_of(const void *memory, size_t len)
{
    return (struct span){memory, len};
}

static int hash_content(struct build *build, uint32_t number)
{
    const struct data_model *data = data_of(build, number);
    const uint64_t bounds[] = {
        (uint64_t)data->kind,    data->flags,        data->context_window, data->max_input_tokens,
        data->max_output_tokens, data->media_tokens, data->has_price,
    };

    digester_begin(build->digester);
    for (uint32_t dialect = 0; dialect < DIALECT_COUNT; dialect++) {
        struct span fragment;

        if (render(build, (enum dialect)dialect, number, &fragment) != 0)
            return ERR_NO_MEMORY;
        digester_add(build->digester, fragment);
    }
    digester_add(build->digester, bytes_of(bounds, sizeof(bounds)));
    if (data->has_price)
        digester_add(build->digester, bytes_of(&data->price, sizeof(data->price)));
    build->model_contents[number] = digester_end(build->digester);
    row_of(build, number)->content_hash = digest_prefix(&build->model_contents[number]);
    return 0;
}

int render_hash_contents(struct build *build)
{
    int err = 0;

    build->model_contents = build_take(build, build->model_count, sizeof(*build->model_contents));
    if (build->model_contents == NULL)
        return ERR_NO_MEMORY;
    for (uint32_t number = 0; err == 0 && number < build->model_count; number++) {
        INVARIANT(row_of(build, number)->created_s == 0);
        err = hash_content(build, number);
    }
    return err;
}

static int64_t created_of(const struct build *build, uint32_t number)
{
    const struct snapshot *previous = build->input->previous;

    if (previous == NULL)
        return build->input->now_s;
    uint32_t before = snapshot_find_model(previous, data_of(build, number)->slug);
    if (before == ROW_NONE ||
        snapshot_model(previous, before)->content_hash != row_of(build, number)->content_hash)
        return build->input->now_s;
    return snapshot_model(previous, before)->created_s;
}

static int add_fragment(struct build *build, enum dialect dialect, uint32_t number)
{
    struct ref *refs = build->tables[SNAPSHOT_FRAGMENTS].rows;
    size_t row = (size_t)dialect * build->model_count + number;
    struct span fragment;
    int err = render(build, dialect, number, &fragment);

    if (err != 0)
        return err;
    const struct digest digest = digester_hash(build->digester, fragment);
    build->fragment_hashes[row] = digest_prefix(&digest);
    refs[row] = pool_keep(&build->pool, fragment.len);
    return 0;
}

int render_fragments(struct build *build)
{
    uint32_t count = DIALECT_COUNT * build->model_count;
    int err = 0;

    build->fragment_hashes = build_take(build, count, sizeof(*build->fragment_hashes));
    if (build->fragment_hashes == NULL || build_take_rows(build, SNAPSHOT_FRAGMENTS, count) == NULL)
        return ERR_NO_MEMORY;
    for (uint32_t number = 0; number < build->model_count; number++)
        row_of(build, number)->created_s = created_of(build, number);
    for (uint32_t dialect = 0; dialect < DIALECT_COUNT; dialect++) {
        for (uint32_t number = 0; err == 0 && number < build->model_count; number++)
            err = add_fragment(build, (enum dialect)dialect, number);
    }
    return err;
}
