/** The end of a worker: accept no more, let what is open finish, then leave the loop. */
#ifndef WEIR_WORKER_DRAIN_H
#define WEIR_WORKER_DRAIN_H

#include "worker/exchange.h"

/** The only place where `phase` changes. */
void worker_enter(struct worker *worker, enum worker_phase next);

/** After `within_ms` what is still open is cut. A second call may shorten the time. */
void drain_begin(struct worker *worker, uint64_t within_ms);

/** The master is gone: drain with the configured time, and look at the channel no more. */
void drain_begin_orphaned(struct worker *worker);

#endif
