/* Who calls, and may they: every refusal by its name, and the list is the admission check. */
/* For judge(), which is told the time. NOLINTNEXTLINE(bugprone-suspicious-include) */
#include "lib/access/identify.c"

#include "lib/base/err.h"
#include "shm/grant_runs.h"
#include "tests/unit/snapshot_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { BOTH = KEY_SCOPE_LIST | KEY_SCOPE_CALL, LONG_AGO = 1000 };

/* The far end of time: such a key never expires while the tests run. */
#define FAR_AWAY INT64_C(32503680000)

static const struct fixture_key keys[] = {
    {"good", 1, BOTH, 0},
    {"granted-nothing", 0, BOTH, 0},
    {"may-only-list", 2, KEY_SCOPE_LIST, FAR_AWAY},
    {"may-only-call", 3, KEY_SCOPE_CALL, 0},
    {"may-nothing", 1, 0, 0},
    {"disabled", 1, BOTH | KEY_DISABLED, 0},
    {"revoked", 1, BOTH | KEY_DISABLED | KEY_REVOKED, LONG_AGO},
    {"expired", 1, BOTH, LONG_AGO},
    {"disabled-and-expired", 1, KEY_DISABLED, LONG_AGO},
    {"expired-without-scope", 1, 0, LONG_AGO},
};

/* Every pattern that matters over the border of a word: set n has the multiples of n, and 4 all. */
static bool is_multiple(uint32_t set, uint32_t model)
{
    return set == 4 || model % set == 0;
}

static const struct fixture_plan plan = {
    .model_count = 150,
    .key_count = COUNT(keys),
    .keys = keys,
    .set_count = 5,
    .is_granted = is_multiple,
};

struct scene {
    struct fixture fixture;
    struct digester *digester;
    struct revocations_fds fds;
    struct revocations revocations;
};

static void open_scene(struct scene *scene, const struct fixture_plan *with)
{
    fixture_build(with, &scene->fixture);
    assert_int_equal(snapshot_check(scene->fixture.memory, scene->fixture.bytes), 0);
    scene->digester = digester_new();
    assert_non_null(scene->digester);
    assert_int_equal(
        revocations_create(scene->fixture.header->cells_used, &scene->fds, &scene->revocations), 0);
}

static void close_scene(struct scene *scene)
{
    revocations_close(&scene->revocations);
    revocations_close_fds(&scene->fds);
    digester_free(&scene->digester);
    fixture_free(&scene->fixture);
}

static int identify(const struct scene *scene, const char *key, enum key_flag scope,
                    struct access *out)
{
    const struct access_basis basis = {&scene->fixture.snapshot, &scene->revocations};

    return access_identify(&basis, scene->digester, span_of(key), scope, out);
}

static void each_key_is_told_what_is_wrong_first(void **state)
{
    static const struct {
        const char *key;
        enum key_flag scope;
        int err;
    } rows[] = {
        {"good", KEY_SCOPE_LIST, 0},
        {"good", KEY_SCOPE_CALL, 0},
        {"good", KEY_SCOPE_ADMIN, ERR_SCOPE},
        {"goo", KEY_SCOPE_LIST, ERR_UNKNOWN_KEY},
        {"good ", KEY_SCOPE_LIST, ERR_UNKNOWN_KEY},
        {"Good", KEY_SCOPE_CALL, ERR_UNKNOWN_KEY},
        {"granted-nothing", KEY_SCOPE_LIST, 0},
        {"may-only-list", KEY_SCOPE_LIST, 0},
        {"may-only-list", KEY_SCOPE_CALL, ERR_SCOPE},
        {"may-only-call", KEY_SCOPE_LIST, ERR_SCOPE},
        {"may-only-call", KEY_SCOPE_CALL, 0},
        {"may-nothing", KEY_SCOPE_LIST, ERR_SCOPE},
        {"may-nothing", KEY_SCOPE_CALL, ERR_SCOPE},
        {"disabled", KEY_SCOPE_LIST, ERR_KEY_DISABLED},
        {"revoked", KEY_SCOPE_LIST, ERR_KEY_REVOKED},
        {"expired", KEY_SCOPE_LIST, ERR_KEY_EXPIRED},
        {"disabled-and-expired", KEY_SCOPE_LIST, ERR_KEY_DISABLED},
        {"expired-without-scope", KEY_SCOPE_CALL, ERR_KEY_EXPIRED},
        {"", KEY_SCOPE_LIST, ERR_NO_CREDENTIAL},
        {NULL, KEY_SCOPE_CALL, ERR_NO_CREDENTIAL},
    };
    struct scene scene;

    (void)state;
    open_scene(&scene, &plan);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct access access = {ROW_NONE, ROW_NONE};
        int err = identify(&scene, rows[i].key, rows[i].scope, &access);

        if (err != rows[i].err)
            fail_msg("row %zu: %s", i, err_name(err));
        assert_int_equal(err == 0, access.key != ROW_NONE);
        assert_int_equal(err == 0, access.grant_set != ROW_NONE);
    }
    close_scene(&scene);
}

static void a_revoked_key_is_refused_whatever_else_is_wrong(void **state)
{
    static const enum key_flag scopes[] = {KEY_SCOPE_LIST, KEY_SCOPE_CALL, KEY_SCOPE_ADMIN};
    struct access access;
    struct scene scene;

    (void)state;
    open_scene(&scene, &plan);
    for (uint32_t n = 0; n < COUNT(keys); n++) {
        uint32_t cell = snapshot_key(&scene.fixture.snapshot, n)->cell;
        int before = identify(&scene, keys[n].text, KEY_SCOPE_LIST, &access);

        revocations_set(&scene.revocations, cell);
        for (size_t i = 0; i < COUNT(scopes); i++)
            assert_int_equal(identify(&scene, keys[n].text, scopes[i], &access), ERR_KEY_REVOKED);
        /* The next one is as it was; one is revoked in the generation itself. */
        if (n + 1 < COUNT(keys) && (keys[n + 1].flags & KEY_REVOKED) == 0)
            assert_int_not_equal(identify(&scene, keys[n + 1].text, KEY_SCOPE_LIST, &access),
                                 ERR_KEY_REVOKED);
        revocations_clear(&scene.revocations, cell);
        assert_int_equal(identify(&scene, keys[n].text, KEY_SCOPE_LIST, &access), before);
    }
    close_scene(&scene);
}

static void a_key_brings_its_own_grants(void **state)
{
    struct scene scene;

    (void)state;
    open_scene(&scene, &plan);
    for (uint32_t n = 0; n < 3; n++) {
        struct access access = {ROW_NONE, ROW_NONE};

        assert_int_equal(identify(&scene, keys[n].text, KEY_SCOPE_LIST, &access), 0);
        assert_int_equal(access.key, n);
        assert_int_equal(access.grant_set, keys[n].grant_set);
    }
    close_scene(&scene);
}

static void a_key_expires_at_its_second(void **state)
{
    static const struct {
        int64_t expires_s;
        int64_t now_s;
        int err;
    } rows[] = {
        {2000, 1999, 0},
        {2000, 2000, ERR_KEY_EXPIRED},
        {2000, 2001, ERR_KEY_EXPIRED},
        {0, INT64_MAX, 0},
        {1, 0, 0},
        {INT64_MAX, INT64_MAX - 1, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct key_row key = {.expires_s = rows[i].expires_s, .flags = BOTH};

        assert_int_equal(judge(&key, KEY_SCOPE_CALL, rows[i].now_s), rows[i].err);
    }
}

static void who_has_no_key_gets_what_anonymous_callers_are_granted(void **state)
{
    struct fixture_plan open_plan = plan;
    struct access access = {ROW_NONE, ROW_NONE};
    struct scene scene;

    (void)state;
    open_plan.anonymous_grant_set = 3;
    open_scene(&scene, &open_plan);
    assert_int_equal(identify(&scene, "", KEY_SCOPE_LIST, &access), 0);
    assert_int_equal(access.key, ROW_NONE);
    assert_int_equal(access.grant_set, 3);
    assert_int_equal(identify(&scene, "", KEY_SCOPE_CALL, &access), 0);
    assert_int_equal(identify(&scene, "", KEY_SCOPE_ADMIN, &access), ERR_NO_CREDENTIAL);
    /* A wrong key is not the same as none. */
    assert_int_equal(identify(&scene, "unknown", KEY_SCOPE_LIST, &access), ERR_UNKNOWN_KEY);
    assert_int_equal(identify(&scene, "disabled", KEY_SCOPE_LIST, &access), ERR_KEY_DISABLED);
    close_scene(&scene);
}

/* A set without a model is nobody's, also when it is not row 0. */
static void an_anonymous_set_without_models_is_no_set(void **state)
{
    struct fixture_plan none = plan;
    struct access access = {ROW_NONE, ROW_NONE};
    struct scene scene;

    (void)state;
    none.model_count = 0;
    none.anonymous_grant_set = 4;
    open_scene(&scene, &none);
    assert_int_equal(identify(&scene, "", KEY_SCOPE_LIST, &access), ERR_NO_CREDENTIAL);
    close_scene(&scene);
}

static bool is_listed(const struct snapshot *snapshot, uint32_t grant_set, uint32_t model)
{
    struct grant_runs runs = grant_runs_from(snapshot, grant_set, 0);
    struct grant_run run;

    while (grant_runs_next(&runs, &run)) {
        if (model >= run.first && model < run.end)
            return true;
    }
    return false;
}

/* Every model, by what the listing is made from and by what admits a call. @return how many */
static uint32_t compare_list_and_admission(const struct snapshot *snapshot,
                                           const struct access *access, int refusal)
{
    uint32_t admitted = 0;

    for (uint32_t n = 0; n < plan.model_count; n++) {
        char memory[FIXTURE_SLUG_BYTES];
        uint32_t model = ROW_NONE;
        bool listed = is_listed(snapshot, access->grant_set, n);
        int err = access_admit(snapshot, access, fixture_slug(n, memory), &model);

        assert_int_equal(err, listed ? 0 : refusal);
        assert_int_equal(model, listed ? n : ROW_NONE);
        admitted += err == 0;
    }
    return admitted;
}

static void a_model_is_listed_if_and_only_if_it_may_be_called(void **state)
{
    static const uint32_t granted[] = {0, 150, 75, 50, 150};
    struct fixture_plan both = plan;
    struct scene scene;

    (void)state;
    for (int conceal = 0; conceal < 2; conceal++) {
        both.conceal_ungranted = conceal != 0;
        open_scene(&scene, &both);
        for (uint32_t set = 0; set < plan.set_count; set++) {
            const struct access keyed = {set, 0};
            const struct access anonymous = {set, ROW_NONE};
            int refusal = conceal != 0 ? ERR_UNKNOWN_MODEL : ERR_NOT_GRANTED;
            const struct snapshot *snapshot = &scene.fixture.snapshot;

            assert_int_equal(compare_list_and_admission(snapshot, &keyed, refusal), granted[set]);
            assert_int_equal(compare_list_and_admission(snapshot, &anonymous, refusal),
                             granted[set]);
        }
        close_scene(&scene);
    }
}

/* The same by way of the keys' texts, as requests come. */
static void every_key_may_call_what_its_set_lists(void **state)
{
    struct scene scene;

    (void)state;
    open_scene(&scene, &plan);
    for (size_t n = 0; n < COUNT(keys); n++) {
        struct access access = {ROW_NONE, ROW_NONE};

        if (identify(&scene, keys[n].text, KEY_SCOPE_CALL, &access) != 0)
            continue;
        assert_int_equal(access.grant_set, keys[n].grant_set);
        compare_list_and_admission(&scene.fixture.snapshot, &access, ERR_NOT_GRANTED);
    }
    close_scene(&scene);
}

static void what_no_model_is_called_is_unknown_to_everybody(void **state)
{
    static const char *const slugs[] = {"", "model-00150", "model-0000", "MODEL-00000",
                                        "upstream-model"};
    const struct access everything = {.grant_set = 4, .key = 0};
    struct scene scene;
    uint32_t model;

    (void)state;
    open_scene(&scene, &plan);
    for (size_t i = 0; i < COUNT(slugs); i++)
        assert_int_equal(
            access_admit(&scene.fixture.snapshot, &everything, span_of(slugs[i]), &model),
            ERR_UNKNOWN_MODEL);
    close_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_key_is_told_what_is_wrong_first),
        cmocka_unit_test(a_revoked_key_is_refused_whatever_else_is_wrong),
        cmocka_unit_test(a_key_brings_its_own_grants),
        cmocka_unit_test(a_key_expires_at_its_second),
        cmocka_unit_test(who_has_no_key_gets_what_anonymous_callers_are_granted),
        cmocka_unit_test(an_anonymous_set_without_models_is_no_set),
        cmocka_unit_test(a_model_is_listed_if_and_only_if_it_may_be_called),
        cmocka_unit_test(every_key_may_call_what_its_set_lists),
        cmocka_unit_test(what_no_model_is_called_is_unknown_to_everybody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
