/**
 * The master: one thread, one poll loop, all of its parts by value.
 *
 *   phase      entered by                                  it
 *   starting   master_init()                               loads, binds, starts the workers
 *   running    every worker serves on every slot           supervises, reloads, answers
 *   stopping   SIGTERM, SIGINT, or a start that failed     waits for its children to drain
 *   over       no child is left                            is to be closed
 *
 * It parses nothing that comes from outside.
 */
#ifndef WEIR_MASTER_MASTER_H
#define WEIR_MASTER_MASTER_H

#include "master/control.h"
#include "master/directory_reload.h"
#include "master/generation.h"
#include "master/listen.h"
#include "master/loader.h"
#include "master/notify.h"
#include "master/reload.h"
#include "master/supervisor.h"
#include "master/watch.h"

enum {
    MASTER_TURN_MS = 1000,         /* heartbeats are looked at at least this often */
    MASTER_START_FAILURES_MAX = 5, /* of one child in a row; a start with more of them has failed */
};

struct master_input {
    const char *config_path;
    registry_restore_fn *restore; /* the steward's; see loader.h */
    loader_main_fn *loader_main;
    worker_main_fn *worker_main;
    steward_main_fn *steward_main;
    struct supervisor_bounds bounds;
};

struct master {
    struct master_input input;
    int signal_fd;
    int exit_status;
    bool ready; /* has been */
    bool stopping;
    struct monotime born;
    struct monotime wake; /* the next turn ends by then */
    struct notifier notifier;
    struct generation live;
    int state_fd; /* -1 before the first generation */
    struct state state;
    struct revocations_fds revocations_fds; /* -1 before the first generation */
    struct revocations revocations;
    struct listeners listeners;
    struct supervisor supervisor;
    struct control control;
    struct reload reload;
    struct directory_reload directory_reload;
    char status[CONTROL_LINE_BYTES]; /* as the service manager knows it */
    struct watch_set watch;
};

/**
 * Take over the signals and ask for the first load.
 *
 * @return 0 or ERR_IO
 */
int master_init(struct master *master, const struct master_input *input);

/** One turn of the loop. @return false when the work is over */
bool master_turn(struct master *master);

/** Release everything; a half-built one is fine. @return the process's exit status */
int master_close(struct master *master);

/** Drain and stop; the second time, stop at once. */
void master_stop(struct master *master);

/** Of reload.c: a reload has been answered. @param err  0, or why not every worker has it */
void master_reload_finished(struct master *master, int err);

#endif
