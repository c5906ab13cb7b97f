#include "steward/schema.h"

#include "lib/base/err.h"

#include <stdio.h>

/* Names refer to each other by their text: it never changes, and a person who looks into the
 * database sees what is meant. */
#define SUBJECT_TABLE(table)                                                              \
    "CREATE TABLE " table "s (name TEXT PRIMARY KEY, display TEXT NOT NULL,"              \
    " disabled INTEGER NOT NULL CHECK (disabled IN (0, 1)),"                              \
    " models_all INTEGER NOT NULL CHECK (models_all IN (0, 1)),"                          \
    " version INTEGER NOT NULL, created_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL" \
    ") STRICT, WITHOUT ROWID;"

#define GRANT_TABLE(table)                                                           \
    "CREATE TABLE " table "_grants (name TEXT NOT NULL REFERENCES " table "s (name)" \
    " ON DELETE CASCADE, slug TEXT NOT NULL, PRIMARY KEY (name, slug)) STRICT, WITHOUT ROWID;"

#define DIGEST_COLUMN "digest BLOB NOT NULL CHECK (length(digest) = 32)"

static const struct schema_step rows[] = {
    {SUBJECT_TABLE("group") SUBJECT_TABLE(
        "user") "CREATE TABLE members (name TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,"
                " group_name TEXT NOT NULL REFERENCES groups (name) ON DELETE CASCADE,"
                " PRIMARY KEY (name, group_name)) STRICT, WITHOUT ROWID;"
                "CREATE INDEX members_by_group ON members (group_name);"
                "CREATE TABLE keys (name TEXT PRIMARY KEY, " DIGEST_COLUMN " UNIQUE,"
                " user_name TEXT REFERENCES users (name), group_name TEXT REFERENCES groups (name),"
                " allowed_all INTEGER NOT NULL CHECK (allowed_all IN (0, 1)),"
                " expires_s INTEGER NOT NULL CHECK (expires_s >= 0),"
                " scopes INTEGER NOT NULL, disabled INTEGER NOT NULL CHECK (disabled IN (0, 1)),"
                " version INTEGER NOT NULL, created_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL,"
                " revoked_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
                "CREATE INDEX keys_by_user ON keys (user_name) WHERE user_name IS NOT NULL;"
                "CREATE INDEX keys_by_group ON keys (group_name) WHERE group_name IS NOT NULL;"
                "CREATE TABLE old_digests (name TEXT PRIMARY KEY REFERENCES keys (name) ON DELETE CASCADE,"
                " " DIGEST_COLUMN " UNIQUE, until_s INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
                "CREATE TABLE revoked_names (name TEXT PRIMARY KEY, revoked_s INTEGER NOT NULL)"
                " STRICT, WITHOUT ROWID;"
                "CREATE TABLE revoked_digests (" DIGEST_COLUMN
                " PRIMARY KEY, revoked_s INTEGER NOT NULL)"
                " STRICT, WITHOUT ROWID;" GRANT_TABLE("group") GRANT_TABLE("user") GRANT_TABLE(
                    "key") "CREATE TABLE audit (change INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL,"
                           " actor TEXT NOT NULL, verb TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,"
                           " before TEXT, after TEXT) STRICT;"
                           "CREATE INDEX audit_by_name ON audit (kind, name);"
                           "CREATE TABLE answers (request TEXT PRIMARY KEY, request_digest BLOB NOT NULL,"
                           " status INTEGER NOT NULL, body BLOB NOT NULL, expires_ms INTEGER NOT NULL)"
                           " STRICT, WITHOUT ROWID;"
                           "CREATE INDEX answers_by_expiry ON answers (expires_ms);"},
};

const struct schema_steps schema_steps = {rows, sizeof(rows) / sizeof(rows[0])};

static int run(struct database *database, const char *sql)
{
    int code = sqlite3_exec(database_handle(database), sql, NULL, NULL, NULL);

    return code == SQLITE_OK ? 0 : database_fail(database, code);
}

static int read_pragma(struct database *database, const char *sql, int64_t *out)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(database_handle(database), sql, -1, &statement, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        *out = sqlite3_column_int64(statement, 0);
        code = SQLITE_OK;
    }
    sqlite3_finalize(statement);
    return code == SQLITE_OK ? 0 : database_fail(database, code);
}

static int take_step(struct database *database, const struct schema_step *step, uint32_t version)
{
    char stamp[128];

    (void)snprintf(stamp, sizeof(stamp),
                   "PRAGMA application_id = %d; PRAGMA user_version = %u; COMMIT;",
                   SCHEMA_APPLICATION, version);
    int err = run(database, "BEGIN IMMEDIATE;");
    if (err == 0)
        err = run(database, step->sql);
    if (err == 0)
        err = run(database, stamp);
    if (err != 0 && sqlite3_get_autocommit(database_handle(database)) == 0)
        (void)sqlite3_exec(database_handle(database), "ROLLBACK;", NULL, NULL, NULL);
    return err;
}

int schema_bring_up(struct database *database, const struct schema_steps *steps)
{
    int64_t application = 0;
    int64_t version = 0;
    int64_t tables = 0;
    int err = read_pragma(database, "PRAGMA application_id", &application);

    if (err == 0)
        err = read_pragma(database, "PRAGMA user_version", &version);
    if (err == 0)
        err = read_pragma(database, "SELECT count(*) FROM sqlite_schema", &tables);
    if (err != 0)
        return err;
    if (application != SCHEMA_APPLICATION && (application != 0 || version != 0 || tables != 0))
        return database_refuse(database, ERR_CORRUPT, "is not a database of weir's");
    if (version < 0 || version > steps->count)
        return database_refuse(database, ERR_VERSION, "was written by a newer weir");
    while (err == 0 && (uint64_t)version < steps->count) {
        err = take_step(database, &steps->rows[version], (uint32_t)version + 1);
        version++;
    }
    return err;
}
