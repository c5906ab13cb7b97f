/**
 * A worker: one process, one libuv loop, one share of the traffic.
 *
 *   phase      entered by                                       the worker
 *   starting   worker_main()                                    waits for its first generation
 *   serving    the first LISTEN after an adopted generation     accepts and serves
 *   draining   DRAIN, or end of file on the channel             accepts no more, ends what is open
 *   stopped    nothing open, or the drain's time is over        returns from worker_main()
 *
 * A worker is crash-only: a broken invariant ends the process, and the master replaces it.
 */
#ifndef WEIR_WORKER_WORKER_H
#define WEIR_WORKER_WORKER_H

#include "shm/boot.h"

/** See boot.h: runs until drained; returns the process's exit status. */
worker_main_fn worker_main;

#endif
