#include "tools/admin_rows.h"

#include "lib/wire/json_walk.h"
#include "tools/admin_json.h"
#include "tools/terminal.h"

enum { CELL_BYTES_MAX = 64 * 1024, NARROW = 8, NARROW_MOMENT = sizeof("2027-01-01") };

/**
 * X(noun, heading, member, narrowest, when it is left out). Names stay whole: they are what the next
 * command is given. Of a moment the day stays.
 */
#define COLUMN_MAP(X)                                 \
    X("keys", "NAME", "name", 0, 0)                   \
    X("keys", "USER", "user", NARROW, 0)              \
    X("keys", "GROUP", "group", NARROW, 0)            \
    X("keys", "STATE", "state", NARROW, 0)            \
    X("keys", "MODELS", "allowed_models", NARROW, 2)  \
    X("keys", "SCOPES", "scopes", NARROW, 1)          \
    X("keys", "EXPIRES", "expires", NARROW_MOMENT, 3) \
    X("users", "NAME", "name", 0, 0)                  \
    X("users", "STATE", "disabled", NARROW, 0)        \
    X("users", "GROUPS", "groups", NARROW, 3)         \
    X("users", "MODELS", "models", NARROW, 2)         \
    X("users", "DISPLAY", "display", NARROW, 1)       \
    X("groups", "NAME", "name", 0, 0)                 \
    X("groups", "STATE", "disabled", NARROW, 0)       \
    X("groups", "MODELS", "models", NARROW, 2)        \
    X("groups", "DISPLAY", "display", NARROW, 1)

static const struct {
    const char *noun;
    const char *heading;
    const char *member;
    uint32_t narrow;
    uint32_t leaves;
} columns[] = {
#define X(noun, heading, member, narrow, leaves) {noun, heading, member, narrow, leaves},
    COLUMN_MAP(X)
#undef X
};

enum { COLUMN_COUNT = sizeof(columns) / sizeof(columns[0]) };

struct admin_rows admin_rows_for(FILE *out, const char *noun)
{
    const struct terminal terminal = terminal_of(out);

    return (struct admin_rows){
        .out = out, .noun = noun, .width = terminal.width, .is_bold = terminal.is_color};
}

/* Of an entity that is no key, `disabled` is its state. */
static struct span cell(struct span row, const char *member, char *memory)
{
    struct text out = text_over(memory, CELL_BYTES_MAX);
    struct span value;

    if (!admin_json_member(row, member, &value))
        return SPAN("-");
    if (strcmp(member, "disabled") == 0)
        return json_walk_type(value) == JSON_TRUE ? SPAN("disabled") : SPAN("active");
    admin_json_add(&out, span_of(member), value);
    return out.err == 0 ? text_span(&out) : SPAN("…");
}

/* @param cells  valid until the next row */
static void fill(const struct admin_rows *rows, struct span row, struct span *cells)
{
    static char memory[ADMIN_COLUMNS_MAX][CELL_BYTES_MAX];
    uint32_t n = 0;

    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        if (strcmp(columns[i].noun, rows->noun) != 0)
            continue;
        cells[n] = cell(row, columns[i].member, memory[n]);
        n++;
    }
}

static void begin(struct admin_rows *rows)
{
    uint32_t n = 0;

    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        if (strcmp(columns[i].noun, rows->noun) != 0)
            continue;
        rows->columns[n] = (struct table_column){.heading = columns[i].heading,
                                                 .narrow = columns[i].narrow,
                                                 .leaves = columns[i].leaves};
        n++;
    }
    rows->table = table_of(rows->columns, n);
}

static void measure_and_head(struct admin_rows *rows, struct span data)
{
    struct span cells[ADMIN_COLUMNS_MAX];
    struct span row;

    begin(rows);
    for (struct json_walk walk = json_walk_begin(data); json_walk_item(&walk, &row);) {
        fill(rows, row, cells);
        table_measure(&rows->table, cells);
    }
    (void)table_fit(&rows->table, rows->width);
    fputs(rows->is_bold ? "\033[1m" : "", rows->out);
    table_print_headings(&rows->table, rows->out);
    fputs(rows->is_bold ? "\033[0m\n" : "\n", rows->out);
}

uint64_t admin_rows_print(struct admin_rows *rows, struct span data, uint64_t rows_max)
{
    struct span cells[ADMIN_COLUMNS_MAX];
    struct span row;
    uint64_t count = 0;

    if (!rows->has_begun)
        measure_and_head(rows, data);
    rows->has_begun = true;
    for (struct json_walk walk = json_walk_begin(data);
         count < rows_max && json_walk_item(&walk, &row); count++) {
        fill(rows, row, cells);
        table_print(&rows->table, cells, rows->out);
    }
    return count;
}
