/** What a reload or a start refuses although the configuration by itself is right. */
#ifndef WEIR_REGISTRY_REFUSE_H
#define WEIR_REGISTRY_REFUSE_H

#include "registry/build.h"

/**
 * Every change against the generation before that takes a restart, and limits that do not fit the
 * hard limit of RLIMIT_NOFILE. All of them are reported.
 *
 * @return 0 or ERR_CONFIG (see report)
 */
int refuse(const struct build *build);

#endif
