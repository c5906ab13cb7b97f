#include "lib/dialect/selection.h"

struct selection selection_all(const struct snapshot *snapshot, uint32_t grant_set)
{
    return (struct selection){
        .snapshot = snapshot,
        .grant_set = grant_set,
        .end = snapshot_rows(snapshot, SNAPSHOT_MODELS),
    };
}

struct selection_walk selection_begin(const struct selection *selection)
{
    return (struct selection_walk){
        .runs = grant_runs_from(selection->snapshot, selection->grant_set, selection->from)};
}

static bool has_bit(uint32_t set, uint32_t number)
{
    return set == 0 || (set >> number & 1) != 0;
}

static bool is_served_by(const struct snapshot *snapshot, const struct model_row *row,
                         uint32_t providers)
{
    if (providers == 0)
        return true;
    if (row->deployment_count == 0)
        return false;
    const struct deployment_row *first = snapshot_deployment(snapshot, row->deployment_first);

    return has_bit(providers, snapshot_provider(snapshot, first->provider)->kind);
}

static bool passes(const struct selection *selection, uint32_t model)
{
    const struct selection_filter *filter = &selection->filter;
    const struct model_row *row = snapshot_model(selection->snapshot, model);

    return has_bit(filter->kinds, row->kind) && has_bit(filter->lifecycles, row->lifecycle) &&
           is_served_by(selection->snapshot, row, filter->providers);
}

/* The next models that are granted and inside the bounds. */
static bool next_granted(const struct selection *selection, struct selection_walk *walk)
{
    if (!grant_runs_next(&walk->runs, &walk->left) || walk->left.first >= selection->end) {
        walk->left = (struct grant_run){0, 0};
        return false;
    }
    if (walk->left.end > selection->end)
        walk->left.end = selection->end;
    return true;
}

bool selection_next(const struct selection *selection, struct selection_walk *walk,
                    struct grant_run *out)
{
    struct grant_run *left = &walk->left;

    for (;;) {
        while (left->first < left->end && !passes(selection, left->first))
            left->first++;
        if (left->first < left->end)
            break;
        if (!next_granted(selection, walk))
            return false;
    }
    out->first = left->first;
    while (left->first < left->end && passes(selection, left->first))
        left->first++;
    out->end = left->first;
    return true;
}

uint32_t selection_count(const struct selection *selection)
{
    struct selection_walk walk = selection_begin(selection);
    struct grant_run run;
    uint32_t count = 0;

    while (selection_next(selection, &walk, &run))
        count += run.end - run.first;
    return count;
}

void selection_skip(struct selection *selection, uint64_t count)
{
    struct selection_walk walk = selection_begin(selection);
    struct grant_run run;

    while (selection_next(selection, &walk, &run)) {
        uint32_t models = run.end - run.first;

        if (count < models) {
            selection->from = run.first + (uint32_t)count;
            return;
        }
        count -= models;
    }
    selection->from = selection->end;
}

/* How many models of a run still fit; they are added up. */
static void add_models(const struct selection *selection, enum dialect dialect,
                       const struct grant_run *run, struct selection_sum *sum)
{
    for (uint32_t model = run->first; model < run->end; model++) {
        uint64_t slug = snapshot_model(selection->snapshot, model)->slug_hash;

        sum->bytes += snapshot_fragment(selection->snapshot, dialect, model).len;
        sum->hash = snapshot_fnv(sum->hash, &slug, sizeof(slug));
    }
    if (sum->models == 0)
        sum->first = run->first;
    sum->models += run->end - run->first;
    sum->last = run->end - 1;
}

struct selection_sum selection_cut(struct selection *selection, enum dialect dialect,
                                   uint32_t limit)
{
    struct selection_sum sum = {.first = ROW_NONE, .last = ROW_NONE, .hash = SNAPSHOT_FNV_START};
    struct selection_walk walk = selection_begin(selection);
    struct grant_run run;

    while (!sum.has_more && selection_next(selection, &walk, &run)) {
        sum.has_more = run.end - run.first > limit - sum.models;
        if (sum.has_more)
            run.end = run.first + (limit - sum.models);
        if (run.first < run.end)
            add_models(selection, dialect, &run, &sum);
    }
    if (sum.has_more)
        selection->end = sum.last == ROW_NONE ? selection->from : sum.last + 1;
    /* The first item leaves its comma out. */
    sum.bytes -= sum.models != 0;
    return sum;
}

static bool is_behind(const struct snapshot *snapshot, uint32_t model, int32_t priority,
                      struct span slug)
{
    const struct model_row *row = snapshot_model(snapshot, model);
    struct span own = snapshot_bytes(snapshot, row->slug);

    if (row->priority != priority)
        return row->priority < priority;
    int order = memcmp(own.ptr, slug.ptr, own.len < slug.len ? own.len : slug.len);
    return order != 0 ? order > 0 : own.len > slug.len;
}

uint32_t selection_behind(const struct snapshot *snapshot, int32_t priority, struct span slug)
{
    uint32_t low = 0;
    uint32_t high = snapshot_rows(snapshot, SNAPSHOT_MODELS);

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (is_behind(snapshot, middle, priority, slug))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}
