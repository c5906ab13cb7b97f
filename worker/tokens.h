/**
 * The provider tokens that this worker sends: those of the newest memfd (shm/tokens.h).
 *
 * They belong to no generation: a reload changes nothing here, and a call finds the token of its
 * provider whatever generation it began with.
 */
#ifndef WEIR_WORKER_TOKENS_H
#define WEIR_WORKER_TOKENS_H

#include "shm/tokens.h"

#include <stdbool.h>
#include <uv.h>

struct worker_tokens {
    uv_loop_t *loop;
    struct secrets current; /* closed before the first */
    uint64_t number;        /* of the current ones; 0: none */
    struct secrets opened;  /* what the thread made of `opening` */
    uint64_t opening;       /* on a thread; 0: none */
    int opening_fd;
    int opening_err;
    uint64_t waiting; /* for the thread; 0: none. Only the newest waits */
    int waiting_fd;
    bool is_closed;
    uv_work_t work;
};

void worker_tokens_init(struct worker_tokens *tokens, uv_loop_t *loop);

/**
 * Map in the background, then use. Older ones than those in use are passed over.
 *
 * @param fd  owned from here on
 */
void worker_tokens_adopt(struct worker_tokens *tokens, uint64_t number, int fd);

/** For the end of the process; what is being mapped follows while the loop runs. */
void worker_tokens_close(struct worker_tokens *tokens);

#endif
