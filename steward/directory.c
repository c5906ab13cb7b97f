/* Users and groups. */
#include "steward/directory.h"

#include "lib/base/err.h"
#include "lib/base/names.h"
#include "steward/operation.h"

static int check_subject(struct directory_call *call, enum directory_kind kind, uint32_t gives,
                         const struct directory_subject *subject)
{
    const char *wrong = name_check_line(subject->display);

    if ((gives & DIRECTORY_GIVES(DISPLAY)) != 0 && wrong != NULL)
        return directory_refuse(call, ERR_INVALID, DIRECTORY_FIELD_DISPLAY, "the display name %s",
                                wrong);
    if ((gives & DIRECTORY_GIVES(GROUPS)) != 0 && kind == DIRECTORY_GROUP &&
        subject->group_count > 0)
        return directory_refuse(call, ERR_INVALID, DIRECTORY_FIELD_GROUPS,
                                "a group is in no other group");
    if ((gives & DIRECTORY_GIVES(GROUPS)) != 0 && subject->group_count > DIRECTORY_LIST_MAX)
        return directory_refuse(call, ERR_INVALID, DIRECTORY_FIELD_GROUPS,
                                "a user is in at most %d groups", DIRECTORY_LIST_MAX);
    if ((gives & DIRECTORY_GIVES(MODELS)) != 0)
        return directory_check_slugs(call, &subject->models, DIRECTORY_FIELD_MODELS);
    return 0;
}

static int write_member(struct directory_call *call, struct span user, struct span group)
{
    int err = directory_must_exist(call, DIRECTORY_GROUP, group, DIRECTORY_FIELD_GROUPS);

    if (err != 0)
        return err;
    sqlite3_stmt *statement = database_statement(call->database, STATEMENT_MEMBER_ADD);
    database_bind_text(statement, 1, user);
    database_bind_text(statement, 2, group);
    return database_run(call->database, statement);
}

static int write_members(struct directory_call *call, struct span user,
                         const struct directory_subject *subject)
{
    sqlite3_stmt *clear = database_statement(call->database, STATEMENT_MEMBER_CLEAR);

    database_bind_text(clear, 1, user);
    int err = database_run(call->database, clear);
    for (uint32_t i = 0; err == 0 && i < subject->group_count; i++) {
        err = write_member(call, user, subject->groups[i]);
        call->refusal->item = err == 0 ? 0 : i;
    }
    return err;
}

static int write_row(struct directory_call *call, enum directory_kind kind,
                     enum directory_verb verb, const struct directory_subject *subject)
{
    sqlite3_stmt *statement = directory_prepare(call, kind, verb, subject->name);

    database_bind_text(statement, 2, subject->display.len == 0 ? SPAN("") : subject->display);
    database_bind_number(statement, 3, subject->disabled);
    database_bind_number(statement, 4, subject->models.all);
    database_bind_number(statement, 5, call->now_ms);
    return database_run(call->database, statement);
}

int directory_subject_write(struct directory_call *call, enum directory_kind kind,
                            const struct directory_subject *subject)
{
    return write_row(call, kind, DIRECTORY_VERB_UPDATE, subject);
}

static int write_lists(struct directory_call *call, enum directory_kind kind, uint32_t gives,
                       const struct directory_subject *subject)
{
    int err = 0;

    if ((gives & DIRECTORY_GIVES(MODELS)) != 0)
        err = directory_write_grants(call, kind, subject->name, &subject->models);
    if (err == 0 && kind == DIRECTORY_USER && (gives & DIRECTORY_GIVES(GROUPS)) != 0)
        err = write_members(call, subject->name, subject);
    return err;
}

enum { ALL_FIELDS = -1 };

int directory_subject_add(struct directory_call *call, enum directory_kind kind,
                          const struct directory_subject *subject)
{
    struct operation operation;
    int err = operation_begin(&operation, call, kind, subject->name);

    if (err != 0)
        return err;
    if (operation.before.len > 0)
        err = directory_refuse(call, ERR_EXISTS, DIRECTORY_FIELD_NAME, "there is a %s of that name",
                               directory_kind_word(kind));
    if (err == 0)
        err = check_subject(call, kind, (uint32_t)ALL_FIELDS, subject);
    if (err == 0)
        err = write_row(call, kind, DIRECTORY_VERB_INSERT, subject);
    if (err == 0)
        err = write_lists(call, kind, (uint32_t)ALL_FIELDS, subject);
    return operation_end(&operation, "create", err);
}

/* The row at hand without its lists, which need statements of their own. */
static int read_row(struct directory_call *call, sqlite3_stmt *statement,
                    struct directory_subject *out)
{
    *out = (struct directory_subject){
        .disabled = database_number(statement, 2) != 0,
        .models.all = database_number(statement, 3) != 0,
        .version = (uint64_t)database_number(statement, 4),
        .created_ms = database_number(statement, 5),
        .changed_ms = database_number(statement, 6),
    };
    int err = directory_copy(call, database_text(statement, 0), &out->name);
    return err != 0 ? err : directory_copy(call, database_text(statement, 1), &out->display);
}

static int read_lists(struct directory_call *call, enum directory_kind kind,
                      struct directory_subject *subject)
{
    int err = directory_read_grants(call, kind, subject->name, &subject->models);

    if (err != 0 || kind != DIRECTORY_USER)
        return err;
    sqlite3_stmt *statement = database_statement(call->database, STATEMENT_MEMBER_GROUPS);
    database_bind_text(statement, 1, subject->name);
    return directory_read_texts(call, statement, &subject->group_count, &subject->groups);
}

int directory_subject_read(struct directory_call *call, enum directory_kind kind, struct span name,
                           struct directory_subject *out)
{
    sqlite3_stmt *statement = directory_prepare(call, kind, DIRECTORY_VERB_GET, name);
    int err = database_step(call->database, statement);

    if (err == 0)
        err = read_row(call, statement, out);
    database_finish(statement);
    return err != 0 ? err : read_lists(call, kind, out);
}

int directory_subject_show(struct directory_call *call, enum directory_kind kind, struct span name,
                           struct directory_subject *out)
{
    bool begun;
    int err = directory_read_begin(call, &begun);

    if (err != 0)
        return err;
    err = directory_must_exist(call, kind, name, DIRECTORY_FIELD_NAME);
    if (err == 0)
        err = directory_subject_read(call, kind, name, out);
    return directory_read_end(call, begun, err);
}

static int read_page(struct directory_call *call, enum directory_kind kind, sqlite3_stmt *statement,
                     uint32_t limit, struct directory_subject_page *out)
{
    struct directory_subject *rows = arena_take(call->arena, limit * sizeof(*rows));
    int err = rows == NULL ? ERR_NO_MEMORY : 0;

    *out = (struct directory_subject_page){.rows = rows};
    while (err == 0 && (err = database_step(call->database, statement)) == 0) {
        if (out->count == limit) {
            out->next = rows[limit - 1].name;
            break;
        }
        err = read_row(call, statement, &rows[out->count]);
        if (err == 0)
            err = read_lists(call, kind, &rows[out->count++]);
    }
    return err == ERR_NOT_FOUND ? 0 : err;
}

int directory_subject_list(struct directory_call *call, enum directory_kind kind, struct span after,
                           uint32_t limit, struct directory_subject_page *out)
{
    bool begun;
    int err = directory_read_begin(call, &begun);

    if (err != 0)
        return err;
    if (limit == 0 || limit > DIRECTORY_PAGE_MAX) {
        err = directory_refuse(call, ERR_INVALID, DIRECTORY_FIELD_LIMIT,
                               "a page has from 1 to %d rows", DIRECTORY_PAGE_MAX);
        return directory_read_end(call, begun, err);
    }
    sqlite3_stmt *statement = directory_prepare(call, kind, DIRECTORY_VERB_LIST,
                                                after.len == 0 ? SPAN("") : after);
    database_bind_number(statement, 2, (int64_t)limit + 1);
    err = read_page(call, kind, statement, limit, out);
    database_finish(statement);
    return directory_read_end(call, begun, err);
}

/* What the call does not give stays as it is. */
static struct directory_subject merged(const struct directory_subject *now, uint32_t gives,
                                       const struct directory_subject *wanted)
{
    struct directory_subject result = *now;

    if ((gives & DIRECTORY_GIVES(DISPLAY)) != 0)
        result.display = wanted->display;
    if ((gives & DIRECTORY_GIVES(DISABLED)) != 0)
        result.disabled = wanted->disabled;
    if ((gives & DIRECTORY_GIVES(MODELS)) != 0)
        result.models = wanted->models;
    if ((gives & DIRECTORY_GIVES(GROUPS)) != 0) {
        result.group_count = wanted->group_count;
        result.groups = wanted->groups;
    }
    return result;
}

int directory_subject_update(struct directory_call *call, enum directory_kind kind,
                             const struct directory_target *target, uint32_t gives,
                             const struct directory_subject *subject)
{
    struct operation operation;
    struct directory_subject now = {.version = 0};
    int err = operation_begin(&operation, call, kind, target->name);

    if (err != 0)
        return err;
    err = operation_expect(&operation, target);
    if (err == 0)
        err = check_subject(call, kind, gives, subject);
    if (err == 0)
        err = directory_subject_read(call, kind, target->name, &now);
    now = merged(&now, gives, subject);
    if (err == 0)
        err = write_row(call, kind, DIRECTORY_VERB_UPDATE, &now);
    if (err == 0)
        err = write_lists(call, kind, gives, &now);
    return operation_end(&operation, "update", err);
}

static int check_no_keys(struct operation *operation)
{
    struct directory_call *call = operation->call;
    sqlite3_stmt *statement = directory_prepare(call, operation->kind, DIRECTORY_VERB_KEYS,
                                                operation->name);

    database_bind_number(statement, 2, 1);
    int err = database_step(call->database, statement);
    database_finish(statement);
    if (err == ERR_NOT_FOUND)
        return 0;
    if (err != 0)
        return err;
    return directory_refuse(call, ERR_IN_USE, DIRECTORY_FIELD_NAME,
                            "keys belong to this %s: revoke or move them, or remove it with them",
                            directory_kind_word(operation->kind));
}

/* Members and keys that are left behind have changed, and whoever holds their version must see it. */
static int touch_members(struct operation *operation)
{
    struct directory_call *call = operation->call;
    sqlite3_stmt *touch = database_statement(call->database, STATEMENT_MEMBER_TOUCH);

    database_bind_text(touch, 1, operation->name);
    database_bind_number(touch, 2, call->now_ms);
    return database_run(call->database, touch);
}

static int remove_subject(struct operation *operation)
{
    struct directory_call *call = operation->call;
    int err = operation->kind == DIRECTORY_GROUP ? touch_members(operation) : 0;
    if (err != 0)
        return err;
    sqlite3_stmt *leave = directory_prepare(call, operation->kind, DIRECTORY_VERB_KEYS_LEAVE,
                                            operation->name);

    database_bind_number(leave, 2, call->now_ms);
    err = database_run(call->database, leave);
    if (err != 0)
        return err;
    return database_run(call->database, directory_prepare(call, operation->kind,
                                                          DIRECTORY_VERB_DELETE, operation->name));
}

int directory_subject_remove(struct directory_call *call, enum directory_kind kind,
                             const struct directory_target *target, bool cascade)
{
    struct operation operation;
    int err = operation_begin(&operation, call, kind, target->name);

    if (err != 0)
        return err;
    err = operation_expect(&operation, target);
    if (err == 0)
        err = cascade ? directory_revoke_keys_of(call, kind, target->name)
                      : check_no_keys(&operation);
    if (err == 0)
        err = remove_subject(&operation);
    return operation_end(&operation, "remove", err);
}

int directory_last_change(struct database *database, uint64_t *out)
{
    sqlite3_stmt *statement = database_statement(database, STATEMENT_AUDIT_LAST);
    int err = database_step(database, statement);

    *out = err == 0 ? (uint64_t)database_number(statement, 0) : 0;
    database_finish(statement);
    return err;
}
