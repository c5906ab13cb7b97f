#include "shm/mapping.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/base/span.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

int mapping_open(int memfd, const struct mapping_terms *terms, struct mapping *out)
{
    struct stat status;
    int seals = fcntl(memfd, F_GET_SEALS);

    if (seals < 0 || (seals & terms->seals) != terms->seals)
        return ERR_INVALID;
    if (fstat(memfd, &status) != 0)
        return ERR_IO;
    size_t bytes = (size_t)status.st_size;
    if (bytes < terms->bytes_min)
        return ERR_CORRUPT;

    void *memory = mmap(NULL, bytes, terms->protection, MAP_SHARED | terms->flags, memfd, 0);
    /* Linux before 6.7 shares a write-sealed memfd only through a descriptor that cannot write. A
     * private mapping that is never written has the same pages. */
    if (memory == MAP_FAILED && errno == EPERM && (terms->seals & F_SEAL_WRITE) != 0)
        memory = mmap(NULL, bytes, terms->protection, MAP_PRIVATE | terms->flags, memfd, 0);
    if (memory == MAP_FAILED)
        return ERR_IO;
    *out = (struct mapping){memory, bytes};
    return 0;
}

void mapping_close(const void *memory, size_t bytes)
{
    if (memory == NULL)
        return;
    /* munmap(2) has no const form. */
    int result = munmap(span_writable((struct span){memory, bytes}), bytes);
    INVARIANT(result == 0);
}
