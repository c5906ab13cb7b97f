/* Memory that is taken in order, given back at once, and never moves. */
#include "lib/base/err.h"
#include "lib/base/region.h"
#include "tests/unit/region_fixture.h"

static void what_is_taken_is_zero_and_aligned_also_the_second_time(void **state)
{
    struct region *region = *state;

    for (int round = 0; round < 2; round++) {
        char *bytes = region_take(region, 3);
        uint64_t *word = region_take(region, sizeof(*word));

        assert_int_equal((uintptr_t)word % 16, 0);
        assert_int_equal(*word, 0);
        assert_int_equal(bytes[0] | bytes[1] | bytes[2], 0);
        memset(bytes, 'x', 3);
        *word = UINT64_MAX;
        region_reset(region);
    }
}

static void a_full_region_gives_nothing_and_stays_usable(void **state)
{
    struct region *region = *state;

    assert_non_null(region_take(region, REGION_BYTES - 64));
    assert_null(region_take(region, 65));
    assert_null(region_take(region, SIZE_MAX / 2));
    assert_null(region_copy(region, (struct span){region->base, 65}).ptr);
    assert_non_null(region_take(region, 64));
    region_reset(region);
    assert_non_null(region_take(region, REGION_BYTES));
}

static void pages_beyond_what_is_kept_come_back_empty(void **state)
{
    struct region *region = *state;
    char *bytes = region_take(region, REGION_BYTES);

    memset(bytes, 'x', REGION_BYTES);
    region_reset(region);
    assert_int_equal(bytes[0], 'x');
    assert_int_equal(bytes[REGION_KEEP_BYTES], 0);
    assert_int_equal(bytes[REGION_BYTES - 1], 0);
}

static void a_text_that_was_dropped_counts_as_touched(void **state)
{
    struct region *region = *state;
    struct text text = region_text(region);

    for (int i = 0; i < REGION_BYTES; i++)
        text_add_char(&text, 'x');
    assert_int_equal(text.err, 0);
    region_drop_text(region, &text);
    assert_int_equal(region->used, 0);
    region_reset(region);
    assert_int_equal(region->base[REGION_BYTES - 1], 0);
}

static void a_cut_gives_back_what_came_after_the_mark(void **state)
{
    struct region *region = *state;
    struct span kept = region_copy(region, SPAN("kept"));
    size_t mark = region_mark(region);
    struct span first = region_copy(region, SPAN("first"));

    region_cut(region, mark);
    struct span second = region_copy(region, SPAN("other"));
    assert_ptr_equal(first.ptr, second.ptr);
    assert_true(span_equal(kept, SPAN("kept")));
    assert_true(span_equal(second, SPAN("other")));
}

static void a_closed_region_can_be_closed_again(void **state)
{
    struct region region;

    (void)state;
    assert_int_equal(region_init(&region, REGION_BYTES), 0);
    region_close(&region);
    region_close(&region);
    assert_int_equal(region_init(&region, SIZE_MAX / 2), ERR_NO_MEMORY);
    region_close(&region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REGION_TEST(what_is_taken_is_zero_and_aligned_also_the_second_time),
        REGION_TEST(a_full_region_gives_nothing_and_stays_usable),
        REGION_TEST(pages_beyond_what_is_kept_come_back_empty),
        REGION_TEST(a_text_that_was_dropped_counts_as_touched),
        REGION_TEST(a_cut_gives_back_what_came_after_the_mark),
        cmocka_unit_test(a_closed_region_can_be_closed_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
