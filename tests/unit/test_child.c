/* The table that supervision runs on: every cell, and what follows from all of them together. */
#include "master/child.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define STAY(state)                     \
    {                                   \
        CHILD_##state, CHILD_DO_NOTHING \
    }
#define GO(state, action)                \
    {                                    \
        CHILD_##state, CHILD_DO_##action \
    }

/* Written down a second time, in the order WANTED READY LEAVE DRAIN TIMEOUT STUCK EXITED. */
static const struct child_step expected[CHILD_STATE_COUNT][CHILD_EVENT_COUNT] = {
    {GO(STARTING, FORK), STAY(DOWN), STAY(DOWN), STAY(DOWN), STAY(DOWN), STAY(DOWN), STAY(DOWN)},
    {STAY(STARTING), GO(SERVING, NOTHING), GO(DRAINING, ASK_DRAIN), GO(DRAINING, ASK_DRAIN),
     GO(DYING, KILL), GO(DYING, KILL), GO(DOWN, BURY)},
    {STAY(SERVING), STAY(SERVING), GO(LEAVING, NOTHING), GO(DRAINING, ASK_DRAIN),
     GO(LEAVING, NOTHING), GO(DYING, KILL), GO(DOWN, BURY)},
    {STAY(LEAVING), STAY(LEAVING), STAY(LEAVING), GO(DRAINING, ASK_DRAIN), STAY(LEAVING),
     GO(DYING, KILL), GO(DOWN, BURY)},
    {STAY(DRAINING), STAY(DRAINING), STAY(DRAINING), STAY(DRAINING), GO(DYING, KILL),
     GO(DYING, KILL), GO(DOWN, BURY)},
    {STAY(DYING), STAY(DYING), STAY(DYING), STAY(DYING), STAY(DYING), STAY(DYING), GO(DOWN, BURY)},
};

static void every_cell_is_as_written(void **unused)
{
    (void)unused;
    for (int state = 0; state < CHILD_STATE_COUNT; state++) {
        for (int event = 0; event < CHILD_EVENT_COUNT; event++) {
            struct child_step step = child_step((enum child_state)state, (enum child_event)event);

            assert_int_equal(step.next, expected[state][event].next);
            assert_int_equal(step.action, expected[state][event].action);
        }
    }
}

static void only_down_forks_and_only_an_exit_leads_there(void **unused)
{
    (void)unused;
    for (int state = 0; state < CHILD_STATE_COUNT; state++) {
        for (int event = 0; event < CHILD_EVENT_COUNT; event++) {
            struct child_step step = child_step((enum child_state)state, (enum child_event)event);

            assert_true((step.action == CHILD_DO_FORK) ==
                        (state == CHILD_DOWN && event == CHILD_EV_WANTED));
            if (state != CHILD_DOWN)
                assert_true((step.next == CHILD_DOWN) == (event == CHILD_EV_EXITED));
            assert_true((step.action == CHILD_DO_KILL) ==
                        (step.next == CHILD_DYING && state != CHILD_DYING));
            assert_true((step.action == CHILD_DO_ASK_DRAIN) ==
                        (step.next == CHILD_DRAINING && state != CHILD_DRAINING));
        }
    }
}

static void no_child_comes_back_from_draining(void **unused)
{
    (void)unused;
    for (int state = CHILD_LEAVING; state < CHILD_STATE_COUNT; state++) {
        for (int event = 0; event < CHILD_EVENT_COUNT; event++) {
            struct child_step step = child_step((enum child_state)state, (enum child_event)event);

            assert_true(step.next == CHILD_DOWN || (int)step.next >= state);
        }
    }
}

static void every_state_has_its_word(void **unused)
{
    (void)unused;
    for (int state = 0; state < CHILD_STATE_COUNT; state++)
        assert_true(child_state_word((enum child_state)state)[0] != '\0');
    assert_string_equal(child_state_word(CHILD_LEAVING), "leaving");
}

static void the_back_off_doubles_up_to_its_bound(void **unused)
{
    static const struct {
        uint32_t failures;
        uint64_t delay_ms;
    } rows[] = {
        {0, 0},
        {1, 100},
        {2, 200},
        {3, 400},
        {4, 800},
        {9, 25600},
        {10, 30000},
        {11, 30000},
        {64, 30000},
        {1000, 30000},
        {UINT32_MAX, 30000},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(child_backoff_ms(rows[i].failures), rows[i].delay_ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell_is_as_written),
        cmocka_unit_test(only_down_forks_and_only_an_exit_leads_there),
        cmocka_unit_test(no_child_comes_back_from_draining),
        cmocka_unit_test(every_state_has_its_word),
        cmocka_unit_test(the_back_off_doubles_up_to_its_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
