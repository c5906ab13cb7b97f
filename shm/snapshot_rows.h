/** What the rows of a snapshot must be like; the other half of snapshot_check(), of use to it alone. */
#ifndef WEIR_SHM_SNAPSHOT_ROWS_H
#define WEIR_SHM_SNAPSHOT_ROWS_H

#include "shm/snapshot.h"

/** Does `at` lie inside the snapshot? */
bool snapshot_holds(const struct snapshot *snapshot, struct ref at);

/**
 * Is everything true that layout.h and rows.h say of the rows?
 *
 * @param snapshot  whose header and tables have been checked: every table lies inside, and the row
 *                  counts agree with each other
 */
bool snapshot_rows_are_sound(const struct snapshot *snapshot);

#endif
