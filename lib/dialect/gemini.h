/** Gemini's listing. As in all of its JSON, a field with its default value is left out. */
#ifndef WEIR_DIALECT_GEMINI_H
#define WEIR_DIALECT_GEMINI_H

#include "lib/dialect/page.h"

#define GEMINI_LIST_HEAD "{\"models\":["
#define GEMINI_LIST_TAIL "]"

/** A row of the table in dialect.c; see dialect_render_model(). */
void gemini_render_model(const struct dialect_model *model, struct text *out);

/** `pageSize` and `pageToken`; see page_answer(). */
int gemini_answer(const struct page_request *request, struct page *page, struct span *wrong);

#endif
