#include "steward/audit.h"

#include "lib/base/err.h"
#include "steward/key_text.h"
#include "steward/operation.h"

enum { STATUS_MIN = 100, STATUS_MAX = 599 };

static void bind_optional(sqlite3_stmt *statement, int parameter, struct span text)
{
    database_bind_text(statement, parameter, text.len == 0 ? (struct span){NULL, 0} : text);
}

int audit_add(struct directory_call *call, const struct audit_row *row)
{
    sqlite3_stmt *statement = database_statement(call->database, STATEMENT_AUDIT_ADD);

    database_bind_number(statement, 1, call->now_ms);
    database_bind_text(statement, 2, call->actor);
    database_bind_text(statement, 3, row->verb);
    database_bind_text(statement, 4, row->kind);
    database_bind_text(statement, 5, row->name.len == 0 ? SPAN("") : row->name);
    bind_optional(statement, 6, row->before);
    bind_optional(statement, 7, row->after);
    if (row->change != 0)
        database_bind_number(statement, 8, (int64_t)row->change);
    return database_run(call->database, statement);
}

static int read_row(struct directory_call *call, sqlite3_stmt *statement, struct audit_row *out)
{
    struct span *const texts[] = {&out->actor, &out->verb,   &out->kind,
                                  &out->name,  &out->before, &out->after};
    int err = 0;

    out->change = (uint64_t)database_number(statement, 0);
    out->at_ms = database_number(statement, 1);
    for (size_t i = 0; err == 0 && i < sizeof(texts) / sizeof(texts[0]); i++)
        err = directory_copy(call, database_text(statement, (int)i + 2), texts[i]);
    return err;
}

static int read_page(struct directory_call *call, sqlite3_stmt *statement, uint32_t limit,
                     struct audit_page *out)
{
    struct audit_row *rows = arena_take(call->arena, limit * sizeof(*rows));
    int err = rows == NULL ? ERR_NO_MEMORY : 0;

    *out = (struct audit_page){.rows = rows};
    while (err == 0 && (err = database_step(call->database, statement)) == 0) {
        if (out->count == limit) {
            out->next = rows[limit - 1].change;
            break;
        }
        err = read_row(call, statement, &rows[out->count++]);
    }
    return err == ERR_NOT_FOUND ? 0 : err;
}

static int check_limit(struct directory_call *call, uint32_t limit)
{
    if (limit > 0 && limit <= DIRECTORY_PAGE_MAX)
        return 0;
    return directory_refuse(call, ERR_INVALID, DIRECTORY_FIELD_LIMIT,
                            "a page has from 1 to %d rows", DIRECTORY_PAGE_MAX);
}

int audit_list(struct directory_call *call, const struct audit_filter *filter,
               struct audit_page *out)
{
    bool begun;
    bool is_named = filter->kind.len > 0 && filter->name.len > 0;
    int err = directory_read_begin(call, &begun);

    if (err != 0)
        return err;
    err = check_limit(call, filter->limit);
    if (err != 0)
        return directory_read_end(call, begun, err);
    sqlite3_stmt *statement = database_statement(
        call->database, is_named ? STATEMENT_AUDIT_LIST_NAME : STATEMENT_AUDIT_LIST);
    bool is_from_newest = filter->before == 0 || filter->before > INT64_MAX;
    database_bind_number(statement, 1, is_from_newest ? INT64_MAX : (int64_t)filter->before);
    database_bind_number(statement, 2, (int64_t)filter->limit + 1);
    bind_optional(statement, 3, filter->kind);
    bind_optional(statement, 4, filter->name);
    err = read_page(call, statement, filter->limit, out);
    database_finish(statement);
    return directory_read_end(call, begun, err);
}

static int check_request(struct directory_call *call, struct span request_key)
{
    bool is_sound = request_key.len > 0 && request_key.len <= AUDIT_REQUEST_BYTES_MAX;

    for (size_t i = 0; is_sound && i < request_key.len; i++)
        is_sound = request_key.ptr[i] > 0x20 && request_key.ptr[i] < 0x7f;
    if (is_sound)
        return 0;
    return directory_refuse(call, ERR_INVALID, DIRECTORY_FIELD_REQUEST,
                            "an idempotency key is printable ASCII, from 1 to %d bytes",
                            AUDIT_REQUEST_BYTES_MAX);
}

static int read_answer(struct directory_call *call, sqlite3_stmt *statement,
                       const struct digest *expected, struct audit_answer *out)
{
    const struct span wanted = {(const char *)expected->bytes, DIGEST_BYTES};

    if (!span_equal(database_bytes(statement, 0), wanted))
        return directory_refuse(call, ERR_IN_USE, DIRECTORY_FIELD_REQUEST,
                                "another request had this idempotency key");
    out->request = *expected;
    out->status = (uint32_t)database_number(statement, 1);
    return directory_copy(call, database_bytes(statement, 2), &out->body);
}

int audit_answer_find(struct directory_call *call, struct span request_key,
                      const struct digest *expected, struct audit_answer *out)
{
    *call->refusal = (struct directory_refusal){.field = ""};
    int err = check_request(call, request_key);
    if (err != 0)
        return err;
    sqlite3_stmt *statement = database_statement(call->database, STATEMENT_ANSWER_GET);
    database_bind_text(statement, 1, request_key);
    database_bind_number(statement, 2, call->now_ms);
    err = database_step(call->database, statement);
    if (err == 0)
        err = read_answer(call, statement, expected, out);
    database_finish(statement);
    return err == ERR_NOT_FOUND ? err : directory_explain(call, err);
}

static int check_answer(struct directory_call *call, const struct audit_answer *answer)
{
    if (answer->status < STATUS_MIN || answer->status > STATUS_MAX ||
        answer->body.len > AUDIT_ANSWER_BYTES_MAX)
        return directory_refuse(call, ERR_INVALID, DIRECTORY_FIELD_COUNT,
                                "the answer is too long to be kept, or none");
    if (key_text_is_in(answer->body))
        return directory_refuse(call, ERR_INVALID, DIRECTORY_FIELD_COUNT,
                                "an answer with the text of a key is not kept");
    return 0;
}

int audit_answer_keep(struct directory_call *call, struct span request_key,
                      const struct audit_answer *answer, int64_t expires_ms)
{
    *call->refusal = (struct directory_refusal){.field = ""};
    int err = check_request(call, request_key);
    if (err == 0)
        err = check_answer(call, answer);
    if (err != 0)
        return err;
    sqlite3_stmt *statement = database_statement(call->database, STATEMENT_ANSWER_SET);
    database_bind_text(statement, 1, request_key);
    database_bind_bytes(statement, 2,
                        (struct span){(const char *)answer->request.bytes, DIGEST_BYTES});
    database_bind_number(statement, 3, answer->status);
    database_bind_bytes(statement, 4, answer->body.len == 0 ? SPAN("") : answer->body);
    database_bind_number(statement, 5, expires_ms);
    return directory_explain(call, database_run(call->database, statement));
}

int audit_sweep(struct directory_call *call)
{
    *call->refusal = (struct directory_refusal){.field = ""};
    int err = database_begin(call->database);
    if (err != 0)
        return directory_explain(call, err);
    sqlite3_stmt *answers = database_statement(call->database, STATEMENT_ANSWER_SWEEP);
    database_bind_number(answers, 1, call->now_ms);
    err = database_run(call->database, answers);
    if (err == 0) {
        sqlite3_stmt *trail = database_statement(call->database, STATEMENT_AUDIT_SWEEP);

        database_bind_number(trail, 1, AUDIT_ROWS_MAX);
        err = database_run(call->database, trail);
    }
    if (err == 0) {
        sqlite3_stmt *digests = database_statement(call->database, STATEMENT_OLD_DIGEST_SWEEP);

        database_bind_number(digests, 2, directory_now_s(call));
        err = database_run(call->database, digests);
    }
    return directory_explain(call, database_end(call->database, err));
}
