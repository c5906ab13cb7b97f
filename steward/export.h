/**
 * From the database to `state_dir/directory` (shm/directory_file.h).
 *
 * The file is written beside the old one, read back and checked with the reader's own check, synced,
 * renamed into place, and its folder synced. A crash at any step leaves the old file or the new one.
 * Both say which change they include, so that export_if_behind() at a start completes what a crash
 * cut off.
 */
#ifndef WEIR_STEWARD_EXPORT_H
#define WEIR_STEWARD_EXPORT_H

#include "steward/directory.h"

#define EXPORT_MEMORY_BYTES_MAX (UINT64_C(1) << 30)

struct export_result {
    uint64_t change; /* that the file includes */
    uint64_t bytes;
    uint32_t keys;
    bool written; /* false: the file had it already */
};

/**
 * Write all of the directory as it is now, in one consistent read.
 *
 * Names of users, groups and slugs are held in memory while this runs, at most
 * EXPORT_MEMORY_BYTES_MAX; keys stream. No transaction of the caller's may be open.
 *
 * @param state_dir  the folder
 * @return 0, or an error of database.h; ERR_CORRUPT also when what was written does not pass
 */
int export_write(struct directory_call *call, const char *state_dir, struct export_result *out);

/**
 * Write it unless the file that is there includes the last change. A file that includes more than
 * the database has (an old backup was put back) makes the directory's changes go on from there,
 * with an audit row that says so: the number must never fall, because readers compare it.
 */
int export_if_behind(struct directory_call *call, const char *state_dir, struct export_result *out);

#endif
