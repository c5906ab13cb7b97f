/** The secrets' memfd. Secret bytes go from the registry into it and nowhere else. */
#ifndef WEIR_REGISTRY_COMPILE_SECRETS_H
#define WEIR_REGISTRY_COMPILE_SECRETS_H

#include "registry/build.h"

/** secrets_content. */
void compile_secrets_digest(struct build *build);

/** @param fd  filled only on success, then the caller's. @return 0, ERR_NO_MEMORY or ERR_IO */
int compile_secrets(struct build *build, int *fd);

#endif
