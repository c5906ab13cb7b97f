/**
 * The bits of shm/revocations.h as the directory's changes want them: set at once when keys stop
 * working, so that no worker waits for the next generation; cleared when a generation that knows
 * better is with every worker.
 *
 * A bit belongs to a key's name, and so to its text from before a rotation as well: between a
 * rotation without grace and its publication neither text works, the new one because no worker
 * knows it yet.
 */
#ifndef WEIR_STEWARD_REFUSALS_H
#define WEIR_STEWARD_REFUSALS_H

#include "shm/revocations.h"
#include "shm/snapshot.h"
#include "steward/directory.h"

struct refusals {
    const struct revocations *revocations;
    const struct snapshot *snapshot; /* of the live generation */
    int channel_fd;                  /* to the master, who wakes the workers */
};

/**
 * The key of that name, or the keys of the user or group, do not work any more. The change is
 * committed. Keys that the generation does not know need nothing.
 */
void refusals_begin(const struct refusals *refusals, enum directory_kind kind, struct span name);

/**
 * Every worker has the generation, and it includes every change of the directory: keys that it lets
 * through are refused no longer.
 */
void refusals_settle(const struct refusals *refusals);

#endif
