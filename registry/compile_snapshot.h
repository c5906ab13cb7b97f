/** The snapshot's memfd: a finished build, laid out, sealed and checked. */
#ifndef WEIR_REGISTRY_COMPILE_SNAPSHOT_H
#define WEIR_REGISTRY_COMPILE_SNAPSHOT_H

#include "registry/build.h"

/** @param fd  filled only on success, then the caller's. @return 0, ERR_NO_MEMORY or ERR_IO */
int compile_snapshot(struct build *build, int *fd);

#endif
