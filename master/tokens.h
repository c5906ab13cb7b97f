/**
 * What the master holds of provider tokens: the newest memfd that a steward sent (shm/tokens.h),
 * for workers that start later and for the steward's successor, which need not ask for them again.
 *
 * The tokens are never mapped here.
 */
#ifndef WEIR_MASTER_TOKENS_H
#define WEIR_MASTER_TOKENS_H

#include <stdint.h>

struct held_tokens {
    uint64_t number; /* 0: none */
    int fd;
};

#define HELD_TOKENS_NONE ((struct held_tokens){.fd = -1})

/**
 * Check seals, size and header, and let go of the ones before.
 *
 * @param number  must be above the one held, and that of the memfd
 * @param fd      owned from here on, on success only
 * @return 0; ERR_INVALID when a seal is missing or the number is not a newer one; ERR_VERSION;
 *         ERR_CORRUPT; ERR_IO
 */
int held_tokens_take(struct held_tokens *held, uint64_t number, int fd);

#endif
