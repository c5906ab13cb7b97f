/** The memfds with secrets. Secret bytes go from the registry into them and nowhere else. */
#ifndef WEIR_REGISTRY_COMPILE_SECRETS_H
#define WEIR_REGISTRY_COMPILE_SECRETS_H

#include "registry/build.h"

/** secrets_content: over keys and accounts. @return 0 or ERR_NO_MEMORY */
int compile_secrets_digest(struct build *build);

/** For workers. @param fd  filled only on success, then the caller's. @return 0, ERR_NO_MEMORY or
 * ERR_IO */
int compile_secrets(struct build *build, int *fd);

/** For the steward: service accounts, in the order of the providers; see shm/accounts.h. */
int compile_accounts(struct build *build, int *fd);

#endif
