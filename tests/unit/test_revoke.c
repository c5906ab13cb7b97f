/* How the steward revokes: the bit first, then the word to the master. */
#include "steward/revoke.h"

#include "lib/base/err.h"
#include "shm/channel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

enum { CELLS = 128, CELL = 77 };

struct scene {
    struct revocations_fds fds;
    struct revocations bits;
    int ends[2]; /* the steward's, the master's */
};

static int set_up(void **state)
{
    static struct scene scene;

    assert_int_equal(revocations_create(CELLS, &scene.fds, &scene.bits), 0);
    assert_int_equal(channel_pair(scene.ends), 0);
    *state = &scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    revocations_close(&scene->bits);
    revocations_close_fds(&scene->fds);
    close(scene->ends[0]);
    if (scene->ends[1] >= 0)
        close(scene->ends[1]);
    return 0;
}

static void a_revocation_is_a_bit_and_a_word(void **state)
{
    struct scene *scene = *state;
    struct channel_message message;

    assert_int_equal(steward_revoke(&scene->bits, scene->ends[0], CELL), 0);
    for (uint32_t cell = 0; cell < CELLS; cell++)
        assert_int_equal(revocations_has(&scene->bits, cell), cell == CELL);
    assert_int_equal(channel_receive(scene->ends[1], &message), 0);
    assert_int_equal(message.word, CHANNEL_REVOKED);
    assert_int_equal(channel_receive(scene->ends[1], &message), ERR_AGAIN);
}

static void a_cell_that_there_is_not_is_refused_and_nothing_is_said(void **state)
{
    struct scene *scene = *state;
    struct channel_message message;

    assert_int_equal(steward_revoke(&scene->bits, scene->ends[0], CELLS), ERR_INVALID);
    assert_int_equal(steward_revoke(&scene->bits, scene->ends[0], UINT32_MAX), ERR_INVALID);
    assert_int_equal(channel_receive(scene->ends[1], &message), ERR_AGAIN);
    assert_int_equal(revocations_changes(&scene->bits), 0);
}

static void a_master_that_does_not_read_or_is_gone_loses_no_revocation(void **state)
{
    struct scene *scene = *state;
    uint32_t cell = 0;
    int err = 0;

    while (err == 0)
        err = steward_revoke(&scene->bits, scene->ends[0], cell = (cell + 1) % CELLS);
    assert_int_equal(err, ERR_AGAIN);
    assert_true(revocations_has(&scene->bits, cell));
    close(scene->ends[1]);
    scene->ends[1] = -1;
    uint64_t before = revocations_changes(&scene->bits);
    assert_int_equal(steward_revoke(&scene->bits, scene->ends[0], 0), ERR_IO);
    assert_true(revocations_has(&scene->bits, 0));
    assert_int_equal(revocations_changes(&scene->bits), before + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_revocation_is_a_bit_and_a_word, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cell_that_there_is_not_is_refused_and_nothing_is_said,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_master_that_does_not_read_or_is_gone_loses_no_revocation,
                                        set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
