#include "lib/wire/json_watch.h"

#include "lib/base/invariant.h"
#include "lib/wire/bytes.h"

void json_watch_init(struct json_scan *scan, const struct json_path *paths, uint32_t path_count)
{
    INVARIANT(path_count <= JSON_PATHS_MAX);
    scan->paths = paths;
    for (uint32_t i = 0; i < path_count; i++) {
        unsigned keys = 1;

        while (keys < JSON_PATH_DEPTH_MAX && paths[i].keys[keys] != NULL)
            keys++;
        scan->ending[keys] |= 1U << i;
        scan->matching[0] |= 1U << i;
    }
}

void json_watch_enter(struct json_scan *scan)
{
    if (scan->depth <= JSON_PATH_DEPTH_MAX)
        scan->matching[scan->depth] = 0;
}

void json_watch_begin_key(struct json_scan *scan)
{
    unsigned depth = scan->depth;

    scan->key_bytes = 0;
    scan->candidates = 0;
    scan->candidates_inexact = 0;
    if (depth <= JSON_PATH_DEPTH_MAX)
        scan->candidates = scan->matching[depth - 1] & ~scan->ending[depth - 1];
}

/** Drops the candidates that do not have `c` next; no path holds a NUL. */
static void match_byte(struct json_scan *scan, char c)
{
    for (uint32_t left = scan->candidates; left != 0; left &= left - 1) {
        unsigned path = (unsigned)__builtin_ctz(left);
        char wanted = scan->paths[path].keys[scan->depth - 1][scan->key_bytes];

        if (wanted == c && c != '\0')
            continue;
        if (wanted != '\0' && bytes_lower(wanted) == bytes_lower(c))
            scan->candidates_inexact |= 1U << path;
        else
            scan->candidates &= ~(1U << path);
    }
    scan->key_bytes++;
}

void json_watch_key_text(struct json_scan *scan, const char *begin, const char *end)
{
    while (scan->candidates != 0 && begin != end)
        match_byte(scan, *begin++);
}

void json_watch_key_unit(struct json_scan *scan, unsigned unit)
{
    if (scan->candidates == 0)
        return;
    /* Keys of paths are ASCII: what is not matches none. */
    if (unit < 0x80)
        match_byte(scan, (char)unit);
    else
        scan->candidates = 0;
}

void json_watch_end_key(struct json_scan *scan)
{
    unsigned depth = scan->depth;
    uint32_t whole = 0;

    if (depth > JSON_PATH_DEPTH_MAX)
        return;
    for (uint32_t left = scan->candidates; left != 0; left &= left - 1) {
        unsigned path = (unsigned)__builtin_ctz(left);

        if (scan->paths[path].keys[depth - 1][scan->key_bytes] == '\0')
            whole |= 1U << path;
    }
    scan->candidates = 0;
    scan->matching[depth] = whole;
    scan->inexact[depth] = (scan->inexact[depth - 1] | scan->candidates_inexact) & whole;
}

void json_watch_name(const struct json_scan *scan, struct json_hit *hit)
{
    uint32_t paths = json_watch_here(scan);
    uint32_t exact = paths & ~scan->inexact[scan->depth];

    hit->path = (uint32_t)__builtin_ctz(exact != 0 ? exact : paths);
    hit->exact = exact != 0;
}
