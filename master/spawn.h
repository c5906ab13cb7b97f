/** fork(2), and everything that makes the child a process of its own. */
#ifndef WEIR_MASTER_SPAWN_H
#define WEIR_MASTER_SPAWN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { SPAWN_KEEP_MAX = 8 };

struct spawn_order {
    const char *title;        /* "weir: worker 0"; what follows "weir: " names it in the log */
    int keep[SPAWN_KEEP_MAX]; /* descriptors that stay open beside 0, 1 and 2; -1: none */
    uint32_t keep_count;
    int nice;               /* added to the priority */
    bool ends_with_master;  /* killed when the master ends, for a child without a channel */
    bool keeps_environment; /* else only what libraries ask for stays of it */
};

struct process {
    pid_t pid; /* 0: none */
    int pidfd; /* -1: none */
};

#define PROCESS_NONE ((struct process){.pid = 0, .pidfd = -1})

/**
 * Returns twice, like fork(2).
 *
 * In the child: `out` is PROCESS_NONE; signals are as in a fresh process, all descriptors but the
 * order's are closed, title and log name are set. The caller runs the child's work and calls
 * _exit(); it never returns into the master's code.
 *
 * @return 0 or ERR_IO; only in the parent can it fail
 */
int spawn(const struct spawn_order *order, struct process *out);

/** SIGKILL to exactly that process; none is fine. */
void spawn_kill(const struct process *process);

/** Forget it: after it was reaped, or when nobody waits for its end. None is fine. */
void spawn_close(struct process *process);

#endif
