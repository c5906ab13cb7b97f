/** How long things took, by the microsecond. */
#ifndef WEIR_TESTS_BENCH_AGES_H
#define WEIR_TESTS_BENCH_AGES_H

#include <stdint.h>

enum { AGE_US_MAX = 200000 };

struct ages {
    uint64_t counted;
    uint32_t by_us[AGE_US_MAX + 1]; /* the last one holds all that are older */
};

void ages_add(struct ages *ages, uint64_t begin_ns, uint64_t end_ns);

/** In microseconds; `per_mille` of 500 is the median. */
uint64_t ages_percentile(const struct ages *ages, uint64_t per_mille);

#endif
