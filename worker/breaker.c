#include "worker/breaker.h"

#include "lib/base/invariant.h"

enum { FAILURES_BITS = 8, BREAKER_WORD = 0, HOLD_WORD = 1 };

_Static_assert(BREAKER_FAILURES_MAX == (1 << FAILURES_BITS) - 1, "the count fits its bits");

/* Relaxed: a word says all that there is to know, and no other memory is read because of it. */
static uint64_t load(const struct state_cell *cell, unsigned word)
{
    return atomic_load_explicit(&cell->words[word], memory_order_relaxed);
}

static uint64_t until_of(uint64_t word)
{
    return word >> FAILURES_BITS;
}

static uint64_t pack(uint64_t until_ms, uint64_t failures)
{
    return until_ms << FAILURES_BITS | failures;
}

static uint64_t count_one_more(uint64_t word)
{
    uint64_t failures = word & BREAKER_FAILURES_MAX;

    return failures == BREAKER_FAILURES_MAX ? failures : failures + 1;
}

uint64_t breaker_until(const struct state_cell *cell)
{
    uint64_t open_until = until_of(load(cell, BREAKER_WORD));
    uint64_t held_until = load(cell, HOLD_WORD);

    return open_until > held_until ? open_until : held_until;
}

bool breaker_allows_look(const struct state_cell *cell, uint64_t now_ms)
{
    return breaker_until(cell) <= now_ms;
}

bool breaker_admit(struct state_cell *cell, uint64_t now_ms, uint64_t open_ms)
{
    uint64_t before = load(cell, BREAKER_WORD);

    if (load(cell, HOLD_WORD) > now_ms)
        return false;
    while (until_of(before) != 0) {
        if (until_of(before) > now_ms)
            return false;
        if (atomic_compare_exchange_weak(&cell->words[BREAKER_WORD], &before,
                                         pack(now_ms + open_ms, before & BREAKER_FAILURES_MAX)))
            return true;
    }
    return true;
}

bool breaker_failed(struct state_cell *cell, uint64_t now_ms, uint64_t failures_max,
                    uint64_t open_ms)
{
    uint64_t before = load(cell, BREAKER_WORD);
    uint64_t failures;
    uint64_t until;

    INVARIANT(failures_max >= 1 && failures_max <= BREAKER_FAILURES_MAX);
    do {
        failures = count_one_more(before);
        until = until_of(before);
        if (until == 0 ? failures >= failures_max : until <= now_ms)
            until = now_ms + open_ms;
    } while (
        !atomic_compare_exchange_weak(&cell->words[BREAKER_WORD], &before, pack(until, failures)));
    return until_of(before) == 0 && until != 0;
}

void breaker_hold(struct state_cell *cell, uint64_t until_ms)
{
    uint64_t before = load(cell, HOLD_WORD);

    while (before < until_ms &&
           !atomic_compare_exchange_weak(&cell->words[HOLD_WORD], &before, until_ms))
        ;
}

void breaker_answered(struct state_cell *cell)
{
    if (until_of(load(cell, BREAKER_WORD)) != 0)
        atomic_store_explicit(&cell->words[BREAKER_WORD], 0, memory_order_relaxed);
}

void breaker_succeeded(struct state_cell *cell)
{
    if (load(cell, BREAKER_WORD) != 0)
        atomic_store_explicit(&cell->words[BREAKER_WORD], 0, memory_order_relaxed);
}
