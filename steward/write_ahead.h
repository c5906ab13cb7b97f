/**
 * The log beside the database's file (`weir.db-wal`), when the file is exchanged under a running
 * steward: a backup is put in its place, or it is moved away and back.
 *
 * SQLite does not ask whose log it finds. One that belongs to another file is applied to whatever
 * file is there now, and damages it; one that is missing takes commits with it. So the log of the
 * file that was open is put aside (`weir.db-wal.aside`) while another file stands at the path, and
 * back when the first one returns.
 */
#ifndef WEIR_STEWARD_WRITE_AHEAD_H
#define WEIR_STEWARD_WRITE_AHEAD_H

#include <stdbool.h>
#include <sys/types.h>

/** A file and its log, as they were when the database was opened. Zero: none was. */
struct write_ahead {
    dev_t device;
    ino_t file;
    ino_t log; /* 0: there was none */
};

/** Remember what is at the path now, which has just been opened. @return false: it has vanished */
bool write_ahead_note(struct write_ahead *ahead, const char *path);

/** Is the file at the path the one that was noted? */
bool write_ahead_is_same(const struct write_ahead *ahead, const char *path);

/** Before the file at the path is opened: move the noted log to where it belongs now. */
void write_ahead_settle(const struct write_ahead *ahead, const char *path);

#endif
