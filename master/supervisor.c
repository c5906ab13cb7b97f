#include "master/supervisor.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/base/log.h"
#include "master/dialogue.h"
#include "master/last_events.h"
#include "shm/channel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void supervisor_init(struct supervisor *sup, const struct supervisor_input *input)
{
    struct monotime now = monotime_now();

    *sup = (struct supervisor){
        .input = *input,
        .tokens = HELD_TOKENS_NONE,
        .steward_said = {.database_err = ERR_NOT_READY},
        .ticked = now,
        .watch_from = now,
    };
    for (uint32_t i = 0; i < SUPERVISOR_CHILDREN_MAX; i++) {
        sup->children[i] = (struct child){.number = i,
                                          .process = PROCESS_NONE,
                                          .channel = -1,
                                          .deadline = WATCH_NEVER,
                                          .broken_at = WATCH_NEVER};
    }
}

void supervisor_name(const struct child *child, char out[static SUPERVISOR_NAME_BYTES])
{
    if (supervisor_is_worker(child))
        snprintf(out, SUPERVISOR_NAME_BYTES, "worker %u", child->number);
    else
        snprintf(out, SUPERVISOR_NAME_BYTES, "steward");
}

static struct worker_slot *slot_of(const struct supervisor *sup, const struct child *child)
{
    return state_slot(sup->input.state, child->number);
}

_Noreturn static void run_child(const struct supervisor *sup, const struct child *child,
                                int channel)
{
    int status;

    if (supervisor_is_worker(child)) {
        struct worker_boot boot = {child->number, channel, *sup->input.state_fd,
                                   sup->input.revocations_fds->readonly};
        status = sup->input.worker_main(&boot);
    } else {
        struct steward_boot boot = {channel, *sup->input.state_fd,
                                    sup->input.revocations_fds->both};
        status = sup->input.steward_main(&boot);
    }
    _exit(status);
}

/* @return 0 or ERR_IO; the child's channel and process are set on success */
static int fork_child(struct supervisor *sup, struct child *child)
{
    char name[SUPERVISOR_NAME_BYTES];
    char title[SUPERVISOR_NAME_BYTES + sizeof("weir: ")];
    int ends[2];

    supervisor_name(child, name);
    snprintf(title, sizeof(title), "weir: %s", name);
    int err = channel_pair(ends);
    if (err != 0)
        return err;

    const struct revocations_fds *bits = sup->input.revocations_fds;
    int bits_fd = supervisor_is_worker(child) ? bits->readonly : bits->both;
    struct spawn_order order = {
        .title = title, .keep = {ends[1], *sup->input.state_fd, bits_fd}, .keep_count = 3};
    err = spawn(&order, &child->process);
    if (err == 0 && child->process.pid == 0)
        run_child(sup, child, ends[1]);
    close(ends[1]);
    if (err != 0) {
        close(ends[0]);
        return err;
    }
    child->channel = ends[0];
    return 0;
}

/* @return what follows at once, or CHILD_EVENT_COUNT */
static enum child_event start(struct supervisor *sup, struct child *child)
{
    const struct settings *settings = generation_settings(sup->input.generation);
    struct monotime now = monotime_now();
    uint64_t start_ms = sup->input.bounds.start_ms;

    child->refused = false;
    child->deaf = false;
    child->failed = false;
    child->sent = 0;
    child->started = now;
    child->broken_at = WATCH_NEVER;
    child->deadline = monotime_after(now,
                                     start_ms > settings->ack_ms ? start_ms : settings->ack_ms);
    /* It cannot know an older one than what it is about to be sent. */
    child->adopted = sup->input.generation->number;
    if (fork_child(sup, child) != 0) {
        log_write(LOG_ERROR, "cannot start a process: %s", err_text(ERR_IO));
        return CHILD_EV_EXITED;
    }
    /* Tokens first: the steward asks for those that it does not have. */
    dialogue_send_tokens(sup, child);
    dialogue_send_generation(sup, child);
    return CHILD_EVENT_COUNT;
}

static void ask_drain(struct supervisor *sup, struct child *child)
{
    uint64_t drain_ms = generation_settings(sup->input.generation)->drain_ms;

    child->deadline = monotime_after(monotime_now(), drain_ms + SUPERVISOR_EXIT_MS);
    dialogue_send(child, CHANNEL_DRAIN, drain_ms);
}

/* The slot belongs to a process that is gone: what it said about itself is not true any more.
 * Counters stay, they are sums over all who had the slot. */
static void clear_slot(const struct supervisor *sup, const struct child *child)
{
    struct worker_slot *slot = slot_of(sup, child);

    atomic_store(&slot->phase, WORKER_NONE);
    atomic_store(&slot->heartbeat_ms, 0);
    atomic_store(&slot->generation, 0);
    atomic_store(&slot->oldest_named, 0);
    for (unsigned i = 0; i < GAUGE_COUNT; i++)
        counters_set(&slot->counters, (enum gauge)i, 0);
}

static void bury(struct supervisor *sup, struct child *child)
{
    struct monotime now = monotime_now();

    if (child->channel >= 0)
        close(child->channel);
    child->channel = -1;
    spawn_close(&child->process);
    child->deadline = WATCH_NEVER;
    child->broken_at = WATCH_NEVER;
    if (supervisor_is_worker(child)) {
        slots_bury(&sup->slots, child->number);
        clear_slot(sup, child);
    } else {
        sup->steward_said = (struct steward_words){.database_err = ERR_NOT_READY};
    }
    if (!child->failed ||
        monotime_reached(now, monotime_after(child->started, sup->input.bounds.healthy_ms)))
        child->failures = 0;
    child->restart_at = monotime_after(now, child_backoff_ms(child->failures));
    if (child->failed)
        child->failures++;
}

/* A worker that is on its way out makes room for another; the steward is the only one there is. */
static void give_up_place(const struct supervisor *sup, struct child *child)
{
    if (supervisor_is_worker(child) || sup->stopping)
        child->wanted = false;
}

/* @return what follows at once, or CHILD_EVENT_COUNT */
static enum child_event act(struct supervisor *sup, struct child *child, enum child_action action)
{
    switch (action) {
    case CHILD_DO_FORK:
        return start(sup, child);
    case CHILD_DO_ASK_DRAIN:
        ask_drain(sup, child);
        break;
    case CHILD_DO_KILL:
        spawn_kill(&child->process);
        child->deadline = WATCH_NEVER;
        child->broken_at = WATCH_NEVER;
        break;
    case CHILD_DO_BURY:
        bury(sup, child);
        break;
    case CHILD_DO_NOTHING:
    case CHILD_ACTION_COUNT:
        break;
    }
    return CHILD_EVENT_COUNT;
}

static enum child_event move(struct supervisor *sup, struct child *child, enum child_event event)
{
    enum child_state before = child->state;
    struct child_step step = child_step(before, event);

    child->state = step.next;
    /* An end that nobody asked for. */
    if (before != CHILD_DRAINING && before != CHILD_DYING &&
        (step.action == CHILD_DO_KILL || step.action == CHILD_DO_BURY))
        child->failed = true;
    if (step.next != before)
        child->deadline = WATCH_NEVER;
    if (step.next == CHILD_LEAVING || step.next == CHILD_DRAINING || step.next == CHILD_DYING)
        give_up_place(sup, child);
    return act(sup, child, step.action);
}

void supervisor_event(struct supervisor *sup, struct child *child, enum child_event event)
{
    while (event != CHILD_EVENT_COUNT)
        event = move(sup, child, event);
}

void supervisor_hang_up(struct child *child)
{
    if (child->channel < 0)
        return;
    close(child->channel);
    child->channel = -1;
    child->broken_at = monotime_after(monotime_now(), SUPERVISOR_EXIT_MS);
}

void supervisor_publish(struct supervisor *sup)
{
    sup->workers = generation_workers(sup->input.generation);
    slots_grow(&sup->slots, sup->input.listeners->slot_count);
    sup->children[SUPERVISOR_STEWARD].wanted = true;
    for (uint32_t i = 0; i < SUPERVISOR_CHILDREN_MAX; i++) {
        struct child *child = &sup->children[i];

        if (child->state == CHILD_STARTING || child->state == CHILD_SERVING ||
            child->state == CHILD_LEAVING)
            dialogue_send_generation(sup, child);
    }
}

void supervisor_watch(struct supervisor *sup, struct watch_set *set)
{
    for (uint32_t i = 0; i < SUPERVISOR_CHILDREN_MAX; i++)
        watch_add(set, sup->children[i].channel, dialogue_on_readable, sup, i);
}

static const char *ending(int status, char *out, size_t bytes)
{
    if (WIFSIGNALED(status))
        snprintf(out, bytes, "was ended by signal %d", WTERMSIG(status));
    else
        snprintf(out, bytes, "ended with status %d", WEXITSTATUS(status));
    return out;
}

/* Which requests it had in hand: their clients ask why they were cut. */
static void log_last_events(const struct supervisor *sup, const struct child *child)
{
    const struct last_events_span life = {child->started, monotime_now()};
    char events[LAST_EVENTS_BYTES];

    if (last_events_print(state_slot(sup->input.state, child->number), &life, events) > 0)
        log_write(LOG_ERROR, "worker %u, its last events, newest first: %s", child->number, events);
}

bool supervisor_reaped(struct supervisor *sup, pid_t pid, int status)
{
    enum { ENDING_BYTES = 80 };
    char name[SUPERVISOR_NAME_BYTES];
    char text[ENDING_BYTES];

    for (uint32_t i = 0; i < SUPERVISOR_CHILDREN_MAX; i++) {
        struct child *child = &sup->children[i];

        if (child->state == CHILD_DOWN || child->process.pid != pid)
            continue;
        enum child_state before = child->state;
        supervisor_name(child, name);
        supervisor_event(sup, child, CHILD_EV_EXITED);
        log_write(child->failed ? LOG_ERROR : LOG_INFO, "%s, process %d, %s while %s", name,
                  (int)pid, ending(status, text, sizeof(text)), child_state_word(before));
        if (child->failed && supervisor_is_worker(child))
            log_last_events(sup, child);
        return true;
    }
    return false;
}

void supervisor_stop(struct supervisor *sup)
{
    sup->stopping = true;
    for (uint32_t i = 0; i < SUPERVISOR_CHILDREN_MAX; i++) {
        sup->children[i].wanted = false;
        supervisor_event(sup, &sup->children[i], CHILD_EV_DRAIN);
    }
}

void supervisor_kill(struct supervisor *sup)
{
    INVARIANT(sup->stopping);
    for (uint32_t i = 0; i < SUPERVISOR_CHILDREN_MAX; i++)
        supervisor_event(sup, &sup->children[i], CHILD_EV_TIMEOUT);
}
