/**
 * The reload as a transaction: everything that can fail comes before anything becomes visible.
 *
 *   state        waits for                                 ends with
 *   idle         somebody who asks                         -
 *   loading      the loader's result, or load_ms           unchanged or refused: nothing happened
 *   publishing   every worker's word, or ack_ms            reloaded, or late for some workers
 *
 * The first load of a start goes the same way; when it fails, the service ends. Whoever asks while
 * a reload runs gets the next one, which is one for all of them.
 */
#ifndef WEIR_MASTER_RELOAD_H
#define WEIR_MASTER_RELOAD_H

#include "lib/base/clock.h"
#include "master/loader.h"

#include <stdbool.h>
#include <stdint.h>

struct master;

#define RELOAD_STATE_MAP(X) \
    X(IDLE, "idle")         \
    X(LOADING, "loading")   \
    X(PUBLISHING, "publishing")

enum reload_state {
#define X(name, word) RELOAD_##name,
    RELOAD_STATE_MAP(X) RELOAD_STATE_COUNT,
#undef X
};

/** How a reload ended. X(NAME, word: what programs look at) */
#define RELOAD_OUTCOME_MAP(X) \
    X(NONE, "none")           \
    X(LOADED, "loaded")       \
    X(RELOADED, "reloaded")   \
    X(LATE, "late")           \
    X(UNCHANGED, "unchanged") \
    X(REFUSED, "refused")

enum reload_outcome {
#define X(name, word) RELOAD_WAS_##name,
    RELOAD_OUTCOME_MAP(X) RELOAD_OUTCOME_COUNT,
#undef X
};

enum reload_event {
    RELOAD_EV_ASKED,
    RELOAD_EV_UNCHANGED, /* the load's content is what is live */
    RELOAD_EV_REFUSED,   /* no load, or one that cannot be used */
    RELOAD_EV_LOADED,    /* prepared: nothing can fail any more */
    RELOAD_EV_DECIDED,   /* every worker has adopted, refused, or had its time */
    RELOAD_EVENT_COUNT,
};

enum reload_action {
    RELOAD_DO_NOTHING,
    RELOAD_DO_LOAD,
    RELOAD_DO_QUEUE,
    RELOAD_DO_PUBLISH,
    RELOAD_DO_ANSWER,
    RELOAD_ACTION_COUNT,
};

struct reload_step {
    enum reload_state next;
    enum reload_action action;
};

/** What to do when `event` happens in `state`. Total: every pair has an answer. */
struct reload_step reload_step(enum reload_state state, enum reload_event event);

/** "loading" …; never NULL below RELOAD_STATE_COUNT. */
const char *reload_state_word(enum reload_state state);
const char *reload_outcome_word(enum reload_outcome outcome);

enum {
    RELOAD_LINE_BYTES = 384,
    RELOAD_REASON_BYTES = 224,
    RELOAD_FIRST_LOAD_MS = 60000, /* no configuration says how long the first load may take */
};

struct reload {
    enum reload_state state;
    bool queued;                 /* one more is to follow */
    uint64_t ticket;             /* of the reload that runs or ran last; 0: none yet */
    enum reload_outcome outcome; /* of the reload that was decided last */
    struct monotime decided;     /* when that was */
    struct loader loader;
    struct loader_result result;      /* of the reload that runs */
    struct monotime deadline;         /* of the state */
    char reason[RELOAD_REASON_BYTES]; /* why it was refused, when the report does not say */
};

void reload_init(struct reload *reload);

/** Ask for one. @return the ticket that will be answered; see control_answer_waiters() */
uint64_t reload_ask(struct master *master);

/** A watch_fn: `ctx` is the master; the loader has something to say. */
void reload_on_loader(void *ctx, uint32_t number);

/** See whether the deadline or the workers decide. @return the next deadline */
struct monotime reload_tick(struct master *master, struct monotime now);

/** End a loader that runs; nothing is answered. */
void reload_cancel(struct reload *reload);

#endif
