/** OpenRouter's listing: prices are strings, USD for one token or one piece. */
#ifndef WEIR_DIALECT_OPENROUTER_H
#define WEIR_DIALECT_OPENROUTER_H

#include "lib/dialect/page.h"

#define OPENROUTER_LIST_HEAD "{\"data\":["
#define OPENROUTER_LIST_TAIL "]"

/** A row of the table in dialect.c; see dialect_render_model(). */
void openrouter_render_model(const struct dialect_model *model, struct text *out);

/** `offset`, `limit`, and the `after` that `links.next` carries; see page_answer(). */
int openrouter_answer(const struct page_request *request, struct page *page, struct span *wrong);

#endif
