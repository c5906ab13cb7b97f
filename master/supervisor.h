/**
 * The children of the master: who should be there, who is, and what becomes of those that fail.
 *
 * A worker has the number of its record and of its slot in the state segment. A replacement takes
 * the lowest number without a process, so that two processes never share a slot; while all
 * SETTINGS_WORKERS_MAX numbers are taken it waits for one to end. A crashed worker comes back under
 * its own number after its back-off.
 *
 * supervisor_event() is the only place where a child's state changes. Whatever comes from a child,
 * by message or by shared memory, is checked here and in dialogue.c before it is believed.
 */
#ifndef WEIR_MASTER_SUPERVISOR_H
#define WEIR_MASTER_SUPERVISOR_H

#include "master/child.h"
#include "master/generation.h"
#include "master/listen.h"
#include "master/slots.h"
#include "master/spawn.h"
#include "master/tokens.h"
#include "master/watch.h"
#include "shm/accounts.h"
#include "shm/boot.h"
#include "shm/revocations.h"
#include "shm/state.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    SUPERVISOR_STEWARD = SETTINGS_WORKERS_MAX, /* the steward's record */
    SUPERVISOR_CHILDREN_MAX,
    SUPERVISOR_EXIT_MS = 1000, /* between a closed channel, or the end of a drain, and the exit */
    SUPERVISOR_GAP_MS = 3000, /* a turn that took longer means that the master itself stood still */
};

/** Named bounds; tests make them smaller. */
struct supervisor_bounds {
    uint64_t start_ms;     /* from fork to the first adopted generation, at least */
    uint64_t heartbeat_ms; /* silence in a worker's slot after which it is killed */
    uint64_t healthy_ms;   /* a run this long forgives the failures before it */
};

#define SUPERVISOR_BOUNDS \
    ((struct supervisor_bounds){.start_ms = 10000, .heartbeat_ms = 10000, .healthy_ms = 60000})

struct child {
    enum child_state state;
    uint32_t number; /* of the record: workers, then the steward */
    bool wanted;     /* counts towards the processes that should be there */
    bool refused;    /* said that it cannot use the generation it was sent last */
    bool deaf;       /* has not answered to a LISTEN: gets no other */
    bool failed;     /* its end is a failure, however it comes */
    struct process process;
    int channel;      /* -1: closed */
    uint64_t sent;    /* the newest generation it was given */
    uint64_t adopted; /* the oldest one that it may still begin a request with */
    struct monotime started;
    struct monotime deadline;  /* of its state, or of its answer while it serves */
    struct monotime broken_at; /* when a child with a closed channel has had its time to exit */
    struct monotime restart_at;
    uint32_t failures; /* in a row */
};

struct supervisor_input {
    worker_main_fn *worker_main;
    steward_main_fn *steward_main;
    struct supervisor_bounds bounds;
    const struct generation *generation;           /* the live one; borrowed */
    const struct listeners *listeners;             /* borrowed */
    const struct state *state;                     /* borrowed */
    const int *state_fd;                           /* borrowed */
    const struct revocations_fds *revocations_fds; /* borrowed */
};

/** What the steward said last. */
struct steward_words {
    bool wants_reload; /* cleared by who asks for it */
    uint64_t change;   /* that the reload is to include */
    int database_err;  /* 0: it works; ERR_NOT_READY: nothing was said yet */
};

struct supervisor {
    struct supervisor_input input;
    struct steward_words steward_said;
    bool stopping;
    bool revoked;     /* the steward said so in this turn, once or often: workers are to look */
    uint32_t workers; /* processes wanted; 0 before the first generation */
    struct slots slots;
    struct held_tokens tokens; /* the newest that a steward sent */
    /* When the steward may be told again that one was refused, by account_mark(). */
    struct monotime refusals_from[TOKEN_REFUSAL_PLACES];
    struct monotime ticked;     /* the last supervisor_tick() */
    struct monotime watch_from; /* silence before this moment was the master's own */
    struct child children[SUPERVISOR_CHILDREN_MAX];
};

void supervisor_init(struct supervisor *sup, const struct supervisor_input *input);

/** The live generation is another one, and its listener slots are there: tell everybody. */
void supervisor_publish(struct supervisor *sup);

void supervisor_watch(struct supervisor *sup, struct watch_set *set);

/** Start, hand over, retire, kill what is due. @return the next deadline */
struct monotime supervisor_tick(struct supervisor *sup, struct monotime now);

/** A child was reaped. @return false when it is none of ours */
bool supervisor_reaped(struct supervisor *sup, pid_t pid, int status);

/** Ask all to drain; nothing is started any more. */
void supervisor_stop(struct supervisor *sup);

/** After supervisor_stop(): wait no longer. */
void supervisor_kill(struct supervisor *sup);

/** Move the child along its table and do what the step says. */
void supervisor_event(struct supervisor *sup, struct child *child, enum child_event event);

/** The channel is of no use any more; a child that does not exit by itself is killed. */
void supervisor_hang_up(struct child *child);

/** "worker 3", "steward" */
enum { SUPERVISOR_NAME_BYTES = 16 };
void supervisor_name(const struct child *child, char out[static SUPERVISOR_NAME_BYTES]);

/** Workers in that state. */
uint32_t supervisor_count(const struct supervisor *sup, enum child_state state);

/** Does every wanted worker serve, and has every slot an owner? */
bool supervisor_is_ready(const struct supervisor *sup);

/** Is there no process left? */
bool supervisor_is_empty(const struct supervisor *sup);

/** Workers that begin requests with an older generation than the live one. */
uint32_t supervisor_behind(const struct supervisor *sup);

/** Those of them that have not refused it either. */
uint32_t supervisor_undecided(const struct supervisor *sup);

/** The newest generation that no worker begins a request before; 0: none. */
uint64_t supervisor_acknowledged(const struct supervisor *sup);

/** The most failures in a row that any child has. */
uint32_t supervisor_failures(const struct supervisor *sup);

static inline bool supervisor_is_worker(const struct child *child)
{
    return child->number < SETTINGS_WORKERS_MAX;
}

#endif
