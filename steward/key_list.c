/* Keys as they are: one, or a page of them. */
#include "lib/base/err.h"
#include "steward/operation.h"

static const char *const state_words[DIRECTORY_STATE_COUNT] = {
#define X(name, word) word,
    DIRECTORY_STATE_MAP(X)
#undef X
};

const char *directory_state_word(enum directory_state state)
{
    return state < DIRECTORY_STATE_COUNT ? state_words[state] : "";
}

/* The same as STATEMENT_KEY_STATE, for a row that has been read. */
static enum directory_state state_of(const struct directory_key *key, int64_t now_s)
{
    if (key->revoked_ms != 0)
        return DIRECTORY_STATE_REVOKED;
    if (key->disabled)
        return DIRECTORY_STATE_DISABLED;
    if (key->expires_s != 0 && key->expires_s <= now_s)
        return DIRECTORY_STATE_EXPIRED;
    return DIRECTORY_STATE_ACTIVE;
}

/* The columns of STATEMENT_KEY_COLUMNS. */
static int read_row(struct directory_call *call, sqlite3_stmt *statement, struct directory_key *out)
{
    *out = (struct directory_key){
        .allowed.all = database_number(statement, 3) != 0,
        .expires_s = database_number(statement, 4),
        .scopes = (uint32_t)database_number(statement, 5),
        .disabled = database_number(statement, 6) != 0,
        .version = (uint64_t)database_number(statement, 7),
        .created_ms = database_number(statement, 8),
        .changed_ms = database_number(statement, 9),
        .revoked_ms = database_number(statement, 10),
        .old_until_s = database_number(statement, 11),
    };
    out->state = state_of(out, directory_now_s(call));
    int err = directory_copy(call, database_text(statement, 0), &out->name);
    if (err == 0)
        err = directory_copy(call, database_text(statement, 1), &out->user);
    if (err == 0)
        err = directory_copy(call, database_text(statement, 2), &out->group);
    return err;
}

static int read_allowed(struct directory_call *call, struct directory_key *key)
{
    return key->allowed.all ? 0
                            : directory_read_grants(call, DIRECTORY_KEY, key->name, &key->allowed);
}

int directory_key_read(struct directory_call *call, struct span name, struct directory_key *out)
{
    sqlite3_stmt *statement = database_statement(call->database, STATEMENT_KEY_GET);

    database_bind_text(statement, 1, name);
    database_bind_number(statement, 2, directory_now_s(call));
    int err = database_step(call->database, statement);
    if (err == 0)
        err = read_row(call, statement, out);
    database_finish(statement);
    return err != 0 ? err : read_allowed(call, out);
}

int directory_key_show(struct directory_call *call, struct span name, struct directory_key *out)
{
    bool begun;
    int err = directory_read_begin(call, &begun);

    if (err != 0)
        return err;
    err = directory_must_exist(call, DIRECTORY_KEY, name, DIRECTORY_FIELD_NAME);
    if (err == 0)
        err = directory_key_read(call, name, out);
    return directory_read_end(call, begun, err);
}

static int name_of_digest(struct directory_call *call, const struct digest *digest,
                          struct span *out)
{
    sqlite3_stmt *statement = database_statement(call->database, STATEMENT_KEY_OF_DIGEST);

    database_bind_bytes(statement, 1, (struct span){(const char *)digest->bytes, DIGEST_BYTES});
    database_bind_number(statement, 2, directory_now_s(call));
    int err = database_step(call->database, statement);
    if (err == 0)
        err = directory_copy(call, database_text(statement, 0), out);
    database_finish(statement);
    return err;
}

int directory_key_find(struct directory_call *call, const struct digest *digest,
                       struct directory_key *out)
{
    struct span name = {NULL, 0};
    bool begun;
    int err = directory_read_begin(call, &begun);

    if (err != 0)
        return err;
    err = name_of_digest(call, digest, &name);
    if (err == 0)
        err = directory_key_read(call, name, out);
    return directory_read_end(call, begun, err);
}

/* Each way of asking has an index to answer it from. */
static sqlite3_stmt *prepare_list(struct directory_call *call,
                                  const struct directory_key_filter *filter)
{
    enum statement number = filter->user.len > 0    ? STATEMENT_KEY_LIST_USER
                            : filter->group.len > 0 ? STATEMENT_KEY_LIST_GROUP
                                                    : STATEMENT_KEY_LIST;
    sqlite3_stmt *statement = database_statement(call->database, number);

    database_bind_text(statement, 1, filter->after.len == 0 ? SPAN("") : filter->after);
    database_bind_number(statement, 2, directory_now_s(call));
    database_bind_number(statement, 3, (int64_t)filter->limit + 1);
    database_bind_number(statement, 4, (int64_t)filter->state);
    if (number == STATEMENT_KEY_LIST_USER)
        database_bind_text(statement, 5, filter->user);
    if (number != STATEMENT_KEY_LIST && filter->group.len > 0)
        database_bind_text(statement, 6, filter->group);
    return statement;
}

static int read_page(struct directory_call *call, sqlite3_stmt *statement, uint32_t limit,
                     struct directory_key_page *out)
{
    struct directory_key *rows = arena_take(call->arena, limit * sizeof(*rows));
    int err = rows == NULL ? ERR_NO_MEMORY : 0;

    *out = (struct directory_key_page){.rows = rows};
    while (err == 0 && (err = database_step(call->database, statement)) == 0) {
        if (out->count == limit) {
            out->next = rows[limit - 1].name;
            break;
        }
        err = read_row(call, statement, &rows[out->count]);
        if (err == 0)
            err = read_allowed(call, &rows[out->count++]);
    }
    return err == ERR_NOT_FOUND ? 0 : err;
}

int directory_key_list(struct directory_call *call, const struct directory_key_filter *filter,
                       struct directory_key_page *out)
{
    bool begun;
    int err = directory_read_begin(call, &begun);

    if (err != 0)
        return err;
    if (filter->limit == 0 || filter->limit > DIRECTORY_PAGE_MAX) {
        err = directory_refuse(call, ERR_INVALID, DIRECTORY_FIELD_LIMIT,
                               "a page has from 1 to %d rows", DIRECTORY_PAGE_MAX);
        return directory_read_end(call, begun, err);
    }
    sqlite3_stmt *statement = prepare_list(call, filter);
    err = read_page(call, statement, filter->limit, out);
    database_finish(statement);
    return directory_read_end(call, begun, err);
}
