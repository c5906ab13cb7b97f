#include "steward/database_open.h"

#include "lib/base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MODE = 0600, MODE_BITS = 07777 };

/*
 * WAL with FULL: see database.h. The log is cut back to 16 MiB after a long import. What is sorted
 * is sorted in memory: a temporary file would lie outside of state_dir. Digests come in no order,
 * so an import touches all pages of their index: 64 MiB of cache hold it for a million keys.
 */
static const char settings[] = "PRAGMA journal_mode = WAL;"
                               "PRAGMA synchronous = FULL;"
                               "PRAGMA foreign_keys = ON;"
                               "PRAGMA journal_size_limit = 16777216;"
                               "PRAGMA cache_size = -65536;"
                               "PRAGMA temp_store = MEMORY;";

static const struct {
    int option;
    int value;
} switches[] = {
    {SQLITE_DBCONFIG_DEFENSIVE, 1},
    {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
    {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
    {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
    {SQLITE_DBCONFIG_DQS_DDL, 0},
    {SQLITE_DBCONFIG_DQS_DML, 0},
    {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
};

static int tell(struct database_trouble *trouble, int err, const char *path, const char *why)
{
    trouble->err = err;
    (void)snprintf(trouble->sentence, sizeof(trouble->sentence), "%s: %s", path, why);
    return err;
}

static int tell_errno(struct database_trouble *trouble, const char *path)
{
    char buffer[128];
    int err = errno == ENOSPC ? ERR_DISK_FULL : ERR_IO;

    return tell(trouble, err, path, strerror_r(errno, buffer, sizeof(buffer)));
}

static int tell_sqlite(struct database_trouble *trouble, const char *path, sqlite3 *handle,
                       int code)
{
    int err = ERR_IO;

    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return tell(trouble, ERR_AGAIN, path, "another process has it locked");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        err = ERR_CORRUPT;
        break;
    case SQLITE_FULL:
        err = ERR_DISK_FULL;
        break;
    case SQLITE_NOMEM:
        err = ERR_NO_MEMORY;
        break;
    default:
        break;
    }
    return tell(trouble, err, path, handle == NULL ? sqlite3_errstr(code) : sqlite3_errmsg(handle));
}

/* An existing file is not opened here: closing it again would drop the locks that another
 * connection of this process holds (fcntl(2)). */
static int make_private(const char *path, struct database_trouble *trouble)
{
    struct stat status;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);

    if (fd >= 0) {
        (void)close(fd);
        return 0;
    }
    if (errno != EEXIST || lstat(path, &status) != 0)
        return tell_errno(trouble, path);
    if (!S_ISREG(status.st_mode))
        return tell(trouble, ERR_IO, path, "is not a regular file");
    if ((status.st_mode & MODE_BITS) != FILE_MODE && chmod(path, FILE_MODE) != 0)
        return tell_errno(trouble, path);
    return 0;
}

static int check_health(sqlite3 *handle, const char *path, struct database_trouble *trouble)
{
    sqlite3_stmt *statement = NULL;
    int err = 0;
    int code = sqlite3_prepare_v2(handle, "PRAGMA quick_check(1)", -1, &statement, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code != SQLITE_ROW) {
        err = tell_sqlite(trouble, path, handle, code);
    } else {
        const char *found = (const char *)sqlite3_column_text(statement, 0);

        if (found == NULL || strcmp(found, "ok") != 0)
            err = tell(trouble, ERR_CORRUPT, path, found == NULL ? "is damaged" : found);
    }
    (void)sqlite3_finalize(statement);
    return err;
}

int database_open_file(const struct database_options *options, sqlite3 **out,
                       struct database_trouble *trouble)
{
    const char *path = options->path;
    int err = make_private(path, trouble);

    if (err != 0)
        return err;
    int code = sqlite3_open_v2(
        path, out, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    for (size_t i = 0; code == SQLITE_OK && i < sizeof(switches) / sizeof(switches[0]); i++)
        code = sqlite3_db_config(*out, switches[i].option, switches[i].value, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_busy_timeout(*out, (int)options->busy_ms);
    if (code == SQLITE_OK)
        code = sqlite3_exec(*out, settings, NULL, NULL, NULL);
    if (code != SQLITE_OK)
        return tell_sqlite(trouble, path, *out, code);
    if (sqlite3_db_readonly(*out, "main") != 0)
        return tell(trouble, ERR_IO, path, "cannot be written");
    return check_health(*out, path, trouble);
}
