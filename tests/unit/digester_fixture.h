/** A digester for tests: give open_digester() and close_digester() as setup and teardown. */
#ifndef WEIR_TESTS_DIGESTER_FIXTURE_H
#define WEIR_TESTS_DIGESTER_FIXTURE_H

#include "lib/base/digest.h"

#include <stddef.h>

static struct digester *digester;

static inline int open_digester(void **state)
{
    (void)state;
    digester = digester_new();
    return digester == NULL ? -1 : 0;
}

static inline int close_digester(void **state)
{
    (void)state;
    digester_free(&digester);
    return 0;
}

#endif
