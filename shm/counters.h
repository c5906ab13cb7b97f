/**
 * Counters of a worker: written by that worker alone, read by anybody who maps the state segment.
 *
 * X(name, sentence); counts since the state segment was made, over all workers that had the slot.
 */
#ifndef WEIR_SHM_COUNTERS_H
#define WEIR_SHM_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

#define COUNTER_MAP(X)                                                                \
    X(connections_accepted, "client connections accepted")                            \
    X(connections_refused, "client connections closed at the limit")                  \
    X(requests, "requests whose head was complete")                                   \
    X(requests_malformed, "requests refused before they had a route")                 \
    X(responses_2xx, "answers with a 2xx status")                                     \
    X(responses_3xx, "answers with a 3xx status")                                     \
    X(responses_4xx, "answers with a 4xx status")                                     \
    X(responses_5xx, "answers with a 5xx status")                                     \
    X(listings, "listings and single models answered")                                \
    X(signins, "browsers signed in")                                                  \
    X(signins_refused, "keys refused in the form for signing in")                     \
    X(calls, "upstream calls started")                                                \
    X(attempts, "attempts of them: one each, and those that followed a failed one")   \
    X(attempts_translated, "attempts in another protocol than the client's")          \
    X(breakers_opened, "deployments taken out of use after failures in a row")        \
    X(comments, "keep-alive comments in streams that were silent")                    \
    X(calls_completed, "upstream calls whose answer was complete")                    \
    X(calls_truncated, "upstream calls cut short by the upstream or a timer")         \
    X(calls_client_gone, "upstream calls ended because the client went away")         \
    X(calls_failed, "upstream calls that gave no answer")                             \
    X(calls_revoked, "calls ended because their key works no more")                   \
    X(usage_seen, "upstream answers that told their usage")                           \
    X(input_tokens, "input tokens that providers reported")                           \
    X(output_tokens, "output tokens that providers reported")                         \
    X(body_memory_refused, "requests refused because limits.body_memory was used up") \
    X(held, "times an upstream was paused for a slow client")                         \
    X(generations_adopted, "generations this worker switched to")

enum counter {
#define X(name, sentence) COUNTER_##name,
    COUNTER_MAP(X) COUNTER_COUNT,
#undef X
};

/** Gauges: what is open now. Same rules. */
#define GAUGE_MAP(X)                               \
    X(connections_open, "client connections open") \
    X(calls_open, "upstream calls open")           \
    X(body_bytes, "request body bytes held")       \
    X(generations_held, "generations mapped")

enum gauge {
#define X(name, sentence) GAUGE_##name,
    GAUGE_MAP(X) GAUGE_COUNT,
#undef X
};

struct counters {
    _Atomic uint64_t counters[COUNTER_COUNT];
    _Atomic uint64_t gauges[GAUGE_COUNT];
};

/** One writer: a plain load and store, no locked instruction. */
static inline void counters_add(struct counters *to, enum counter which, uint64_t amount)
{
    uint64_t before = atomic_load_explicit(&to->counters[which], memory_order_relaxed);

    atomic_store_explicit(&to->counters[which], before + amount, memory_order_relaxed);
}

static inline void counters_set(struct counters *to, enum gauge which, uint64_t value)
{
    atomic_store_explicit(&to->gauges[which], value, memory_order_relaxed);
}

/** "connections_accepted" …; never NULL below COUNTER_COUNT / GAUGE_COUNT. */
const char *counters_name(enum counter which);
const char *counters_gauge_name(enum gauge which);

#endif
