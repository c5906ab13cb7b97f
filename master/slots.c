#include "master/slots.h"

#include "lib/base/invariant.h"

static bool has(worker_set set, uint32_t worker)
{
    return worker < SETTINGS_WORKERS_MAX && (set >> worker & 1) != 0;
}

void slots_grow(struct slots *slots, uint32_t count)
{
    INVARIANT(count <= SETTINGS_WORKERS_MAX);
    for (; slots->count < count; slots->count++)
        slots->slots[slots->count] = (struct slot){SLOT_NOBODY, SLOT_NOBODY};
}

/* The present owner wins a tie, so that a second look at the same workers moves nothing. */
static uint32_t least_loaded(const uint32_t *load, worker_set eligible, uint32_t owner)
{
    uint32_t best = has(eligible, owner) ? owner : SLOT_NOBODY;

    for (uint32_t worker = 0; worker < SETTINGS_WORKERS_MAX; worker++) {
        if (!has(eligible, worker))
            continue;
        if (best == SLOT_NOBODY || load[worker] < load[best])
            best = worker;
    }
    return best;
}

/* @return the owner that needs no comparison, or SLOT_NOBODY */
static uint32_t first_choice(const struct slots *slots, const struct slot_candidates *who,
                             uint32_t slot)
{
    if (has(who->keeping, slots->slots[slot].owner))
        return slots->slots[slot].owner;
    return has(who->eligible, slot % who->workers) ? slot % who->workers : SLOT_NOBODY;
}

void slots_desired(const struct slots *slots, const struct slot_candidates *who, uint32_t *out)
{
    uint32_t load[SETTINGS_WORKERS_MAX] = {0};

    INVARIANT(who->workers > 0);
    for (uint32_t i = 0; i < slots->count; i++) {
        out[i] = first_choice(slots, who, i);
        if (out[i] != SLOT_NOBODY)
            load[out[i]]++;
    }
    for (uint32_t i = 0; i < slots->count; i++) {
        if (out[i] != SLOT_NOBODY)
            continue;
        if (who->eligible == 0) {
            out[i] = slots->slots[i].owner;
            continue;
        }
        out[i] = least_loaded(load, who->eligible, slots->slots[i].owner);
        load[out[i]]++;
    }
}

uint32_t slots_reconcile(struct slots *slots, const struct slot_candidates *who,
                         struct slot_order *out)
{
    uint32_t desired[SETTINGS_WORKERS_MAX];
    uint32_t orders = 0;

    slots_desired(slots, who, desired);
    for (uint32_t i = 0; i < slots->count; i++) {
        struct slot *slot = &slots->slots[i];

        if (slot->next != SLOT_NOBODY || desired[i] == slot->owner || desired[i] == SLOT_NOBODY)
            continue;
        slot->next = desired[i];
        out[orders++] = (struct slot_order){i, desired[i]};
    }
    return orders;
}

bool slots_confirm(struct slots *slots, uint64_t slot, uint32_t worker, uint32_t *former)
{
    *former = SLOT_NOBODY;
    if (slot >= slots->count || slots->slots[slot].next != worker)
        return false;

    struct slot *changed = &slots->slots[slot];
    *former = changed->owner;
    *changed = (struct slot){worker, SLOT_NOBODY};
    return true;
}

void slots_abandon(struct slots *slots, uint32_t worker)
{
    for (uint32_t i = 0; i < slots->count; i++) {
        if (slots->slots[i].next == worker)
            slots->slots[i].next = SLOT_NOBODY;
    }
}

bool slots_awaits(const struct slots *slots, uint32_t worker)
{
    for (uint32_t i = 0; i < slots->count; i++) {
        if (slots->slots[i].next == worker)
            return true;
    }
    return false;
}

void slots_bury(struct slots *slots, uint32_t worker)
{
    slots_abandon(slots, worker);
    for (uint32_t i = 0; i < slots->count; i++) {
        if (slots->slots[i].owner == worker)
            slots->slots[i].owner = SLOT_NOBODY;
    }
}

bool slots_has(const struct slots *slots, uint32_t worker)
{
    for (uint32_t i = 0; i < slots->count; i++) {
        if (slots->slots[i].owner == worker || slots->slots[i].next == worker)
            return true;
    }
    return false;
}

bool slots_are_owned(const struct slots *slots)
{
    for (uint32_t i = 0; i < slots->count; i++) {
        if (slots->slots[i].owner == SLOT_NOBODY)
            return false;
    }
    return true;
}
