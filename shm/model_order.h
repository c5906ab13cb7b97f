/**
 * The orders of models that ORDERS holds: what a model is compared by, and how.
 *
 * The loader sorts with it, the check of a snapshot proves with it that an order holds each model
 * once, and a page finds with it where a link leads. A model without the value, such as one without
 * a price, stands behind the others in both directions; among equals the display order decides, so
 * that no two models are ever equal.
 */
#ifndef WEIR_SHM_MODEL_ORDER_H
#define WEIR_SHM_MODEL_ORDER_H

#include "shm/snapshot.h"

/** What is compared: a number, or a text without regard to the case of A-Z. Borrowed. */
struct model_key {
    bool is_given;
    uint64_t number;
    struct span text;
};

/** All that a model may be sorted by. */
struct model_facts {
    struct span slug;
    struct span name;
    uint64_t max_input_tokens; /* 0: not given, as with the other */
    uint64_t max_output_tokens;
    const struct price_row *price; /* NULL: none */
    uint32_t provider;             /* enum provider_kind; PROVIDER_KIND_COUNT: none */
};

struct model_facts model_facts_of(const struct snapshot *snapshot, uint32_t model);

struct model_key model_key_of(const struct model_facts *facts, enum model_sort sort);

/** @return below, above or equal to 0, as the first stands before, behind or beside the second */
int model_key_compare(const struct model_key *a, const struct model_key *b, bool is_falling);

/** What people call the kind of a provider, e.g. "Anthropic"; empty for PROVIDER_KIND_COUNT. */
struct span model_provider_word(uint32_t provider);

/** "slug", "name" … */
struct span model_sort_word(enum model_sort sort);

/** Does each order of a snapshot hold every model once and in its place? Its models are sound. */
bool model_orders_are_sound(const struct snapshot *snapshot);

#endif
