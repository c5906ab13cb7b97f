#include "steward/revoke.h"

#include "lib/base/err.h"
#include "shm/channel.h"

int steward_revoke(const struct revocations *revocations, int channel_fd, uint32_t cell)
{
    const struct channel_message message = {.word = CHANNEL_REVOKED};

    if (cell >= revocations->cells_max)
        return ERR_INVALID;
    revocations_set(revocations, cell);
    return channel_send(channel_fd, &message);
}
