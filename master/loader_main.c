/* What runs in the loader's process; the other half of loader.h is the master's. */
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "master/loader.h"
#include "registry/registry.h"
#include "shm/session_key.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/** The live generation, as far as there is one. */
struct previous {
    struct snapshot snapshot;
    struct secrets secrets;
    struct state state;
};

static int previous_open(const struct loader_boot *boot, struct previous *out)
{
    int err = 0;

    if (boot->snapshot_fd >= 0)
        err = snapshot_open(boot->snapshot_fd, &out->snapshot);
    if (err == 0 && boot->secrets_fd >= 0)
        err = secrets_open(boot->secrets_fd, &out->secrets);
    if (err == 0 && boot->state_fd >= 0)
        err = state_open_readonly(boot->state_fd, &out->state);
    return err;
}

/* Whatever is wrong with it, calls and listings go on: it is never an error. */
static struct span take_session_key(const char *state_dir, uint8_t memory[static SESSION_KEY_BYTES],
                                    struct report *report)
{
    char path[PATH_MAX];
    enum session_key_source source;
    int err = session_key_keep(state_dir, memory, &source);
    const char *problem = err == ERR_INVALID ? "is not a regular file" : strerrordesc_np(errno);

    (void)snprintf(path, sizeof(path), "%s/" SESSION_KEY_FILE_NAME, state_dir);
    const struct report_place place = {path, 0, 0};
    if (err != 0) {
        report_add(report, REPORT_WARNING, place, "", "",
                   "the key of sessions can be neither read nor made (%s): nobody can sign in with "
                   "a browser",
                   problem);
        return (struct span){NULL, 0};
    }
    if (source == SESSION_KEY_REPLACED)
        report_add(report, REPORT_WARNING, place, "", "",
                   "the key of sessions was damaged and is another one now: who was signed in with "
                   "a browser signs in again");
    return (struct span){(const char *)memory, SESSION_KEY_BYTES};
}

static int compile(const struct registry *registry, const struct loader_boot *boot,
                   struct report *report, struct loader_result *result)
{
    uint8_t session_key[SESSION_KEY_BYTES];
    struct previous previous = {0};
    struct registry_compiled compiled = REGISTRY_COMPILED_NONE;
    int err = previous_open(boot, &previous);
    if (err != 0)
        return err;

    struct registry_compile_input input = {
        .previous = previous.snapshot.header == NULL ? NULL : &previous.snapshot,
        .previous_secrets = previous.secrets.header == NULL ? NULL : &previous.secrets,
        .state = previous.state.header == NULL ? NULL : &previous.state,
        .generation = boot->generation,
        .acknowledged = boot->acknowledged,
        .now_s = wall_now_s(),
        .session_key = take_session_key(registry_state_dir(registry), session_key, report),
    };
    err = registry_compile(registry, &input, report, &compiled);
    explicit_bzero(session_key, sizeof(session_key));
    if (err == 0) {
        result->unchanged = compiled.unchanged;
        result->snapshot_fd = compiled.snapshot_fd;
        result->secrets_fd = compiled.secrets_fd;
        result->accounts_fd = compiled.accounts_fd;
    }
    return err;
}

static int load(const struct loader_boot *boot, struct report *report, struct loader_result *result)
{
    struct registry *registry = registry_load(boot->config_path, true, boot->restore, report);
    if (registry == NULL)
        return ERR_CONFIG;

    int err = compile(registry, boot, report, result);
    registry_free(&registry);
    return err;
}

/* The memfd is the one thing of a load that others read line by line; the log gets the same. */
static void log_report(int fd)
{
    char line[LOG_LINE_BYTES_MAX];
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    FILE *lines = copy < 0 ? NULL : fdopen(copy, "r");

    if (lines == NULL) {
        if (copy >= 0)
            close(copy);
        return;
    }
    rewind(lines);
    while (fgets(line, sizeof(line), lines) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        log_write(strstr(line, ": error: ") != NULL ? LOG_ERROR : LOG_WARNING, "%s", line);
    }
    fclose(lines);
}

/* @return a sealed memfd with the report's lines, or -1: the counts in the result are still told */
static int write_report(const struct report *report)
{
    int fd = memfd_create("weir-report", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0)
        return -1;
    if (report_print(report, fd) != 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0) {
        close(fd);
        return -1;
    }
    log_report(fd);
    return fd;
}

int loader_main(const struct loader_boot *boot)
{
    struct loader_result result = LOADER_RESULT_NONE;
    struct report *report = report_new();

    if (report == NULL)
        return EXIT_FAILURE;
    result.err = load(boot, report, &result);
    result.errors = report_errors(report);
    result.warnings = report_warnings(report);
    if (result.errors + result.warnings > 0)
        result.report_fd = write_report(report);
    int err = loader_answer(boot->result_fd, &result);
    report_free(&report);
    return err == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
