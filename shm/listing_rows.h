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
#define DIALECT_MAP(X)                  \
    X(OPENAI, "openai")                 \
    X(CODEX, "codex")                   \
    X(CREDIT, "credit")                 \
    X(ANTHROPIC, "anthropic")           \
    X(ANTHROPIC_2023, "anthropic_2023") \
    X(GEMINI, "gemini")                 \
    X(FILTERABLE, "filterable")         \
    X(OPENROUTER, "openrouter")         \
    X(OPENROUTER_ENDPOINTS, "openrouter_endpoints")

enum dialect {
#define X(name, word) DIALECT_##name,
    DIALECT_MAP(X) DIALECT_COUNT,
#undef X
};

/** One grant set's listing in one dialect. */
struct listing_row {
    uint64_t body_bytes; /* head, fragments with their commas, tail, and what is behind it */
    char etag[24];       /* with its quotes, NUL-terminated */
    uint32_t runs;       /* of adjacent models */
    uint32_t reserved;
};

/** Each fragment begins with a comma; a listing leaves out the first one of its first run. */
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
