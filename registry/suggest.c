#include "registry/suggest.h"

#include <stdio.h>

enum { DISTANCE_MAX = 3 };

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

struct suggestion suggestion_begin(struct span wanted)
{
    uint32_t third = (uint32_t)(wanted.len < SUGGEST_BYTES_MAX ? wanted.len : SUGGEST_BYTES_MAX) /
                     3;

    /* One more than is accepted: an offer must be nearer than what is there. */
    return (struct suggestion){wanted, {NULL, 0}, least(third, DISTANCE_MAX) + 1};
}

static char folded(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return c;
}

/*
 * Insertions, deletions, substitutions and swaps of neighbours, letter case aside; `limit` when it
 * is not less. Three rows of the usual table.
 */
static uint32_t distance(struct span a, struct span b, uint32_t limit)
{
    uint32_t rows[3][SUGGEST_BYTES_MAX + 1];
    uint32_t *before = rows[0];
    uint32_t *last = rows[1];
    uint32_t *now = rows[2];

    for (uint32_t j = 0; j <= b.len; j++)
        last[j] = j;
    memset(before, 0, sizeof(rows[0]));
    for (uint32_t i = 1; i <= a.len; i++) {
        uint32_t nearest = now[0] = i;

        for (uint32_t j = 1; j <= b.len; j++) {
            char x = folded(a.ptr[i - 1]);
            char y = folded(b.ptr[j - 1]);

            now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + (x == y ? 0 : 1));
            if (i > 1 && j > 1 && x == folded(b.ptr[j - 2]) && folded(a.ptr[i - 2]) == y)
                now[j] = least(now[j], before[j - 2] + 1);
            nearest = least(nearest, now[j]);
        }
        if (nearest >= limit)
            return limit;
        uint32_t *unused = before;
        before = last;
        last = now;
        now = unused;
    }
    return least(last[b.len], limit);
}

void suggestion_offer(struct suggestion *suggestion, struct span candidate)
{
    struct span wanted = suggestion->wanted;
    size_t longer = wanted.len > candidate.len ? wanted.len - candidate.len
                                               : candidate.len - wanted.len;

    if (longer >= suggestion->distance || wanted.len > SUGGEST_BYTES_MAX ||
        candidate.len > SUGGEST_BYTES_MAX)
        return;
    uint32_t found = distance(wanted, candidate, suggestion->distance);
    if (found < suggestion->distance) {
        suggestion->distance = found;
        suggestion->best = candidate;
    }
}

const char *suggestion_hint(const struct suggestion *suggestion, char *memory, size_t bytes)
{
    if (suggestion->best.len == 0)
        return "";
    (void)snprintf(memory, bytes, "did you mean \"%.*s\"?", SPAN_FMT(suggestion->best));
    return memory;
}
