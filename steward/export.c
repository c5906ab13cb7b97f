#include "steward/export.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "shm/directory_writer.h"
#include "steward/audit.h"
#include "steward/operation.h"

#include <stdio.h>

/* Names in their order: the place of one is its row number in the file. */
struct names {
    uint32_t count;
    uint32_t room;
    const struct span *sorted;
    struct span *writable;
};

struct export
{
    struct directory_call call; /* the caller's, with an arena that ends with the export */
    struct directory_writer *writer;
    struct names slugs;
    struct names groups;
    struct names users;
    uint32_t rows[DIRECTORY_TABLE_COUNT];
    uint64_t change;
};

/* Which tables the columns of EXPORT_COUNTS count. */
static const enum directory_table counted[] = {
    DIRECTORY_GROUPS,        DIRECTORY_USERS,           DIRECTORY_KEYS,   DIRECTORY_OLD_DIGESTS,
    DIRECTORY_REVOKED_NAMES, DIRECTORY_REVOKED_DIGESTS, DIRECTORY_GRANTS, DIRECTORY_MEMBERSHIPS,
};

static int order(struct span a, struct span b)
{
    int difference = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);

    if (difference != 0)
        return difference;
    return a.len < b.len ? -1 : a.len > b.len;
}

static uint32_t number_of(const struct names *names, struct span name)
{
    uint32_t low = 0;
    uint32_t high = names->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int difference = order(names->sorted[middle], name);

        if (difference == 0)
            return middle;
        if (difference < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return ROW_NONE;
}

static int make_room(struct export *export, struct names *names, uint32_t room)
{
    names->writable = arena_take(export->call.arena, room * sizeof(*names->writable));
    names->sorted = names->writable;
    names->room = room;
    return names->writable == NULL && room > 0 ? ERR_NO_MEMORY : 0;
}

static int add_name(struct export *export, struct names *names, struct span name)
{
    if (names->count == names->room)
        return ERR_CORRUPT;
    return directory_copy(&export->call, name, &names->writable[names->count++]);
}

static sqlite3_stmt *prepare(struct export *export, enum statement number)
{
    return database_statement(export->call.database, number);
}

static int step(struct export *export, sqlite3_stmt *statement)
{
    return database_step(export->call.database, statement);
}

static int read_counts(struct export *export)
{
    sqlite3_stmt *statement = prepare(export, STATEMENT_EXPORT_COUNTS);

    database_bind_number(statement, 2, directory_now_s(&export->call));
    int err = step(export, statement);
    for (size_t i = 0; err == 0 && i < sizeof(counted) / sizeof(counted[0]); i++) {
        int64_t count = database_number(statement, (int)i);

        if (count < 0 || count >= ROW_NONE)
            err = ERR_NO_SPACE;
        else
            export->rows[counted[i]] = (uint32_t)count;
    }
    database_finish(statement);
    return err;
}

static int read_slugs(struct export *export)
{
    struct names *slugs = &export->slugs;
    int err = directory_read_texts(&export->call, prepare(export, STATEMENT_EXPORT_SLUGS),
                                   &slugs->count, &slugs->sorted);

    export->rows[DIRECTORY_SLUGS] = slugs->count;
    return err;
}

static void write_slugs(struct export *export)
{
    for (uint32_t i = 0; i < export->slugs.count; i++) {
        struct directory_text row = directory_writer_text(export->writer, export->slugs.sorted[i]);

        directory_writer_add(export->writer, DIRECTORY_SLUGS, &row);
    }
}

/* Numbers of the names that a statement gives, as a list of one of the tables of numbers. */
static int write_list(struct export *export, sqlite3_stmt *statement, const struct names *names,
                      enum directory_table table, struct directory_list *out)
{
    uint32_t first = directory_writer_next(export->writer, table);
    int err;

    while ((err = step(export, statement)) == 0) {
        uint32_t number = number_of(names, database_text(statement, 0));

        if (number == ROW_NONE) {
            err = ERR_CORRUPT;
            break;
        }
        directory_writer_add(export->writer, table, &number);
    }
    database_finish(statement);
    *out = (struct directory_list){first, directory_writer_next(export->writer, table) - first};
    return err == ERR_NOT_FOUND ? 0 : err;
}

static int write_grants(struct export *export, enum directory_kind kind, struct span name,
                        struct directory_list *out)
{
    sqlite3_stmt *statement = directory_prepare(&export->call, kind, DIRECTORY_VERB_GRANTS, name);

    return write_list(export, statement, &export->slugs, DIRECTORY_GRANTS, out);
}

static uint32_t subject_flags(sqlite3_stmt *statement)
{
    return (database_number(statement, 2) != 0 ? (uint32_t)DIRECTORY_DISABLED : 0) |
           (database_number(statement, 3) != 0 ? (uint32_t)DIRECTORY_MODELS_ALL : 0);
}

static int write_group(struct export *export, sqlite3_stmt *statement)
{
    struct span name = database_text(statement, 0);
    struct directory_group_row row = {
        .name = directory_writer_text(export->writer, name),
        .display = directory_writer_text(export->writer, database_text(statement, 1)),
        .flags = subject_flags(statement),
    };
    int err = add_name(export, &export->groups, name);

    if (err == 0)
        err = write_grants(export, DIRECTORY_GROUP, name, &row.models);
    if (err == 0)
        directory_writer_add(export->writer, DIRECTORY_GROUPS, &row);
    return err;
}

static int write_user(struct export *export, sqlite3_stmt *statement)
{
    struct span name = database_text(statement, 0);
    struct directory_user_row row = {
        .name = directory_writer_text(export->writer, name),
        .display = directory_writer_text(export->writer, database_text(statement, 1)),
        .flags = subject_flags(statement),
    };
    int err = add_name(export, &export->users, name);

    if (err == 0)
        err = write_grants(export, DIRECTORY_USER, name, &row.models);
    if (err != 0)
        return err;
    sqlite3_stmt *groups = prepare(export, STATEMENT_MEMBER_GROUPS);
    database_bind_text(groups, 1, name);
    err = write_list(export, groups, &export->groups, DIRECTORY_MEMBERSHIPS, &row.groups);
    if (err == 0)
        directory_writer_add(export->writer, DIRECTORY_USERS, &row);
    return err;
}

/* A digest of the wrong length leaves zeros; the database's own check does not let one in. */
static void copy_digest(struct digest *out, struct span bytes)
{
    if (bytes.len == DIGEST_BYTES)
        memcpy(out->bytes, bytes.ptr, DIGEST_BYTES);
}

/* The row of an owner; a name that is not there is a broken database. */
static int find_owner(const struct names *names, sqlite3_stmt *statement, int column, uint32_t *out)
{
    *out = ROW_NONE;
    if (database_is_null(statement, column))
        return 0;
    *out = number_of(names, database_text(statement, column));
    return *out == ROW_NONE ? ERR_CORRUPT : 0;
}

static void write_old_digest(struct export *export, sqlite3_stmt *statement)
{
    struct directory_old_digest_row row = {
        .expires_s = database_number(statement, 9),
        .key = directory_writer_next(export->writer, DIRECTORY_KEYS),
    };

    if (row.expires_s == 0)
        return;
    copy_digest(&row.digest, database_bytes(statement, 10));
    directory_writer_add(export->writer, DIRECTORY_OLD_DIGESTS, &row);
}

static int write_key(struct export *export, sqlite3_stmt *statement)
{
    struct span name = database_text(statement, 0);
    bool is_free = database_number(statement, 3) != 0;
    struct directory_key_row row = {
        .expires_s = database_number(statement, 4),
        .created_s = database_number(statement, 7) / 1000,
        .name = directory_writer_text(export->writer, name),
        .models = {directory_writer_next(export->writer, DIRECTORY_GRANTS), 0},
        .flags = (uint32_t)database_number(statement, 5) |
                 (database_number(statement, 6) != 0 ? (uint32_t)DIRECTORY_DISABLED : 0) |
                 (is_free ? (uint32_t)DIRECTORY_MODELS_ALL : 0),
    };
    int err = find_owner(&export->users, statement, 1, &row.user);

    copy_digest(&row.digest, database_bytes(statement, 8));
    if (err == 0)
        err = find_owner(&export->groups, statement, 2, &row.group);
    if (err == 0 && !is_free)
        err = write_grants(export, DIRECTORY_KEY, name, &row.models);
    if (err != 0)
        return err;
    write_old_digest(export, statement);
    directory_writer_add(export->writer, DIRECTORY_KEYS, &row);
    return 0;
}

static int write_revoked_name(struct export *export, sqlite3_stmt *statement)
{
    struct directory_revoked_name_row row = {
        .name = directory_writer_text(export->writer, database_text(statement, 0)),
        .revoked_s = database_number(statement, 1),
    };

    directory_writer_add(export->writer, DIRECTORY_REVOKED_NAMES, &row);
    return 0;
}

static int write_revoked_digest(struct export *export, sqlite3_stmt *statement)
{
    struct directory_revoked_digest_row row = {.revoked_s = database_number(statement, 1)};

    copy_digest(&row.digest, database_bytes(statement, 0));
    directory_writer_add(export->writer, DIRECTORY_REVOKED_DIGESTS, &row);
    return 0;
}

static const struct {
    enum statement statement;
    int (*write)(struct export *export, sqlite3_stmt *statement);
} parts[] = {
    {STATEMENT_EXPORT_GROUPS, write_group},
    {STATEMENT_EXPORT_USERS, write_user},
    {STATEMENT_EXPORT_KEYS, write_key},
    {STATEMENT_EXPORT_REVOKED_NAMES, write_revoked_name},
    {STATEMENT_EXPORT_REVOKED_DIGESTS, write_revoked_digest},
};

static int write_part(struct export *export, size_t part)
{
    sqlite3_stmt *statement = prepare(export, parts[part].statement);
    int err;

    if (parts[part].statement == STATEMENT_EXPORT_KEYS)
        database_bind_number(statement, 2, directory_now_s(&export->call));
    while ((err = step(export, statement)) == 0) {
        err = parts[part].write(export, statement);
        /* A full disk need not be written to a million times. */
        if (err == 0)
            err = export->writer->err;
        if (err != 0)
            break;
    }
    database_finish(statement);
    return err == ERR_NOT_FOUND ? 0 : err;
}

static int write_all(struct export *export, const char *state_dir)
{
    int err = directory_writer_begin(export->writer, state_dir, export->rows, export->change);

    if (err != 0)
        return err;
    write_slugs(export);
    for (size_t i = 0; err == 0 && i < sizeof(parts) / sizeof(parts[0]); i++)
        err = write_part(export, i);
    if (err != 0)
        directory_writer_abort(export->writer);
    return err;
}

/* All that is read of the database, so that the file is of one moment. */
static int read_and_write(struct export *export, const char *state_dir)
{
    int err = directory_last_change(export->call.database, &export->change);

    if (err == 0)
        err = read_counts(export);
    if (err == 0)
        err = read_slugs(export);
    if (err == 0)
        err = make_room(export, &export->groups, export->rows[DIRECTORY_GROUPS]);
    if (err == 0)
        err = make_room(export, &export->users, export->rows[DIRECTORY_USERS]);
    return err != 0 ? err : write_all(export, state_dir);
}

static int run(struct export *export, const char *state_dir, struct export_result *out)
{
    bool begun;
    uint64_t bytes = 0;

    export->writer = arena_take(export->call.arena, sizeof(*export->writer));
    if (export->writer == NULL)
        return ERR_NO_MEMORY;
    int err = directory_read_begin(&export->call, &begun);
    if (err != 0)
        return err;
    INVARIANT(begun);
    err = directory_read_end(&export->call, begun, read_and_write(export, state_dir));
    if (err == 0)
        err = directory_writer_commit(export->writer, export->call.now_ms, &bytes);
    if (err == 0)
        *out = (struct export_result){.change = export->change,
                                      .bytes = bytes,
                                      .keys = export->rows[DIRECTORY_KEYS],
                                      .written = true};
    return err;
}

int export_write(struct directory_call *call, const char *state_dir, struct export_result *out)
{
    struct export export = {.call = *call};

    *call->refusal = (struct directory_refusal){.field = ""};
    export.call.arena = arena_new(EXPORT_MEMORY_BYTES_MAX);
    int err = export.call.arena == NULL ? ERR_NO_MEMORY : run(&export, state_dir, out);
    arena_free(&export.call.arena);
    return directory_explain(call, err);
}

/* What the file says that it includes. */
static int read_file_change(const char *state_dir, struct export_result *out)
{
    char path[DATABASE_PATH_BYTES_MAX];
    struct directory_file file;
    int len = snprintf(path, sizeof(path), "%s/%s", state_dir, DIRECTORY_FILE_NAME);

    if (len < 0 || (size_t)len >= sizeof(path))
        return ERR_INVALID;
    int err = directory_file_open(path, &file);
    if (err != 0)
        return err;
    *out = (struct export_result){
        .change = file.header->change,
        .bytes = file.bytes,
        .keys = directory_file_rows(&file, DIRECTORY_KEYS),
    };
    directory_file_close(&file);
    return 0;
}

/* The database is older than the file: its changes go on behind those of the file. */
static int go_on_from(struct directory_call *call, uint64_t change)
{
    int err = database_begin(call->database);

    if (err != 0)
        return err;
    err = audit_add(call, &(struct audit_row){.change = change + 1,
                                              .verb = SPAN("restore"),
                                              .kind = SPAN("directory"),
                                              .name = SPAN("")});
    return database_end(call->database, err);
}

int export_if_behind(struct directory_call *call, const char *state_dir, struct export_result *out)
{
    struct export_result found = {0};
    uint64_t change = 0;

    *call->refusal = (struct directory_refusal){.field = ""};
    int err = directory_last_change(call->database, &change);
    if (err != 0)
        return directory_explain(call, err);
    int file_err = read_file_change(state_dir, &found);
    if (file_err == 0 && found.change == change) {
        *out = found;
        return 0;
    }
    if (file_err == 0 && found.change > change && found.change < INT64_MAX)
        err = go_on_from(call, found.change);
    return err != 0 ? directory_explain(call, err) : export_write(call, state_dir, out);
}
