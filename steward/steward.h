/**
 * The steward: the process that owns the database.
 *
 * In this version it owns none yet: it says READY, waits for DRAIN or the end of its channel, and
 * ends. The master supervises it as it does the workers, so that what comes later finds its place.
 */
#ifndef WEIR_STEWARD_STEWARD_H
#define WEIR_STEWARD_STEWARD_H

#include "shm/boot.h"

/** See boot.h. */
steward_main_fn steward_main;

#endif
