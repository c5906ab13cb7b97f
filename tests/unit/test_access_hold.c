/* What a call keeps of its key, and when that says that the key works no more. */
#include "lib/access/access.h"
#include "lib/base/err.h"
#include "tests/unit/snapshot_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { BOTH = KEY_SCOPE_LIST | KEY_SCOPE_CALL, NOW_S = 5000 };

static bool is_any(uint32_t set, uint32_t model)
{
    return set != 0 || model != 0;
}

/* A generation with one other key in front, so that numbers and cells move. */
static void build(const struct fixture_key *key, uint32_t others, struct fixture *out)
{
    struct fixture_key keys[2] = {{"another", 1, BOTH, 0}};
    struct fixture_plan plan = {
        .model_count = 3, .keys = keys, .set_count = 2, .is_granted = is_any};

    plan.key_count = others;
    if (key != NULL)
        keys[plan.key_count++] = *key;
    fixture_build(&plan, out);
    assert_int_equal(snapshot_check(out->memory, out->bytes), 0);
}

struct scene {
    struct fixture first;
    struct fixture next;
    struct revocations_fds fds;
    struct revocations revocations;
    struct access_hold hold;
};

static void open_scene(struct scene *scene, const struct fixture_key *key,
                       const struct fixture_key *next, uint32_t others)
{
    const struct access access = {.grant_set = 1, .key = 0};

    build(key, 0, &scene->first);
    build(next, others, &scene->next);
    assert_int_equal(revocations_create(64, &scene->fds, &scene->revocations), 0);
    access_hold(&scene->first.snapshot, &access, &scene->hold);
}

static void close_scene(struct scene *scene)
{
    revocations_close(&scene->revocations);
    revocations_close_fds(&scene->fds);
    fixture_free(&scene->first);
    fixture_free(&scene->next);
}

static int check(const struct scene *scene, int64_t now_s)
{
    return access_check(&scene->hold, &scene->revocations, now_s);
}

static int renew(struct scene *scene)
{
    const struct access_basis basis = {&scene->next.snapshot, &scene->revocations};

    return access_renew(&scene->hold, &basis, NOW_S);
}

static void a_key_works_until_it_is_revoked_or_expires(void **state)
{
    static const struct fixture_key key = {"ours", 1, BOTH, NOW_S};
    struct scene scene;

    (void)state;
    open_scene(&scene, &key, &key, 0);
    assert_int_equal(check(&scene, NOW_S - 1), 0);
    assert_int_equal(check(&scene, NOW_S), ERR_KEY_EXPIRED);
    revocations_set(&scene.revocations, scene.hold.cell ^ 1);
    assert_int_equal(check(&scene, NOW_S - 1), 0);
    revocations_set(&scene.revocations, scene.hold.cell);
    assert_int_equal(check(&scene, NOW_S - 1), ERR_KEY_REVOKED);
    assert_int_equal(check(&scene, NOW_S), ERR_KEY_REVOKED);
    close_scene(&scene);
}

static int renew_as(const struct fixture_key *next, uint32_t others)
{
    static const struct fixture_key key = {"ours", 1, BOTH, 0};
    struct scene scene;

    open_scene(&scene, &key, next->text != NULL ? next : NULL, others);
    int err = renew(&scene);
    close_scene(&scene);
    return err;
}

static void a_newer_generation_decides_anew(void **state)
{
    static const struct {
        const char *what;
        struct fixture_key next; /* without a text: the key is gone */
        int err;
    } rows[] = {
        {"the same", {"ours", 1, BOTH, 0}, 0},
        {"no grant any more", {"ours", 0, BOTH, 0}, 0},
        {"no scope any more", {"ours", 1, 0, 0}, 0},
        {"an end to come", {"ours", 1, BOTH, NOW_S + 1}, 0},
        {"an end that has come", {"ours", 1, BOTH, NOW_S}, ERR_KEY_EXPIRED},
        {"disabled", {"ours", 1, BOTH | KEY_DISABLED, 0}, ERR_KEY_DISABLED},
        {"disabled, expired", {"ours", 1, BOTH | KEY_DISABLED, NOW_S}, ERR_KEY_DISABLED},
        {"revoked", {"ours", 1, BOTH | KEY_DISABLED | KEY_REVOKED, NOW_S}, ERR_KEY_REVOKED},
        {"gone", {NULL, 0, 0, 0}, ERR_UNKNOWN_KEY},
        {"another text", {"theirs", 1, BOTH, 0}, ERR_UNKNOWN_KEY},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int alone = renew_as(&rows[i].next, 0);
        int moved = renew_as(&rows[i].next, 1);

        if (alone != rows[i].err || moved != rows[i].err)
            fail_msg("%s: %s, %s", rows[i].what, err_name(alone), err_name(moved));
    }
}

static void a_hold_follows_its_key_to_another_cell_and_another_end(void **state)
{
    static const struct fixture_key key = {"ours", 1, BOTH, NOW_S + 9};
    static const struct fixture_key longer = {"ours", 1, BOTH, NOW_S + 99};
    struct scene scene;

    (void)state;
    open_scene(&scene, &key, &longer, 1);
    uint32_t before = scene.hold.cell;
    revocations_set(&scene.revocations, before);
    assert_int_equal(renew(&scene), 0);
    assert_int_not_equal(scene.hold.cell, before);
    assert_int_equal(check(&scene, NOW_S + 98), 0);
    assert_int_equal(check(&scene, NOW_S + 99), ERR_KEY_EXPIRED);
    revocations_set(&scene.revocations, scene.hold.cell);
    assert_int_equal(renew(&scene), ERR_KEY_REVOKED);
    close_scene(&scene);
}

static void nobody_can_revoke_who_has_no_key(void **state)
{
    static const struct fixture_key key = {"ours", 1, BOTH, 0};
    const struct access anonymous = {.grant_set = 1, .key = ROW_NONE};
    struct scene scene;

    (void)state;
    open_scene(&scene, &key, NULL, 0);
    access_hold(&scene.first.snapshot, &anonymous, &scene.hold);
    for (uint32_t cell = 0; cell < scene.revocations.cells_max; cell++)
        revocations_set(&scene.revocations, cell);
    assert_int_equal(check(&scene, INT64_MAX), 0);
    assert_int_equal(renew(&scene), 0);
    close_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_works_until_it_is_revoked_or_expires),
        cmocka_unit_test(a_newer_generation_decides_anew),
        cmocka_unit_test(a_hold_follows_its_key_to_another_cell_and_another_end),
        cmocka_unit_test(nobody_can_revoke_who_has_no_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
