#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "shm/mapping.h"
#include "shm/snapshot.h"

#include <fcntl.h>
#include <sys/mman.h>

static const struct mapping_terms secrets_terms = {
    .seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL,
    .protection = PROT_READ,
    .flags = MAP_POPULATE,
    .bytes_min = sizeof(struct secrets_header),
};

static const struct secret_row *rows_of(const struct secrets_header *header)
{
    const void *behind = header + 1;

    return behind;
}

static bool is_row_inside(const struct secret_row *row, uint64_t begin, uint64_t end)
{
    return row->offset >= begin && row->offset <= end && row->len <= end - row->offset;
}

int secrets_check(const void *memory, size_t bytes)
{
    const struct secrets_header *header = memory;

    if (bytes < sizeof(*header) || header->magic != SECRETS_MAGIC)
        return ERR_CORRUPT;
    if (header->version != LAYOUT_VERSION)
        return ERR_VERSION;
    if (header->zero != 0 || header->total_bytes != bytes ||
        header->rows > (bytes - sizeof(*header)) / sizeof(struct secret_row))
        return ERR_CORRUPT;

    uint64_t begin = sizeof(*header) + header->rows * sizeof(struct secret_row);
    for (uint32_t n = 0; n < header->rows; n++) {
        if (!is_row_inside(&rows_of(header)[n], begin, bytes))
            return ERR_CORRUPT;
    }
    uint64_t checksum = snapshot_checksum((const char *)memory + LAYOUT_CHECKSUM_FROM,
                                          bytes - LAYOUT_CHECKSUM_FROM);
    return checksum == header->checksum ? 0 : ERR_CORRUPT;
}

int secrets_open(int memfd, struct secrets *out)
{
    struct mapping mapping;
    int err = mapping_open(memfd, &secrets_terms, &mapping);

    if (err != 0)
        return err;
    /* Kept out of core files before anything else can go wrong. */
    err = madvise(mapping.memory, mapping.bytes, MADV_DONTDUMP) == 0 ? 0 : ERR_IO;
    if (err == 0)
        err = secrets_check(mapping.memory, mapping.bytes);
    if (err != 0) {
        mapping_close(mapping.memory, mapping.bytes);
        return err;
    }
    *out = (struct secrets){mapping.memory, mapping.bytes};
    return 0;
}

void secrets_close(struct secrets *secrets)
{
    mapping_close(secrets->header, secrets->bytes);
    *secrets = (struct secrets){0};
}

struct span secrets_get(const struct secrets *secrets, uint32_t number)
{
    INVARIANT(secrets->header != NULL);
    if (number >= secrets->header->rows)
        return (struct span){0};
    const struct secret_row *row = &rows_of(secrets->header)[number];
    return (struct span){(const char *)secrets->header + row->offset, row->len};
}
