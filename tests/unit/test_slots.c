/* Who owns a listener slot, and that somebody always accepts while it changes hands. */
#include "lib/base/err.h"
#include "master/slots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ROUNDS = 20000, STEPS_TO_SETTLE = 200 };

static uint64_t random_state = 0x9e3779b97f4a7c15;

static uint32_t random_below(uint32_t bound)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state % bound);
}

static worker_set bit(uint32_t worker)
{
    return UINT64_C(1) << worker;
}

static struct slots made(uint32_t count)
{
    struct slots slots = {0};

    slots_grow(&slots, count);
    return slots;
}

static void each_slot_belongs_to_the_worker_of_its_number(void **state)
{
    struct slots slots = made(4);
    const struct slot_candidates who = {.workers = 4, .eligible = 0xf};
    uint32_t desired[SETTINGS_WORKERS_MAX];

    (void)state;
    slots_desired(&slots, &who, desired);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(desired[i], i);
}

static void slots_without_their_worker_go_to_the_least_loaded(void **state)
{
    struct slots slots = made(4);
    const struct slot_candidates who = {.workers = 4, .eligible = bit(1) | bit(3) | bit(7)};
    uint32_t desired[SETTINGS_WORKERS_MAX];

    (void)state;
    slots_desired(&slots, &who, desired);
    assert_int_equal(desired[0], 7);
    assert_int_equal(desired[1], 1);
    assert_int_equal(desired[3], 3);
    assert_int_not_equal(desired[2], SLOT_NOBODY);
}

static void a_slot_stays_where_it_is_when_loads_are_equal(void **state)
{
    static const uint32_t owners[] = {5, 6, 4};
    struct slots slots = made(3);
    const struct slot_candidates who = {.workers = 3, .eligible = bit(4) | bit(5) | bit(6)};
    struct slot_order orders[SETTINGS_WORKERS_MAX];

    (void)state;
    for (uint32_t i = 0; i < 3; i++)
        slots.slots[i].owner = owners[i];
    assert_int_equal(slots_reconcile(&slots, &who, orders), 0);
}

static void removed_slots_are_served_for_ever(void **state)
{
    struct slots slots = made(8);
    const struct slot_candidates who = {.workers = 2, .eligible = bit(0) | bit(1)};
    uint32_t desired[SETTINGS_WORKERS_MAX];

    (void)state;
    slots_grow(&slots, 2);
    assert_int_equal(slots.count, 8);
    slots_desired(&slots, &who, desired);
    for (uint32_t i = 0; i < 8; i++)
        assert_int_equal(desired[i], i % 2);
}

static void a_leaving_worker_keeps_what_it_owns(void **state)
{
    struct slots slots = made(2);
    const struct slot_candidates who = {.workers = 2, .eligible = bit(1), .keeping = bit(0)};
    struct slot_order orders[SETTINGS_WORKERS_MAX];

    (void)state;
    slots.slots[0].owner = 0;
    slots.slots[1].owner = 1;
    assert_int_equal(slots_reconcile(&slots, &who, orders), 0);
    slots.slots[0].owner = SLOT_NOBODY;
    assert_int_equal(slots_reconcile(&slots, &who, orders), 1);
    assert_int_equal(orders[0].worker, 1);
}

static void the_old_owner_is_named_only_by_the_new_ones_word(void **state)
{
    struct slots slots = made(1);
    const struct slot_candidates first = {.workers = 1, .eligible = bit(0)};
    const struct slot_candidates second = {.workers = 1, .eligible = bit(5)};
    struct slot_order orders[SETTINGS_WORKERS_MAX];
    uint32_t former = 0;

    (void)state;
    assert_int_equal(slots_reconcile(&slots, &first, orders), 1);
    assert_true(slots_awaits(&slots, 0));
    assert_true(slots_confirm(&slots, 0, 0, &former));
    assert_int_equal(former, SLOT_NOBODY);

    assert_int_equal(slots_reconcile(&slots, &second, orders), 1);
    assert_int_equal(orders[0].worker, 5);
    assert_int_equal(slots.slots[0].owner, 0);
    assert_false(slots_confirm(&slots, 0, 4, &former));
    assert_false(slots_confirm(&slots, 1, 5, &former));
    assert_false(slots_confirm(&slots, UINT64_MAX, 5, &former));
    assert_true(slots_has(&slots, 0) && slots_has(&slots, 5));
    assert_true(slots_confirm(&slots, 0, 5, &former));
    assert_int_equal(former, 0);
    assert_false(slots_has(&slots, 0));
    assert_false(slots_confirm(&slots, 0, 5, &former));
}

static void an_abandoned_hand_over_goes_to_another_worker(void **state)
{
    struct slots slots = made(1);
    const struct slot_candidates both = {.workers = 1, .eligible = bit(0) | bit(1)};
    const struct slot_candidates rest = {.workers = 1, .eligible = bit(1)};
    struct slot_order orders[SETTINGS_WORKERS_MAX];
    uint32_t former;

    (void)state;
    assert_int_equal(slots_reconcile(&slots, &both, orders), 1);
    assert_int_equal(orders[0].worker, 0);
    slots_abandon(&slots, 0);
    assert_int_equal(slots_reconcile(&slots, &rest, orders), 1);
    assert_int_equal(orders[0].worker, 1);
    assert_false(slots_confirm(&slots, 0, 0, &former));
    assert_true(slots_confirm(&slots, 0, 1, &former));
}

/* A model of the processes: which slots each of them accepts on, and what it was told and has not
 * answered yet. */
struct world {
    struct slots slots;
    struct slot_candidates who;
    worker_set alive;
    bool accepts[SETTINGS_WORKERS_MAX][SETTINGS_WORKERS_MAX];
    bool told[SETTINGS_WORKERS_MAX][SETTINGS_WORKERS_MAX];
};

static void send_orders(struct world *world)
{
    struct slot_order orders[SETTINGS_WORKERS_MAX];
    uint32_t count = slots_reconcile(&world->slots, &world->who, orders);

    for (uint32_t i = 0; i < count; i++) {
        assert_true((world->who.eligible & bit(orders[i].worker)) != 0);
        world->told[orders[i].worker][orders[i].slot] = true;
    }
}

static bool someone_accepts(const struct world *world, uint32_t slot)
{
    for (uint32_t worker = 0; worker < SETTINGS_WORKERS_MAX; worker++) {
        if (world->accepts[worker][slot])
            return true;
    }
    return false;
}

static void answer_one(struct world *world, uint32_t worker, uint32_t slot)
{
    uint32_t former;

    if (!world->told[worker][slot])
        return;
    world->told[worker][slot] = false;
    world->accepts[worker][slot] = true;
    assert_true(slots_confirm(&world->slots, slot, worker, &former));
    if (former != SLOT_NOBODY) {
        assert_true(world->accepts[former][slot]);
        world->accepts[former][slot] = false;
    }
    assert_true(someone_accepts(world, slot));
}

static void die(struct world *world, uint32_t worker)
{
    slots_bury(&world->slots, worker);
    world->alive &= ~bit(worker);
    world->who.eligible &= ~bit(worker);
    world->who.keeping &= ~bit(worker);
    memset(world->accepts[worker], 0, sizeof(world->accepts[worker]));
    memset(world->told[worker], 0, sizeof(world->told[worker]));
}

static void change(struct world *world)
{
    uint32_t worker = random_below(8);

    switch (random_below(6)) {
    case 0:
        die(world, worker);
        return;
    case 1: /* starts to serve */
        world->alive |= bit(worker);
        world->who.eligible |= bit(worker);
        world->who.keeping &= ~bit(worker);
        return;
    case 2: /* leaves, with or without a replacement at hand */
        if ((world->alive & bit(worker)) == 0)
            return;
        world->who.eligible &= ~bit(worker);
        world->who.keeping = random_below(2) == 0 ? world->who.keeping | bit(worker)
                                                  : world->who.keeping & ~bit(worker);
        return;
    case 3:
        world->who.workers = 1 + random_below(8);
        slots_grow(&world->slots, world->who.workers);
        return;
    default:
        answer_one(world, worker, random_below(8));
        return;
    }
}

static void settle(struct world *world)
{
    for (int step = 0; step < STEPS_TO_SETTLE; step++) {
        send_orders(world);
        for (uint32_t i = 0; i < 64; i++)
            answer_one(world, i / 8, i % 8);
    }
}

static void check_settled(const struct world *world)
{
    uint32_t desired[SETTINGS_WORKERS_MAX];

    slots_desired(&world->slots, &world->who, desired);
    for (uint32_t slot = 0; slot < world->slots.count; slot++) {
        uint32_t owner = world->slots.slots[slot].owner;
        uint32_t accepting = 0;

        assert_int_equal(world->slots.slots[slot].next, SLOT_NOBODY);
        assert_int_equal(owner, desired[slot]);
        for (uint32_t worker = 0; worker < SETTINGS_WORKERS_MAX; worker++)
            accepting += world->accepts[worker][slot] ? 1 : 0;
        if (world->who.eligible == 0)
            continue;
        assert_int_equal(accepting, 1);
        assert_true(world->accepts[owner][slot]);
        assert_true(((world->who.eligible | world->who.keeping) & bit(owner)) != 0);
    }
}

/* Method: random deaths, starts, departures and answers; nobody's UNLISTEN leaves a slot without an
 * acceptor, and whenever things calm down each slot has exactly one owner that may own it. */
static void a_slot_never_stops_accepting_while_it_changes_hands(void **state)
{
    static struct world world;

    (void)state;
    world = (struct world){.slots = made(4), .who = {.workers = 4}};
    for (int round = 0; round < ROUNDS; round++) {
        change(&world);
        send_orders(&world);
        if (round % 50 == 0) {
            settle(&world);
            check_settled(&world);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_slot_belongs_to_the_worker_of_its_number),
        cmocka_unit_test(slots_without_their_worker_go_to_the_least_loaded),
        cmocka_unit_test(a_slot_stays_where_it_is_when_loads_are_equal),
        cmocka_unit_test(removed_slots_are_served_for_ever),
        cmocka_unit_test(a_leaving_worker_keeps_what_it_owns),
        cmocka_unit_test(the_old_owner_is_named_only_by_the_new_ones_word),
        cmocka_unit_test(an_abandoned_hand_over_goes_to_another_worker),
        cmocka_unit_test(a_slot_never_stops_accepting_while_it_changes_hands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
