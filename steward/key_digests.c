/* A key's digests: rotated, revoked, forgotten. */
#include "lib/base/err.h"
#include "steward/audit.h"
#include "steward/key_text.h"
#include "steward/operation.h"

enum { REVOKE_BATCH = 256 };

static struct span digest_bytes(const struct digest *digest)
{
    return (struct span){(const char *)digest->bytes, DIGEST_BYTES};
}

static int run_named(struct directory_call *call, enum statement number, struct span name,
                     int64_t value)
{
    sqlite3_stmt *statement = database_statement(call->database, number);

    database_bind_text(statement, 1, name);
    if (sqlite3_bind_parameter_count(statement) > 1)
        database_bind_number(statement, 2, value);
    return database_run(call->database, statement);
}

/* KEY_DIGEST or OLD_DIGEST_GET. @return 0, ERR_NOT_FOUND or an error of database.h */
static int read_digest(struct directory_call *call, enum statement number, struct span name,
                       struct digest *out)
{
    sqlite3_stmt *statement = database_statement(call->database, number);

    database_bind_text(statement, 1, name);
    int err = database_step(call->database, statement);
    if (err == 0) {
        struct span bytes = database_bytes(statement, 0);

        if (bytes.len == DIGEST_BYTES)
            memcpy(out->bytes, bytes.ptr, DIGEST_BYTES);
        else
            err = database_refuse(call->database, ERR_CORRUPT, "holds a digest of another length");
    }
    database_finish(statement);
    return err;
}

static int set_old_digest(struct directory_call *call, struct span name, int64_t until_s)
{
    struct digest digest;
    int err = read_digest(call, STATEMENT_KEY_DIGEST, name, &digest);

    if (err != 0)
        return err;
    sqlite3_stmt *statement = database_statement(call->database, STATEMENT_OLD_DIGEST_SET);
    database_bind_text(statement, 1, name);
    database_bind_bytes(statement, 2, digest_bytes(&digest));
    database_bind_number(statement, 3, until_s);
    return database_run(call->database, statement);
}

static int set_digest(struct directory_call *call, struct span name,
                      const struct directory_secret *secret)
{
    struct digest digest = digester_hash(call->digester,
                                         (struct span){secret->text, DIRECTORY_SECRET_BYTES});
    sqlite3_stmt *statement = database_statement(call->database, STATEMENT_KEY_SET_DIGEST);

    database_bind_text(statement, 1, name);
    database_bind_bytes(statement, 2, digest_bytes(&digest));
    return database_run(call->database, statement);
}

static int rotate(struct operation *operation, int64_t grace_until_s,
                  struct directory_secret *secret)
{
    struct directory_call *call = operation->call;
    struct span name = operation->name;
    int err = grace_until_s == 0 ? run_named(call, STATEMENT_OLD_DIGEST_CLEAR, name, 0)
                                 : set_old_digest(call, name, grace_until_s);

    if (err == 0)
        err = key_text_make(secret);
    if (err == 0)
        err = set_digest(call, name, secret);
    if (err == 0)
        err = directory_touch(call, DIRECTORY_KEY, name);
    operation->is_change = true;
    return err;
}

static int check_rotation(struct operation *operation, const struct directory_target *target,
                          int64_t grace_until_s)
{
    struct directory_call *call = operation->call;
    int64_t now_s = directory_now_s(call);
    struct directory_key key;
    int err = operation_expect(operation, target);

    if (err == 0)
        err = directory_key_read(call, target->name, &key);
    if (err == 0 && key.revoked_ms != 0)
        return directory_refuse(call, ERR_REVOKED, DIRECTORY_FIELD_NAME,
                                "the key is revoked, and that is final");
    if (err == 0 && grace_until_s != 0 &&
        (grace_until_s <= now_s || grace_until_s > now_s + DIRECTORY_GRACE_MAX_S))
        return directory_refuse(call, ERR_INVALID, DIRECTORY_FIELD_GRACE,
                                "the old text may be taken for at most 90 days from now");
    return err;
}

int directory_key_rotate(struct directory_call *call, const struct directory_target *target,
                         int64_t grace_until_s, struct directory_secret *secret)
{
    struct operation operation;
    struct directory_secret made = {.text = ""};
    int err = operation_begin(&operation, call, DIRECTORY_KEY, target->name);

    if (err != 0)
        return err;
    err = check_rotation(&operation, target, grace_until_s);
    if (err == 0)
        err = rotate(&operation, grace_until_s, &made);
    err = operation_end(&operation, "rotate", err);
    if (err == 0)
        *secret = made;
    directory_secret_wipe(&made);
    return err;
}

static int add_revoked_digest(struct directory_call *call, const struct digest *digest)
{
    sqlite3_stmt *statement = database_statement(call->database, STATEMENT_DIGEST_REVOKE);

    database_bind_bytes(statement, 1, digest_bytes(digest));
    database_bind_number(statement, 2, directory_now_s(call));
    return database_run(call->database, statement);
}

static int revoke_digest_of(struct directory_call *call, enum statement number, struct span name)
{
    struct digest digest;
    int err = read_digest(call, number, name, &digest);

    if (err == 0)
        err = add_revoked_digest(call, &digest);
    return err == ERR_NOT_FOUND ? 0 : err;
}

/* The directory has the key. */
static int revoke_known(struct operation *operation)
{
    struct directory_call *call = operation->call;
    struct span name = operation->name;
    int err = revoke_digest_of(call, STATEMENT_KEY_DIGEST, name);

    if (err == 0)
        err = revoke_digest_of(call, STATEMENT_OLD_DIGEST_GET, name);
    if (err == 0)
        err = run_named(call, STATEMENT_OLD_DIGEST_CLEAR, name, 0);
    if (err == 0)
        err = run_named(call, STATEMENT_KEY_SET_REVOKED, name, call->now_ms);
    if (err == 0)
        err = directory_touch(call, DIRECTORY_KEY, name);
    return err;
}

static int revoke(struct operation *operation, const struct directory_target *target)
{
    struct directory_call *call = operation->call;
    bool is_known = operation->before.len > 0;
    int err = is_known || target->expected_version != 0 ? operation_expect(operation, target) : 0;

    if (err == 0)
        err = run_named(call, STATEMENT_NAME_REVOKE, operation->name, directory_now_s(call));
    if (err != 0 || database_changes(call->database) == 0)
        return err;
    operation->is_change = true;
    return is_known ? revoke_known(operation) : 0;
}

int directory_key_revoke(struct directory_call *call, const struct directory_target *target)
{
    struct operation operation;
    int err = operation_begin(&operation, call, DIRECTORY_KEY, target->name);

    if (err != 0)
        return err;
    return operation_end(&operation, "revoke", revoke(&operation, target));
}

static int find_key_of(struct directory_call *call, const struct digest *digest, struct span *name)
{
    sqlite3_stmt *statement = database_statement(call->database, STATEMENT_KEY_OF_DIGEST);

    database_bind_bytes(statement, 1, digest_bytes(digest));
    database_bind_number(statement, 2, directory_now_s(call));
    int err = database_step(call->database, statement);
    if (err == 0)
        err = directory_copy(call, database_text(statement, 0), name);
    database_finish(statement);
    return err;
}

static int revoke_unknown(struct directory_call *call, const struct digest *digest)
{
    int err = add_revoked_digest(call, digest);

    if (err != 0 || database_changes(call->database) == 0)
        return err;
    return audit_add(call, &(struct audit_row){
                               .verb = SPAN("revoke"), .kind = SPAN("digest"), .name = SPAN("")});
}

int directory_digest_revoke(struct directory_call *call, const struct digest *digest,
                            struct span *revoked)
{
    struct span name = {NULL, 0};

    *call->refusal = (struct directory_refusal){.field = ""};
    int err = database_begin(call->database);
    if (err != 0)
        return directory_explain(call, err);
    err = find_key_of(call, digest, &name);
    if (err == 0)
        err = directory_key_revoke(call, &(struct directory_target){.name = name});
    else if (err == ERR_NOT_FOUND)
        err = revoke_unknown(call, digest);
    (void)directory_explain(call, err);
    err = directory_explain(call, database_end(call->database, err));
    *revoked = err == 0 ? name : (struct span){NULL, 0};
    return err;
}

/* Some names at a time: a revocation changes what the statement would go on to read. */
static int revoke_some(struct directory_call *call, enum directory_kind kind, struct span name,
                       uint32_t *count)
{
    sqlite3_stmt *statement = directory_prepare(call, kind, DIRECTORY_VERB_KEYS, name);
    const struct span *names = NULL;

    database_bind_number(statement, 2, REVOKE_BATCH);
    int err = directory_read_texts(call, statement, count, &names);
    for (uint32_t i = 0; err == 0 && i < *count; i++)
        err = directory_key_revoke(call, &(struct directory_target){.name = names[i]});
    return err;
}

int directory_revoke_keys_of(struct directory_call *call, enum directory_kind kind,
                             struct span name)
{
    uint32_t count = REVOKE_BATCH;
    int err = 0;

    while (err == 0 && count == REVOKE_BATCH)
        err = revoke_some(call, kind, name, &count);
    return err;
}

int directory_key_remove(struct directory_call *call, const struct directory_target *target)
{
    struct operation operation;
    int err = operation_begin(&operation, call, DIRECTORY_KEY, target->name);

    if (err != 0)
        return err;
    err = operation_expect(&operation, target);
    if (err == 0)
        err = database_run(call->database, directory_prepare(call, DIRECTORY_KEY,
                                                             DIRECTORY_VERB_DELETE, target->name));
    return operation_end(&operation, "remove", err);
}
