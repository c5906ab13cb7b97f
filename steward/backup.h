/**
 * A copy of the database while it is in use, in bounded steps: for `weir backup FILE`.
 *
 *   phase     entered by        may then be called
 *   closed    -                 backup_begin()
 *   copying   backup_begin()    backup_step() until it says that it is done, backup_abort()
 *   closed    backup_step() with 0 or an error, backup_abort()
 *
 * The copy appears under its name only when it is whole and on the disk, as one file (mode 0600)
 * without a log beside it. Changes made while it runs are in it.
 */
#ifndef WEIR_STEWARD_BACKUP_H
#define WEIR_STEWARD_BACKUP_H

#include "steward/database.h"

enum { BACKUP_STEP_PAGES = 256 }; /* 1 MiB a step */

struct backup {
    struct database *source;
    sqlite3 *target; /* NULL: closed */
    sqlite3_backup *copy;
    uint32_t pages_left; /* after the last step; 0 before the first */
    uint32_t pages;
    char path[DATABASE_PATH_BYTES_MAX];
    char partial[DATABASE_PATH_BYTES_MAX];
};

/** @return 0, ERR_EXISTS (a file of that name is there), ERR_INVALID (path too long), ERR_IO … */
int backup_begin(struct backup *backup, struct database *source, const char *path,
                 struct database_trouble *trouble);

/** Copy some pages. @return 0: done; ERR_AGAIN: call again; else it failed and is gone */
int backup_step(struct backup *backup, struct database_trouble *trouble);

/** Give up; a closed one is fine. */
void backup_abort(struct backup *backup);

#endif
