/** Anthropic's listing, in the forms of its two versions; the newer one adds the life of a model. */
#ifndef WEIR_DIALECT_ANTHROPIC_H
#define WEIR_DIALECT_ANTHROPIC_H

#include "lib/dialect/page.h"

#define ANTHROPIC_LIST_HEAD      "{\"data\":["
#define ANTHROPIC_LIST_TAIL      "]"
#define ANTHROPIC_2023_LIST_HEAD ANTHROPIC_LIST_HEAD
#define ANTHROPIC_2023_LIST_TAIL ANTHROPIC_LIST_TAIL

/** Rows of the table in dialect.c; see dialect_render_model(). */
void anthropic_render_model(const struct dialect_model *model, struct text *out);
void anthropic_2023_render_model(const struct dialect_model *model, struct text *out);

/** `limit`, `after_id`, `before_id`, `lifecycle` and `lifecycle[]`; see page_answer(). */
int anthropic_answer(const struct page_request *request, struct page *page, struct span *wrong);

#endif
