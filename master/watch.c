#include "master/watch.h"

#include "lib/base/invariant.h"

#include <limits.h>

void watch_begin(struct watch_set *set, struct monotime until)
{
    set->count = 0;
    set->until = until;
}

void watch_add(struct watch_set *set, int fd, watch_fn *fn, void *ctx, uint32_t number)
{
    if (fd < 0)
        return;
    INVARIANT(set->count < WATCH_MAX);
    set->fds[set->count] = (struct pollfd){.fd = fd, .events = POLLIN};
    set->callers[set->count].fn = fn;
    set->callers[set->count].ctx = ctx;
    set->callers[set->count].number = number;
    set->count++;
}

void watch_turn(struct watch_set *set)
{
    uint64_t wait_ms = monotime_until(monotime_now(), set->until);
    int timeout = wait_ms > INT_MAX ? INT_MAX : (int)wait_ms;

    if (poll(set->fds, set->count, timeout) <= 0)
        return;
    for (uint32_t i = 0; i < set->count; i++) {
        if (set->fds[i].revents != 0)
            set->callers[i].fn(set->callers[i].ctx, set->callers[i].number);
    }
}
