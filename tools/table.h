/**
 * Rows of text in columns that fit a width. Pure, but for the printing.
 *
 * Where they do not fit, the first column gives up what it has beyond what it `holds`, and of that
 * what few rows need; then the widest columns give way until each is as narrow as it may be; then
 * columns are left out, one after the other; the first one gives way last. What is cut ends with an ellipsis. Widths are counted in the cells
 * of a terminal.
 */
#ifndef WEIR_TOOLS_TABLE_H
#define WEIR_TOOLS_TABLE_H

#include "lib/base/span.h"

#include <stdint.h>
#include <stdio.h>

enum { TABLE_COLUMNS_MAX = 16 };

struct table_column {
    const char *heading;
    bool is_right;   /* numbers stand at the right */
    bool keeps_end;  /* what is cut loses its beginning */
    uint32_t narrow; /* it may be cut down to so many cells; 0: it is never cut */
    uint32_t holds;  /* the first column: nothing gives way for more cells than these; 0: for all */
    uint32_t leaves; /* the column with 1 is left out first, then that with 2; 0: it stays */
};

struct table {
    const struct table_column *columns; /* borrowed */
    uint32_t count;
    size_t widths[TABLE_COLUMNS_MAX];
    size_t held;        /* of the first column: the widest cell that it holds */
    uint32_t rows;      /* that were measured */
    uint32_t long_rows; /* of them those with more in the first column than it holds */
    bool is_left_out[TABLE_COLUMNS_MAX];
    bool is_cut; /* cells wider than their column are cut; else they stand out */
};

/** As wide as the headings. */
struct table table_of(const struct table_column *columns, uint32_t count);

/** Make the columns wide enough for a row of `count` cells. */
void table_measure(struct table *table, const struct span *row);

/**
 * When all rows are measured.
 *
 * @param width  0: whatever it takes
 * @return does it fit as it is, nothing cut and nothing left out?
 */
bool table_fit(struct table *table, size_t width);

/** A line; of a row that is styled without its end, so that the style ends before it. */
void table_print(const struct table *table, const struct span *row, FILE *out);
void table_print_row(const struct table *table, const struct span *row, FILE *out);

/** The headings, without an end of the line. */
void table_print_headings(const struct table *table, FILE *out);

#endif
