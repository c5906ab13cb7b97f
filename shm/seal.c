#include "shm/seal.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { NAME_BYTES = 64 };

static int err_of(int number)
{
    return number == ENOMEM || number == ENOSPC ? ERR_NO_MEMORY : ERR_IO;
}

/* Memory that runs out while a sparse memfd is being written would be SIGBUS instead of an error. */
static int reserve(int fd, size_t bytes)
{
    int number;

    do {
        number = posix_fallocate(fd, 0, (off_t)bytes);
    } while (number == EINTR);
    return number == 0 ? 0 : err_of(number);
}

static void abandon(struct sealing *sealing)
{
    if (sealing->memory != NULL)
        (void)munmap(sealing->memory, sealing->bytes);
    (void)close(sealing->fd);
    *sealing = (struct sealing){.fd = -1};
}

int seal_begin(const char *name, uint64_t generation, size_t bytes, struct sealing *out)
{
    char full_name[NAME_BYTES];

    INVARIANT(bytes > 0);
    snprintf(full_name, sizeof(full_name), "%s-%" PRIu64, name, generation);
    *out = (struct sealing){.fd = memfd_create(full_name, MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (out->fd < 0)
        return err_of(errno);
    int err = reserve(out->fd, bytes);
    if (err == 0) {
        void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, out->fd, 0);

        if (memory == MAP_FAILED) {
            err = err_of(errno);
        } else {
            out->memory = memory;
            out->bytes = bytes;
        }
    }
    if (err != 0)
        abandon(out);
    return err;
}

int seal_finish(struct sealing *sealing, int *fd)
{
    /* The kernel refuses F_SEAL_WRITE while a writable mapping exists. */
    int result = munmap(sealing->memory, sealing->bytes);

    INVARIANT(result == 0);
    sealing->memory = NULL;
    if (fcntl(sealing->fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) !=
        0) {
        abandon(sealing);
        return ERR_IO;
    }
    *fd = sealing->fd;
    *sealing = (struct sealing){.fd = -1};
    return 0;
}
