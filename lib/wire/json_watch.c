#include "lib/wire/json_watch.h"

#include "lib/base/invariant.h"
#include "lib/wire/bytes.h"

/** A letter's bit, the same for both cases; other bytes share them. */
static uint32_t initial_of(char c)
{
    return 1U << (c & 0x1F);
}

void json_watch_init(struct json_scan *scan, const struct json_path *paths, uint32_t path_count)
{
    INVARIANT(path_count <= JSON_PATHS_MAX);
    scan->paths = paths;
    for (uint32_t i = 0; i < path_count; i++) {
        unsigned keys = 0;

        for (; keys < JSON_PATH_DEPTH_MAX && paths[i].keys[keys] != NULL; keys++) {
            scan->initials[keys] |= initial_of(paths[i].keys[keys][0]);
            if (strcmp(paths[i].keys[keys], JSON_EACH_ITEM) == 0)
                scan->items[keys] |= 1U << i;
        }
        scan->ending[keys] |= 1U << i;
        scan->matching[0] |= 1U << i;
    }
}

void json_watch_enter(struct json_scan *scan, bool is_object)
{
    unsigned depth = scan->depth;

    if (depth > JSON_PATH_DEPTH_MAX)
        return;
    scan->matching[depth] = 0;
    if (!is_object) {
        scan->matching[depth] = scan->matching[depth - 1] & scan->items[depth - 1];
        scan->inexact[depth] = scan->inexact[depth - 1];
    }
}

void json_watch_begin_key(struct json_scan *scan)
{
    unsigned depth = scan->depth;

    scan->key_bytes = 0;
    scan->candidates = 0;
    scan->candidates_inexact = 0;
    if (depth <= JSON_PATH_DEPTH_MAX)
        scan->candidates = scan->matching[depth - 1] & ~scan->ending[depth - 1] &
                           ~scan->items[depth - 1];
}

enum match { MATCH_EXACT, MATCH_INEXACT, MATCH_NONE };

/** Does the key go on with these bytes? No path holds a NUL. */
static enum match match_text(const char *wanted, const char *begin, const char *end)
{
    enum match match = MATCH_EXACT;

    for (; begin != end; begin++, wanted++) {
        if (*wanted == *begin && *begin != '\0')
            continue;
        if (*wanted == '\0' || bytes_lower(*wanted) != bytes_lower(*begin))
            return MATCH_NONE;
        match = MATCH_INEXACT;
    }
    return match;
}

void json_watch_key_text(struct json_scan *scan, const char *begin, const char *end)
{
    unsigned level = scan->depth - 1U;

    if (begin == end)
        return;
    /* Most keys are nobody's: their first letter tells. */
    if (scan->key_bytes == 0 && (scan->initials[level] & initial_of(*begin)) == 0) {
        scan->candidates = 0;
        return;
    }
    for (uint32_t left = scan->candidates; left != 0; left &= left - 1) {
        unsigned path = (unsigned)__builtin_ctz(left);
        enum match match = match_text(scan->paths[path].keys[level] + scan->key_bytes, begin, end);

        if (match == MATCH_NONE)
            scan->candidates &= ~(1U << path);
        if (match == MATCH_INEXACT)
            scan->candidates_inexact |= 1U << path;
    }
    /* Past 255 bytes there is no candidate, and what is counted does not matter. */
    scan->key_bytes = (uint8_t)(scan->key_bytes + (end - begin));
}

void json_watch_key_unit(struct json_scan *scan, unsigned unit)
{
    if (scan->candidates == 0)
        return;
    /* Keys of paths are ASCII: what is not matches none. */
    if (unit < 0x80) {
        char c = (char)unit;

        json_watch_key_text(scan, &c, &c + 1);
    } else {
        scan->candidates = 0;
    }
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
    uint32_t exact;

    INVARIANT(paths != 0 && scan->depth <= JSON_PATH_DEPTH_MAX);
    exact = paths & ~scan->inexact[scan->depth];
    hit->path = (uint32_t)__builtin_ctz(exact != 0 ? exact : paths);
    hit->exact = exact != 0;
}
