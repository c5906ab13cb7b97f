/**
 * Lines of a file of keys, each as the JSON object that the admin API takes. Pure.
 *
 * JSON lines: an object a line, with the API's members (`models` is taken for `allowed_models`).
 * CSV: RFC 4180, but a field ends on its line, so that a line is a key and an import can begin at
 * any of them; the first line names the columns, in any order; an empty field is not given; lists
 * are separated by blanks, semicolons or (in quotes) commas.
 */
#ifndef WEIR_TOOLS_IMPORT_LINE_H
#define WEIR_TOOLS_IMPORT_LINE_H

#include "lib/base/text.h"

enum {
    IMPORT_COLUMNS_MAX = 32,
    IMPORT_LINE_BYTES_MAX = 256 * 1024,
    IMPORT_PROBLEM_BYTES = 160,
};

/** X(NAME, word of the API, another word for it, how a CSV field becomes its value) */
#define IMPORT_FIELD_MAP(X)                        \
    X(NAME, "name", "name", TEXT)                  \
    X(KEY, "key", "key", TEXT)                     \
    X(SHA256, "sha256", "sha256", TEXT)            \
    X(USER, "user", "user", TEXT)                  \
    X(GROUP, "group", "group", TEXT)               \
    X(ALLOWED, "allowed_models", "models", MODELS) \
    X(EXPIRES, "expires", "expires", TIME)         \
    X(SCOPES, "scopes", "scopes", LIST)            \
    X(DISABLED, "disabled", "disabled", SWITCH)

enum import_field {
#define X(name, ...) IMPORT_FIELD_##name,
    IMPORT_FIELD_MAP(X) IMPORT_FIELD_COUNT,
#undef X
};

/** What the beginning of a file says about the rest. */
struct import_format {
    bool is_json;
    uint32_t column_count;
    enum import_field columns[IMPORT_COLUMNS_MAX]; /* of CSV */
};

/** Where in its line each field of a key stands: bytes from 1; 0: it is not given. */
struct import_places {
    uint32_t column[IMPORT_FIELD_COUNT];
};

struct import_problem {
    uint32_t column;                     /* bytes from 1 */
    char sentence[IMPORT_PROBLEM_BYTES]; /* never with the text of a key in it */
};

/**
 * From the first line, without its end.
 *
 * @return 0: of CSV the line is used up, of JSON it is the first key; ERR_INVALID
 */
int import_format_find(struct span line, struct import_format *out, struct import_problem *problem);

/**
 * Add a key to `out`. On an error `out` is as it was, its `err` too.
 *
 * @param line  not blank, without its end
 * @return 0, ERR_INVALID (see `problem`), or ERR_NO_SPACE: it does not fit any more
 */
int import_line_read(const struct import_format *format, struct span line, struct text *out,
                     struct import_places *places, struct import_problem *problem);

/** The field that the API calls so; IMPORT_FIELD_COUNT when there is none. */
enum import_field import_field_find(struct span word);

#endif
