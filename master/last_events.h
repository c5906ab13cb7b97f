/** What a worker that failed did last, for the log: its ring in the state segment outlives it. */
#ifndef WEIR_MASTER_LAST_EVENTS_H
#define WEIR_MASTER_LAST_EVENTS_H

#include "lib/base/clock.h"
#include "shm/state.h"

#include <stddef.h>

enum {
    LAST_EVENTS_MAX = 8, /* in a line */
    LAST_EVENTS_BYTES = 512,
};

/** The life of the process whose events are wanted: its number may have had another before. */
struct last_events_span {
    struct monotime from;
    struct monotime until;
};

/**
 * The newest first, each with the end of its request's id and how long before the end it was, as in
 * "streaming 00000000002a 0 ms ago, head 00000000002b 3 ms ago". The ring is what a process left that may
 * have been broken: what it says is cut to what an event can be, and never believed.
 *
 * @return the bytes written without the closing NUL; 0: the process has written no event
 */
size_t last_events_print(const struct worker_slot *slot, const struct last_events_span *life,
                         char out[static LAST_EVENTS_BYTES]);

#endif
