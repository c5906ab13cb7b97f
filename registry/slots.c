#include "registry/slots.h"

#include "lib/base/err.h"

enum {
    ROWS_MAX = 1 << 28,
    DOUBLINGS_MAX = 3, /* of a table in which a row lies too far from home */
};

static bool place(uint32_t *slots, uint32_t mask, uint64_t hash, uint32_t row)
{
    uint32_t slot = (uint32_t)hash & mask;

    for (uint32_t probe = 0; probe <= LAYOUT_PROBES_MAX; probe++) {
        if (slots[slot] == ROW_NONE) {
            slots[slot] = row;
            return true;
        }
        slot = (slot + 1) & mask;
    }
    return false;
}

static bool fill(uint32_t *slots, uint32_t slot_count, const uint64_t *hashes, uint32_t rows)
{
    memset(slots, 0xff, slot_count * sizeof(*slots));
    for (uint32_t row = 0; row < rows; row++) {
        if (!place(slots, slot_count - 1, hashes[row], row))
            return false;
    }
    return true;
}

int slots_build(struct build *build, enum snapshot_table table, const uint64_t *hashes,
                uint32_t rows)
{
    uint32_t slot_count = 1;

    if (rows > ROWS_MAX)
        return ERR_NO_MEMORY;
    while (slot_count < 2 * rows)
        slot_count *= 2;
    for (uint32_t doubling = 0; doubling <= DOUBLINGS_MAX; doubling++) {
        uint32_t *slots = build_take_rows(build, table, slot_count);

        if (slots == NULL)
            return ERR_NO_MEMORY;
        if (fill(slots, slot_count, hashes, rows))
            return 0;
        slot_count *= 2;
    }
    return ERR_NO_SPACE;
}
