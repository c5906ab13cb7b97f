/**
 * The directory: which cell of the state segment belongs to which identity.
 *
 *   identity is    in the generation before    now       its row
 *   new            no                          yes       a reusable number, else the next unused
 *   kept           yes                         yes       stays
 *   dropped        yes                         no        `retired` by this generation
 *   retired        retired                     no        stays, until its number is reused
 *   returned       retired                     yes       stays, no longer retired
 *
 * A retired number is reusable when every worker has acknowledged the generation that dropped it,
 * no call is open that began before it, and nothing holds its cell.
 */
#ifndef WEIR_REGISTRY_CELLS_H
#define WEIR_REGISTRY_CELLS_H

#include "registry/build.h"

/** The identity `kind`, NUL, and the parts of its name with a NUL between them. */
struct digest cells_identity(struct digester *digester, enum cell_kind kind,
                             const struct span *parts, size_t part_count);

/**
 * identities, of disabled things too: their cells outlive a pause. The rows of providers, models,
 * deployments, users, groups and keys must be there.
 *
 * @return 0 or ERR_NO_MEMORY
 */
int cells_identify(struct build *build);

/**
 * CELLS, cells_used, and the `cell` field of every row.
 *
 * @return 0, ERR_NO_MEMORY, or ERR_CONFIG (see report): more than state.cells_max
 */
int cells_assign(struct build *build);

#endif
