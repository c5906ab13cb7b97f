#include "steward/steward.h"

#include "lib/base/err.h"
#include "lib/base/log.h"
#include "shm/channel.h"
#include "shm/revocations.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>

static bool wait_readable(int fd)
{
    struct pollfd channel = {.fd = fd, .events = POLLIN};

    return poll(&channel, 1, -1) > 0 || errno == EINTR;
}

/* @return false when it is time to go */
static bool is_to_stay(int fd, int *status)
{
    struct channel_message message;
    int err = channel_receive(fd, &message);

    if (err == ERR_AGAIN)
        return wait_readable(fd);
    if (err == ERR_NOT_FOUND)
        return false;
    if (err != 0) {
        log_write(LOG_ERROR, "the channel cannot be read: %s", err_name(err));
        *status = EXIT_FAILURE;
        return false;
    }
    channel_discard(&message);
    return message.word != CHANNEL_DRAIN;
}

int steward_main(const struct steward_boot *boot)
{
    const struct channel_message ready = {.word = CHANNEL_READY};
    struct revocations revocations;
    int status = EXIT_SUCCESS;
    /* A steward that could not revoke a key must not look like one that can. */
    int err = revocations_open(boot->revocations_fd, &revocations);

    if (err == 0)
        err = channel_send(boot->channel_fd, &ready);
    if (err != 0) {
        log_write(LOG_ERROR, "cannot start: %s", err_text(err));
        return EXIT_FAILURE;
    }
    while (is_to_stay(boot->channel_fd, &status))
        continue;
    revocations_close(&revocations);
    return status;
}
