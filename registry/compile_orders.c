#include "registry/compile_orders.h"

#include "lib/base/err.h"
#include "shm/model_order.h"

#include <stdlib.h>

struct sort_item {
    struct model_key key;
    uint32_t model;
};

static const struct data_model *model_of(const struct build *build, uint32_t number)
{
    return &build->data->models[build->model_indexes[number]];
}

static struct model_facts facts_of(const struct build *build, uint32_t number)
{
    const struct data_model *data = model_of(build, number);

    return (struct model_facts){
        .slug = data->slug,
        .name = data->name,
        .max_input_tokens = data->max_input_tokens,
        .max_output_tokens = data->max_output_tokens,
        .price = data->has_price ? &data->price : NULL,
        .provider = (uint32_t)build->data->providers[data->deployments[0].provider].kind,
    };
}

/* Numbers are given in display order, which decides among equals. */
static int compare(const struct sort_item *a, const struct sort_item *b, bool is_falling)
{
    int order = model_key_compare(&a->key, &b->key, is_falling);

    return order != 0 ? order : (a->model > b->model) - (a->model < b->model);
}

static int compare_rising(const void *a, const void *b)
{
    return compare(a, b, false);
}

static int compare_falling(const void *a, const void *b)
{
    return compare(a, b, true);
}

static void sort(struct build *build, uint32_t order, struct sort_item *items)
{
    uint32_t *places = (uint32_t *)build->tables[SNAPSHOT_ORDERS].rows +
                       (size_t)order * build->model_count;

    for (uint32_t number = 0; number < build->model_count; number++) {
        const struct model_facts facts = facts_of(build, number);

        items[number] = (struct sort_item){model_key_of(&facts, (enum model_sort)(order / 2)),
                                           number};
    }
    qsort(items, build->model_count, sizeof(*items),
          order % 2 == 0 ? compare_rising : compare_falling);
    for (uint32_t place = 0; place < build->model_count; place++)
        places[place] = items[place].model;
}

int compile_orders(struct build *build)
{
    struct sort_item *items = build_take(build, build->model_count, sizeof(*items));

    if (items == NULL ||
        build_take_rows(build, SNAPSHOT_ORDERS, MODEL_ORDER_COUNT * build->model_count) == NULL)
        return ERR_NO_MEMORY;
    for (uint32_t order = 0; order < MODEL_ORDER_COUNT; order++)
        sort(build, order, items);
    return 0;
}

static struct ref add_search_text(struct build *build, const struct data_model *model)
{
    const size_t bytes = model->slug.len + 1 + model->name.len;
    char *at = pool_reserve(&build->pool, bytes);

    if (at == NULL)
        return (struct ref){0};
    struct text text = text_over(at, bytes);

    text_add_folded(&text, model->slug);
    text_add_char(&text, '\n');
    text_add_folded(&text, model->name);
    return pool_keep(&build->pool, text.len);
}

int compile_search_texts(struct build *build)
{
    struct ref *rows = build_take_rows(build, SNAPSHOT_SEARCH_TEXTS, build->model_count);

    if (rows == NULL)
        return ERR_NO_MEMORY;
    for (uint32_t number = 0; number < build->model_count; number++)
        rows[number] = add_search_text(build, model_of(build, number));
    return build->pool.err;
}
