#include "registry/compile_secrets.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "registry/seal.h"

#include <unistd.h>

struct totals {
    uint32_t rows;
    size_t bytes;
};

static struct totals count_secrets(const struct data *data)
{
    struct totals totals = {0};

    for (uint32_t i = 0; i < data->provider_count; i++) {
        if (!data->providers[i].has_secret)
            continue;
        totals.rows++;
        totals.bytes += data->providers[i].secret.len;
    }
    return totals;
}

void compile_secrets_digest(struct build *build)
{
    const struct data *data = build->data;

    digester_begin(build->digester);
    for (uint32_t i = 0; i < data->provider_count; i++) {
        const struct span secret = data->providers[i].secret;

        if (!data->providers[i].has_secret)
            continue;
        digester_add(build->digester, (struct span){(const char *)&secret.len, sizeof(secret.len)});
        digester_add(build->digester, secret);
    }
    build->secrets_content = digester_end(build->digester);
}

/* In the numbers that compile_providers() gave: the order of the providers that have one. */
static void write_secrets(const struct data *data, uint32_t rows, char *memory)
{
    uint64_t row_at = sizeof(struct secrets_header);
    uint64_t at = row_at + rows * sizeof(struct secret_row);

    for (uint32_t i = 0; i < data->provider_count; i++) {
        const struct span secret = data->providers[i].secret;
        const struct secret_row row = {.offset = at, .len = (uint32_t)secret.len};

        if (!data->providers[i].has_secret)
            continue;
        memcpy(memory + row_at, &row, sizeof(row));
        if (secret.len != 0)
            memcpy(memory + at, secret.ptr, secret.len);
        row_at += sizeof(row);
        at += secret.len;
    }
}

static int check(int fd)
{
    struct secrets secrets;
    int err = secrets_open(fd, &secrets);

    INVARIANT(err != ERR_CORRUPT && err != ERR_VERSION && err != ERR_INVALID);
    if (err == 0)
        secrets_close(&secrets);
    return err;
}

int compile_secrets(struct build *build, int *fd)
{
    const struct totals totals = count_secrets(build->data);
    struct secrets_header header = {
        .magic = SECRETS_MAGIC,
        .version = LAYOUT_VERSION,
        .rows = totals.rows,
        .total_bytes = sizeof(header) + totals.rows * sizeof(struct secret_row) + totals.bytes,
        .generation = build->input->generation,
        .content = build->secrets_content,
    };
    struct sealing sealing;
    int sealed;

    int err = seal_begin("weir-secrets", header.generation, header.total_bytes, &sealing);
    if (err != 0)
        return err;
    memcpy(sealing.memory, &header, sizeof(header));
    write_secrets(build->data, totals.rows, sealing.memory);
    header.checksum = snapshot_checksum((const char *)sealing.memory + LAYOUT_CHECKSUM_FROM,
                                        header.total_bytes - LAYOUT_CHECKSUM_FROM);
    memcpy(sealing.memory, &header, sizeof(header));
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
