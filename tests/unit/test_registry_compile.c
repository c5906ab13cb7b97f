/* From a checked registry to two sealed memfds: rows, order, dates, tags, seals. */
#include "tests/unit/registry_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

static struct span slug_of(const struct generation *generation, uint32_t number)
{
    return bytes_at(generation, snapshot_model(&generation->snapshot, number)->slug);
}

static void enabled_models_stand_by_priority_and_then_by_slug(void **state)
{
    static const char *const slugs[] = {"a", "B", "b-2", "b", "Z", "z/x", "z", "top", "low", "off"};
    static const int32_t priorities[] = {0, 0, 0, 0, 0, 0, 0, INT32_MAX, INT32_MIN, 99};
    static const char *const wanted[] = {"top", "B", "Z", "a", "b", "b-2", "z", "z/x", "low"};
    struct data_model models[LEN(slugs)];
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    for (uint32_t i = 0; i < LEN(slugs); i++)
        models[i] = fixture_model(slugs[i], priorities[i], fx.deployments[0]);
    models[LEN(slugs) - 1].enabled = false;
    fx.registry.data.models = models;
    fx.registry.data.model_count = LEN(slugs);
    struct generation one = compile_after(&fx, NULL);

    assert_int_equal(snapshot_rows(&one.snapshot, SNAPSHOT_MODELS), LEN(wanted));
    for (uint32_t i = 0; i < LEN(wanted); i++) {
        assert_true(span_equal(slug_of(&one, i), span_of(wanted[i])));
        assert_int_equal(snapshot_find_model(&one.snapshot, span_of(wanted[i])), i);
    }
    assert_int_equal(snapshot_find_model(&one.snapshot, SPAN("off")), ROW_NONE);
    generation_close(&one);
}

static void the_snapshot_says_what_the_configuration_says(void **state)
{
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    struct generation one = compile_after(&fx, NULL);
    const struct snapshot *snapshot = &one.snapshot;
    const struct snapshot_header *header = snapshot->header;

    assert_int_equal(header->generation, 1);
    assert_int_equal(header->published_s, 1000);
    assert_true(span_equal(bytes_at(&one, header->config_path), SPAN("/etc/weir/weir.yaml")));
    assert_true(span_equal(bytes_at(&one, header->state_dir), SPAN("/var/lib/weir")));
    assert_true(span_equal(bytes_at(&one, header->control_socket), SPAN("/run/weir/control.sock")));
    assert_true(span_equal(bytes_at(&one, header->ca_file), fx.registry.data.ca_file));
    assert_int_equal(header->listen_count, 1);
    assert_string_equal(header->listen[0], "127.0.0.1:8080");
    assert_memory_equal(&header->settings, &fx.registry.data.settings, sizeof(header->settings));
    assert_true(span_equal(bytes_at(&one, snapshot_provider(snapshot, 1)->base_url),
                           SPAN("http://127.0.0.1:8000/v1")));
    assert_int_equal(snapshot_provider(snapshot, 1)->secret, ROW_NONE);

    const struct model_row *alpha = snapshot_model(snapshot, 1);
    assert_int_equal(alpha->max_output_tokens, 16000);
    assert_int_equal(alpha->created_s, 1000);
    assert_int_equal(alpha->deployment_count, 2);
    const struct deployment_row *second = snapshot_deployment(snapshot,
                                                              alpha->deployment_first + 1);
    assert_int_equal(second->model, 1);
    assert_int_equal(second->tier, 2);
    assert_int_equal(second->provider, 1);
    assert_true(span_equal(bytes_at(&one, second->upstream_model), SPAN("upstream-b")));

    uint32_t key = snapshot_find_key(snapshot, &fx.keys[KEY_BOTH].digest);
    assert_int_equal(key, KEY_BOTH);
    assert_int_equal(snapshot_key(snapshot, key)->group, G_ALL);
    assert_true(span_equal(bytes_at(&one, snapshot_key(snapshot, key)->name), SPAN("key-both")));
    generation_close(&one);
}

static void check_order(const struct generation *one, enum model_sort sort, bool is_falling,
                        const char *const *wanted)
{
    const uint32_t *order = snapshot_order(&one->snapshot, sort, is_falling);

    for (uint32_t place = 0; place < snapshot_rows(&one->snapshot, SNAPSHOT_MODELS); place++) {
        if (!span_equal(slug_of(one, order[place]), span_of(wanted[place])))
            fail_msg("order %d, place %u: %.*s, not %s", (int)sort, place,
                     SPAN_FMT(slug_of(one, order[place])), wanted[place]);
    }
}

static void models_can_be_had_in_every_order(void **state)
{
    static const char *const slugs[] = {"Zed", "alpha", "mid", "none"};
    static const struct {
        enum model_sort sort;
        bool is_falling;
        const char *wanted[LEN(slugs)];
    } rows[] = {
        {MODEL_SORT_SLUG, false, {"alpha", "mid", "none", "Zed"}},
        {MODEL_SORT_SLUG, true, {"Zed", "none", "mid", "alpha"}},
        {MODEL_SORT_NAME, false, {"mid", "none", "Zed", "alpha"}},
        {MODEL_SORT_NAME, true, {"alpha", "Zed", "mid", "none"}},
        {MODEL_SORT_CONTEXT, false, {"mid", "Zed", "alpha", "none"}},
        {MODEL_SORT_CONTEXT, true, {"Zed", "alpha", "mid", "none"}},
        {MODEL_SORT_MAX_OUTPUT, false, {"alpha", "Zed", "mid", "none"}},
        {MODEL_SORT_INPUT, false, {"alpha", "mid", "Zed", "none"}},
        {MODEL_SORT_INPUT, true, {"Zed", "mid", "alpha", "none"}},
        {MODEL_SORT_OUTPUT, true, {"mid", "Zed", "alpha", "none"}},
        {MODEL_SORT_PROVIDER, false, {"Zed", "alpha", "mid", "none"}},
    };
    struct data_model models[LEN(slugs)];
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    for (uint32_t i = 0; i < LEN(slugs); i++) {
        models[i] = fixture_model(slugs[i], 0, fx.deployments[0]);
        models[i].has_price = i < 3;
        models[i].price = fx.models[ALPHA].price;
        models[i].price.input = 30 - i % 3 * 10;
        models[i].price.output = PRICE_NONE;
        models[i].max_input_tokens = i == 3 ? 0 : 500;
        models[i].max_output_tokens = i == 1 ? 7 : 0;
    }
    models[1].price.input = 0;
    models[2].price.output = 0;
    models[2].max_input_tokens = 400;
    models[0].name = SPAN("same");
    models[1].name = SPAN("Zoe");
    models[2].name = SPAN("A model");
    models[3].name = SPAN("a MODEL");
    fx.registry.data.models = models;
    fx.registry.data.model_count = LEN(slugs);
    struct generation one = compile_after(&fx, NULL);

    for (uint32_t i = 0; i < LEN(rows); i++)
        check_order(&one, rows[i].sort, rows[i].is_falling, rows[i].wanted);
    uint32_t none = snapshot_find_model(&one.snapshot, SPAN("none"));

    assert_true(span_equal(snapshot_search_text(&one.snapshot, none), SPAN("none\na model")));
    generation_close(&one);
}

static void equal_prices_share_a_row_and_no_price_has_none(void **state)
{
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    struct generation one = compile_after(&fx, NULL);
    const struct snapshot *snapshot = &one.snapshot;

    assert_int_equal(snapshot_rows(snapshot, SNAPSHOT_PRICES), 1);
    assert_int_equal(snapshot_model(snapshot, 0)->price, 0);
    assert_int_equal(snapshot_model(snapshot, 1)->price, 0);
    assert_int_equal(snapshot_model(snapshot, 2)->price, ROW_NONE);
    fx.models[ALPHA].price.cache_read = 0;
    struct generation two = compile_after(&fx, &one);
    assert_int_equal(snapshot_rows(&two.snapshot, SNAPSHOT_PRICES), 2);
    assert_int_equal(SNAPSHOT_ROW(&two.snapshot, PRICES, struct price_row, 1)->cache_read, 0);
    generation_close(&two);
    generation_close(&one);
}

/* Method: put a listing together as a worker does and compare it with what the row promises. */
static void a_listing_is_as_long_as_its_row_says(void **state)
{
    struct fixture fx;
    char body[16384];

    (void)state;
    fixture_init(&fx);
    struct generation one = compile_after(&fx, NULL);
    const struct snapshot *snapshot = &one.snapshot;
    const struct dialect_row *ends = snapshot_dialect(snapshot, DIALECT_OPENAI);

    for (uint32_t set = 0; set < snapshot_rows(snapshot, SNAPSHOT_GRANT_SETS); set++) {
        const struct listing_row *listing = snapshot_listing(snapshot, set, DIALECT_OPENAI);
        struct text text = text_over(body, sizeof(body));
        uint32_t listed = 0;

        text_add(&text, bytes_at(&one, ends->head));
        for (uint32_t model = 0; model < snapshot_rows(snapshot, SNAPSHOT_MODELS); model++) {
            if (!snapshot_is_granted(snapshot, set, model))
                continue;
            text_add(&text,
                     span_skip(snapshot_fragment(snapshot, DIALECT_OPENAI, model), listed++ == 0));
        }
        text_add(&text, bytes_at(&one, ends->tail));
        assert_int_equal(text.err, 0);
        assert_int_equal(text.len, listing->body_bytes);
        assert_int_equal(strlen(listing->etag), 18);
        assert_int_equal(listing->etag[0], '"');
        assert_int_equal(listing->etag[17], '"');
    }
    assert_int_equal(snapshot_listing(snapshot, 0, DIALECT_OPENAI)->body_bytes,
                     strlen("{\"object\":\"list\",\"data\":[]}"));
    generation_close(&one);
}

static void a_fragment_carries_the_whole_model(void **state)
{
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    fx.models[ALPHA].description = SPAN("quote \" and 模型");
    fx.models[ALPHA].default_reasoning = SPAN("low");
    fx.models[ALPHA].level_count = 1;
    fx.models[ALPHA].levels[0] = (struct dialect_level){SPAN("low"), SPAN("Quick")};
    struct generation one = compile_after(&fx, NULL);
    static const char wanted[] =
        ",{\"id\":\"alpha\",\"object\":\"model\",\"created\":1000,\"owned_by\":\"openai\","
        "\"metadata\":{\"display_name\":\"alpha\",\"description\":\"quote \\\" and 模型\","
        "\"context_window\":128000,\"input_modalities\":[\"text\"],"
        "\"supported_reasoning_levels\":[{\"effort\":\"low\",\"description\":\"Quick\"}],"
        "\"default_reasoning_level\":\"low\",\"supports_reasoning_summaries\":false,"
        "\"support_verbosity\":false,\"default_verbosity\":null,\"prefer_websockets\":false,"
        "\"supports_parallel_tool_calls\":false,\"supported_in_api\":true,"
        "\"minimal_client_version\":null,\"priority\":0},"
        "\"pricing\":{\"input\":0.0025,\"output\":0.01,\"unit\":\"usd_per_1k_tokens\"}}";

    assert_true(span_equal(snapshot_fragment(&one.snapshot, DIALECT_OPENAI, 1), span_of(wanted)));
    generation_close(&one);
}

static void a_long_description_is_kept_whole(void **state)
{
    enum { DESCRIPTION_BYTES = 300000 };
    struct fixture fx;
    char *description = malloc(DESCRIPTION_BYTES);

    (void)state;
    assert_non_null(description);
    memset(description, 'd', DESCRIPTION_BYTES);
    fixture_init(&fx);
    fx.models[BETA].description = (struct span){description, DESCRIPTION_BYTES};
    struct generation one = compile_after(&fx, NULL);
    struct span fragment = snapshot_fragment(&one.snapshot, DIALECT_OPENAI, 0);

    assert_true(fragment.len > DESCRIPTION_BYTES);
    assert_non_null(memmem(fragment.ptr, fragment.len, description, DESCRIPTION_BYTES));
    generation_close(&one);
    free(description);
}

static void an_empty_registry_compiles(void **state)
{
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    fx.registry.data.provider_count = 0;
    fx.registry.data.model_count = 0;
    fx.registry.data.group_count = 0;
    fx.registry.data.user_count = 0;
    fx.registry.data.key_count = 0;
    struct generation one = compile_after(&fx, NULL);

    assert_int_equal(snapshot_rows(&one.snapshot, SNAPSHOT_MODELS), 0);
    assert_int_equal(one.snapshot.header->anonymous_grant_set, 0);
    assert_int_equal(snapshot_find_model(&one.snapshot, SPAN("alpha")), ROW_NONE);
    assert_int_equal(snapshot_find_key(&one.snapshot, &fx.keys[0].digest), ROW_NONE);
    assert_int_equal(one.secrets.header->rows, 0);
    generation_close(&one);
}

static void both_memfds_are_sealed_and_named(void **state)
{
    static const int seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    struct generation one = compile_after(&fx, NULL);
    const struct {
        int fd;
        const char *name;
    } rows[] = {{one.compiled.snapshot_fd, "/memfd:weir-snapshot-1"},
                {one.compiled.secrets_fd, "/memfd:weir-secrets-1"}};

    for (size_t i = 0; i < LEN(rows); i++) {
        char path[64];
        char target[128] = "";

        assert_int_equal(fcntl(rows[i].fd, F_GET_SEALS), seals);
        assert_int_equal(fcntl(rows[i].fd, F_GETFD), FD_CLOEXEC);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", rows[i].fd);
        assert_true(readlink(path, target, sizeof(target) - 1) > 0);
        assert_memory_equal(target, rows[i].name, strlen(rows[i].name));
    }
    generation_close(&one);
}

static void no_byte_of_a_secret_is_in_the_snapshot(void **state)
{
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    struct generation one = compile_after(&fx, NULL);

    assert_null(memmem(one.snapshot.header, one.snapshot.bytes, FIXTURE_SECRET, 8));
    assert_true(span_equal(secrets_get(&one.secrets, snapshot_provider(&one.snapshot, 0)->secret),
                           SPAN(FIXTURE_SECRET)));
    assert_int_equal(secrets_get(&one.secrets, ROW_NONE).len, 0);
    generation_close(&one);
}

static void each_provider_has_its_own_secret(void **state)
{
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    fx.providers[1].has_secret = true;
    fx.providers[1].secret = SPAN("sk-second");
    struct generation one = compile_after(&fx, NULL);

    assert_int_equal(one.secrets.header->rows, 2);
    for (uint32_t n = 0; n < LEN(fx.providers); n++) {
        uint32_t secret = snapshot_provider(&one.snapshot, n)->secret;

        assert_true(span_equal(secrets_get(&one.secrets, secret), fx.providers[n].secret));
    }
    generation_close(&one);
}

static void give_account(struct data_provider *provider, const char *private_key)
{
    provider->has_secret = false;
    provider->has_account = true;
    provider->account = (struct account){.provider = provider->name,
                                         .email = SPAN("a@b"),
                                         .token_url = SPAN("http://127.0.0.1/t"),
                                         .scope = SPAN("s"),
                                         .private_key = span_of(private_key)};
}

/* Workers know an account by its identity, and the steward all of it. */
static void a_private_key_is_in_the_accounts_and_nowhere_else(void **state)
{
    struct digester *digester = digester_new();
    struct secrets accounts;
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    give_account(&fx.providers[1], "canary-private-key");
    struct generation one = compile_after(&fx, NULL);
    const struct provider_row *row = snapshot_provider(&one.snapshot, 1);
    struct digest identity = account_identity(&fx.providers[1].account, digester);

    assert_int_equal(snapshot_provider(&one.snapshot, 0)->auth, PROVIDER_AUTH_KEY);
    assert_int_equal(row->auth, PROVIDER_AUTH_TOKEN);
    assert_true(span_equal(secrets_get(&one.secrets, row->secret),
                           (struct span){(const char *)identity.bytes, DIGEST_BYTES}));
    assert_null(memmem(one.snapshot.header, one.snapshot.bytes, "canary", 6));
    assert_null(memmem(one.secrets.header, one.secrets.bytes, "canary", 6));
    assert_int_equal(secrets_open(one.compiled.accounts_fd, &accounts), 0);
    assert_int_equal(accounts_count(&accounts), 1);
    struct account account = accounts_get(&accounts, 0);
    assert_true(span_equal(account.private_key, SPAN("canary-private-key")));
    assert_true(span_equal(account.provider, fx.providers[1].name));
    assert_null(memmem(accounts.header, accounts.bytes, FIXTURE_SECRET, 8));
    secrets_close(&accounts);
    generation_close(&one);
    digester_free(&digester);
}

static void a_rotated_private_key_is_a_new_generation_of_the_same_identity(void **state)
{
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    give_account(&fx.providers[1], "one");
    struct generation one = compile_after(&fx, NULL);
    give_account(&fx.providers[1], "two");
    struct generation two = compile_after(&fx, &one);
    uint32_t secret = snapshot_provider(&two.snapshot, 1)->secret;

    assert_false(two.compiled.unchanged);
    assert_true(digest_equal(&one.snapshot.header->content, &two.snapshot.header->content));
    assert_true(span_equal(secrets_get(&one.secrets, secret), secrets_get(&two.secrets, secret)));
    generation_close(&two);
    generation_close(&one);
}

static void an_equal_reload_makes_nothing(void **state)
{
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    struct generation one = compile_after(&fx, NULL);
    struct generation two = compile_after(&fx, &one);

    assert_true(two.compiled.unchanged);
    assert_int_equal(two.compiled.snapshot_fd, -1);
    assert_int_equal(two.compiled.secrets_fd, -1);
    generation_close(&one);
}

static void a_rotated_secret_is_a_new_generation_of_the_same_content(void **state)
{
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    struct generation one = compile_after(&fx, NULL);
    fx.providers[0].secret = SPAN("sk-rotated");
    struct generation two = compile_after(&fx, &one);

    assert_false(two.compiled.unchanged);
    assert_true(digest_equal(&one.snapshot.header->content, &two.snapshot.header->content));
    assert_false(digest_equal(&one.secrets.header->content, &two.secrets.header->content));
    assert_int_equal(two.snapshot.header->published_s, 1000);
    assert_true(span_equal(secrets_get(&two.secrets, 0), SPAN("sk-rotated")));
    generation_close(&two);
    generation_close(&one);
}

static void the_same_input_gives_the_same_bytes(void **state)
{
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    struct generation one = compile_after(&fx, NULL);
    struct generation again = compile_after(&fx, NULL);

    assert_int_equal(one.snapshot.bytes, again.snapshot.bytes);
    assert_memory_equal(one.snapshot.header, again.snapshot.header, one.snapshot.bytes);
    generation_close(&again);
    generation_close(&one);
}

static int64_t created_of(const struct generation *generation, const char *slug)
{
    uint32_t number = snapshot_find_model(&generation->snapshot, span_of(slug));

    assert_int_not_equal(number, ROW_NONE);
    return snapshot_model(&generation->snapshot, number)->created_s;
}

static void created_is_when_a_models_content_was_first_published(void **state)
{
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    struct generation one = compile_after(&fx, NULL);
    fx.models[ALPHA].description = SPAN("new words");
    fx.models[GAMMA].enabled = true;
    fx.deployments[BETA][0].weight = 100;
    struct generation two = compile_after(&fx, &one);

    assert_int_equal(created_of(&two, "alpha"), 2000);
    assert_int_equal(created_of(&two, "gamma"), 2000);
    assert_int_equal(created_of(&two, "beta"), 1000);
    assert_int_equal(created_of(&two, "delta"), 1000);
    assert_int_equal(two.snapshot.header->published_s, 2000);

    /* Two generations on, a kept model still has its first date. */
    fx.models[DELTA].max_output_tokens = 1;
    struct generation three = compile_after(&fx, &two);
    assert_int_equal(created_of(&three, "alpha"), 2000);
    assert_int_equal(created_of(&three, "beta"), 1000);
    assert_int_equal(created_of(&three, "delta"), 3000);
    generation_close(&three);
    generation_close(&two);
    generation_close(&one);
}

static const char *etag_of(const struct generation *generation, uint32_t key)
{
    uint32_t set = snapshot_key(&generation->snapshot, key)->grant_set;

    return snapshot_listing(&generation->snapshot, set, DIALECT_OPENAI)->etag;
}

static void a_tag_changes_exactly_with_the_bytes_of_its_listing(void **state)
{
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    struct generation one = compile_after(&fx, NULL);
    /* gamma becomes the first model of all: every number moves, but only g-all and ada list it. */
    fx.models[GAMMA].enabled = true;
    struct generation two = compile_after(&fx, &one);

    assert_string_equal(etag_of(&one, KEY_NARROW), etag_of(&two, KEY_NARROW));
    assert_string_equal(etag_of(&one, KEY_BARE), etag_of(&two, KEY_BARE));
    assert_string_not_equal(etag_of(&one, KEY_GROUP), etag_of(&two, KEY_GROUP));
    assert_string_not_equal(etag_of(&one, KEY_ADA), etag_of(&two, KEY_ADA));

    fx.models[DELTA].name = SPAN("Delta");
    struct generation three = compile_after(&fx, &two);
    assert_string_not_equal(etag_of(&two, KEY_NARROW), etag_of(&three, KEY_NARROW));
    assert_string_equal(etag_of(&two, KEY_ADA), etag_of(&three, KEY_ADA));

    fx.models[DELTA].name = SPAN("delta");
    struct generation four = compile_after(&fx, &three);
    /* The same words again, but `created` is new, and it is part of the bytes. */
    assert_string_not_equal(etag_of(&two, KEY_NARROW), etag_of(&four, KEY_NARROW));
    generation_close(&four);
    generation_close(&three);
    generation_close(&two);
    generation_close(&one);
}

static void automatic_workers_are_stored_as_a_number(void **state)
{
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    fx.registry.data.settings.workers = 0;
    struct generation one = compile_after(&fx, NULL);

    assert_in_range(one.snapshot.header->settings.workers, 1, SETTINGS_WORKERS_MAX);
    generation_close(&one);
}

static void a_key_takes_at_most_200_bytes(void **state)
{
    enum { MANY = 10000, KEY_BYTES_MAX = 200, NAME_BYTES = 24 };
    struct data_key *keys = calloc(MANY, sizeof(*keys));
    char *names = calloc(MANY, NAME_BYTES);
    struct fixture fx;

    (void)state;
    assert_non_null(keys);
    assert_non_null(names);
    fixture_init(&fx);
    struct generation none = compile_after(&fx, NULL);
    for (uint32_t i = 0; i < MANY; i++) {
        char *name = names + (size_t)i * NAME_BYTES;

        snprintf(name, NAME_BYTES, "developer-key-%05u", i);
        keys[i] = fixture_key(name, i % USER_COUNT, i % GROUP_COUNT);
    }
    fx.registry.data.keys = keys;
    fx.registry.data.key_count = MANY;
    struct generation many = compile_after(&fx, NULL);

    for (uint32_t i = 0; i < MANY; i++)
        assert_int_equal(snapshot_find_key(&many.snapshot, &keys[i].digest), i);
    assert_true(many.snapshot.bytes - none.snapshot.bytes <= (size_t)MANY * KEY_BYTES_MAX);
    generation_close(&many);
    generation_close(&none);
    free(names);
    free(keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enabled_models_stand_by_priority_and_then_by_slug),
        cmocka_unit_test(the_snapshot_says_what_the_configuration_says),
        cmocka_unit_test(models_can_be_had_in_every_order),
        cmocka_unit_test(equal_prices_share_a_row_and_no_price_has_none),
        cmocka_unit_test(a_listing_is_as_long_as_its_row_says),
        cmocka_unit_test(a_fragment_carries_the_whole_model),
        cmocka_unit_test(a_long_description_is_kept_whole),
        cmocka_unit_test(an_empty_registry_compiles),
        cmocka_unit_test(both_memfds_are_sealed_and_named),
        cmocka_unit_test(no_byte_of_a_secret_is_in_the_snapshot),
        cmocka_unit_test(each_provider_has_its_own_secret),
        cmocka_unit_test(a_private_key_is_in_the_accounts_and_nowhere_else),
        cmocka_unit_test(a_rotated_private_key_is_a_new_generation_of_the_same_identity),
        cmocka_unit_test(an_equal_reload_makes_nothing),
        cmocka_unit_test(a_rotated_secret_is_a_new_generation_of_the_same_content),
        cmocka_unit_test(the_same_input_gives_the_same_bytes),
        cmocka_unit_test(created_is_when_a_models_content_was_first_published),
        cmocka_unit_test(a_tag_changes_exactly_with_the_bytes_of_its_listing),
        cmocka_unit_test(automatic_workers_are_stored_as_a_number),
        cmocka_unit_test(a_key_takes_at_most_200_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
