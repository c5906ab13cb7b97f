/** The open-addressing tables of a snapshot; the rule is in shm/layout.h. */
#ifndef WEIR_REGISTRY_SLOTS_H
#define WEIR_REGISTRY_SLOTS_H

#include "registry/build.h"

/**
 * Make `table` from the hash of each row.
 *
 * @return 0, ERR_NO_MEMORY, or ERR_NO_SPACE when so many hashes are alike that a row would lie more
 *         than LAYOUT_PROBES_MAX slots from home: hashes that somebody made up
 */
int slots_build(struct build *build, enum snapshot_table table, const uint64_t *hashes,
                uint32_t rows);

#endif
