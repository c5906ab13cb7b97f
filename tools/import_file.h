/** A file that is read line by line, of any length, from a disk or a pipe. */
#ifndef WEIR_TOOLS_IMPORT_FILE_H
#define WEIR_TOOLS_IMPORT_FILE_H

#include "tools/import_line.h"

struct import_file {
    int fd;
    uint64_t line;       /* the number of the line that was read last; from 1 */
    uint64_t bytes_read; /* up to the end of that line */
    uint64_t bytes;      /* of the whole file; 0: not known */
    size_t begin;        /* of what is in the buffer and has not been given out */
    size_t end;
    bool is_at_end;
    char buffer[2 * IMPORT_LINE_BYTES_MAX];
};

/** @param path  `-` is standard input. @return 0, or -1 with errno */
int import_file_open(struct import_file *file, const char *path);

void import_file_close(struct import_file *file);

/**
 * The next line without its end (LF, or CR and LF), and without a byte order mark before the first.
 *
 * @param out  valid until the next call
 * @return 1; 0 at the end; -1 with errno: EINTR a signal came, EMSGSIZE the line is longer than
 *         IMPORT_LINE_BYTES_MAX, or that of read(2)
 */
int import_file_next(struct import_file *file, struct span *out);

#endif
