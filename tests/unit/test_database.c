/* The database's file: made, opened, brought up to date, refused, copied. */
#include "lib/base/err.h"
#include "steward/backup.h"
#include "steward/schema.h"
#include "tests/unit/directory_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int try_open(const struct directory_fixture *fixture, struct database_trouble *trouble)
{
    const struct database_options options = {.path = fixture->database_path};
    struct database *database = NULL;
    int err = database_open(&options, &database, trouble);

    database_close(&database);
    return err;
}

/* Another program at the same file. */
static sqlite3 *open_beside(const struct directory_fixture *fixture)
{
    sqlite3 *other = NULL;

    assert_int_equal(sqlite3_open(fixture->database_path, &other), SQLITE_OK);
    return other;
}

static void run_beside(const struct directory_fixture *fixture, const char *sql)
{
    sqlite3 *other = open_beside(fixture);

    assert_int_equal(sqlite3_exec(other, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
}

static int64_t pragma(struct directory_fixture *fixture, const char *sql)
{
    return directory_fixture_count(fixture, sql);
}

static void a_database_is_private_durable_and_checked(void **state)
{
    struct directory_fixture *fixture = *state;
    struct stat status;

    for (int i = 0; i < 2; i++) {
        assert_int_equal(stat(fixture->database_path, &status), 0);
        assert_int_equal(status.st_mode & 07777, 0600);
        assert_int_equal(pragma(fixture, "PRAGMA foreign_keys"), 1);
        assert_int_equal(pragma(fixture, "PRAGMA synchronous"), 2);
        assert_int_equal(pragma(fixture, "PRAGMA trusted_schema"), 0);
        assert_int_equal(pragma(fixture, "PRAGMA application_id"), SCHEMA_APPLICATION);
        assert_int_equal(pragma(fixture, "PRAGMA user_version"), schema_steps.count);
        assert_int_equal(pragma(fixture, "SELECT count(*) FROM pragma_journal_mode"
                                         " WHERE journal_mode = 'wal'"),
                         1);
        directory_fixture_stop(fixture);
        assert_int_equal(chmod(fixture->database_path, 0644), 0);
        directory_fixture_start(fixture);
    }
}

static void every_table_is_strict(void **state)
{
    assert_int_equal(directory_fixture_count(*state,
                                             "SELECT count(*) FROM pragma_table_list WHERE schema ="
                                             " 'main' AND name NOT LIKE 'sqlite_%' AND strict = 0"),
                     0);
}

static void the_schema_cannot_be_written_directly(void **state)
{
    struct directory_fixture *fixture = *state;
    sqlite3 *handle = database_handle(fixture->call.database);

    assert_int_equal(sqlite3_exec(handle, "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema;",
                                  NULL, NULL, NULL),
                     SQLITE_ERROR);
}

static void a_newer_database_is_left_alone(void **state)
{
    struct directory_fixture *fixture = *state;
    struct database_trouble trouble;

    directory_fixture_stop(fixture);
    run_beside(fixture, "PRAGMA user_version = 1000");
    assert_int_equal(try_open(fixture, &trouble), ERR_VERSION);
    assert_non_null(strstr(trouble.sentence, "newer"));
    run_beside(fixture, "PRAGMA user_version = 1");
    directory_fixture_start(fixture);
}

static void a_database_of_another_program_is_left_alone(void **state)
{
    static const char *const others[] = {
        "PRAGMA application_id = 7",
        "PRAGMA application_id = 0; PRAGMA user_version = 3",
        "PRAGMA application_id = 0; PRAGMA user_version = 0",
    };
    struct directory_fixture *fixture = *state;
    struct database_trouble trouble;

    directory_fixture_stop(fixture);
    for (size_t i = 0; i < COUNT(others); i++) {
        run_beside(fixture, others[i]);
        assert_int_equal(try_open(fixture, &trouble), ERR_CORRUPT);
    }
    run_beside(fixture, "PRAGMA application_id = 2003134834; PRAGMA user_version = 1");
    directory_fixture_start(fixture);
}

static void an_older_schema_is_brought_up_step_by_step(void **state)
{
    static const struct schema_step rows[] = {
        {"CREATE TABLE never (n INTEGER) STRICT;"},
        {"CREATE TABLE second (n INTEGER) STRICT;"},
        {"CREATE TABLE third (n INTEGER) STRICT; INSERT INTO third VALUES (3);"},
    };
    const struct schema_steps steps = {rows, COUNT(rows)};
    struct directory_fixture *fixture = *state;

    assert_int_equal(schema_bring_up(fixture->call.database, &steps), 0);
    assert_int_equal(pragma(fixture, "PRAGMA user_version"), 3);
    assert_int_equal(directory_fixture_count(fixture, "SELECT n FROM third"), 3);
    assert_int_equal(
        directory_fixture_count(fixture, "SELECT count(*) FROM sqlite_schema WHERE name = 'never'"),
        0);
    assert_int_equal(schema_bring_up(fixture->call.database, &steps), 0);
}

static void a_step_that_fails_leaves_the_version_before_it(void **state)
{
    static const struct schema_step rows[] = {
        {""},
        {"CREATE TABLE second (n INTEGER) STRICT;"},
        {"CREATE TABLE third (n INTEGER) STRICT; INSERT INTO nowhere VALUES (3);"},
    };
    const struct schema_steps steps = {rows, COUNT(rows)};
    struct directory_fixture *fixture = *state;

    assert_int_equal(schema_bring_up(fixture->call.database, &steps), ERR_IO);
    assert_int_equal(pragma(fixture, "PRAGMA user_version"), 2);
    assert_int_equal(
        directory_fixture_count(fixture, "SELECT count(*) FROM sqlite_schema WHERE name = 'third'"),
        0);
    assert_non_null(strstr(database_last_trouble(fixture->call.database)->sentence, "nowhere"));
}

static void what_is_no_database_is_refused_with_a_sentence(void **state)
{
    static const char *const contents[] = {"this is a text file, and it is long enough to be read",
                                           "SQLite format 3"};
    struct directory_fixture *fixture = *state;
    struct database_trouble trouble;

    directory_fixture_stop(fixture);
    for (size_t i = 0; i < COUNT(contents); i++) {
        FILE *file = fopen(fixture->database_path, "we");

        assert_non_null(file);
        for (int n = 0; n < 100; n++)
            fputs(contents[i], file);
        fclose(file);
        assert_int_equal(try_open(fixture, &trouble), ERR_CORRUPT);
        assert_non_null(strstr(trouble.sentence, fixture->database_path));
    }
    unlink(fixture->database_path);
    directory_fixture_start(fixture);
}

/* Page after page is overwritten: whatever was there, it is noticed or was not in use. */
static void a_damaged_page_is_noticed_at_opening(void **state)
{
    enum { PAGE_BYTES = 4096 };
    struct directory_fixture *fixture = *state;
    struct database_trouble trouble;
    struct stat status;
    unsigned noticed = 0;

    for (int n = 0; n < 200; n++) {
        char name[32];

        snprintf(name, sizeof(name), "user-%d", n);
        directory_fixture_add_user(fixture, name);
    }
    directory_fixture_stop(fixture);
    assert_int_equal(stat(fixture->database_path, &status), 0);
    for (long page = 0; page < status.st_size / PAGE_BYTES; page++) {
        char kept[PAGE_BYTES];
        char junk[PAGE_BYTES];
        FILE *file = fopen(fixture->database_path, "r+e");

        assert_non_null(file);
        memset(junk, 0x5a, sizeof(junk));
        fseek(file, page * PAGE_BYTES, SEEK_SET);
        assert_int_equal(fread(kept, PAGE_BYTES, 1, file), 1);
        fseek(file, page * PAGE_BYTES, SEEK_SET);
        fwrite(junk, PAGE_BYTES, 1, file);
        fflush(file);
        noticed += try_open(fixture, &trouble) == ERR_CORRUPT;
        fseek(file, page * PAGE_BYTES, SEEK_SET);
        fwrite(kept, PAGE_BYTES, 1, file);
        fclose(file);
    }
    assert_int_equal(noticed, status.st_size / PAGE_BYTES);
    directory_fixture_start(fixture);
}

static void a_lock_of_another_program_is_told_and_passes(void **state)
{
    struct directory_fixture *fixture = *state;
    const struct directory_subject user = {.name = SPAN("ada")};
    struct directory_subject seen;
    sqlite3 *other = open_beside(fixture);

    directory_fixture_add_user(fixture, "grace");
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(directory_subject_add(&fixture->call, DIRECTORY_USER, &user), ERR_AGAIN);
    assert_int_equal(fixture->refusal.err, ERR_AGAIN);
    assert_true(strlen(fixture->refusal.sentence) > 0);
    assert_int_equal(directory_subject_show(&fixture->call, DIRECTORY_USER, SPAN("grace"), &seen),
                     0);
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(directory_subject_add(&fixture->call, DIRECTORY_USER, &user), 0);
    sqlite3_close(other);
}

static void a_database_that_is_locked_cannot_be_opened_yet(void **state)
{
    struct directory_fixture *fixture = *state;
    struct database_trouble trouble;

    directory_fixture_stop(fixture);
    sqlite3 *other = open_beside(fixture);
    assert_int_equal(sqlite3_exec(other,
                                  "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT;", NULL,
                                  NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(try_open(fixture, &trouble), ERR_AGAIN);
    assert_non_null(strstr(trouble.sentence, "locked"));
    sqlite3_close(other);
    directory_fixture_start(fixture);
}

static void a_folder_without_room_for_it_is_an_error(void **state)
{
    static const char *const paths[] = {"/nonexistent/weir.db", "/proc/weir.db", "/dev/null"};
    struct database_trouble trouble;
    struct database *database = NULL;

    (void)state;
    for (size_t i = 0; i < COUNT(paths); i++) {
        const struct database_options options = {.path = paths[i]};

        assert_int_equal(database_open(&options, &database, &trouble), ERR_IO);
        assert_int_equal(trouble.err, ERR_IO);
        assert_non_null(strstr(trouble.sentence, paths[i]));
        assert_null(database);
    }
}

/* Root may write anywhere, so a root becomes nobody meanwhile. */
static void a_folder_that_cannot_be_written_is_an_error(void **state)
{
    enum { NOBODY = 65534 };
    struct directory_fixture *fixture = *state;
    struct database_trouble trouble;
    bool is_root = geteuid() == 0;

    directory_fixture_stop(fixture);
    assert_int_equal(unlink(fixture->database_path), 0);
    if (is_root)
        assert_int_equal(chown(fixture->folder, NOBODY, NOBODY), 0);
    assert_int_equal(chmod(fixture->folder, 0500), 0);
    if (is_root)
        assert_int_equal(seteuid(NOBODY), 0);
    assert_int_equal(try_open(fixture, &trouble), ERR_IO);
    if (is_root)
        assert_int_equal(seteuid(0), 0);
    assert_non_null(strstr(trouble.sentence, "ermission"));
    assert_int_equal(chmod(fixture->folder, 0700), 0);
    directory_fixture_start(fixture);
}

static void an_inner_transaction_can_fail_alone(void **state)
{
    struct directory_fixture *fixture = *state;
    struct database *database = fixture->call.database;
    const struct directory_subject twice = {.name = SPAN("ada")};

    assert_int_equal(database_begin(database), 0);
    directory_fixture_add_user(fixture, "ada");
    assert_int_equal(directory_subject_add(&fixture->call, DIRECTORY_USER, &twice), ERR_EXISTS);
    directory_fixture_add_user(fixture, "grace");
    assert_true(database_is_busy(database));
    assert_int_equal(database_end(database, 0), 0);
    assert_false(database_is_busy(database));
    assert_int_equal(directory_fixture_count(fixture, "SELECT count(*) FROM users"), 2);
    assert_int_equal(directory_fixture_count(fixture, "SELECT count(*) FROM audit"), 2);
}

static void an_outer_transaction_takes_back_the_inner_ones(void **state)
{
    struct directory_fixture *fixture = *state;
    struct database *database = fixture->call.database;

    assert_int_equal(database_begin(database), 0);
    directory_fixture_add_user(fixture, "ada");
    assert_int_equal(database_end(database, ERR_INVALID), ERR_INVALID);
    assert_int_equal(directory_fixture_count(fixture, "SELECT count(*) FROM users"), 0);
    assert_int_equal(directory_fixture_count(fixture, "SELECT count(*) FROM audit"), 0);
}

static void a_transaction_that_is_lost_is_told_at_its_end(void **state)
{
    struct directory_fixture *fixture = *state;
    struct database *database = fixture->call.database;

    assert_int_equal(database_begin(database), 0);
    assert_int_equal(sqlite3_exec(database_handle(database), "ROLLBACK", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(database_begin(database), ERR_IO);
    assert_int_equal(database_end(database, 0), ERR_IO);
    directory_fixture_add_user(fixture, "ada");
}

/* A database that may not grow is a full disk. */
static void a_full_disk_changes_nothing(void **state)
{
    struct directory_fixture *fixture = *state;
    sqlite3 *handle = database_handle(fixture->call.database);
    char name[32];
    int err = 0;
    int added = 0;

    assert_int_equal(sqlite3_exec(handle, "PRAGMA max_page_count = 1", NULL, NULL, NULL),
                     SQLITE_OK);
    for (; err == 0 && added < 100000; added++) {
        snprintf(name, sizeof(name), "user-%d", added);
        const struct directory_subject user = {.name = span_of(name)};
        err = directory_subject_add(&fixture->call, DIRECTORY_USER, &user);
    }
    assert_int_equal(err, ERR_DISK_FULL);
    assert_int_equal(fixture->refusal.err, ERR_DISK_FULL);
    assert_int_equal(directory_fixture_count(fixture, "SELECT count(*) FROM users"), added - 1);
    assert_int_equal(directory_fixture_count(fixture, "SELECT count(*) FROM audit"), added - 1);
    assert_int_equal(sqlite3_exec(handle, "PRAGMA max_page_count = 100000", NULL, NULL, NULL),
                     SQLITE_OK);
    directory_fixture_add_user(fixture, "later");
}

static int copy_all(struct backup *backup, struct database_trouble *trouble)
{
    int err = ERR_AGAIN;

    while (err == ERR_AGAIN)
        err = backup_step(backup, trouble);
    return err;
}

static void a_backup_is_one_whole_file_and_never_replaces_one(void **state)
{
    struct directory_fixture *fixture = *state;
    struct database_trouble trouble;
    struct backup backup;
    struct stat status;
    char path[FIXTURE_PATH_BYTES + 16];
    char partial[FIXTURE_PATH_BYTES + 32];

    snprintf(path, sizeof(path), "%s/copy.db", fixture->folder);
    snprintf(partial, sizeof(partial), "%s.partial", path);
    assert_int_equal(
        sqlite3_exec(database_handle(fixture->call.database),
                     "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <"
                     " 40000) INSERT INTO users SELECT 'user-' || i, 'somebody with a name', 0, 0,"
                     " 1, 0, 0 FROM n",
                     NULL, NULL, NULL),
        SQLITE_OK);

    assert_int_equal(backup_begin(&backup, fixture->call.database, path, &trouble), 0);
    assert_int_equal(backup_step(&backup, &trouble), ERR_AGAIN);
    assert_true(backup.pages_left > 0);
    assert_int_equal(access(path, F_OK), -1);
    directory_fixture_add_user(fixture, "in-between");
    assert_int_equal(copy_all(&backup, &trouble), 0);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(access(partial, F_OK), -1);
    assert_int_equal(backup_begin(&backup, fixture->call.database, path, &trouble), ERR_EXISTS);

    directory_fixture_stop(fixture);
    assert_int_equal(rename(path, fixture->database_path), 0);
    directory_fixture_start(fixture);
    assert_int_equal(directory_fixture_count(fixture, "SELECT count(*) FROM users"), 40001);
    assert_int_equal(
        directory_fixture_count(fixture, "SELECT count(*) FROM users WHERE name = 'in-between'"),
        1);
}

static void a_backup_that_is_given_up_leaves_nothing(void **state)
{
    struct directory_fixture *fixture = *state;
    struct database_trouble trouble;
    struct backup backup;
    char path[FIXTURE_PATH_BYTES + 16];
    char partial[FIXTURE_PATH_BYTES + 32];

    snprintf(path, sizeof(path), "%s/copy.db", fixture->folder);
    snprintf(partial, sizeof(partial), "%s.partial", path);
    assert_int_equal(backup_begin(&backup, fixture->call.database, path, &trouble), 0);
    assert_int_equal(access(partial, F_OK), 0);
    backup_abort(&backup);
    backup_abort(&backup);
    assert_int_equal(access(partial, F_OK), -1);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(
        backup_begin(&backup, fixture->call.database, "/nonexistent/copy.db", &trouble), ERR_IO);
    assert_non_null(strstr(trouble.sentence, "/nonexistent"));
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, directory_fixture_open, directory_fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_database_is_private_durable_and_checked),
        TEST(every_table_is_strict),
        TEST(the_schema_cannot_be_written_directly),
        TEST(a_newer_database_is_left_alone),
        TEST(a_database_of_another_program_is_left_alone),
        TEST(an_older_schema_is_brought_up_step_by_step),
        TEST(a_step_that_fails_leaves_the_version_before_it),
        TEST(what_is_no_database_is_refused_with_a_sentence),
        TEST(a_damaged_page_is_noticed_at_opening),
        TEST(a_lock_of_another_program_is_told_and_passes),
        TEST(a_database_that_is_locked_cannot_be_opened_yet),
        TEST(a_folder_without_room_for_it_is_an_error),
        TEST(a_folder_that_cannot_be_written_is_an_error),
        TEST(an_inner_transaction_can_fail_alone),
        TEST(an_outer_transaction_takes_back_the_inner_ones),
        TEST(a_transaction_that_is_lost_is_told_at_its_end),
        TEST(a_full_disk_changes_nothing),
        TEST(a_backup_is_one_whole_file_and_never_replaces_one),
        TEST(a_backup_that_is_given_up_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
