/** Signals as events: one table, one descriptor. */
#ifndef WEIR_MASTER_SIGNALS_H
#define WEIR_MASTER_SIGNALS_H

#include <signal.h>

/** X(signal, event, meaning) */
#define SIGNAL_MAP(X)                           \
    X(SIGCHLD, REAP, "a child ended")           \
    X(SIGHUP, RELOAD, "load the configuration") \
    X(SIGTERM, STOP, "drain, then stop")        \
    X(SIGINT, STOP, "the same, from a terminal")

enum master_event {
    MASTER_NOTHING,
    MASTER_REAP,
    MASTER_RELOAD,
    MASTER_STOP,
};

/**
 * Block the table's signals and ignore SIGPIPE, for this process and what it forks.
 *
 * @return a non-blocking, close-on-exec descriptor to read them from, or ERR_IO
 */
int signals_open(void);

/** The next event that waits; MASTER_NOTHING when there is none. */
enum master_event signals_next(int fd);

/**
 * In a forked child: as a fresh process has it, but SIGPIPE stays ignored, because the libraries
 * write to sockets whose other side may be gone, and SIGINT is ignored, because a terminal sends it
 * to the whole group and it is for the master to let the children drain.
 */
void signals_reset(void);

#endif
