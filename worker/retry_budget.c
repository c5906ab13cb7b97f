#include "worker/retry_budget.h"

/* The debt alone says what there is to know: relaxed, as in the breaker. */
static uint64_t load(const struct state_cell *cell)
{
    return atomic_load_explicit(&cell->words[0], memory_order_relaxed);
}

static void pay(struct state_cell *cell, uint64_t amount)
{
    uint64_t debt = load(cell);

    while (debt != 0 &&
           !atomic_compare_exchange_weak(&cell->words[0], &debt, debt > amount ? debt - amount : 0))
        ;
}

void retry_budget_earn(struct state_cell *cell, uint64_t retry_percent)
{
    pay(cell, retry_percent * RETRY_BUDGET_PER_PERCENT);
}

bool retry_budget_take(struct state_cell *cell, uint64_t retry_percent)
{
    uint64_t debt = load(cell);

    do {
        if (retry_percent == 0 || debt + RETRY_BUDGET_COST > RETRY_BUDGET_MAX)
            return false;
    } while (!atomic_compare_exchange_weak(&cell->words[0], &debt, debt + RETRY_BUDGET_COST));
    return true;
}

void retry_budget_return(struct state_cell *cell)
{
    pay(cell, RETRY_BUDGET_COST);
}
