/**
 * How many retries a provider is given: a share of the calls that come to it anyway, so that a
 * storm of failures does not become a larger storm of retries.
 *
 * A debt in the first word of the provider's cell, shared by all workers, by compare-and-swap
 * only: a retry adds RETRY_BUDGET_COST, a first attempt takes 10 × retry_percent off, and a retry
 * that would bring it beyond RETRY_BUDGET_MAX is refused. A cell of zeros owes nothing.
 *
 * Attempts are counted per call and provider: the first one that a call makes at a provider is a
 * first attempt there, also when another provider failed before. A provider that stands in for
 * another sees no call twice by it, and earns its own retries.
 */
#ifndef WEIR_WORKER_RETRY_BUDGET_H
#define WEIR_WORKER_RETRY_BUDGET_H

#include "shm/state.h"

#include <stdbool.h>

enum {
    RETRY_BUDGET_COST = 1000,
    RETRY_BUDGET_PER_PERCENT = RETRY_BUDGET_COST / 100,
    RETRY_BUDGET_MAX = 10 * RETRY_BUDGET_COST, /* ten retries at once */
};

/** A first attempt goes out. Does not write to a cell without debt. */
void retry_budget_earn(struct state_cell *cell, uint64_t retry_percent);

/**
 * May a retry go out? What was taken for one that then does not is brought back by
 * retry_budget_return().
 *
 * @param retry_percent  0: never
 */
bool retry_budget_take(struct state_cell *cell, uint64_t retry_percent);
void retry_budget_return(struct state_cell *cell);

#endif
