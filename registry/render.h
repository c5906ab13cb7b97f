/** Models as clients read them: each one in each dialect, and since when it reads so. */
#ifndef WEIR_REGISTRY_RENDER_H
#define WEIR_REGISTRY_RENDER_H

#include "registry/build.h"

/**
 * The digest of each model's content and its content_hash: what its fragments say without
 * `created`, and what a call to it is held to: kind, flags, bounds, prices. Of the deployments
 * it has the kind of the first one's provider, because clients can tell nothing else of them.
 *
 * @return 0 or ERR_NO_MEMORY
 */
int render_hash_contents(struct build *build);

/**
 * Each model's created_s, taken over from the generation before when its content is equal, and
 * FRAGMENTS with fragment_hashes. Nothing else may be added to the pool between its fragments.
 *
 * @return 0 or ERR_NO_MEMORY
 */
int render_fragments(struct build *build);

#endif
