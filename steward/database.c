#include "steward/database.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "steward/database_open.h"
#include "steward/schema.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

struct database {
    sqlite3 *handle;
    uint32_t depth; /* of transactions */
    struct database_trouble trouble;
    sqlite3_stmt *statements[STATEMENT_COUNT];
};

static const char *const texts[STATEMENT_COUNT] = {
#define X(name, sql) sql,
    STATEMENT_MAP(X)
#undef X
};

/* SQLite's result codes, by their low byte. */
static int error_of(int sqlite_code)
{
    switch (sqlite_code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERR_AGAIN;
    case SQLITE_FULL:
        return ERR_DISK_FULL;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ERR_CORRUPT;
    case SQLITE_NOMEM:
        return ERR_NO_MEMORY;
    case SQLITE_CONSTRAINT:
        return sqlite_code == SQLITE_CONSTRAINT_FOREIGNKEY ? ERR_IN_USE : ERR_EXISTS;
    default:
        return ERR_IO;
    }
}

int database_fail(struct database *database, int sqlite_code)
{
    struct database_trouble *trouble = &database->trouble;

    trouble->err = error_of(sqlite_code);
    (void)snprintf(trouble->sentence, sizeof(trouble->sentence), "the database: %s",
                   database->handle == NULL ? sqlite3_errstr(sqlite_code)
                                            : sqlite3_errmsg(database->handle));
    return trouble->err;
}

int database_refuse(struct database *database, int err, const char *sentence)
{
    struct database_trouble *trouble = &database->trouble;

    trouble->err = err;
    (void)snprintf(trouble->sentence, sizeof(trouble->sentence), "the database %s", sentence);
    return err;
}

const struct database_trouble *database_last_trouble(const struct database *database)
{
    return &database->trouble;
}

sqlite3 *database_handle(struct database *database)
{
    return database->handle;
}

static int prepare_all(struct database *database)
{
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        int code = sqlite3_prepare_v3(database->handle, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                                      &database->statements[i], NULL);

        if (code != SQLITE_OK)
            return database_fail(database, code);
    }
    return 0;
}

int database_open(const struct database_options *options, struct database **out,
                  struct database_trouble *trouble)
{
    struct database *database = calloc(1, sizeof(*database));

    *trouble = (struct database_trouble){.err = ERR_NO_MEMORY};
    if (database == NULL)
        return ERR_NO_MEMORY;
    int err = database_open_file(options, &database->handle, &database->trouble);
    if (err == 0)
        err = schema_bring_up(database, &schema_steps);
    if (err == 0)
        err = prepare_all(database);
    *trouble = database->trouble;
    if (err != 0)
        database_close(&database);
    else
        *out = database;
    return err;
}

void database_close(struct database **database)
{
    if (*database == NULL)
        return;
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        (void)sqlite3_finalize((*database)->statements[i]);
    int code = sqlite3_close((*database)->handle);
    INVARIANT(code == SQLITE_OK);
    free(*database);
    *database = NULL;
}

static int run_simple(struct database *database, enum statement number)
{
    return database_run(database, database_statement(database, number));
}

/* SQLite ends a transaction by itself when the disk is full or fails. */
static bool has_lost_transaction(const struct database *database)
{
    return database->depth > 0 && sqlite3_get_autocommit(database->handle) != 0;
}

int database_begin(struct database *database)
{
    if (has_lost_transaction(database))
        return database_refuse(database, ERR_IO, "has ended the transaction");
    int err = run_simple(database, database->depth == 0 ? STATEMENT_BEGIN : STATEMENT_SAVE);
    if (err == 0)
        database->depth++;
    return err;
}

int database_begin_read(struct database *database)
{
    INVARIANT(database->depth == 0);
    int err = run_simple(database, STATEMENT_BEGIN_READ);
    if (err == 0)
        database->depth = 1;
    return err;
}

static void roll_back(struct database *database)
{
    struct database_trouble trouble = database->trouble;

    if (database->depth > 1) {
        (void)run_simple(database, STATEMENT_UNSAVE);
        (void)run_simple(database, STATEMENT_RELEASE);
    } else {
        (void)run_simple(database, STATEMENT_ROLLBACK);
    }
    database->trouble = trouble;
}

int database_end(struct database *database, int err)
{
    INVARIANT(database->depth > 0);
    if (has_lost_transaction(database)) {
        database->depth--;
        return err != 0 ? err : database_refuse(database, ERR_IO, "has ended the transaction");
    }
    if (err == 0)
        err = run_simple(database, database->depth > 1 ? STATEMENT_RELEASE : STATEMENT_COMMIT);
    if (err != 0 && !has_lost_transaction(database))
        roll_back(database);
    database->depth--;
    return err;
}

bool database_is_busy(const struct database *database)
{
    return database->depth > 0;
}

sqlite3_stmt *database_statement(struct database *database, enum statement number)
{
    sqlite3_stmt *statement = database->statements[number];

    INVARIANT(sqlite3_stmt_busy(statement) == 0);
    return statement;
}

/* Binding fails for want of memory alone, and copies nothing here; a wrong number is our mistake. */
void database_bind_text(sqlite3_stmt *statement, int parameter, struct span text)
{
    INVARIANT(text.len <= INT_MAX);
    int code = sqlite3_bind_text(statement, parameter, text.ptr, (int)text.len, SQLITE_STATIC);
    INVARIANT(code == SQLITE_OK);
}

void database_bind_bytes(sqlite3_stmt *statement, int parameter, struct span bytes)
{
    INVARIANT(bytes.len <= INT_MAX);
    int code = sqlite3_bind_blob(statement, parameter, bytes.ptr, (int)bytes.len, SQLITE_STATIC);
    INVARIANT(code == SQLITE_OK);
}

void database_bind_number(sqlite3_stmt *statement, int parameter, int64_t value)
{
    int code = sqlite3_bind_int64(statement, parameter, value);
    INVARIANT(code == SQLITE_OK);
}

int database_step(struct database *database, sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);

    if (code == SQLITE_ROW)
        return 0;
    return code == SQLITE_DONE ? ERR_NOT_FOUND : database_fail(database, code);
}

void database_finish(sqlite3_stmt *statement)
{
    /* What a reset returns is the error of the step before, which has been told. */
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
}

int database_run(struct database *database, sqlite3_stmt *statement)
{
    int err = database_step(database, statement);

    database_finish(statement);
    return err == ERR_NOT_FOUND ? 0 : err;
}

int64_t database_changes(const struct database *database)
{
    return sqlite3_changes64(database->handle);
}

struct span database_text(sqlite3_stmt *statement, int column)
{
    return database_bytes(statement, column);
}

struct span database_bytes(sqlite3_stmt *statement, int column)
{
    /* The pointer first: asking for it may convert, and the length is that of what was converted. */
    const char *bytes = sqlite3_column_blob(statement, column);

    return (struct span){bytes, (size_t)sqlite3_column_bytes(statement, column)};
}

int64_t database_number(sqlite3_stmt *statement, int column)
{
    return sqlite3_column_int64(statement, column);
}

bool database_is_null(sqlite3_stmt *statement, int column)
{
    return sqlite3_column_type(statement, column) == SQLITE_NULL;
}
