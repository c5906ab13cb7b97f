#include "registry/list.h"

#include "lib/base/invariant.h"

#include <stdlib.h>

enum { ROOM_MIN = 16 };

static bool grow(struct list *list)
{
    if (list->room > UINT32_MAX / 2)
        return false;

    uint32_t room = list->room == 0 ? ROOM_MIN : list->room * 2;
    char *rows = reallocarray(list->rows, room, list->row_bytes);
    if (rows == NULL)
        return false;
    list->rows = rows;
    list->room = room;
    return true;
}

void *list_add(struct list *list)
{
    INVARIANT(list->row_bytes > 0);
    if (list->count == list->room && !grow(list))
        return NULL;

    void *row = list->rows + list->count * list->row_bytes;
    memset(row, 0, list->row_bytes);
    list->count++;
    return row;
}

void *list_copy(const struct list *list, struct arena *arena)
{
    size_t bytes = list->count * list->row_bytes;

    if (bytes == 0)
        return NULL;
    void *copy = arena_take(arena, bytes);
    if (copy != NULL)
        memcpy(copy, list->rows, bytes);
    return copy;
}

void list_clear(struct list *list)
{
    list->count = 0;
}

void list_close(struct list *list)
{
    free(list->rows);
    list->rows = NULL;
    list->count = 0;
    list->room = 0;
}
