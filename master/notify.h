/**
 * sd_notify(3) by hand: datagrams to the service manager. Without $NOTIFY_SOCKET all of it does
 * nothing. A datagram that cannot be sent is lost: the service manager has its own timers.
 */
#ifndef WEIR_MASTER_NOTIFY_H
#define WEIR_MASTER_NOTIFY_H

#include "lib/base/clock.h"

#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct notifier {
    int fd; /* -1: nobody to tell */
    struct sockaddr_un to;
    socklen_t to_bytes;
    uint64_t beat_ms; /* half of the watchdog's time; 0: there is none */
    struct monotime next_beat;
};

/** Read the environment and clear what is only for this process. */
void notify_init(struct notifier *notifier);

/** READY=1 with one line of status; also ends RELOADING. */
void notify_ready(const struct notifier *notifier, const char *status);

/** RELOADING=1 with its time, as Type=notify-reload wants it. */
void notify_reloading(const struct notifier *notifier);

/** STOPPING=1 */
void notify_stopping(const struct notifier *notifier);

/** STATUS=… */
void notify_status(const struct notifier *notifier, const char *status);

/** Send the watchdog's heartbeat if it is due. @return when the next one is */
struct monotime notify_tick(struct notifier *notifier, struct monotime now);

/** A closed one is fine. */
void notify_close(struct notifier *notifier);

#endif
