/** Revoking a key, as the steward does it. */
#ifndef WEIR_STEWARD_REVOKE_H
#define WEIR_STEWARD_REVOKE_H

#include "shm/revocations.h"

/**
 * From the return on no worker admits the key, whatever the result is; its calls end when the
 * workers, woken through the master, look: within a turn of their loops, or within a second when
 * the master could not be told.
 *
 * Nothing is remembered of it beyond the life of the master: write it to the database first.
 *
 * @param revocations  opened for writing
 * @param channel_fd   to the master
 * @param cell         the key's, from the generation that is live: numbers of keys that are gone
 *                     are given to others
 * @return 0; ERR_INVALID when there is no such cell, and nothing was done; ERR_AGAIN or ERR_IO when
 *         the master could not be told
 */
int steward_revoke(const struct revocations *revocations, int channel_fd, uint32_t cell);

#endif
