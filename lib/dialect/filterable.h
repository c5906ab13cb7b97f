/** The listing that can be filtered by provider and capability; prices are USD per 1M tokens. */
#ifndef WEIR_DIALECT_FILTERABLE_H
#define WEIR_DIALECT_FILTERABLE_H

#include "lib/dialect/page.h"

#define FILTERABLE_LIST_HEAD "{\"models\":["
#define FILTERABLE_LIST_TAIL "]}"

/** A row of the table in dialect.c; see dialect_render_model(). */
void filterable_render_model(const struct dialect_model *model, struct text *out);

/** `provider` and `capability`; see page_answer(). */
int filterable_answer(const struct page_request *request, struct page *page, struct span *wrong);

#endif
