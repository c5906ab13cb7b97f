/** Making a memfd of the form that shm/snapshot.h reads as secrets: rows of bytes, sealed. */
#ifndef WEIR_SHM_SECRETS_WRITE_H
#define WEIR_SHM_SECRETS_WRITE_H

#include "lib/base/digest.h"
#include "lib/base/span.h"

/** What goes into the header and the rows; all borrowed. */
struct secrets_plan {
    const char *name;      /* "weir-secrets"; the number is appended */
    uint64_t number;       /* secrets_header.generation */
    struct digest content; /* equal means the same rows */
    const struct span *rows;
    uint32_t row_count;
};

/**
 * @param fd  sealed, and checked by reading it; filled only on success, then the caller's
 * @return 0, ERR_NO_MEMORY or ERR_IO
 */
int secrets_write(const struct secrets_plan *plan, int *fd);

#endif
