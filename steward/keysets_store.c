#include "steward/keysets_store.h"

#include "lib/base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

enum { FILE_MODE = 0600 };

#define NEW_FILE_NAME KEYSETS_FILE_NAME ".new"

/* @return a descriptor of the folder, or -1 */
static int open_folder(struct span folder)
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof(path), "%.*s", SPAN_FMT(folder));

    if (len < 0 || (size_t)len >= sizeof(path))
        return -1;
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Up to `room` bytes; one more than may be shows a file that is too large. */
static int read_all(int fd, char *bytes, size_t room, size_t *len)
{
    *len = 0;
    while (*len < room) {
        ssize_t got = read(fd, bytes + *len, room - *len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ERR_IO;
        if (got == 0)
            return 0;
        *len += (size_t)got;
    }
    return ERR_CORRUPT;
}

int keysets_store_read(struct span folder, struct text *memory, struct keysets *out)
{
    int dir = open_folder(folder);
    size_t len = 0;

    out->count = 0;
    if (dir < 0)
        return ERR_IO;
    int fd = openat(dir, KEYSETS_FILE_NAME, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    int err = fd >= 0 ? 0 : errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    (void)close(dir);
    if (err != 0)
        return err;
    err = read_all(fd, memory->ptr, memory->cap / 2, &len);
    (void)close(fd);
    if (err != 0)
        return err;
    struct text decoded = text_over(memory->ptr + len, memory->cap - len);
    return keysets_file_parse((struct span){memory->ptr, len}, &decoded, out);
}

static int write_all(int fd, struct span bytes)
{
    while (bytes.len > 0) {
        ssize_t wrote = write(fd, bytes.ptr, bytes.len);

        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return ERR_IO;
        bytes = span_skip(bytes, (size_t)wrote);
    }
    return 0;
}

static int write_file(int dir, struct span bytes)
{
    int fd = openat(dir, NEW_FILE_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                    FILE_MODE);

    if (fd < 0)
        return ERR_IO;
    int err = write_all(fd, bytes);
    if (err == 0 && fsync(fd) != 0)
        err = ERR_IO;
    if (close(fd) != 0)
        err = ERR_IO;
    if (err == 0 && renameat(dir, NEW_FILE_NAME, dir, KEYSETS_FILE_NAME) != 0)
        err = ERR_IO;
    if (err != 0)
        (void)unlinkat(dir, NEW_FILE_NAME, 0);
    return err;
}

int keysets_store_write(struct span folder, struct text *memory, const struct keysets *sets)
{
    memory->len = 0;
    memory->err = 0;
    int err = keysets_file_render(sets, memory);
    if (err != 0)
        return err;

    int dir = open_folder(folder);
    if (dir < 0)
        return ERR_IO;
    err = write_file(dir, text_span(memory));
    if (err == 0 && fsync(dir) != 0)
        err = ERR_IO;
    (void)close(dir);
    return err;
}
