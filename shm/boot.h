/**
 * What a child is given at birth, and the only thing: what is not in here it does not know. No
 * configuration file, no argument list, no global.
 */
#ifndef WEIR_SHM_BOOT_H
#define WEIR_SHM_BOOT_H

#include <stdint.h>

/**
 * A worker starts with nothing to listen on and nothing to serve: both come over the channel, as
 * they do on every later change. It closes neither descriptor; the process ends with them.
 */
struct worker_boot {
    uint32_t number;    /* 0 … SETTINGS_WORKERS_MAX - 1; its slot in the state segment */
    int channel_fd;     /* to the master; end of file: the master is gone, drain and exit */
    int state_fd;       /* the state segment, read-write */
    int revocations_fd; /* the revocation bits, opened for reading alone */
};

struct steward_boot {
    int channel_fd;
    int state_fd;
    int revocations_fd; /* the revocation bits, read-write */
};

/** Runs to the end of the process's work; returns its exit status. */
typedef int worker_main_fn(const struct worker_boot *boot);
typedef int steward_main_fn(const struct steward_boot *boot);

#endif
