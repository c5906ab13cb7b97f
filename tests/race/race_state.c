/*
 * The shared memory of a host, driven by threads: one writer a slot with readers beside it, and
 * cells that everybody writes. Built with TSan it also says whether the orders suffice.
 */
#include "shm/state.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    WRITERS = 4,
    ROUNDS = 50000,
    CELLS = 1024,
};

struct stage {
    struct state state;
    _Atomic uint32_t writing; /* writers that have not ended */
    _Atomic uint64_t faults;  /* seen by readers: assertions belong to the main thread */
};

struct actor {
    struct stage *stage;
    uint32_t number;
    pthread_t thread;
};

typedef void *actor_fn(void *actor);

/* Readers run until the last writer has ended. */
static void run(struct stage *stage, actor_fn *write, actor_fn *read)
{
    struct actor writers[WRITERS];
    struct actor reader = {.stage = stage};

    atomic_store(&stage->writing, WRITERS);
    if (read != NULL)
        assert_int_equal(pthread_create(&reader.thread, NULL, read, &reader), 0);
    for (uint32_t n = 0; n < WRITERS; n++) {
        writers[n] = (struct actor){.stage = stage, .number = n};
        assert_int_equal(pthread_create(&writers[n].thread, NULL, write, &writers[n]), 0);
    }
    for (uint32_t n = 0; n < WRITERS; n++)
        pthread_join(writers[n].thread, NULL);
    if (read != NULL)
        pthread_join(reader.thread, NULL);
    assert_int_equal(atomic_load(&stage->faults), 0);
}

static void open_stage(struct stage *stage)
{
    int fd;

    *stage = (struct stage){0};
    assert_int_equal(state_create(CELLS, &fd, &stage->state), 0);
    close(fd);
}

static void *count(void *context)
{
    struct actor *actor = context;
    struct counters *counters = &state_slot(&actor->stage->state, actor->number)->counters;

    for (uint64_t n = 1; n <= ROUNDS; n++) {
        counters_add(counters, COUNTER_requests, 1);
        counters_add(counters, COUNTER_input_tokens, 3);
        counters_set(counters, GAUGE_calls_open, n);
    }
    atomic_fetch_sub(&actor->stage->writing, 1);
    return NULL;
}

/* A count never falls and never passes what will have been counted. */
static void *watch_counters(void *context)
{
    struct actor *actor = context;
    uint64_t before[WRITERS] = {0};

    while (atomic_load(&actor->stage->writing) != 0) {
        for (uint32_t n = 0; n < WRITERS; n++) {
            struct counters *counters = &state_slot(&actor->stage->state, n)->counters;
            uint64_t now = atomic_load_explicit(&counters->counters[COUNTER_requests],
                                                memory_order_relaxed);

            if (now < before[n] || now > ROUNDS)
                atomic_fetch_add(&actor->stage->faults, 1);
            before[n] = now;
        }
    }
    return NULL;
}

static void counters_lose_nothing_while_they_are_read(void **state)
{
    struct stage stage;

    (void)state;
    open_stage(&stage);
    run(&stage, count, watch_counters);
    for (uint32_t n = 0; n < WRITERS; n++) {
        struct counters *counters = &state_slot(&stage.state, n)->counters;

        assert_int_equal(atomic_load(&counters->counters[COUNTER_requests]), ROUNDS);
        assert_int_equal(atomic_load(&counters->counters[COUNTER_input_tokens]), 3 * ROUNDS);
        assert_int_equal(atomic_load(&counters->gauges[GAUGE_calls_open]), ROUNDS);
    }
    state_close(&stage.state);
}

static void *record(void *context)
{
    struct actor *actor = context;
    struct worker_slot *slot = state_slot(&actor->stage->state, actor->number);

    for (uint64_t n = 0; n < ROUNDS; n++)
        state_record(slot, BLACK_BOX_HEAD, n);
    atomic_fetch_sub(&actor->stage->writing, 1);
    return NULL;
}

/*
 * What was announced is there: the newest announced event is itself, or one a whole ring later
 * that overwrote it meanwhile.
 */
static void *watch_black_boxes(void *context)
{
    struct actor *actor = context;

    while (atomic_load(&actor->stage->writing) != 0) {
        for (uint32_t n = 0; n < WRITERS; n++) {
            struct worker_slot *slot = state_slot(&actor->stage->state, n);
            uint64_t next = atomic_load_explicit(&slot->black_box_next, memory_order_acquire);

            if (next == 0)
                continue;
            uint64_t what = atomic_load_explicit(
                &slot->black_box[(next - 1) % STATE_BLACK_BOX_EVENTS].what, memory_order_relaxed);
            uint64_t request = what & STATE_BLACK_BOX_REQUEST;
            if (what >> STATE_BLACK_BOX_SHIFT != BLACK_BOX_HEAD || request < next - 1 ||
                (request - (next - 1)) % STATE_BLACK_BOX_EVENTS != 0)
                atomic_fetch_add(&actor->stage->faults, 1);
        }
    }
    return NULL;
}

static void what_a_black_box_announces_is_there(void **state)
{
    struct stage stage;

    (void)state;
    open_stage(&stage);
    run(&stage, record, watch_black_boxes);
    for (uint32_t n = 0; n < WRITERS; n++)
        assert_int_equal(atomic_load(&state_slot(&stage.state, n)->black_box_next), ROUNDS);
    state_close(&stage.state);
}

/* All writers on the same few cells, each by compare-and-swap, as limits and budgets are. */
static void *take_from_cells(void *context)
{
    struct actor *actor = context;

    for (uint32_t n = 0; n < ROUNDS; n++) {
        struct state_cell *cell = state_cell(&actor->stage->state, n % 4);
        uint64_t before = atomic_load_explicit(&cell->words[0], memory_order_relaxed);

        while (!atomic_compare_exchange_weak_explicit(&cell->words[0], &before, before + 1,
                                                      memory_order_acq_rel, memory_order_relaxed))
            ;
    }
    atomic_fetch_sub(&actor->stage->writing, 1);
    return NULL;
}

static void a_shared_cell_counts_every_swap(void **state)
{
    struct stage stage;
    uint64_t sum = 0;

    (void)state;
    open_stage(&stage);
    run(&stage, take_from_cells, NULL);
    for (uint32_t n = 0; n < 4; n++)
        sum += atomic_load(&state_cell(&stage.state, n)->words[0]);
    assert_int_equal(sum, (uint64_t)WRITERS * ROUNDS);
    assert_int_equal(atomic_load(&state_cell(&stage.state, 4)->words[0]), 0);
    state_close(&stage.state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_lose_nothing_while_they_are_read),
        cmocka_unit_test(what_a_black_box_announces_is_there),
        cmocka_unit_test(a_shared_cell_counts_every_swap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
