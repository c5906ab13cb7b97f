#include "master/spawn.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/base/log.h"
#include "lib/base/span.h"
#include "master/environment.h"
#include "master/signals.h"
#include "master/title.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { FD_FIRST_OWN = 3 };

static int by_number(const void *left, const void *right)
{
    int a = *(const int *)left;
    int b = *(const int *)right;

    return (a > b) - (a < b);
}

/* Channels of other children above all: one that stays open here hides the master's death. */
static void close_all_but(const int *keep, uint32_t count)
{
    int kept[SPAWN_KEEP_MAX];
    unsigned first = FD_FIRST_OWN;

    INVARIANT(count <= SPAWN_KEEP_MAX);
    for (uint32_t i = 0; i < count; i++)
        kept[i] = keep[i];
    qsort(kept, count, sizeof(kept[0]), by_number);
    for (uint32_t i = 0; i < count; i++) {
        if (kept[i] < (int)first)
            continue;
        if (kept[i] > (int)first)
            close_range(first, (unsigned)kept[i] - 1, 0);
        first = (unsigned)kept[i] + 1;
    }
    close_range(first, UINT_MAX, 0);
}

static void become(const struct spawn_order *order, pid_t master)
{
    struct span prefix = SPAN("weir: ");

    if (order->ends_with_master) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != master)
            _exit(EXIT_FAILURE);
    }
    signals_reset();
    if (!order->keeps_environment)
        environment_forget();
    close_all_but(order->keep, order->keep_count);
    title_set(order->title);
    log_set_process(span_starts_with(span_of(order->title), prefix) ? order->title + prefix.len
                                                                    : order->title);
    if (order->nice != 0) {
        errno = 0;
        if (nice(order->nice) == -1 && errno != 0)
            log_write(LOG_WARNING, "cannot lower the priority");
    }
}

int spawn(const struct spawn_order *order, struct process *out)
{
    pid_t master = getpid();
    pid_t pid = fork();

    *out = PROCESS_NONE;
    if (pid < 0)
        return ERR_IO;
    if (pid == 0) {
        become(order, master);
        return 0;
    }
    /* The child cannot be reaped before we come back to the loop, so the number is still its own. */
    out->pid = pid;
    out->pidfd = pidfd_open(pid, 0);
    if (out->pidfd >= 0)
        return 0;
    kill(pid, SIGKILL);
    *out = PROCESS_NONE;
    return ERR_IO;
}

void spawn_kill(const struct process *process)
{
    if (process->pidfd >= 0)
        pidfd_send_signal(process->pidfd, SIGKILL, NULL, 0);
}

void spawn_close(struct process *process)
{
    if (process->pidfd >= 0)
        close(process->pidfd);
    *process = PROCESS_NONE;
}
