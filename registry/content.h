/** One digest over all that clients or operators can observe of a generation. */
#ifndef WEIR_REGISTRY_CONTENT_H
#define WEIR_REGISTRY_CONTENT_H

#include "registry/build.h"

/**
 * header.content of a build that is described and not yet numbered: every row, string and setting,
 * and who has cells; not the number of the generation, dates, or cell numbers. So it is a function
 * of the configuration alone.
 */
void content_digest(struct build *build);

#endif
