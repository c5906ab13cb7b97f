/** The parts of `weir models`. */
#ifndef WEIR_TOOLS_MODELS_H
#define WEIR_TOOLS_MODELS_H

#include "tools/admin_begin.h"
#include "tools/listed_model.h"

enum { MODELS_ARENA_BYTES_MAX = 256 << 20 };

/**
 * Ask the gateway at `url` with the key in $WEIR_API_KEY, or without one. What goes wrong is said
 * on standard error.
 *
 * @param arena  takes the list and its texts
 * @return TOOL_OK, TOOL_FAILED, TOOL_USAGE, or TOOL_NO_SERVICE: nobody answers, or not to this key
 */
int models_fetch(const char *who, const char *url, struct arena *arena, struct model_list *out);

/** `weir models show SLUG`. */
int models_show(const char *who, const struct admin_words *words);

#endif
