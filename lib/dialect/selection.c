#include "lib/dialect/selection.h"

#include <stddef.h>

/* As in snapshot_checksum(), a word at a time. */
#define HASH_FACTOR UINT64_C(0x100000001b3)

_Static_assert(offsetof(struct selection, filter) + sizeof(struct selection_filter) ==
                   sizeof(struct selection),
               "nothing stands behind the filter");
_Static_assert(offsetof(struct selection_filter, search) + SELECTION_SEARCH_BYTES_MAX ==
                       offsetof(struct selection_filter, parameters) &&
                   offsetof(struct selection_filter, parameters) + SELECTION_PARAMETERS_BYTES_MAX ==
                       sizeof(struct selection_filter),
               "nothing stands behind the texts");

void selection_init(struct selection *selection, const struct snapshot *snapshot,
                    uint32_t grant_set)
{
    memset(selection, 0, offsetof(struct selection, filter.search));
    selection->snapshot = snapshot;
    selection->grant_set = grant_set;
    selection->end = snapshot_rows(snapshot, SNAPSHOT_MODELS);
}

static bool is_filtered(const struct selection *selection)
{
    const struct selection_filter *filter = &selection->filter;

    return (filter->kinds | filter->providers | filter->lifecycles | filter->inputs |
            filter->outputs | filter->parameter_bytes | filter->search_bytes) != 0 ||
           filter->context_min != 0 || filter->input.are_asked || filter->output.are_asked;
}

struct selection_walk selection_begin(const struct selection *selection)
{
    return (struct selection_walk){
        .runs = grant_runs_from(selection->snapshot, selection->grant_set, selection->from),
        .is_filtered = is_filtered(selection),
    };
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

static bool has_word(struct span list, struct span word)
{
    while (list.len > 0) {
        if (span_equal(span_cut(&list, ','), word))
            return true;
    }
    return false;
}

static bool has_words(struct span list, struct span wanted)
{
    while (wanted.len > 0) {
        if (!has_word(list, span_cut(&wanted, ',')))
            return false;
    }
    return true;
}

static bool has_any(uint32_t wanted, uint32_t bits)
{
    return wanted == 0 || (wanted & bits) != 0;
}

static bool is_within(const struct selection_rates *rates, uint64_t rate)
{
    return !rates->are_asked || (rate != PRICE_NONE && rate >= rates->least && rate <= rates->most);
}

static bool costs_that(const struct selection *selection, const struct model_row *row)
{
    const struct selection_filter *filter = &selection->filter;

    if (!filter->input.are_asked && !filter->output.are_asked)
        return true;
    if (row->price == ROW_NONE)
        return false;
    const struct price_row *price = SNAPSHOT_ROW(selection->snapshot, PRICES, struct price_row,
                                                 row->price);

    return is_within(&filter->input, price->input) && is_within(&filter->output, price->output);
}

static bool holds(const struct selection *selection, uint32_t model)
{
    const struct selection_filter *filter = &selection->filter;

    if (filter->search_bytes == 0)
        return true;
    struct span text = snapshot_search_text(selection->snapshot, model);

    return text.len > 0 && memmem(text.ptr, text.len, filter->search, filter->search_bytes) != NULL;
}

static bool passes(const struct selection *selection, uint32_t model)
{
    const struct selection_filter *filter = &selection->filter;
    const struct model_row *row = snapshot_model(selection->snapshot, model);
    const struct span parameters = {filter->parameters, filter->parameter_bytes};

    return has_bit(filter->kinds, row->kind) && has_bit(filter->lifecycles, row->lifecycle) &&
           is_served_by(selection->snapshot, row, filter->providers) &&
           has_any(filter->inputs, row->inputs) && has_any(filter->outputs, row->outputs) &&
           row->context_window >= filter->context_min && costs_that(selection, row) &&
           holds(selection, model) &&
           has_words(snapshot_bytes(selection->snapshot, row->parameters), parameters);
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

    if (!walk->is_filtered) {
        bool is_there = next_granted(selection, walk);

        *out = *left;
        return is_there;
    }
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

    if (!walk.is_filtered && selection->from == 0 &&
        selection->end == snapshot_rows(selection->snapshot, SNAPSHOT_MODELS))
        return snapshot_grant_set(selection->snapshot, selection->grant_set)->models;
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

static void add_models(const struct ref *fragments, const struct grant_run *run,
                       struct selection_sum *sum)
{
    const struct ref *last = &fragments[run->end - 1];

    /* Fragments of adjacent models lie next to each other. */
    sum->bytes += last->offset + last->len - fragments[run->first].offset;
    if (sum->models == 0)
        sum->first = run->first;
    sum->models += run->end - run->first;
    sum->last = run->end - 1;
}

static void hash_models(const struct snapshot *snapshot, const struct grant_run *run,
                        struct selection_sum *sum)
{
    for (uint32_t model = run->first; model < run->end; model++) {
        sum->hash = (sum->hash ^ snapshot_model(snapshot, model)->slug_hash) * HASH_FACTOR;
        sum->hash ^= sum->hash >> 32;
    }
}

/* Without a filter its ends say which models of a grant set a page has. */
static void hash_ends(const struct snapshot *snapshot, struct selection_sum *sum)
{
    if (sum->models == 0)
        return;
    const uint64_t ends[] = {snapshot_model(snapshot, sum->first)->slug_hash,
                             snapshot_model(snapshot, sum->last)->slug_hash, sum->models};

    sum->hash = snapshot_checksum(ends, sizeof(ends));
}

struct selection_sum selection_cut(struct selection *selection, enum dialect dialect,
                                   uint32_t limit)
{
    struct selection_sum sum = {.first = ROW_NONE, .last = ROW_NONE, .hash = SNAPSHOT_FNV_START};
    struct selection_walk walk = selection_begin(selection);
    const struct ref *fragments = snapshot_fragments(selection->snapshot, dialect);
    struct grant_run run;

    while (!sum.has_more && selection_next(selection, &walk, &run)) {
        sum.has_more = run.end - run.first > limit - sum.models;
        if (sum.has_more)
            run.end = run.first + (limit - sum.models);
        if (run.first == run.end)
            continue;
        add_models(fragments, &run, &sum);
        if (walk.is_filtered)
            hash_models(selection->snapshot, &run, &sum);
    }
    if (!walk.is_filtered)
        hash_ends(selection->snapshot, &sum);
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
