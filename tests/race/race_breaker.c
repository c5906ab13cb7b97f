/*
 * Breakers and retry budgets under threads that all do the same at the same time: one opens, one
 * probes, and no more retries go out than there are.
 */
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
    ROUNDS = 10000,
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
    _Atomic uint64_t arrived;
    _Atomic uint64_t turn;
    _Atomic uint64_t now_ms;
    _Atomic uint64_t wins;
    _Atomic uint64_t faults; /* assertions belong to the main thread */
};

static void open_stage(struct stage *stage)
{
    *stage = (struct stage){.now_ms = 1};
}

static void run(struct stage *stage, void *(*act)(void *stage))
{
    pthread_t threads[ACTORS];

    for (uint32_t n = 0; n < ACTORS; n++)
        assert_int_equal(pthread_create(&threads[n], NULL, act, stage), 0);
    for (uint32_t n = 0; n < ACTORS; n++)
        pthread_join(threads[n], NULL);
    assert_int_equal(atomic_load(&stage->faults), 0);
}

/*
 * All wait for all; the last one looks at what came of it and sets the clock. They spin: threads
 * that a futex wakes start too far apart to meet.
 */
static void settle(struct stage *stage, uint64_t wins, uint64_t now_ms)
{
    uint64_t turn = atomic_load(&stage->turn);

    if (atomic_fetch_add(&stage->arrived, 1) == ACTORS - 1) {
        if (atomic_exchange(&stage->wins, 0) != wins)
            atomic_fetch_add(&stage->faults, 1);
        atomic_store(&stage->now_ms, now_ms);
        atomic_store(&stage->arrived, 0);
        atomic_store(&stage->turn, turn + 1);
    }
    while (atomic_load(&stage->turn) == turn)
        sched_yield();
}

static void admit_together(struct stage *stage, uint64_t now_ms)
{
    for (uint32_t n = 0; n < TRIES; n++) {
        if (breaker_admit(&stage->cell, now_ms, OPEN_MS))
            atomic_fetch_add(&stage->wins, 1);
    }
}

/* Opened; half-open a few times, each with a probe that dies; closed. */
static void *open_and_probe(void *context)
{
    struct stage *stage = context;

    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint64_t now_ms = atomic_load(&stage->now_ms);

        for (uint32_t n = 0; n < TRIES; n++) {
            if (breaker_failed(&stage->cell, now_ms, FAILURES, OPEN_MS))
                atomic_fetch_add(&stage->wins, 1);
        }
        for (uint32_t period = 0; period < PERIODS; period++) {
            now_ms += OPEN_MS;
            settle(stage, 1, now_ms);
            admit_together(stage, now_ms);
        }
        settle(stage, 1, now_ms + OPEN_MS);
        breaker_succeeded(&stage->cell);
        settle(stage, 0, now_ms + OPEN_MS);
    }
    return NULL;
}

static void each_opening_has_one_opener_and_each_period_one_probe(void **state)
{
    struct stage stage;

    (void)state;
    open_stage(&stage);
    run(&stage, open_and_probe);
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
    open_stage(&stage);
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
    open_stage(&stage);
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
    open_stage(&stage);
    run(&stage, earn_and_take);
    assert_in_range(atomic_load(&stage.wins), share, share + burst);
    assert_in_range(atomic_load(&stage.cell.words[0]), 0, RETRY_BUDGET_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_opening_has_one_opener_and_each_period_one_probe),
        cmocka_unit_test(an_open_breaker_probes_no_faster_than_its_time),
        cmocka_unit_test(the_longest_hold_stays),
        cmocka_unit_test(a_storm_gets_its_share_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
