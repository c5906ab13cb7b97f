#include "registry/intern.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "shm/snapshot.h"

enum { FIRST_ROOM = 64, ROOM_MAX = 1 << 30 };

void intern_init(struct intern *intern, struct arena *arena, size_t row_bytes)
{
    *intern = (struct intern){.arena = arena, .row_bytes = row_bytes};
}

const void *intern_row(const struct intern *intern, uint32_t number)
{
    INVARIANT(number < intern->count);
    return intern->rows + number * intern->row_bytes;
}

static uint32_t *find_slot(const struct intern *intern, const void *row, uint64_t hash)
{
    uint32_t slot = (uint32_t)hash & (intern->slot_count - 1);

    for (; intern->slots[slot] != ROW_NONE; slot = (slot + 1) & (intern->slot_count - 1)) {
        uint32_t number = intern->slots[slot];

        if (intern->hashes[number] == hash &&
            memcmp(intern_row(intern, number), row, intern->row_bytes) == 0)
            break;
    }
    return &intern->slots[slot];
}

static void fill_slots(struct intern *intern)
{
    memset(intern->slots, 0xff, intern->slot_count * sizeof(*intern->slots));
    for (uint32_t number = 0; number < intern->count; number++)
        *find_slot(intern, intern_row(intern, number), intern->hashes[number]) = number;
}

static int grow(struct intern *intern)
{
    uint32_t room = intern->room == 0 ? FIRST_ROOM : intern->room * 2;

    if (room > ROOM_MAX)
        return ERR_NO_MEMORY;
    /* One byte more, so that rows of no bytes have a place too. */
    char *rows = arena_take(intern->arena, room * intern->row_bytes + 1);
    uint64_t *hashes = arena_take(intern->arena, room * sizeof(*hashes));
    uint32_t *slots = arena_take(intern->arena, 2 * sizeof(*slots) * room);

    if (rows == NULL || hashes == NULL || slots == NULL)
        return ERR_NO_MEMORY;
    if (intern->count != 0) {
        memcpy(rows, intern->rows, intern->count * intern->row_bytes);
        memcpy(hashes, intern->hashes, intern->count * sizeof(*hashes));
    }
    intern->rows = rows;
    intern->hashes = hashes;
    intern->slots = slots;
    intern->room = room;
    intern->slot_count = 2 * room;
    fill_slots(intern);
    return 0;
}

int intern_add(struct intern *intern, const void *row, uint32_t *number)
{
    uint64_t hash = snapshot_checksum(row, intern->row_bytes);

    if (intern->count == intern->room) {
        int err = grow(intern);

        if (err != 0)
            return err;
    }
    uint32_t *slot = find_slot(intern, row, hash);
    if (*slot == ROW_NONE) {
        memcpy(intern->rows + intern->count * intern->row_bytes, row, intern->row_bytes);
        intern->hashes[intern->count] = hash;
        *slot = intern->count++;
    }
    *number = *slot;
    return 0;
}
