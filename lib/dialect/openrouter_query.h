/** What the query of OpenRouter's list asks of a model; its parameters are those of its SDK. */
#ifndef WEIR_DIALECT_OPENROUTER_QUERY_H
#define WEIR_DIALECT_OPENROUTER_QUERY_H

#include "lib/dialect/dialect.h"
#include "lib/dialect/selection.h"

/** What its lists call a kind of provider. */
struct openrouter_provider {
    struct span name; /* for people */
    struct span word;
    struct span owner; /* who owns its models, when nothing else is said */
};

extern const struct openrouter_provider openrouter_providers[PROVIDER_KIND_COUNT];

/**
 * Everything in the query that leaves models out.
 *
 * @param filter  as selection_init() left it
 * @param wrong   for ERR_INVALID, what is wrong; static
 * @return 0 or ERR_INVALID
 */
int openrouter_read_query(struct span query, struct selection_filter *filter, struct span *wrong);

/** The same query again, each parameter with an `&` before it, for a path to the next page. */
void openrouter_add_query(struct text *out, const struct selection_filter *filter);

#endif
