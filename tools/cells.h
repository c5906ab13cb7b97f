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

/**
 * Print words in lines, the last with its end; all but the first begin behind `indent` blanks, where
 * the first is taken to begin as well.
 *
 * @param line  what a line takes; 0: all stands in one
 */
void cells_wrap(FILE *out, struct span text, size_t indent, size_t line);

#endif
