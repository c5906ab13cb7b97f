/* Browsers' tokens from the configuration and the steward's export into a generation. */
#include "lib/base/base64url.h"
#include "lib/base/err.h"
#include "shm/keysets_file.h"
#include "shm/snapshot_browser.h"
#include "tests/unit/load_fixture.h"

#include <unistd.h>

#define NOW INT64_C(1700000100)

static char modulus[256];

#define BROWSER                                                                                   \
    "browser:\n"                                                                                  \
    "  issuers:\n"                                                                                \
    "    - { issuer: \"https://i.test\", audience: a, jwks_url: \"https://i.test/keys\" }\n"      \
    "    - { issuer: \"https://j.test\", audience: b, jwks_url: \"https://shared.test/keys\" }\n" \
    "  app_check: { issuer: \"https://c.test\", audience: p, jwks_url: "                          \
    "\"https://shared.test/keys\" }\n"                                                            \
    "  users: { \"https://i.test u1\": ada, \"https://j.test u1\": eve, \"https://i.test u2\": "  \
    "eve }\n"                                                                                     \
    "  default_group: visitors\n"                                                                 \
    "providers: { p: { kind: openai } }\n"                                                        \
    "models:\n"                                                                                   \
    "  m1: { context_window: 1, deployments: [{ provider: p, model: x }] }\n"                     \
    "  m2: { context_window: 1, deployments: [{ provider: p, model: x }] }\n"                     \
    "groups: { visitors: { models: [m1] }, off: { models: all, disabled: true } }\n"              \
    "users: { ada: { models: [m2], groups: [visitors] }, eve: { groups: [off] } }\n"

static void write_export(const char *url, int64_t fetched_s, const char *key_id)
{
    static struct keysets sets;
    static char memory[KEYSETS_FILE_BYTES_MAX];
    struct text out = text_over(memory, sizeof(memory) - 1);

    sets.count = 1;
    sets.sets[0] = (struct keyset){.url = span_of(url), .fetched_s = fetched_s, .key_count = 1};
    sets.sets[0].keys[0] = (struct keyset_key){
        span_of(key_id), {modulus, sizeof(modulus)}, SPAN("\x01\x00\x01")};
    assert_int_equal(keysets_file_render(&sets, &out), 0);
    memory[out.len] = '\0';
    load_write_file(KEYSETS_FILE_NAME, memory);
}

/* Compile what stands in the folder; the report is kept for the caller. */
static struct registry_compiled compile(struct report *report)
{
    char text[4096];
    struct registry_compiled compiled;
    const struct registry_compile_input input = {.generation = 1, .now_s = NOW};

    (void)snprintf(text, sizeof(text), "state_dir: \"%s\"\n%s", load_folder(), BROWSER);
    struct registry *registry = load_main(text, report);
    if (registry == NULL)
        fail_msg("%s", load_printed(report));
    assert_int_equal(registry_compile(registry, &input, report, &compiled), 0);
    registry_free(&registry);
    return compiled;
}

static struct snapshot compiled_snapshot(struct report *report)
{
    struct registry_compiled compiled = compile(report);
    struct snapshot snapshot = {0};

    assert_int_equal(snapshot_open(compiled.snapshot_fd, &snapshot), 0);
    (void)close(compiled.snapshot_fd);
    (void)close(compiled.secrets_fd);
    return snapshot;
}

static void assert_issuer(const struct snapshot *snapshot, uint32_t number, const char *issuer,
                          uint32_t keys)
{
    const struct browser_issuer_row *row = snapshot_issuer(snapshot, number);

    load_assert_text(snapshot_bytes(snapshot, row->issuer), issuer);
    assert_int_equal(row->key_count, keys);
    assert_int_equal(row->fetched_s, keys == 0 ? 0 : NOW - 5);
    for (uint32_t i = 0; i < keys; i++) {
        const struct browser_key_row *key = snapshot_issuer_key(snapshot, row->key_first + i);

        load_assert_text(snapshot_bytes(snapshot, key->key_id), "k1");
        assert_true(span_equal(snapshot_bytes(snapshot, key->modulus),
                               (struct span){modulus, sizeof(modulus)}));
    }
}

static void issuers_have_the_keys_of_their_url(void **state)
{
    struct report *report = report_new();

    (void)state;
    write_export("https://shared.test/keys", NOW - 5, "k1");
    struct snapshot snapshot = compiled_snapshot(report);
    assert_int_equal(snapshot_rows(&snapshot, SNAPSHOT_BROWSER_ISSUERS), 3);
    assert_int_equal(snapshot_rows(&snapshot, SNAPSHOT_BROWSER_KEYS), 2);
    assert_issuer(&snapshot, BROWSER_APP_CHECK, "https://c.test", 1);
    assert_issuer(&snapshot, 1, "https://i.test", 0);
    assert_issuer(&snapshot, 2, "https://j.test", 1);
    assert_int_equal(report_warnings(report), 1);
    assert_non_null(
        strstr(load_printed(report),
               "weir.yaml:4:7: warning: browser: the keys of this issuer are not known"));
    snapshot_close(&snapshot);
    report_free(&report);
}

static uint32_t models_of(const struct snapshot *snapshot, uint32_t grant_set)
{
    return SNAPSHOT_ROW(snapshot, GRANT_SETS, struct grant_set_row, grant_set)->models;
}

static const struct browser_user_row *find_user(const struct snapshot *snapshot,
                                                struct span identity)
{
    struct digester *digester = digester_new();
    struct digest digest = digester_hash(digester, identity);

    digester_free(&digester);
    return snapshot_find_browser_user(snapshot, &digest);
}

static void subjects_have_their_users_grants(void **state)
{
    struct report *report = report_new();

    (void)state;
    write_export("https://shared.test/keys", NOW - 5, "k1");
    struct snapshot snapshot = compiled_snapshot(report);
    const struct browser_user_row *ada = find_user(&snapshot, SPAN("https://i.test\0u1"));
    const struct browser_user_row *eve = find_user(&snapshot, SPAN("https://j.test\0u1"));

    assert_int_equal(snapshot_rows(&snapshot, SNAPSHOT_BROWSER_USERS), 3);
    assert_non_null(ada);
    assert_non_null(eve);
    assert_int_equal(models_of(&snapshot, ada->grant_set), 2);
    assert_int_equal(models_of(&snapshot, eve->grant_set), 0);
    assert_int_equal(models_of(&snapshot, snapshot.header->browser_grant_set), 1);
    assert_int_equal(snapshot.header->browser_group, 0);
    assert_null(find_user(&snapshot, SPAN("https://j.test\0u2")));
    snapshot_close(&snapshot);
    report_free(&report);
}

static void a_younger_set_is_another_content(void **state)
{
    struct report *report = report_new();

    (void)state;
    write_export("https://shared.test/keys", NOW - 5, "k1");
    struct snapshot snapshot = compiled_snapshot(report);
    struct digest before = snapshot.header->content;
    struct snapshot same = compiled_snapshot(report);
    assert_true(digest_equal(&before, &same.header->content));
    write_export("https://shared.test/keys", NOW - 4, "k1");
    struct snapshot younger = compiled_snapshot(report);
    assert_false(digest_equal(&before, &younger.header->content));
    write_export("https://shared.test/keys", NOW - 5, "k2");
    struct snapshot rotated = compiled_snapshot(report);
    assert_false(digest_equal(&before, &rotated.header->content));
    snapshot_close(&snapshot);
    snapshot_close(&same);
    snapshot_close(&younger);
    snapshot_close(&rotated);
    report_free(&report);
}

/* Whatever is wrong with the export, everybody else is served. */
static void an_export_that_cannot_be_used_is_a_warning(void **state)
{
    static const struct {
        const char *text; /* NULL: no file */
        const char *said;
    } rows[] = {
        {NULL, "keysets cannot be used (No such file or directory)"},
        {"", "keysets cannot be used (Stored or received bytes do not have the expected form.)"},
        {"weir-keysets 1\n", "do not have the expected form"},
        {"weir-keysets 2\n", "have another version"},
    };
    char path[4096];

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/%s", load_folder(), KEYSETS_FILE_NAME);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct report *report = report_new();

        if (rows[i].text == NULL)
            (void)unlink(path);
        else
            load_write_file(KEYSETS_FILE_NAME, rows[i].text);
        struct snapshot snapshot = compiled_snapshot(report);
        assert_non_null(strstr(load_printed(report), rows[i].said));
        assert_int_equal(report_errors(report), 0);
        assert_int_equal(snapshot_rows(&snapshot, SNAPSHOT_BROWSER_KEYS), 0);
        assert_int_equal(snapshot_stale_issuers(&snapshot, NOW), 3);
        snapshot_close(&snapshot);
        report_free(&report);
    }
}

static void a_stale_set_is_kept_and_said(void **state)
{
    struct report *report = report_new();

    (void)state;
    write_export("https://shared.test/keys", NOW - BROWSER_KEYS_AGE_MAX_S - 1, "k1");
    struct snapshot snapshot = compiled_snapshot(report);
    assert_non_null(strstr(load_printed(report), "fetched more than 24 hours ago"));
    assert_int_equal(snapshot_stale_issuers(&snapshot, NOW), 3);
    snapshot_close(&snapshot);
    report_free(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(issuers_have_the_keys_of_their_url),
        cmocka_unit_test(subjects_have_their_users_grants),
        cmocka_unit_test(a_younger_set_is_another_content),
        cmocka_unit_test(an_export_that_cannot_be_used_is_a_warning),
        cmocka_unit_test(a_stale_set_is_kept_and_said),
    };

    memset(modulus, 0x81, sizeof(modulus));
    return cmocka_run_group_tests(tests, load_set_up, load_tear_down);
}
