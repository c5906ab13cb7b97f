/** What `weir status` prints: the master's line, and what the workers wrote into the segment. */
#ifndef WEIR_TOOLS_STATUS_PRINT_H
#define WEIR_TOOLS_STATUS_PRINT_H

#include "shm/state.h"

#include <stdbool.h>

/** For people: the line, one row a worker, then the sums over all slots in groups. */
void status_print_table(const char *line, const struct state *state);

/** For programs: one JSON object. @return 0, or ERR_NO_SPACE: nothing was printed */
int status_print_json(const char *line, const struct state *state);

/** What a slot has counted, or all of them. */
struct status_figures {
    uint64_t counters[COUNTER_COUNT];
    uint64_t gauges[GAUGE_COUNT];
};

/** Read a slot, and add it to what there is. */
struct status_figures status_read(const struct worker_slot *slot, struct status_figures *totals);

/** Has a worker had it? */
bool status_is_used(const struct worker_slot *slot);

uint64_t status_heartbeat_age_ms(const struct worker_slot *slot);

#endif
