#include "master/publish.h"

#include "lib/base/err.h"
#include "lib/base/log.h"
#include "master/master.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int problem_is(char problem[static RELOAD_REASON_BYTES], int err, const char *text)
{
    snprintf(problem, RELOAD_REASON_BYTES, "%s", text);
    return err;
}

static int open_listeners(struct master *master, const struct generation *next,
                          char problem[static RELOAD_REASON_BYTES])
{
    const struct snapshot_header *header = next->snapshot.header;
    int err = listen_init(&master->listeners, header->listen, header->listen_count);

    if (err == 0)
        err = listen_grow(&master->listeners, generation_workers(next));
    if (err != 0)
        return problem_is(problem, err, master->listeners.problem);
    return 0;
}

static int open_control(struct master *master, const struct generation *next,
                        char problem[static RELOAD_REASON_BYTES])
{
    struct sockaddr_un address;
    int err = generation_control_address(next, &address);

    if (err != 0)
        return problem_is(problem, err, "control_socket is empty or too long");
    err = control_open(&master->control, &address);
    if (err == ERR_AGAIN)
        snprintf(problem, RELOAD_REASON_BYTES, "another weir answers on %s", address.sun_path);
    else if (err == ERR_INVALID)
        snprintf(problem, RELOAD_REASON_BYTES, "%s is there and is no socket", address.sun_path);
    else if (err != 0)
        snprintf(problem, RELOAD_REASON_BYTES, "cannot listen on %s: %s", address.sun_path,
                 strerrordesc_np(errno));
    return err;
}

/* Children map the segment for themselves: with a mapping of the master's they could write to it
 * where they are meant to read only. */
static int open_state(struct master *master, const struct generation *next,
                      char problem[static RELOAD_REASON_BYTES])
{
    int err = state_create(generation_settings(next)->cells_max, &master->state_fd, &master->state);

    if (err == 0 && madvise(master->state.header, master->state.bytes, MADV_DONTFORK) != 0)
        err = ERR_IO;
    if (err != 0)
        return problem_is(problem, err, "the state segment cannot be made");
    return 0;
}

/* Not mapped by children either, and for the same reason. */
static int open_revocations(struct master *master, const struct generation *next,
                            char problem[static RELOAD_REASON_BYTES])
{
    int err = revocations_create(generation_settings(next)->cells_max, &master->revocations_fds,
                                 &master->revocations);

    if (err == 0 &&
        madvise(master->revocations.header, master->revocations.bytes, MADV_DONTFORK) != 0)
        err = ERR_IO;
    if (err != 0)
        return problem_is(problem, err, "the revocation bits cannot be made");
    return 0;
}

/* The control socket first: it says best that another service runs with this configuration. */
static int prepare_first(struct master *master, const struct generation *next,
                         char problem[static RELOAD_REASON_BYTES])
{
    int err = open_control(master, next, problem);

    if (err == 0)
        err = open_listeners(master, next, problem);
    if (err == 0)
        err = open_state(master, next, problem);
    if (err == 0)
        err = open_revocations(master, next, problem);
    return err;
}

static bool is_same_control(const struct master *master, const struct generation *next)
{
    struct sockaddr_un address;

    return generation_control_address(next, &address) == 0 &&
           strcmp(address.sun_path, master->control.address.sun_path) == 0;
}

/* What is fixed at start; the loader refuses most of it with file and line before we do. */
static int check_fixed(const struct master *master, const struct generation *next,
                       char problem[static RELOAD_REASON_BYTES])
{
    const struct snapshot_header *header = next->snapshot.header;

    if (!listen_is_same(&master->listeners, header->listen, header->listen_count))
        return problem_is(problem, ERR_NEEDS_RESTART, "listen cannot change without a restart");
    if (!is_same_control(master, next))
        return problem_is(problem, ERR_NEEDS_RESTART,
                          "control_socket cannot change without a restart");
    return 0;
}

static int prepare_next(struct master *master, const struct generation *next,
                        char problem[static RELOAD_REASON_BYTES])
{
    int err = check_fixed(master, next, problem);

    if (err != 0)
        return err;
    err = listen_grow(&master->listeners, generation_workers(next));
    if (err != 0)
        return problem_is(problem, err, master->listeners.problem);
    return 0;
}

int publish_prepare(struct master *master, struct generation *next,
                    char problem[static RELOAD_REASON_BYTES])
{
    struct loader_result *result = &master->reload.result;
    bool first = master->live.number == 0;
    const struct generation given = {
        .number = master->live.number + 1,
        .snapshot_fd = result->snapshot_fd,
        .secrets_fd = result->secrets_fd,
        .accounts_fd = result->accounts_fd,
    };
    int err = generation_open(&given, next);

    if (err != 0) {
        snprintf(problem, RELOAD_REASON_BYTES, "the compiled generation is not valid: %s",
                 err_text(err));
        return err;
    }
    result->snapshot_fd = -1;
    result->secrets_fd = -1;
    result->accounts_fd = -1;
    if (!first && !generation_fits(next, &master->state))
        err = problem_is(problem, ERR_NO_SPACE, "it needs more cells than state.cells_max");
    else
        err = first ? prepare_first(master, next, problem) : prepare_next(master, next, problem);
    if (err != 0)
        generation_close(next);
    return err;
}

static void log_listeners(const struct listeners *listeners)
{
    char name[SETTINGS_ADDRESS_BYTES];

    for (uint32_t i = 0; i < listeners->address_count; i++) {
        listen_name(&listeners->addresses[i], name);
        log_write(LOG_NOTICE, "listening on %s%s", name,
                  listeners->addresses[i].inherited >= 0 ? ", handed over by systemd" : "");
    }
}

void publish_commit(struct master *master, struct generation *next)
{
    bool first = master->live.number == 0;

    generation_init_cells(next, &master->state, &master->revocations);
    atomic_store(&master->state.header->generation, next->number);
    generation_close(&master->live);
    master->live = *next;
    *next = GENERATION_NONE;
    supervisor_publish(&master->supervisor);
    if (first)
        log_listeners(&master->listeners);
}
