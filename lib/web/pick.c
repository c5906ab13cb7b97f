#include "lib/web/pick.h"

#include "lib/base/err.h"

/* What a pass looks at. */
struct sieve {
    const struct snapshot *snapshot;
    uint32_t grant_set;
    const uint32_t *order; /* NULL: the display order */
    struct span search;    /* A-Z as a-z; empty: all */
};

static uint32_t model_at(const struct sieve *sieve, uint32_t place)
{
    return sieve->order == NULL ? place : sieve->order[place];
}

static bool passes(const struct sieve *sieve, uint32_t model)
{
    if (!snapshot_is_granted(sieve->snapshot, sieve->grant_set, model))
        return false;
    if (sieve->search.len == 0)
        return true;
    struct span text = snapshot_search_text(sieve->snapshot, model);

    return text.len > 0 && memmem(text.ptr, text.len, sieve->search.ptr, sieve->search.len) != NULL;
}

static uint32_t count_before(const struct sieve *sieve, uint32_t end)
{
    uint32_t count = 0;

    for (uint32_t place = 0; place < end; place++)
        count += passes(sieve, model_at(sieve, place));
    return count;
}

static void collect(const struct sieve *sieve, struct web_pick *out)
{
    uint32_t models = snapshot_rows(sieve->snapshot, SNAPSHOT_MODELS);

    for (uint32_t place = 0; place < models; place++) {
        uint32_t model = model_at(sieve, place);

        if (!passes(sieve, model))
            continue;
        if (out->total >= out->first && out->count < WEB_PAGE_MODELS)
            out->models[out->count++] = model;
        out->total++;
    }
}

/* How many models stand before the page. */
static int find_first(const struct sieve *sieve, const struct web_query *query, uint32_t *first)
{
    uint32_t count;

    if (query->place_bytes == 0) {
        uint64_t before = query->page == 0 ? 0 : (query->page - 1) * WEB_PAGE_MODELS;

        *first = before < UINT32_MAX ? (uint32_t)before : UINT32_MAX;
        return 0;
    }
    struct span place = {query->place, query->place_bytes};
    uint32_t end = web_find_place(sieve->snapshot, query->order, place, query->is_after);

    if (end == UINT32_MAX)
        return ERR_INVALID;
    count = count_before(sieve, end);
    if (query->is_after)
        *first = count;
    else
        *first = count > WEB_PAGE_MODELS ? count - WEB_PAGE_MODELS : 0;
    return 0;
}

int web_pick(const struct snapshot *snapshot, uint32_t grant_set, const struct web_query *query,
             struct web_pick *out)
{
    const struct web_order *order = &query->order;
    const struct sieve sieve = {
        .snapshot = snapshot,
        .grant_set = grant_set,
        .order = order->sort == MODEL_SORT_COUNT
                     ? NULL
                     : snapshot_order(snapshot, order->sort, order->is_falling),
        .search = {query->folded, query->search_bytes},
    };

    memset(out, 0, sizeof(*out));
    out->granted = SNAPSHOT_ROW(snapshot, GRANT_SETS, struct grant_set_row, grant_set)->models;
    int err = find_first(&sieve, query, &out->first);

    if (err == 0)
        collect(&sieve, out);
    return err;
}
