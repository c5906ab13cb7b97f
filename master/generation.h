/**
 * What the master holds of a generation: its two descriptors, and its snapshot to read settings
 * from. The secrets are never mapped here.
 *
 * generation_open() is the border: the loader read files that anybody may have written, so the
 * master believes nothing that snapshot_open() has not checked in its own process.
 */
#ifndef WEIR_MASTER_GENERATION_H
#define WEIR_MASTER_GENERATION_H

#include "shm/revocations.h"
#include "shm/snapshot.h"
#include "shm/state.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/un.h>

enum { GENERATION_NAME_BYTES = 32 }; /* "18446744073709551615-01234567" */

struct generation {
    uint64_t number; /* 0: none; nothing else may be read then */
    int snapshot_fd;
    int secrets_fd;  /* for workers */
    int accounts_fd; /* for the steward */
    struct snapshot snapshot;
};

/** None: what a struct generation holds before the first one. */
#define GENERATION_NONE \
    ((struct generation){.snapshot_fd = -1, .secrets_fd = -1, .accounts_fd = -1})

/**
 * Check seals, all of the snapshot, and that it is the generation that was asked for.
 *
 * @param given   its descriptors and the number that it must have; its snapshot is not looked at
 * @param out     owns the descriptors on success; on failure they stay the caller's
 * @return 0; ERR_INVALID when a seal is missing; ERR_VERSION; ERR_CORRUPT; ERR_IO
 */
int generation_open(const struct generation *given, struct generation *out);

/**
 * Can nobody change these secrets any more, and are they no descriptor of something else? Mapping
 * them would tell more; their readers do that.
 *
 * @return 0, ERR_INVALID, ERR_CORRUPT or ERR_IO
 */
int generation_check_secrets(int fd);

/** Unmap and close; none is fine. */
void generation_close(struct generation *generation);

const struct settings *generation_settings(const struct generation *generation);

/** Worker processes: 1 … SETTINGS_WORKERS_MAX; `auto` is one for each usable core. */
uint32_t generation_workers(const struct generation *generation);

/** "3-01234567": number and the first digits of the content's hash. */
void generation_name(const struct generation *generation, char out[static GENERATION_NAME_BYTES]);

/**
 * The control socket's address.
 *
 * @return 0, or ERR_INVALID when the path is empty or longer than the kernel takes
 */
int generation_control_address(const struct generation *generation, struct sockaddr_un *out);

/** Does every cell of `generation` fit the state segment? */
bool generation_fits(const struct generation *generation, const struct state *state);

/**
 * Give the cells that were born with this generation to their identities: tag set, words zero, and
 * not revoked as whoever had the number before.
 */
void generation_init_cells(const struct generation *generation, const struct state *state,
                           const struct revocations *revocations);

#endif
