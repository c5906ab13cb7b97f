#include "master/tokens.h"

#include "lib/base/err.h"
#include "master/generation.h"

#include <sys/stat.h>
#include <unistd.h>

/* The header holds no secret; whoever uses the rows checks those. */
static int check_header(int fd, uint64_t number)
{
    struct secrets_header header;
    struct stat status;

    if (pread(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header) || fstat(fd, &status) != 0)
        return ERR_IO;
    if (header.magic != SECRETS_MAGIC)
        return ERR_CORRUPT;
    if (header.version != LAYOUT_VERSION)
        return ERR_VERSION;
    return header.generation == number && header.total_bytes == (uint64_t)status.st_size
               ? 0
               : ERR_CORRUPT;
}

int held_tokens_take(struct held_tokens *held, uint64_t number, int fd)
{
    if (number <= held->number)
        return ERR_INVALID;
    int err = generation_check_secrets(fd);

    if (err == 0)
        err = check_header(fd, number);
    if (err != 0)
        return err;
    if (held->fd >= 0)
        close(held->fd);
    *held = (struct held_tokens){number, fd};
    return 0;
}
