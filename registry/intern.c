#include "registry/intern.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "shm/snapshot.h"

#include <stdlib.h>

enum { FIRST_ROOM = 64, ROOM_MAX = 1 << 30 };

void intern_init(struct intern *intern, size_t row_bytes)
{
    *intern = (struct intern){.row_bytes = row_bytes};
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

static int grow_slots(struct intern *intern, uint32_t slot_count)
{
    uint32_t *slots = malloc(slot_count * sizeof(*slots));

    if (slots == NULL)
        return ERR_NO_MEMORY;
    memset(slots, 0xff, slot_count * sizeof(*slots));
    free(intern->slots);
    intern->slots = slots;
    intern->slot_count = slot_count;
    for (uint32_t number = 0; number < intern->count; number++)
        *find_slot(intern, intern_row(intern, number), intern->hashes[number]) = number;
    return 0;
}

static int grow(struct intern *intern)
{
    uint32_t room = intern->room == 0 ? FIRST_ROOM : intern->room * 2;

    if (room > ROOM_MAX)
        return ERR_NO_MEMORY;
    /* One byte more, so that rows of no bytes have a place too. */
    char *rows = realloc(intern->rows, room * intern->row_bytes + 1);
    if (rows == NULL)
        return ERR_NO_MEMORY;
    intern->rows = rows;
    uint64_t *hashes = realloc(intern->hashes, room * sizeof(*hashes));
    if (hashes == NULL)
        return ERR_NO_MEMORY;
    intern->hashes = hashes;
    intern->room = room;
    return grow_slots(intern, room * 2);
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

void intern_close(struct intern *intern)
{
    free(intern->rows);
    free(intern->hashes);
    free(intern->slots);
    *intern = (struct intern){0};
}
