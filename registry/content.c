#include "registry/content.h"

#include "lib/base/invariant.h"

/* What only the history decides, or what follows from the rest: not yet built when this runs. */
static bool is_derived(enum snapshot_table table)
{
    return table == SNAPSHOT_CELLS || table == SNAPSHOT_FRAGMENTS || table == SNAPSHOT_LISTINGS;
}

static void add(struct build *build, const void *memory, size_t len)
{
    digester_add(build->digester, (struct span){memory, len});
}

static void add_tables(struct build *build)
{
    for (uint32_t n = 0; n < SNAPSHOT_TABLE_COUNT; n++) {
        enum snapshot_table table = (enum snapshot_table)n;
        const struct build_table *rows = &build->tables[table];

        if (is_derived(table)) {
            INVARIANT(rows->count == 0);
            continue;
        }
        add(build, &rows->count, sizeof(rows->count));
        add(build, rows->rows, (size_t)rows->count * build_row_bytes(table));
    }
}

void content_digest(struct build *build)
{
    const struct snapshot_header *header = &build->header;

    INVARIANT(header->generation == 0 && header->published_s == 0 && header->cells_used == 0 &&
              header->has_directory == 0);
    digester_begin(build->digester);
    add(build, header, sizeof(*header));
    add_tables(build);
    add(build, build->model_contents, build->model_count * sizeof(*build->model_contents));
    for (uint32_t i = 0; i < build->identity_count; i++)
        add(build, &build->identities[i].digest, sizeof(build->identities[i].digest));
    add(build, build->pool.bytes, build->pool.len);
    build->header.content = digester_end(build->digester);
}
