/** The tables of browsers' tokens: issuers, users, and the keys that the steward has fetched. */
#ifndef WEIR_REGISTRY_COMPILE_BROWSER_H
#define WEIR_REGISTRY_COMPILE_BROWSER_H

#include "registry/build.h"

/**
 * BROWSER_ISSUERS without keys, and BROWSER_USERS without grant sets.
 *
 * @return 0 or ERR_NO_MEMORY
 */
int compile_browser(struct build *build);

/**
 * BROWSER_KEYS, and what BROWSER_ISSUERS says of them, from `state_dir/keysets`. A file that is not
 * there or cannot be used is a warning: nobody but browsers is the worse for it, and the steward
 * will write a new one.
 *
 * @return 0 or ERR_NO_MEMORY
 */
int compile_keysets(struct build *build);

#endif
