/**
 * The life of one supervised process, as a table; and how long a failing one has to wait.
 *
 *   state     entered by                              the process
 *   down      start, or its end                       is not there
 *   starting  fork                                    has not adopted a generation yet
 *   serving   it is ready                             does its work
 *   leaving   it is surplus, late or out of date      does its work until others took its slots
 *   draining  it was told to finish                   ends what is open
 *   dying     SIGKILL                                 is about to be reaped
 *
 * Nothing here forks, kills or reads a clock: the supervisor does what a step tells it.
 */
#ifndef WEIR_MASTER_CHILD_H
#define WEIR_MASTER_CHILD_H

#include <stdint.h>

#define CHILD_STATE_MAP(X)  \
    X(DOWN, "down")         \
    X(STARTING, "starting") \
    X(SERVING, "serving")   \
    X(LEAVING, "leaving")   \
    X(DRAINING, "draining") \
    X(DYING, "dying")

enum child_state {
#define X(name, word) CHILD_##name,
    CHILD_STATE_MAP(X) CHILD_STATE_COUNT,
#undef X
};

/** X(NAME, what happened) */
#define CHILD_EVENT_MAP(X)                                                     \
    X(WANTED, "a process is wanted and its back-off is over")                  \
    X(READY, "it has adopted the current generation; the steward has started") \
    X(LEAVE, "it is to go as soon as others have its slots")                   \
    X(DRAIN, "it is to finish now")                                            \
    X(TIMEOUT, "the deadline of its state has passed")                         \
    X(STUCK, "it is silent, or what it says cannot be trusted")                \
    X(EXITED, "it has ended")

enum child_event {
#define X(name, meaning) CHILD_EV_##name,
    CHILD_EVENT_MAP(X) CHILD_EVENT_COUNT,
#undef X
};

enum child_action {
    CHILD_DO_NOTHING,
    CHILD_DO_FORK,
    CHILD_DO_ASK_DRAIN,
    CHILD_DO_KILL,
    CHILD_DO_BURY, /* give back what it held */
    CHILD_ACTION_COUNT,
};

struct child_step {
    enum child_state next;
    enum child_action action;
};

/** What to do when `event` happens in `state`. Total: every pair has an answer. */
struct child_step child_step(enum child_state state, enum child_event event);

/** "serving" …; never NULL below CHILD_STATE_COUNT. */
const char *child_state_word(enum child_state state);

enum {
    CHILD_BACKOFF_FIRST_MS = 100,
    CHILD_BACKOFF_MAX_MS = 30000,
};

/**
 * How long to wait before the next start.
 *
 * @param failures  ends in a row that nobody asked for, the one at hand not counted
 * @return 0, then CHILD_BACKOFF_FIRST_MS doubling up to CHILD_BACKOFF_MAX_MS
 */
uint64_t child_backoff_ms(uint32_t failures);

#endif
