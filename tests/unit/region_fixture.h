/**
 * A region for every test that is listed as REGION_TEST(), or for a group with open_region() and
 * close_region() as its setup and teardown: the state is a struct region of REGION_BYTES.
 */
#ifndef WEIR_TESTS_REGION_FIXTURE_H
#define WEIR_TESTS_REGION_FIXTURE_H

#include "lib/wire/json_tape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { REGION_BYTES = 1024 * 1024, REGION_NODES_MAX = 100 * 1000 };

static inline int open_region(void **state)
{
    static struct region region;

    *state = &region;
    return region_init(&region, REGION_BYTES);
}

static inline int close_region(void **state)
{
    region_close(*state);
    return 0;
}

#define REGION_TEST(name) cmocka_unit_test_setup_teardown(name, open_region, close_region)

/** The text's nodes, in the region; a text that is no JSON fails the test. */
static inline const struct json_node *read_json(struct region *region, struct span json)
{
    const struct json_node *root;

    if (json_tape_read(region, json, JSON_DEPTH_MAX, REGION_NODES_MAX, &root) != 0)
        fail_msg("no JSON: %.*s", SPAN_FMT(json));
    return root;
}

static inline void assert_span(struct span got, const char *wanted)
{
    const struct span text = span_of(wanted);

    if (!span_equal(got, text))
        fail_msg("'%.*s' is not '%.*s'", SPAN_FMT(got), SPAN_FMT(text));
}

#endif
