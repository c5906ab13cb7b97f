/* The digest of the content: every field of every row counts, and nothing else does. */
#include "tests/unit/registry_changes.h"

/* What cannot be told from two descriptions, or needs help. */
#define CONTENT_MAP(X)                                                                       \
    REGISTRY_CHANGE_MAP(X)                                                                   \
    X(provider_removed, fx->registry.data.provider_count = 1; remove_second_deployments(fx)) \
    X(model_price_given, fx->models[DELTA].has_price = true)                                 \
    X(model_price_taken, fx->models[ALPHA].has_price = false)                                \
    X(config_path, fx->registry.data.config_path = SPAN("/other"))

static void remove_second_deployments(struct fixture *fx)
{
    for (uint32_t i = 0; i < MODEL_COUNT; i++)
        fx->models[i].deployment_count = 1;
}

CONTENT_MAP(REGISTRY_CHANGE_FUNCTION)

static const struct registry_change changes[] = {CONTENT_MAP(REGISTRY_CHANGE_ROW)};

static const struct {
    const char *name;
    size_t at;
    bool reload;
} settings_rows[] = {
#define RELOAD  true
#define RESTART false
#define X(section, name, kind, fallback, min, max, when, sentence) \
    {#name, offsetof(struct settings, name), when},
    SETTINGS_MAP(X)
#undef X
#undef RELOAD
#undef RESTART
};

static void check_changed(const struct fixture *fx, const struct generation *one, const char *name)
{
    struct generation two = compile_after(fx, one);

    if (two.compiled.unchanged ||
        digest_equal(&one->snapshot.header->content, &two.snapshot.header->content))
        fail_msg("%s does not count", name);
    generation_close(&two);
}

static void any_change_of_any_field_is_another_content(void **state)
{
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    struct generation one = compile_after(&fx, NULL);
    for (size_t i = 0; i < LEN(changes); i++) {
        fixture_init(&fx);
        changes[i].change(&fx);
        check_changed(&fx, &one, changes[i].name);
    }
    generation_close(&one);
}

static void any_change_of_a_setting_is_another_content(void **state)
{
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    struct generation one = compile_after(&fx, NULL);
    for (size_t i = 0; i < LEN(settings_rows); i++) {
        uint64_t value;

        if (!settings_rows[i].reload)
            continue;
        fixture_init(&fx);
        char *at = (char *)&fx.registry.data.settings + settings_rows[i].at;
        memcpy(&value, at, sizeof(value));
        value ^= 1;
        memcpy(at, &value, sizeof(value));
        check_changed(&fx, &one, settings_rows[i].name);
    }
    generation_close(&one);
}

/* History is no content: numbers of generations and cells, dates, and what was retired. */
static void the_digest_is_a_function_of_the_configuration_alone(void **state)
{
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    struct generation direct = compile_after(&fx, NULL);
    struct registry_compile_input input = {.generation = 70, .now_s = 123456};
    fx.registry.data.key_count = 2;
    fx.models[BETA].description = SPAN("before");
    struct generation other = compile_with(&fx, &input);
    fixture_init(&fx);
    struct generation back = compile_after(&fx, &other);

    assert_int_not_equal(snapshot_model(&back.snapshot, 1)->created_s,
                         snapshot_model(&direct.snapshot, 1)->created_s);
    assert_true(digest_equal(&direct.snapshot.header->content, &back.snapshot.header->content));
    generation_close(&back);
    generation_close(&other);
    generation_close(&direct);
}

static void a_reload_is_unchanged_while_dropped_cells_wait_for_reuse(void **state)
{
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    struct generation one = compile_after(&fx, NULL);
    fx.registry.data.key_count--;
    struct generation two = compile_after(&fx, &one);
    struct registry_compile_input input = input_after(&two);
    input.acknowledged = 2;
    struct generation three = compile_with(&fx, &input);

    assert_true(three.compiled.unchanged);
    generation_close(&two);
    generation_close(&one);
}

static void the_key_of_sessions_is_a_secret_behind_those_of_providers(void **state)
{
    const struct span key = SPAN("a-key-of-sessions-0123456789abcd");
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    struct generation none = compile_after(&fx, NULL);
    struct registry_compile_input input = input_after(&none);
    input.session_key = key;
    struct generation with = compile_with(&fx, &input);
    const struct snapshot_header *header = with.snapshot.header;

    assert_int_equal(none.snapshot.header->session_key, ROW_NONE);
    assert_int_equal(none.secrets.header->rows, header->session_key);
    assert_int_equal(with.secrets.header->rows, header->session_key + 1);
    assert_true(span_equal(secrets_get(&with.secrets, header->session_key), key));
    assert_null(memmem(header, with.snapshot.bytes, key.ptr, key.len));
    for (uint32_t i = 0; i < PROVIDER_COUNT; i++)
        assert_true(snapshot_provider(&with.snapshot, i)->secret ==
                    snapshot_provider(&none.snapshot, i)->secret);
    generation_close(&with);
    generation_close(&none);
}

static void another_key_of_sessions_is_another_generation_of_the_same_content(void **state)
{
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    struct registry_compile_input input = input_after(NULL);
    input.session_key = SPAN("0123456789abcdef0123456789abcdef");
    struct generation one = compile_with(&fx, &input);
    input = input_after(&one);
    input.session_key = SPAN("0123456789abcdef0123456789abcdef");
    struct generation same = compile_with(&fx, &input);
    input.session_key = SPAN("0123456789abcdef0123456789abcdeF");
    struct generation other = compile_with(&fx, &input);

    assert_true(same.compiled.unchanged);
    assert_false(other.compiled.unchanged);
    assert_true(digest_equal(&one.snapshot.header->content, &other.snapshot.header->content));
    generation_close(&other);
    generation_close(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_change_of_any_field_is_another_content),
        cmocka_unit_test(any_change_of_a_setting_is_another_content),
        cmocka_unit_test(the_digest_is_a_function_of_the_configuration_alone),
        cmocka_unit_test(a_reload_is_unchanged_while_dropped_cells_wait_for_reuse),
        cmocka_unit_test(the_key_of_sessions_is_a_secret_behind_those_of_providers),
        cmocka_unit_test(another_key_of_sessions_is_another_generation_of_the_same_content),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
