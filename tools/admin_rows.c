#include "tools/admin_rows.h"

#include "lib/wire/json_walk.h"
#include "tools/admin_json.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { CELL_BYTES_MAX = 64 * 1024, GAP = 2, COLUMN_WIDTH_MIN = 8 };

/** X(noun, heading, member) */
#define COLUMN_MAP(X)                     \
    X("keys", "NAME", "name")             \
    X("keys", "USER", "user")             \
    X("keys", "GROUP", "group")           \
    X("keys", "STATE", "state")           \
    X("keys", "MODELS", "allowed_models") \
    X("keys", "SCOPES", "scopes")         \
    X("keys", "EXPIRES", "expires")       \
    X("users", "NAME", "name")            \
    X("users", "STATE", "disabled")       \
    X("users", "GROUPS", "groups")        \
    X("users", "MODELS", "models")        \
    X("users", "DISPLAY", "display")      \
    X("groups", "NAME", "name")           \
    X("groups", "STATE", "disabled")      \
    X("groups", "MODELS", "models")       \
    X("groups", "DISPLAY", "display")

static const struct {
    const char *noun;
    const char *heading;
    const char *member;
} columns[] = {
#define X(noun, heading, member) {noun, heading, member},
    COLUMN_MAP(X)
#undef X
};

enum { COLUMN_COUNT = sizeof(columns) / sizeof(columns[0]) };

struct admin_rows admin_rows_for(FILE *out, const char *noun)
{
    struct admin_rows rows = {.out = out, .noun = noun};
    struct winsize size;
    const char *no_color = getenv("NO_COLOR"); /* NOLINT(concurrency-mt-unsafe): one thread */

    if (isatty(fileno(out)) == 0)
        return rows;
    rows.is_bold = no_color == NULL || no_color[0] == '\0';
    if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0)
        rows.width = size.ws_col;
    return rows;
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

/* --- widths ----------------------------------------------------------------------------------- */

static void measure(struct admin_rows *rows, struct span data)
{
    static char memory[CELL_BYTES_MAX];
    struct span row;
    size_t n = 0;

    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        if (strcmp(columns[i].noun, rows->noun) != 0)
            continue;
        rows->widths[n] = strlen(columns[i].heading);
        for (struct json_walk walk = json_walk_begin(data); json_walk_item(&walk, &row);) {
            size_t width = admin_json_width(cell(row, columns[i].member, memory));

            rows->widths[n] = width > rows->widths[n] ? width : rows->widths[n];
        }
        n++;
    }
}

/* One cell at a time off the widest column, until all fit or none can give more. Names stay whole:
 * they are what the next command is given. */
static void fit(struct admin_rows *rows)
{
    for (;;) {
        size_t total = 0;
        size_t widest = 1;

        for (size_t n = 0; n < ADMIN_COLUMNS_MAX; n++) {
            total += rows->widths[n] == 0 ? 0 : rows->widths[n] + GAP;
            widest = n > 0 && rows->widths[n] > rows->widths[widest] ? n : widest;
        }
        if (rows->width == 0 || total <= rows->width + GAP ||
            rows->widths[widest] <= COLUMN_WIDTH_MIN)
            return;
        rows->widths[widest]--;
    }
}

/* --- printing --------------------------------------------------------------------------------- */

static void print_cell(const struct admin_rows *rows, struct span text, size_t n, bool is_last)
{
    size_t width = admin_json_width(text);

    if (rows->width > 0 && n > 0 && width > rows->widths[n]) {
        struct span cut = admin_json_cut(text, rows->widths[n] - 1);

        fprintf(rows->out, "%.*s…", SPAN_FMT(cut));
        width = rows->widths[n];
    } else {
        fwrite(text.ptr, 1, text.len, rows->out);
    }
    if (!is_last)
        fprintf(rows->out, "%*s",
                (int)(GAP + (width < rows->widths[n] ? rows->widths[n] - width : 0)), "");
}

/* @param row  NULL: the heading */
static void print_row(const struct admin_rows *rows, const struct span *row)
{
    static char memory[CELL_BYTES_MAX];
    size_t n = 0;

    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        if (strcmp(columns[i].noun, rows->noun) != 0)
            continue;
        bool is_last = i + 1 == COLUMN_COUNT || strcmp(columns[i + 1].noun, rows->noun) != 0;
        struct span text = row == NULL ? span_of(columns[i].heading)
                                       : cell(*row, columns[i].member, memory);

        print_cell(rows, text, n++, is_last);
    }
}

static void print_heading(const struct admin_rows *rows)
{
    fputs(rows->is_bold ? "\033[1m" : "", rows->out);
    print_row(rows, NULL);
    fputs(rows->is_bold ? "\033[0m\n" : "\n", rows->out);
}

uint64_t admin_rows_print(struct admin_rows *rows, struct span data, uint64_t rows_max)
{
    struct span row;
    uint64_t count = 0;

    if (!rows->has_begun) {
        measure(rows, data);
        fit(rows);
        print_heading(rows);
        rows->has_begun = true;
    }
    for (struct json_walk walk = json_walk_begin(data);
         count < rows_max && json_walk_item(&walk, &row); count++) {
        print_row(rows, &row);
        fputc('\n', rows->out);
    }
    return count;
}
