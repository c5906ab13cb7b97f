/* The whole master with real processes: starts, stops and reloads. */
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "tests/unit/master_rig.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static void a_start_ends_with_every_worker_on_its_slot(void **state)
{
    struct rig *rig = *state;
    char line[RIG_LINE_BYTES];

    script->workers = 3;
    rig_begin(rig);
    rig_settle(rig);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(rig->master.supervisor.slots.slots[i].owner, i);
        assert_true(rig_pid(rig, i) > 0);
    }
    assert_int_equal(rig_take_answer(rig, rig_ask("s"), line), -1);
    assert_memory_equal(line,
                        "weir " WEIR_VERSION " pid=", sizeof("weir " WEIR_VERSION " pid=") - 1);
    assert_non_null(strstr(line, " generation=1-00000000 workers=3 serving=3 state=running "
                                 "reload=idle database=closed uptime="));
    rig_take_answer(rig, rig_ask("x"), line);
    assert_string_equal(line, "unknown command");
    rig_end(rig, EXIT_SUCCESS);
}

static void the_state_segment_is_given_away_for_reading_only(void **state)
{
    struct rig *rig = *state;
    struct state seen;
    char line[RIG_LINE_BYTES];

    rig_begin(rig);
    rig_settle(rig);
    int fd = rig_take_answer(rig, rig_ask("t"), line);
    assert_true(fd >= 0);
    assert_int_equal(state_open_readonly(fd, &seen), 0);
    assert_int_equal(seen.header->generation, 1);
    assert_int_equal(state_slot(&seen, 1)->phase, WORKER_SERVING);
    assert_ptr_equal(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
    state_close(&seen);
    close(fd);
    rig_end(rig, EXIT_SUCCESS);
}

static void a_start_with_a_bad_configuration_fails(void **state)
{
    struct rig *rig = *state;

    script->loader_mode = LOAD_REFUSE;
    rig_begin(rig);
    assert_false(rig_turn_until(rig, rig_never, NULL));
    rig_end(rig, EXIT_FAILURE);
}

static void a_start_whose_workers_crash_again_and_again_fails(void **state)
{
    struct rig *rig = *state;

    script->worker_mode = WORK_CRASH;
    rig_begin(rig);
    assert_false(rig_turn_until(rig, rig_never, NULL));
    assert_int_equal(rig->master.exit_status, EXIT_FAILURE);
    rig_end(rig, EXIT_FAILURE);
}

static void a_second_service_does_not_start_beside_the_first(void **state)
{
    struct rig *rig = *state;
    struct rig *second = calloc(1, sizeof(*second));

    rig_begin(rig);
    rig_settle(rig);
    rig_begin(second);
    assert_false(rig_turn_until(second, rig_never, NULL));
    assert_int_equal(master_close(&second->master), EXIT_FAILURE);
    assert_int_equal(access(script->control_path, F_OK), 0);
    free(second);
    rig_end(rig, EXIT_SUCCESS);
}

static void a_worker_that_does_not_drain_is_killed(void **state)
{
    struct rig *rig = *state;

    script->drain_ms = 0;
    script->worker_mode = WORK_STAY;
    rig_begin(rig);
    rig_settle(rig);
    rig_end(rig, EXIT_SUCCESS);
}

static bool is_draining(const struct rig *rig, const void *detail)
{
    (void)detail;
    return supervisor_count(&rig->master.supervisor, CHILD_DRAINING) == 2;
}

static void the_second_signal_stops_at_once(void **state)
{
    struct rig *rig = *state;

    script->drain_ms = 86400000;
    script->worker_mode = WORK_STAY;
    rig_begin(rig);
    rig_settle(rig);
    raise(SIGTERM);
    assert_true(rig_turn_until(rig, is_draining, NULL));
    raise(SIGINT);
    rig_end(rig, EXIT_SUCCESS);
}

static void a_reload_reaches_every_worker(void **state)
{
    struct rig *rig = *state;
    pid_t before[2];

    rig_begin(rig);
    rig_settle(rig);
    before[0] = rig_pid(rig, 0);
    before[1] = rig_pid(rig, 1);
    rig_expect_reload(rig, "reloaded generation=2-00000000 warnings=0");
    assert_int_equal(supervisor_acknowledged(&rig->master.supervisor), 2);
    assert_int_equal(rig->master.state.header->generation, 2);
    rig_expect_reload(rig, "reloaded generation=3-");
    assert_int_equal(script->acknowledged, 2);
    assert_int_equal(rig_pid(rig, 0), before[0]);
    assert_int_equal(rig_pid(rig, 1), before[1]);
    rig_end(rig, EXIT_SUCCESS);
}

/* Its cells may be written to until then. */
static void a_generation_that_a_call_began_with_is_not_past(void **state)
{
    struct rig *rig = *state;

    rig_begin(rig);
    rig_settle(rig);
    rig_expect_reload(rig, "reloaded generation=2-00000000 warnings=0");
    struct worker_slot *slot = state_slot(&rig->master.state, 1);
    atomic_store(&slot->oldest_named, 1);
    assert_int_equal(supervisor_acknowledged(&rig->master.supervisor), 1);
    rig_expect_reload(rig, "reloaded generation=3-");
    assert_int_equal(script->acknowledged, 1);
    atomic_store(&slot->oldest_named, UINT64_MAX);
    assert_int_equal(supervisor_acknowledged(&rig->master.supervisor), 3);
    atomic_store(&slot->oldest_named, 0);
    assert_int_equal(supervisor_acknowledged(&rig->master.supervisor), 3);
    atomic_store(&slot->oldest_named, 1);
    pid_t killed = rig_pid(rig, 1);
    kill(killed, SIGKILL);
    assert_true(rig_turn_until(rig, rig_is_without, &killed));
    rig_settle(rig);
    assert_int_equal(supervisor_acknowledged(&rig->master.supervisor), 3);
    rig_end(rig, EXIT_SUCCESS);
}

/* Later on the steward has the database open. */
static void only_the_load_of_a_start_may_write_the_export(void **state)
{
    struct rig *rig = *state;

    rig_begin(rig);
    rig_settle(rig);
    assert_int_equal(script->restorers, 1);
    rig_expect_reload(rig, "reloaded generation=2-00000000 warnings=0");
    assert_int_equal(script->loads, 2);
    assert_int_equal(script->restorers, 1);
    rig_end(rig, EXIT_SUCCESS);
}

static bool is_generation(const struct rig *rig, const void *detail)
{
    return rig->master.live.number == *(const uint64_t *)detail &&
           rig->master.reload.state == RELOAD_IDLE;
}

static void a_hangup_signal_is_a_reload(void **state)
{
    struct rig *rig = *state;
    const uint64_t second = 2;

    rig_begin(rig);
    rig_settle(rig);
    raise(SIGHUP);
    assert_true(rig_turn_until(rig, is_generation, &second));
    rig_end(rig, EXIT_SUCCESS);
}

static bool is_loading(const struct rig *rig, const void *detail)
{
    return script->loads == *(const uint32_t *)detail && rig->master.reload.state == RELOAD_LOADING;
}

static bool rig_has_waiters(const struct rig *rig, const void *detail)
{
    uint32_t waiting = 0;

    for (uint32_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        waiting += rig->master.control.clients[i].ticket != 0 ? 1 : 0;
    return waiting == *(const uint32_t *)detail;
}

static void all_who_ask_during_a_reload_share_the_next_one(void **state)
{
    struct rig *rig = *state;
    const uint32_t two = 2;
    const uint32_t three = 3;
    char line[RIG_LINE_BYTES];

    rig_begin(rig);
    rig_settle(rig);
    script->loader_mode = LOAD_HANG;
    int first = rig_ask("r");
    assert_true(rig_turn_until(rig, is_loading, &two));
    int second = rig_ask("r");
    int third = rig_ask("r");
    assert_true(rig_turn_until(rig, rig_has_waiters, &three));
    script->release = 1;
    rig_take_answer(rig, first, line);
    assert_memory_equal(line, "reloaded generation=2-", 22);
    rig_take_answer(rig, second, line);
    assert_memory_equal(line, "reloaded generation=3-", 22);
    rig_take_answer(rig, third, line);
    assert_memory_equal(line, "reloaded generation=3-", 22);
    rig_settle(rig);
    assert_int_equal(script->loads, 3);
    rig_end(rig, EXIT_SUCCESS);
}

static void new_cells_are_made_and_old_ones_are_kept(void **state)
{
    struct rig *rig = *state;
    enum { KEPT = 0, REBORN = 1 };

    rig_begin(rig);
    rig_settle(rig);
    const struct snapshot *snapshot = &rig->master.live.snapshot;
    struct cell_row rows[2];
    struct state_cell *cells[2];
    for (uint32_t i = 0; i < 2; i++) {
        rows[i] = *SNAPSHOT_ROW(snapshot, CELLS, struct cell_row, i);
        cells[i] = state_cell(&rig->master.state, rows[i].cell);
        assert_int_equal(cells[i]->tag, digest_prefix(&rows[i].identity));
        cells[i]->words[5] = 77;
        cells[i]->holders = 3;
        cells[i]->tag = 1;
        revocations_set(&rig->master.revocations, rows[i].cell);
    }
    script->reborn = REBORN;
    rig_expect_reload(rig, "reloaded");
    assert_int_equal(cells[KEPT]->words[5], 77);
    assert_int_equal(cells[KEPT]->holders, 3);
    assert_int_equal(cells[KEPT]->tag, 1);
    assert_true(revocations_has(&rig->master.revocations, rows[KEPT].cell));
    assert_false(revocations_has(&rig->master.revocations, rows[REBORN].cell));
    assert_int_equal(cells[REBORN]->words[5], 0);
    assert_int_equal(cells[REBORN]->holders, 0);
    assert_int_equal(cells[REBORN]->tag, digest_prefix(&rows[REBORN].identity));
    rig_end(rig, EXIT_SUCCESS);
}

static void workers_grow_and_shrink_without_losing_a_slot(void **state)
{
    struct rig *rig = *state;
    const struct slots *slots = &rig->master.supervisor.slots;

    rig_begin(rig);
    rig_settle(rig);
    int first_socket = rig->master.listeners.fds[0][0];
    script->workers = 4;
    rig_expect_reload(rig, "reloaded");
    rig_settle(rig);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(slots->slots[i].owner, i);
    script->workers = 1;
    rig_expect_reload(rig, "reloaded");
    rig_settle(rig);
    assert_int_equal(slots->count, 4);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(slots->slots[i].owner, 0);
    assert_int_equal(rig->master.listeners.fds[0][0], first_socket);
    rig_end(rig, EXIT_SUCCESS);
}

/* Heartbeats go on in the meantime: they are not part of the picture. */
static char *picture(const struct state *state)
{
    char *copy = malloc(state->bytes);

    memcpy(copy, state->header, state->bytes);
    for (uint32_t i = 0; i < SETTINGS_WORKERS_MAX; i++) {
        size_t at = (size_t)((const char *)state_slot(state, i) - (const char *)state->header) +
                    offsetof(struct worker_slot, heartbeat_ms);

        memset(copy + at, 0, sizeof(uint64_t));
    }
    return copy;
}

static bool has_loaded(const struct rig *rig, const void *detail)
{
    (void)rig;
    return script->loads >= *(const uint32_t *)detail;
}

static void a_load_that_fails_changes_nothing(void **state)
{
    static const struct {
        enum loader_mode mode;
        uint64_t workers;
        uint32_t other_address;
        const char *beginning;
    } rows[] = {
        {LOAD_CRASH, 2, 0, "refused errors=0 warnings=0 generation=1-"},
        {LOAD_HANG, 2, 0, "refused errors=0 warnings=0 generation=1-"},
        {LOAD_REFUSE, 2, 0, "refused errors=2 warnings=0 generation=1-"},
        {LOAD_TORN, 2, 0, "refused"},
        {LOAD_UNSEALED, 2, 0, "refused"},
        {LOAD, 4, 1, "refused"},
        {LOAD_SAME, 2, 0, "unchanged generation=1-"},
    };
    struct rig *rig = *state;
    char line[RIG_LINE_BYTES];

    rig_begin(rig);
    rig_settle(rig);
    pid_t before[2] = {rig_pid(rig, 0), rig_pid(rig, 1)};
    char *expected = picture(&rig->master.state);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        script->loader_mode = (int)rows[i].mode;
        script->workers = rows[i].workers;
        script->other_address = rows[i].other_address;
        int fd = rig_ask("r");
        const uint32_t loads = script->loads + 1;
        assert_true(rig_turn_until(rig, has_loaded, &loads));
        if (rows[i].mode == LOAD_HANG)
            rig->master.reload.deadline = rig->master.wake = monotime_now();
        rig_take_answer(rig, fd, line);
        assert_memory_equal(line, rows[i].beginning, strlen(rows[i].beginning));
        char *got = picture(&rig->master.state);
        assert_memory_equal(got, expected, rig->master.state.bytes);
        free(got);
        assert_int_equal(rig->master.live.number, 1);
        assert_int_equal(rig->master.listeners.slot_count, 2);
    }
    free(expected);
    assert_int_equal(rig_pid(rig, 0), before[0]);
    assert_int_equal(rig_pid(rig, 1), before[1]);
    rig_end(rig, EXIT_SUCCESS);
}

static void the_report_comes_with_the_refusal(void **state)
{
    struct rig *rig = *state;
    char line[RIG_LINE_BYTES];
    char report[RIG_LINE_BYTES] = {0};

    rig_begin(rig);
    rig_settle(rig);
    script->loader_mode = LOAD_REFUSE;
    int fd = rig_take_answer(rig, rig_ask("r"), line);
    assert_true(fd >= 0);
    assert_true(pread(fd, report, sizeof(report) - 1, 0) > 0);
    assert_string_equal(report, "weir.yaml:1:1: error: it is wrong\n");
    assert_int_equal(pwrite(fd, "x", 1, 0), -1);
    close(fd);
    rig_end(rig, EXIT_SUCCESS);
}

static void who_waits_for_a_reload_is_told_that_the_service_stops(void **state)
{
    struct rig *rig = *state;
    const uint32_t one = 1;
    char line[RIG_LINE_BYTES];

    rig_begin(rig);
    rig_settle(rig);
    script->loader_mode = LOAD_HANG;
    int fd = rig_ask("r");
    assert_true(rig_turn_until(rig, rig_has_waiters, &one));
    raise(SIGTERM);
    rig_take_answer(rig, fd, line);
    assert_memory_equal(line, "refused ", 8);
    rig_end(rig, EXIT_SUCCESS);
}

static bool is_told(const struct rig *rig, const void *detail)
{
    (void)rig;
    return script->told == *(const uint64_t *)detail;
}

static void a_reload_that_the_steward_wants_is_answered_when_it_is_decided(void **state)
{
    static const struct {
        enum loader_mode mode;
        uint64_t change;
        int err;
        uint64_t generation;
    } rows[] = {
        {LOAD, 7, 0, 2},
        {LOAD_SAME, 8, 0, 2},
        {LOAD_REFUSE, 9, ERR_CONFIG, 2},
        {LOAD, 10, 0, 3},
    };
    struct rig *rig = *state;
    char line[RIG_LINE_BYTES];

    rig_begin(rig);
    rig_settle(rig);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        script->loader_mode = rows[i].mode;
        script->wants = rows[i].change;
        assert_true(rig_turn_until(rig, is_told, &rows[i].change));
        assert_int_equal(script->told_err, rows[i].err);
        assert_int_equal(rig->master.live.number, rows[i].generation);
        assert_int_equal(supervisor_behind(&rig->master.supervisor), 0);
    }
    rig_take_answer(rig, rig_ask("s"), line);
    assert_non_null(strstr(line, " database=locked "));
    rig_end(rig, EXIT_SUCCESS);
}

static bool is_wanted(const struct rig *rig, const void *detail)
{
    return rig->master.supervisor.steward_said.change == *(const uint64_t *)detail;
}

static void reloads_for_the_steward_keep_a_pause_and_what_it_wants_meanwhile_is_one(void **state)
{
    static const uint64_t changes[] = {7, 8, 9};
    struct rig *rig = *state;
    struct directory_reload *last = &rig->master.directory_reload;

    rig_begin(rig);
    rig_settle(rig);
    script->wants = changes[0];
    assert_true(rig_turn_until(rig, is_told, &changes[0]));
    const uint64_t ticket = rig->master.reload.ticket;
    assert_true(last->not_before.ms > 0);
    last->not_before = WATCH_NEVER;
    for (size_t i = 1; i < 3; i++) {
        script->wants = changes[i];
        assert_true(rig_turn_until(rig, is_wanted, &changes[i]));
        assert_int_equal(rig->master.reload.ticket, ticket);
    }
    rig_expect_reload(rig, "reloaded ");
    assert_int_equal(script->told, changes[0]);
    last->not_before = monotime_now();
    assert_true(rig_turn_until(rig, is_told, &changes[2]));
    assert_int_equal(rig->master.reload.ticket, ticket + 2);
    rig_end(rig, EXIT_SUCCESS);
}

int main(void)
{
    if (fakes_init() != 0)
        return EXIT_FAILURE;
    log_set_level(LOG_FATAL);

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_start_ends_with_every_worker_on_its_slot),
        TEST(the_state_segment_is_given_away_for_reading_only),
        TEST(a_start_with_a_bad_configuration_fails),
        TEST(a_start_whose_workers_crash_again_and_again_fails),
        TEST(a_second_service_does_not_start_beside_the_first),
        TEST(a_worker_that_does_not_drain_is_killed),
        TEST(the_second_signal_stops_at_once),
        TEST(a_reload_reaches_every_worker),
        TEST(a_generation_that_a_call_began_with_is_not_past),
        TEST(only_the_load_of_a_start_may_write_the_export),
        TEST(a_hangup_signal_is_a_reload),
        TEST(all_who_ask_during_a_reload_share_the_next_one),
        TEST(new_cells_are_made_and_old_ones_are_kept),
        TEST(workers_grow_and_shrink_without_losing_a_slot),
        TEST(a_load_that_fails_changes_nothing),
        TEST(the_report_comes_with_the_refusal),
        TEST(who_waits_for_a_reload_is_told_that_the_service_stops),
        TEST(a_reload_that_the_steward_wants_is_answered_when_it_is_decided),
        TEST(reloads_for_the_steward_keep_a_pause_and_what_it_wants_meanwhile_is_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
