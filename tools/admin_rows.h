/**
 * Rows of a list, in columns, as wide as the terminal: the columns get their widths from the first
 * page, the widest ones give way, what does not fit ends with an ellipsis, and then columns are left
 * out. Where there is no terminal nothing is cut.
 */
#ifndef WEIR_TOOLS_ADMIN_ROWS_H
#define WEIR_TOOLS_ADMIN_ROWS_H

#include "tools/table.h"

#include <stdint.h>
#include <stdio.h>

enum { ADMIN_COLUMNS_MAX = 8 };

struct admin_rows {
    FILE *out;
    const char *noun; /* whose rows they are: its columns */
    size_t width;     /* of the terminal; 0: there is none, nothing is cut */
    bool is_bold;     /* the heading */
    bool has_begun;
    struct table_column columns[ADMIN_COLUMNS_MAX];
    struct table table;
};

/** As for `out`: its width when it is a terminal, and bold unless NO_COLOR says not to. */
struct admin_rows admin_rows_for(FILE *out, const char *noun);

/**
 * Print the heading before the first page, and the rows.
 *
 * @param rows_max  at most so many
 * @return how many were printed
 */
uint64_t admin_rows_print(struct admin_rows *rows, struct span data, uint64_t rows_max);

#endif
