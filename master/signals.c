#include "master/signals.h"

#include "lib/base/err.h"

#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

static const struct {
    int signo;
    enum master_event event;
} handled[] = {
#define X(signo, event, meaning) {signo, MASTER_##event},
    SIGNAL_MAP(X)
#undef X
};

enum { HANDLED_COUNT = sizeof(handled) / sizeof(handled[0]) };

static void set_disposition(int signo, void (*disposition)(int))
{
    struct sigaction action = {.sa_handler = disposition};

    sigemptyset(&action.sa_mask);
    sigaction(signo, &action, NULL);
}

int signals_open(void)
{
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < HANDLED_COUNT; i++)
        sigaddset(&set, handled[i].signo);
    /* A signal that the parent left ignored would never reach the descriptor. */
    for (size_t i = 0; i < HANDLED_COUNT; i++)
        set_disposition(handled[i].signo, SIG_DFL);
    set_disposition(SIGPIPE, SIG_IGN);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
        return ERR_IO;

    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return fd < 0 ? ERR_IO : fd;
}

enum master_event signals_next(int fd)
{
    struct signalfd_siginfo info;

    if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return MASTER_NOTHING;
    for (size_t i = 0; i < HANDLED_COUNT; i++) {
        if (handled[i].signo == (int)info.ssi_signo)
            return handled[i].event;
    }
    return MASTER_NOTHING;
}

void signals_reset(void)
{
    sigset_t none;

    for (size_t i = 0; i < HANDLED_COUNT; i++)
        set_disposition(handled[i].signo, SIG_DFL);
    set_disposition(SIGINT, SIG_IGN);
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
}
