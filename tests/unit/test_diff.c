/* What is different between two configurations: nothing that matters is missed. */
#include "registry/settings.h"
#include "tests/unit/registry_changes.h"
#include "tools/describe.h"
#include "tools/diff.h"

REGISTRY_CHANGE_MAP(REGISTRY_CHANGE_FUNCTION)

static const struct data_image_price image_prices[] = {{{"1024x1024/hd", 12}, 80000000000}};
static const struct data_browser_user browser_users[] = {{{"https://i", 9}, {"s", 1}, ADA}};

/* X(what, how): beside what a generation holds, what only the configuration knows. */
#define MORE_MAP(X)                                                                           \
    X(lifecycle, fx->models[ALPHA].lifecycle = LIFECYCLE_DEPRECATED)                          \
    X(released, fx->models[ALPHA].released_s = 1)                                             \
    X(deprecated, fx->models[ALPHA].deprecated_s = 1)                                         \
    X(retires, fx->models[ALPHA].retires_s = 1)                                               \
    X(strict, fx->models[ALPHA].strict_params = DATA_OFF)                                     \
    X(outputs, fx->models[ALPHA].output_modalities[0] = SPAN("image");                        \
      fx->models[ALPHA].output_modality_count = 1)                                            \
    X(features, fx->models[ALPHA].features[0] = SPAN("x"); fx->models[ALPHA].feature_count++) \
    X(parameters, fx->models[ALPHA].parameters[0] = SPAN("x");                                \
      fx->models[ALPHA].parameter_count++)                                                    \
    X(summaries, fx->models[ALPHA].flags ^= MODEL_SUMMARIES)                                  \
    X(parallel, fx->models[ALPHA].flags ^= MODEL_PARALLEL_TOOL_CALLS)                         \
    X(websockets, fx->models[ALPHA].flags ^= MODEL_WEBSOCKETS)                                \
    X(in_api, fx->models[ALPHA].flags ^= MODEL_IN_API)                                        \
    X(image_prices, fx->models[ALPHA].image_prices = image_prices;                            \
      fx->models[ALPHA].image_price_count = 1)                                                \
    X(thinking, fx->deployments[ALPHA][0].traits.thinking = THINKING_LEVEL)                   \
    X(image_urls, fx->deployments[ALPHA][0].traits.image_urls ^= true)                        \
    X(account, fx->providers[1].has_account = true)                                           \
    X(requests, fx->users[ADA].limits.requests.per_minute = 1)                                \
    X(burst, fx->users[ADA].limits.requests.burst = 1)                                        \
    X(input_tokens, fx->users[ADA].limits.input_tokens.per_minute = 1)                        \
    X(output_tokens, fx->users[ADA].limits.output_tokens.per_minute = 1)                      \
    X(concurrent, fx->groups[G_ALL].limits.concurrent = 1)                                    \
    X(budget, fx->groups[G_ALL].budget = ((struct data_budget){true, 1, WINDOW_WEEK}))        \
    X(revoked, fx->keys[KEY_ADA].flags |= KEY_REVOKED)                                        \
    X(restricted, fx->keys[KEY_ADA].restricted = true)                                        \
    X(listen, fx->registry.data.listen[0] = SPAN("127.0.0.1:9999");                           \
      fx->registry.data.listen_count = 1)                                                     \
    X(state_dir, fx->registry.data.state_dir = SPAN("/other"))                                \
    X(control_socket, fx->registry.data.control_socket = SPAN("/other"))                      \
    X(ca_file, fx->registry.data.ca_file = SPAN("/other"))                                    \
    X(admin_socket, fx->registry.data.admin_socket = SPAN("/other"))                          \
    X(admin_listen, fx->registry.data.admin_listen = SPAN("127.0.0.1:9"))                     \
    X(credits, fx->registry.data.credits_per_usd = 7)                                         \
    X(app_check, fx->registry.data.browser.app_check.audience = SPAN("x"))                    \
    X(issuer, fx->registry.data.browser.issuers[0].keys_url = SPAN("https://k");              \
      fx->registry.data.browser.issuer_count = 1)                                             \
    X(browser_user, fx->registry.data.browser.users = browser_users;                          \
      fx->registry.data.browser.user_count = 1)

MORE_MAP(REGISTRY_CHANGE_FUNCTION)

static const struct registry_change changes[] = {REGISTRY_CHANGE_MAP(REGISTRY_CHANGE_ROW)
                                                     MORE_MAP(REGISTRY_CHANGE_ROW)};

/* How many changes are told between two fixtures; those that need a restart in `restarts`. */
static uint32_t count_changes(struct fixture *before, struct fixture *after, uint32_t *restarts)
{
    const struct offline old_one = {.registry = &before->registry};
    const struct offline new_one = {.registry = &after->registry};
    struct diff diff = {
        .before = &old_one,
        .after = &new_one,
        .arena = arena_new((size_t)1 << 30),
        .changes = {.row_bytes = sizeof(struct diff_change)},
    };

    assert_non_null(diff.arena);
    assert_int_equal(diff_find_changes(&diff), 0);
    *restarts = 0;
    for (uint32_t i = 0; i < diff.changes.count; i++)
        *restarts += ((const struct diff_change *)list_at(&diff.changes, i))->restart ? 1 : 0;
    uint32_t count = diff.changes.count;
    diff_close(&diff);
    return count;
}

static void what_is_equal_does_not_differ(void **state)
{
    static struct fixture before;
    static struct fixture after;
    uint32_t restarts;

    (void)state;
    fixture_init(&before);
    fixture_init(&after);
    assert_int_equal(count_changes(&before, &after, &restarts), 0);
}

static void every_change_is_told(void **state)
{
    static struct fixture before;
    static struct fixture after;
    uint32_t restarts;

    (void)state;
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        fixture_init(&before);
        fixture_init(&after);
        changes[i].change(&after);
        if (count_changes(&before, &after, &restarts) == 0)
            fail_msg("%s is not told of", changes[i].name);
    }
}

static void a_revocation_is_told_apart_from_what_the_file_disables(void **state)
{
    static struct fixture before;
    static struct fixture after;
    uint32_t restarts;

    (void)state;
    fixture_init(&before);
    fixture_init(&after);
    after.keys[KEY_ADA].flags |= KEY_REVOKED;
    assert_int_equal(count_changes(&before, &after, &restarts), 1);
    after.keys[KEY_ADA].flags |= KEY_DISABLED;
    assert_int_equal(count_changes(&before, &after, &restarts), 2);
}

static void every_setting_is_told_and_whether_it_takes_a_restart(void **state)
{
    static struct fixture before;
    static struct fixture after;
    uint32_t restarts;

    (void)state;
    for (uint32_t n = 0; n < SETTING_NUMBER_COUNT; n++) {
        fixture_init(&before);
        fixture_init(&after);
        char *value = (char *)&after.registry.data + setting_fields[n].offset;
        *value = (char)(*value ^ 1);
        assert_int_equal(count_changes(&before, &after, &restarts), 1);
        assert_int_equal(restarts, settings_table[n].when == SETTING_RESTART ? 1 : 0);
    }
}

static void paths_that_a_reload_refuses_need_a_restart(void **state)
{
    static const struct {
        const char *path;
        bool restart;
    } rows[] = {
        {"listen", true},        {"state_dir", true},     {"control_socket", true},
        {"ca_file", true},       {"workers", false},      {"state.cells_max", true},
        {"limits.calls", false}, {"admin.listen", false}, {"admin.socket", false},
        {"cells_max", false},    {"limits", false},       {"", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(describe_needs_restart(span_of(rows[i].path)), rows[i].restart);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_equal_does_not_differ),
        cmocka_unit_test(every_change_is_told),
        cmocka_unit_test(a_revocation_is_told_apart_from_what_the_file_disables),
        cmocka_unit_test(every_setting_is_told_and_whether_it_takes_a_restart),
        cmocka_unit_test(paths_that_a_reload_refuses_need_a_restart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
