/**
 * Some of the models of a grant set: those between two numbers that pass a filter, as runs of
 * adjacent ones. Nothing is stored for it, so that a list of any length can be cut to pages.
 */
#ifndef WEIR_DIALECT_SELECTION_H
#define WEIR_DIALECT_SELECTION_H

#include "shm/grant_runs.h"

enum { SELECTION_PARAMETERS_BYTES_MAX = 256, SELECTION_SEARCH_BYTES_MAX = 64 };

/** In a set of bits, one that no model has. */
#define SELECTION_NOBODY (UINT32_C(1) << 31)

/** What tokens may cost, in pico-dollars for one; both are within. */
struct selection_rates {
    bool are_asked; /* then a model without a rate does not pass */
    uint64_t least;
    uint64_t most;
};

/**
 * A model passes when each set that is not 0 has a bit of it, 1 << number, its context is large
 * enough, it costs what it may, its slug or name holds what is searched, and it has all of the
 * parameters.
 */
struct selection_filter {
    uint32_t kinds;      /* enum model_kind */
    uint32_t providers;  /* enum provider_kind, of the first deployment of the lowest tier */
    uint32_t lifecycles; /* enum model_lifecycle */
    uint32_t inputs;     /* enum modality */
    uint32_t outputs;
    uint32_t parameter_bytes;
    uint32_t search_bytes;
    uint64_t context_min;
    struct selection_rates input;
    struct selection_rates output;
    char search[SELECTION_SEARCH_BYTES_MAX];         /* A-Z as a-z */
    char parameters[SELECTION_PARAMETERS_BYTES_MAX]; /* words with a comma between two; last */
};

struct selection {
    const struct snapshot *snapshot;
    uint32_t grant_set;
    uint32_t from; /* the first model */
    uint32_t end;  /* one past the last one */
    struct selection_filter filter;
};

/** Where a walk stands. */
struct selection_walk {
    struct grant_runs runs;
    struct grant_run left; /* of one run, what has not been looked at */
    bool is_filtered;
};

/** Every model of the set. The memory of the filter's texts stays as it is: it has none. */
void selection_init(struct selection *selection, const struct snapshot *snapshot,
                    uint32_t grant_set);

struct selection_walk selection_begin(const struct selection *selection);

/** The next run. @return false when there is none */
bool selection_next(const struct selection *selection, struct selection_walk *walk,
                    struct grant_run *out);

uint32_t selection_count(const struct selection *selection);

/** Leave out the first `count` models. */
void selection_skip(struct selection *selection, uint64_t count);

/** What a selection comes to in one dialect. */
struct selection_sum {
    uint32_t models;
    uint32_t first; /* ROW_NONE: it has no model */
    uint32_t last;
    bool has_more;  /* models were cut off */
    uint64_t bytes; /* of the items with the commas between them */
    uint64_t hash;  /* which of the grant set's models they are, by their slugs */
};

/** Cut the selection to its first `limit` models, and add them up. */
struct selection_sum selection_cut(struct selection *selection, enum dialect dialect,
                                   uint32_t limit);

/** The number of the first model behind that place in display order, whether or not it exists. */
uint32_t selection_behind(const struct snapshot *snapshot, int32_t priority, struct span slug);

#endif
