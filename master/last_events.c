#include "master/last_events.h"

#include "lib/base/invariant.h"
#include "lib/base/text.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    EVENT_BYTES_MAX = 62, /* with what stands between two */
    REQUEST_DIGITS = 12,  /* of the number, at the end of a request's id */
};

_Static_assert((int)LAST_EVENTS_MAX *(int)EVENT_BYTES_MAX < (int)LAST_EVENTS_BYTES, "all fit");

/* Which request, generation, or nothing: what the number of an event means. */
static int print_event(uint64_t what, uint64_t number, uint64_t age_ms, char *out)
{
    const char *word = state_black_box_word(what);
    int len;

    if (what == BLACK_BOX_GENERATION)
        len = snprintf(out, EVENT_BYTES_MAX, "%s %" PRIu64 " %" PRIu64 " ms ago", word, number,
                       age_ms);
    else if (what == BLACK_BOX_DRAIN)
        len = snprintf(out, EVENT_BYTES_MAX, "%s %" PRIu64 " ms ago", word, age_ms);
    else
        len = snprintf(out, EVENT_BYTES_MAX, "%s %0*" PRIx64 " %" PRIu64 " ms ago", word,
                       REQUEST_DIGITS, number, age_ms);
    INVARIANT(len > 0 && len < EVENT_BYTES_MAX);
    return len;
}

size_t last_events_print(const struct worker_slot *slot, const struct last_events_span *life,
                         char out[static LAST_EVENTS_BYTES])
{
    uint64_t next = atomic_load(&slot->black_box_next);
    size_t len = 0;

    out[0] = '\0';
    for (uint64_t i = 1; i <= LAST_EVENTS_MAX && i <= next; i++) {
        const struct black_box_event *event = &slot->black_box[(next - i) % STATE_BLACK_BOX_EVENTS];
        uint64_t when_ms = atomic_load(&event->when_ms);
        uint64_t what = atomic_load(&event->what);

        if (when_ms < life->from.ms || when_ms > life->until.ms)
            break;
        if (len > 0) {
            memcpy(out + len, ", ", 2);
            len += 2;
        }
        len += (size_t)print_event(what >> STATE_BLACK_BOX_SHIFT, what & STATE_BLACK_BOX_REQUEST,
                                   life->until.ms - when_ms, out + len);
    }
    return len;
}
