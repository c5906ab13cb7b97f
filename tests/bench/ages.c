#include "tests/bench/ages.h"

enum { NS_PER_US = 1000 };

void ages_add(struct ages *ages, uint64_t begin_ns, uint64_t end_ns)
{
    uint64_t age_us = (end_ns - begin_ns) / NS_PER_US;

    ages->by_us[age_us > AGE_US_MAX ? AGE_US_MAX : age_us]++;
    ages->counted++;
}

uint64_t ages_percentile(const struct ages *ages, uint64_t per_mille)
{
    uint64_t wanted = ages->counted * per_mille / 1000;
    uint64_t passed = 0;

    for (uint64_t us = 0; us < AGE_US_MAX; us++) {
        passed += ages->by_us[us];
        if (passed > wanted)
            return us;
    }
    return AGE_US_MAX;
}
