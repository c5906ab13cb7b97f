/* Loading: what is refused, and what is said about it; included files; references. */
#include "tests/unit/load_fixture.h"
#include "tests/unit/service_account_fixture.h"

#include <fcntl.h>
#include <glob.h>
#include <unistd.h>

/* NOLINTBEGIN(concurrency-mt-unsafe): a test has one thread */

enum { BAD_FILES_MIN = 70 };

/* Method: each NN-name.yaml of data/bad beside the exact print of its report. */
static void every_problem_of_a_bad_file_is_reported(void **state)
{
    static char expected[LOAD_OUTPUT_BYTES];
    char expected_path[512];
    glob_t found;

    (void)state;
    unsetenv("CREDENTIALS_DIRECTORY");
    assert_int_equal(glob("tests/unit/data/bad/*.yaml", 0, NULL, &found), 0);
    assert_true(found.gl_pathc >= BAD_FILES_MIN);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *path = found.gl_pathv[i];
        struct report *report = report_new();
        struct registry *registry = registry_load(path, true, NULL, report);

        (void)snprintf(expected_path, sizeof(expected_path), "%.*s.expected",
                       (int)(strlen(path) - 5), path);
        int fd = open(expected_path, O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        load_read_whole(fd, expected);
        (void)close(fd);
        assert_string_equal(load_printed(report), expected);
        assert_null(registry);
        assert_true(report_errors(report) > 0);
        report_free(&report);
    }
    globfree(&found);
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", load_folder(), 1), 0);
}

static void included_files_are_read_in_order_and_know_each_other(void **state)
{
    struct report *report = report_new();

    (void)state;
    load_write_file("b-models.yaml",
                    "models: { m1: { deployments: [{ provider: p, model: x }] } }\n");
    load_write_file("a-models.yaml",
                    "models: { m2: { deployments: [{ provider: p, model: x }] } }\n");
    load_write_file("empty.yaml", "# nothing yet\n");
    struct registry *registry = load_main(
        "include: [\"*-models.yaml\", \"b-*.yaml\", \"empty.yaml\"]\n"
        "providers: { p: { kind: openai } }\n"
        "groups: { g: { models: [m1] } }\n",
        report);
    if (registry == NULL) {
        fail_msg("%s", load_printed(report));
        return;
    }
    assert_non_null(strstr(load_printed(report), "empty.yaml: warning: the file is empty"));
    assert_int_equal(report_warnings(report), 1);
    assert_int_equal(registry->data.model_count, 2);
    load_assert_text(registry->data.models[0].slug, "m2");
    load_assert_text(registry->data.models[1].slug, "m1");
    assert_int_equal(registry->data.groups[0].grant.models[0], 1);
    assert_non_null(strstr(registry->data.models[1].place.file, "/b-models.yaml"));
    registry_free(&registry);
    report_free(&report);
}

static void a_pattern_without_a_match_is_a_warning(void **state)
{
    struct report *report = report_new();
    struct registry *registry = load_main("include: [\"none-*.yaml\", \"no/folder/*.yaml\"]\n",
                                          report);

    (void)state;
    assert_non_null(registry);
    assert_int_equal(report_warnings(report), 2);
    assert_non_null(
        strstr(load_printed(report), "weir.yaml:1:11: warning: include: no file matches"));
    registry_free(&registry);
    report_free(&report);
}

static void a_pattern_may_not_match_the_main_file(void **state)
{
    struct report *report = report_new();

    (void)state;
    assert_null(load_main("include: \"weir.yaml\"\n", report));
    assert_non_null(
        strstr(load_printed(report), "weir.yaml:1:10: error: include: the pattern matches"));
    report_free(&report);
}

static void an_included_file_holds_entities_only(void **state)
{
    struct report *report = report_new();

    (void)state;
    load_write_file("inc-1.yaml", "include: x\nlisten: [\"127.0.0.1:1\"]\nlimits: {}\nworkers: 1\n"
                                  "anonymous: { models: all }\nusers: { u: {} }\n");
    assert_null(load_main("include: \"inc-*.yaml\"\n", report));
    const char *said = load_printed(report);
    assert_int_equal(report_errors(report), 5);
    assert_non_null(strstr(said, "inc-1.yaml:1:1: error: \"include\" may only stand in the main"));
    assert_non_null(strstr(said, "inc-1.yaml:2:1: error: \"listen\" may only stand in the main"));
    assert_non_null(
        strstr(said, "inc-1.yaml:5:1: error: \"anonymous\" may only stand in the main"));
    report_free(&report);
}

static void a_name_in_two_files_is_an_error_that_names_both(void **state)
{
    struct report *report = report_new();

    (void)state;
    load_write_file("inc-1.yaml", "users:\n  ada: { disabled: true }\n");
    assert_null(load_main("include: inc-1.yaml\nusers:\n  ada: {}\n", report));
    const char *said = load_printed(report);
    assert_non_null(
        strstr(said, "/inc-1.yaml:2:3: error: users.ada: the name is taken: the first"));
    assert_non_null(strstr(said, "/weir.yaml:3:3"));
    report_free(&report);
}

/* A file that cannot be parsed may hold what others refer to: no guess is reported. */
static void a_broken_file_does_not_make_others_look_broken(void **state)
{
    struct report *report = report_new();

    (void)state;
    load_write_file("inc-1.yaml", "models: {\n");
    assert_null(
        load_main("include: inc-1.yaml\ngroups: { g: { models: [m1] } }\nfoo: 1\n", report));
    assert_int_equal(report_errors(report), 2);
    assert_null(strstr(load_printed(report), "there is no model"));
    report_free(&report);
}

static void a_file_that_is_not_there_says_so(void **state)
{
    struct report *report = report_new();

    (void)state;
    assert_null(registry_load("/nonexistent/weir.yaml", true, NULL, report));
    assert_string_equal(load_printed(report),
                        "/nonexistent/weir.yaml: error: No such file or directory\n");
    report_free(&report);
    report = report_new();
    assert_null(registry_load("/tmp", true, NULL, report));
    assert_string_equal(load_printed(report), "/tmp: error: is not a regular file\n");
    report_free(&report);
}

static void references_are_resolved_once_and_after_parsing(void **state)
{
    static const struct {
        const char *written;
        const char *secret;
    } rows[] = {
        {"${OPENAI_API_KEY}", "sk-openai-1"},
        {"a-${OPENAI_API_KEY}-b", "a-sk-openai-1-b"},
        {"${credential:anthropic}${OPENAI_API_KEY}", "sk-ant-1sk-openai-1"},
        {"$${OPENAI_API_KEY}", "${OPENAI_API_KEY}"},
        {"$$$", "$$$"},
        {"$OPENAI_API_KEY", "$OPENAI_API_KEY"},
        {"${WEIR_TEST_NESTED}", "${OPENAI_API_KEY}"},
    };

    (void)state;
    assert_int_equal(setenv("WEIR_TEST_NESTED", "${OPENAI_API_KEY}", 1), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[256];

        (void)snprintf(text, sizeof(text), "providers: { p: { kind: openai, api_key: \"%s\" } }\n",
                       rows[i].written);
        struct registry *registry = load_good(text);
        load_assert_text(registry->data.providers[0].secret, rows[i].secret);
        registry_free(&registry);
    }
}

static void a_referenced_file_is_relative_and_loses_one_newline(void **state)
{
    struct report *report = report_new();

    (void)state;
    load_write_file("key", "sk-file\n");
    struct registry *registry = load_main(
        "providers: { p: { kind: openai, api_key: \"${file:key}\" } }\n", report);
    assert_non_null(registry);
    load_assert_text(registry->data.providers[0].secret, "sk-file");
    registry_free(&registry);

    load_write_file("key", "sk-file\n\n");
    assert_null(
        load_main("providers: { p: { kind: openai, api_key: \"${file:key}\" } }\n", report));
    load_write_file("key", "\n");
    assert_null(
        load_main("providers: { p: { kind: openai, api_key: \"${file:key}\" } }\n", report));
    assert_non_null(strstr(load_printed(report), "cannot be used: is empty"));
    report_free(&report);
}

static void a_check_without_secrets_warns_and_keeps_none(void **state)
{
    struct report *report = report_new();
    struct registry *registry = registry_load_text(
        SPAN("providers:\n"
             "  a: { kind: openai, api_key: \"${WEIR_TEST_UNSET}\" }\n"
             "  b: { kind: openai, api_key: \"${WEIR_TEST_SECRET}\" }\n"
             "  c: { kind: openai_compatible, base_url: \"${WEIR_TEST_UNSET}\" }\n"
             "models:\n"
             "  m: { deployments: [ { provider: \"${WEIR_TEST_UNSET}\", model: x } ] }\n"
             "keys:\n"
             "  k: { user: \"${WEIR_TEST_UNSET}\", sha256: \"${WEIR_TEST_UNSET}\" }\n"),
        "check.yaml", false, report);

    (void)state;
    assert_non_null(registry);
    assert_int_equal(report_warnings(report), 5);
    assert_true(registry->data.providers[0].has_secret);
    assert_int_equal(registry->data.providers[0].secret.len, 0);
    assert_true(registry->data.providers[1].has_secret);
    assert_int_equal(registry->data.providers[1].secret.len, 0);
    assert_true(registry->data.providers[2].base_url.len > 0);
    assert_false(registry->data.models[0].enabled);
    assert_int_equal(registry->data.key_count, 0);
    registry_free(&registry);
    report_free(&report);
}

#define CREDENTIALS(rest) \
    ("providers: { p: { kind: openai, credentials: { kind: service_account, " rest " } } }\n")

/* By a path from the configuration's folder, by another path, and as the text of a reference. */
static void credentials_are_read_from_wherever_they_are(void **state)
{
    static const char *const written[] = {
        "file: account.json",
        "file: \"${WEIR_TEST_FOLDER}/account.json\"",
        "file: \"${credential:account.json}\"",
        "file: \"${file:account.json}\"",
        "file: \"${WEIR_TEST_ACCOUNT}\"",
    };

    (void)state;
    load_write_file("account.json", FIXTURE_ACCOUNT(FIXTURE_KEY));
    assert_int_equal(setenv("WEIR_TEST_FOLDER", load_folder(), 1), 0);
    assert_int_equal(setenv("WEIR_TEST_ACCOUNT", FIXTURE_ACCOUNT(FIXTURE_KEY), 1), 0);
    for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
        struct report *report = report_new();
        char text[512];

        (void)snprintf(text, sizeof(text), CREDENTIALS("%s"), written[i]);
        struct registry *registry = load_main(text, report);
        if (registry == NULL)
            fail_msg("%s", load_printed(report));
        const struct data_provider *provider = &registry->data.providers[0];
        assert_true(provider->has_account);
        assert_false(provider->has_secret);
        load_assert_text(provider->account.provider, "p");
        load_assert_text(provider->account.email, FIXTURE_EMAIL);
        load_assert_text(provider->account.key_id, "key-1");
        load_assert_text(provider->account.scope, FIXTURE_SCOPE);
        load_assert_text(provider->account.token_url, FIXTURE_TOKEN_URL);
        assert_true(span_starts_with(provider->account.private_key, SPAN("-----BEGIN")));
        registry_free(&registry);
        report_free(&report);
    }
}

static void what_the_configuration_says_goes_before_the_credentials_file(void **state)
{
    struct report *report = report_new();

    (void)state;
    load_write_file("account.json", FIXTURE_ACCOUNT(FIXTURE_KEY));
    struct registry *registry = load_main(
        CREDENTIALS("token_url: \"http://127.0.0.1:9/t\", file: account.json, scope: a b"), report);
    assert_non_null(registry);
    load_assert_text(registry->data.providers[0].account.token_url, "http://127.0.0.1:9/t");
    load_assert_text(registry->data.providers[0].account.scope, "a b");
    registry_free(&registry);
    report_free(&report);
}

static void a_check_does_not_look_at_credentials(void **state)
{
    struct report *report = report_new();
    struct registry *registry = registry_load_text(
        span_of(CREDENTIALS("file: /nonexistent/account.json")), "text", false, report);

    (void)state;
    assert_non_null(registry);
    assert_true(registry->data.providers[0].has_account);
    assert_int_equal(registry->data.providers[0].account.private_key.len, 0);
    registry_free(&registry);
    report_free(&report);
}

static void a_malformed_reference_is_an_error_in_a_check_too(void **state)
{
    (void)state;
    assert_non_null(strstr(load_bad("workers: ${}\n", false), "error: workers: a reference must"));
}

static void no_message_holds_a_resolved_value(void **state)
{
    static const char *const values[] = {
        "workers: ${WEIR_TEST_SECRET}\n",
        "conceal_ungranted: \"${WEIR_TEST_SECRET}\"\n",
        "listen: [\"${WEIR_TEST_SECRET}\"]\n",
        "state_dir: \"${WEIR_TEST_SECRET}\"\n",
        "providers: { p: { kind: \"${WEIR_TEST_SECRET}\" } }\n",
        "providers: { p: { kind: openai, base_url: \"x${WEIR_TEST_SECRET}\" } }\n",
        "providers: { p: { kind: openai, api_key: \"${WEIR_TEST_SECRET} \" } }\n",
        CREDENTIALS("file: \"${WEIR_TEST_SECRET}\""),
        CREDENTIALS("file: \"{${WEIR_TEST_SECRET}\""),
        CREDENTIALS("file: x, scope: \"\\n${WEIR_TEST_SECRET}\""),
        CREDENTIALS("file: x, token_url: \"${WEIR_TEST_SECRET}\""),
        "models: { m: { enabled: false, priority: \"${WEIR_TEST_SECRET}\" } }\n",
        "models: { m: { enabled: false, released: \"${WEIR_TEST_SECRET}\" } }\n",
        "models: { m: { enabled: false, features: [\"_${WEIR_TEST_SECRET}\"] } }\n",
        "models: { m: { enabled: false, price: { input: \"${WEIR_TEST_SECRET}\" } } }\n",
        "models: { m: { deployments: [{ provider: \"${WEIR_TEST_SECRET}\", model: x }] } }\n",
        "users: { u: { groups: [\"${WEIR_TEST_SECRET}\"] } }\n",
        "groups: { g: { models: \"${WEIR_TEST_SECRET}\" } }\n",
        "groups: { g: { limits: { requests: \"${WEIR_TEST_SECRET}\" } } }\n",
        "keys: { k: { user: \"${WEIR_TEST_SECRET}\", sha256: \"${WEIR_TEST_SECRET}\" } }\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        const char *said = load_bad(values[i], true);

        assert_non_null(strstr(said, "error"));
        assert_null(strstr(said, "s3cr3t"));
    }
}

static void a_report_counts_what_it_no_longer_keeps(void **state)
{
    struct report *report = report_new();

    (void)state;
    for (uint32_t i = 0; i < REPORT_ENTRIES_MAX + 5; i++)
        report_add(report, REPORT_ERROR, (struct report_place){"f", 2000 - i, 1}, "", "", "e%u", i);
    assert_int_equal(report_errors(report), REPORT_ENTRIES_MAX + 5);
    const char *said = load_printed(report);
    assert_int_equal(strncmp(said, "f:1001:1: error: e999\n", 22), 0);
    assert_non_null(strstr(said, "\nand 5 more\n"));
    report_free(&report);
    report_free(&report);
}

static void a_report_is_ordered_and_cannot_be_forged(void **state)
{
    struct report *report = report_new();

    (void)state;
    report_add(report, REPORT_WARNING, (struct report_place){"b", 1, 1}, "", "", "last");
    report_add(report, REPORT_ERROR, (struct report_place){"a", 10, 2}, "p", "h", "third");
    report_add(report, REPORT_ERROR, (struct report_place){"a", 9, 30}, "", "", "second");
    report_add(report, REPORT_ERROR, (struct report_place){"a", 0, 0}, "", "", "x\ny\x1b[0m");
    report_add(report, REPORT_ERROR, (struct report_place){NULL, 0, 0}, "", "", "none");
    assert_string_equal(load_printed(report), "error: none\n"
                                              "a: error: x?y?[0m\n"
                                              "a:9:30: error: second\n"
                                              "a:10:2: error: p: third; h\n"
                                              "b:1:1: warning: last\n");
    assert_int_equal(report_warnings(report), 1);
    report_free(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_problem_of_a_bad_file_is_reported),
        cmocka_unit_test(included_files_are_read_in_order_and_know_each_other),
        cmocka_unit_test(a_pattern_without_a_match_is_a_warning),
        cmocka_unit_test(a_pattern_may_not_match_the_main_file),
        cmocka_unit_test(an_included_file_holds_entities_only),
        cmocka_unit_test(a_name_in_two_files_is_an_error_that_names_both),
        cmocka_unit_test(a_broken_file_does_not_make_others_look_broken),
        cmocka_unit_test(a_file_that_is_not_there_says_so),
        cmocka_unit_test(references_are_resolved_once_and_after_parsing),
        cmocka_unit_test(a_referenced_file_is_relative_and_loses_one_newline),
        cmocka_unit_test(a_check_without_secrets_warns_and_keeps_none),
        cmocka_unit_test(credentials_are_read_from_wherever_they_are),
        cmocka_unit_test(what_the_configuration_says_goes_before_the_credentials_file),
        cmocka_unit_test(a_check_does_not_look_at_credentials),
        cmocka_unit_test(a_malformed_reference_is_an_error_in_a_check_too),
        cmocka_unit_test(no_message_holds_a_resolved_value),
        cmocka_unit_test(a_report_counts_what_it_no_longer_keeps),
        cmocka_unit_test(a_report_is_ordered_and_cannot_be_forged),
    };

    return cmocka_run_group_tests(tests, load_set_up, load_tear_down);
}

/* NOLINTEND(concurrency-mt-unsafe) */
