/** The OpenAI listing: what an item says beyond OpenAI's own four fields is in `metadata`. */
#ifndef WEIR_DIALECT_OPENAI_H
#define WEIR_DIALECT_OPENAI_H

#include "lib/dialect/dialect.h"

#define OPENAI_LIST_HEAD "{\"object\":\"list\",\"data\":["
#define OPENAI_LIST_TAIL "]}"

/** A row of the table in dialect.c; see dialect_render_model(). */
void openai_render_model(const struct dialect_model *model, struct text *out);

#endif
