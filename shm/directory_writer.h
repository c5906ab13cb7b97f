/**
 * Writing `state_dir/directory` (directory_file.h): rows stream into a file beside it, which then
 * takes its place.
 *
 *   phase     entered by                  may then be called
 *   closed    -                           directory_writer_begin()
 *   writing   directory_writer_begin()    _add(), _text(), _commit(), _abort()
 *   closed    _commit(), _abort()
 *
 * The number of rows of each table is said first, so that the tables' places are known and nothing
 * is held in memory but a buffer for each. Rows of one table are added in its order; different
 * tables may be filled side by side. The first failure sticks: add freely, _commit() tells.
 */
#ifndef WEIR_SHM_DIRECTORY_WRITER_H
#define WEIR_SHM_DIRECTORY_WRITER_H

#include "shm/directory_file.h"

#define DIRECTORY_FILE_NAME     "directory"
#define DIRECTORY_FILE_NAME_NEW "directory.new"
/** What it is written from, in the same folder; for who must know whether there is one. */
#define DIRECTORY_DATABASE_NAME "weir.db"

enum { DIRECTORY_WRITER_BUFFER_BYTES = 32 * 1024, DIRECTORY_FILE_MODE = 0600 };

struct directory_writer_table {
    uint64_t written; /* of its bytes, those that are in the file */
    uint32_t rows;    /* added */
    uint32_t buffered;
    char buffer[DIRECTORY_WRITER_BUFFER_BYTES];
};

/** About 320 KiB: not for the stack. */
struct directory_writer {
    struct directory_header header;
    int folder_fd; /* -1: closed */
    int fd;
    int err;
    struct directory_writer_table tables[DIRECTORY_TABLE_COUNT];
};

/**
 * Make the new file; one that a crash has left is overwritten.
 *
 * @param rows    of each table; that of TEXT, which is the last and grows, is not looked at
 * @param change  the header's
 * @return 0, ERR_IO, ERR_DISK_FULL, or ERR_NO_SPACE when there are more rows than a file can have
 */
int directory_writer_begin(struct directory_writer *writer, const char *state_dir,
                           const uint32_t rows[static DIRECTORY_TABLE_COUNT], uint64_t change);

/** @param row  of the table's type */
void directory_writer_add(struct directory_writer *writer, enum directory_table table,
                          const void *row);

/** Writes the bytes into TEXT. @return where they are; an empty text has no place */
struct directory_text directory_writer_text(struct directory_writer *writer, struct span bytes);

/** The number that the next row of the table will have: where a list begins. */
uint32_t directory_writer_next(const struct directory_writer *writer, enum directory_table table);

/**
 * Finish, read back, check with directory_file_check(), sync, rename, sync the folder.
 *
 * @param bytes  of the file; may be NULL
 * @return 0; ERR_CORRUPT when rows are missing or out of order, or what was read back differs; or
 *         ERR_IO, ERR_DISK_FULL, ERR_NO_SPACE. Unless 0, the old file is as it was, and the new one
 *         is gone. (Only when the folder cannot be synced is the new one in place already.)
 */
int directory_writer_commit(struct directory_writer *writer, int64_t now_ms, uint64_t *bytes);

/** Give up and remove what was written; a closed one is fine. */
void directory_writer_abort(struct directory_writer *writer);

#endif
