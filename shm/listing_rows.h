/** The rows of a snapshot's listings, and what all rows refer with; the others are in rows.h. */
#ifndef WEIR_SHM_LISTING_ROWS_H
#define WEIR_SHM_LISTING_ROWS_H

#include <stdint.h>

/** No row: what a row number holds where there is none. */
#define ROW_NONE UINT32_MAX

/** Bytes inside the snapshot. A zero length means empty; offset + len never exceeds total_bytes. */
struct ref {
    uint64_t offset;
    uint32_t len;
    uint32_t reserved;
};

/** The listing dialects whose fragments the loader renders; the order is that of the rows. */
#define DIALECT_MAP(X)                              \
    X(OPENAI, "openai")                             \
    X(CODEX, "codex")                               \
    X(CREDIT, "credit")                             \
    X(ANTHROPIC, "anthropic")                       \
    X(ANTHROPIC_2023, "anthropic_2023")             \
    X(GEMINI, "gemini")                             \
    X(FILTERABLE, "filterable")                     \
    X(OPENROUTER, "openrouter")                     \
    X(OPENROUTER_ENDPOINTS, "openrouter_endpoints") \
    X(HTML, "html")

enum dialect {
#define X(name, word) DIALECT_##name,
    DIALECT_MAP(X) DIALECT_COUNT,
#undef X
};

/**
 * What a page can be sorted by, besides the display order.
 *
 * X(NAME, word in a query)
 */
#define MODEL_SORT_MAP(X)       \
    X(SLUG, "slug")             \
    X(NAME, "name")             \
    X(CONTEXT, "context")       \
    X(MAX_OUTPUT, "max_output") \
    X(INPUT, "input")           \
    X(OUTPUT, "output")         \
    X(PROVIDER, "provider")

enum model_sort {
#define X(name, word) MODEL_SORT_##name,
    MODEL_SORT_MAP(X) MODEL_SORT_COUNT,
#undef X
};

/** Each of them has two orders, which are rows of ORDERS for each model: rising, then falling. */
enum { MODEL_ORDER_COUNT = 2 * MODEL_SORT_COUNT };

/** One grant set's listing in one dialect. */
struct listing_row {
    uint64_t body_bytes; /* head, fragments with their commas, tail, and what is behind it */
    char etag[24];       /* with its quotes, NUL-terminated */
    uint32_t runs;       /* of adjacent models */
    uint32_t reserved;
};

/** What each fragment of a dialect begins with; a listing leaves out the one of its first run. */
static inline char dialect_separator(enum dialect dialect)
{
    return dialect == DIALECT_HTML ? '\n' : ',';
}

struct dialect_row {
    struct ref head;
    struct ref tail;
    uint32_t behind; /* the dialect whose items and tail follow this tail, or ROW_NONE */
    uint32_t reserved;
};

_Static_assert(sizeof(struct ref) == 16, "bump LAYOUT_VERSION");
_Static_assert(sizeof(struct listing_row) == 40, "bump LAYOUT_VERSION");
_Static_assert(sizeof(struct dialect_row) == 40, "bump LAYOUT_VERSION");

#endif
