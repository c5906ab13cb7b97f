/**
 * The room that UTF-8 text takes on a terminal, counted in its cells: a Chinese character takes two,
 * an accent that combines with what stands before it none. By libc's tables, whatever the
 * environment's locale is.
 */
#ifndef WEIR_TOOLS_CELLS_H
#define WEIR_TOOLS_CELLS_H

#include "lib/base/span.h"

#include <stdio.h>

/** What is no character takes one cell for each byte. */
size_t cells_width(struct span text);

/** The longest beginning, of whole characters, that takes at most `width` cells. */
struct span cells_begin(struct span text, size_t width);

/** The longest end that does; an accent stays with its letter. */
struct span cells_end(struct span text, size_t width);

/** Print it, and blanks behind it up to `width` cells. */
void cells_print(FILE *out, struct span text, size_t width);

#endif
