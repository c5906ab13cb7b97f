/** Time: monotonic for every deadline, wall clock only for dates that people or files give. */
#ifndef WEIR_BASE_CLOCK_H
#define WEIR_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/** A point of CLOCK_BOOTTIME in milliseconds; a type of its own so that it never mixes with dates. */
struct monotime {
    uint64_t ms;
};

static inline struct monotime monotime_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (struct monotime){(uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000};
}

static inline struct monotime monotime_after(struct monotime from, uint64_t delay_ms)
{
    return (struct monotime){from.ms + delay_ms};
}

static inline bool monotime_reached(struct monotime now, struct monotime deadline)
{
    return now.ms >= deadline.ms;
}

/** Milliseconds until `deadline`, 0 when it has passed. */
static inline uint64_t monotime_until(struct monotime now, struct monotime deadline)
{
    return deadline.ms > now.ms ? deadline.ms - now.ms : 0;
}

/** Seconds since 1970, UTC. */
static inline int64_t wall_now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec;
}

#endif
