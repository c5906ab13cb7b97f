/* The whole master with workers that crash, hang, refuse, lie and come back. */
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "master/dialogue.h"
#include "tests/unit/master_rig.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void a_child_has_only_what_it_was_given(void **state)
{
    struct rig *rig = *state;
    char path[64];
    char name[32] = {0};

    script->workers = 3;
    rig_begin(rig);
    rig_settle(rig);
    pid_t before = rig_pid(rig, 1);
    kill(before, SIGKILL);
    assert_true(rig_turn_until(rig, rig_is_without, &before));
    rig_settle(rig);
    assert_int_equal(script->strays, 0);
    snprintf(path, sizeof(path), "/proc/%d/comm", (int)rig_pid(rig, 1));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(read(fd, name, sizeof(name) - 1) > 0);
    close(fd);
    assert_string_equal(name, "weir: worker 1\n");
    rig_end(rig, EXIT_SUCCESS);
}

static void a_killed_worker_is_replaced_under_its_number(void **state)
{
    struct rig *rig = *state;

    rig_begin(rig);
    rig_settle(rig);
    pid_t before = rig_pid(rig, 1);
    kill(before, SIGKILL);
    assert_true(rig_turn_until(rig, rig_is_without, &before));
    rig_settle(rig);
    assert_int_not_equal(rig_pid(rig, 1), before);
    assert_int_equal(rig->master.supervisor.children[1].failures, 1);
    assert_int_equal(rig->master.supervisor.slots.slots[1].owner, 1);
    rig_end(rig, EXIT_SUCCESS);
}

static bool has_failed_often(const struct rig *rig, const void *detail)
{
    return rig->master.supervisor.children[1].failures >= *(const uint32_t *)detail &&
           rig->master.supervisor.slots.slots[1].owner == 0;
}

static void a_crash_loop_backs_off_while_others_have_its_slots(void **state)
{
    struct rig *rig = *state;
    const uint32_t often = 4;
    const struct child *child = &rig->master.supervisor.children[1];

    rig_begin(rig);
    rig_settle(rig);
    script->odd_worker = 1;
    script->worker_mode = WORK_CRASH;
    assert_true(rig_turn_until(rig, has_failed_often, &often));
    assert_true(child->failures >= often);
    if (child->state == CHILD_DOWN)
        assert_true(child->restart_at.ms <=
                    monotime_now().ms + child_backoff_ms(child->failures - 1));
    script->worker_mode = WORK;
    rig_settle(rig);
    assert_int_equal(rig->master.supervisor.slots.slots[1].owner, 1);
    rig_end(rig, EXIT_SUCCESS);
}

static void a_long_healthy_run_forgives_earlier_failures(void **state)
{
    struct rig *rig = *state;

    rig_begin(rig);
    rig_settle(rig);
    rig->master.supervisor.input.bounds.healthy_ms = 0;
    rig->master.supervisor.children[0].failures = 20;
    pid_t before = rig_pid(rig, 0);
    kill(before, SIGKILL);
    assert_true(rig_turn_until(rig, rig_is_without, &before));
    rig_settle(rig);
    assert_int_equal(rig->master.supervisor.children[0].failures, 1);
    rig_end(rig, EXIT_SUCCESS);
}

static void expect_replaced(struct rig *rig, enum worker_mode mode)
{
    rig_begin(rig);
    rig_settle(rig);
    pid_t before = rig_pid(rig, 0);
    rig->master.supervisor.input.bounds.heartbeat_ms = 500;
    script->odd_worker = 0;
    script->worker_mode = (int)mode;
    assert_true(rig_turn_until(rig, rig_is_without, &before));
    script->worker_mode = WORK;
    rig->master.supervisor.input.bounds.heartbeat_ms = RIG_DEADLINE_MS;
    rig_settle(rig);
    assert_true(slots_are_owned(&rig->master.supervisor.slots));
    rig_end(rig, EXIT_SUCCESS);
}

static void a_worker_without_heartbeat_is_replaced(void **state)
{
    expect_replaced(*state, WORK_HANG);
}

static void a_heartbeat_from_the_future_keeps_nobody_alive(void **state)
{
    expect_replaced(*state, WORK_FUTURE);
}

static void a_worker_that_closes_its_channel_is_replaced(void **state)
{
    expect_replaced(*state, WORK_HANG_UP);
}

static void silence_of_the_masters_own_making_kills_nobody(void **state)
{
    struct rig *rig = *state;
    struct supervisor *sup = &rig->master.supervisor;
    pid_t before[2];

    rig_begin(rig);
    rig_settle(rig);
    before[0] = rig_pid(rig, 0);
    before[1] = rig_pid(rig, 1);
    /* As if machine and master had slept for an hour. */
    struct monotime later = monotime_after(monotime_now(), 3600000);
    supervisor_tick(sup, later);
    assert_int_equal(supervisor_count(sup, CHILD_SERVING), 2);
    sup->watch_from = sup->ticked = monotime_now();
    rig_settle(rig);
    assert_int_equal(rig_pid(rig, 0), before[0]);
    assert_int_equal(rig_pid(rig, 1), before[1]);
    rig_end(rig, EXIT_SUCCESS);
}

static bool only_the_odd_one_is_open(const struct rig *rig, const void *detail)
{
    const struct supervisor *sup = &rig->master.supervisor;

    (void)detail;
    return rig->master.live.number == 2 && sup->children[1].adopted == 2 &&
           (rig->master.reload.state == RELOAD_IDLE || supervisor_undecided(sup) == 1);
}

/* As if reload.ack_ms were over, without waiting for it. */
static void let_time_run_out(struct rig *rig)
{
    if (rig->master.reload.state != RELOAD_PUBLISHING)
        return;
    rig->master.supervisor.children[0].deadline = monotime_now();
    rig->master.reload.deadline = monotime_now();
    rig->master.wake = monotime_now();
}

static void expect_left_behind(struct rig *rig, enum worker_mode mode, char line[RIG_LINE_BYTES])
{
    rig_begin(rig);
    rig_settle(rig);
    pid_t before = rig_pid(rig, 0);
    script->odd_worker = 0;
    script->worker_mode = (int)mode;
    int fd = rig_ask("r");
    assert_true(rig_turn_until(rig, only_the_odd_one_is_open, NULL));
    let_time_run_out(rig);
    rig_take_answer(rig, fd, line);
    assert_true(rig_turn_until(rig, rig_is_without, &before));
    script->worker_mode = WORK;
    rig_settle(rig);
    assert_int_equal(supervisor_acknowledged(&rig->master.supervisor), 2);
    rig_end(rig, EXIT_SUCCESS);
}

static void a_worker_that_does_not_acknowledge_is_late_and_replaced(void **state)
{
    char line[RIG_LINE_BYTES];

    expect_left_behind(*state, WORK_NOT_ADOPT, line);
    assert_string_equal(line, "late generation=2-00000000 warnings=0 workers=1");
}

/* Its replacement may serve before the other worker has answered: then nobody is late. */
static void a_worker_that_refuses_is_replaced(void **state)
{
    char line[RIG_LINE_BYTES];

    expect_left_behind(*state, WORK_REFUSE, line);
    assert_true(strncmp(line, "late ", 5) == 0 || strncmp(line, "reloaded ", 9) == 0);
}

static void a_worker_that_lost_its_descriptors_is_replaced(void **state)
{
    char line[RIG_LINE_BYTES];

    expect_left_behind(*state, WORK_LOSE, line);
    assert_true(strncmp(line, "late ", 5) == 0 || strncmp(line, "reloaded ", 9) == 0);
}

static bool owner_is_not_the_mute_one(const struct rig *rig, const void *detail)
{
    const struct slots *slots = &rig->master.supervisor.slots;

    (void)detail;
    return slots->count == 2 && slots->slots[0].owner != 1 && slots->slots[1].owner != 1 &&
           slots_are_owned(slots);
}

static void a_worker_that_does_not_listen_is_passed_over(void **state)
{
    struct rig *rig = *state;

    script->ack_ms = 300;
    script->odd_worker = 1;
    script->worker_mode = WORK_NOT_LISTEN;
    rig_begin(rig);
    assert_true(rig_turn_until(rig, owner_is_not_the_mute_one, NULL));
    rig_settle(rig);
    rig_end(rig, EXIT_SUCCESS);
}

static bool have_looked(const struct rig *rig, const void *detail)
{
    (void)rig;
    return script->revoked == 0 && script->looked == *(const uint64_t *)detail;
}

static void what_the_steward_revokes_every_worker_hears_of(void **state)
{
    const uint64_t all = 7;
    struct rig *rig = *state;

    script->workers = 3;
    rig_begin(rig);
    rig_settle(rig);
    for (unsigned round = 0; round < 3; round++) {
        script->looked = 0;
        script->revoked = 1 + 100 * round;
        assert_true(rig_turn_until(rig, have_looked, &all));
    }
    rig_end(rig, EXIT_SUCCESS);
}

static void a_worker_that_does_not_read_is_not_given_up_for_a_revocation(void **state)
{
    enum { MORE_THAN_A_CHANNEL_HOLDS = 10000 };
    struct rig *rig = *state;
    struct supervisor *sup = &rig->master.supervisor;
    const uint64_t all = 3;

    rig_begin(rig);
    rig_settle(rig);
    pid_t before = rig_pid(rig, 0);
    kill(before, SIGSTOP);
    for (unsigned i = 0; i < MORE_THAN_A_CHANNEL_HOLDS; i++)
        dialogue_tell_revoked(sup);
    assert_true(sup->children[0].channel >= 0);
    kill(before, SIGCONT);
    assert_true(rig_turn_until(rig, have_looked, &all));
    rig_settle(rig);
    assert_int_equal(rig_pid(rig, 0), before);
    rig_end(rig, EXIT_SUCCESS);
}

static bool have_tokens(const struct rig *rig, const void *detail)
{
    const uint64_t *wanted = detail;

    (void)rig;
    for (unsigned i = 0; i < 3; i++) {
        if (script->tokens_of[i] != *wanted)
            return false;
    }
    return true;
}

static bool steward_has_tokens(const struct rig *rig, const void *detail)
{
    (void)rig;
    return script->tokens_of[SUPERVISOR_STEWARD] == *(const uint64_t *)detail;
}

static pid_t steward_pid(const struct rig *rig)
{
    return rig->master.supervisor.children[SUPERVISOR_STEWARD].process.pid;
}

static bool steward_is_another(const struct rig *rig, const void *detail)
{
    const struct child *steward = &rig->master.supervisor.children[SUPERVISOR_STEWARD];

    return steward->state == CHILD_SERVING && steward->process.pid != *(const pid_t *)detail;
}

static void the_stewards_tokens_reach_all_workers_later_ones_and_its_successor(void **state)
{
    struct rig *rig = *state;

    script->workers = 3;
    rig_begin(rig);
    rig_settle(rig);
    for (uint64_t number = 5; number < 8; number++) {
        script->tokens = number;
        assert_true(rig_turn_until(rig, have_tokens, &number));
    }
    const uint64_t newest = 7;
    pid_t before = rig_pid(rig, 1);
    script->tokens_of[1] = 0;
    kill(before, SIGKILL);
    assert_true(rig_turn_until(rig, rig_is_without, &before));
    assert_true(rig_turn_until(rig, have_tokens, &newest));
    kill(steward_pid(rig), SIGKILL);
    assert_true(rig_turn_until(rig, steward_has_tokens, &newest));
    rig_settle(rig);
    rig_end(rig, EXIT_SUCCESS);
}

static bool is_refused(const struct rig *rig, const void *detail)
{
    (void)rig;
    return script->refused_heard == *(const uint64_t *)detail;
}

static bool is_said(const struct rig *rig, const void *detail)
{
    (void)rig;
    (void)detail;
    return script->refused == 0;
}

static void the_steward_hears_of_refused_tokens_but_not_without_a_pause(void **state)
{
    /* Three that share a place, and one with a place of its own. */
    static const uint64_t marks[] = {11, 11 + TOKEN_REFUSAL_PLACES, 11 + 2 * TOKEN_REFUSAL_PLACES,
                                     12};
    struct rig *rig = *state;
    struct monotime *from = &rig->master.supervisor.refusals_from[11 % TOKEN_REFUSAL_PLACES];

    rig_begin(rig);
    rig_settle(rig);
    script->refused = marks[0];
    assert_true(rig_turn_until(rig, is_refused, &marks[0]));
    assert_true(from->ms > 0);
    *from = WATCH_NEVER;
    for (uint32_t i = 0; i < 3; i++) {
        script->refused = marks[1];
        assert_true(rig_turn_until(rig, is_said, NULL));
    }
    script->refused = marks[3];
    assert_true(rig_turn_until(rig, is_refused, &marks[3]));
    *from = monotime_now();
    script->refused = marks[2];
    assert_true(rig_turn_until(rig, is_refused, &marks[2]));
    assert_int_equal(script->refusals, 3);
    rig_end(rig, EXIT_SUCCESS);
}

static void a_steward_that_sends_what_are_no_tokens_is_replaced(void **state)
{
    static const struct {
        enum tokens_mode mode;
        uint64_t number;
    } rows[] = {
        {TOKENS_UNSEALED, 10}, {TOKENS_SHORT, 10}, {TOKENS_FOREIGN, 10},
        {TOKENS_OTHER, 10},    {TOKENS_GOOD, 9},   {TOKENS_GOOD, 8},
    };
    const uint64_t good = 9;
    struct rig *rig = *state;

    script->workers = 3;
    rig_begin(rig);
    rig_settle(rig);
    script->tokens = good;
    assert_true(rig_turn_until(rig, have_tokens, &good));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pid_t before = steward_pid(rig);

        /* Not for its failures before. */
        rig->master.supervisor.children[SUPERVISOR_STEWARD].failures = 0;
        script->tokens_mode = (int)rows[i].mode;
        script->tokens = rows[i].number;
        assert_true(rig_turn_until(rig, steward_is_another, &before));
        assert_int_equal(rig->master.supervisor.tokens.number, good);
    }
    assert_true(have_tokens(rig, &good));
    rig_end(rig, EXIT_SUCCESS);
}

static void a_worker_that_says_what_it_cannot_say_is_replaced(void **state)
{
    static const enum worker_mode modes[] = {WORK_SAY_ADOPTED, WORK_SAY_SLOT, WORK_SAY_DRAIN,
                                             WORK_SAY_REVOKED};
    struct rig *rig = *state;

    script->ack_ms = 600000; /* not for being late */
    rig_begin(rig);
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        script->worker_mode = WORK;
        rig_settle(rig);
        /* A replacement takes whatever number is free. */
        script->odd_worker = rig_pid(rig, 0) != 0 ? 0 : 1;
        pid_t before = rig_pid(rig, script->odd_worker);
        script->worker_mode = (int)modes[i];
        raise(SIGHUP);
        assert_true(rig_turn_until(rig, rig_is_without, &before));
    }
    script->worker_mode = WORK;
    rig_settle(rig);
    rig_end(rig, EXIT_SUCCESS);
}

int main(void)
{
    if (fakes_init() != 0)
        return EXIT_FAILURE;
    log_set_level(LOG_FATAL);

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_child_has_only_what_it_was_given),
        TEST(a_killed_worker_is_replaced_under_its_number),
        TEST(a_crash_loop_backs_off_while_others_have_its_slots),
        TEST(a_long_healthy_run_forgives_earlier_failures),
        TEST(a_worker_without_heartbeat_is_replaced),
        TEST(a_heartbeat_from_the_future_keeps_nobody_alive),
        TEST(a_worker_that_closes_its_channel_is_replaced),
        TEST(silence_of_the_masters_own_making_kills_nobody),
        TEST(a_worker_that_does_not_acknowledge_is_late_and_replaced),
        TEST(a_worker_that_refuses_is_replaced),
        TEST(a_worker_that_lost_its_descriptors_is_replaced),
        TEST(a_worker_that_does_not_listen_is_passed_over),
        TEST(what_the_steward_revokes_every_worker_hears_of),
        TEST(a_worker_that_does_not_read_is_not_given_up_for_a_revocation),
        TEST(the_stewards_tokens_reach_all_workers_later_ones_and_its_successor),
        TEST(the_steward_hears_of_refused_tokens_but_not_without_a_pause),
        TEST(a_steward_that_sends_what_are_no_tokens_is_replaced),
        TEST(a_worker_that_says_what_it_cannot_say_is_replaced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
