/* What the log says of a worker that died. */
#include "master/last_events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct worker_slot slot;

static const struct last_events_span life = {{1000}, {2000}};

static int empty_slot(void **state)
{
    (void)state;
    memset(&slot, 0, sizeof(slot));
    return 0;
}

static void happens(uint64_t what, uint64_t number, uint64_t when_ms)
{
    uint64_t next = atomic_load(&slot.black_box_next);
    struct black_box_event *event = &slot.black_box[next % STATE_BLACK_BOX_EVENTS];

    atomic_store(&event->what, what << STATE_BLACK_BOX_SHIFT | number);
    atomic_store(&event->when_ms, when_ms);
    atomic_store(&slot.black_box_next, next + 1);
}

static void assert_printed(const char *expected)
{
    char out[LAST_EVENTS_BYTES];

    assert_int_equal(last_events_print(&slot, &life, out), strlen(expected));
    assert_string_equal(out, expected);
}

static void a_worker_without_events_has_none(void **state)
{
    (void)state;
    assert_printed("");
}

static void the_newest_comes_first(void **state)
{
    (void)state;
    happens(BLACK_BOX_GENERATION, 12, 1000);
    happens(BLACK_BOX_HEAD, 0x2a, 1990);
    happens(BLACK_BOX_STREAMING, 0x2a, 1997);
    happens(BLACK_BOX_DRAIN, 0, 2000);
    assert_printed("drain 0 ms ago, streaming 00000000002a 3 ms ago, head 00000000002a 10 ms ago, "
                   "generation 12 1000 ms ago");
}

static void events_of_the_number_s_former_process_are_not_its_own(void **state)
{
    (void)state;
    happens(BLACK_BOX_HEAD, 1, 999);
    happens(BLACK_BOX_HEAD, 2, 1999);
    assert_printed("head 000000000002 1 ms ago");
}

static void only_the_last_ones_are_said(void **state)
{
    char out[LAST_EVENTS_BYTES];
    unsigned commas = 0;

    (void)state;
    for (uint64_t i = 0; i < UINT64_C(3) * STATE_BLACK_BOX_EVENTS; i++)
        happens(BLACK_BOX_FINISHED, i, 1500);
    last_events_print(&slot, &life, out);
    for (const char *p = out; *p != '\0'; p++)
        commas += *p == ',' ? 1 : 0;
    assert_int_equal(commas, LAST_EVENTS_MAX - 1);
    assert_memory_equal(out, "finished 0000000002ff 500 ms ago", 32);
}

/* A broken process may have written anything. */
static void nonsense_is_cut_to_what_an_event_can_be(void **state)
{
    char out[LAST_EVENTS_BYTES];
    const struct last_events_span always = {{0}, {UINT64_MAX}};

    (void)state;
    for (unsigned i = 0; i < STATE_BLACK_BOX_EVENTS; i++) {
        atomic_store(&slot.black_box[i].what, UINT64_MAX);
        atomic_store(&slot.black_box[i].when_ms, 0);
    }
    atomic_store(&slot.black_box_next, UINT64_MAX);
    assert_in_range(last_events_print(&slot, &always, out), 1, LAST_EVENTS_BYTES - 1);
    assert_memory_equal(out, "unknown ffffffffffffff 18446744073709551615 ms ago, ", 52);
    atomic_store(&slot.black_box[(UINT64_MAX - 1) % STATE_BLACK_BOX_EVENTS].when_ms, UINT64_MAX);
    assert_printed("");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, empty_slot)
        T(a_worker_without_events_has_none),
        T(the_newest_comes_first),
        T(events_of_the_number_s_former_process_are_not_its_own),
        T(only_the_last_ones_are_said),
        T(nonsense_is_cut_to_what_an_event_can_be),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
