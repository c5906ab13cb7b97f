/* The reload's table, and what the master believes of a loader's result. */
#include "lib/base/err.h"
#include "master/loader.h"
#include "master/reload.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define STAY(state)                       \
    {                                     \
        RELOAD_##state, RELOAD_DO_NOTHING \
    }
#define GO(state, action)                  \
    {                                      \
        RELOAD_##state, RELOAD_DO_##action \
    }

/* Written down a second time, in the order ASKED UNCHANGED REFUSED LOADED DECIDED. */
static const struct reload_step expected[RELOAD_STATE_COUNT][RELOAD_EVENT_COUNT] = {
    {GO(LOADING, LOAD), STAY(IDLE), STAY(IDLE), STAY(IDLE), STAY(IDLE)},
    {GO(LOADING, QUEUE), GO(IDLE, ANSWER), GO(IDLE, ANSWER), GO(PUBLISHING, PUBLISH),
     STAY(LOADING)},
    {GO(PUBLISHING, QUEUE), STAY(PUBLISHING), STAY(PUBLISHING), STAY(PUBLISHING), GO(IDLE, ANSWER)},
};

static void every_cell_is_as_written(void **state)
{
    (void)state;
    for (int from = 0; from < RELOAD_STATE_COUNT; from++) {
        for (int event = 0; event < RELOAD_EVENT_COUNT; event++) {
            struct reload_step step = reload_step((enum reload_state)from,
                                                  (enum reload_event)event);

            assert_int_equal(step.next, expected[from][event].next);
            assert_int_equal(step.action, expected[from][event].action);
        }
    }
}

static void nothing_is_published_from_a_load_that_did_not_succeed(void **state)
{
    (void)state;
    for (int from = 0; from < RELOAD_STATE_COUNT; from++) {
        for (int event = 0; event < RELOAD_EVENT_COUNT; event++) {
            struct reload_step step = reload_step((enum reload_state)from,
                                                  (enum reload_event)event);

            assert_true((step.action == RELOAD_DO_PUBLISH) ==
                        (from == RELOAD_LOADING && event == RELOAD_EV_LOADED));
        }
    }
}

static struct loader loader_with(int ends[2])
{
    struct loader loader = LOADER_NONE;

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    loader.result_fd = ends[0];
    return loader;
}

static void a_result_arrives_with_the_descriptors_that_it_has(void **state)
{
    static const struct {
        int err;
        bool unchanged;
        bool report;
        unsigned generation; /* how many of its descriptors */
        int expected;
    } rows[] = {
        {0, false, false, 3, 0},
        {0, false, true, 3, 0},
        {0, true, false, 0, 0},
        {0, true, true, 0, 0},
        {ERR_CONFIG, false, true, 0, 0},
        {ERR_NO_MEMORY, false, false, 0, 0},
        {0, false, false, 0, ERR_CORRUPT},
        {0, false, true, 0, ERR_CORRUPT},
        {0, true, false, 3, ERR_CORRUPT},
        {ERR_CONFIG, false, true, 3, ERR_CORRUPT},
        {ERR_CONFIG, true, false, 0, ERR_CORRUPT},
        {1, false, false, 0, ERR_CORRUPT},
        {0, false, false, 2, ERR_CORRUPT},
    };
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int ends[2];
        struct loader loader = loader_with(ends);
        struct loader_result got;
        struct loader_result sent = {
            .err = rows[i].err,
            .errors = 3,
            .warnings = 5,
            .unchanged = rows[i].unchanged,
            .report_fd = rows[i].report ? null : -1,
            .snapshot_fd = rows[i].generation > 0 ? null : -1,
            .secrets_fd = rows[i].generation > 1 ? null : -1,
            .accounts_fd = rows[i].generation > 2 ? null : -1,
        };

        assert_int_equal(loader_receive(&loader, &got), ERR_AGAIN);
        assert_int_equal(loader_answer(ends[1], &sent), 0);
        assert_int_equal(loader_receive(&loader, &got), rows[i].expected);
        if (rows[i].expected == 0) {
            assert_int_equal(got.err, sent.err);
            assert_int_equal(got.errors, 3);
            assert_int_equal(got.warnings, 5);
            assert_int_equal(got.unchanged, sent.unchanged);
        }
        assert_true((got.report_fd >= 0) == (rows[i].expected == 0 && rows[i].report));
        assert_true((got.snapshot_fd >= 0) == (rows[i].expected == 0 && rows[i].generation > 0));
        assert_true((got.secrets_fd >= 0) == (rows[i].expected == 0 && rows[i].generation > 0));
        assert_true((got.accounts_fd >= 0) == (rows[i].expected == 0 && rows[i].generation > 0));
        loader_discard(&got);
        close(ends[1]);
        assert_int_equal(loader_receive(&loader, &got), ERR_NOT_FOUND);
        loader_stop(&loader);
        loader_stop(&loader);
    }
    close(null);
}

static void a_result_of_another_form_is_not_believed(void **state)
{
    int ends[2];
    struct loader loader = loader_with(ends);
    struct loader_result got;
    char bytes[64] = {0};

    (void)state;
    for (size_t len = 1; len <= sizeof(bytes); len++) {
        assert_int_equal(send(ends[1], bytes, len, 0), (ssize_t)len);
        assert_int_equal(loader_receive(&loader, &got), ERR_CORRUPT);
    }
    close(ends[1]);
    loader_stop(&loader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell_is_as_written),
        cmocka_unit_test(nothing_is_published_from_a_load_that_did_not_succeed),
        cmocka_unit_test(a_result_arrives_with_the_descriptors_that_it_has),
        cmocka_unit_test(a_result_of_another_form_is_not_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
