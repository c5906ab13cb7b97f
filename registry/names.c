#include "registry/names.h"

#include "lib/base/err.h"

enum { SLOTS_MIN = 64, SLOTS_MAX = 1 << 28 };

void names_init(struct names *names, struct arena *arena)
{
    *names = (struct names){.arena = arena};
}

/* FNV-1a, then mixed: the low bits choose the slot and names often differ in their last byte only. */
static uint64_t hash_of(struct span text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.ptr[i]) * UINT64_C(0x100000001b3);
    return (hash ^ (hash >> 32)) * UINT64_C(0x9e3779b97f4a7c15);
}

/* The slot that holds the name, or the empty one where it belongs. */
static uint32_t *probe(const struct names *names, struct span text, uint64_t hash)
{
    uint32_t mask = names->slot_count - 1;

    for (uint32_t at = (uint32_t)(hash >> 32) & mask;; at = (at + 1) & mask) {
        uint32_t *slot = &names->slots[at];

        if (*slot == 0)
            return slot;
        const struct name *name = &names->entries[*slot - 1];
        if (name->hash == hash && span_equal(name->text, text))
            return slot;
    }
}

/* Half of the slots stay empty, so that a probe always ends. */
static bool grow(struct names *names)
{
    struct names next = *names;

    next.slot_count = names->slot_count == 0 ? SLOTS_MIN : names->slot_count * 2;
    if (next.slot_count > SLOTS_MAX)
        return false;
    next.slots = arena_take(names->arena, next.slot_count * sizeof(*next.slots));
    next.entries = arena_take(names->arena, next.slot_count / 2 * sizeof(*next.entries));
    if (next.slots == NULL || next.entries == NULL)
        return false;
    for (uint32_t i = 0; i < names->count; i++) {
        next.entries[i] = names->entries[i];
        *probe(&next, next.entries[i].text, next.entries[i].hash) = i + 1;
    }
    *names = next;
    return true;
}

int names_add(struct names *names, struct span text, struct report_place place, uint32_t *number)
{
    if (names->count == names->slot_count / 2 && !grow(names))
        return ERR_NO_MEMORY;

    uint64_t hash = hash_of(text);
    uint32_t *slot = probe(names, text, hash);
    if (*slot != 0) {
        *number = *slot - 1;
        return ERR_INVALID;
    }
    *number = names->count++;
    *slot = names->count;
    names->entries[*number] = (struct name){text, place, hash};
    return 0;
}

int64_t names_find(const struct names *names, struct span text)
{
    if (names->count == 0)
        return NAME_NONE;
    return (int64_t)*probe(names, text, hash_of(text)) - 1;
}
