/* Cell numbers outlive reloads: who keeps one, who gives it up, and who may have it next. */
#include "registry/cells.h"
#include "tests/unit/registry_fixture.h"

#include <stdio.h>

/* Identities of the fixture beside its keys; each model has two deployments. */
enum { OTHERS = PROVIDER_COUNT + MODEL_COUNT * 3 + GROUP_COUNT + USER_COUNT };

/* The row of the key with that name, or NULL. */
static const struct cell_row *cell_of_key(const struct generation *generation, const char *name)
{
    struct digester *digester = digester_new();
    const struct span part = span_of(name);
    const struct digest identity = cells_identity(digester, CELL_KEY, &part, 1);

    digester_free(&digester);
    return snapshot_find_cell(&generation->snapshot, &identity);
}

static uint32_t number_of_key(const struct generation *generation, const char *name)
{
    const struct cell_row *row = cell_of_key(generation, name);

    assert_non_null(row);
    return row->cell;
}

/* A fixture whose only identities beside models and subjects are the keys that are named. */
static void name_keys(struct fixture *fx, const char *const *names, uint32_t count)
{
    fixture_init(fx);
    for (uint32_t i = 0; i < count; i++)
        fx->keys[i] = fixture_key(names[i], ADA, ROW_NONE);
    fx->registry.data.key_count = count;
}

#define NAME_KEYS(fx, ...) \
    name_keys(fx, (const char *const[]){__VA_ARGS__}, LEN(((const char *const[]){__VA_ARGS__})))

static struct generation compile_acknowledged(const struct fixture *fx,
                                              const struct generation *previous,
                                              uint64_t acknowledged, const struct state *held)
{
    struct registry_compile_input input = input_after(previous);

    input.acknowledged = acknowledged;
    input.state = held;
    return compile_with(fx, &input);
}

static void an_identity_is_the_kind_and_the_name(void **state)
{
    static const char name[] = "1\0ada";
    struct digester *digester = digester_new();
    const struct span part = SPAN("ada");
    const struct digest identity = cells_identity(digester, CELL_KEY, &part, 1);
    const struct digest wanted = digester_hash(digester, (struct span){name, sizeof(name) - 1});
    const struct digest other = cells_identity(digester, CELL_USER, &part, 1);

    (void)state;
    assert_true(digest_equal(&identity, &wanted));
    assert_false(digest_equal(&identity, &other));
    digester_free(&digester);
}

static void check_numbers_differ(const struct generation *generation)
{
    const struct cell_row *rows = snapshot_table(&generation->snapshot, SNAPSHOT_CELLS);
    bool seen[64] = {false};

    for (uint32_t i = 0; i < snapshot_rows(&generation->snapshot, SNAPSHOT_CELLS); i++) {
        assert_in_range(rows[i].cell, 0, LEN(seen) - 1);
        assert_false(seen[rows[i].cell]);
        seen[rows[i].cell] = true;
    }
}

static void every_identity_has_a_cell_of_its_own(void **state)
{
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    struct generation one = compile_after(&fx, NULL);
    const struct cell_row *rows = snapshot_table(&one.snapshot, SNAPSHOT_CELLS);
    uint32_t count = snapshot_rows(&one.snapshot, SNAPSHOT_CELLS);

    /* Disabled things have theirs too. */
    assert_int_equal(count, OTHERS + KEY_COUNT);
    assert_int_equal(one.snapshot.header->cells_used, count);
    check_numbers_differ(&one);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(rows[i].born, 1);
        assert_int_equal(rows[i].retired, 0);
    }
    for (uint32_t key = 0; key < KEY_COUNT; key++) {
        char name[64];
        struct span span = bytes_at(&one, snapshot_key(&one.snapshot, key)->name);

        snprintf(name, sizeof(name), "%.*s", SPAN_FMT(span));
        assert_int_equal(snapshot_key(&one.snapshot, key)->cell, number_of_key(&one, name));
    }
    generation_close(&one);
}

static void a_provider_keeps_its_cell_while_its_key_and_address_change(void **state)
{
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    struct generation one = compile_after(&fx, NULL);
    fx.providers[0].base_url = SPAN("http://127.0.0.1:9/v2");
    fx.providers[1].name = SPAN("renamed");
    struct generation two = compile_after(&fx, &one);

    assert_int_equal(snapshot_provider(&two.snapshot, 0)->cell,
                     snapshot_provider(&one.snapshot, 0)->cell);
    assert_true(snapshot_provider(&two.snapshot, 1)->cell >= one.snapshot.header->cells_used);
    generation_close(&two);
    generation_close(&one);
}

static void equal_deployments_share_a_cell(void **state)
{
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    fx.deployments[ALPHA][1] = fx.deployments[ALPHA][0];
    fx.deployments[ALPHA][1].tier = 2;
    struct generation one = compile_after(&fx, NULL);
    const struct snapshot *snapshot = &one.snapshot;
    uint32_t first = snapshot_model(snapshot, 1)->deployment_first;

    assert_int_equal(snapshot_deployment(snapshot, first)->cell,
                     snapshot_deployment(snapshot, first + 1)->cell);
    assert_int_not_equal(snapshot_deployment(snapshot, first)->cell,
                         snapshot_deployment(snapshot, first + 2)->cell);
    generation_close(&one);
}

static void what_stays_keeps_its_number_whatever_comes_and_goes(void **state)
{
    struct fixture fx;

    (void)state;
    NAME_KEYS(&fx, "a", "b", "c");
    struct generation one = compile_after(&fx, NULL);
    NAME_KEYS(&fx, "x", "c", "y", "a", "z");
    fx.models[GAMMA].enabled = true;
    fx.keys[1].digest.bytes[0] ^= 1; /* a rotated key is still the same key */
    struct generation two = compile_after(&fx, &one);

    assert_int_equal(number_of_key(&two, "a"), number_of_key(&one, "a"));
    assert_int_equal(number_of_key(&two, "c"), number_of_key(&one, "c"));
    assert_int_equal(cell_of_key(&two, "c")->born, 1);
    assert_int_equal(cell_of_key(&two, "x")->born, 2);
    assert_true(number_of_key(&two, "x") >= one.snapshot.header->cells_used);
    assert_int_equal(two.snapshot.header->cells_used, one.snapshot.header->cells_used + 3);
    generation_close(&two);
    generation_close(&one);
}

static void a_renamed_key_is_another_identity(void **state)
{
    struct fixture fx;

    (void)state;
    NAME_KEYS(&fx, "a", "b");
    struct generation one = compile_after(&fx, NULL);
    NAME_KEYS(&fx, "a", "b2");
    struct generation two = compile_after(&fx, &one);

    assert_int_equal(cell_of_key(&two, "b")->retired, 2);
    assert_int_not_equal(number_of_key(&two, "b2"), number_of_key(&one, "b"));
    generation_close(&two);
    generation_close(&one);
}

static void a_dropped_identity_that_returns_has_its_number_again(void **state)
{
    struct fixture fx;

    (void)state;
    NAME_KEYS(&fx, "a", "b");
    struct generation one = compile_after(&fx, NULL);
    NAME_KEYS(&fx, "a");
    struct generation two = compile_after(&fx, &one);
    NAME_KEYS(&fx, "a", "c");
    struct generation three = compile_after(&fx, &two);
    NAME_KEYS(&fx, "a", "b", "c");
    struct generation four = compile_acknowledged(&fx, &three, 3, NULL);

    assert_int_equal(cell_of_key(&three, "b")->retired, 2);
    assert_int_equal(number_of_key(&four, "b"), number_of_key(&one, "b"));
    assert_int_equal(cell_of_key(&four, "b")->retired, 0);
    assert_int_equal(cell_of_key(&four, "b")->born, 1);
    generation_close(&four);
    generation_close(&three);
    generation_close(&two);
    generation_close(&one);
}

/* Generation 1 has b, 2 and 3 do not, 4 wants a number for `new`. */
static void a_number_is_reused_only_when_all_have_acknowledged_and_none_holds_it(void **state)
{
    static const struct {
        uint64_t acknowledged;
        bool held;
        bool reused;
    } rows[] = {{0, false, false}, {1, false, false}, {2, false, true},
                {3, false, true},  {2, true, false},  {3, true, false}};
    struct fixture fx;

    (void)state;
    NAME_KEYS(&fx, "a", "b");
    struct generation one = compile_after(&fx, NULL);
    NAME_KEYS(&fx, "a");
    struct generation two = compile_after(&fx, &one);
    fx.models[ALPHA].name = SPAN("Alpha");
    struct generation three = compile_acknowledged(&fx, &two, 1, NULL);
    uint32_t number = number_of_key(&one, "b");

    for (size_t i = 0; i < LEN(rows); i++) {
        struct state held;
        int memfd;

        assert_int_equal(state_create(fx.registry.data.settings.cells_max, &memfd, &held), 0);
        atomic_store(&state_cell(&held, number)->holders, rows[i].held ? 1 : 0);
        NAME_KEYS(&fx, "a", "new");
        struct generation four = compile_acknowledged(&fx, &three, rows[i].acknowledged, &held);

        assert_int_equal(number_of_key(&four, "new") == number, rows[i].reused);
        assert_int_equal(cell_of_key(&four, "b") == NULL, rows[i].reused);
        assert_int_equal(four.snapshot.header->cells_used,
                         one.snapshot.header->cells_used + (rows[i].reused ? 0 : 1));
        generation_close(&four);
        state_close(&held);
        close(memfd);
    }
    generation_close(&three);
    generation_close(&two);
    generation_close(&one);
}

static void the_generation_that_drops_does_not_also_reuse(void **state)
{
    struct fixture fx;

    (void)state;
    NAME_KEYS(&fx, "a", "b");
    struct generation one = compile_after(&fx, NULL);
    NAME_KEYS(&fx, "a", "new");
    struct generation two = compile_acknowledged(&fx, &one, UINT64_MAX, NULL);

    assert_int_equal(number_of_key(&two, "new"), one.snapshot.header->cells_used);
    generation_close(&two);
    generation_close(&one);
}

static void lower_numbers_are_reused_first_and_then_unused_ones(void **state)
{
    static const char *const dropped[] = {"b", "c", "d"};
    struct fixture fx;
    uint32_t still_retired = 0;

    (void)state;
    NAME_KEYS(&fx, "a", "b", "c", "d");
    struct generation one = compile_after(&fx, NULL);
    NAME_KEYS(&fx, "a");
    struct generation two = compile_after(&fx, &one);
    NAME_KEYS(&fx, "a", "n1", "n2");
    struct generation three = compile_acknowledged(&fx, &two, 2, NULL);

    for (size_t i = 0; i < LEN(dropped); i++) {
        if (cell_of_key(&three, dropped[i]) == NULL)
            continue;
        still_retired++;
        assert_true(number_of_key(&three, dropped[i]) > number_of_key(&three, "n1"));
        assert_true(number_of_key(&three, dropped[i]) > number_of_key(&three, "n2"));
    }
    assert_int_equal(still_retired, 1);

    NAME_KEYS(&fx, "a", "n1", "n2", "n3", "n4");
    struct generation four = compile_acknowledged(&fx, &three, 3, NULL);
    assert_int_equal(four.snapshot.header->cells_used, one.snapshot.header->cells_used + 1);
    check_numbers_differ(&four);
    generation_close(&four);
    generation_close(&three);
    generation_close(&two);
    generation_close(&one);
}

static void more_cells_than_the_segment_has_are_refused_by_name(void **state)
{
    enum { MANY = 1024 };
    static struct data_key keys[MANY];
    static char names[MANY][16];
    struct report *report = report_new();
    struct registry_compiled out;
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    for (uint32_t i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof(names[i]), "key-%u", i);
        keys[i] = fixture_key(names[i], ADA, ROW_NONE);
    }
    fx.registry.data.settings.cells_max = MANY;
    fx.registry.data.keys = keys;
    fx.registry.data.key_count = MANY - OTHERS;
    struct generation one = compile_after(&fx, NULL);
    assert_int_equal(one.snapshot.header->cells_used, MANY);

    fx.registry.data.key_count++;
    const struct registry_compile_input input = input_after(&one);
    assert_int_equal(registry_compile(&fx.registry, &input, report, &out), ERR_CONFIG);
    assert_int_equal(report_errors(report), 1);
    assert_int_equal(out.snapshot_fd, -1);
    report_free(&report);
    generation_close(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_identity_is_the_kind_and_the_name),
        cmocka_unit_test(every_identity_has_a_cell_of_its_own),
        cmocka_unit_test(a_provider_keeps_its_cell_while_its_key_and_address_change),
        cmocka_unit_test(equal_deployments_share_a_cell),
        cmocka_unit_test(what_stays_keeps_its_number_whatever_comes_and_goes),
        cmocka_unit_test(a_renamed_key_is_another_identity),
        cmocka_unit_test(a_dropped_identity_that_returns_has_its_number_again),
        cmocka_unit_test(a_number_is_reused_only_when_all_have_acknowledged_and_none_holds_it),
        cmocka_unit_test(the_generation_that_drops_does_not_also_reuse),
        cmocka_unit_test(lower_numbers_are_reused_first_and_then_unused_ones),
        cmocka_unit_test(more_cells_than_the_segment_has_are_refused_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
