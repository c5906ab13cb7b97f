/* Regions of calls: emptied, counted, and bounded together. */
#include "lib/base/err.h"
#include "worker/translation_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MIB = 1 << 20, CALLS = TRANSLATION_MEMORY_SPARE_MAX + 8 };

static const struct settings settings = {
    .body_bytes = MIB,
    .answer_bytes = 65536,
    .json_tokens = 1024,
    .translation_memory = MIB,
};

static void a_returned_region_is_empty_and_is_used_again(void **state)
{
    struct translation_memory memory = {0};
    struct call_memory *call;
    struct call_memory *again;

    (void)state;
    assert_int_equal(translation_memory_fit(&memory, &settings), 0);
    call = translation_memory_take(&memory);
    assert_non_null(call);
    again = call;
    memset(region_take(&call->region, 100), 'x', 100);
    assert_int_equal(translation_memory_count(&memory, call), 0);
    assert_int_equal(memory.used, 100);
    translation_memory_return(&memory, &call);
    assert_null(call);
    translation_memory_return(&memory, &call);
    assert_int_equal(memory.used, 0);
    call = translation_memory_take(&memory);
    assert_ptr_equal(call, again);
    assert_int_equal(call->region.used, 0);
    translation_memory_return(&memory, &call);
    translation_memory_close(&memory);
}

static void all_together_hold_no_more_than_the_limit(void **state)
{
    struct translation_memory memory = {0};
    struct call_memory *calls[3] = {NULL};

    (void)state;
    assert_int_equal(translation_memory_fit(&memory, &settings), 0);
    for (size_t i = 0; i < 2; i++) {
        calls[i] = translation_memory_take(&memory);
        assert_non_null(calls[i]);
    }
    assert_non_null(region_take(&calls[0]->region, MIB / 2));
    assert_int_equal(translation_memory_count(&memory, calls[0]), 0);
    assert_non_null(region_take(&calls[1]->region, MIB / 2 + 1));
    assert_int_equal(translation_memory_count(&memory, calls[1]), ERR_NO_MEMORY);
    assert_null(translation_memory_take(&memory));
    /* Counted again, it counts once. */
    assert_int_equal(translation_memory_count(&memory, calls[1]), ERR_NO_MEMORY);
    assert_int_equal(memory.used, MIB + 1);
    region_reset(&calls[1]->region);
    assert_int_equal(translation_memory_count(&memory, calls[1]), 0);
    calls[2] = translation_memory_take(&memory);
    assert_non_null(calls[2]);
    for (size_t i = 0; i < 3; i++)
        translation_memory_return(&memory, &calls[i]);
    translation_memory_close(&memory);
}

static void only_so_many_spare_ones_stay_mapped(void **state)
{
    struct translation_memory memory = {0};
    struct call_memory *calls[CALLS];

    (void)state;
    assert_int_equal(translation_memory_fit(&memory, &settings), 0);
    for (size_t i = 0; i < CALLS; i++) {
        calls[i] = translation_memory_take(&memory);
        assert_non_null(calls[i]);
    }
    assert_int_equal(memory.live, CALLS);
    for (size_t i = 0; i < CALLS; i++)
        translation_memory_return(&memory, &calls[i]);
    assert_int_equal(memory.live, 0);
    assert_int_equal(memory.spare_count, TRANSLATION_MEMORY_SPARE_MAX);
    translation_memory_close(&memory);
}

static void a_reload_leaves_open_calls_their_region_and_fits_the_next(void **state)
{
    struct translation_memory memory = {0};
    struct settings larger = settings;
    struct call_memory *spare;
    struct call_memory *open;
    struct call_memory *next;

    (void)state;
    larger.answer_bytes *= 2;
    assert_int_equal(translation_memory_fit(&memory, &settings), 0);
    open = translation_memory_take(&memory);
    spare = translation_memory_take(&memory);
    assert_non_null(open);
    translation_memory_return(&memory, &spare);
    size_t before = open->region.bytes_max;
    assert_int_equal(translation_memory_fit(&memory, &larger), 0);
    assert_int_equal(memory.spare_count, 0);
    assert_int_equal(open->region.bytes_max, before);
    next = translation_memory_take(&memory);
    assert_non_null(next);
    assert_true(next->region.bytes_max > before);
    translation_memory_return(&memory, &open);
    assert_int_equal(memory.spare_count, 0);
    translation_memory_return(&memory, &next);
    assert_int_equal(memory.spare_count, 1);
    translation_memory_close(&memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_returned_region_is_empty_and_is_used_again),
        cmocka_unit_test(all_together_hold_no_more_than_the_limit),
        cmocka_unit_test(only_so_many_spare_ones_stay_mapped),
        cmocka_unit_test(a_reload_leaves_open_calls_their_region_and_fits_the_next),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
