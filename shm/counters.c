#include "shm/counters.h"

#include "lib/base/invariant.h"

static const char *const counter_names[COUNTER_COUNT] = {
#define X(name, sentence) #name,
    COUNTER_MAP(X)
#undef X
};

static const char *const gauge_names[GAUGE_COUNT] = {
#define X(name, sentence) #name,
    GAUGE_MAP(X)
#undef X
};

const char *counters_name(enum counter which)
{
    INVARIANT(which < COUNTER_COUNT);
    return counter_names[which];
}

const char *counters_gauge_name(enum gauge which)
{
    INVARIANT(which < GAUGE_COUNT);
    return gauge_names[which];
}
