#include "tools/import_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int import_file_open(struct import_file *file, const char *path)
{
    bool is_input = strcmp(path, "-") == 0;
    struct stat status;

    file->fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    file->line = file->bytes_read = file->bytes = 0;
    file->begin = file->end = 0;
    file->is_at_end = false;
    if (file->fd < 0)
        return -1;
    if (fstat(file->fd, &status) == 0 && S_ISREG(status.st_mode))
        file->bytes = (uint64_t)status.st_size;
    return 0;
}

void import_file_close(struct import_file *file)
{
    explicit_bzero(file->buffer, sizeof(file->buffer));
    if (file->fd > STDIN_FILENO)
        (void)close(file->fd);
    file->fd = -1;
}

/* @return like read(2) */
static ssize_t fill(struct import_file *file)
{
    if (file->begin > 0) {
        memmove(file->buffer, file->buffer + file->begin, file->end - file->begin);
        file->end -= file->begin;
        file->begin = 0;
    }
    if (file->end >= IMPORT_LINE_BYTES_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    ssize_t got = read(file->fd, file->buffer + file->end, sizeof(file->buffer) - file->end);
    if (got > 0)
        file->end += (size_t)got;
    return got;
}

static struct span give(struct import_file *file, size_t len, size_t end_bytes)
{
    struct span line = {file->buffer + file->begin, len};

    file->begin += len + end_bytes;
    file->bytes_read += len + end_bytes;
    file->line++;
    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    if (file->line == 1 && span_starts_with(line, SPAN("\xef\xbb\xbf")))
        line = span_skip(line, 3);
    return line;
}

int import_file_next(struct import_file *file, struct span *out)
{
    for (;;) {
        const char *begin = file->buffer + file->begin;
        size_t have = file->end - file->begin;
        const char *newline = have == 0 ? NULL : memchr(begin, '\n', have);

        if (newline != NULL) {
            *out = give(file, (size_t)(newline - begin), 1);
            return 1;
        }
        if (file->is_at_end && have == 0)
            return 0;
        if (file->is_at_end) {
            *out = give(file, have, 0);
            return 1;
        }
        ssize_t got = fill(file);
        if (got < 0)
            return -1;
        file->is_at_end = got == 0;
    }
}
