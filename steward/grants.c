/* Grants of groups and users, and what keys are restricted to. */
#include "lib/base/err.h"
#include "steward/operation.h"

int directory_read_grants(struct directory_call *call, enum directory_kind kind, struct span name,
                          struct directory_models *out)
{
    return directory_read_texts(call, directory_prepare(call, kind, DIRECTORY_VERB_GRANTS, name),
                                &out->count, &out->slugs);
}

static int write_grant(struct directory_call *call, enum directory_kind kind,
                       enum directory_verb verb, struct span name, struct span slug)
{
    sqlite3_stmt *statement = directory_prepare(call, kind, verb, name);

    database_bind_text(statement, 2, slug);
    return database_run(call->database, statement);
}

int directory_write_grants(struct directory_call *call, enum directory_kind kind, struct span name,
                           const struct directory_models *models)
{
    int err = database_run(call->database,
                           directory_prepare(call, kind, DIRECTORY_VERB_UNGRANT_ALL, name));

    for (uint32_t i = 0; err == 0 && i < models->count; i++)
        err = write_grant(call, kind, DIRECTORY_VERB_GRANT, name, models->slugs[i]);
    return err;
}

/* What of the change is to be made. */
struct change {
    struct span slug; /* empty: all */
    bool is_add;
};

static int change_slug(struct operation *operation, const struct change *change)
{
    int err = write_grant(operation->call, operation->kind,
                          change->is_add ? DIRECTORY_VERB_GRANT : DIRECTORY_VERB_UNGRANT,
                          operation->name, change->slug);

    /* Beside `all` a list is not in the audit trail's form of a user or group. */
    if (err == 0 && database_changes(operation->call->database) > 0)
        operation->is_change = true;
    return err != 0 ? err : directory_touch(operation->call, operation->kind, operation->name);
}

static int check_room(struct directory_call *call, uint32_t count)
{
    if (count < DIRECTORY_LIST_MAX)
        return 0;
    return directory_refuse(call, ERR_INVALID, DIRECTORY_FIELD_SLUG, "a list has at most %d models",
                            DIRECTORY_LIST_MAX);
}

static int change_subject(struct operation *operation, const struct change *change)
{
    struct directory_call *call = operation->call;
    struct directory_subject subject;
    int err = directory_subject_read(call, operation->kind, operation->name, &subject);

    if (err != 0)
        return err;
    if (change->slug.len > 0) {
        err = change->is_add ? check_room(call, subject.models.count) : 0;
        return err != 0 ? err : change_slug(operation, change);
    }
    subject.models.all = change->is_add;
    return directory_subject_write(call, operation->kind, &subject);
}

static int lift_restriction(struct operation *operation)
{
    struct directory_call *call = operation->call;
    sqlite3_stmt *statement = database_statement(call->database, STATEMENT_KEY_SET_ALLOWED_ALL);
    const struct directory_models none = {.all = true};

    database_bind_text(statement, 1, operation->name);
    database_bind_number(statement, 2, 1);
    int err = database_run(call->database, statement);
    if (err == 0)
        err = directory_write_grants(call, DIRECTORY_KEY, operation->name, &none);
    return err != 0 ? err : directory_touch(call, DIRECTORY_KEY, operation->name);
}

/* An emptied list must never come to mean "everything". */
static bool is_last(const struct directory_models *allowed, struct span slug)
{
    return allowed->count == 1 && span_equal(allowed->slugs[0], slug);
}

static int change_key(struct operation *operation, const struct change *change)
{
    struct directory_call *call = operation->call;
    struct directory_key key;
    int err = directory_key_read(call, operation->name, &key);

    if (err != 0)
        return err;
    if (key.revoked_ms != 0)
        return directory_refuse(call, ERR_REVOKED, DIRECTORY_FIELD_NAME, "the key is revoked");
    if (change->is_add && change->slug.len == 0)
        return lift_restriction(operation);
    if (key.allowed.all)
        return directory_refuse(call, ERR_IN_USE, DIRECTORY_FIELD_SLUG,
                                "the key is not restricted: set its allowed_models");
    if (!change->is_add && is_last(&key.allowed, change->slug))
        return directory_refuse(call, ERR_IN_USE, DIRECTORY_FIELD_SLUG,
                                "it is the key's last allowed model: without it the key would not "
                                "be restricted");
    err = change->is_add ? check_room(call, key.allowed.count) : 0;
    return err != 0 ? err : change_slug(operation, change);
}

static int change_grant(struct directory_call *call, enum directory_kind kind,
                        const struct directory_target *target, const struct change *change)
{
    struct operation operation;
    int err = operation_begin(&operation, call, kind, target->name);

    if (err != 0)
        return err;
    err = operation_expect(&operation, target);
    if (err == 0 && change->slug.len > 0)
        err = directory_check_slugs(call,
                                    &(struct directory_models){.count = 1, .slugs = &change->slug},
                                    DIRECTORY_FIELD_SLUG);
    if (err == 0)
        err = kind == DIRECTORY_KEY ? change_key(&operation, change)
                                    : change_subject(&operation, change);
    return operation_end(&operation, change->is_add ? "grant" : "ungrant", err);
}

int directory_grant_add(struct directory_call *call, enum directory_kind kind,
                        const struct directory_target *target, struct span slug)
{
    return change_grant(call, kind, target, &(struct change){slug, true});
}

int directory_grant_remove(struct directory_call *call, enum directory_kind kind,
                           const struct directory_target *target, struct span slug)
{
    return change_grant(call, kind, target, &(struct change){slug, false});
}
