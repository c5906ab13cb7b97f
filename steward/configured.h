/**
 * What the live generation has from the configuration. One name in both owners is an error of the
 * next load, which then publishes nothing: who adds to the directory looks here first.
 */
#ifndef WEIR_STEWARD_CONFIGURED_H
#define WEIR_STEWARD_CONFIGURED_H

#include "shm/snapshot.h"
#include "steward/directory.h"

bool configured_has_name(const struct snapshot *snapshot, enum directory_kind kind,
                         struct span name);

/** @param name  of the key, when there is one */
bool configured_find_digest(const struct snapshot *snapshot, const struct digest *digest,
                            struct span *name);

#endif
