/**
 * OpenRouter's listing: prices are strings, USD for one token or one piece.
 *
 * What is around a list and the query are those of its API reference. A model that is asked for
 * alone stands in `data`; its endpoints are the one that clients of a gateway can tell of, which is
 * the gateway's own.
 */
#ifndef WEIR_DIALECT_OPENROUTER_H
#define WEIR_DIALECT_OPENROUTER_H

#include "lib/dialect/page.h"

#define OPENROUTER_LIST_HEAD      "{\"data\":["
#define OPENROUTER_LIST_TAIL      "]"
#define OPENROUTER_ITEM_LIST_HEAD "{\"data\":"
#define OPENROUTER_ITEM_LIST_TAIL "}"

/** Rows of the table in dialect.c; see dialect_render_model(). */
void openrouter_render_model(const struct dialect_model *model, struct text *out);
void openrouter_render_endpoints(const struct dialect_model *model, struct text *out);

/**
 * `offset`, `limit`, the `after` that `links.next` carries, and the filters of openrouter_query.h;
 * see page_answer().
 */
int openrouter_answer(const struct page_request *request, struct page *page, struct span *wrong);

#endif
