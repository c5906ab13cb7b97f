/*
 * Breakers and retry budgets under threads that all do the same at the same time: one opens, one
 * probes, and no more retries go out than there are.
 */
#include "lib/base/err.h"
#include "worker/attempts.h"
#include "worker/breaker.h"
#include "worker/retry_budget.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum {
    ACTORS = 4,
    PAIR = 2, /* of threads that meet: more than there are cores do not run at the same time */
    ROUNDS = 10000,
    MEETINGS = 150000,
    SPINS_MAX = 4096, /* of a thread that waits for one that does not run */
    DELAYS_MAX = 128,
    FAILURES = 5,
    OPEN_MS = 100,
    PERIODS = 2,
    TRIES = 2, /* of each actor in a round */
    RETRY_PERCENT = 20,
    FIRSTS = 20000,
    FIRSTS_PER_RETRY = 100 / RETRY_PERCENT,
};

struct stage {
    struct state_cell cell;
    struct state_cell other;
    struct state_cell budget;
    uint32_t actors;
    _Atomic uint64_t arrived;
    _Atomic uint64_t turn;
    _Atomic uint64_t now_ms;
    _Atomic uint64_t wins;
    _Atomic uint64_t faults; /* assertions belong to the main thread */
};

static void open_stage(struct stage *stage, uint32_t actors)
{
    *stage = (struct stage){.now_ms = 1, .actors = actors};
}

static void run(struct stage *stage, void *(*act)(void *stage))
{
    pthread_t threads[ACTORS];

    for (uint32_t n = 0; n < stage->actors; n++)
        assert_int_equal(pthread_create(&threads[n], NULL, act, stage), 0);
    for (uint32_t n = 0; n < stage->actors; n++)
        pthread_join(threads[n], NULL);
    assert_int_equal(atomic_load(&stage->faults), 0);
}

/* What is due at a meeting: how many of all have won, and what they owe. */
struct toll {
    uint64_t wins;
    uint64_t debt;
    uint64_t now_ms; /* from the meeting on */
};

/* All wait for all; the last one looks at what came of it and sets the clock. */
static void meet(struct stage *stage, struct toll toll)
{
    uint64_t turn = atomic_load(&stage->turn);

    if (atomic_fetch_add(&stage->arrived, 1) == stage->actors - 1) {
        if (atomic_exchange(&stage->wins, 0) != toll.wins ||
            atomic_exchange(&stage->budget.words[0], 0) != toll.debt)
            atomic_fetch_add(&stage->faults, 1);
        atomic_store(&stage->now_ms, toll.now_ms);
        atomic_store(&stage->arrived, 0);
        atomic_store(&stage->turn, turn + 1);
    }
    /* They spin: threads that a futex or the scheduler wakes start too far apart to meet. */
    for (uint32_t spins = 0; atomic_load(&stage->turn) == turn; spins++) {
        if (spins >= SPINS_MAX)
            sched_yield();
    }
}

/* The last one to come is the first to go: each waits a little longer or shorter than before, so
 * that over many meetings every step of one falls between every two steps of the other. */
static void start_apart(uint64_t *random)
{
    *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    for (uint64_t n = *random >> 33 & (DELAYS_MAX - 1); n > 0; n--)
        atomic_signal_fence(memory_order_seq_cst); /* so that the loop stays */
}

/* Opened; half-open a few times, each with a probe that dies; closed. */
static void *open_and_probe(void *context)
{
    struct stage *stage = context;
    uint64_t random = (uintptr_t)&stage ^ (uintptr_t)pthread_self();

    for (uint32_t meeting = 0; meeting < MEETINGS; meeting++) {
        uint64_t now_ms = atomic_load(&stage->now_ms);

        start_apart(&random);
        for (uint32_t n = 0; n < FAILURES; n++) {
            if (breaker_failed(&stage->cell, now_ms, FAILURES, OPEN_MS))
                atomic_fetch_add(&stage->wins, 1);
        }
        for (uint32_t period = 0; period < PERIODS; period++) {
            now_ms += OPEN_MS;
            meet(stage, (struct toll){.wins = 1, .now_ms = now_ms});
            start_apart(&random);
            if (breaker_admit(&stage->cell, now_ms, OPEN_MS))
                atomic_fetch_add(&stage->wins, 1);
        }
        meet(stage, (struct toll){.wins = 1, .now_ms = now_ms + OPEN_MS});
        breaker_succeeded(&stage->cell);
        meet(stage, (struct toll){.now_ms = now_ms + OPEN_MS});
    }
    return NULL;
}

static void each_opening_has_one_opener_and_each_period_one_probe(void **state)
{
    struct stage stage;

    (void)state;
    open_stage(&stage, PAIR);
    run(&stage, open_and_probe);
}

/* Each has tried `cell` of a provider and wants `other`, which lets one probe through. */
static void *retry_at_a_probe(void *context)
{
    struct stage *stage = context;
    uint64_t random = (uintptr_t)&stage ^ (uintptr_t)pthread_self();
    const struct attempt_field field = {
        .rules = {.attempts_max = 2,
                  .pause_ms = 1,
                  .retry_percent = RETRY_PERCENT,
                  .failures_max = FAILURES,
                  .open_ms = OPEN_MS},
        .left_ms = UINT64_MAX,
        .count = 2,
        .candidates = {{.health = &stage->cell, .budget = &stage->budget},
                       {.health = &stage->other, .budget = &stage->budget}},
    };

    for (uint32_t meeting = 0; meeting < MEETINGS; meeting++) {
        struct attempts attempts = {
            .tried = 1, .used = 1, .count = 1, .log = {{.result = ATTEMPT_BROKEN}}};
        uint64_t now_ms = atomic_load(&stage->now_ms);
        struct attempt attempt;

        start_apart(&random);
        int err = attempts_next(&attempts, &field, now_ms, random, &attempt);
        if (err == 0)
            atomic_fetch_add(&stage->wins, 1);
        else if (err != ERR_NOT_FOUND)
            atomic_fetch_add(&stage->faults, 1);
        meet(stage, (struct toll){1, RETRY_BUDGET_COST, now_ms + OPEN_MS});
    }
    return NULL;
}

static void who_loses_a_probe_brings_its_retry_back(void **state)
{
    struct stage stage;

    (void)state;
    open_stage(&stage, PAIR);
    breaker_hold(&stage.cell, UINT64_MAX);
    breaker_failed(&stage.other, 0, 1, 1);
    run(&stage, retry_at_a_probe);
}

/* The clock runs on while all fail and ask, each with a time that may be past already. */
static void *fail_and_ask(void *context)
{
    struct stage *stage = context;

    for (uint32_t n = 0; n < ROUNDS * TRIES; n++) {
        uint64_t now_ms = atomic_fetch_add(&stage->now_ms, 1);

        if (breaker_allows_look(&stage->cell, now_ms) &&
            breaker_admit(&stage->cell, now_ms, OPEN_MS))
            atomic_fetch_add(&stage->wins, 1);
        if (n % 16 == 0 && breaker_failed(&stage->cell, now_ms, FAILURES, OPEN_MS))
            atomic_fetch_add(&stage->faults, 1);
    }
    return NULL;
}

static void an_open_breaker_probes_no_faster_than_its_time(void **state)
{
    struct stage stage;

    (void)state;
    open_stage(&stage, ACTORS);
    for (uint32_t n = 0; n < FAILURES; n++)
        breaker_failed(&stage.cell, 1, FAILURES, OPEN_MS);
    uint64_t opened_until = breaker_until(&stage.cell);
    run(&stage, fail_and_ask);
    assert_in_range(atomic_load(&stage.wins), 1,
                    (breaker_until(&stage.cell) - opened_until) / OPEN_MS);
}

static void *hold_longer(void *context)
{
    struct stage *stage = context;

    for (uint32_t n = 0; n < ROUNDS; n++) {
        uint64_t until = atomic_fetch_add(&stage->now_ms, 1);

        breaker_hold(&stage->cell, until);
        if (breaker_until(&stage->cell) < until)
            atomic_fetch_add(&stage->faults, 1);
    }
    return NULL;
}

static void the_longest_hold_stays(void **state)
{
    struct stage stage;

    (void)state;
    open_stage(&stage, ACTORS);
    run(&stage, hold_longer);
    assert_int_equal(breaker_until(&stage.cell), atomic_load(&stage.now_ms) - 1);
}

static void *earn_and_take(void *context)
{
    struct stage *stage = context;

    for (uint32_t n = 0; n < FIRSTS; n++) {
        retry_budget_earn(&stage->cell, RETRY_PERCENT);
        if (retry_budget_take(&stage->cell, RETRY_PERCENT))
            atomic_fetch_add(&stage->wins, 1);
    }
    return NULL;
}

/* Everybody retries whenever it is let: what is earned is spent, but for the last few. */
static void a_storm_gets_its_share_and_no_more(void **state)
{
    const uint64_t share = (uint64_t)ACTORS * FIRSTS / FIRSTS_PER_RETRY;
    const uint64_t burst = RETRY_BUDGET_MAX / RETRY_BUDGET_COST;
    struct stage stage;

    (void)state;
    open_stage(&stage, ACTORS);
    run(&stage, earn_and_take);
    assert_in_range(atomic_load(&stage.wins), share, share + burst);
    assert_in_range(atomic_load(&stage.cell.words[0]), 0, RETRY_BUDGET_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_opening_has_one_opener_and_each_period_one_probe),
        cmocka_unit_test(who_loses_a_probe_brings_its_retry_back),
        cmocka_unit_test(an_open_breaker_probes_no_faster_than_its_time),
        cmocka_unit_test(the_longest_hold_stays),
        cmocka_unit_test(a_storm_gets_its_share_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
