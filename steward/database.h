/**
 * The steward's SQLite database, `state_dir/weir.db`: opening, transactions, prepared statements.
 *
 * One process has it open, one thread uses it; readers with other tools are welcome (WAL). Nothing
 * in the request path waits for it (DESIGN: Promises).
 *
 *   phase     entered by         may then be called
 *   closed    -                  database_open()
 *   open      database_open()    everything below
 *   closed    database_close()
 *
 * Durability: `synchronous = FULL` in WAL mode, so a commit is on the disk when it returns. A key
 * is shown once, at its creation: NORMAL could lose it in a power cut after it was shown, and a
 * revocation with it. Changes of the directory are rare; one fsync each is cheap.
 *
 * Nothing here ends the process. Whatever the disk, another process or a damaged file causes is an
 * error value with a sentence, after which the caller may close and try again later:
 *
 *   ERR_AGAIN      another connection holds a lock for longer than busy_ms; nothing was changed
 *   ERR_DISK_FULL  nothing was changed
 *   ERR_CORRUPT    the file is damaged, or is no database of weir's
 *   ERR_VERSION    a newer weir wrote it; nothing was changed
 *   ERR_IO         it cannot be opened, read or written
 *   ERR_NO_MEMORY
 *
 * All but ERR_CORRUPT and ERR_VERSION are worth trying again without anybody's help.
 */
#ifndef WEIR_STEWARD_DATABASE_H
#define WEIR_STEWARD_DATABASE_H

#include "lib/base/span.h"
#include "steward/statements.h"

#include <sqlite3.h>
#include <stdint.h>

enum {
    DATABASE_BUSY_MS = 1000, /* how long a call may wait for another connection, as a default */
    DATABASE_SENTENCE_BYTES = 256,
    DATABASE_PATH_BYTES_MAX = 4096,
};

struct database;

/** Why something failed, for a log line or an error body: no secret in it, no value of a row. */
struct database_trouble {
    int err; /* 0: nothing failed */
    char sentence[DATABASE_SENTENCE_BYTES];
};

struct database_options {
    const char *path;
    uint32_t busy_ms;
};

/**
 * Open the file, or make it (mode 0600; an existing file is set to that); check it (quick_check:
 * about a second for a million keys), bring its schema up to date, prepare every statement.
 *
 * @param out      filled only on success; database_close() it
 * @param trouble  filled on failure
 * @return 0 or an error of the list above
 */
int database_open(const struct database_options *options, struct database **out,
                  struct database_trouble *trouble);

/** Rolls back what is open, clears the pointer; NULL is fine. No backup (backup.h) may be under way. */
void database_close(struct database **database);

/** What failed last; borrowed until the next call. */
const struct database_trouble *database_last_trouble(const struct database *database);

/**
 * Transactions nest: the outermost begin is BEGIN IMMEDIATE, an inner one a savepoint, so that an
 * operation that is whole by itself can also be a part of a larger one.
 *
 * @return 0 or an error of the list above; after an error nothing was begun
 */
int database_begin(struct database *database);

/** A consistent view for reading alone: it never waits for a writer. Not inside another. */
int database_begin_read(struct database *database);

/**
 * End the innermost one: commit when `err` is 0, else roll back.
 *
 * @return `err`, or what made the commit fail, which is then rolled back
 */
int database_end(struct database *database, int err);

/** Is a transaction open? */
bool database_is_busy(const struct database *database);

/**
 * A prepared statement, reset and with all parameters NULL; it is the database's. Run it with
 * database_step() and database_finish() it before anything else runs that may use the same one.
 */
sqlite3_stmt *database_statement(struct database *database, enum statement number);

/** Bind text or bytes that stay as they are until database_finish(). A NULL pointer binds NULL. */
void database_bind_text(sqlite3_stmt *statement, int parameter, struct span text);
void database_bind_bytes(sqlite3_stmt *statement, int parameter, struct span bytes);
void database_bind_number(sqlite3_stmt *statement, int parameter, int64_t value);

/**
 * @return 0: there is a row to read; ERR_NOT_FOUND: there is none (any more); ERR_EXISTS: a name or
 *         digest is taken; ERR_IN_USE: another row refers to it; or an error of the list above
 */
int database_step(struct database *database, sqlite3_stmt *statement);

/** Lets go of the row and of what is bound. */
void database_finish(sqlite3_stmt *statement);

/** A statement that gives no row: step, then finish. @return 0 or as database_step() */
int database_run(struct database *database, sqlite3_stmt *statement);

/** Rows that the last statement inserted, changed or deleted. */
int64_t database_changes(const struct database *database);

/** Columns of the row at hand; text and bytes are borrowed until the next step. */
struct span database_text(sqlite3_stmt *statement, int column);
struct span database_bytes(sqlite3_stmt *statement, int column);
int64_t database_number(sqlite3_stmt *statement, int column);
bool database_is_null(sqlite3_stmt *statement, int column);

/** For what belongs to the database itself (schema, backup). */
sqlite3 *database_handle(struct database *database);

/** Notes what SQLite says went wrong, or a sentence of our own that begins with the path, as the last
 *  trouble. @return its ERR_ number */
int database_fail(struct database *database, int sqlite_code);
int database_refuse(struct database *database, int err, const char *sentence);

#endif
