#include "tools/table.h"

#include "lib/base/invariant.h"
#include "tools/cells.h"

enum { GAP = 2, FEW_OF = 4 };

struct table table_of(const struct table_column *columns, uint32_t count)
{
    struct table table = {.columns = columns, .count = count};

    INVARIANT(count > 0 && count <= TABLE_COLUMNS_MAX);
    for (uint32_t n = 0; n < count; n++)
        table.widths[n] = cells_width(span_of(columns[n].heading));
    return table;
}

static void measure_first(struct table *table, size_t width)
{
    if (width > table->columns[0].holds)
        table->long_rows++;
    else if (width > table->held)
        table->held = width;
    table->rows++;
}

void table_measure(struct table *table, const struct span *row)
{
    measure_first(table, cells_width(row[0]));
    for (uint32_t n = 0; n < table->count; n++) {
        size_t width = cells_width(row[n]);

        table->widths[n] = width > table->widths[n] ? width : table->widths[n];
    }
}

/* --- widths ----------------------------------------------------------------------------------- */

/* Where few rows have more than the first column holds, it is as wide as the others need. */
static size_t first_bound(const struct table *table)
{
    const struct table_column *column = &table->columns[0];

    if (table->long_rows > table->rows / FEW_OF)
        return column->holds;
    return table->held > column->narrow ? table->held : column->narrow;
}

/* How narrow it may become before columns are left out. */
static size_t least(const struct table *table, uint32_t n)
{
    const struct table_column *column = &table->columns[n];
    const size_t bound = n > 0 ? column->narrow : column->holds > 0 ? first_bound(table) : 0;

    return bound == 0 || bound > table->widths[n] ? table->widths[n] : bound;
}

static size_t total(const struct table *table, size_t (*width_of)(const struct table *, uint32_t))
{
    size_t sum = 0;

    for (uint32_t n = 0; n < table->count; n++) {
        if (!table->is_left_out[n])
            sum += width_of(table, n) + (sum > 0 ? GAP : 0);
    }
    return sum;
}

static size_t wanted(const struct table *table, uint32_t n)
{
    return table->widths[n];
}

/* @return false: all that is left stays */
static bool leave_one_out(struct table *table)
{
    uint32_t first = 0;

    for (uint32_t n = 1; n < table->count; n++) {
        uint32_t leaves = table->columns[n].leaves;

        if (leaves != 0 && !table->is_left_out[n] &&
            (first == 0 || leaves < table->columns[first].leaves))
            first = n;
    }
    if (first == 0)
        return false;
    table->is_left_out[first] = true;
    return true;
}

/* One cell at a time off the widest column that can give one. */
static bool narrow_one(struct table *table)
{
    uint32_t widest = 0;

    for (uint32_t n = 1; n < table->count; n++) {
        if (!table->is_left_out[n] && table->widths[n] > least(table, n) &&
            (widest == 0 || table->widths[n] > table->widths[widest]))
            widest = n;
    }
    if (widest > 0)
        table->widths[widest]--;
    return widest > 0;
}

bool table_fit(struct table *table, size_t width)
{
    table->is_cut = width > 0;
    if (width == 0 || total(table, wanted) <= width)
        return true;
    while (table->widths[0] > least(table, 0) && total(table, wanted) > width)
        table->widths[0]--;
    while (total(table, least) > width && leave_one_out(table))
        continue;
    while (total(table, wanted) > width && narrow_one(table))
        continue;
    const uint32_t narrow = table->columns[0].narrow;
    while (narrow > 0 && table->widths[0] > narrow && total(table, wanted) > width)
        table->widths[0]--;
    return false;
}

/* --- printing --------------------------------------------------------------------------------- */

static void print_blanks(FILE *out, size_t count)
{
    fprintf(out, "%*s", (int)count, "");
}

static bool may_cut(const struct table *table, uint32_t n)
{
    return table->is_cut && table->columns[n].narrow > 0;
}

static void print_cell(const struct table *table, struct span text, uint32_t n, bool is_last,
                       FILE *out)
{
    const struct table_column *column = &table->columns[n];
    const size_t room = table->widths[n];
    size_t width = cells_width(text);
    const bool is_cut = may_cut(table, n) && width > room;

    if (is_cut) {
        text = column->keeps_end ? cells_end(text, room - 1) : cells_begin(text, room - 1);
        width = cells_width(text) + 1; /* less than the room where a wide character went */
    }
    const size_t blanks = width < room ? room - width : 0;
    if (column->is_right)
        print_blanks(out, blanks);
    fprintf(out, "%s%.*s%s", is_cut && column->keeps_end ? "…" : "", SPAN_FMT(text),
            is_cut && !column->keeps_end ? "…" : "");
    if (!is_last)
        print_blanks(out, GAP + (column->is_right ? 0 : blanks));
}

/* Nothing stands behind the last text of a row, no blanks either. */
static uint32_t end_of(const struct table *table, const struct span *row)
{
    uint32_t end = table->count;

    while (end > 0 && (table->is_left_out[end - 1] || row[end - 1].len == 0))
        end--;
    return end;
}

void table_print_row(const struct table *table, const struct span *row, FILE *out)
{
    const uint32_t end = end_of(table, row);

    for (uint32_t n = 0; n < end; n++) {
        if (!table->is_left_out[n])
            print_cell(table, row[n], n, n + 1 == end, out);
    }
}

void table_print(const struct table *table, const struct span *row, FILE *out)
{
    table_print_row(table, row, out);
    fputc('\n', out);
}

void table_print_headings(const struct table *table, FILE *out)
{
    struct span row[TABLE_COLUMNS_MAX];

    for (uint32_t n = 0; n < table->count; n++)
        row[n] = span_of(table->columns[n].heading);
    table_print_row(table, row, out);
}
