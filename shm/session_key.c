#include "shm/session_key.h"

#include "lib/base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file of 32 bytes is read at once or not at all; a signal does not come in between. */
static int read_key(int fd, uint8_t key[static SESSION_KEY_BYTES])
{
    struct stat info;

    if (fstat(fd, &info) != 0)
        return ERR_IO;
    if (!S_ISREG(info.st_mode))
        return ERR_INVALID;
    if (info.st_size != SESSION_KEY_BYTES)
        return ERR_CORRUPT;
    ssize_t got = read(fd, key, SESSION_KEY_BYTES);
    if (got < 0)
        return ERR_IO;
    return got == SESSION_KEY_BYTES ? 0 : ERR_CORRUPT;
}

static int find_key(int folder, uint8_t key[static SESSION_KEY_BYTES])
{
    int fd = openat(folder, SESSION_KEY_FILE_NAME,
                    O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY);

    if (fd < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    int err = read_key(fd, key);
    int number = errno;
    (void)close(fd);
    errno = number;
    return err;
}

static int write_file(int folder, const uint8_t key[static SESSION_KEY_BYTES])
{
    int fd = openat(folder, SESSION_KEY_FILE_NAME_NEW,
                    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, SESSION_KEY_FILE_MODE);

    if (fd < 0)
        return ERR_IO;
    bool is_written = write(fd, key, SESSION_KEY_BYTES) == SESSION_KEY_BYTES && fsync(fd) == 0;
    int number = errno;
    if (close(fd) != 0 || !is_written) {
        errno = number;
        return ERR_IO;
    }
    return 0;
}

static int make_key(int folder, uint8_t key[static SESSION_KEY_BYTES])
{
    if (getrandom(key, SESSION_KEY_BYTES, 0) != SESSION_KEY_BYTES)
        return ERR_IO;
    /* What a crash has left may be readable for others, and its mode would stay. */
    (void)unlinkat(folder, SESSION_KEY_FILE_NAME_NEW, 0);
    int err = write_file(folder, key);
    if (err == 0 && renameat(folder, SESSION_KEY_FILE_NAME_NEW, folder, SESSION_KEY_FILE_NAME) != 0)
        err = ERR_IO;
    if (err == 0)
        return fsync(folder) == 0 ? 0 : ERR_IO;
    int number = errno;
    (void)unlinkat(folder, SESSION_KEY_FILE_NAME_NEW, 0);
    errno = number;
    return err;
}

static int keep(int folder, uint8_t key[static SESSION_KEY_BYTES], enum session_key_source *source)
{
    int err = find_key(folder, key);

    *source = SESSION_KEY_FOUND;
    if (err != ERR_NOT_FOUND && err != ERR_CORRUPT)
        return err;
    *source = err == ERR_NOT_FOUND ? SESSION_KEY_MADE : SESSION_KEY_REPLACED;
    return make_key(folder, key);
}

int session_key_keep(const char *state_dir, uint8_t key[static SESSION_KEY_BYTES],
                     enum session_key_source *source)
{
    int folder = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (folder < 0)
        return ERR_IO;
    int err = keep(folder, key, source);
    int number = errno;
    (void)close(folder);
    errno = number;
    if (err != 0)
        explicit_bzero(key, SESSION_KEY_BYTES);
    return err;
}
