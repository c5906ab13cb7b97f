/** Each grant set's listing in each dialect: length, runs and entity tag. */
#ifndef WEIR_REGISTRY_LISTINGS_H
#define WEIR_REGISTRY_LISTINGS_H

#include "registry/build.h"

/** DIALECTS. @return 0 or ERR_NO_MEMORY */
int listings_build_dialects(struct build *build);

/**
 * LISTINGS, from sets and fragments. The tag covers the bytes of the body and nothing else: models
 * that the set does not hold may come and go.
 *
 * @return 0 or ERR_NO_MEMORY
 */
int listings_build(struct build *build);

#endif
