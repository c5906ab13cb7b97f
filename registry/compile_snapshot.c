#include "registry/compile_snapshot.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "shm/seal.h"

#include <unistd.h>

/* Where the rows refer to the pool: each ref becomes an offset into the memfd. */
static const struct {
    enum snapshot_table table;
    size_t at;
} row_refs[] = {
    {SNAPSHOT_PROVIDERS, offsetof(struct provider_row, name)},
    {SNAPSHOT_PROVIDERS, offsetof(struct provider_row, base_url)},
    {SNAPSHOT_MODELS, offsetof(struct model_row, slug)},
    {SNAPSHOT_MODELS, offsetof(struct model_row, name)},
    {SNAPSHOT_MODELS, offsetof(struct model_row, parameters)},
    {SNAPSHOT_DEPLOYMENTS, offsetof(struct deployment_row, upstream_model)},
    {SNAPSHOT_KEYS, offsetof(struct key_row, name)},
    {SNAPSHOT_USERS, offsetof(struct subject_row, name)},
    {SNAPSHOT_GROUPS, offsetof(struct subject_row, name)},
    {SNAPSHOT_FRAGMENTS, 0},
    {SNAPSHOT_SEARCH_TEXTS, 0},
    {SNAPSHOT_DIALECTS, offsetof(struct dialect_row, head)},
    {SNAPSHOT_DIALECTS, offsetof(struct dialect_row, tail)},
    {SNAPSHOT_BROWSER_ISSUERS, offsetof(struct browser_issuer_row, issuer)},
    {SNAPSHOT_BROWSER_ISSUERS, offsetof(struct browser_issuer_row, audience)},
    {SNAPSHOT_BROWSER_ISSUERS, offsetof(struct browser_issuer_row, keys_url)},
    {SNAPSHOT_BROWSER_KEYS, offsetof(struct browser_key_row, key_id)},
    {SNAPSHOT_BROWSER_KEYS, offsetof(struct browser_key_row, modulus)},
    {SNAPSHOT_BROWSER_KEYS, offsetof(struct browser_key_row, exponent)},
};

static const size_t header_refs[] = {
    offsetof(struct snapshot_header, config_path),
    offsetof(struct snapshot_header, state_dir),
    offsetof(struct snapshot_header, control_socket),
    offsetof(struct snapshot_header, ca_file),
    offsetof(struct snapshot_header, admin_socket),
    offsetof(struct snapshot_header, admin_listen),
};

static uint64_t align(uint64_t offset)
{
    return (offset + LAYOUT_TABLE_ALIGN - 1) / LAYOUT_TABLE_ALIGN * LAYOUT_TABLE_ALIGN;
}

/* Fills the header's places; returns where the pool begins. */
static uint64_t place_tables(struct build *build)
{
    struct snapshot_header *header = &build->header;
    uint64_t end = sizeof(*header);

    for (uint32_t n = 0; n < SNAPSHOT_TABLE_COUNT; n++) {
        const uint32_t row_bytes = build_row_bytes((enum snapshot_table)n);

        header->tables[n] = (struct table_place){
            .offset = align(end),
            .rows = build->tables[n].count,
            .row_bytes = row_bytes,
        };
        end = header->tables[n].offset + (uint64_t)build->tables[n].count * row_bytes;
    }
    return end;
}

static void move_ref(char *at, uint64_t pool)
{
    struct ref ref;

    memcpy(&ref, at, sizeof(ref));
    if (ref.len != 0)
        ref.offset += pool;
    memcpy(at, &ref, sizeof(ref));
}

static void move_refs(const struct snapshot_header *header, char *memory, uint64_t pool)
{
    for (size_t i = 0; i < sizeof(header_refs) / sizeof(header_refs[0]); i++)
        move_ref(memory + header_refs[i], pool);
    for (size_t i = 0; i < sizeof(row_refs) / sizeof(row_refs[0]); i++) {
        const struct table_place *table = &header->tables[row_refs[i].table];
        char *at = memory + table->offset + row_refs[i].at;

        for (uint32_t row = 0; row < table->rows; row++)
            move_ref(at + (size_t)row * table->row_bytes, pool);
    }
}

static void write_all(const struct build *build, char *memory, uint64_t pool)
{
    memcpy(memory, &build->header, sizeof(build->header));
    for (uint32_t n = 0; n < SNAPSHOT_TABLE_COUNT; n++) {
        const struct table_place *table = &build->header.tables[n];

        if (table->rows != 0)
            memcpy(memory + table->offset, build->tables[n].rows,
                   (size_t)table->rows * table->row_bytes);
    }
    if (build->pool.len != 0)
        memcpy(memory + pool, build->pool.bytes, build->pool.len);
    move_refs(&build->header, memory, pool);
}

/* What we sealed is read back as a worker reads it: it must be refused here or nowhere. */
static int check(int fd)
{
    struct snapshot snapshot;
    int err = snapshot_open(fd, &snapshot);

    INVARIANT(err != ERR_CORRUPT && err != ERR_VERSION && err != ERR_INVALID);
    if (err == 0)
        snapshot_close(&snapshot);
    return err;
}

int compile_snapshot(struct build *build, int *fd)
{
    const uint64_t pool = place_tables(build);
    struct snapshot_header *header = &build->header;
    struct sealing sealing;
    int sealed;

    header->magic = SNAPSHOT_MAGIC;
    header->version = LAYOUT_VERSION;
    header->header_bytes = sizeof(*header);
    header->total_bytes = pool + build->pool.len;
    int err = seal_begin("weir-snapshot", header->generation, header->total_bytes, &sealing);
    if (err != 0)
        return err;
    write_all(build, sealing.memory, pool);

    const uint64_t checksum = snapshot_checksum((const char *)sealing.memory + LAYOUT_CHECKSUM_FROM,
                                                header->total_bytes - LAYOUT_CHECKSUM_FROM);
    memcpy((char *)sealing.memory + offsetof(struct snapshot_header, checksum), &checksum,
           sizeof(checksum));
    err = seal_finish(&sealing, &sealed);
    if (err != 0)
        return err;
    err = check(sealed);
    if (err != 0)
        (void)close(sealed);
    else
        *fd = sealed;
    return err;
}
