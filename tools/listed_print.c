/* Lists of models, for people and for programs. */
#include "tools/listed_model.h"

#include "lib/base/err.h"
#include "tools/admin_json.h"
#include "tools/money.h"
#include "tools/table.h"

enum { ROW_BYTES_MAX = 64 * 1024, PER_MILLION_SCALE = 6, PER_PIECE_SCALE = 12, SLUG_HOLDS = 32 };

/** X(NAME, heading, at the right, narrowest, how much it holds, when it is left out) */
#define COLUMN_MAP(X)                               \
    X(SLUG, "SLUG", false, 8, SLUG_HOLDS, 0)        \
    X(NAME, "NAME", false, 10, 0, 4)                \
    X(KIND, "KIND", false, 0, 0, 2)                 \
    X(CONTEXT, "CONTEXT", true, 0, 0, 6)            \
    X(MAX_OUT, "MAX OUT", true, 0, 0, 1)            \
    X(CAPABILITIES, "CAPABILITIES", false, 0, 0, 5) \
    X(INPUT, "$IN/MTOK", true, 0, 0, 0)             \
    X(OUTPUT, "$OUT/MTOK", true, 0, 0, 0)           \
    X(PROVIDER, "PROVIDER", false, 8, 0, 3)

enum column {
#define X(name, ...) COLUMN_##name,
    COLUMN_MAP(X) COLUMN_COUNT,
#undef X
};

static const struct table_column columns[COLUMN_COUNT] = {
#define X(name, heading, is_right, narrow, holds, leaves) \
    {heading, is_right, false, narrow, holds, leaves},
    COLUMN_MAP(X)
#undef X
};

/* Capabilities as words, or as their letters with a dot for each that is not there: "R.T". */
struct cells {
    struct text memory;
    bool is_short;
    struct span row[COLUMN_COUNT];
};

/* --- the table -------------------------------------------------------------------------------- */

static struct span since(const struct text *text, size_t begin)
{
    return (struct span){text->ptr + begin, text->len - begin};
}

static void add_letters(struct text *out, uint32_t capabilities)
{
    static const struct span letters[MODEL_CAPABILITY_COUNT] = {{"R", 1}, {"A", 1}, {"T", 1}};

    for (uint32_t n = 0; n < MODEL_CAPABILITY_COUNT; n++) {
        text_add(out, (capabilities & 1U << n) != 0 ? letters[n] : SPAN("."));
    }
}

static void add_words(struct text *out, uint32_t capabilities)
{
    const size_t begin = out->len;

    for (uint32_t n = 0; n < MODEL_CAPABILITY_COUNT; n++) {
        if ((capabilities & 1U << n) == 0)
            continue;
        text_add(out, out->len > begin ? SPAN(",") : SPAN(""));
        text_add(out, span_of(listed_capability_words[n]));
    }
    if (out->len == begin)
        text_add_char(out, '-');
}

static void add_cell(struct cells *cells, const struct listed_model *model, enum column column)
{
    struct text *out = &cells->memory;

    switch (column) {
    case COLUMN_SLUG:
        text_add(out, model->slug);
        break;
    case COLUMN_NAME:
        text_add(out, model->name);
        break;
    case COLUMN_KIND:
        text_add(out, span_of(listed_kind_words[model->kind]));
        break;
    case COLUMN_CONTEXT:
        money_add_tokens(out, model->context_window);
        break;
    case COLUMN_MAX_OUT:
        money_add_tokens(out, model->max_output_tokens);
        break;
    case COLUMN_CAPABILITIES:
        if (cells->is_short)
            add_letters(out, model->capabilities);
        else
            add_words(out, model->capabilities);
        break;
    case COLUMN_INPUT:
        money_add_per_million(out, model->input);
        break;
    case COLUMN_OUTPUT:
        money_add_per_million(out, model->output);
        break;
    case COLUMN_PROVIDER:
        text_add(out, model->provider.len > 0 ? model->provider : SPAN("-"));
        break;
    case COLUMN_COUNT:
        break;
    }
}

static int fill(struct cells *cells, const struct listed_model *model)
{
    cells->memory.len = 0;
    for (uint32_t n = 0; n < COLUMN_COUNT; n++) {
        const size_t begin = cells->memory.len;

        add_cell(cells, model, (enum column)n);
        cells->row[n] = since(&cells->memory, begin);
    }
    return cells->memory.err;
}

static int measure(const struct model_list *list, struct cells *cells, struct table *table)
{
    int err = 0;

    for (uint32_t i = 0; err == 0 && i < list->count; i++) {
        err = fill(cells, &list->rows[i]);
        if (err == 0)
            table_measure(table, cells->row);
    }
    return err;
}

int model_list_print(const struct model_list *list, const struct terminal *terminal)
{
    static char memory[ROW_BYTES_MAX];
    struct table_column narrow[COLUMN_COUNT];
    struct cells cells = {.memory = text_over(memory, sizeof(memory))};
    struct table table = table_of(columns, COLUMN_COUNT);
    int err = measure(list, &cells, &table);

    if (err == 0 && !table_fit(&table, terminal->width)) {
        memcpy(narrow, columns, sizeof(narrow));
        narrow[COLUMN_CAPABILITIES].heading = "CAP";
        narrow[COLUMN_INPUT].heading = "$IN";
        narrow[COLUMN_OUTPUT].heading = "$OUT";
        table = table_of(narrow, COLUMN_COUNT);
        cells.is_short = true;
        err = measure(list, &cells, &table);
        (void)table_fit(&table, terminal->width);
    }
    if (err != 0)
        return err;
    fputs(terminal_style(terminal, TERMINAL_BOLD), terminal->out);
    table_print_headings(&table, terminal->out);
    fprintf(terminal->out, "%s\n", terminal_plain(terminal));
    for (uint32_t i = 0; i < list->count; i++) {
        (void)fill(&cells, &list->rows[i]);
        table_print(&table, cells.row, terminal->out);
    }
    return 0;
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void add_tokens(struct text *out, uint64_t tokens)
{
    if (tokens == 0)
        text_add(out, SPAN("null"));
    else
        text_add_unsigned(out, tokens);
}

static void add_price(struct text *out, uint64_t pico_usd)
{
    if (pico_usd == PRICE_NONE)
        text_add(out, SPAN("null"));
    else
        text_add_decimal(out, pico_usd, PER_MILLION_SCALE);
}

/* For a piece, in USD; of most models there is nothing to say. */
static void add_image(struct text *out, const struct listed_model *model)
{
    if (model->image != PRICE_NONE) {
        text_add(out, SPAN(",\"image\":"));
        text_add_decimal(out, model->image, PER_PIECE_SCALE);
    }
    for (uint32_t i = 0; i < model->image_price_count; i++) {
        text_add(out, i == 0 ? SPAN(",\"image_sizes\":{") : SPAN(","));
        text_add_json(out, model->image_prices[i].name);
        text_add_char(out, ':');
        text_add_decimal(out, model->image_prices[i].pico_usd, PER_PIECE_SCALE);
    }
    text_add(out, model->image_price_count > 0 ? SPAN("}") : SPAN(""));
}

static void add_capabilities(struct text *out, uint32_t capabilities)
{
    bool any = false;

    text_add_char(out, '[');
    for (uint32_t n = 0; n < MODEL_CAPABILITY_COUNT; n++) {
        if ((capabilities & 1U << n) == 0)
            continue;
        text_add(out, any ? SPAN(",") : SPAN(""));
        text_add_json(out, span_of(listed_capability_words[n]));
        any = true;
    }
    text_add_char(out, ']');
}

static void add_json(struct text *out, const struct listed_model *model)
{
    text_add(out, SPAN("{\"slug\":"));
    text_add_json(out, model->slug);
    text_add(out, SPAN(",\"name\":"));
    text_add_json(out, model->name);
    text_add(out, SPAN(",\"kind\":"));
    text_add_json(out, span_of(listed_kind_words[model->kind]));
    text_add(out, SPAN(",\"context_window\":"));
    add_tokens(out, model->context_window);
    text_add(out, SPAN(",\"max_input_tokens\":"));
    add_tokens(out, model->max_input_tokens);
    text_add(out, SPAN(",\"max_output_tokens\":"));
    add_tokens(out, model->max_output_tokens);
    text_add(out, SPAN(",\"capabilities\":"));
    add_capabilities(out, model->capabilities);
    text_add(out, SPAN(",\"price\":{\"input\":"));
    add_price(out, model->input);
    text_add(out, SPAN(",\"output\":"));
    add_price(out, model->output);
    text_add(out, SPAN(",\"unit\":\"usd_per_1m_tokens\""));
    add_image(out, model);
    text_add(out, SPAN("},\"provider\":"));
    text_add_json(out, model->provider);
    text_add_char(out, '}');
}

int model_list_print_json(const struct model_list *list, FILE *out)
{
    static char memory[ROW_BYTES_MAX];

    for (uint32_t i = 0; i < list->count; i++) {
        struct text line = text_over(memory, sizeof(memory));

        add_json(&line, &list->rows[i]);
        if (line.err != 0)
            return line.err;
        fprintf(out, "%.*s\n", SPAN_FMT(text_span(&line)));
    }
    return 0;
}
