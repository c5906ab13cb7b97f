#include "master/master.h"

#include "lib/base/err.h"
#include "lib/base/log.h"
#include "master/signals.h"
#include "master/status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void on_question(void *ctx, uint32_t client, char question);

/* The limit of the service manager is the hard one; the soft one is there for programs that use
 * select(2). */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        log_write(LOG_WARNING, "cannot raise the limit of open files: %s", strerrordesc_np(errno));
}

int master_init(struct master *master, const struct master_input *input)
{
    *master = (struct master){
        .input = *input,
        .born = monotime_now(),
        .notifier = {.fd = -1},
        .live = GENERATION_NONE,
        .state_fd = -1,
        .revocations_fds = REVOCATIONS_FDS_NONE,
    };
    reload_init(&master->reload);
    control_init(&master->control, on_question, master);
    supervisor_init(&master->supervisor, &(struct supervisor_input){
                                             .worker_main = input->worker_main,
                                             .steward_main = input->steward_main,
                                             .bounds = input->bounds,
                                             .generation = &master->live,
                                             .listeners = &master->listeners,
                                             .state = &master->state,
                                             .state_fd = &master->state_fd,
                                             .revocations_fds = &master->revocations_fds,
                                         });
    raise_descriptor_limit();
    notify_init(&master->notifier);
    master->signal_fd = signals_open();
    if (master->signal_fd < 0)
        return master->signal_fd;
    reload_ask(master);
    return 0;
}

static void reap(struct master *master)
{
    int status;
    pid_t pid;

    /* A loader that was stopped, and orphans when this process is the first of its container, are
     * in nobody's books. */
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        supervisor_reaped(&master->supervisor, pid, status);
}

static void on_signal(void *ctx, uint32_t number)
{
    struct master *master = ctx;
    enum master_event event;

    (void)number;
    while ((event = signals_next(master->signal_fd)) != MASTER_NOTHING) {
        switch (event) {
        case MASTER_REAP:
            reap(master);
            break;
        case MASTER_RELOAD:
            if (!master->stopping)
                reload_ask(master);
            break;
        case MASTER_STOP:
            master_stop(master);
            break;
        case MASTER_NOTHING:
            break;
        }
    }
}

/* @return the state segment opened for reading, or -1 */
static int open_state_readonly(const struct master *master)
{
    char path[sizeof("/proc/self/fd/-2147483648")];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", master->state_fd);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static void answer_status(struct master *master, uint32_t client, bool with_state)
{
    char line[CONTROL_LINE_BYTES];
    int fd = with_state ? open_state_readonly(master) : -1;

    status_line(master, line, sizeof(line));
    control_answer(&master->control, client, line, fd);
    if (fd >= 0)
        close(fd);
}

static void answer_reload(struct master *master, uint32_t client)
{
    if (master->stopping) {
        control_answer(&master->control, client, "refused reason=\"the service is stopping\"", -1);
        return;
    }
    /* The ticket that reload_ask() is going to give: a reload that ends at once answers it. */
    if (!control_wait(&master->control, client, master->reload.ticket + 1)) {
        control_answer(&master->control, client, "busy", -1);
        return;
    }
    reload_ask(master);
}

static void on_question(void *ctx, uint32_t client, char question)
{
    struct master *master = ctx;

    switch (question) {
    case 's':
        answer_status(master, client, false);
        return;
    case 't':
        answer_status(master, client, true);
        return;
    case 'r':
        answer_reload(master, client);
        return;
    default:
        control_answer(&master->control, client, "unknown command", -1);
        return;
    }
}

void master_stop(struct master *master)
{
    if (master->stopping) {
        log_write(LOG_WARNING, "stopping at once");
        supervisor_kill(&master->supervisor);
        return;
    }
    log_write(LOG_NOTICE, "stopping");
    master->stopping = true;
    notify_stopping(&master->notifier);
    control_answer_waiters(&master->control, UINT64_MAX,
                           "refused reason=\"the service is stopping\"", -1);
    reload_cancel(&master->reload);
    supervisor_stop(&master->supervisor);
    /* Connections that nobody is going to accept are better refused than left waiting. */
    listen_close(&master->listeners);
}

static void fail_start(struct master *master, const char *reason)
{
    log_write(LOG_FATAL, "cannot start: %s", reason);
    master->exit_status = EXIT_FAILURE;
    master_stop(master);
}

void master_reload_finished(struct master *master, int err)
{
    directory_reload_finished(master, err);
    if (master->live.number == 0) {
        fail_start(master, master->reload.reason);
        return;
    }
    if (!master->ready)
        return;
    status_sentence(master, master->status, sizeof(master->status));
    notify_ready(&master->notifier, master->status);
}

static void look_at_readiness(struct master *master)
{
    if (master->ready || master->stopping)
        return;
    if (supervisor_is_ready(&master->supervisor)) {
        master->ready = true;
        status_sentence(master, master->status, sizeof(master->status));
        notify_ready(&master->notifier, master->status);
        log_write(LOG_NOTICE, "ready: %s", master->status);
        return;
    }
    if (supervisor_failures(&master->supervisor) > MASTER_START_FAILURES_MAX)
        fail_start(master, "a process fails again and again");
}

/* The service manager shows it beside the service; it is told when it is another one. */
static void tell_status(struct master *master)
{
    char sentence[CONTROL_LINE_BYTES];

    if (!master->ready || master->stopping)
        return;
    status_sentence(master, sentence, sizeof(sentence));
    if (strcmp(sentence, master->status) == 0)
        return;
    memcpy(master->status, sentence, sizeof(sentence));
    notify_status(&master->notifier, sentence);
}

static void wait_for_something(struct master *master)
{
    watch_begin(&master->watch, master->wake);
    watch_add(&master->watch, master->signal_fd, on_signal, master, 0);
    supervisor_watch(&master->supervisor, &master->watch);
    watch_add(&master->watch, master->reload.loader.result_fd, reload_on_loader, master, 0);
    control_watch(&master->control, &master->watch);
    watch_turn(&master->watch);
}

static void wake_by(struct master *master, struct monotime deadline)
{
    if (deadline.ms < master->wake.ms)
        master->wake = deadline;
}

bool master_turn(struct master *master)
{
    wait_for_something(master);

    struct monotime now = monotime_now();
    master->wake = monotime_after(now, MASTER_TURN_MS);
    wake_by(master, supervisor_tick(&master->supervisor, now));
    wake_by(master, directory_reload_tick(master, now));
    wake_by(master, reload_tick(master, now));
    wake_by(master, control_tick(&master->control, now));
    wake_by(master, notify_tick(&master->notifier, now));
    look_at_readiness(master);
    tell_status(master);
    return !master->stopping || !supervisor_is_empty(&master->supervisor);
}

int master_close(struct master *master)
{
    reload_cancel(&master->reload);
    control_close(&master->control);
    listen_close(&master->listeners);
    generation_close(&master->live);
    state_close(&master->state);
    if (master->state_fd >= 0)
        close(master->state_fd);
    master->state_fd = -1;
    revocations_close(&master->revocations);
    revocations_close_fds(&master->revocations_fds);
    if (master->signal_fd >= 0)
        close(master->signal_fd);
    master->signal_fd = -1;
    notify_close(&master->notifier);
    return master->exit_status;
}
