/*
 * Revoking and asking at the same time: several threads set bits of the same words, one reads. Who
 * sees that the number of changes is another one finds the bit that it was raised for.
 */
#include "shm/revocations.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum {
    WRITERS = 4,
    CELLS = 400000, /* cell n is set by writer n % WRITERS: neighbours share a word */
};

struct stage {
    struct revocations bits;
    pthread_barrier_t start;
    _Atomic uint32_t writing;
    _Atomic uint64_t faults; /* assertions belong to the main thread */
};

struct actor {
    struct stage *stage;
    uint32_t number;
    pthread_t thread;
};

static void *revoke(void *context)
{
    struct actor *actor = context;
    struct stage *stage = actor->stage;

    pthread_barrier_wait(&stage->start);
    for (uint32_t cell = actor->number; cell < CELLS; cell += WRITERS) {
        revocations_set(&stage->bits, cell);
    }
    atomic_fetch_sub(&stage->writing, 1);
    return NULL;
}

/* Bits never go away, and there are at least as many as the number says. */
static void *look(void *context)
{
    struct stage *stage = context;
    uint64_t before = 0;
    bool last;

    do {
        last = atomic_load(&stage->writing) == 0;
        uint64_t changes = revocations_changes(&stage->bits);
        uint64_t found = 0;

        for (uint32_t cell = 0; cell < CELLS; cell++)
            found += revocations_has(&stage->bits, cell) ? 1 : 0;
        if (found < changes || changes < before || (last && found != CELLS))
            atomic_fetch_add(&stage->faults, 1);
        before = changes;
    } while (!last);
    return NULL;
}

static void a_change_that_was_seen_brings_its_bits(void **state)
{
    struct stage stage = {.writing = WRITERS};
    struct revocations_fds fds;
    struct actor writers[WRITERS];
    pthread_t reader;

    (void)state;
    assert_int_equal(revocations_create(CELLS, &fds, &stage.bits), 0);
    assert_int_equal(pthread_barrier_init(&stage.start, NULL, WRITERS), 0);
    assert_int_equal(pthread_create(&reader, NULL, look, &stage), 0);
    for (uint32_t n = 0; n < WRITERS; n++) {
        writers[n] = (struct actor){.stage = &stage, .number = n};
        assert_int_equal(pthread_create(&writers[n].thread, NULL, revoke, &writers[n]), 0);
    }
    for (uint32_t n = 0; n < WRITERS; n++)
        pthread_join(writers[n].thread, NULL);
    pthread_join(reader, NULL);
    pthread_barrier_destroy(&stage.start);
    assert_int_equal(atomic_load(&stage.faults), 0);
    assert_int_equal(revocations_changes(&stage.bits), CELLS);
    revocations_close(&stage.bits);
    revocations_close_fds(&fds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_that_was_seen_brings_its_bits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
