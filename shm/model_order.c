#include "shm/model_order.h"

static const struct span provider_words[PROVIDER_KIND_COUNT] = {
#define X(name, word, owned_by, page, ...) [PROVIDER_##name] = {page, sizeof(page) - 1},
    PROVIDER_KIND_MAP(X)
#undef X
};

static const struct span sort_words[MODEL_SORT_COUNT] = {
#define X(name, word) [MODEL_SORT_##name] = {word, sizeof(word) - 1},
    MODEL_SORT_MAP(X)
#undef X
};

struct span model_provider_word(uint32_t provider)
{
    return provider < PROVIDER_KIND_COUNT ? provider_words[provider] : SPAN("");
}

struct span model_sort_word(enum model_sort sort)
{
    return sort_words[sort];
}

struct model_facts model_facts_of(const struct snapshot *snapshot, uint32_t model)
{
    const struct model_row *row = snapshot_model(snapshot, model);
    struct model_facts facts = {
        .slug = snapshot_bytes(snapshot, row->slug),
        .name = snapshot_bytes(snapshot, row->name),
        .max_input_tokens = row->max_input_tokens,
        .max_output_tokens = row->max_output_tokens,
        .provider = PROVIDER_KIND_COUNT,
    };

    if (row->price != ROW_NONE)
        facts.price = SNAPSHOT_ROW(snapshot, PRICES, struct price_row, row->price);
    if (row->deployment_count != 0) {
        const struct deployment_row *first = snapshot_deployment(snapshot, row->deployment_first);

        facts.provider = snapshot_provider(snapshot, first->provider)->kind;
    }
    return facts;
}

static struct model_key key_of_text(struct span text)
{
    return (struct model_key){.is_given = text.len != 0, .text = text};
}

static struct model_key key_of_number(uint64_t number, uint64_t none)
{
    return (struct model_key){.is_given = number != none, .number = number};
}

struct model_key model_key_of(const struct model_facts *facts, enum model_sort sort)
{
    const struct price_row *price = facts->price;

    switch (sort) {
    case MODEL_SORT_SLUG:
        return key_of_text(facts->slug);
    case MODEL_SORT_NAME:
        return key_of_text(facts->name);
    case MODEL_SORT_CONTEXT:
        return key_of_number(facts->max_input_tokens, 0);
    case MODEL_SORT_MAX_OUTPUT:
        return key_of_number(facts->max_output_tokens, 0);
    case MODEL_SORT_INPUT:
        return key_of_number(price == NULL ? PRICE_NONE : price->input, PRICE_NONE);
    case MODEL_SORT_OUTPUT:
        return key_of_number(price == NULL ? PRICE_NONE : price->output, PRICE_NONE);
    case MODEL_SORT_PROVIDER:
    case MODEL_SORT_COUNT:
        break;
    }
    return key_of_text(model_provider_word(facts->provider));
}

static int compare_text(struct span a, struct span b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared == 0 ? 0 : strncasecmp(a.ptr, b.ptr, shared);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

int model_key_compare(const struct model_key *a, const struct model_key *b, bool is_falling)
{
    int order;

    if (!a->is_given || !b->is_given)
        return b->is_given - a->is_given;
    if (a->number != b->number)
        order = a->number < b->number ? -1 : 1;
    else
        order = compare_text(a->text, b->text);
    return is_falling ? -order : order;
}

/* Each one stands behind the one before: so they differ, and as many as there are, they are all. */
static bool is_order_sound(const struct snapshot *snapshot, enum model_sort sort, bool is_falling)
{
    const uint32_t *order = snapshot_order(snapshot, sort, is_falling);
    uint32_t models = snapshot_rows(snapshot, SNAPSHOT_MODELS);
    struct model_key before = {0};

    for (uint32_t place = 0; place < models; place++) {
        if (order[place] >= models)
            return false;
        const struct model_facts facts = model_facts_of(snapshot, order[place]);
        const struct model_key key = model_key_of(&facts, sort);

        if (place != 0) {
            int side = model_key_compare(&before, &key, is_falling);

            if (side > 0 || (side == 0 && order[place - 1] >= order[place]))
                return false;
        }
        before = key;
    }
    return true;
}

bool model_orders_are_sound(const struct snapshot *snapshot)
{
    for (uint32_t sort = 0; sort < MODEL_SORT_COUNT; sort++) {
        if (!is_order_sound(snapshot, (enum model_sort)sort, false) ||
            !is_order_sound(snapshot, (enum model_sort)sort, true))
            return false;
    }
    return true;
}
