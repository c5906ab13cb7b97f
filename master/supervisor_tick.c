/* What time brings to the children, and what can be asked about all of them. */
#include "lib/base/invariant.h"
#include "lib/base/log.h"
#include "master/dialogue.h"
#include "master/supervisor.h"

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Somewhere in a turn the master may have been stopped, or the machine asleep (CLOCK_BOOTTIME goes
 * on): the workers were as well, and their silence proves nothing. */
static void look_at_own_clock(struct supervisor *sup, struct monotime now)
{
    if (monotime_reached(now, monotime_after(sup->ticked, SUPERVISOR_GAP_MS)))
        sup->watch_from = now;
    sup->ticked = now;
}

/* The heartbeat is the worker's word: one from the future would keep a dead worker alive. */
static bool is_silent(const struct supervisor *sup, const struct child *child, struct monotime now)
{
    uint64_t bound = sup->input.bounds.heartbeat_ms;
    uint64_t beat = atomic_load(&state_slot(sup->input.state, child->number)->heartbeat_ms);

    if (beat > now.ms + bound)
        beat = 0;
    beat = later(later(earlier(beat, now.ms), sup->watch_from.ms), child->started.ms);
    return now.ms - earlier(beat, now.ms) > bound;
}

static void check_heartbeat(struct supervisor *sup, struct child *child, struct monotime now)
{
    if (child->state != CHILD_SERVING && child->state != CHILD_LEAVING &&
        child->state != CHILD_DRAINING)
        return;
    if (!is_silent(sup, child, now))
        return;
    log_write(LOG_ERROR, "worker %u, process %d, has been silent for more than %llu ms: killed",
              child->number, (int)child->process.pid,
              (unsigned long long)sup->input.bounds.heartbeat_ms);
    supervisor_event(sup, child, CHILD_EV_STUCK);
}

static void check_deadlines(struct supervisor *sup, struct child *child, struct monotime now)
{
    char name[SUPERVISOR_NAME_BYTES];

    supervisor_name(child, name);
    if (monotime_reached(now, child->broken_at)) {
        log_write(LOG_ERROR, "%s, process %d, closed its channel and did not exit: killed", name,
                  (int)child->process.pid);
        supervisor_event(sup, child, CHILD_EV_STUCK);
    }
    if (monotime_reached(now, child->deadline)) {
        log_write(LOG_WARNING, "%s, process %d, is late while %s", name, (int)child->process.pid,
                  child_state_word(child->state));
        child->deadline = WATCH_NEVER;
        if (slots_awaits(&sup->slots, child->number))
            dialogue_give_up(sup, child);
        supervisor_event(sup, child, CHILD_EV_TIMEOUT);
    }
}

static uint32_t count_wanted(const struct supervisor *sup)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < SETTINGS_WORKERS_MAX; i++)
        count += sup->children[i].wanted ? 1 : 0;
    return count;
}

static struct child *lowest_free(struct supervisor *sup)
{
    for (uint32_t i = 0; i < SETTINGS_WORKERS_MAX; i++) {
        if (sup->children[i].state == CHILD_DOWN && !sup->children[i].wanted)
            return &sup->children[i];
    }
    return NULL;
}

static struct child *highest_wanted(struct supervisor *sup)
{
    for (uint32_t i = SETTINGS_WORKERS_MAX; i > 0; i--) {
        if (sup->children[i - 1].wanted)
            return &sup->children[i - 1];
    }
    return NULL;
}

static void settle_numbers(struct supervisor *sup)
{
    uint32_t wanted = count_wanted(sup);

    for (; wanted < sup->workers; wanted++) {
        struct child *child = lowest_free(sup);
        if (child == NULL)
            return;
        child->wanted = true;
    }
    for (; wanted > sup->workers; wanted--) {
        struct child *child = highest_wanted(sup);
        INVARIANT(child != NULL);
        child->wanted = false;
        supervisor_event(sup, child, CHILD_EV_LEAVE);
    }
}

static void start_due(struct supervisor *sup, struct monotime now)
{
    for (uint32_t i = 0; i < SUPERVISOR_CHILDREN_MAX; i++) {
        struct child *child = &sup->children[i];

        if (child->wanted && child->state == CHILD_DOWN && monotime_reached(now, child->restart_at))
            supervisor_event(sup, child, CHILD_EV_WANTED);
    }
}

/* Once others have its slots nothing new reaches a leaving worker: it may finish. */
static void drain_replaced(struct supervisor *sup)
{
    if (supervisor_count(sup, CHILD_SERVING) == 0)
        return;
    for (uint32_t i = 0; i < SETTINGS_WORKERS_MAX; i++) {
        struct child *child = &sup->children[i];

        if (child->state == CHILD_LEAVING && !slots_has(&sup->slots, child->number))
            supervisor_event(sup, child, CHILD_EV_DRAIN);
    }
}

static struct monotime next_deadline(const struct supervisor *sup)
{
    struct monotime next = WATCH_NEVER;

    for (uint32_t i = 0; i < SUPERVISOR_CHILDREN_MAX; i++) {
        const struct child *child = &sup->children[i];

        if (child->state == CHILD_DOWN && child->wanted)
            next.ms = earlier(next.ms, child->restart_at.ms);
        if (child->state == CHILD_DOWN)
            continue;
        next.ms = earlier(next.ms, earlier(child->deadline.ms, child->broken_at.ms));
    }
    return next;
}

struct monotime supervisor_tick(struct supervisor *sup, struct monotime now)
{
    look_at_own_clock(sup, now);
    if (sup->revoked)
        dialogue_tell_revoked(sup);
    for (uint32_t i = 0; i < SUPERVISOR_CHILDREN_MAX; i++) {
        check_deadlines(sup, &sup->children[i], now);
        if (supervisor_is_worker(&sup->children[i]))
            check_heartbeat(sup, &sup->children[i], now);
    }
    if (sup->workers > 0 && !sup->stopping) {
        settle_numbers(sup);
        start_due(sup, now);
        dialogue_hand_over(sup);
        drain_replaced(sup);
    }
    return next_deadline(sup);
}

uint32_t supervisor_count(const struct supervisor *sup, enum child_state state)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < SETTINGS_WORKERS_MAX; i++)
        count += sup->children[i].state == state ? 1 : 0;
    return count;
}

bool supervisor_is_ready(const struct supervisor *sup)
{
    return sup->workers > 0 && supervisor_count(sup, CHILD_SERVING) >= sup->workers &&
           slots_are_owned(&sup->slots);
}

bool supervisor_is_empty(const struct supervisor *sup)
{
    for (uint32_t i = 0; i < SUPERVISOR_CHILDREN_MAX; i++) {
        if (sup->children[i].state != CHILD_DOWN)
            return false;
    }
    return true;
}

static bool is_behind(const struct supervisor *sup, const struct child *child)
{
    return (child->state == CHILD_SERVING || child->state == CHILD_LEAVING) &&
           child->adopted != sup->input.generation->number;
}

uint32_t supervisor_behind(const struct supervisor *sup)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < SETTINGS_WORKERS_MAX; i++)
        count += is_behind(sup, &sup->children[i]) ? 1 : 0;
    return count;
}

uint32_t supervisor_undecided(const struct supervisor *sup)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < SETTINGS_WORKERS_MAX; i++) {
        const struct child *child = &sup->children[i];
        count += is_behind(sup, child) && !child->refused ? 1 : 0;
    }
    return count;
}

uint64_t supervisor_acknowledged(const struct supervisor *sup)
{
    uint64_t oldest = sup->input.generation->number;

    for (uint32_t i = 0; i < SETTINGS_WORKERS_MAX; i++) {
        const struct child *child = &sup->children[i];

        if (child->state == CHILD_DOWN)
            continue;
        oldest = earlier(oldest, child->adopted);
        /* Whatever a worker writes there: it can only make cells stay longer. */
        uint64_t named = atomic_load(&state_slot(sup->input.state, i)->oldest_named);
        if (named != 0)
            oldest = earlier(oldest, named);
    }
    return oldest;
}

uint32_t supervisor_failures(const struct supervisor *sup)
{
    uint32_t most = 0;

    for (uint32_t i = 0; i < SUPERVISOR_CHILDREN_MAX; i++) {
        if (sup->children[i].failures > most)
            most = sup->children[i].failures;
    }
    return most;
}
