/**
 * The directory's export beside the configuration: one generation from both.
 *
 * An entity has one owner. A group, user or key of one name in both, or a key's text in both, is an
 * error that names both places. What the configuration defines may refer to what the directory
 * defines; the other way round only models are referred to, by slugs that may have no model yet.
 * What the directory revokes is refused wherever it is defined.
 *
 *   merge_open()    find, map and check the export; count its rows
 *   draft_link()    the configuration's rows, with room behind them
 *   merge_rows()    the directory's rows, conflicts, revocations
 */
#ifndef WEIR_REGISTRY_MERGE_H
#define WEIR_REGISTRY_MERGE_H

#include "registry/draft.h"
#include "registry/registry.h"

/** Of one load; all of it is borrowed. */
struct merge {
    const struct draft *draft;
    struct data *data;
    struct arena *arena;   /* the registry's */
    struct arena *scratch; /* the load's */
    struct report *report;
};

enum { MERGE_ROWS_MAX = 1 << 27 }; /* of one table of an export */

/**
 * Open the export in data->state_dir, if there is one, and count its rows in data->directory.
 *
 * @param resolve, restore  as of registry_load()
 * @return 0, ERR_CONFIG (see report), or ERR_NO_MEMORY
 */
int merge_open(const struct merge *merge, bool resolve, registry_restore_fn *restore);

/** Fill in the directory's rows; nothing to do without one. @return 0 or ERR_NO_MEMORY */
int merge_rows(const struct merge *merge);

/**
 * Of merge_rows(), when all keys are there: report every text that two keys have, and refuse the
 * keys whose text is revoked.
 *
 * @param own  how many keys the configuration has; those of the directory are behind them
 * @return 0 or ERR_NO_MEMORY
 */
int merge_digests(const struct merge *merge, uint32_t own);

/** Refuse a key, with a warning when the configuration defines it. @param how "by its name", … */
void merge_revoke(const struct merge *merge, uint32_t key, uint32_t own, const char *how);

/** Where the configuration has a key's text. */
struct report_place merge_digest_place(const struct merge *merge, const struct data_key *key);

/** Where a warning or error about the export itself is. */
struct report_place merge_place(const struct merge *merge);

#endif
