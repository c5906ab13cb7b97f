/**
 * How a change of the directory reaches the workers: database → exported file → reload.
 *
 *   a change is   when                                         how one waits for it
 *   committed     the operation returned: it is on the disk    -
 *   exported      state_dir/directory includes it              at most PUBLISHER_PAUSE_MS later
 *   published     every worker begins its requests with it     publisher_wait()
 *
 * Many changes make one export: at most one per PUBLISHER_PAUSE_MS, and so that exports, each of
 * which is the whole directory, take at most one part in PUBLISHER_SHARE + 1 of the steward's time:
 * an import of a million keys is not a million keys exported again and again. One reload is asked for at a
 * time, and includes whatever has been exported when it begins.
 */
#ifndef WEIR_STEWARD_PUBLISHER_H
#define WEIR_STEWARD_PUBLISHER_H

#include "lib/net/link.h"
#include "steward/directory.h"
#include "steward/store.h"

#include <uv.h>

enum {
    PUBLISHER_PAUSE_MS = 200,
    PUBLISHER_SHARE = 4, /* a pause is at least so many times as long as the export before it */
    PUBLISHER_RETRY_MS = 2000, /* after an export that failed */
    PUBLISHER_SWEEP_S = 600,   /* what has expired in the database is forgotten this often */
};

/** Somebody who waits for a change to be published. Zeroed, or on the list. */
struct publisher_waiter {
    struct link link;
    uint64_t change;
    struct monotime deadline;
    /** Off the list when called, from the loop. @param err  0; ERR_TIMEOUT; ERR_CONFIG: the reload
     *  was refused */
    void (*on_decided)(struct publisher_waiter *waiter, int err);
};

struct publisher {
    uv_timer_t timer;
    struct store *store;
    struct digester *digester;
    int channel_fd;
    uint64_t changed;   /* what is known to be committed */
    uint64_t exported;  /* what the file includes */
    uint64_t asked;     /* the reload that is under way; 0: none */
    uint64_t published; /* what all workers have */
    uint64_t exported_at_ms;
    uint64_t pause_ms;               /* from then on */
    uint32_t store_attempts;         /* of the store, when the file was last compared */
    int reload_err;                  /* of the last reload */
    struct database_trouble trouble; /* of the last export; err 0: it worked */
    struct link waiters;
    uint32_t sweep_in_s;
    bool is_armed;
};

/** @param channel_fd  to the master */
void publisher_init(struct publisher *publisher, uv_loop_t *loop, struct store *store,
                    struct digester *digester, int channel_fd);

/** Closes its handle; waiters must be gone. */
void publisher_close(struct publisher *publisher);

/** A change was committed: that one, or 0 when only the database knows which. */
void publisher_changed(struct publisher *publisher, uint64_t change);

/** Once a second: the file is compared after each opening of the database, late waiters are told,
 *  and what has expired is forgotten. */
void publisher_tick(struct publisher *publisher);

/** The master has decided the reload that was wanted for `change`. */
void publisher_reloaded(struct publisher *publisher, uint64_t change, int err);

/** A generation that nobody here asked for was published: it may include what was refused before. */
void publisher_generation(struct publisher *publisher);

/** @return false when it is published already: then on_decided() is not called */
bool publisher_wait(struct publisher *publisher, struct publisher_waiter *waiter);

/** Off the list; one that is on none is fine. */
void publisher_forget(struct publisher_waiter *waiter);

#endif
