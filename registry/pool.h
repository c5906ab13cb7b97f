/** Bytes that a snapshot refers to, in one growing piece; refs hold offsets into it until sealed. */
#ifndef WEIR_REGISTRY_POOL_H
#define WEIR_REGISTRY_POOL_H

#include "lib/base/arena.h"
#include "shm/rows.h"

#define POOL_BYTES_MAX ((size_t)1 << 31)

/**
 * The first failure sticks: add freely, test `err` once at the end. Zeroed but for its arena it is
 * empty; what it outgrows stays in the arena.
 */
struct pool {
    struct arena *arena;
    char *bytes;
    size_t len;
    size_t room;
    int err; /* 0 or ERR_NO_MEMORY */
};

/** A copy of `bytes`; empty bytes take no place. */
struct ref pool_add(struct pool *pool, struct span bytes);

/**
 * At least `bytes` free bytes after those in use, valid until the next call. What was written
 * there counts only after pool_keep().
 *
 * @return NULL at POOL_BYTES_MAX or when the arena is full
 */
char *pool_reserve(struct pool *pool, size_t bytes);

/** Take the first `bytes` of what pool_reserve() gave. */
struct ref pool_keep(struct pool *pool, size_t bytes);

#endif
