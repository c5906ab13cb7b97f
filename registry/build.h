/**
 * A generation under construction: what the steps of a compile hand on to each other.
 *
 *   described    every row that the configuration alone decides; refs are offsets into the pool,
 *                cell numbers and dates are 0                        -> digest of the content
 *   numbered     cells, dates, fragments and listings, which also depend on the generation before
 *   sealed       laid out in a memfd
 */
#ifndef WEIR_REGISTRY_BUILD_H
#define WEIR_REGISTRY_BUILD_H

#include "registry/data.h"
#include "registry/intern.h"
#include "registry/pool.h"
#include "registry/registry.h"

/** A compile never holds more. */
#define BUILD_BYTES_MAX ((size_t)1 << 32)

struct build_table {
    void *rows; /* of the arena */
    uint32_t count;
};

/** Something that has a cell. */
struct identity {
    struct digest digest;
    uint32_t kind;  /* enum cell_kind */
    uint32_t *cell; /* the row's field that takes the number; NULL for what has no row */
};

struct build {
    const struct data *data;
    const struct registry_compile_input *input;
    struct report *report;
    struct arena *arena;
    struct digester *digester;
    struct snapshot_header header;
    struct build_table tables[SNAPSHOT_TABLE_COUNT];
    struct pool pool;
    struct intern grant_sets;      /* row: bitmap over model numbers */
    struct intern prices;          /* row: struct price_row */
    uint32_t model_count;          /* enabled ones */
    uint32_t *model_numbers;       /* by index into data.models; ROW_NONE: disabled */
    uint32_t *model_indexes;       /* by number: index into data.models */
    struct digest *model_contents; /* by number: what clients can tell of it, without `created` */
    uint64_t *fragment_hashes;     /* as FRAGMENTS */
    uint32_t identity_count;
    struct identity *identities; /* ascending; equal ones are one cell */
    struct digest secrets_content;
};

/** @return 0 or ERR_NO_MEMORY; build_close() in both cases */
int build_init(struct build *build, const struct data *data,
               const struct registry_compile_input *input, struct report *report);
void build_close(struct build *build);

/** `count` zeroed elements that live as long as the build, also for a count of 0; NULL at the limit. */
void *build_take(struct build *build, size_t count, size_t bytes_each);

/** The same as the rows of `table`. */
void *build_take_rows(struct build *build, enum snapshot_table table, uint32_t count);

/** Words of a bitmap over the models. */
static inline size_t build_bitmap_words(const struct build *build)
{
    return ((size_t)build->model_count + 63) / 64;
}

/** Bytes of one row of `table`. */
uint32_t build_row_bytes(enum snapshot_table table);

#endif
