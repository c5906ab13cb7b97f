#include "steward/write_ahead.h"

#include "lib/base/log.h"
#include "steward/database.h"

#include <stdio.h>
#include <sys/stat.h>

enum { PATH_BYTES = DATABASE_PATH_BYTES_MAX + 16 };

static ino_t inode_of(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 ? status.st_ino : 0;
}

static void log_path(const char *path, const char *suffix, char out[static PATH_BYTES])
{
    (void)snprintf(out, PATH_BYTES, "%s%s", path, suffix);
}

bool write_ahead_note(struct write_ahead *ahead, const char *path)
{
    char log[PATH_BYTES];
    struct stat status;

    if (stat(path, &status) != 0)
        return false;
    log_path(path, "-wal", log);
    *ahead = (struct write_ahead){status.st_dev, status.st_ino, inode_of(log)};
    return true;
}

bool write_ahead_is_same(const struct write_ahead *ahead, const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && status.st_dev == ahead->device &&
           status.st_ino == ahead->file;
}

static void move(const char *from, const char *to)
{
    if (rename(from, to) == 0)
        log_write(LOG_NOTICE, "moved %s to %s: it belongs to another database file", from, to);
    else
        log_write(LOG_ERROR, "cannot move %s, which belongs to another database file", from);
}

void write_ahead_settle(const struct write_ahead *ahead, const char *path)
{
    char log[PATH_BYTES];
    char aside[PATH_BYTES];

    log_path(path, "-wal", log);
    log_path(path, "-wal.aside", aside);
    if (ahead->log == 0 || inode_of(path) == 0)
        return;
    bool is_same = write_ahead_is_same(ahead, path);
    if (!is_same && inode_of(log) == ahead->log)
        move(log, aside);
    else if (is_same && inode_of(aside) == ahead->log)
        move(aside, log);
}
