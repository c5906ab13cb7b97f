/** The credit-priced listing: what 1,000 tokens cost in credits, margin included. */
#ifndef WEIR_DIALECT_CREDIT_H
#define WEIR_DIALECT_CREDIT_H

#include "lib/dialect/dialect.h"

#define CREDIT_LIST_HEAD "{\"models\":["
#define CREDIT_LIST_TAIL "]}"

/** A row of the table in dialect.c; see dialect_render_model(). */
void credit_render_model(const struct dialect_model *model, struct text *out);

#endif
