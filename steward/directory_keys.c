/* Keys that come into being or change: created, imported, updated, rotated. */
#include "steward/directory_keys.h"

#include "lib/base/err.h"
#include "lib/base/text.h"
#include "shm/rows.h"
#include "steward/audit.h"
#include "steward/key_text.h"
#include "steward/operation.h"

enum { SCOPES = KEY_SCOPE_LIST | KEY_SCOPE_CALL | KEY_SCOPE_ADMIN };

/* Room in a JSON list: quotes and a comma. */
enum { LIST_ITEM_BYTES = 3, LIST_FRAME_BYTES = 32 };

static int check_owner(struct directory_call *call, enum directory_kind kind, struct span name,
                       enum directory_field field)
{
    return name.len == 0 ? 0 : directory_must_exist(call, kind, name, field);
}

static int check_allowed(struct directory_call *call, const struct directory_models *allowed)
{
    if (allowed->all != (allowed->count == 0))
        return directory_refuse(call, ERR_INVALID, DIRECTORY_FIELD_ALLOWED_MODELS,
                                "the allowed models are all, or a list of at least one");
    return directory_check_slugs(call, allowed, DIRECTORY_FIELD_ALLOWED_MODELS);
}

static int check_key(struct directory_call *call, uint32_t gives, const struct directory_key *key)
{
    int err = 0;

    if ((gives & DIRECTORY_GIVES(USER)) != 0)
        err = check_owner(call, DIRECTORY_USER, key->user, DIRECTORY_FIELD_USER);
    if (err == 0 && (gives & DIRECTORY_GIVES(GROUP)) != 0)
        err = check_owner(call, DIRECTORY_GROUP, key->group, DIRECTORY_FIELD_GROUP);
    if (err == 0 && (gives & DIRECTORY_GIVES(ALLOWED_MODELS)) != 0)
        err = check_allowed(call, &key->allowed);
    if (err == 0 && (gives & DIRECTORY_GIVES(EXPIRES)) != 0 && key->expires_s < 0)
        err = directory_refuse(call, ERR_INVALID, DIRECTORY_FIELD_EXPIRES,
                               "a key expires after 1970, or never");
    if (err == 0 && (gives & DIRECTORY_GIVES(SCOPES)) != 0 &&
        (key->scopes == 0 || (key->scopes & ~(uint32_t)SCOPES) != 0))
        err = directory_refuse(call, ERR_INVALID, DIRECTORY_FIELD_SCOPES,
                               "a key has at least one of list, call, admin");
    return err;
}

static struct span digest_bytes(const struct digest *digest)
{
    return (struct span){(const char *)digest->bytes, DIGEST_BYTES};
}

/* Is there a row? ERR_NOT_FOUND when not. */
static int look_up(struct directory_call *call, enum statement number, struct span bytes)
{
    sqlite3_stmt *statement = database_statement(call->database, number);

    database_bind_bytes(statement, 1, bytes);
    if (number == STATEMENT_KEY_OF_DIGEST)
        database_bind_number(statement, 2, directory_now_s(call));
    int err = database_step(call->database, statement);
    database_finish(statement);
    return err;
}

/* One text opens one key, and what was revoked stays refused. */
static int check_digest(struct directory_call *call, const struct digest *digest,
                        enum directory_field field)
{
    int err = look_up(call, STATEMENT_KEY_OF_DIGEST, digest_bytes(digest));

    if (err == 0)
        return directory_refuse(call, ERR_EXISTS, field, "another key has this text");
    if (err == ERR_NOT_FOUND)
        err = look_up(call, STATEMENT_DIGEST_IS_REVOKED, digest_bytes(digest));
    if (err == 0)
        return directory_refuse(call, ERR_REVOKED, field, "a key with this text was revoked");
    return err == ERR_NOT_FOUND ? 0 : err;
}

/* An old digest whose time is over gives way. */
static int free_digest(struct directory_call *call, const struct digest *digest)
{
    sqlite3_stmt *statement = database_statement(call->database, STATEMENT_OLD_DIGEST_FREE);

    database_bind_bytes(statement, 1, digest_bytes(digest));
    database_bind_number(statement, 2, directory_now_s(call));
    return database_run(call->database, statement);
}

static int check_name_is_free(struct directory_call *call, struct span name)
{
    sqlite3_stmt *statement = database_statement(call->database, STATEMENT_NAME_IS_REVOKED);

    database_bind_text(statement, 1, name);
    int err = database_step(call->database, statement);
    database_finish(statement);
    if (err == 0)
        return directory_refuse(call, ERR_REVOKED, DIRECTORY_FIELD_NAME,
                                "a key of that name was revoked: a new one needs another name");
    return err == ERR_NOT_FOUND ? 0 : err;
}

static void bind_optional(sqlite3_stmt *statement, int parameter, struct span name)
{
    database_bind_text(statement, parameter, name.len == 0 ? (struct span){NULL, 0} : name);
}

static int write_new(struct directory_call *call, const struct directory_key *key,
                     const struct digest *digest)
{
    sqlite3_stmt *statement = database_statement(call->database, STATEMENT_KEY_INSERT);

    database_bind_text(statement, 1, key->name);
    database_bind_bytes(statement, 2, digest_bytes(digest));
    bind_optional(statement, 3, key->user);
    bind_optional(statement, 4, key->group);
    database_bind_number(statement, 5, key->allowed.all);
    database_bind_number(statement, 6, key->expires_s);
    database_bind_number(statement, 7, key->scopes);
    database_bind_number(statement, 8, key->disabled);
    database_bind_number(statement, 9, call->now_ms);
    return database_run(call->database, statement);
}

/* The name has its form and no key has it. */
static int insert_key(struct directory_call *call, const struct directory_key *key,
                      const struct digest *digest, enum directory_field digest_field)
{
    int err = check_key(call, UINT32_MAX, key);

    if (err == 0)
        err = check_name_is_free(call, key->name);
    if (err == 0)
        err = check_digest(call, digest, digest_field);
    if (err == 0)
        err = free_digest(call, digest);
    if (err == 0)
        err = write_new(call, key, digest);
    if (err == 0 && key->allowed.count > 0)
        err = directory_write_grants(call, DIRECTORY_KEY, key->name, &key->allowed);
    return err;
}

static struct digest hash_secret(struct directory_call *call, const struct directory_secret *secret)
{
    return digester_hash(call->digester, (struct span){secret->text, DIRECTORY_SECRET_BYTES});
}

static int make_name(struct directory_call *call, struct span *name)
{
    char made[KEY_TEXT_NAME_BYTES];
    int err = key_text_make_name(made);

    if (err == 0)
        err = directory_copy(call, (struct span){made, sizeof(made)}, name);
    return directory_explain(call, err);
}

static int create_key(struct operation *operation, const struct directory_key *key,
                      const struct directory_secret *secret)
{
    struct directory_call *call = operation->call;
    struct digest digest = hash_secret(call, secret);

    if (operation->before.len > 0)
        return directory_refuse(call, ERR_EXISTS, DIRECTORY_FIELD_NAME,
                                "there is a key of that name");
    if (key->expires_s != 0 && key->expires_s <= directory_now_s(call))
        return directory_refuse(call, ERR_INVALID, DIRECTORY_FIELD_EXPIRES,
                                "the time to expire is over already");
    return insert_key(call, key, &digest, DIRECTORY_FIELD_KEY);
}

int directory_key_create(struct directory_call *call, const struct directory_key *key,
                         struct directory_key *created, struct directory_secret *secret)
{
    struct directory_key named = *key;
    struct directory_secret made;
    struct operation operation;

    *call->refusal = (struct directory_refusal){.field = ""};
    int err = named.name.len == 0 ? make_name(call, &named.name) : 0;
    if (err == 0)
        err = operation_begin(&operation, call, DIRECTORY_KEY, named.name);
    if (err != 0)
        return err;
    err = key_text_make(&made);
    if (err == 0)
        err = create_key(&operation, &named, &made);
    if (err == 0)
        err = directory_key_read(call, named.name, created);
    err = operation_end(&operation, "create", err);
    if (err == 0)
        *secret = made;
    directory_secret_wipe(&made);
    return err;
}

static int check_import(struct directory_call *call, const struct directory_import *item,
                        struct digest *digest)
{
    const char *wrong = item->text.len == 0 ? NULL : key_text_check(item->text);

    if (wrong != NULL)
        return directory_refuse(call, ERR_INVALID, DIRECTORY_FIELD_KEY, "%s", wrong);
    *digest = item->text.len == 0 ? item->digest : digester_hash(call->digester, item->text);
    return directory_check_id(call, item->key.name, DIRECTORY_FIELD_NAME);
}

/* @return 0: the key is there with this digest; ERR_NOT_FOUND: there is none of that name */
static int compare_digest(struct directory_call *call, struct span name,
                          const struct digest *digest)
{
    sqlite3_stmt *statement = database_statement(call->database, STATEMENT_KEY_DIGEST);

    database_bind_text(statement, 1, name);
    int err = database_step(call->database, statement);
    bool is_same = err == 0 && span_equal(database_bytes(statement, 0), digest_bytes(digest));
    database_finish(statement);
    if (err == 0 && !is_same)
        return directory_refuse(call, ERR_EXISTS, DIRECTORY_FIELD_NAME,
                                "there is a key of that name with another text");
    return err;
}

static int import_one(struct directory_call *call, const struct directory_import *item,
                      struct directory_import_result *result, struct text *names)
{
    struct digest digest;
    int err = check_import(call, item, &digest);

    if (err == 0)
        err = compare_digest(call, item->key.name, &digest);
    if (err == 0)
        result->unchanged++;
    if (err != ERR_NOT_FOUND || call->refusal->err != 0)
        return err;
    err = insert_key(call, &item->key, &digest,
                     item->text.len == 0 ? DIRECTORY_FIELD_SHA256 : DIRECTORY_FIELD_KEY);
    if (err == 0) {
        if (result->created++ > 0)
            text_add_char(names, ',');
        text_add_json(names, item->key.name);
    }
    return err;
}

static int import_all(struct directory_call *call, const struct directory_import *keys,
                      uint32_t count, struct directory_import_result *result)
{
    size_t room = LIST_FRAME_BYTES;
    int err = 0;

    for (uint32_t i = 0; i < count; i++)
        room += keys[i].key.name.len + LIST_ITEM_BYTES;
    char *memory = arena_take(call->arena, room);
    if (memory == NULL)
        return ERR_NO_MEMORY;
    struct text names = text_over(memory, room);
    text_add(&names, SPAN("{\"created\":["));
    for (uint32_t i = 0; err == 0 && i < count; i++) {
        err = import_one(call, &keys[i], result, &names);
        call->refusal->item = err == 0 ? 0 : i;
    }
    text_add(&names, SPAN("]}"));
    if (err != 0 || result->created == 0)
        return err;
    return audit_add(call, &(struct audit_row){.verb = SPAN("import"),
                                               .kind = SPAN("key"),
                                               .name = SPAN(""),
                                               .after = text_span(&names)});
}

int directory_key_import(struct directory_call *call, const struct directory_import *keys,
                         uint32_t count, struct directory_import_result *out)
{
    struct directory_import_result result = {0};

    *call->refusal = (struct directory_refusal){.field = ""};
    if (count > DIRECTORY_IMPORT_MAX)
        return directory_refuse(call, ERR_INVALID, DIRECTORY_FIELD_KEY,
                                "one import has at most %d keys", DIRECTORY_IMPORT_MAX);
    int err = database_begin(call->database);
    if (err != 0)
        return directory_explain(call, err);
    err = directory_explain(call, import_all(call, keys, count, &result));
    err = directory_explain(call, database_end(call->database, err));
    if (err == 0)
        *out = result;
    return err;
}

/* The key must be there, as expected, and not revoked. */
static int expect_usable(struct operation *operation, const struct directory_target *target,
                         struct directory_key *now)
{
    struct directory_call *call = operation->call;
    int err = operation_expect(operation, target);

    if (err == 0)
        err = directory_key_read(call, target->name, now);
    if (err == 0 && now->revoked_ms != 0)
        err = directory_refuse(call, ERR_REVOKED, DIRECTORY_FIELD_NAME,
                               "the key is revoked, and that is final");
    return err;
}

static struct directory_key merged(const struct directory_key *now, uint32_t gives,
                                   const struct directory_key *wanted)
{
    struct directory_key result = *now;

    if ((gives & DIRECTORY_GIVES(USER)) != 0)
        result.user = wanted->user;
    if ((gives & DIRECTORY_GIVES(GROUP)) != 0)
        result.group = wanted->group;
    if ((gives & DIRECTORY_GIVES(ALLOWED_MODELS)) != 0)
        result.allowed = wanted->allowed;
    if ((gives & DIRECTORY_GIVES(EXPIRES)) != 0)
        result.expires_s = wanted->expires_s;
    if ((gives & DIRECTORY_GIVES(SCOPES)) != 0)
        result.scopes = wanted->scopes;
    if ((gives & DIRECTORY_GIVES(DISABLED)) != 0)
        result.disabled = wanted->disabled;
    return result;
}

static int write_changed(struct directory_call *call, const struct directory_key *key)
{
    sqlite3_stmt *statement = database_statement(call->database, STATEMENT_KEY_UPDATE);

    database_bind_text(statement, 1, key->name);
    bind_optional(statement, 3, key->user);
    bind_optional(statement, 4, key->group);
    database_bind_number(statement, 5, key->allowed.all);
    database_bind_number(statement, 6, key->expires_s);
    database_bind_number(statement, 7, key->scopes);
    database_bind_number(statement, 8, key->disabled);
    database_bind_number(statement, 9, call->now_ms);
    return database_run(call->database, statement);
}

int directory_key_update(struct directory_call *call, const struct directory_target *target,
                         uint32_t gives, const struct directory_key *key)
{
    struct operation operation;
    struct directory_key now = {.version = 0};
    int err = operation_begin(&operation, call, DIRECTORY_KEY, target->name);

    if (err != 0)
        return err;
    err = expect_usable(&operation, target, &now);
    if (err == 0)
        err = check_key(call, gives, key);
    now = merged(&now, gives, key);
    if (err == 0)
        err = write_changed(call, &now);
    if (err == 0 && (gives & DIRECTORY_GIVES(ALLOWED_MODELS)) != 0)
        err = directory_write_grants(call, DIRECTORY_KEY, target->name, &key->allowed);
    return operation_end(&operation, "update", err);
}
