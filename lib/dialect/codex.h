/**
 * The Codex catalogue: `models` in the form that Codex reads, behind it `object` and `data` as the
 * OpenAI listing has them.
 */
#ifndef WEIR_DIALECT_CODEX_H
#define WEIR_DIALECT_CODEX_H

#include "lib/dialect/dialect.h"

#define CODEX_LIST_HEAD "{\"models\":["
#define CODEX_LIST_TAIL "],\"object\":\"list\",\"data\":["

/** A row of the table in dialect.c; see dialect_render_model(). */
void codex_render_model(const struct dialect_model *model, struct text *out);

#endif
