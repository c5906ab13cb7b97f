/* The one set behind listing and admission, against the rule written down once more. */
#include "tests/unit/registry_fixture.h"

#include <stdio.h>
#include <stdlib.h>

/* May `key` call the model at `index` of the configuration? Asked of the snapshot, by slug. */
static bool may_call(const struct generation *generation, const struct fixture *fx, uint32_t key,
                     uint32_t index)
{
    const struct snapshot *snapshot = &generation->snapshot;
    uint32_t model = snapshot_find_model(snapshot, fx->registry.data.models[index].slug);

    return model != ROW_NONE &&
           snapshot_is_granted(snapshot, snapshot_key(snapshot, key)->grant_set, model);
}

static void a_key_may_call_what_its_subjects_grant_and_it_allows(void **state)
{
    static const struct {
        uint32_t key;
        bool models[MODEL_COUNT]; /* alpha, beta, gamma (disabled), delta */
        bool disabled;
    } rows[] = {
        {KEY_ADA, {true, true, false, false}, false},
        {KEY_OFF, {false, false, false, false}, true},
        {KEY_GROUP, {true, true, false, true}, false},
        {KEY_BOTH, {true, true, false, true}, false},
        {KEY_NARROW, {true, false, false, true}, false},
        {KEY_GROUP_OFF, {false, false, false, false}, false},
        {KEY_BARE, {false, false, false, false}, false},
    };
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    struct generation one = compile_after(&fx, NULL);
    for (size_t i = 0; i < LEN(rows); i++) {
        const struct key_row *row = snapshot_key(&one.snapshot, rows[i].key);

        for (uint32_t model = 0; model < MODEL_COUNT; model++)
            assert_int_equal(may_call(&one, &fx, rows[i].key, model), rows[i].models[model]);
        assert_int_equal((row->flags & KEY_DISABLED) != 0, rows[i].disabled);
        assert_int_equal(row->flags & ~(uint32_t)KEY_DISABLED, KEY_SCOPE_LIST | KEY_SCOPE_CALL);
    }
    generation_close(&one);
}

static void equal_sets_are_one_and_the_empty_one_is_number_0(void **state)
{
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    struct generation one = compile_after(&fx, NULL);
    const struct snapshot *snapshot = &one.snapshot;

    /* Empty; alpha and beta; everything; alpha and delta. */
    assert_int_equal(snapshot_rows(snapshot, SNAPSHOT_GRANT_SETS), 4);
    assert_int_equal(snapshot->header->anonymous_grant_set, 0);
    assert_int_equal(snapshot_key(snapshot, KEY_BARE)->grant_set, 0);
    assert_int_equal(snapshot_key(snapshot, KEY_GROUP_OFF)->grant_set, 0);
    assert_int_equal(snapshot_key(snapshot, KEY_GROUP)->grant_set,
                     snapshot_key(snapshot, KEY_BOTH)->grant_set);
    generation_close(&one);
}

static void anonymous_clients_have_the_set_that_the_configuration_gives_them(void **state)
{
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    fx.registry.data.anonymous = (struct data_grant){.count = 2, .models = beta_and_gamma};
    struct generation one = compile_after(&fx, NULL);
    uint32_t set = one.snapshot.header->anonymous_grant_set;

    assert_int_equal(SNAPSHOT_ROW(&one.snapshot, GRANT_SETS, struct grant_set_row, set)->models, 1);
    assert_true(snapshot_is_granted(&one.snapshot, set, 0));
    generation_close(&one);
    fx.registry.data.anonymous = (struct data_grant){.all = true};
    struct generation all = compile_after(&fx, NULL);
    set = all.snapshot.header->anonymous_grant_set;
    assert_int_equal(SNAPSHOT_ROW(&all.snapshot, GRANT_SETS, struct grant_set_row, set)->models, 3);
    generation_close(&all);
}

enum {
    RANDOM_MODELS_MAX = 200,
    RANDOM_SUBJECTS = 12,
    RANDOM_KEYS = 150,
    RANDOM_REGISTRIES = 40,
    SLUG_BYTES = 16,
};

/* A registry that a fixed seed makes up. */
struct random_registry {
    struct fixture fx;
    uint64_t state;
    char slugs[RANDOM_MODELS_MAX][SLUG_BYTES];
    char names[RANDOM_KEYS][SLUG_BYTES];
    struct data_model models[RANDOM_MODELS_MAX];
    struct data_subject groups[RANDOM_SUBJECTS];
    struct data_subject users[RANDOM_SUBJECTS];
    struct data_key keys[RANDOM_KEYS];
    uint32_t lists[RANDOM_SUBJECTS * 2 + RANDOM_KEYS][RANDOM_MODELS_MAX];
    uint32_t memberships[RANDOM_SUBJECTS][3];
};

static uint32_t next(struct random_registry *random, uint32_t below)
{
    random->state = random->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((random->state >> 33) % below);
}

static uint32_t fill_list(struct random_registry *random, uint32_t list)
{
    uint32_t count = next(random, random->fx.registry.data.model_count + 1) / (1 + next(random, 8));

    for (uint32_t i = 0; i < count; i++)
        random->lists[list][i] = next(random, random->fx.registry.data.model_count);
    return count;
}

static struct data_subject random_subject(struct random_registry *random, uint32_t list)
{
    struct data_subject subject = {.name = span_of(random->names[list % RANDOM_SUBJECTS]),
                                   .disabled = next(random, 5) == 0};

    subject.grant.all = next(random, 8) == 0;
    if (!subject.grant.all) {
        subject.grant.count = fill_list(random, list);
        subject.grant.models = random->lists[list];
    }
    return subject;
}

static void randomize_subjects(struct random_registry *random)
{
    for (uint32_t i = 0; i < RANDOM_SUBJECTS; i++) {
        random->groups[i] = random_subject(random, i);
        random->users[i] = random_subject(random, RANDOM_SUBJECTS + i);
        random->users[i].group_count = next(random, 4);
        random->users[i].groups = random->memberships[i];
        for (uint32_t g = 0; g < 3; g++)
            random->memberships[i][g] = next(random, RANDOM_SUBJECTS);
    }
}

static void randomize_keys(struct random_registry *random)
{
    for (uint32_t i = 0; i < RANDOM_KEYS; i++) {
        uint32_t user = next(random, RANDOM_SUBJECTS + 2);
        uint32_t group = next(random, RANDOM_SUBJECTS * 2);

        random->keys[i] = fixture_key(random->names[i], user < RANDOM_SUBJECTS ? user : ROW_NONE,
                                      group < RANDOM_SUBJECTS ? group : ROW_NONE);
        if (next(random, 2) == 0) {
            random->keys[i].allowed_count = fill_list(random, RANDOM_SUBJECTS * 2 + i);
            random->keys[i].restricted = random->keys[i].allowed_count != 0;
            random->keys[i].allowed = random->lists[RANDOM_SUBJECTS * 2 + i];
        }
    }
}

static void randomize(struct random_registry *random, uint64_t seed)
{
    memset(random, 0, sizeof(*random));
    fixture_init(&random->fx);
    random->state = seed;
    struct data *data = &random->fx.registry.data;
    data->model_count = 1 + next(random, RANDOM_MODELS_MAX - 1);
    data->models = random->models;
    for (uint32_t i = 0; i < data->model_count; i++) {
        snprintf(random->slugs[i], SLUG_BYTES, "m-%u", i);
        random->models[i] = fixture_model(random->slugs[i], (int32_t)next(random, 5),
                                          random->fx.deployments[0]);
        random->models[i].enabled = next(random, 6) != 0;
    }
    for (uint32_t i = 0; i < RANDOM_KEYS; i++)
        snprintf(random->names[i], SLUG_BYTES, "n-%u", i);
    randomize_subjects(random);
    randomize_keys(random);
    data->groups = random->groups;
    data->group_count = RANDOM_SUBJECTS;
    data->users = random->users;
    data->user_count = RANDOM_SUBJECTS;
    data->keys = random->keys;
    data->key_count = RANDOM_KEYS;
}

static bool lists(const uint32_t *models, uint32_t count, uint32_t model)
{
    for (uint32_t i = 0; i < count; i++) {
        if (models[i] == model)
            return true;
    }
    return false;
}

static bool does_grant(const struct data_subject *subject, uint32_t model)
{
    return !subject->disabled &&
           (subject->grant.all || lists(subject->grant.models, subject->grant.count, model));
}

/* DESIGN's sentence, one model at a time. */
static bool should_call(const struct data *data, const struct data_key *key, uint32_t model)
{
    bool granted = key->group != ROW_NONE && does_grant(&data->groups[key->group], model);

    if (key->user != ROW_NONE && !data->users[key->user].disabled) {
        const struct data_subject *user = &data->users[key->user];

        granted |= does_grant(user, model);
        for (uint32_t i = 0; i < user->group_count; i++)
            granted |= does_grant(&data->groups[user->groups[i]], model);
    }
    return granted && data->models[model].enabled &&
           (key->allowed_count == 0 || lists(key->allowed, key->allowed_count, model));
}

/* How many models the key is granted; they must be those of the rule. */
static uint32_t check_key(const struct random_registry *random, const struct generation *one,
                          uint32_t key)
{
    const struct data *data = &random->fx.registry.data;
    uint32_t granted = 0;

    for (uint32_t model = 0; model < data->model_count; model++) {
        bool wanted = should_call(data, &data->keys[key], model);

        granted += wanted;
        assert_int_equal(may_call(one, &random->fx, key, model), wanted);
    }
    return granted;
}

static void bitmaps_agree_with_the_rule_for_every_key_and_model(void **state)
{
    struct random_registry *random = malloc(sizeof(*random));
    uint32_t granted = 0;

    (void)state;
    assert_non_null(random);
    for (uint64_t seed = 1; seed <= RANDOM_REGISTRIES; seed++) {
        randomize(random, seed);
        struct generation one = compile_after(&random->fx, NULL);

        for (uint32_t key = 0; key < RANDOM_KEYS; key++)
            granted += check_key(random, &one, key);
        generation_close(&one);
    }
    /* The registries are not all of one kind. */
    assert_true(granted > 10000);
    free(random);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_may_call_what_its_subjects_grant_and_it_allows),
        cmocka_unit_test(equal_sets_are_one_and_the_empty_one_is_number_0),
        cmocka_unit_test(anonymous_clients_have_the_set_that_the_configuration_gives_them),
        cmocka_unit_test(bitmaps_agree_with_the_rule_for_every_key_and_model),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
