#include "steward/steward.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "shm/directory_writer.h"
#include "steward/export.h"

#include <stdio.h>
#include <unistd.h>

#define RESTORE_MEMORY_BYTES_MAX (UINT64_C(64) << 20)

static int write_export(struct database *database, const char *state_dir, char *problem,
                        size_t bytes)
{
    struct directory_refusal refusal = {0};
    struct export_result written = {0};
    struct directory_call call = {
        .database = database,
        .digester = digester_new(),
        .actor = SPAN("start"),
        .now_ms = wall_now_s() * 1000,
        .arena = arena_new(RESTORE_MEMORY_BYTES_MAX),
        .refusal = &refusal,
    };
    int err = call.digester == NULL || call.arena == NULL
                  ? ERR_NO_MEMORY
                  : export_write(&call, state_dir, &written);

    if (err != 0)
        (void)snprintf(problem, bytes, "%s",
                       refusal.sentence[0] == '\0' ? err_text(err) : refusal.sentence);
    else
        log_write(LOG_NOTICE, "the directory was exported anew: change %llu, %u keys",
                  (unsigned long long)written.change, written.keys);
    arena_free(&call.arena);
    digester_free(&call.digester);
    return err;
}

int steward_restore_directory(const char *state_dir, char *problem, size_t bytes)
{
    char path[DATABASE_PATH_BYTES_MAX];
    const struct database_options options = {.path = path, .busy_ms = DATABASE_BUSY_MS};
    struct database_trouble trouble = {0};
    struct database *database = NULL;
    int len = snprintf(path, sizeof(path), "%s/" DIRECTORY_DATABASE_NAME, state_dir);

    /* An empty one would take back every revocation. */
    if (len < 0 || (size_t)len >= sizeof(path) || access(path, F_OK) != 0) {
        (void)snprintf(problem, bytes, "there is no database");
        return ERR_NOT_FOUND;
    }
    int err = database_open(&options, &database, &trouble);
    if (err != 0)
        (void)snprintf(problem, bytes, "%s", trouble.sentence);
    else
        err = write_export(database, state_dir, problem, bytes);
    database_close(&database);
    return err;
}
