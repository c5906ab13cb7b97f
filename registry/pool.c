#include "registry/pool.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"

enum { FIRST_ROOM_BYTES = 64 * 1024 };

static bool grow(struct pool *pool, size_t room)
{
    char *grown = arena_take(pool->arena, room);

    if (grown == NULL)
        return false;
    if (pool->len != 0)
        memcpy(grown, pool->bytes, pool->len);
    pool->bytes = grown;
    pool->room = room;
    return true;
}

char *pool_reserve(struct pool *pool, size_t bytes)
{
    size_t room = pool->room == 0 ? FIRST_ROOM_BYTES : pool->room;

    if (pool->err != 0)
        return NULL;
    if (bytes > POOL_BYTES_MAX - pool->len) {
        pool->err = ERR_NO_MEMORY;
        return NULL;
    }
    while (room - pool->len < bytes)
        room *= 2;
    if (room != pool->room && !grow(pool, room)) {
        pool->err = ERR_NO_MEMORY;
        return NULL;
    }
    return pool->bytes + pool->len;
}

struct ref pool_keep(struct pool *pool, size_t bytes)
{
    struct ref ref = {.offset = pool->len, .len = (uint32_t)bytes};

    INVARIANT(bytes <= pool->room - pool->len);
    pool->len += bytes;
    return ref;
}

struct ref pool_add(struct pool *pool, struct span bytes)
{
    if (bytes.len == 0)
        return (struct ref){0};
    char *at = pool_reserve(pool, bytes.len);
    if (at == NULL)
        return (struct ref){0};
    memcpy(at, bytes.ptr, bytes.len);
    return pool_keep(pool, bytes.len);
}
