#include "tests/unit/directory_fixture.h"

#include "lib/base/err.h"
#include "shm/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { ARENA_BYTES_MAX = 256 * 1024 * 1024 };

void directory_fixture_start(struct directory_fixture *fixture)
{
    const struct database_options options = {.path = fixture->database_path};
    struct database_trouble trouble;

    if (database_open(&options, &fixture->call.database, &trouble) != 0)
        fail_msg("%s", trouble.sentence);
}

void directory_fixture_stop(struct directory_fixture *fixture)
{
    database_close(&fixture->call.database);
}

int directory_fixture_open(void **state)
{
    struct directory_fixture *fixture = calloc(1, sizeof(*fixture));

    assert_non_null(fixture);
    snprintf(fixture->folder, sizeof(fixture->folder), "/tmp/weir-directory-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->database_path, sizeof(fixture->database_path), "%.64s/weir.db",
             fixture->folder);
    snprintf(fixture->file_path, sizeof(fixture->file_path), "%.64s/directory", fixture->folder);
    fixture->call = (struct directory_call){
        .digester = digester_new(),
        .actor = SPAN("test"),
        .now_ms = FIXTURE_NOW_MS,
        .arena = arena_new(ARENA_BYTES_MAX),
        .refusal = &fixture->refusal,
    };
    directory_fixture_start(fixture);
    *state = fixture;
    return 0;
}

int directory_fixture_close(void **state)
{
    struct directory_fixture *fixture = *state;
    static const char *const names[] = {"weir.db",   "weir.db-wal",   "weir.db-shm",
                                        "directory", "directory.new", "copy.db"};
    char path[sizeof(fixture->folder) + 32];

    directory_fixture_stop(fixture);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", fixture->folder, names[i]);
        unlink(path);
    }
    if (rmdir(fixture->folder) != 0)
        fail_msg("something was left in %s", fixture->folder);
    arena_free(&fixture->call.arena);
    digester_free(&fixture->call.digester);
    free(fixture);
    return 0;
}

static void add(struct directory_fixture *fixture, enum directory_kind kind, const char *name)
{
    const struct directory_subject subject = {.name = span_of(name)};

    if (directory_subject_add(&fixture->call, kind, &subject) != 0)
        fail_msg("%s: %s", name, fixture->refusal.sentence);
}

void directory_fixture_add_group(struct directory_fixture *fixture, const char *name)
{
    add(fixture, DIRECTORY_GROUP, name);
}

void directory_fixture_add_user(struct directory_fixture *fixture, const char *name)
{
    add(fixture, DIRECTORY_USER, name);
}

struct directory_key directory_fixture_key(const char *name)
{
    return (struct directory_key){
        .name = span_of(name),
        .allowed = {.all = true},
        .scopes = KEY_SCOPE_LIST | KEY_SCOPE_CALL,
    };
}

void directory_fixture_add_key(struct directory_fixture *fixture, const char *name,
                               const char *user, struct directory_secret *secret)
{
    struct directory_key key = directory_fixture_key(name);
    struct directory_key created;

    key.user = span_of(user);
    if (directory_key_create(&fixture->call, &key, &created, secret) != 0)
        fail_msg("%s: %s", name, fixture->refusal.sentence);
}

struct directory_target directory_fixture_target(const char *name)
{
    return (struct directory_target){.name = span_of(name)};
}

int64_t directory_fixture_count(struct directory_fixture *fixture, const char *sql)
{
    sqlite3_stmt *statement = NULL;

    assert_int_equal(
        sqlite3_prepare_v2(database_handle(fixture->call.database), sql, -1, &statement, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t count = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return count;
}
