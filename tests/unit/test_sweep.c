/*
 * Calls whose key works no more end, and no others. Counted are turns of the loop, not milliseconds:
 * the calls have ended before the turn is over that reads the master's word.
 */
#include "lib/base/err.h"
#include "shm/channel.h"
#include "tests/unit/snapshot_fixture.h"
#include "worker/call.h"
#include "worker/channel_handler.h"
#include "worker/sweep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { CALLS = 300, KEYS = 3, NOBODYS_CELL = 63, BOTH = KEY_SCOPE_LIST | KEY_SCOPE_CALL };

#define FAR_AWAY INT64_C(32503680000)

static const struct fixture_key keys[KEYS] = {
    {"first", 1, BOTH, 0}, {"second", 1, BOTH, FAR_AWAY}, {"third", 1, BOTH, 1}};

static struct scene {
    struct worker *worker;
    struct worker_slot *slot;
    struct revocations_fds fds;
    struct revocations steward;
    struct fixture fixture;
    struct generation generation;
    struct call *calls[CALLS]; /* call n is of key n % KEYS; anonymous before hold_keys() */
    int errs[CALLS];           /* how it ended; 0: it has not */
    int channel[2];            /* the master's end, the worker's */
    uv_poll_t poll;
    uv_prepare_t counter;
    unsigned turns;
    unsigned ended;
} scene;

static void finished(void *ctx, enum proxy_outcome outcome, int err)
{
    struct call *call = ctx;
    size_t number = call->request.number;

    assert_int_equal(outcome, PROXY_FAILED);
    assert_int_equal(scene.errs[number], 0);
    scene.errs[number] = err;
    scene.ended++;
    link_remove(&call->open);
    /* Whoever looks at it once more meets the sanitizer. */
    free(call);
    scene.calls[number] = NULL;
}

static const struct proxy_ports ports = {.finished = finished};

static void open_call(size_t number)
{
    struct call *call = calloc(1, sizeof(*call));

    assert_non_null(call);
    call->request.worker = scene.worker;
    call->request.number = number;
    call->generation_number = 7 + number / (CALLS / 3);
    call->hold.cell = ROW_NONE;
    proxy_init(&call->proxy, &ports, call);
    link_init(&call->open);
    link_add_last(&scene.worker->open_calls, &call->open);
    scene.calls[number] = call;
}

static void hold_keys(void)
{
    for (size_t n = 0; n < CALLS; n++) {
        const struct access access = {.grant_set = 1, .key = (uint32_t)(n % KEYS)};

        access_hold(&scene.fixture.snapshot, &access, &scene.calls[n]->hold);
        /* What an expired key does is a test's own business. */
        if (access.key == 2)
            scene.calls[n]->hold.expires_s = 0;
    }
}

static void on_channel(uv_poll_t *poll, int status, int events)
{
    (void)poll;
    (void)status;
    (void)events;
    channel_handler_read(scene.worker);
}

static void on_turn(uv_prepare_t *prepare)
{
    (void)prepare;
    scene.turns++;
}

static bool is_any(uint32_t set, uint32_t model)
{
    return set != 0 || model != 0;
}

static void build_generation(const struct fixture_key *with, uint32_t count)
{
    const struct fixture_plan plan = {
        .model_count = 1, .key_count = count, .keys = with, .set_count = 2, .is_granted = is_any};

    fixture_build(&plan, &scene.fixture);
    scene.generation.snapshot = scene.fixture.snapshot;
    scene.worker->generations.current = &scene.generation;
}

static int set_up(void **state)
{
    (void)state;
    scene = (struct scene){.worker = calloc(1, sizeof(*scene.worker)),
                           .slot = calloc(1, sizeof(*scene.slot))};
    struct worker *worker = scene.worker;

    assert_int_equal(revocations_create(64, &scene.fds, &scene.steward), 0);
    assert_int_equal(revocations_open_readonly(scene.fds.readonly, &worker->revocations), 0);
    assert_int_equal(channel_pair(scene.channel), 0);
    assert_int_equal(uv_loop_init(&worker->loop), 0);
    uv_poll_init(&worker->loop, &scene.poll, scene.channel[1]);
    uv_poll_start(&scene.poll, UV_READABLE, on_channel);
    uv_prepare_init(&worker->loop, &scene.counter);
    uv_prepare_start(&scene.counter, on_turn);
    worker->slot = scene.slot;
    worker->channel_fd = scene.channel[1];
    link_init(&worker->open_calls);
    build_generation(keys, KEYS);
    for (size_t n = 0; n < CALLS; n++)
        open_call(n);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t n = 0; n < CALLS; n++)
        free(scene.calls[n]);
    uv_close((uv_handle_t *)&scene.poll, NULL);
    uv_close((uv_handle_t *)&scene.counter, NULL);
    uv_run(&scene.worker->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&scene.worker->loop), 0);
    close(scene.channel[0]);
    close(scene.channel[1]);
    revocations_close(&scene.worker->revocations);
    revocations_close(&scene.steward);
    revocations_close_fds(&scene.fds);
    fixture_free(&scene.fixture);
    free(scene.slot);
    free(scene.worker);
    return 0;
}

static uint32_t cell_of(uint32_t key)
{
    return snapshot_key(&scene.fixture.snapshot, key)->cell;
}

/* The calls of `key`, all of them, and nobody else's since the last look. */
static void check_ended(uint32_t key, int err)
{
    for (size_t n = 0; n < CALLS; n++) {
        if (scene.errs[n] != (n % KEYS == key ? err : 0))
            fail_msg("call %zu: %s", n, err_name(scene.errs[n]));
    }
    assert_int_equal(scene.ended, CALLS / KEYS);
    assert_int_equal(scene.slot->counters.counters[COUNTER_calls_revoked], scene.ended);
}

static void say_revoked(void)
{
    const struct channel_message message = {.word = CHANNEL_REVOKED};

    assert_int_equal(channel_send(scene.channel[0], &message), 0);
}

static void the_turn_that_reads_the_masters_word_ends_the_calls(void **state)
{
    (void)state;
    hold_keys();
    revocations_set(&scene.steward, cell_of(1));
    say_revoked();
    uv_run(&scene.worker->loop, UV_RUN_ONCE);
    assert_int_equal(scene.turns, 1);
    check_ended(1, ERR_KEY_REVOKED);
}

static void the_word_said_again_changes_nothing(void **state)
{
    (void)state;
    hold_keys();
    revocations_set(&scene.steward, cell_of(0));
    for (unsigned i = 0; i < 5; i++)
        say_revoked();
    uv_run(&scene.worker->loop, UV_RUN_ONCE);
    sweep_revoked(scene.worker);
    sweep_all(scene.worker);
    check_ended(0, ERR_KEY_REVOKED);
}

static void a_word_that_was_lost_is_made_up_for_by_any_turn(void **state)
{
    (void)state;
    hold_keys();
    sweep_revoked(scene.worker);
    assert_int_equal(scene.ended, 0);
    revocations_set(&scene.steward, cell_of(2));
    sweep_revoked(scene.worker);
    check_ended(2, ERR_KEY_REVOKED);
}

static void a_bit_without_its_number_is_found_within_a_second(void **state)
{
    (void)state;
    hold_keys();
    revocations_set(&scene.steward, NOBODYS_CELL);
    sweep_revoked(scene.worker);
    uint64_t seen = revocations_changes(&scene.steward);
    revocations_set(&scene.steward, cell_of(2));
    atomic_store(&scene.steward.header->changes, seen);
    sweep_revoked(scene.worker);
    assert_int_equal(scene.ended, 0);
    sweep_all(scene.worker);
    check_ended(2, ERR_KEY_REVOKED);
}

static void a_key_that_expired_ends_its_calls(void **state)
{
    (void)state;
    hold_keys();
    for (size_t n = 2; n < CALLS; n += KEYS)
        scene.calls[n]->hold.expires_s = 1;
    sweep_revoked(scene.worker);
    assert_int_equal(scene.ended, 0);
    sweep_all(scene.worker);
    check_ended(2, ERR_KEY_EXPIRED);
}

static void a_generation_without_the_key_ends_its_calls(void **state)
{
    (void)state;
    hold_keys();
    fixture_free(&scene.fixture);
    const struct fixture_key left[] = {{"third", 0, BOTH, FAR_AWAY}, {"first", 1, 0, 0}};
    build_generation(left, 2);
    sweep_removed(scene.worker);
    check_ended(1, ERR_UNKNOWN_KEY);
}

static void calls_without_a_key_are_nobodys_to_revoke(void **state)
{
    (void)state;
    for (uint32_t cell = 0; cell < scene.steward.cells_max; cell++)
        revocations_set(&scene.steward, cell);
    say_revoked();
    uv_run(&scene.worker->loop, UV_RUN_ONCE);
    sweep_all(scene.worker);
    sweep_removed(scene.worker);
    assert_int_equal(scene.ended, 0);
}

static void the_oldest_generation_that_a_call_began_with_is_known(void **state)
{
    (void)state;
    for (size_t n = 0; n < CALLS; n++) {
        assert_int_equal(call_oldest_named(scene.worker), 7 + n / (CALLS / 3));
        proxy_end(&scene.calls[n]->proxy, ERR_KEY_REVOKED);
    }
    assert_int_equal(call_oldest_named(scene.worker), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_turn_that_reads_the_masters_word_ends_the_calls),
        TEST(the_word_said_again_changes_nothing),
        TEST(a_word_that_was_lost_is_made_up_for_by_any_turn),
        TEST(a_bit_without_its_number_is_found_within_a_second),
        TEST(a_key_that_expired_ends_its_calls),
        TEST(a_generation_without_the_key_ends_its_calls),
        TEST(the_oldest_generation_that_a_call_began_with_is_known),
        TEST(calls_without_a_key_are_nobodys_to_revoke),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
