/**
 * Which worker accepts on which listener slot, and how a slot changes hands.
 *
 * A slot is one socket for each address. It is never closed, and it has one owner; it changes hands
 * in this order and no other:
 *
 *   1. slots_reconcile() orders LISTEN for the new owner          next is set
 *   2. slots_confirm() takes its LISTENING; the old owner's
 *      UNLISTEN is due                                            owner is set, next is cleared
 *
 * so at every moment somebody accepts, unless nobody is there who could. All of it is arithmetic:
 * the supervisor sends the messages.
 */
#ifndef WEIR_MASTER_SLOTS_H
#define WEIR_MASTER_SLOTS_H

#include "shm/settings.h"

#include <stdbool.h>
#include <stdint.h>

/** No worker. */
#define SLOT_NOBODY UINT32_MAX

struct slot {
    uint32_t owner; /* accepts; a worker's number or SLOT_NOBODY */
    uint32_t next;  /* was told to accept and has not said yet that it does; or SLOT_NOBODY */
};

struct slots {
    uint32_t count; /* never falls */
    struct slot slots[SETTINGS_WORKERS_MAX];
};

/** Workers as bits: bit n is worker n. */
typedef uint64_t worker_set;
_Static_assert(SETTINGS_WORKERS_MAX <= 64, "a worker_set has a bit for each worker");

/** LISTEN on `slot` is to be sent to `worker`. */
struct slot_order {
    uint32_t slot;
    uint32_t worker;
};

/** Have at least `count` slots; new ones belong to nobody. */
void slots_grow(struct slots *slots, uint32_t count);

/** Who may own slots. */
struct slot_candidates {
    uint32_t workers;    /* processes wanted, at least 1 */
    worker_set eligible; /* may be given any slot */
    worker_set keeping;  /* keep what they own, and are given nothing */
};

/**
 * Who should own each slot: the owner that keeps it; else worker `slot % workers` where it is
 * eligible; else the eligible worker with the fewest slots, the present owner before others. With
 * nobody eligible, nothing changes.
 *
 * @param out  one entry for each slot
 */
void slots_desired(const struct slots *slots, const struct slot_candidates *who, uint32_t *out);

/**
 * Begin the hand-overs that lead to slots_desired(). One that has begun is not turned round before
 * its LISTENING arrives, its worker dies or it is abandoned.
 *
 * @param out  room for `count` orders; all of them must be sent
 * @return how many there are
 */
uint32_t slots_reconcile(struct slots *slots, const struct slot_candidates *who,
                         struct slot_order *out);

/**
 * `worker` says that it accepts on `slot`.
 *
 * @param former  who must get UNLISTEN now, or SLOT_NOBODY
 * @return false when it was not asked to, or there is no such slot: nothing changed
 */
bool slots_confirm(struct slots *slots, uint64_t slot, uint32_t worker, uint32_t *former);

/** `worker` does not answer: what it was to own may be given to others. It has to get UNLISTEN when
 * its LISTENING comes after all. */
void slots_abandon(struct slots *slots, uint32_t worker);

/** Was `worker` told to accept somewhere and has not answered? */
bool slots_awaits(const struct slots *slots, uint32_t worker);

/** `worker` is gone: what it owned and what it was to own belongs to nobody. */
void slots_bury(struct slots *slots, uint32_t worker);

/** Does `worker` own a slot, or is it about to? */
bool slots_has(const struct slots *slots, uint32_t worker);

/** Has every slot an owner? True when there is none. */
bool slots_are_owned(const struct slots *slots);

#endif
