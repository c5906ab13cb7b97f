/**
 * The steward: the process that owns the database.
 *
 * In this version it owns none yet: it says READY, waits for DRAIN or the end of its channel, and
 * ends. The master supervises it as it does the workers, so that what comes later finds its place.
 */
#ifndef WEIR_STEWARD_STEWARD_H
#define WEIR_STEWARD_STEWARD_H

#include "shm/boot.h"

#include <stddef.h>

/** See boot.h. */
steward_main_fn steward_main;

/**
 * Write `state_dir/directory` anew from `state_dir/weir.db`, as the first thing of a start that
 * cannot use what is there. Nobody may have the database open: no steward runs yet.
 *
 * @param problem  on failure why, as a sentence
 * @return 0, ERR_NOT_FOUND (there is no database; none is made), or an error of database.h
 */
int steward_restore_directory(const char *state_dir, char *problem, size_t bytes);

#endif
