#include "shm/snapshot.h"

#include "lib/base/err.h"
#include "shm/mapping.h"

#include <fcntl.h>
#include <sys/mman.h>

#define FNV_PRIME UINT64_C(0x100000001b3)

static const struct mapping_terms snapshot_terms = {
    .seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL,
    .protection = PROT_READ,
    .flags = MAP_POPULATE,
    .bytes_min = sizeof(struct snapshot_header),
};

int snapshot_open(int memfd, struct snapshot *out)
{
    struct mapping mapping;
    int err = mapping_open(memfd, &snapshot_terms, &mapping);

    if (err != 0)
        return err;
    err = snapshot_check(mapping.memory, mapping.bytes);
    if (err != 0) {
        mapping_close(mapping.memory, mapping.bytes);
        return err;
    }
    *out = (struct snapshot){mapping.memory, mapping.bytes};
    return 0;
}

void snapshot_close(struct snapshot *snapshot)
{
    mapping_close(snapshot->header, snapshot->bytes);
    *snapshot = (struct snapshot){0};
}

uint64_t snapshot_fnv(uint64_t state, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < len; i++)
        state = (state ^ at[i]) * FNV_PRIME;
    return state;
}

uint64_t snapshot_hash_slug(struct span slug)
{
    return snapshot_fnv(SNAPSHOT_FNV_START, slug.ptr, slug.len);
}

static uint64_t checksum_word(uint64_t state, uint64_t word)
{
    state = (state ^ word) * FNV_PRIME;
    return state ^ state >> 32;
}

uint64_t snapshot_checksum(const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    uint64_t state = SNAPSHOT_FNV_START ^ len;
    uint64_t word;
    size_t done = 0;

    for (; len - done >= sizeof(word); done += sizeof(word)) {
        memcpy(&word, at + done, sizeof(word));
        state = checksum_word(state, word);
    }
    if (done < len) {
        word = 0;
        memcpy(&word, at + done, len - done);
        state = checksum_word(state, word);
    }
    return state;
}

uint32_t snapshot_find_model(const struct snapshot *snapshot, struct span slug)
{
    uint64_t hash = snapshot_hash_slug(slug);
    const uint32_t *slots = snapshot_table(snapshot, SNAPSHOT_MODEL_SLOTS);
    uint32_t mask = snapshot_rows(snapshot, SNAPSHOT_MODEL_SLOTS) - 1;

    for (uint32_t slot = (uint32_t)hash & mask; slots[slot] != ROW_NONE; slot = (slot + 1) & mask) {
        const struct model_row *model = snapshot_model(snapshot, slots[slot]);

        if (model->slug_hash == hash && span_equal(snapshot_bytes(snapshot, model->slug), slug))
            return slots[slot];
    }
    return ROW_NONE;
}

uint32_t snapshot_find_key(const struct snapshot *snapshot, const struct digest *digest)
{
    const uint32_t *slots = snapshot_table(snapshot, SNAPSHOT_KEY_SLOTS);
    uint32_t mask = snapshot_rows(snapshot, SNAPSHOT_KEY_SLOTS) - 1;
    uint32_t slot = (uint32_t)digest_prefix(digest) & mask;

    for (; slots[slot] != ROW_NONE; slot = (slot + 1) & mask) {
        if (digest_equal(&snapshot_key(snapshot, slots[slot])->digest, digest))
            return slots[slot];
    }
    return ROW_NONE;
}

const struct cell_row *snapshot_find_cell(const struct snapshot *snapshot,
                                          const struct digest *identity)
{
    uint32_t low = 0;
    uint32_t high = snapshot_rows(snapshot, SNAPSHOT_CELLS);

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct cell_row *row = SNAPSHOT_ROW(snapshot, CELLS, struct cell_row, middle);
        int order = memcmp(row->identity.bytes, identity->bytes, DIGEST_BYTES);

        if (order == 0)
            return row;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
