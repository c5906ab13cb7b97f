/*
 * Any bytes as the secrets of a generation: what the check accepts can be read to the last row.
 *
 * As in fuzz_snapshot, what every memfd has is made right first, and the bytes lie at the end of an
 * allocation.
 */
#include "shm/snapshot.h"
#include "tests/fuzz/fuzz.h"

static void make_plausible(void *memory, size_t size)
{
    struct secrets_header *header = memory;

    if (size < sizeof(*header))
        return;
    header->magic = SECRETS_MAGIC;
    header->version = LAYOUT_VERSION;
    header->zero = 0;
    header->total_bytes = size;
    header->checksum = snapshot_checksum((char *)memory + LAYOUT_CHECKSUM_FROM,
                                         size - LAYOUT_CHECKSUM_FROM);
}

static void check_secret(struct span secret, const char *begin, const char *end)
{
    INVARIANT(secret.len == 0 || (secret.ptr >= begin && secret.ptr + secret.len <= end));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void *memory = NULL;
    int failed = posix_memalign(&memory, LAYOUT_TABLE_ALIGN, size);

    INVARIANT(failed == 0);
    if (size != 0)
        memcpy(memory, data, size);
    make_plausible(memory, size);
    if (secrets_check(memory, size) == 0) {
        struct secrets secrets = {memory, size};
        const char *bytes = memory;

        for (uint32_t n = 0; n < secrets.header->rows; n++)
            check_secret(secrets_get(&secrets, n), bytes + sizeof(struct secrets_header),
                         bytes + size);
        INVARIANT(secrets_get(&secrets, secrets.header->rows).len == 0);
        INVARIANT(secrets_get(&secrets, ROW_NONE).len == 0);
    }
    free(memory);
    return 0;
}
