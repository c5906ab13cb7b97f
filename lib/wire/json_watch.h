/**
 * Which watched paths the place belongs to where a json_scan stands. Part of json_scan; it keeps
 * its state in the same struct.
 */
#ifndef WEIR_WIRE_JSON_WATCH_H
#define WEIR_WIRE_JSON_WATCH_H

#include "lib/wire/json_scan.h"

/** All paths may match. */
void json_watch_init(struct json_scan *scan, const struct json_path *paths, uint32_t path_count);

/** Inside a container that was just opened: no key has matched in an object, all items in an array. */
void json_watch_enter(struct json_scan *scan, bool is_object);

void json_watch_begin_key(struct json_scan *scan);

/** Bytes of the key that stand for themselves; only while there are candidates. */
void json_watch_key_text(struct json_scan *scan, const char *begin, const char *end);

/** A UTF-16 unit of the key that was escaped. */
void json_watch_key_unit(struct json_scan *scan, unsigned unit);

void json_watch_end_key(struct json_scan *scan);

/** Paths that name the value at the current depth, a bit each. */
static inline uint32_t json_watch_here(const struct json_scan *scan)
{
    if (scan->depth > JSON_PATH_DEPTH_MAX)
        return 0;
    return scan->matching[scan->depth] & scan->ending[scan->depth];
}

/** Path and exactness of the value at the current depth, which is watched. */
void json_watch_name(const struct json_scan *scan, struct json_hit *hit);

#endif
