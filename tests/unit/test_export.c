/* From the database to the file: the same content, and agreement after a crash at any step. */
#include "steward/export.h"

#include "lib/base/err.h"
#include "shm/directory_writer.h"
#include "shm/stops.h"
#include "steward/audit.h"
#include "tests/unit/directory_fixture.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Which step ends this process. */
static enum stop stop_wanted = STOP_COUNT;

void stop_reached(enum stop stop)
{
    if (stop == stop_wanted)
        kill(getpid(), SIGKILL);
}

static struct directory_file exported(struct directory_fixture *fixture)
{
    struct directory_file file;
    struct export_result result;

    if (export_write(&fixture->call, fixture->folder, &result) != 0)
        fail_msg("%s", fixture->refusal.sentence);
    assert_int_equal(directory_file_open(fixture->file_path, &file), 0);
    assert_int_equal(file.bytes, result.bytes);
    assert_int_equal(file.header->change, result.change);
    return file;
}

static const struct directory_key_row *key_row(const struct directory_file *file, const char *name)
{
    uint32_t number = directory_file_find(file, DIRECTORY_KEYS, span_of(name));

    return number == ROW_NONE ? NULL : DIRECTORY_ROW(file, KEYS, struct directory_key_row, number);
}

static void assert_text(const struct directory_file *file, struct directory_text at,
                        const char *text)
{
    if (!span_equal(directory_file_text(file, at), span_of(text)))
        fail_msg("`%.*s` is not `%s`", SPAN_FMT(directory_file_text(file, at)), text);
}

static void assert_slugs(const struct directory_file *file, struct directory_list list,
                         const char *const *slugs, uint32_t count)
{
    assert_int_equal(list.count, count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t number = *DIRECTORY_ROW(file, GRANTS, uint32_t, list.first + i);

        assert_text(file, *DIRECTORY_ROW(file, SLUGS, struct directory_text, number), slugs[i]);
    }
}

static void an_empty_directory_is_a_file(void **state)
{
    struct directory_file file = exported(*state);

    for (size_t i = 0; i < DIRECTORY_TABLE_COUNT; i++)
        assert_int_equal(directory_file_rows(&file, (enum directory_table)i), 0);
    assert_int_equal(file.header->change, 0);
    assert_int_equal(file.header->written_ms, FIXTURE_NOW_MS);
    directory_file_close(&file);
}

/* Two groups, two users, four keys of which one is revoked and one was rotated. */
static void fill(struct directory_fixture *fixture, struct directory_secret secrets[static 4])
{
    static const struct span slugs[] = {{"zeta", 4}, {"alpha/1:x", 9}};
    static const struct span groups[] = {{"night", 5}, {"day", 3}};
    struct directory_call *call = &fixture->call;
    const struct directory_subject day = {
        .name = SPAN("day"), .models = {.count = 2, .slugs = slugs}, .disabled = true};
    const struct directory_subject ada = {.name = SPAN("ada"),
                                          .display = SPAN("Ada L."),
                                          .models = {.count = 1, .slugs = slugs},
                                          .group_count = 2,
                                          .groups = groups};
    const struct directory_subject root = {.name = SPAN("root"), .models = {.all = true}};
    struct directory_key key = directory_fixture_key("ci");
    struct directory_target target = directory_fixture_target("rotated");
    struct directory_key created;

    directory_fixture_add_group(fixture, "night");
    assert_int_equal(directory_subject_add(call, DIRECTORY_GROUP, &day), 0);
    assert_int_equal(directory_subject_add(call, DIRECTORY_USER, &ada), 0);
    assert_int_equal(directory_subject_add(call, DIRECTORY_USER, &root), 0);
    key.group = SPAN("night");
    key.allowed = (struct directory_models){.count = 2, .slugs = slugs};
    key.expires_s = FIXTURE_NOW_S + 1000;
    key.scopes = KEY_SCOPE_CALL;
    key.disabled = true;
    assert_int_equal(directory_key_create(call, &key, &created, &secrets[0]), 0);
    directory_fixture_add_key(fixture, "rotated", "root", &secrets[1]);
    assert_int_equal(directory_key_rotate(call, &target, FIXTURE_NOW_S + 50, &secrets[2]), 0);
    directory_fixture_add_key(fixture, "lost", "ada", &secrets[3]);
    target = directory_fixture_target("lost");
    assert_int_equal(directory_key_revoke(call, &target), 0);
    target = directory_fixture_target("of-the-file");
    assert_int_equal(directory_key_revoke(call, &target), 0);
}

static void assert_digest(struct directory_fixture *fixture, const struct digest *digest,
                          const struct directory_secret *secret)
{
    struct digest expected = digester_hash(fixture->call.digester, span_of(secret->text));

    assert_true(digest_equal(digest, &expected));
}

static void groups_and_users_are_in_the_file(void **state)
{
    static const char *const both[] = {"alpha/1:x", "zeta"};
    static const char *const one[] = {"zeta"};
    struct directory_fixture *fixture = *state;
    struct directory_secret secrets[4];

    fill(fixture, secrets);
    struct directory_file file = exported(fixture);
    assert_int_equal(directory_file_rows(&file, DIRECTORY_GROUPS), 2);
    const struct directory_group_row *groups = directory_file_table(&file, DIRECTORY_GROUPS);
    assert_text(&file, groups[0].name, "day");
    assert_int_equal(groups[0].flags, DIRECTORY_DISABLED);
    assert_slugs(&file, groups[0].models, both, 2);
    assert_text(&file, groups[1].name, "night");
    assert_int_equal(groups[1].flags, 0);
    assert_slugs(&file, groups[1].models, both, 0);

    assert_int_equal(directory_file_rows(&file, DIRECTORY_USERS), 2);
    const struct directory_user_row *users = directory_file_table(&file, DIRECTORY_USERS);
    assert_text(&file, users[0].name, "ada");
    assert_text(&file, users[0].display, "Ada L.");
    assert_slugs(&file, users[0].models, one, 1);
    assert_int_equal(users[0].groups.count, 2);
    assert_int_equal(*DIRECTORY_ROW(&file, MEMBERSHIPS, uint32_t, users[0].groups.first), 0);
    assert_int_equal(*DIRECTORY_ROW(&file, MEMBERSHIPS, uint32_t, users[0].groups.first + 1), 1);
    assert_int_equal(users[1].flags, DIRECTORY_MODELS_ALL);
    directory_file_close(&file);
}

static void keys_are_in_the_file_and_revoked_ones_among_the_revocations(void **state)
{
    static const char *const both[] = {"alpha/1:x", "zeta"};
    struct directory_fixture *fixture = *state;
    struct directory_secret secrets[4];

    fill(fixture, secrets);
    struct directory_file file = exported(fixture);
    assert_int_equal(directory_file_rows(&file, DIRECTORY_KEYS), 2);
    const struct directory_key_row *ci = key_row(&file, "ci");
    assert_non_null(ci);
    assert_digest(fixture, &ci->digest, &secrets[0]);
    assert_int_equal(ci->flags, KEY_SCOPE_CALL | DIRECTORY_DISABLED);
    assert_int_equal(ci->user, ROW_NONE);
    assert_int_equal(ci->group, 1);
    assert_int_equal(ci->expires_s, FIXTURE_NOW_S + 1000);
    assert_int_equal(ci->created_s, FIXTURE_NOW_S);
    assert_slugs(&file, ci->models, both, 2);
    const struct directory_key_row *rotated = key_row(&file, "rotated");
    assert_non_null(rotated);
    assert_digest(fixture, &rotated->digest, &secrets[2]);
    assert_int_equal(rotated->flags, KEY_SCOPE_LIST | KEY_SCOPE_CALL | DIRECTORY_MODELS_ALL);
    assert_int_equal(rotated->user, 1);
    assert_int_equal(rotated->group, ROW_NONE);

    assert_int_equal(directory_file_rows(&file, DIRECTORY_OLD_DIGESTS), 1);
    const struct directory_old_digest_row *old = directory_file_table(&file, DIRECTORY_OLD_DIGESTS);
    assert_digest(fixture, &old->digest, &secrets[1]);
    assert_int_equal(old->expires_s, FIXTURE_NOW_S + 50);
    assert_int_equal(old->key, 1);

    assert_null(key_row(&file, "lost"));
    assert_int_not_equal(directory_file_find(&file, DIRECTORY_REVOKED_NAMES, SPAN("lost")),
                         ROW_NONE);
    assert_int_not_equal(directory_file_find(&file, DIRECTORY_REVOKED_NAMES, SPAN("of-the-file")),
                         ROW_NONE);
    struct digest lost = digester_hash(fixture->call.digester, span_of(secrets[3].text));
    assert_true(directory_file_is_revoked(&file, &lost));
    assert_false(directory_file_is_revoked(&file, &ci->digest));
    directory_file_close(&file);
}

static void an_old_text_whose_time_is_over_is_not_in_the_file(void **state)
{
    struct directory_fixture *fixture = *state;
    struct directory_secret secrets[4];

    fill(fixture, secrets);
    fixture->call.now_ms += 50 * INT64_C(1000);
    struct directory_file file = exported(fixture);
    assert_int_equal(directory_file_rows(&file, DIRECTORY_OLD_DIGESTS), 0);
    directory_file_close(&file);
}

static void an_equal_directory_is_not_written_again(void **state)
{
    struct directory_fixture *fixture = *state;
    struct export_result result;

    directory_fixture_add_user(fixture, "ada");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(export_if_behind(&fixture->call, fixture->folder, &result), 0);
        assert_int_equal(result.written, i == 0);
        assert_int_equal(result.change, 1);
    }
}

static void a_damaged_file_is_written_again(void **state)
{
    struct directory_fixture *fixture = *state;
    struct export_result result;

    directory_fixture_add_user(fixture, "ada");
    struct directory_file file = exported(fixture);
    size_t bytes = file.bytes;
    directory_file_close(&file);
    for (off_t at = 0; at < (off_t)bytes; at += 40) {
        int fd = open(fixture->file_path, O_WRONLY | O_CLOEXEC);

        assert_true(fd >= 0);
        assert_int_equal(pwrite(fd, "\x5a", 1, at), 1);
        close(fd);
        assert_int_equal(export_if_behind(&fixture->call, fixture->folder, &result), 0);
        assert_true(result.written);
    }
    assert_int_equal(truncate(fixture->file_path, 10), 0);
    assert_int_equal(export_if_behind(&fixture->call, fixture->folder, &result), 0);
    assert_true(result.written);
}

/* An old backup was put back: the file's number does not fall. */
static void changes_go_on_from_a_file_that_is_ahead(void **state)
{
    static const uint32_t no_rows[DIRECTORY_TABLE_COUNT];
    struct directory_fixture *fixture = *state;
    struct directory_writer *writer = malloc(sizeof(*writer));
    struct export_result result;
    struct audit_page page;
    const struct audit_filter filter = {.limit = 1};

    assert_non_null(writer);
    directory_fixture_add_user(fixture, "ada");
    assert_int_equal(directory_writer_begin(writer, fixture->folder, no_rows, 1000), 0);
    assert_int_equal(directory_writer_commit(writer, FIXTURE_NOW_MS, NULL), 0);
    free(writer);
    assert_int_equal(export_if_behind(&fixture->call, fixture->folder, &result), 0);
    assert_true(result.written);
    assert_int_equal(result.change, 1001);
    assert_int_equal(audit_list(&fixture->call, &filter, &page), 0);
    assert_true(span_equal(page.rows[0].verb, SPAN("restore")));
    directory_fixture_add_user(fixture, "grace");
    assert_int_equal(export_if_behind(&fixture->call, fixture->folder, &result), 0);
    assert_int_equal(result.change, 1002);
}

static void the_file_is_private(void **state)
{
    struct directory_fixture *fixture = *state;
    struct stat status;
    struct directory_file file = exported(fixture);

    directory_file_close(&file);
    assert_int_equal(stat(fixture->file_path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
}

static void a_folder_that_is_not_there_is_an_error_with_a_sentence(void **state)
{
    struct directory_fixture *fixture = *state;
    struct export_result result;

    assert_int_equal(export_write(&fixture->call, "/nonexistent", &result), ERR_IO);
    assert_int_equal(fixture->refusal.err, ERR_IO);
    assert_true(strlen(fixture->refusal.sentence) > 0);
    assert_false(database_is_busy(fixture->call.database));
}

/* What a crash test changes: a revocation that must not get lost, then the export. */
static void revoke_and_export(struct directory_fixture *fixture)
{
    const struct directory_target target = directory_fixture_target("laptop");
    struct export_result result;

    directory_fixture_start(fixture);
    if (directory_key_revoke(&fixture->call, &target) == 0)
        (void)export_if_behind(&fixture->call, fixture->folder, &result);
}

static bool dies_at(struct directory_fixture *fixture, enum stop stop)
{
    int status = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        stop_wanted = stop;
        revoke_and_export(fixture);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

/* Database, file and trail say the same, whatever it is. */
static void assert_agreement(struct directory_fixture *fixture, bool must_be_revoked)
{
    struct export_result result;
    struct directory_file file;
    struct directory_key key;
    uint64_t change;

    assert_int_equal(export_if_behind(&fixture->call, fixture->folder, &result), 0);
    assert_int_equal(directory_last_change(fixture->call.database, &change), 0);
    assert_int_equal(directory_file_open(fixture->file_path, &file), 0);
    assert_int_equal(file.header->change, change);
    assert_int_equal(directory_key_show(&fixture->call, SPAN("laptop"), &key), 0);
    bool is_revoked = key.state == DIRECTORY_STATE_REVOKED;
    assert_int_equal(is_revoked, must_be_revoked);
    assert_int_equal(key_row(&file, "laptop") == NULL, is_revoked);
    assert_int_equal(
        directory_fixture_count(fixture, "SELECT count(*) FROM audit WHERE verb = 'revoke'"),
        is_revoked);
    assert_int_equal(change, is_revoked ? 3 : 2);
    directory_file_close(&file);
}

static void a_crash_at_any_step_leaves_database_file_and_trail_in_agreement(void **state)
{
    (void)state;
    for (unsigned stop = 0; stop < STOP_COUNT; stop++) {
        void *one = NULL;
        struct directory_secret secret;
        struct directory_file file;

        directory_fixture_open(&one);
        struct directory_fixture *fixture = one;
        directory_fixture_add_key(fixture, "laptop", NULL, &secret);
        directory_fixture_add_key(fixture, "phone", NULL, &secret);
        file = exported(fixture);
        directory_file_close(&file);
        directory_fixture_stop(fixture);
        if (!dies_at(fixture, (enum stop)stop))
            fail_msg("step %u was not reached", stop);
        /* Whatever there is now, a reader can use. */
        assert_int_equal(directory_file_open(fixture->file_path, &file), 0);
        directory_file_close(&file);
        directory_fixture_start(fixture);
        assert_agreement(fixture, stop != STOP_CHANGE_WRITTEN && stop != STOP_AUDIT_WRITTEN);
        directory_fixture_close(&one);
    }
}

static void import_many(struct directory_fixture *fixture, uint32_t count)
{
    struct directory_import *keys = calloc(DIRECTORY_IMPORT_MAX, sizeof(*keys));
    char(*names)[32] = calloc(DIRECTORY_IMPORT_MAX, sizeof(*names));
    struct directory_import_result result;

    assert_non_null(keys);
    assert_non_null(names);
    for (uint32_t first = 0; first < count; first += DIRECTORY_IMPORT_MAX) {
        for (uint32_t i = 0; i < DIRECTORY_IMPORT_MAX; i++) {
            snprintf(names[i], sizeof(names[i]), "key-%06u", first + i);
            keys[i] = (struct directory_import){.key = directory_fixture_key(names[i])};
            keys[i].key.user = SPAN("ada");
            keys[i].digest = digester_hash(fixture->call.digester, span_of(names[i]));
        }
        assert_int_equal(directory_key_import(&fixture->call, keys, DIRECTORY_IMPORT_MAX, &result),
                         0);
        assert_int_equal(result.created, DIRECTORY_IMPORT_MAX);
    }
    free(keys);
    free(names);
}

static void a_hundred_thousand_keys_are_imported_and_exported(void **state)
{
    enum { KEYS = 100000 };
    struct directory_fixture *fixture = *state;

    directory_fixture_add_user(fixture, "ada");
    import_many(fixture, KEYS);
    struct directory_file file = exported(fixture);
    assert_int_equal(directory_file_rows(&file, DIRECTORY_KEYS), KEYS);
    const struct directory_key_row *key = key_row(&file, "key-077777");
    assert_non_null(key);
    struct digest digest = digester_hash(fixture->call.digester, SPAN("key-077777"));
    assert_true(digest_equal(&key->digest, &digest));
    assert_int_equal(key->user, 0);
    directory_file_close(&file);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, directory_fixture_open, directory_fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_empty_directory_is_a_file),
        TEST(groups_and_users_are_in_the_file),
        TEST(keys_are_in_the_file_and_revoked_ones_among_the_revocations),
        TEST(an_old_text_whose_time_is_over_is_not_in_the_file),
        TEST(an_equal_directory_is_not_written_again),
        TEST(a_damaged_file_is_written_again),
        TEST(changes_go_on_from_a_file_that_is_ahead),
        TEST(the_file_is_private),
        TEST(a_folder_that_is_not_there_is_an_error_with_a_sentence),
        cmocka_unit_test(a_crash_at_any_step_leaves_database_file_and_trail_in_agreement),
        TEST(a_hundred_thousand_keys_are_imported_and_exported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
