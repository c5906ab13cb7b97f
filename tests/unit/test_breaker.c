/* A deployment's breaker and a provider's retry budget, step by step. */
#include "worker/breaker.h"
#include "worker/retry_budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <string.h>

#include <cmocka.h>

enum { FAILURES = 3, OPEN_MS = 1000, NOW = 50000 };

static bool fail_at(struct state_cell *cell, uint64_t now_ms)
{
    return breaker_failed(cell, now_ms, FAILURES, OPEN_MS);
}

static bool admit_at(struct state_cell *cell, uint64_t now_ms)
{
    return breaker_admit(cell, now_ms, OPEN_MS);
}

/* One at a time, and not on the stack: that one of a sanitizer aligns less than a cell needs. */
static struct state_cell *closed(void)
{
    static struct state_cell cell;

    memset(&cell, 0, sizeof(cell));
    return &cell;
}

static struct state_cell *opened_at(uint64_t now_ms)
{
    struct state_cell *cell = closed();

    assert_false(fail_at(cell, now_ms));
    assert_false(fail_at(cell, now_ms));
    assert_true(fail_at(cell, now_ms));
    return cell;
}

static void a_cell_of_zeros_is_closed(void **state)
{
    struct state_cell *cell = closed();

    (void)state;
    assert_true(breaker_allows_look(cell, NOW));
    assert_true(admit_at(cell, NOW));
    assert_true(admit_at(cell, NOW));
    assert_int_equal(breaker_until(cell), 0);
    assert_int_equal(cell->words[0], 0);
}

static void failures_in_a_row_open_it_and_the_last_one_is_told(void **state)
{
    struct state_cell *cell = opened_at(NOW);

    (void)state;
    assert_false(breaker_allows_look(cell, NOW));
    assert_false(admit_at(cell, NOW + OPEN_MS - 1));
    assert_int_equal(breaker_until(cell), NOW + OPEN_MS);
}

static void a_success_between_them_starts_the_row_again(void **state)
{
    struct state_cell *cell = closed();

    (void)state;
    for (int round = 0; round < 10; round++) {
        assert_false(fail_at(cell, NOW));
        assert_false(fail_at(cell, NOW));
        breaker_succeeded(cell);
    }
    assert_true(admit_at(cell, NOW));
}

static void the_beginning_of_an_answer_leaves_the_row_as_it_is(void **state)
{
    struct state_cell *cell = closed();

    (void)state;
    assert_false(fail_at(cell, NOW));
    breaker_answered(cell);
    assert_false(fail_at(cell, NOW));
    breaker_answered(cell);
    assert_true(fail_at(cell, NOW));
}

static void the_beginning_of_an_answer_closes_it_and_a_row_begins(void **state)
{
    struct state_cell *cell = opened_at(NOW);

    (void)state;
    assert_true(admit_at(cell, NOW + OPEN_MS));
    breaker_answered(cell);
    assert_true(admit_at(cell, NOW + OPEN_MS));
    assert_false(fail_at(cell, NOW + OPEN_MS));
    assert_false(fail_at(cell, NOW + OPEN_MS));
    assert_true(fail_at(cell, NOW + OPEN_MS));
}

static void one_failure_opens_it_where_one_is_enough(void **state)
{
    struct state_cell *cell = closed();

    (void)state;
    assert_true(breaker_failed(cell, NOW, 1, OPEN_MS));
    assert_false(admit_at(cell, NOW));
}

static void the_largest_row_is_counted_to_its_end(void **state)
{
    struct state_cell *cell = closed();

    (void)state;
    for (int n = 1; n < BREAKER_FAILURES_MAX; n++)
        assert_false(breaker_failed(cell, NOW, BREAKER_FAILURES_MAX, OPEN_MS));
    assert_true(breaker_failed(cell, NOW, BREAKER_FAILURES_MAX, OPEN_MS));
    for (int n = 0; n < 1000; n++)
        assert_false(breaker_failed(cell, NOW, BREAKER_FAILURES_MAX, OPEN_MS));
    assert_int_equal(breaker_until(cell), NOW + OPEN_MS);
}

static void after_its_time_one_probe_goes_out_and_no_second(void **state)
{
    struct state_cell *cell = opened_at(NOW);

    (void)state;
    assert_true(breaker_allows_look(cell, NOW + OPEN_MS));
    assert_true(breaker_allows_look(cell, NOW + OPEN_MS)); /* looking takes nothing */
    assert_true(admit_at(cell, NOW + OPEN_MS));
    assert_false(breaker_allows_look(cell, NOW + OPEN_MS));
    assert_false(admit_at(cell, NOW + OPEN_MS));
    assert_false(admit_at(cell, NOW + 2 * OPEN_MS - 1));
}

static void a_probe_that_never_reports_is_followed_by_another(void **state)
{
    struct state_cell *cell = opened_at(NOW);

    (void)state;
    for (uint64_t at = NOW + OPEN_MS; at < NOW + 10 * OPEN_MS; at += OPEN_MS) {
        assert_true(admit_at(cell, at));
        assert_false(admit_at(cell, at));
    }
}

static void a_probe_that_fails_is_no_new_opening(void **state)
{
    struct state_cell *cell = opened_at(NOW);

    (void)state;
    assert_true(admit_at(cell, NOW + OPEN_MS));
    assert_false(fail_at(cell, NOW + OPEN_MS + 10));
    assert_int_equal(breaker_until(cell), NOW + 2 * OPEN_MS);
    /* One that took longer than the time it was given: half-open becomes open again. */
    assert_false(fail_at(cell, NOW + 5 * OPEN_MS));
    assert_int_equal(breaker_until(cell), NOW + 6 * OPEN_MS);
}

static void a_success_closes_it_and_the_next_row_is_a_new_opening(void **state)
{
    struct state_cell *cell = opened_at(NOW);

    (void)state;
    assert_true(admit_at(cell, NOW + OPEN_MS));
    breaker_succeeded(cell);
    assert_true(admit_at(cell, NOW + OPEN_MS));
    assert_true(admit_at(cell, NOW + OPEN_MS));
    assert_false(fail_at(cell, NOW + OPEN_MS));
    assert_false(fail_at(cell, NOW + OPEN_MS));
    assert_true(fail_at(cell, NOW + OPEN_MS));
}

static void a_hold_ends_by_itself_and_lets_all_through(void **state)
{
    struct state_cell *cell = closed();

    (void)state;
    breaker_hold(cell, NOW + 500);
    breaker_hold(cell, NOW + 200); /* never shorter */
    assert_int_equal(breaker_until(cell), NOW + 500);
    assert_false(breaker_allows_look(cell, NOW + 499));
    assert_false(admit_at(cell, NOW + 499));
    assert_true(admit_at(cell, NOW + 500));
    assert_true(admit_at(cell, NOW + 500));
}

static void no_success_shortens_a_hold(void **state)
{
    struct state_cell *cell = opened_at(NOW);

    (void)state;
    breaker_hold(cell, NOW + 5 * OPEN_MS);
    breaker_answered(cell);
    breaker_succeeded(cell);
    assert_false(admit_at(cell, NOW + 5 * OPEN_MS - 1));
    assert_true(admit_at(cell, NOW + 5 * OPEN_MS));
    assert_true(admit_at(cell, NOW + 5 * OPEN_MS));
}

static void the_longer_of_hold_and_opening_counts(void **state)
{
    struct state_cell *cell = opened_at(NOW);

    (void)state;
    breaker_hold(cell, NOW + OPEN_MS / 2);
    assert_int_equal(breaker_until(cell), NOW + OPEN_MS);
    breaker_hold(cell, NOW + 2 * OPEN_MS);
    assert_int_equal(breaker_until(cell), NOW + 2 * OPEN_MS);
    assert_true(admit_at(cell, NOW + 2 * OPEN_MS)); /* still half-open: */
    assert_false(admit_at(cell, NOW + 2 * OPEN_MS));
}

static void ten_retries_come_at_once_and_then_their_share(void **state)
{
    static const struct {
        uint64_t percent;
        unsigned firsts_per_retry;
    } rows[] = {{100, 1}, {50, 2}, {20, 5}, {10, 10}, {1, 100}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct state_cell *cell = closed();

        for (int n = 0; n < RETRY_BUDGET_MAX / RETRY_BUDGET_COST; n++)
            assert_true(retry_budget_take(cell, rows[i].percent));
        for (int round = 0; round < 3; round++) {
            assert_false(retry_budget_take(cell, rows[i].percent));
            for (unsigned n = 1; n < rows[i].firsts_per_retry; n++)
                retry_budget_earn(cell, rows[i].percent);
            assert_false(retry_budget_take(cell, rows[i].percent));
            retry_budget_earn(cell, rows[i].percent);
            assert_true(retry_budget_take(cell, rows[i].percent));
        }
    }
}

static void calls_without_failures_save_no_more_than_the_burst(void **state)
{
    struct state_cell *cell = closed();
    unsigned taken = 0;

    (void)state;
    for (int n = 0; n < 100000; n++)
        retry_budget_earn(cell, 100);
    while (retry_budget_take(cell, 100))
        taken++;
    assert_int_equal(taken, RETRY_BUDGET_MAX / RETRY_BUDGET_COST);
}

static void what_is_brought_back_can_be_taken_again(void **state)
{
    struct state_cell *cell = closed();

    (void)state;
    for (int n = 0; n < 1000; n++) {
        assert_true(retry_budget_take(cell, 1));
        retry_budget_return(cell);
    }
    assert_int_equal(cell->words[0], 0);
}

static void no_percent_is_no_retry(void **state)
{
    struct state_cell *cell = closed();

    (void)state;
    assert_false(retry_budget_take(cell, 0));
    assert_int_equal(cell->words[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cell_of_zeros_is_closed),
        cmocka_unit_test(failures_in_a_row_open_it_and_the_last_one_is_told),
        cmocka_unit_test(a_success_between_them_starts_the_row_again),
        cmocka_unit_test(the_beginning_of_an_answer_leaves_the_row_as_it_is),
        cmocka_unit_test(the_beginning_of_an_answer_closes_it_and_a_row_begins),
        cmocka_unit_test(one_failure_opens_it_where_one_is_enough),
        cmocka_unit_test(the_largest_row_is_counted_to_its_end),
        cmocka_unit_test(after_its_time_one_probe_goes_out_and_no_second),
        cmocka_unit_test(a_probe_that_never_reports_is_followed_by_another),
        cmocka_unit_test(a_probe_that_fails_is_no_new_opening),
        cmocka_unit_test(a_success_closes_it_and_the_next_row_is_a_new_opening),
        cmocka_unit_test(a_hold_ends_by_itself_and_lets_all_through),
        cmocka_unit_test(no_success_shortens_a_hold),
        cmocka_unit_test(the_longer_of_hold_and_opening_counts),
        cmocka_unit_test(ten_retries_come_at_once_and_then_their_share),
        cmocka_unit_test(calls_without_failures_save_no_more_than_the_burst),
        cmocka_unit_test(what_is_brought_back_can_be_taken_again),
        cmocka_unit_test(no_percent_is_no_retry),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
