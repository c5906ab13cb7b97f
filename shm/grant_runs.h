/**
 * The models of a grant set as runs of adjacent ones, which is how listings are gathered.
 *
 * All of it is inlined: a listing asks once for each of its runs.
 */
#ifndef WEIR_SHM_GRANT_RUNS_H
#define WEIR_SHM_GRANT_RUNS_H

#include "shm/snapshot.h"

/** Adjacent granted models. */
struct grant_run {
    uint32_t first;
    uint32_t end; /* one past the last */
};

/** A walk over one set's bitmap, whose bits from `models` on are 0. */
struct grant_runs {
    const uint64_t *words;
    size_t models;
    size_t base;   /* the model of the lowest bit in `left` */
    uint64_t left; /* of one word, what has not been walked over */
};

/**
 * From model `from` on; a run that it lies in begins there.
 *
 * @param grant_set  a row of GRANT_SETS
 */
static inline struct grant_runs grant_runs_from(const struct snapshot *snapshot, uint32_t grant_set,
                                                uint32_t from)
{
    const struct grant_set_row *set = SNAPSHOT_ROW(snapshot, GRANT_SETS, struct grant_set_row,
                                                   grant_set);
    struct grant_runs runs = {
        .words = SNAPSHOT_ROW(snapshot, GRANT_WORDS, uint64_t, set->first_word),
        .models = snapshot_rows(snapshot, SNAPSHOT_MODELS),
        .base = (size_t)from - from % 64,
    };

    if (from < runs.models)
        runs.left = runs.words[from / 64] & UINT64_MAX << from % 64;
    return runs;
}

/* The end of a run that fills its word up to the highest bit. */
static inline size_t grant_runs_end_behind(struct grant_runs *runs)
{
    uint64_t carried = 0;

    while (carried == 0 && (runs->base += 64) < runs->models) {
        carried = runs->words[runs->base / 64] + 1;
        runs->left = runs->words[runs->base / 64] & carried;
    }
    return carried == 0 ? runs->models : runs->base + (size_t)__builtin_ctzll(carried);
}

/**
 * The next run. Words without a bit are skipped whole.
 *
 * @return false when there is none
 */
static inline bool grant_runs_next(struct grant_runs *runs, struct grant_run *out)
{
    while (runs->left == 0) {
        runs->base += 64;
        if (runs->base >= runs->models)
            return false;
        runs->left = runs->words[runs->base / 64];
    }
    /* Added to its lowest bit, a run of ones carries into the zero behind it. */
    uint64_t carried = runs->left + (runs->left & -runs->left);

    out->first = (uint32_t)(runs->base + (size_t)__builtin_ctzll(runs->left));
    runs->left &= carried;
    out->end = (uint32_t)(carried != 0 ? runs->base + (size_t)__builtin_ctzll(carried)
                                       : grant_runs_end_behind(runs));
    return true;
}

#endif
