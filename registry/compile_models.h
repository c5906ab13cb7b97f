/** Providers and enabled models: order, numbers, deployments, prices, slugs. */
#ifndef WEIR_REGISTRY_COMPILE_MODELS_H
#define WEIR_REGISTRY_COMPILE_MODELS_H

#include "registry/build.h"

/**
 * PROVIDERS; secrets are numbered in this order, and behind them the header's session_key.
 *
 * @return 0 or ERR_NO_MEMORY
 */
int compile_providers(struct build *build);

/** model_numbers and model_indexes: priority falling, then slug. @return 0 or ERR_NO_MEMORY */
int compile_order_models(struct build *build);

/** MODELS, DEPLOYMENTS and PRICES, without cells and dates. @return 0 or ERR_NO_MEMORY */
int compile_models(struct build *build);

/** MODEL_SLOTS. @return 0, ERR_NO_MEMORY, or ERR_CONFIG (see report) */
int compile_model_slots(struct build *build);

#endif
