/** The rows of the page's table: a model for people. The page around them is lib/page's. */
#ifndef WEIR_DIALECT_HTML_H
#define WEIR_DIALECT_HTML_H

#include "lib/dialect/dialect.h"

/* A page says itself what stands around its rows. */
#define HTML_LIST_HEAD ""
#define HTML_LIST_TAIL ""

/** A row of the table in dialect.c; see dialect_render_model(). */
void html_render_model(const struct dialect_model *model, struct text *out);

#endif
