/** Traits of a deployment: what its configuration says, its model's, and its provider's kind. */
#ifndef WEIR_REGISTRY_TRAITS_H
#define WEIR_REGISTRY_TRAITS_H

#include "registry/data.h"

/** The deployment's word before the model's, the model's before the kind's. */
struct traits traits_resolve(enum provider_kind kind, const struct data_traits *model,
                             const struct data_traits *deployment);

/** The kind's own. */
struct traits traits_of_kind(enum provider_kind kind);

/**
 * What the configuration calls trait `number` and its value: "thinking", "budget".
 *
 * @return false: there are not so many
 */
bool traits_name(const struct traits *traits, uint32_t number, struct span *name,
                 struct span *value);

/** NULL, or what is wrong with it for this kind of provider, as a sentence for the operator. */
const char *traits_problem(enum provider_kind kind, const struct traits *traits);

#endif
