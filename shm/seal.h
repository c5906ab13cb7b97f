/** A memfd from its first byte to its seals. */
#ifndef WEIR_SHM_SEAL_H
#define WEIR_SHM_SEAL_H

#include <stddef.h>
#include <stdint.h>

/** A memfd that is being written; zeroed, with fd -1, when there is none. */
struct sealing {
    int fd;
    void *memory; /* `bytes` zeroed bytes, shared with the memfd */
    size_t bytes;
};

/**
 * Make a memfd of exactly `bytes`, all of its memory reserved, and map it for writing.
 *
 * @param name  "weir-snapshot"; the generation is appended
 * @return 0, ERR_NO_MEMORY or ERR_IO
 */
int seal_begin(const char *name, uint64_t generation, size_t bytes, struct sealing *out);

/**
 * Unmap and seal against writing, growing, shrinking and further seals.
 *
 * @param fd  filled only on success, then the caller's; else everything is given back
 * @return 0 or ERR_IO
 */
int seal_finish(struct sealing *sealing, int *fd);

#endif
