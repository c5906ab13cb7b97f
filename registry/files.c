#include "registry/files.h"

#include "lib/base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Fills up to `room` bytes; a file that shrinks meanwhile is just shorter. */
static int read_up_to(int fd, char *bytes, size_t room, size_t *len)
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
    return 0;
}

static int read_open(int fd, size_t bytes_max, struct span *content, const char **problem)
{
    struct stat info;

    if (fstat(fd, &info) != 0) {
        *problem = strerrordesc_np(errno);
        return ERR_IO;
    }
    if (!S_ISREG(info.st_mode)) {
        *problem = "is not a regular file";
        return ERR_INVALID;
    }
    /* One byte more than the size shows that a file grew meanwhile: half of it is no content. */
    size_t room = info.st_size <= 0 ? bytes_max + 1 : (size_t)info.st_size + 1;
    if (room > bytes_max + 1)
        room = bytes_max + 1;

    char *bytes = malloc(room + 1);
    if (bytes == NULL) {
        *problem = "does not fit into memory";
        return ERR_NO_MEMORY;
    }
    size_t len = 0;
    int err = read_up_to(fd, bytes, room, &len);
    if (err != 0)
        *problem = strerrordesc_np(errno);
    if (err == 0 && len > bytes_max) {
        *problem = "is too large";
        err = ERR_NO_SPACE;
    }
    if (err == 0 && info.st_size > 0 && len > (size_t)info.st_size) {
        *problem = "changed while it was read";
        err = ERR_IO;
    }
    bytes[len] = '\0';
    *content = (struct span){bytes, len};
    if (err != 0)
        file_content_free(content);
    return err;
}

int file_content_read(const char *path, size_t bytes_max, struct span *content,
                      const char **problem)
{
    /* Without O_NONBLOCK a FIFO would hold the load before it is known to be one. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0) {
        *problem = strerrordesc_np(errno);
        return ERR_IO;
    }
    int err = read_open(fd, bytes_max, content, problem);
    (void)close(fd);
    return err;
}

void file_content_free(struct span *content)
{
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): it came from malloc() as a plain pointer */
    char *bytes = (char *)(uintptr_t)content->ptr;

    if (bytes != NULL)
        explicit_bzero(bytes, content->len);
    free(bytes);
    *content = (struct span){NULL, 0};
}
