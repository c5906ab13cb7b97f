/*
 * Any bytes as a generation: what the check accepts, every look-up can walk.
 *
 * Magic, version, sizes and checksum are made right first, so that the input gets as far as the
 * tables; the bytes lie at the end of an allocation, where ASan sees the first one too many.
 */
#include "lib/base/invariant.h"
#include "shm/grant_runs.h"

#include <stdint.h>
#include <stdlib.h>

/* The name is libFuzzer's. NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t touched;

/* Read all of it, so that a span that leads outside is noticed. */
static void touch(struct span bytes)
{
    touched = snapshot_fnv(touched, bytes.ptr, bytes.len);
}

static void walk_models(const struct snapshot *snapshot)
{
    for (uint32_t n = 0; n < snapshot_rows(snapshot, SNAPSHOT_MODELS); n++) {
        const struct model_row *model = snapshot_model(snapshot, n);
        uint32_t found = snapshot_find_model(snapshot, snapshot_bytes(snapshot, model->slug));

        INVARIANT(found != ROW_NONE);
        touch(snapshot_bytes(snapshot, model->name));
        for (uint32_t i = 0; i < model->deployment_count; i++) {
            const struct deployment_row *deployment = snapshot_deployment(
                snapshot, model->deployment_first + i);
            const struct provider_row *provider = snapshot_provider(snapshot, deployment->provider);

            touch(snapshot_bytes(snapshot, deployment->upstream_model));
            touch(snapshot_bytes(snapshot, provider->name));
            touch(snapshot_bytes(snapshot, provider->base_url));
        }
    }
    touched += snapshot_find_model(snapshot, SPAN("no such model"));
    touched += snapshot_find_model(snapshot, SPAN(""));
}

static void walk_keys(const struct snapshot *snapshot)
{
    struct digest none = {.bytes = {0}};

    for (uint32_t n = 0; n < snapshot_rows(snapshot, SNAPSHOT_KEYS); n++) {
        const struct key_row *key = snapshot_key(snapshot, n);
        uint32_t found = snapshot_find_key(snapshot, &key->digest);

        INVARIANT(found != ROW_NONE);
        touch(snapshot_bytes(snapshot, key->name));
    }
    touched += snapshot_find_key(snapshot, &none);
}

/* The listing as a client would get it, and its length as it would be told. */
static void walk_listing(const struct snapshot *snapshot, uint32_t set, enum dialect dialect)
{
    const struct dialect_row *ends = snapshot_dialect(snapshot, dialect);
    struct grant_runs runs = grant_runs_from(snapshot, set, 0);
    struct grant_run run;
    uint64_t bytes = (uint64_t)ends->head.len + ends->tail.len;
    bool any = false;

    touch(snapshot_bytes(snapshot, ends->head));
    for (; grant_runs_next(&runs, &run); any = true) {
        for (uint32_t n = run.first; n < run.end; n++) {
            struct span fragment = snapshot_fragment(snapshot, dialect, n);

            INVARIANT(snapshot_is_granted(snapshot, set, n));
            touch(fragment);
            bytes += fragment.len;
        }
    }
    touch(snapshot_bytes(snapshot, ends->tail));
    INVARIANT(snapshot_listing(snapshot, set, dialect)->body_bytes == bytes - any);
    touch(span_of(snapshot_listing(snapshot, set, dialect)->etag));
}

static void walk_cells(const struct snapshot *snapshot)
{
    for (uint32_t n = 0; n < snapshot_rows(snapshot, SNAPSHOT_CELLS); n++) {
        const struct cell_row *row = SNAPSHOT_ROW(snapshot, CELLS, struct cell_row, n);

        INVARIANT(snapshot_find_cell(snapshot, &row->identity) == row);
    }
}

static void walk(const struct snapshot *snapshot)
{
    const struct snapshot_header *header = snapshot->header;

    touch(snapshot_bytes(snapshot, header->config_path));
    touch(snapshot_bytes(snapshot, header->state_dir));
    touch(snapshot_bytes(snapshot, header->control_socket));
    touch(snapshot_bytes(snapshot, header->ca_file));
    for (uint32_t i = 0; i < header->listen_count; i++)
        touch(span_of(header->listen[i]));
    walk_models(snapshot);
    walk_keys(snapshot);
    walk_cells(snapshot);
    for (uint32_t set = 0; set < snapshot_rows(snapshot, SNAPSHOT_GRANT_SETS); set++) {
        for (uint32_t dialect = 0; dialect < DIALECT_COUNT; dialect++)
            walk_listing(snapshot, set, (enum dialect)dialect);
    }
}

static void make_plausible(void *memory, size_t size)
{
    struct snapshot_header *header = memory;

    if (size < sizeof(*header))
        return;
    header->magic = SNAPSHOT_MAGIC;
    header->version = LAYOUT_VERSION;
    header->header_bytes = sizeof(*header);
    header->total_bytes = size;
    header->checksum = snapshot_checksum((char *)memory + LAYOUT_CHECKSUM_FROM,
                                         size - LAYOUT_CHECKSUM_FROM);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void *memory = NULL;
    int failed = posix_memalign(&memory, LAYOUT_TABLE_ALIGN, size);

    INVARIANT(failed == 0);
    if (size != 0)
        memcpy(memory, data, size);
    make_plausible(memory, size);
    if (snapshot_check(memory, size) == 0) {
        struct snapshot snapshot = {memory, size};

        walk(&snapshot);
    }
    free(memory);
    return 0;
}
