/** What the master says to a worker, and what the worker does. */
#ifndef WEIR_WORKER_CHANNEL_HANDLER_H
#define WEIR_WORKER_CHANNEL_HANDLER_H

#include "shm/channel.h"
#include "worker/exchange.h"

/** Read until nothing waits; end of file begins the drain. */
void channel_handler_read(struct worker *worker);

/** Say one word to the master. A master that is gone shows on the next read. */
void channel_handler_say(struct worker *worker, enum channel_word word, uint64_t number, int err);

#endif
