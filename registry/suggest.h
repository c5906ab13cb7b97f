/** "did you mean …?": the known word that is nearest to one that is not known. */
#ifndef WEIR_REGISTRY_SUGGEST_H
#define WEIR_REGISTRY_SUGGEST_H

#include "lib/base/span.h"

#include <stdint.h>

enum { SUGGEST_BYTES_MAX = 64 };

struct suggestion {
    struct span wanted;
    struct span best;
    uint32_t distance; /* of `best`; the largest that is still a suggestion while there is none */
};

/** At most a third of the bytes may differ; letter case aside, which costs nothing. */
struct suggestion suggestion_begin(struct span wanted);

/** Offer a word; borrowed. The first of two that are equally near stays. */
void suggestion_offer(struct suggestion *suggestion, struct span candidate);

/**
 * The hint `did you mean "…"?`, or "" when nothing was near.
 *
 * @param memory  where the hint is written
 */
const char *suggestion_hint(const struct suggestion *suggestion, char *memory, size_t bytes);

#endif
