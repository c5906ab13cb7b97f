/** What a page of models can be sorted and searched by. */
#ifndef WEIR_REGISTRY_COMPILE_ORDERS_H
#define WEIR_REGISTRY_COMPILE_ORDERS_H

#include "registry/build.h"

/** ORDERS, once the models have their numbers. @return 0 or ERR_NO_MEMORY */
int compile_orders(struct build *build);

/** SEARCH_TEXTS. @return 0 or ERR_NO_MEMORY */
int compile_search_texts(struct build *build);

#endif
