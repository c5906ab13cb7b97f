#include "shm/directory_writer.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "shm/snapshot.h"
#include "shm/stops.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static const uint32_t row_bytes[DIRECTORY_TABLE_COUNT] = {
#define X(name, type, what) sizeof(type),
    DIRECTORY_TABLE_MAP(X)
#undef X
};

static int error_of_errno(void)
{
    return errno == ENOSPC || errno == EDQUOT ? ERR_DISK_FULL : ERR_IO;
}

static void fail(struct directory_writer *writer, int err)
{
    if (writer->err == 0)
        writer->err = err;
}

static void write_at(struct directory_writer *writer, const void *bytes, size_t len,
                     uint64_t offset)
{
    const char *at = bytes;

    while (len > 0 && writer->err == 0) {
        ssize_t written = pwrite(writer->fd, at, len, (off_t)offset);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            fail(writer, error_of_errno());
            return;
        }
        at += written;
        len -= (size_t)written;
        offset += (uint64_t)written;
    }
}

static void flush(struct directory_writer *writer, enum directory_table number)
{
    struct directory_writer_table *table = &writer->tables[number];

    write_at(writer, table->buffer, table->buffered,
             writer->header.tables[number].offset + table->written);
    table->written += table->buffered;
    table->buffered = 0;
}

/* `count` rows, whose bytes may be longer than a buffer. */
static void append(struct directory_writer *writer, enum directory_table number, const void *bytes,
                   uint32_t count)
{
    struct directory_writer_table *table = &writer->tables[number];
    const char *at = bytes;
    size_t len = (size_t)count * row_bytes[number];

    if (count > writer->header.tables[number].rows - table->rows) {
        fail(writer, number == DIRECTORY_TEXT ? ERR_NO_SPACE : ERR_CORRUPT);
        return;
    }
    table->rows += count;
    while (len > 0) {
        size_t part = DIRECTORY_WRITER_BUFFER_BYTES - table->buffered;

        if (part > len)
            part = len;
        memcpy(table->buffer + table->buffered, at, part);
        table->buffered += (uint32_t)part;
        at += part;
        len -= part;
        if (table->buffered == DIRECTORY_WRITER_BUFFER_BYTES)
            flush(writer, number);
    }
}

/* The tables one behind the other; TEXT may have all that a 32-bit number can say. */
static uint64_t place_tables(struct directory_header *header,
                             const uint32_t rows[static DIRECTORY_TABLE_COUNT])
{
    uint64_t end = sizeof(*header);

    for (size_t i = 0; i < DIRECTORY_TABLE_COUNT; i++) {
        end = (end + DIRECTORY_TABLE_ALIGN - 1) / DIRECTORY_TABLE_ALIGN * DIRECTORY_TABLE_ALIGN;
        header->tables[i] = (struct table_place){end, rows[i], row_bytes[i]};
        end += (uint64_t)rows[i] * row_bytes[i];
    }
    header->tables[DIRECTORY_TEXT].rows = UINT32_MAX;
    return header->tables[DIRECTORY_TEXT].offset;
}

static int open_new(struct directory_writer *writer, const char *state_dir)
{
    writer->folder_fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (writer->folder_fd < 0)
        return ERR_IO;
    /* Not truncated but made anew: nothing may still have the old one mapped. */
    if (unlinkat(writer->folder_fd, DIRECTORY_FILE_NAME_NEW, 0) != 0 && errno != ENOENT)
        return ERR_IO;
    writer->fd = openat(writer->folder_fd, DIRECTORY_FILE_NAME_NEW,
                        O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, DIRECTORY_FILE_MODE);
    return writer->fd < 0 ? error_of_errno() : 0;
}

int directory_writer_begin(struct directory_writer *writer, const char *state_dir,
                           const uint32_t rows[static DIRECTORY_TABLE_COUNT], uint64_t change)
{
    writer->header = (struct directory_header){
        .magic = DIRECTORY_MAGIC,
        .version = DIRECTORY_VERSION,
        .header_bytes = sizeof(writer->header),
        .change = change,
    };
    writer->err = 0;
    writer->fd = -1;
    for (size_t i = 0; i < DIRECTORY_TABLE_COUNT; i++) {
        writer->tables[i].written = 0;
        writer->tables[i].rows = 0;
        writer->tables[i].buffered = 0;
    }
    uint64_t text = place_tables(&writer->header, rows);
    int err = open_new(writer, state_dir);
    /* The room between tables is a hole that reads as zeros. */
    if (err == 0 && ftruncate(writer->fd, (off_t)text) != 0)
        err = error_of_errno();
    if (err != 0)
        directory_writer_abort(writer);
    else
        STOP(FILE_MADE);
    return err;
}

void directory_writer_add(struct directory_writer *writer, enum directory_table table,
                          const void *row)
{
    append(writer, table, row, 1);
    if (table == DIRECTORY_KEYS && writer->tables[table].rows == 1)
        STOP(FIRST_ROW);
}

struct directory_text directory_writer_text(struct directory_writer *writer, struct span bytes)
{
    struct directory_text at = {writer->tables[DIRECTORY_TEXT].rows, (uint32_t)bytes.len};

    if (bytes.len == 0)
        return (struct directory_text){0, 0};
    INVARIANT(bytes.len <= UINT32_MAX);
    append(writer, DIRECTORY_TEXT, bytes.ptr, (uint32_t)bytes.len);
    return at;
}

uint32_t directory_writer_next(const struct directory_writer *writer, enum directory_table table)
{
    return writer->tables[table].rows;
}

static void flush_all(struct directory_writer *writer)
{
    for (size_t i = 0; i < DIRECTORY_TABLE_COUNT; i++) {
        if (i != DIRECTORY_TEXT && writer->tables[i].rows != writer->header.tables[i].rows)
            fail(writer, ERR_CORRUPT);
        flush(writer, (enum directory_table)i);
    }
    writer->header.tables[DIRECTORY_TEXT].rows = writer->tables[DIRECTORY_TEXT].rows;
}

/* The checksum over what is really in the file, and the reader's check of all of it. */
static void seal(struct directory_writer *writer)
{
    size_t bytes = (size_t)writer->header.total_bytes;
    void *memory = mmap(NULL, bytes, PROT_READ, MAP_SHARED | MAP_POPULATE, writer->fd, 0);

    if (memory == MAP_FAILED) {
        fail(writer, ERR_IO);
        return;
    }
    writer->header.checksum = snapshot_checksum((const char *)memory + DIRECTORY_CHECKSUM_FROM,
                                                bytes - DIRECTORY_CHECKSUM_FROM);
    write_at(writer, &writer->header, sizeof(writer->header), 0);
    STOP(HEADER_WRITTEN);
    int err = writer->err == 0 ? directory_file_check(memory, bytes) : 0;
    if (err != 0)
        fail(writer, err);
    int unmapped = munmap(memory, bytes);
    INVARIANT(unmapped == 0);
}

static void put_in_place(struct directory_writer *writer)
{
    if (fsync(writer->fd) != 0) {
        fail(writer, error_of_errno());
        return;
    }
    STOP(FILE_SYNCED);
    if (renameat(writer->folder_fd, DIRECTORY_FILE_NAME_NEW, writer->folder_fd,
                 DIRECTORY_FILE_NAME) != 0) {
        fail(writer, error_of_errno());
        return;
    }
    STOP(RENAMED);
    if (fsync(writer->folder_fd) != 0)
        fail(writer, ERR_IO);
    STOP(FOLDER_SYNCED);
}

int directory_writer_commit(struct directory_writer *writer, int64_t now_ms, uint64_t *bytes)
{
    struct directory_header *header = &writer->header;

    flush_all(writer);
    STOP(ROWS_WRITTEN);
    header->written_ms = now_ms;
    header->total_bytes = header->tables[DIRECTORY_TEXT].offset +
                          header->tables[DIRECTORY_TEXT].rows;
    write_at(writer, header, sizeof(*header), 0);
    if (writer->err == 0)
        seal(writer);
    STOP(CHECKED);
    if (writer->err == 0)
        put_in_place(writer);
    if (writer->err == 0 && bytes != NULL)
        *bytes = header->total_bytes;
    directory_writer_abort(writer);
    return writer->err;
}

void directory_writer_abort(struct directory_writer *writer)
{
    if (writer->folder_fd < 0)
        return;
    if (writer->fd >= 0) {
        (void)close(writer->fd);
        /* After a commit there is none of that name any more. */
        (void)unlinkat(writer->folder_fd, DIRECTORY_FILE_NAME_NEW, 0);
    }
    (void)close(writer->folder_fd);
    writer->fd = -1;
    writer->folder_fd = -1;
}
