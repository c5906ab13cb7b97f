#include "master/notify.h"

#include "master/environment.h"
#include "master/watch.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MESSAGE_BYTES_MAX = 256 };

static void send_text(const struct notifier *notifier, const char *text)
{
    if (notifier->fd < 0)
        return;
    sendto(notifier->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
           (const struct sockaddr *)&notifier->to, notifier->to_bytes);
}

/* "@name" is an abstract socket: its address begins with a NUL and has no end but its length. */
static void set_address(struct notifier *notifier, const char *path)
{
    size_t len = strlen(path);

    notifier->to = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (len == 0 || len >= sizeof(notifier->to.sun_path) || (path[0] != '/' && path[0] != '@'))
        return;
    memcpy(notifier->to.sun_path, path, len);
    if (path[0] == '@')
        notifier->to.sun_path[0] = '\0';
    notifier->to_bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    notifier->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

void notify_init(struct notifier *notifier)
{
    char path[sizeof(notifier->to.sun_path)];

    *notifier = (struct notifier){.fd = -1};
    if (environment_take("NOTIFY_SOCKET", path, sizeof(path)) != 0)
        set_address(notifier, path);

    uint64_t pid = environment_take_number("WATCHDOG_PID");
    uint64_t time_us = environment_take_number("WATCHDOG_USEC");
    if (pid == 0 || pid == (uint64_t)getpid())
        notifier->beat_ms = time_us / 2000;
}

void notify_ready(const struct notifier *notifier, const char *status)
{
    char text[MESSAGE_BYTES_MAX];

    snprintf(text, sizeof(text), "READY=1\nSTATUS=%s", status);
    send_text(notifier, text);
}

void notify_reloading(const struct notifier *notifier)
{
    char text[MESSAGE_BYTES_MAX];
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld",
             (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    send_text(notifier, text);
}

void notify_stopping(const struct notifier *notifier)
{
    send_text(notifier, "STOPPING=1\nSTATUS=draining");
}

void notify_status(const struct notifier *notifier, const char *status)
{
    char text[MESSAGE_BYTES_MAX];

    snprintf(text, sizeof(text), "STATUS=%s", status);
    send_text(notifier, text);
}

struct monotime notify_tick(struct notifier *notifier, struct monotime now)
{
    if (notifier->beat_ms == 0 || notifier->fd < 0)
        return WATCH_NEVER;
    if (monotime_reached(now, notifier->next_beat)) {
        send_text(notifier, "WATCHDOG=1");
        notifier->next_beat = monotime_after(now, notifier->beat_ms);
    }
    return notifier->next_beat;
}

void notify_close(struct notifier *notifier)
{
    if (notifier->fd >= 0)
        close(notifier->fd);
    notifier->fd = -1;
}
