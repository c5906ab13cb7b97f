/* The check of a generation: good ones of all shapes pass, and nothing else does. */
#include "lib/base/err.h"
#include "tests/unit/snapshot_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool every_third(uint32_t set, uint32_t model)
{
    return model % 3 == set % 3;
}

static const char *const slugs[] = {"claude-sonnet-4", "gpt-4o", "gpt-4o-mini", "o3"};

static const struct fixture_key keys[] = {
    {"weir_one", 1, KEY_SCOPE_LIST | KEY_SCOPE_CALL, 0},
    {"weir_two", 2, KEY_SCOPE_LIST, 0},
    {"weir_three", 0, 0, 1},
};

static const struct fixture_plan small = {
    .model_count = COUNT(slugs),
    .slugs = slugs,
    .key_count = COUNT(keys),
    .keys = keys,
    .set_count = 3,
    .is_granted = every_third,
    .has_browser = true,
};

/* What the check says of exactly these bytes: at the end of an allocation, so that ASan sees more. */
static int check_copy(const void *bytes, size_t len)
{
    void *copy = NULL;

    assert_int_equal(posix_memalign(&copy, LAYOUT_TABLE_ALIGN, len), 0);
    memcpy(copy, bytes, len);
    int err = snapshot_check(copy, len);
    free(copy);
    return err;
}

static void generations_of_all_shapes_are_accepted(void **state)
{
    static const struct {
        uint32_t models;
        uint32_t keys;
        uint32_t sets;
    } rows[] = {{0, 0, 1}, {0, 3, 3}, {1, 0, 1}, {63, 1, 3}, {64, 2, 3}, {65, 3, 3}, {1000, 3, 9}};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture fixture;
        struct fixture_plan plan = small;

        plan.slugs = NULL;
        plan.model_count = rows[i].models;
        plan.key_count = rows[i].keys;
        plan.set_count = rows[i].sets;
        fixture_build(&plan, &fixture);
        assert_int_equal(check_copy(fixture.memory, fixture.bytes), 0);
        fixture_free(&fixture);
    }
}

static void one_flipped_bit_anywhere_is_noticed(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_build(&small, &fixture);
    for (size_t at = 0; at < fixture.bytes; at++) {
        char before = fixture.memory[at];

        fixture.memory[at] = (char)(before ^ 1 << at % 8);
        assert_int_not_equal(snapshot_check(fixture.memory, fixture.bytes), 0);
        fixture.memory[at] = before;
    }
    assert_int_equal(snapshot_check(fixture.memory, fixture.bytes), 0);
    fixture_free(&fixture);
}

/* With every sum made right: so what is cut off must be missed by what refers to it. */
static void a_generation_cut_short_at_any_byte_is_refused(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_build(&small, &fixture);
    size_t whole = fixture.bytes;
    for (fixture.bytes = sizeof(struct snapshot_header); fixture.bytes < whole; fixture.bytes++) {
        fixture.header->total_bytes = fixture.bytes;
        fixture_sum(&fixture);
        assert_int_equal(check_copy(fixture.memory, fixture.bytes), ERR_CORRUPT);
    }
    fixture_free(&fixture);
}

/* In place of a table's number: the header. */
#define HEADER SNAPSHOT_TABLE_COUNT

#define FIELD(table, row, type, field, value)                                                     \
    {                                                                                             \
#type "." #field, table, row, offsetof(type, field), sizeof(((type *)NULL)->field), value \
    }
#define IN_HEADER(field, value)                FIELD(HEADER, 0, struct snapshot_header, field, value)
#define IN_ROW(TABLE, row, type, field, value) FIELD(SNAPSHOT_##TABLE, row, type, field, value)
#define WHOLE_ROW(TABLE, row, type, value)                    \
    {                                                         \
#TABLE, SNAPSHOT_##TABLE, row, 0, sizeof(type), value \
    }

static const struct {
    const char *what;
    uint32_t table;
    uint32_t row;
    size_t offset;
    size_t bytes;
    uint64_t value;
} hostile[] = {
    IN_HEADER(magic, SECRETS_MAGIC),
    IN_HEADER(version, LAYOUT_VERSION + 1),
    IN_HEADER(header_bytes, sizeof(struct snapshot_header) + 64),
    IN_HEADER(total_bytes, 1),
    IN_HEADER(total_bytes, UINT64_MAX),
    IN_HEADER(anonymous_grant_set, 3),
    IN_HEADER(anonymous_grant_set, ROW_NONE),
    IN_HEADER(has_directory, 2),
    IN_HEADER(directory_groups, 1000),
    IN_HEADER(directory_users, 1000),
    IN_HEADER(directory_keys, 1000),
    IN_HEADER(directory_old_keys, UINT32_MAX),
    IN_HEADER(cells_used, 0),
    IN_HEADER(cells_used, 1000),
    IN_HEADER(cells_used, UINT32_MAX),
    IN_HEADER(config_path.offset, UINT64_MAX),
    IN_HEADER(config_path.len, UINT32_MAX),
    IN_HEADER(state_dir.len, UINT32_MAX),
    IN_HEADER(control_socket.offset, UINT64_MAX - 10),
    IN_HEADER(ca_file.offset, UINT64_MAX),
    IN_HEADER(ca_file.len, UINT32_MAX),
    IN_HEADER(admin_socket.offset, UINT64_MAX),
    IN_HEADER(admin_listen.len, UINT32_MAX),
    IN_HEADER(listen_count, SETTINGS_LISTEN_MAX + 1),
    IN_HEADER(listen_count, 2),
    IN_HEADER(settings.connections, 0),
    IN_HEADER(settings.workers, 65),
    IN_HEADER(settings.conceal_ungranted, 2),
    IN_HEADER(settings.cells_max, 1023),
    IN_HEADER(tables[SNAPSHOT_MODELS].offset, UINT64_MAX - 63),
    IN_HEADER(tables[SNAPSHOT_MODELS].offset, 0),
    IN_HEADER(tables[SNAPSHOT_MODELS].rows, UINT32_MAX),
    IN_HEADER(tables[SNAPSHOT_MODELS].rows, COUNT(slugs) + 1),
    IN_HEADER(tables[SNAPSHOT_MODELS].rows, COUNT(slugs) - 1),
    IN_HEADER(tables[SNAPSHOT_MODELS].row_bytes, 0),
    IN_HEADER(tables[SNAPSHOT_MODELS].row_bytes, sizeof(struct model_row) + 8),
    IN_HEADER(tables[SNAPSHOT_MODEL_SLOTS].rows, 0),
    IN_HEADER(tables[SNAPSHOT_MODEL_SLOTS].rows, 4),
    IN_HEADER(tables[SNAPSHOT_MODEL_SLOTS].rows, 6),
    IN_HEADER(tables[SNAPSHOT_DEPLOYMENTS].rows, 4),
    IN_HEADER(tables[SNAPSHOT_KEYS].rows, 2),
    IN_HEADER(tables[SNAPSHOT_KEY_SLOTS].rows, 2),
    IN_HEADER(tables[SNAPSHOT_KEY_SLOTS].rows, 5),
    IN_HEADER(tables[SNAPSHOT_USERS].rows, 0),
    IN_HEADER(tables[SNAPSHOT_GROUPS].rows, 0),
    IN_HEADER(tables[SNAPSHOT_GRANT_SETS].rows, 0),
    IN_HEADER(tables[SNAPSHOT_GRANT_SETS].rows, 2),
    IN_HEADER(tables[SNAPSHOT_GRANT_WORDS].rows, 2),
    IN_HEADER(tables[SNAPSHOT_LISTINGS].rows, 2),
    IN_HEADER(tables[SNAPSHOT_FRAGMENTS].rows, 1),
    IN_HEADER(tables[SNAPSHOT_DIALECTS].rows, 0),
    IN_HEADER(tables[SNAPSHOT_ORDERS].rows, 0),
    IN_HEADER(tables[SNAPSHOT_ORDERS].rows, COUNT(slugs)),
    IN_HEADER(tables[SNAPSHOT_SEARCH_TEXTS].rows, COUNT(slugs) - 1),
    IN_HEADER(tables[SNAPSHOT_PRICES].rows, 0),
    IN_HEADER(tables[SNAPSHOT_CELLS].rows, 3),
    IN_HEADER(browser_grant_set, 3),
    IN_HEADER(browser_group, 1),
    IN_HEADER(tables[SNAPSHOT_BROWSER_ISSUERS].rows, 0),
    IN_HEADER(tables[SNAPSHOT_BROWSER_ISSUERS].rows, 1),
    IN_HEADER(tables[SNAPSHOT_BROWSER_KEYS].rows, 1),
    IN_HEADER(tables[SNAPSHOT_BROWSER_KEYS].rows, 0),
    IN_ROW(BROWSER_ISSUERS, 1, struct browser_issuer_row, issuer.len, 0),
    IN_ROW(BROWSER_ISSUERS, 1, struct browser_issuer_row, issuer.offset, UINT64_MAX),
    IN_ROW(BROWSER_ISSUERS, 0, struct browser_issuer_row, audience.len, 0),
    IN_ROW(BROWSER_ISSUERS, 0, struct browser_issuer_row, audience.len, UINT32_MAX),
    IN_ROW(BROWSER_ISSUERS, 0, struct browser_issuer_row, keys_url.len, 0),
    IN_ROW(BROWSER_ISSUERS, 0, struct browser_issuer_row, fetched_s, UINT64_MAX),
    IN_ROW(BROWSER_ISSUERS, 1, struct browser_issuer_row, key_first, 0),
    IN_ROW(BROWSER_ISSUERS, 1, struct browser_issuer_row, key_first, UINT32_MAX),
    IN_ROW(BROWSER_ISSUERS, 1, struct browser_issuer_row, key_count, 2),
    IN_ROW(BROWSER_ISSUERS, 1, struct browser_issuer_row, key_count, UINT32_MAX),
    IN_ROW(BROWSER_ISSUERS, 1, struct browser_issuer_row, key_count, 0),
    IN_ROW(BROWSER_KEYS, 0, struct browser_key_row, key_id.len, 0),
    IN_ROW(BROWSER_KEYS, 0, struct browser_key_row, key_id.offset, UINT64_MAX),
    IN_ROW(BROWSER_KEYS, 1, struct browser_key_row, modulus.len, 255),
    IN_ROW(BROWSER_KEYS, 1, struct browser_key_row, modulus.len, UINT32_MAX),
    IN_ROW(BROWSER_KEYS, 1, struct browser_key_row, modulus.offset, UINT64_MAX - 8),
    IN_ROW(BROWSER_KEYS, 1, struct browser_key_row, exponent.len, 0),
    IN_ROW(BROWSER_KEYS, 1, struct browser_key_row, exponent.len, 5),
    IN_ROW(BROWSER_USERS, 0, struct browser_user_row, user, 1),
    IN_ROW(BROWSER_USERS, 0, struct browser_user_row, grant_set, 3),
    IN_ROW(BROWSER_USERS, 1, struct browser_user_row, identity, 0),
    IN_ROW(PROVIDERS, 1, struct provider_row, kind, PROVIDER_KIND_COUNT),
    IN_ROW(PROVIDERS, 1, struct provider_row, cell, UINT32_MAX),
    IN_ROW(PROVIDERS, 0, struct provider_row, name.offset, UINT64_MAX),
    IN_ROW(PROVIDERS, 0, struct provider_row, base_url.len, UINT32_MAX),
    IN_ROW(MODELS, 2, struct model_row, slug_hash, 0),
    IN_ROW(MODELS, 2, struct model_row, slug.len, 0),
    IN_ROW(MODELS, 2, struct model_row, slug.len, LAYOUT_SLUG_BYTES_MAX + 1),
    IN_ROW(MODELS, 2, struct model_row, slug.offset, UINT64_MAX - 4),
    IN_ROW(MODELS, 2, struct model_row, name.len, UINT32_MAX),
    IN_ROW(MODELS, 2, struct model_row, parameters.len, UINT32_MAX),
    IN_ROW(MODELS, 2, struct model_row, inputs, 1U << MODALITY_COUNT),
    IN_ROW(MODELS, 2, struct model_row, outputs, UINT32_MAX),
    IN_ROW(MODELS, 2, struct model_row, kind, MODEL_KIND_COUNT),
    IN_ROW(MODELS, 2, struct model_row, deployment_first, 0),
    IN_ROW(MODELS, 2, struct model_row, deployment_first, UINT32_MAX),
    IN_ROW(MODELS, 2, struct model_row, deployment_count, UINT32_MAX),
    IN_ROW(MODELS, 2, struct model_row, deployment_count, 0),
    IN_ROW(MODELS, 3, struct model_row, deployment_count, 0),
    IN_ROW(MODELS, 2, struct model_row, price, 1),
    IN_ROW(MODELS, 2, struct model_row, cell, UINT32_MAX),
    WHOLE_ROW(MODEL_SLOTS, 0, uint32_t, COUNT(slugs)),
    IN_ROW(DEPLOYMENTS, 1, struct deployment_row, provider, 2),
    IN_ROW(DEPLOYMENTS, 1, struct deployment_row, model, 1),
    IN_ROW(DEPLOYMENTS, 0, struct deployment_row, tier, 2),
    IN_ROW(DEPLOYMENTS, 1, struct deployment_row, cell, UINT32_MAX),
    IN_ROW(DEPLOYMENTS, 1, struct deployment_row, upstream_model.offset, UINT64_MAX),
    IN_ROW(DEPLOYMENTS, 0, struct deployment_row, traits.sampling, SAMPLING_NONE + 1),
    IN_ROW(DEPLOYMENTS, 1, struct deployment_row, traits.thinking, THINKING_LEVEL + 1),
    IN_ROW(DEPLOYMENTS, 1, struct deployment_row, traits.token_parameter, TOKENS_MAX_TOKENS + 1),
    IN_ROW(DEPLOYMENTS, 1, struct deployment_row, traits.structured_output, STRUCTURED_NONE + 1),
    IN_ROW(DEPLOYMENTS, 0, struct deployment_row, traits.developer_role, 2),
    IN_ROW(DEPLOYMENTS, 1, struct deployment_row, traits.signatures, 0x80),
    IN_ROW(DEPLOYMENTS, 1, struct deployment_row, traits.reserved[2], 1),
    IN_ROW(KEYS, 1, struct key_row, grant_set, 3),
    IN_ROW(KEYS, 1, struct key_row, user, 1),
    IN_ROW(KEYS, 1, struct key_row, group, 1),
    IN_ROW(KEYS, 1, struct key_row, cell, UINT32_MAX),
    IN_ROW(KEYS, 1, struct key_row, name.len, UINT32_MAX),
    WHOLE_ROW(KEY_SLOTS, 0, uint32_t, COUNT(keys)),
    IN_ROW(USERS, 0, struct subject_row, name.len, UINT32_MAX),
    IN_ROW(GROUPS, 0, struct subject_row, cell, UINT32_MAX),
    IN_ROW(GRANT_SETS, 1, struct grant_set_row, first_word, 2),
    IN_ROW(GRANT_SETS, 1, struct grant_set_row, first_word, UINT32_MAX),
    IN_ROW(GRANT_SETS, 1, struct grant_set_row, models, 4),
    WHOLE_ROW(GRANT_WORDS, 0, uint64_t, 1),
    WHOLE_ROW(GRANT_WORDS, 1, uint64_t, 1),
    WHOLE_ROW(GRANT_WORDS, 2, uint64_t, 1 << COUNT(slugs)),
    IN_ROW(LISTINGS, 1, struct listing_row, body_bytes, 1),
    IN_ROW(LISTINGS, 1, struct listing_row, runs, 9),
    IN_ROW(FRAGMENTS, 1, struct ref, len, 0),
    IN_ROW(FRAGMENTS, 1, struct ref, len, UINT32_MAX),
    IN_ROW(FRAGMENTS, 1, struct ref, offset, UINT64_MAX),
    IN_ROW(FRAGMENTS, 1, struct ref, offset, 2000),
    IN_ROW(DIALECTS, 0, struct dialect_row, head.len, UINT32_MAX),
    IN_ROW(DIALECTS, 0, struct dialect_row, tail.offset, UINT64_MAX),
    WHOLE_ROW(ORDERS, 0, uint32_t, 1),
    WHOLE_ROW(ORDERS, 1, uint32_t, 0),
    WHOLE_ROW(ORDERS, 3, uint32_t, COUNT(slugs)),
    WHOLE_ROW(ORDERS, COUNT(slugs) * MODEL_ORDER_COUNT - 1, uint32_t, UINT32_MAX),
    IN_ROW(SEARCH_TEXTS, 1, struct ref, len, UINT32_MAX),
    IN_ROW(SEARCH_TEXTS, 3, struct ref, offset, UINT64_MAX),
    IN_ROW(CELLS, 1, struct cell_row, cell, UINT32_MAX),
    IN_ROW(CELLS, 1, struct cell_row, kind, 0),
    IN_ROW(CELLS, 1, struct cell_row, kind, CELL_PROVIDER + 1),
    IN_ROW(CELLS, 1, struct cell_row, identity, 0),
};

/* The checksum is right each time: these are lies, not accidents. */
static void a_hostile_generation_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(hostile); i++) {
        struct fixture fixture;
        char value[sizeof(struct digest)] = {0};
        bool is_version = hostile[i].table == HEADER &&
                          hostile[i].offset == offsetof(struct snapshot_header, version);

        fixture_build(&small, &fixture);
        char *at = hostile[i].table == HEADER
                       ? fixture.memory
                       : fixture_row(&fixture, hostile[i].table, hostile[i].row);
        memcpy(value, &hostile[i].value, sizeof(hostile[i].value));
        assert_memory_not_equal(at + hostile[i].offset, value, hostile[i].bytes);
        memcpy(at + hostile[i].offset, value, hostile[i].bytes);
        fixture_sum(&fixture);
        int err = check_copy(fixture.memory, fixture.bytes);
        if (err != (is_version ? ERR_VERSION : ERR_CORRUPT))
            fail_msg("%s = %llu: %s", hostile[i].what, (unsigned long long)hostile[i].value,
                     err_name(err));
        fixture_free(&fixture);
    }
}

static void a_slot_table_without_an_end_is_refused(void **state)
{
    static const enum snapshot_table tables[] = {SNAPSHOT_MODEL_SLOTS, SNAPSHOT_KEY_SLOTS};

    (void)state;
    for (size_t i = 0; i < COUNT(tables); i++) {
        struct fixture fixture;

        fixture_build(&small, &fixture);
        uint32_t *slots = fixture_row(&fixture, tables[i], 0);
        for (uint32_t n = 0; n < fixture.header->tables[tables[i]].rows; n++)
            slots[n] = slots[n] == ROW_NONE ? 0 : slots[n];
        fixture_sum(&fixture);
        assert_int_equal(check_copy(fixture.memory, fixture.bytes), ERR_CORRUPT);
        fixture_free(&fixture);
    }
}

/* As many slots as rows: each row is found, but a look-up for another one goes round for ever. */
static void a_slot_table_that_is_full_is_refused(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_build(&small, &fixture);
    uint32_t *slots = fixture_row(&fixture, SNAPSHOT_MODEL_SLOTS, 0);
    fixture.header->tables[SNAPSHOT_MODEL_SLOTS].rows = COUNT(slugs);
    for (uint32_t n = 0; n < COUNT(slugs); n++)
        slots[n] = n;
    fixture_sum(&fixture);
    assert_int_equal(check_copy(fixture.memory, fixture.bytes), ERR_CORRUPT);
    fixture_free(&fixture);
}

/* Users and groups have rows of one form, so that only their place gives them away. */
static void two_tables_in_one_place_are_refused(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_build(&small, &fixture);
    struct table_place *tables = fixture.header->tables;
    tables[SNAPSHOT_GROUPS].offset = tables[SNAPSHOT_USERS].offset;
    fixture_sum(&fixture);
    assert_int_equal(check_copy(fixture.memory, fixture.bytes), ERR_CORRUPT);
    fixture_free(&fixture);
}

/* Count and listing agree with the bits: only the rule that was broken can refuse these. */
static void grants_outside_their_bounds_are_refused(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_build(&small, &fixture);
    const struct ref *fragment = fixture_row(&fixture, SNAPSHOT_FRAGMENTS, 0);
    struct listing_row *listing = fixture_row(&fixture, SNAPSHOT_LISTINGS, 0);
    *(uint64_t *)fixture_row(&fixture, SNAPSHOT_GRANT_WORDS, 0) = 1;
    ((struct grant_set_row *)fixture_row(&fixture, SNAPSHOT_GRANT_SETS, 0))->models = 1;
    listing->runs = 1;
    listing->body_bytes += fragment->len - 1;
    fixture_sum(&fixture);
    assert_int_equal(check_copy(fixture.memory, fixture.bytes), ERR_CORRUPT);
    fixture_free(&fixture);

    fixture_build(&small, &fixture);
    *(uint64_t *)fixture_row(&fixture, SNAPSHOT_GRANT_WORDS, 1) |= UINT64_C(1) << 63;
    ((struct grant_set_row *)fixture_row(&fixture, SNAPSHOT_GRANT_SETS, 1))->models++;
    fixture_sum(&fixture);
    assert_int_equal(check_copy(fixture.memory, fixture.bytes), ERR_CORRUPT);
    fixture_free(&fixture);
}

/* A row behind a gap is not found, one in two slots hides another. */
static void a_row_that_a_look_up_would_miss_is_refused(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_build(&small, &fixture);
    uint32_t *slots = fixture_row(&fixture, SNAPSHOT_MODEL_SLOTS, 0);
    uint32_t count = fixture.header->tables[SNAPSHOT_MODEL_SLOTS].rows;
    uint32_t good[16];

    assert_in_range(count, 1, COUNT(good));
    memcpy(good, slots, count * sizeof(*slots));
    for (uint32_t from = 0; from < count; from++) {
        for (uint32_t to = 0; to < count; to++) {
            if (good[from] == ROW_NONE || from == to)
                continue;
            slots[to] = good[from];
            slots[from] = good[to];
            fixture_sum(&fixture);
            bool found = true;
            for (uint32_t n = 0; n < COUNT(slugs); n++)
                found &= snapshot_find_model(&fixture.snapshot, span_of(slugs[n])) == n;
            assert_int_equal(check_copy(fixture.memory, fixture.bytes), found ? 0 : ERR_CORRUPT);
            slots[from] = good[from];
            fixture_sum(&fixture);
            assert_int_equal(check_copy(fixture.memory, fixture.bytes), ERR_CORRUPT);
            slots[to] = good[to];
        }
    }
    fixture_free(&fixture);
}

/* Each order holds every model once all the while, but not in its place. */
static void orders_that_are_not_sorted_are_refused(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_build(&small, &fixture);
    for (uint32_t order = 0; order < MODEL_ORDER_COUNT; order++) {
        uint32_t *places = fixture_row(&fixture, SNAPSHOT_ORDERS, order * (uint32_t)COUNT(slugs));

        for (uint32_t n = 1; n < COUNT(slugs); n++) {
            const uint32_t behind = places[n];

            places[n] = places[n - 1];
            places[n - 1] = behind;
            fixture_sum(&fixture);
            assert_int_equal(check_copy(fixture.memory, fixture.bytes), ERR_CORRUPT);
            places[n - 1] = places[n];
            places[n] = behind;
        }
    }
    fixture_sum(&fixture);
    assert_int_equal(check_copy(fixture.memory, fixture.bytes), 0);
    fixture_free(&fixture);
}

static void texts_that_do_not_end_are_refused(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_build(&small, &fixture);
    memset(fixture.header->listen[0], 'a', SETTINGS_ADDRESS_BYTES);
    fixture_sum(&fixture);
    assert_int_equal(check_copy(fixture.memory, fixture.bytes), ERR_CORRUPT);
    fixture_free(&fixture);

    fixture_build(&small, &fixture);
    struct listing_row *listing = fixture_row(&fixture, SNAPSHOT_LISTINGS, 1);
    memset(listing->etag, '"', sizeof(listing->etag));
    fixture_sum(&fixture);
    assert_int_equal(check_copy(fixture.memory, fixture.bytes), ERR_CORRUPT);
    fixture_free(&fixture);
}

static void a_fragment_without_its_separator_is_refused(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_build(&small, &fixture);
    const struct ref *fragment = fixture_row(&fixture, SNAPSHOT_FRAGMENTS, 2);
    fixture.memory[fragment->offset] = '{';
    fixture_sum(&fixture);
    assert_int_equal(check_copy(fixture.memory, fixture.bytes), ERR_CORRUPT);
    fixture.memory[fragment->offset] = ',';
    fragment = fixture_row(&fixture, SNAPSHOT_FRAGMENTS, DIALECT_HTML * (uint32_t)COUNT(slugs));
    fixture.memory[fragment->offset] = ',';
    fixture_sum(&fixture);
    assert_int_equal(check_copy(fixture.memory, fixture.bytes), ERR_CORRUPT);
    fixture_free(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generations_of_all_shapes_are_accepted),
        cmocka_unit_test(one_flipped_bit_anywhere_is_noticed),
        cmocka_unit_test(a_generation_cut_short_at_any_byte_is_refused),
        cmocka_unit_test(a_hostile_generation_is_refused),
        cmocka_unit_test(a_slot_table_without_an_end_is_refused),
        cmocka_unit_test(a_slot_table_that_is_full_is_refused),
        cmocka_unit_test(two_tables_in_one_place_are_refused),
        cmocka_unit_test(grants_outside_their_bounds_are_refused),
        cmocka_unit_test(a_row_that_a_look_up_would_miss_is_refused),
        cmocka_unit_test(orders_that_are_not_sorted_are_refused),
        cmocka_unit_test(texts_that_do_not_end_are_refused),
        cmocka_unit_test(a_fragment_without_its_separator_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
