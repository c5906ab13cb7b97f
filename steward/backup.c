#include "steward/backup.h"

#include "lib/base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { FILE_MODE = 0600 };

static int tell(struct database_trouble *trouble, int err, const char *path, const char *why)
{
    trouble->err = err;
    (void)snprintf(trouble->sentence, sizeof(trouble->sentence), "%s: %s", path, why);
    return err;
}

static int tell_errno(struct database_trouble *trouble, const char *path)
{
    char buffer[128];
    int err = errno == ENOSPC || errno == EDQUOT ? ERR_DISK_FULL
              : errno == EEXIST                  ? ERR_EXISTS
                                                 : ERR_IO;

    return tell(trouble, err, path, strerror_r(errno, buffer, sizeof(buffer)));
}

static int tell_sqlite(struct backup *backup, int code, struct database_trouble *trouble)
{
    int err = database_fail(backup->source, code);

    return tell(trouble, err, backup->partial, sqlite3_errstr(code));
}

static int set_paths(struct backup *backup, const char *path)
{
    int len = snprintf(backup->path, sizeof(backup->path), "%s", path);
    int partial_len = snprintf(backup->partial, sizeof(backup->partial), "%s.partial", path);

    return len <= 0 || partial_len < 0 || (size_t)partial_len >= sizeof(backup->partial)
               ? ERR_INVALID
               : 0;
}

/* A half copy of an earlier attempt gives way; a file of the copy's own name does not. */
static int make_partial(struct backup *backup, struct database_trouble *trouble)
{
    if (access(backup->path, F_OK) == 0)
        return tell(trouble, ERR_EXISTS, backup->path, "is there already");
    if (unlink(backup->partial) != 0 && errno != ENOENT)
        return tell_errno(trouble, backup->partial);
    int fd = open(backup->partial, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    if (fd < 0)
        return tell_errno(trouble, backup->partial);
    (void)close(fd);
    return 0;
}

int backup_begin(struct backup *backup, struct database *source, const char *path,
                 struct database_trouble *trouble)
{
    *backup = (struct backup){.source = source};
    if (set_paths(backup, path) != 0)
        return tell(trouble, ERR_INVALID, "the path of the copy", "has the wrong length");
    int err = make_partial(backup, trouble);
    if (err != 0)
        return err;
    int code = sqlite3_open_v2(backup->partial, &backup->target,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                               NULL);
    if (code == SQLITE_OK) {
        backup->copy = sqlite3_backup_init(backup->target, "main", database_handle(source), "main");
        code = backup->copy == NULL ? sqlite3_errcode(backup->target) : SQLITE_OK;
    }
    if (code == SQLITE_OK)
        return 0;
    err = tell_sqlite(backup, code, trouble);
    if (backup->target == NULL)
        (void)unlink(backup->partial);
    backup_abort(backup);
    return err;
}

/* The folder that the copy lies in. */
static void set_folder(char folder[static DATABASE_PATH_BYTES_MAX], const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        (void)snprintf(folder, DATABASE_PATH_BYTES_MAX, ".");
    else
        (void)snprintf(folder, DATABASE_PATH_BYTES_MAX, "%.*s", (int)(slash - path) + 1, path);
}

static int sync_path(const char *path, int flags)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | flags);

    if (fd < 0)
        return -1;
    int failed = fsync(fd);
    int saved = errno;
    (void)close(fd);
    errno = saved;
    return failed;
}

/* link(2) and not rename(2): it never replaces a file that has appeared meanwhile. */
static int put_in_place(struct backup *backup, struct database_trouble *trouble)
{
    char folder[DATABASE_PATH_BYTES_MAX];

    if (sync_path(backup->partial, 0) != 0)
        return tell_errno(trouble, backup->partial);
    if (link(backup->partial, backup->path) != 0)
        return tell_errno(trouble, backup->path);
    (void)unlink(backup->partial);
    set_folder(folder, backup->path);
    if (sync_path(folder, O_DIRECTORY) != 0)
        return tell_errno(trouble, backup->path);
    return 0;
}

/* The copy of a database in WAL mode is in it too: without it there is one file and no log. */
static int finish(struct backup *backup, struct database_trouble *trouble)
{
    int code = sqlite3_backup_finish(backup->copy);

    backup->copy = NULL;
    if (code == SQLITE_OK)
        code = sqlite3_exec(backup->target, "PRAGMA journal_mode = DELETE;", NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_close(backup->target);
    if (code != SQLITE_OK)
        return tell_sqlite(backup, code, trouble);
    backup->target = NULL;
    int err = put_in_place(backup, trouble);
    if (err != 0)
        (void)unlink(backup->partial);
    return err;
}

int backup_step(struct backup *backup, struct database_trouble *trouble)
{
    int code = sqlite3_backup_step(backup->copy, BACKUP_STEP_PAGES);
    int err = ERR_AGAIN;

    backup->pages = (uint32_t)sqlite3_backup_pagecount(backup->copy);
    backup->pages_left = (uint32_t)sqlite3_backup_remaining(backup->copy);
    if (code == SQLITE_DONE)
        err = finish(backup, trouble);
    else if (code != SQLITE_OK && code != SQLITE_BUSY && code != SQLITE_LOCKED)
        err = tell_sqlite(backup, code, trouble);
    if (err != 0 && err != ERR_AGAIN)
        backup_abort(backup);
    return err;
}

void backup_abort(struct backup *backup)
{
    if (backup->target == NULL)
        return;
    if (backup->copy != NULL)
        (void)sqlite3_backup_finish(backup->copy);
    (void)sqlite3_close(backup->target);
    (void)unlink(backup->partial);
    backup->copy = NULL;
    backup->target = NULL;
}
