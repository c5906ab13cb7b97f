#include "registry/listings.h"

#include "lib/base/err.h"

#include <inttypes.h>
#include <stdio.h>

int listings_build_dialects(struct build *build)
{
    struct dialect_row *rows = build_take_rows(build, SNAPSHOT_DIALECTS, DIALECT_COUNT);

    if (rows == NULL)
        return ERR_NO_MEMORY;
    for (uint32_t n = 0; n < DIALECT_COUNT; n++) {
        rows[n].head = pool_add(&build->pool, dialect_list_head((enum dialect)n));
        rows[n].tail = pool_add(&build->pool, dialect_list_tail((enum dialect)n));
        rows[n].behind = dialect_list_behind((enum dialect)n);
    }
    return build->pool.err;
}

/* The first granted model from `model` on, or `models`: most sets have few of many. */
static uint32_t next_granted(const uint64_t *bits, uint32_t model, uint32_t models)
{
    while (model < models) {
        const uint64_t left = bits[model / 64] >> (model % 64);

        if (left != 0)
            return model + (uint32_t)__builtin_ctzll(left);
        model += 64 - model % 64;
    }
    return models;
}

static void write_etag(struct build *build, enum dialect dialect, struct span hashes, char *etag)
{
    const size_t etag_bytes = sizeof((struct listing_row){0}.etag);

    digester_begin(build->digester);
    digester_add(build->digester, span_of(dialect_name(dialect)));
    digester_add(build->digester, dialect_list_head(dialect));
    digester_add(build->digester, dialect_list_tail(dialect));
    digester_add(build->digester, hashes);
    const struct digest digest = digester_end(build->digester);
    snprintf(etag, etag_bytes, "\"%016" PRIx64 "\"", digest_prefix(&digest));
}

/* What a listing is made of, as far as it has been counted. */
struct count {
    uint64_t bytes;
    uint32_t runs;
    size_t items;
    uint64_t *hashes; /* of the fragments */
};

static void count_items(const struct build *build, uint32_t set, uint32_t dialect,
                        struct count *count)
{
    const size_t first = (size_t)dialect * build->model_count;
    const struct ref *fragments = build->tables[SNAPSHOT_FRAGMENTS].rows;
    const uint64_t *bits = intern_row(&build->grant_sets, set);
    const size_t before = count->items;
    uint32_t model = next_granted(bits, 0, build->model_count);
    uint32_t behind_run = ROW_NONE;

    count->runs = 0;
    while (model < build->model_count) {
        count->runs += model != behind_run;
        count->bytes += fragments[first + model].len;
        count->hashes[count->items++] = build->fragment_hashes[first + model];
        behind_run = model + 1;
        model = next_granted(bits, model + 1, build->model_count);
    }
    /* The first fragment leaves its comma out. */
    count->bytes -= count->items != before;
    count->bytes += dialect_list_tail((enum dialect)dialect).len;
}

static void count_listing(struct build *build, uint32_t set, enum dialect dialect, uint64_t *hashes)
{
    struct listing_row *rows = build->tables[SNAPSHOT_LISTINGS].rows;
    struct listing_row *row = &rows[(size_t)set * DIALECT_COUNT + dialect];
    struct count count = {.bytes = dialect_list_head(dialect).len, .hashes = hashes};
    uint32_t behind = dialect_list_behind(dialect);

    count_items(build, set, dialect, &count);
    if (behind != ROW_NONE)
        count_items(build, set, behind, &count);
    row->body_bytes = count.bytes;
    row->runs = count.runs;
    write_etag(build, dialect, (struct span){(const char *)hashes, count.items * sizeof(*hashes)},
               row->etag);
}

int listings_build(struct build *build)
{
    /* A listing with another one behind it has each model twice. */
    uint64_t *hashes = build_take(build, (size_t)build->model_count * 2, sizeof(*hashes));
    uint32_t sets = build->grant_sets.count;

    if (hashes == NULL || build_take_rows(build, SNAPSHOT_LISTINGS, sets * DIALECT_COUNT) == NULL)
        return ERR_NO_MEMORY;
    for (uint32_t set = 0; set < sets; set++) {
        for (uint32_t dialect = 0; dialect < DIALECT_COUNT; dialect++)
            count_listing(build, set, (enum dialect)dialect, hashes);
    }
    return 0;
}
