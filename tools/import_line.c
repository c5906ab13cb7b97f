#include "tools/import_line.h"

#include "lib/base/err.h"
#include "lib/wire/json_walk.h"
#include "tools/admin_request.h"

#include <stdarg.h>
#include <stdio.h>

enum { JSON_DEPTH = 8, WORD_BYTES_MAX = 32 };

enum shape { SHAPE_TEXT, SHAPE_LIST, SHAPE_MODELS, SHAPE_TIME, SHAPE_SWITCH };

static const struct {
    struct span word;
    struct span other;
    enum shape shape;
} fields[IMPORT_FIELD_COUNT] = {
#define X(name, word, other, shape) \
    {{word, sizeof(word) - 1}, {other, sizeof(other) - 1}, SHAPE_##shape},
    IMPORT_FIELD_MAP(X)
#undef X
};

static int refuse(struct import_problem *problem, size_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int refuse(struct import_problem *problem, size_t offset, const char *format, ...)
{
    va_list arguments;

    problem->column = (uint32_t)offset + 1;
    va_start(arguments, format);
    (void)vsnprintf(problem->sentence, sizeof(problem->sentence), format, arguments);
    va_end(arguments);
    return ERR_INVALID;
}

enum import_field import_field_find(struct span word)
{
    unsigned n = 0;

    while (n < IMPORT_FIELD_COUNT && !span_equal(word, fields[n].word) &&
           !span_equal(word, fields[n].other))
        n++;
    return (enum import_field)n;
}

/* A word of a file is quoted when it can be one of ours that was misspelt: it may be a secret. */
static bool is_word(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '_' && c != '-' && c != ' ')
            return false;
    }
    return text.len > 0 && text.len <= WORD_BYTES_MAX;
}

static int unknown(struct import_problem *problem, size_t offset, struct span word)
{
    return is_word(word)
               ? refuse(problem, offset, "`%.*s` is nothing that a key has", SPAN_FMT(word))
               : refuse(problem, offset, "this is nothing that a key has");
}

static void begin_member(struct text *out, size_t begin, enum import_field field)
{
    if (out->len > begin + 1)
        text_add_char(out, ',');
    text_add_char(out, '"');
    text_add(out, fields[field].word);
    text_add(out, SPAN("\":"));
}

/* --- CSV -------------------------------------------------------------------------------------- */

/* Up to the comma or the end. */
static int take_plain(struct span line, size_t *at, struct text *out,
                      struct import_problem *problem)
{
    size_t i = *at;

    for (; i < line.len && line.ptr[i] != ','; i++) {
        if (line.ptr[i] == '"')
            return refuse(problem, i, "a quote stands inside a field that does not begin with one");
        text_add_char(out, line.ptr[i]);
    }
    *at = i;
    return 0;
}

/* Up to behind the closing quote; two quotes are one that does not close. */
static int take_quoted(struct span line, size_t *at, struct text *out,
                       struct import_problem *problem)
{
    size_t i = *at + 1;

    for (; i < line.len; i++) {
        if (line.ptr[i] == '"' && (i + 1 == line.len || line.ptr[i + 1] != '"'))
            break;
        if (line.ptr[i] == '"')
            i++;
        text_add_char(out, line.ptr[i]);
    }
    if (i == line.len)
        return refuse(problem, *at, "the field is not closed on its line");
    *at = i + 1;
    return 0;
}

/* Takes a field and the comma behind it. @param at  in: where it begins; out: the next one, or
 * beyond the end of the line when this was the last */
static int take_field(struct span line, size_t *at, struct text *out,
                      struct import_problem *problem)
{
    bool is_quoted = *at < line.len && line.ptr[*at] == '"';
    int err = is_quoted ? take_quoted(line, at, out, problem) : take_plain(line, at, out, problem);

    if (err == 0 && *at < line.len && line.ptr[*at] != ',')
        return refuse(problem, *at, "a comma is missing behind the closing quote");
    ++*at;
    return err;
}

static int read_header(struct span line, struct import_format *out, struct import_problem *problem)
{
    static char memory[IMPORT_LINE_BYTES_MAX];
    uint32_t seen = 0;

    for (size_t at = 0; at <= line.len;) {
        struct text text = text_over(memory, sizeof(memory));
        size_t begin = at;

        if (take_field(line, &at, &text, problem) != 0)
            return ERR_INVALID;
        if (out->column_count == IMPORT_COLUMNS_MAX)
            return refuse(problem, begin, "there are more than %d columns", IMPORT_COLUMNS_MAX);
        struct span word = span_trim(text_span(&text));
        enum import_field field = import_field_find(word);
        if (field == IMPORT_FIELD_COUNT)
            return unknown(problem, begin, word);
        if ((seen & 1U << field) != 0)
            return refuse(problem, begin, "the column is there twice");
        seen |= 1U << field;
        out->columns[out->column_count++] = field;
    }
    if ((seen & 1U << IMPORT_FIELD_NAME) == 0 ||
        (seen & (1U << IMPORT_FIELD_KEY | 1U << IMPORT_FIELD_SHA256)) == 0)
        return refuse(problem, 0,
                      "the first line must name the columns, among them `name`, and "
                      "`key` or `sha256`");
    return 0;
}

static int add_field(struct text *out, enum shape shape, struct span value)
{
    static const char separators[] = ",; \t";

    switch (shape) {
    case SHAPE_TEXT:
        text_add_json(out, value);
        return 0;
    case SHAPE_LIST:
        admin_request_add_list(out, value, separators);
        return 0;
    case SHAPE_MODELS:
        admin_request_add_models(out, value, separators);
        return 0;
    case SHAPE_TIME:
        if (span_equal(value, SPAN("never")))
            text_add(out, SPAN("null"));
        else
            text_add_json(out, value);
        return 0;
    case SHAPE_SWITCH:
        text_add(out, value);
        return span_equal(value, SPAN("true")) || span_equal(value, SPAN("false")) ? 0
                                                                                   : ERR_INVALID;
    }
    return ERR_INVALID;
}

static int read_csv(const struct import_format *format, struct span line, struct text *out,
                    struct import_places *places, struct import_problem *problem)
{
    static char memory[IMPORT_LINE_BYTES_MAX];
    size_t object = out->len;
    uint32_t n = 0;

    text_add_char(out, '{');
    for (size_t at = 0; at <= line.len; n++) {
        struct text text = text_over(memory, sizeof(memory));
        size_t begin = at;

        if (take_field(line, &at, &text, problem) != 0)
            return ERR_INVALID;
        if (n == format->column_count)
            return refuse(problem, begin, "the line has more fields than the first one");
        struct span value = span_trim(text_span(&text));
        enum import_field field = format->columns[n];
        if (value.len == 0)
            continue;
        places->column[field] = (uint32_t)begin + 1;
        begin_member(out, object, field);
        if (add_field(out, fields[field].shape, value) != 0)
            return refuse(problem, begin, "`%s` is true or false", fields[field].word.ptr);
    }
    text_add_char(out, '}');
    return n == format->column_count
               ? 0
               : refuse(problem, line.len, "the line has fewer fields than the first one");
}

/* --- JSON lines ------------------------------------------------------------------------------- */

static int check_json(struct span line, struct import_problem *problem)
{
    struct json_scan scan;
    struct json_hit hit;
    const char *cursor = line.ptr;

    json_scan_init(&scan, NULL, 0, JSON_DEPTH);
    if (json_scan_next(&scan, &cursor, line.ptr + line.len, &hit) != JSON_MORE)
        return refuse(problem, (size_t)(cursor - line.ptr), "this is not JSON");
    if (json_scan_end(&scan) != 0)
        return refuse(problem, line.len, "the JSON ends too early");
    if (json_walk_type(json_walk_value(line)) != JSON_OBJECT)
        return refuse(problem, 0, "a JSON object is expected");
    return 0;
}

static int read_json(struct span line, struct text *out, struct import_places *places,
                     struct import_problem *problem)
{
    char memory[WORD_BYTES_MAX + 1];
    size_t object = out->len;
    struct span raw;
    struct span value;

    if (check_json(line, problem) != 0)
        return ERR_INVALID;
    text_add_char(out, '{');
    for (struct json_walk walk = json_walk_begin(json_walk_value(line));
         json_walk_member(&walk, &raw, &value);) {
        struct span word = SPAN("");

        (void)json_decode_string(raw, memory, sizeof(memory), &word);
        enum import_field field = import_field_find(word);
        if (field == IMPORT_FIELD_COUNT)
            return unknown(problem, (size_t)(raw.ptr - line.ptr) - 1, word);
        if (places->column[field] != 0)
            return refuse(problem, (size_t)(raw.ptr - line.ptr) - 1, "`%s` is there twice",
                          fields[field].word.ptr);
        places->column[field] = (uint32_t)(value.ptr - line.ptr) + 1;
        begin_member(out, object, field);
        text_add(out, value);
    }
    text_add_char(out, '}');
    return 0;
}

/* --- both ------------------------------------------------------------------------------------- */

int import_format_find(struct span line, struct import_format *out, struct import_problem *problem)
{
    struct span text = span_trim(line);

    *out = (struct import_format){.is_json = text.len > 0 && text.ptr[0] == '{'};
    return out->is_json ? 0 : read_header(line, out, problem);
}

int import_line_read(const struct import_format *format, struct span line, struct text *out,
                     struct import_places *places, struct import_problem *problem)
{
    size_t len = out->len;

    *places = (struct import_places){0};
    *problem = (struct import_problem){0};
    int err = format->is_json ? read_json(line, out, places, problem)
                              : read_csv(format, line, out, places, problem);
    if (err == 0 && places->column[IMPORT_FIELD_NAME] == 0)
        err = refuse(problem, 0, "`name` is missing");
    if (err == 0 &&
        (places->column[IMPORT_FIELD_KEY] == 0) == (places->column[IMPORT_FIELD_SHA256] == 0))
        err = refuse(problem, 0, "either `key` or `sha256` is given");
    if (err == 0)
        err = out->err;
    if (err != 0) {
        out->len = len;
        out->err = 0;
    }
    return err;
}
