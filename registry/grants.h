/**
 * Which models each key may list and call, as interned bitmaps over the model numbers.
 *
 *   effective(key) = (user ∪ the user's groups ∪ the key's group) ∩ allowed ∩ enabled models
 *
 * allowed counts only for a key that is restricted; a disabled user or group grants nothing.
 */
#ifndef WEIR_REGISTRY_GRANTS_H
#define WEIR_REGISTRY_GRANTS_H

#include "registry/build.h"

/**
 * GRANT_SETS and GRANT_WORDS, the sets of anonymous clients and of browsers without a user, and the
 * `grant_set` of each row of KEYS and BROWSER_USERS, which must be there. Set 0 is the empty one.
 *
 * @return 0 or ERR_NO_MEMORY
 */
int grants_build(struct build *build);

#endif
