/** What `weir status` prints: the master's line, and what the workers wrote into the segment. */
#ifndef WEIR_TOOLS_STATUS_PRINT_H
#define WEIR_TOOLS_STATUS_PRINT_H

#include "shm/state.h"

/** For people: the line, then one row a worker, then the sums over all slots. */
void status_print_table(const char *line, const struct state *state);

/** For programs: one JSON object. @return 0, or ERR_NO_SPACE: nothing was printed */
int status_print_json(const char *line, const struct state *state);

#endif
