/** What a command may suppose of where its output goes. */
#ifndef WEIR_TOOLS_TERMINAL_H
#define WEIR_TOOLS_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

struct terminal {
    FILE *out;
    size_t width;  /* in cells; 0: it is no terminal, or none that says, and nothing is cut */
    bool is_color; /* a terminal, and NO_COLOR does not say otherwise (https://no-color.org) */
};

/** The width is the kernel's, or $COLUMNS where that has none. */
struct terminal terminal_of(FILE *out);

/** What emphasis means; each ends with terminal_plain(). */
enum terminal_style { TERMINAL_BOLD, TERMINAL_GOOD, TERMINAL_BAD, TERMINAL_DIM };

/** The sequence that begins a style, or "" where there is no colour. */
const char *terminal_style(const struct terminal *terminal, enum terminal_style style);
const char *terminal_plain(const struct terminal *terminal);

#endif
