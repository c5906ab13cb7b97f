#include "shm/secrets_write.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "shm/seal.h"
#include "shm/snapshot.h"

#include <unistd.h>

static void write_rows(const struct secrets_plan *plan, char *memory)
{
    uint64_t row_at = sizeof(struct secrets_header);
    uint64_t at = row_at + plan->row_count * sizeof(struct secret_row);

    for (uint32_t i = 0; i < plan->row_count; i++) {
        const struct span bytes = plan->rows[i];
        const struct secret_row row = {.offset = at, .len = (uint32_t)bytes.len};

        memcpy(memory + row_at, &row, sizeof(row));
        if (bytes.len != 0)
            memcpy(memory + at, bytes.ptr, bytes.len);
        row_at += sizeof(row);
        at += bytes.len;
    }
}

static struct secrets_header describe(const struct secrets_plan *plan)
{
    struct secrets_header header = {
        .magic = SECRETS_MAGIC,
        .version = LAYOUT_VERSION,
        .rows = plan->row_count,
        .total_bytes = sizeof(header) + plan->row_count * sizeof(struct secret_row),
        .generation = plan->number,
        .content = plan->content,
    };

    for (uint32_t i = 0; i < plan->row_count; i++)
        header.total_bytes += plan->rows[i].len;
    return header;
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

int secrets_write(const struct secrets_plan *plan, int *fd)
{
    struct secrets_header header = describe(plan);
    struct sealing sealing;
    int sealed;

    int err = seal_begin(plan->name, header.generation, header.total_bytes, &sealing);
    if (err != 0)
        return err;
    memcpy(sealing.memory, &header, sizeof(header));
    write_rows(plan, sealing.memory);
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
