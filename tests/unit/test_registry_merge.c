/* The directory's export beside the configuration: who owns what, and what they come to together. */
#include "lib/base/err.h"
#include "shm/directory_writer.h"
#include "tests/unit/export_fixture.h"
#include "tests/unit/load_fixture.h"

#include <sys/stat.h>
#include <unistd.h>

/* NOLINTBEGIN(concurrency-mt-unsafe): a test has one thread */

enum { TEXT_BYTES = 16 * 1024, PATH_BYTES = 512 };

#define LATER INT64_C(4000000000)

#define HEAD                                                                             \
    "state_dir: \"%s\"\n"                                                                \
    "limits: { connections: 100, calls: 100 }\n"                                         \
    "providers: { p: { kind: openai_compatible, base_url: \"http://127.0.0.1/v1\" } }\n" \
    "models:\n"                                                                          \
    "  a: { deployments: [{ provider: p, model: x }] }\n"                                \
    "  b: { deployments: [{ provider: p, model: x }] }\n"                                \
    "  c: { deployments: [{ provider: p, model: x }] }\n"                                \
    "  off: { enabled: false, deployments: [{ provider: p, model: x }] }\n"

/* A registry with what became of it. */
struct outcome {
    struct report *report;
    struct registry *registry;
    struct registry_compiled compiled;
    struct snapshot snapshot;
    struct secrets secrets;
};

static void path_of(char path[static PATH_BYTES], const char *name)
{
    (void)snprintf(path, PATH_BYTES, "%s/%s", load_folder(), name);
}

static void remove_file(const char *name)
{
    char path[PATH_BYTES];

    path_of(path, name);
    (void)remove(path);
}

/* Expects the folder's path wherever `format` has %s, thrice at most. */
static void assert_printed(const struct report *report, const char *format)
{
    char expected[TEXT_BYTES];
    const char *folder = load_folder();

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)snprintf(expected, sizeof(expected), format, folder, folder, folder, folder);
#pragma GCC diagnostic pop
    assert_string_equal(load_printed(report), expected);
}

static struct registry *load_text(const char *rest, registry_restore_fn *restore,
                                  struct report *report)
{
    char text[TEXT_BYTES];
    char path[PATH_BYTES];

    (void)snprintf(text, sizeof(text), HEAD "%s", load_folder(), rest);
    load_write_file("weir.yaml", text);
    path_of(path, "weir.yaml");
    return registry_load(path, true, restore, report);
}

static int compile(struct outcome *outcome, const struct outcome *previous)
{
    const struct registry_compile_input input = {
        .previous = previous == NULL ? NULL : &previous->snapshot,
        .previous_secrets = previous == NULL ? NULL : &previous->secrets,
        .generation = previous == NULL ? 1 : 2,
        .now_s = 1000,
    };
    int err = registry_compile(outcome->registry, &input, outcome->report, &outcome->compiled);

    if (err != 0 || (previous != NULL && outcome->compiled.unchanged))
        return err;
    assert_int_equal(snapshot_open(outcome->compiled.snapshot_fd, &outcome->snapshot), 0);
    assert_int_equal(secrets_open(outcome->compiled.secrets_fd, &outcome->secrets), 0);
    return 0;
}

/* Loads and compiles `rest` behind HEAD; warnings are fine. */
static struct outcome outcome_of(const char *rest, const struct outcome *previous)
{
    struct outcome outcome = {.report = report_new()};

    outcome.registry = load_text(rest, NULL, outcome.report);
    if (outcome.registry == NULL || compile(&outcome, previous) != 0)
        fail_msg("%s", load_printed(outcome.report));
    return outcome;
}

static void outcome_close(struct outcome *outcome)
{
    if (outcome->snapshot.header != NULL) {
        snapshot_close(&outcome->snapshot);
        secrets_close(&outcome->secrets);
        (void)close(outcome->compiled.snapshot_fd);
        (void)close(outcome->compiled.secrets_fd);
    }
    registry_free(&outcome->registry);
    report_free(&outcome->report);
}

static const struct key_row *key_of(const struct outcome *outcome, const char *text)
{
    const struct digest digest = export_plan_digest(text);
    uint32_t number = snapshot_find_key(&outcome->snapshot, &digest);

    return number == ROW_NONE ? NULL : snapshot_key(&outcome->snapshot, number);
}

static void append(char text[static TEXT_BYTES], struct span more)
{
    size_t len = strlen(text);

    (void)snprintf(text + len, TEXT_BYTES - len, "%.*s", SPAN_FMT(more));
}

/* "a b": the slugs that the key with this text may call; "-" when nobody knows it. */
static const char *granted(const struct outcome *outcome, const char *text)
{
    static char said[TEXT_BYTES];
    const struct key_row *key = key_of(outcome, text);

    said[0] = '\0';
    if (key == NULL)
        return "-";
    for (uint32_t n = 0; n < snapshot_rows(&outcome->snapshot, SNAPSHOT_MODELS); n++) {
        struct span slug = snapshot_bytes(&outcome->snapshot,
                                          snapshot_model(&outcome->snapshot, n)->slug);

        if (!snapshot_is_granted(&outcome->snapshot, key->grant_set, n))
            continue;
        if (said[0] != '\0')
            append(said, SPAN(" "));
        append(said, slug);
    }
    return said;
}

/* `  NAME: { sha256: "…", rest }` for a key with this text. */
static const char *key_line(const char *name, const char *text, const char *rest)
{
    static char line[TEXT_BYTES];
    char hex[DIGEST_HEX_BYTES];
    const struct digest digest = export_plan_digest(text);

    digest_to_hex(&digest, hex);
    (void)snprintf(line, sizeof(line), "  %s: { sha256: \"%.*s\", %s }\n", name, DIGEST_HEX_BYTES,
                   hex, rest);
    return line;
}

static int begin_test(void **state)
{
    (void)state;
    remove_file(DIRECTORY_FILE_NAME);
    remove_file(DIRECTORY_DATABASE_NAME);
    return 0;
}

static struct plan small_plan(void)
{
    return (struct plan){
        .change = 17,
        .groups = {{.name = "g-b", .models = "b off later-model"},
                   {.name = "g-all", .all = true},
                   {.name = "g-empty"},
                   {.name = "g-off", .models = "c", .disabled = true}},
        .users = {{.name = "ann", .models = "c", .groups = "g-b g-off"},
                  {.name = "zoe", .groups = "g-empty"},
                  {.name = "gone", .all = true, .disabled = true}},
        .keys =
            {{.name = "k-ann", .text = "t-ann", .user = "ann"},
             {.name = "k-all", .text = "t-all", .group = "g-all"},
             {.name = "k-both", .text = "t-both", .user = "ann", .group = "g-all", .models = "a c"},
             {.name = "k-later", .text = "t-later", .group = "g-all", .models = "later-model"},
             {.name = "k-zoe", .text = "t-zoe", .user = "zoe"},
             {.name = "k-gone", .text = "t-gone", .user = "gone"},
             {.name = "k-none", .text = "t-none"},
             {.name = "k-off", .text = "t-off", .group = "g-all", .disabled = true},
             {.name = "k-expires",
              .text = "t-expires",
              .group = "g-all",
              .scopes = KEY_SCOPE_LIST,
              .expires_s = LATER}},
    };
}

static void without_an_export_the_configuration_stands_alone(void **state)
{
    struct registry_counts counts;

    (void)state;
    struct outcome outcome = outcome_of("groups: { g: { models: [a] } }\n", NULL);

    registry_count(outcome.registry, &counts);
    assert_false(counts.has_directory);
    assert_int_equal(counts.groups, 1);
    assert_int_equal(outcome.snapshot.header->has_directory, 0);
    assert_int_equal(report_warnings(outcome.report), 0);
    outcome_close(&outcome);
}

static void keys_of_the_directory_may_call_what_it_grants(void **state)
{
    static const struct {
        const char *text;
        const char *granted;
        uint32_t flags;
        int64_t expires_s;
    } rows[] = {
        {"t-ann", "b c", KEY_SCOPE_LIST | KEY_SCOPE_CALL, 0},
        {"t-all", "a b c", KEY_SCOPE_LIST | KEY_SCOPE_CALL, 0},
        {"t-both", "a c", KEY_SCOPE_LIST | KEY_SCOPE_CALL, 0},
        {"t-later", "", KEY_SCOPE_LIST | KEY_SCOPE_CALL, 0},
        {"t-zoe", "", KEY_SCOPE_LIST | KEY_SCOPE_CALL, 0},
        {"t-none", "", KEY_SCOPE_LIST | KEY_SCOPE_CALL, 0},
        {"t-gone", "", KEY_SCOPE_LIST | KEY_SCOPE_CALL | KEY_DISABLED, 0},
        {"t-off", "a b c", KEY_SCOPE_LIST | KEY_SCOPE_CALL | KEY_DISABLED, 0},
        {"t-expires", "a b c", KEY_SCOPE_LIST, LATER},
    };
    struct plan plan = small_plan();

    (void)state;
    export_plan_write(load_folder(), &plan);
    struct outcome outcome = outcome_of("users: { ada: { models: [a] } }\n", NULL);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct key_row *key = key_of(&outcome, rows[i].text);

        assert_string_equal(granted(&outcome, rows[i].text), rows[i].granted);
        assert_non_null(key);
        assert_int_equal(key->flags, rows[i].flags);
        assert_int_equal(key->expires_s, rows[i].expires_s);
    }
    assert_string_equal(granted(&outcome, "t-unknown"), "-");
    outcome_close(&outcome);
}

static void a_grant_without_a_model_waits_for_one_with_a_warning(void **state)
{
    struct plan plan = small_plan();

    (void)state;
    export_plan_write(load_folder(), &plan);
    struct outcome before = outcome_of("", NULL);
    assert_string_equal(granted(&before, "t-later"), "");
    assert_printed(before.report,
                   "%s/directory: warning: the directory grants \"later-model\", and "
                   "there is no such model\n");

    struct outcome after = outcome_of(
        "  later-model: { deployments: [{ provider: p, model: x }] }\n", &before);
    assert_string_equal(granted(&after, "t-later"), "later-model");
    assert_string_equal(granted(&after, "t-ann"), "b c later-model");
    assert_int_equal(report_warnings(after.report), 0);
    outcome_close(&after);

    plan.groups[0].models = "x-1 x-2 x-3";
    export_plan_write(load_folder(), &plan);
    struct outcome many = outcome_of("", NULL);
    assert_printed(many.report, "%s/directory: warning: the directory grants \"later-model\" and 3 "
                                "more slugs without a model\n");
    outcome_close(&many);
    outcome_close(&before);
}

static void the_configuration_may_refer_to_the_directory(void **state)
{
    char rest[TEXT_BYTES];
    struct plan plan = small_plan();

    (void)state;
    export_plan_write(load_folder(), &plan);
    (void)snprintf(rest, sizeof(rest),
                   "groups: { own: { models: [a] } }\n"
                   "users: { ada: { groups: [own, g-b] } }\nkeys:\n%s",
                   key_line("k1", "t1", "user: ada"));
    append(rest, span_of(key_line("k2", "t2", "user: ann, group: own")));
    append(rest, span_of(key_line("k3", "t3", "group: g-all, allowed_models: [b]")));
    append(rest, span_of(key_line("k4", "t4", "user: gone")));
    struct outcome outcome = outcome_of(rest, NULL);

    assert_string_equal(granted(&outcome, "t1"), "a b");
    assert_string_equal(granted(&outcome, "t2"), "a b c");
    assert_string_equal(granted(&outcome, "t3"), "b");
    assert_string_equal(granted(&outcome, "t4"), "");
    assert_int_equal(key_of(&outcome, "t4")->flags & KEY_DISABLED, KEY_DISABLED);
    outcome_close(&outcome);
}

static void what_is_in_neither_is_an_error_with_a_hint_from_both(void **state)
{
    struct plan plan = small_plan();
    struct report *report = report_new();

    (void)state;
    export_plan_write(load_folder(), &plan);
    assert_null(load_text("users: { ada: { groups: [g-al] }, bob: { groups: [quite-another] } }\n",
                          NULL, report));
    assert_printed(report,
                   "%s/directory: warning: the directory grants \"later-model\", and there is no "
                   "such model\n"
                   "%s/weir.yaml:9:26: error: users.ada.groups[0]: there is no group \"g-al\"; did "
                   "you mean \"g-all\"?\n"
                   "%s/weir.yaml:9:51: error: users.bob.groups[0]: there is no group "
                   "\"quite-another\"\n");
    report_free(&report);
}

static void a_name_in_both_is_an_error_that_names_both(void **state)
{
    static const struct {
        const char *rest;
        const char *said;
    } rows[] = {
        {"groups: { g-x: { models: [a] }, g-b: { models: [a] } }\n",
         "%s/weir.yaml:9:33: error: groups.g-b: the directory has this name too (%s/directory, "
         "change 17); each has one owner: take it out of the file or of the directory\n"},
        {"users: { zoe: { models: [a] } }\n",
         "%s/weir.yaml:9:10: error: users.zoe: the directory has this name too (%s/directory, "
         "change 17); each has one owner: take it out of the file or of the directory\n"},
        {"keys: { k-all: { group: g-all, sha256: "
         "\"5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8\" } }\n",
         "%s/weir.yaml:9:9: error: keys.k-all: the directory has this name too (%s/directory, "
         "change 17); each has one owner: take it out of the file or of the directory\n"},
        /* The text of t-all, under another name. */
        {"keys: { other: { group: g-all, sha256: \"%SHA%\" } }\n",
         "%s/weir.yaml:9:40: error: keys.other.sha256: the directory's key \"k-all\" has this "
         "digest too (%s/directory, change 17)\n"},
        /* A user and a group of one name are two things. */
        {"users: { g-all: { models: [a] } }\n", NULL},
    };
    const struct digest digest = export_plan_digest("t-all");
    char hex[DIGEST_HEX_BYTES];
    struct plan plan = small_plan();

    (void)state;
    plan.groups[0].models = "b";
    for (size_t i = 0; i < PLAN_ROWS_MAX; i++)
        plan.keys[i].models = NULL;
    export_plan_write(load_folder(), &plan);
    digest_to_hex(&digest, hex);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct report *report = report_new();
        char rest[TEXT_BYTES];

        (void)snprintf(rest, sizeof(rest), "%s", rows[i].rest);
        char *place = strstr(rest, "%SHA%");
        if (place != NULL)
            (void)snprintf(place, sizeof(rest) - (size_t)(place - rest), "%.*s\" } }\n",
                           DIGEST_HEX_BYTES, hex);
        struct registry *registry = load_text(rest, NULL, report);
        if (rows[i].said == NULL) {
            assert_non_null(registry);
        } else {
            assert_printed(report, rows[i].said);
            assert_null(registry);
        }
        registry_free(&registry);
        report_free(&report);
    }
}

static void one_text_of_two_keys_of_the_directory_is_an_error(void **state)
{
    struct plan plan = {
        .change = 3,
        .groups = {{.name = "g", .models = "a"}},
        .keys =
            {{.name = "k1", .text = "t1", .group = "g"},
             {.name = "k2", .text = "t2", .group = "g", .old_text = "t1", .old_expires_s = LATER}},
    };
    struct report *report = report_new();

    (void)state;
    export_plan_write(load_folder(), &plan);
    assert_null(load_text("", NULL, report));
    assert_printed(report, "%s/directory: error: the keys \"k1\" and \"k2\" of the directory have "
                           "the same digest\n");
    report_free(&report);
}

static void revocations_hold_over_both(void **state)
{
    char rest[TEXT_BYTES];
    struct plan plan = small_plan();

    (void)state;
    plan.groups[0].models = "b";
    plan.keys[3].models = NULL;
    plan.revoked_names = "by-name k-all unknown";
    plan.revoked_texts = "t-by-digest t-ann t-unknown";
    export_plan_write(load_folder(), &plan);
    (void)snprintf(rest, sizeof(rest), "groups: { own: { models: [a] } }\nkeys:\n%s",
                   key_line("by-name", "t-by-name", "group: own"));
    append(rest, span_of(key_line("by-digest", "t-by-digest", "group: own")));
    append(rest, span_of(key_line("fine", "t-fine", "group: own")));
    struct outcome outcome = outcome_of(rest, NULL);

    static const struct {
        const char *text;
        bool revoked;
    } rows[] = {{"t-by-name", true}, {"t-by-digest", true}, {"t-fine", false},
                {"t-all", true},     {"t-ann", true},       {"t-both", false}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const unsigned refused = KEY_REVOKED | KEY_DISABLED;

        assert_int_equal(key_of(&outcome, rows[i].text)->flags & refused,
                         rows[i].revoked ? refused : 0);
    }
    assert_printed(outcome.report,
                   "%s/weir.yaml:11:22: warning: keys.by-name: the key is revoked by its name in "
                   "the directory (%s/directory, change 17): it is refused\n"
                   "%s/weir.yaml:12:24: warning: keys.by-digest: the key is revoked by its digest "
                   "in the directory (%s/directory, change 17): it is refused\n");
    outcome_close(&outcome);
}

static void a_rotated_key_opens_by_both_texts_with_one_cell(void **state)
{
    static const struct {
        int64_t expires_s;
        int64_t old_expires_s;
        int64_t old_until_s;
    } rows[] = {{0, 5000, 5000}, {9000, 5000, 5000}, {4000, 5000, 4000}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct plan plan = {
            .change = 3,
            .groups = {{.name = "g", .models = "a b"}},
            .keys = {{.name = "k0", .text = "t0", .group = "g"},
                     {.name = "k1",
                      .text = "new",
                      .group = "g",
                      .models = "b",
                      .expires_s = rows[i].expires_s,
                      .old_text = "old",
                      .old_expires_s = rows[i].old_expires_s}},
            .revoked_texts = i == 2 ? "old" : NULL,
        };
        struct registry_counts counts;

        export_plan_write(load_folder(), &plan);
        struct outcome outcome = outcome_of("", NULL);
        const struct key_row *fresh = key_of(&outcome, "new");
        const struct key_row *old = key_of(&outcome, "old");

        assert_int_equal(fresh->cell, old->cell);
        assert_int_not_equal(fresh->cell, key_of(&outcome, "t0")->cell);
        assert_true(span_equal(snapshot_bytes(&outcome.snapshot, old->name), SPAN("k1")));
        assert_int_equal(fresh->expires_s, rows[i].expires_s);
        assert_int_equal(old->expires_s, rows[i].old_until_s);
        assert_string_equal(granted(&outcome, "old"), "b");
        assert_string_equal(granted(&outcome, "new"), "b");
        assert_int_equal((old->flags & KEY_REVOKED) != 0, i == 2);
        assert_int_equal(fresh->flags & KEY_REVOKED, 0);
        registry_count(outcome.registry, &counts);
        assert_int_equal(counts.directory_keys, 2);
        assert_int_equal(counts.keys, 0);
        assert_int_equal(outcome.snapshot.header->directory_old_keys, 1);
        outcome_close(&outcome);
    }
}

static void an_empty_directory_is_as_none(void **state)
{
    static const char rest[] = "groups: { g: { models: [a] } }\n";
    struct plan plan = {.change = 1};

    (void)state;
    struct outcome alone = outcome_of(rest, NULL);
    export_plan_write(load_folder(), &plan);
    struct outcome empty = outcome_of(rest, &alone);

    assert_true(empty.compiled.unchanged);
    outcome_close(&empty);
    outcome_close(&alone);
}

static void equal_content_is_unchanged_whatever_the_change_is_called(void **state)
{
    static const char rest[] = "groups: { g: { models: [a] } }\n";
    struct plan plan = small_plan();

    (void)state;
    export_plan_write(load_folder(), &plan);
    struct outcome before = outcome_of(rest, NULL);
    plan.change++;
    plan.written_ms = 12345;
    export_plan_write(load_folder(), &plan);
    struct outcome equal = outcome_of(rest, &before);
    assert_true(equal.compiled.unchanged);

    plan.groups[0].disabled = !plan.groups[0].disabled;
    export_plan_write(load_folder(), &plan);
    struct outcome other = outcome_of(rest, &before);
    assert_false(other.compiled.unchanged);
    outcome_close(&other);
    outcome_close(&equal);
    outcome_close(&before);
}

static void an_export_that_goes_away_is_refused_by_a_reload(void **state)
{
    struct plan plan = small_plan();
    struct outcome after = {.report = report_new()};

    (void)state;
    plan.groups[0].models = "b";
    plan.keys[3].models = NULL;
    export_plan_write(load_folder(), &plan);
    struct outcome before = outcome_of("", NULL);
    remove_file(DIRECTORY_FILE_NAME);
    after.registry = load_text("", NULL, after.report);
    assert_non_null(after.registry);
    assert_int_equal(compile(&after, &before), ERR_CONFIG);
    assert_printed(after.report, "%s/directory: error: the directory's export was there and is "
                                 "missing now; the steward writes it anew from the database\n");
    outcome_close(&after);
    outcome_close(&before);
}

static void damage(size_t at)
{
    char path[PATH_BYTES];
    char byte;

    path_of(path, DIRECTORY_FILE_NAME);
    FILE *file = fopen(path, "r+e");
    assert_non_null(file);
    assert_int_equal(fseek(file, (long)at, SEEK_SET), 0);
    assert_int_equal(fread(&byte, 1, 1, file), 1);
    byte = (char)(byte ^ 1);
    assert_int_equal(fseek(file, (long)at, SEEK_SET), 0);
    assert_int_equal(fwrite(&byte, 1, 1, file), 1);
    assert_int_equal(fclose(file), 0);
}

static void an_export_that_cannot_be_used_is_refused_not_left_out(void **state)
{
    static const struct {
        size_t damaged;
        const char *said;
    } rows[] = {
        {offsetof(struct directory_header, change), "the directory's export is damaged"},
        {offsetof(struct directory_header, version),
         "the directory's export is of another version of weir"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct plan plan = small_plan();
        struct report *report = report_new();
        char expected[PATH_BYTES];

        export_plan_write(load_folder(), &plan);
        damage(rows[i].damaged);
        /* What it lacks may be in the directory: nothing is said about it. */
        assert_null(load_text("users: { ada: { groups: [g-b] } }\n", NULL, report));
        (void)snprintf(expected, sizeof(expected),
                       "%%s/directory: error: %s; put back a copy of it or of weir.db beside it; "
                       "the steward writes it from the database\n",
                       rows[i].said);
        assert_printed(report, expected);
        report_free(&report);
    }
}

static uint32_t restored;

static int restore_well(const char *state_dir, char *problem, size_t bytes)
{
    struct plan plan = {.change = 20, .groups = {{.name = "g-b", .models = "b"}}};

    (void)snprintf(problem, bytes, "nothing");
    restored++;
    export_plan_write(state_dir, &plan);
    return 0;
}

static int restore_badly(const char *state_dir, char *problem, size_t bytes)
{
    (void)state_dir;
    restored++;
    (void)snprintf(problem, bytes, "the disk is on fire");
    return ERR_IO;
}

static void a_start_has_it_written_anew(void **state)
{
    static const struct {
        bool there;
        bool damaged;
        bool database;
        registry_restore_fn *restore;
        uint32_t restored;
        bool loads;
        const char *said;
    } rows[] = {
        {true, false, true, restore_badly, 0, true, ""},
        {false, false, false, restore_badly, 0, true, ""},
        {true, true, true, restore_well, 1, true,
         "%s/directory: warning: the directory's export is damaged; it was written anew from the "
         "database\n"},
        {false, false, true, restore_well, 1, true,
         "%s/directory: warning: the directory's export is missing; it was written anew from the "
         "database\n"},
        {true, true, true, restore_badly, 1, false,
         "%s/directory: error: the directory's export is damaged, and cannot be written anew: the "
         "disk is on fire; put back a copy of it or of weir.db beside it; the steward writes it "
         "from the database\n"},
        {false, false, true, restore_badly, 1, false,
         "%s/directory: error: the directory's export is missing, and cannot be written anew: the "
         "disk is on fire; put back a copy of it or of weir.db beside it; the steward writes it "
         "from the database\n"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct plan plan = {.change = 1, .groups = {{.name = "g-b", .models = "b"}}};
        struct report *report = report_new();

        assert_int_equal(begin_test(state), 0);
        restored = 0;
        if (rows[i].there)
            export_plan_write(load_folder(), &plan);
        if (rows[i].damaged)
            damage(offsetof(struct directory_header, change));
        if (rows[i].database)
            load_write_file(DIRECTORY_DATABASE_NAME, "a database");
        struct registry *registry = load_text("", rows[i].restore, report);

        assert_printed(report, rows[i].said);
        assert_int_equal(registry != NULL, rows[i].loads);
        assert_int_equal(restored, rows[i].restored);
        registry_free(&registry);
        report_free(&report);
    }
}

static void counts_tell_who_owns_what(void **state)
{
    char rest[TEXT_BYTES];
    struct registry_counts counts;
    struct plan plan = small_plan();

    (void)state;
    export_plan_write(load_folder(), &plan);
    (void)snprintf(rest, sizeof(rest),
                   "groups: { own: { models: [a] } }\n"
                   "users: { ada: { groups: [own] }, bob: { groups: [own] } }\nkeys:\n%s",
                   key_line("k1", "t1", "user: ada"));
    struct outcome outcome = outcome_of(rest, NULL);

    registry_count(outcome.registry, &counts);
    assert_true(counts.has_directory);
    assert_int_equal(counts.groups, 1);
    assert_int_equal(counts.users, 2);
    assert_int_equal(counts.keys, 1);
    assert_int_equal(counts.directory_groups, 4);
    assert_int_equal(counts.directory_users, 3);
    assert_int_equal(counts.directory_keys, 9);
    assert_int_equal(outcome.snapshot.header->has_directory, 1);
    assert_int_equal(outcome.snapshot.header->directory_keys, 9);
    assert_int_equal(snapshot_rows(&outcome.snapshot, SNAPSHOT_KEYS), 10);
    outcome_close(&outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(without_an_export_the_configuration_stands_alone, begin_test),
        cmocka_unit_test_setup(keys_of_the_directory_may_call_what_it_grants, begin_test),
        cmocka_unit_test_setup(a_grant_without_a_model_waits_for_one_with_a_warning, begin_test),
        cmocka_unit_test_setup(the_configuration_may_refer_to_the_directory, begin_test),
        cmocka_unit_test_setup(what_is_in_neither_is_an_error_with_a_hint_from_both, begin_test),
        cmocka_unit_test_setup(a_name_in_both_is_an_error_that_names_both, begin_test),
        cmocka_unit_test_setup(one_text_of_two_keys_of_the_directory_is_an_error, begin_test),
        cmocka_unit_test_setup(revocations_hold_over_both, begin_test),
        cmocka_unit_test_setup(a_rotated_key_opens_by_both_texts_with_one_cell, begin_test),
        cmocka_unit_test_setup(an_empty_directory_is_as_none, begin_test),
        cmocka_unit_test_setup(equal_content_is_unchanged_whatever_the_change_is_called,
                               begin_test),
        cmocka_unit_test_setup(an_export_that_goes_away_is_refused_by_a_reload, begin_test),
        cmocka_unit_test_setup(an_export_that_cannot_be_used_is_refused_not_left_out, begin_test),
        cmocka_unit_test_setup(a_start_has_it_written_anew, begin_test),
        cmocka_unit_test_setup(counts_tell_who_owns_what, begin_test),
    };

    return cmocka_run_group_tests(tests, load_set_up, load_tear_down);
}

/* NOLINTEND(concurrency-mt-unsafe) */
