/**
 * One turn of the master's loop: which descriptors it waits for, and until when.
 *
 * The set is built anew each turn from what there is then; nothing has to be taken out of it. A
 * callback may close any descriptor: those that come later in the turn are called all the same and
 * have to find that nothing is there to read. All descriptors are non-blocking.
 */
#ifndef WEIR_MASTER_WATCH_H
#define WEIR_MASTER_WATCH_H

#include "lib/base/clock.h"
#include "shm/settings.h"

#include <poll.h>
#include <stdint.h>

enum {
    WATCH_CLIENTS_MAX = 32, /* of the control socket */
    /* Channels of workers and steward; signals, loader and control listener. */
    WATCH_MAX = SETTINGS_WORKERS_MAX + 1 + WATCH_CLIENTS_MAX + 3,
};

/** A deadline that never comes. */
#define WATCH_NEVER ((struct monotime){UINT64_MAX})

/** There is something to read, or the other side is gone. */
typedef void watch_fn(void *ctx, uint32_t number);

struct watch_set {
    uint32_t count;
    struct monotime until;
    struct pollfd fds[WATCH_MAX];
    struct {
        watch_fn *fn;
        void *ctx;
        uint32_t number;
    } callers[WATCH_MAX];
};

/** Empty; the turn ends at `until` at the latest. */
void watch_begin(struct watch_set *set, struct monotime until);

/** Call `fn` when `fd` is readable; a negative one is left out. */
void watch_add(struct watch_set *set, int fd, watch_fn *fn, void *ctx, uint32_t number);

/** Wait, then call who has something to read. */
void watch_turn(struct watch_set *set);

#endif
