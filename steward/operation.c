#include "steward/operation.h"

#include "lib/base/err.h"
#include "lib/base/names.h"
#include "shm/stops.h"
#include "steward/audit.h"

#include <stdarg.h>
#include <stdio.h>

enum { TEXTS_MIN = 8 };

static const char *const field_words[DIRECTORY_FIELD_COUNT] = {
#define X(name, word) word,
    DIRECTORY_FIELD_MAP(X)
#undef X
};

static const char *const kind_words[DIRECTORY_KIND_COUNT] = {
#define X(name, word) word,
    DIRECTORY_KIND_MAP(X)
#undef X
};

/* A key's own statements have other names and are not reached through this. */
#define SUBJECT_VERBS(KIND)                              \
    [DIRECTORY_VERB_GET] = STATEMENT_##KIND##_GET,       \
    [DIRECTORY_VERB_LIST] = STATEMENT_##KIND##_LIST,     \
    [DIRECTORY_VERB_INSERT] = STATEMENT_##KIND##_INSERT, \
    [DIRECTORY_VERB_UPDATE] = STATEMENT_##KIND##_UPDATE, \
    [DIRECTORY_VERB_KEYS] = STATEMENT_##KIND##_KEYS,     \
    [DIRECTORY_VERB_KEYS_LEAVE] = STATEMENT_##KIND##_KEYS_LEAVE, ENTITY_VERBS(KIND)
#define ENTITY_VERBS(KIND)                                 \
    [DIRECTORY_VERB_JSON] = STATEMENT_##KIND##_JSON,       \
    [DIRECTORY_VERB_DELETE] = STATEMENT_##KIND##_DELETE,   \
    [DIRECTORY_VERB_TOUCH] = STATEMENT_##KIND##_TOUCH,     \
    [DIRECTORY_VERB_VERSION] = STATEMENT_##KIND##_VERSION, \
    [DIRECTORY_VERB_GRANTS] = STATEMENT_##KIND##_GRANTS,   \
    [DIRECTORY_VERB_GRANT] = STATEMENT_##KIND##_GRANT,     \
    [DIRECTORY_VERB_UNGRANT] = STATEMENT_##KIND##_UNGRANT, \
    [DIRECTORY_VERB_UNGRANT_ALL] = STATEMENT_##KIND##_UNGRANT_ALL

static const enum statement statements[DIRECTORY_KIND_COUNT][DIRECTORY_VERB_COUNT] = {
    [DIRECTORY_GROUP] = {SUBJECT_VERBS(GROUP)},
    [DIRECTORY_USER] = {SUBJECT_VERBS(USER)},
    [DIRECTORY_KEY] = {ENTITY_VERBS(KEY)},
};

const char *directory_field_word(enum directory_field field)
{
    return field < DIRECTORY_FIELD_COUNT ? field_words[field] : "";
}

const char *directory_kind_word(enum directory_kind kind)
{
    return kind < DIRECTORY_KIND_COUNT ? kind_words[kind] : "";
}

int directory_refuse(struct directory_call *call, int err, enum directory_field field,
                     const char *format, ...)
{
    struct directory_refusal *refusal = call->refusal;
    va_list values;

    if (refusal->err != 0)
        return err;
    refusal->err = err;
    refusal->field = directory_field_word(field);
    va_start(values, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): va_start() stands right above */
    (void)vsnprintf(refusal->sentence, sizeof(refusal->sentence), format, values);
    va_end(values);
    return err;
}

int directory_explain(struct directory_call *call, int err)
{
    const struct database_trouble *trouble = database_last_trouble(call->database);

    if (err != 0 && call->refusal->err == 0)
        (void)directory_refuse(call, err, DIRECTORY_FIELD_COUNT, "%s",
                               trouble->err == err ? trouble->sentence : err_text(err));
    return err;
}

int directory_read_begin(struct directory_call *call, bool *begun)
{
    *call->refusal = (struct directory_refusal){.field = ""};
    *begun = !database_is_busy(call->database);
    return *begun ? directory_explain(call, database_begin_read(call->database)) : 0;
}

int directory_read_end(struct directory_call *call, bool begun, int err)
{
    (void)directory_explain(call, err);
    return begun ? directory_explain(call, database_end(call->database, err)) : err;
}

int directory_copy(struct directory_call *call, struct span bytes, struct span *out)
{
    *out = arena_copy(call->arena, bytes);
    return out->ptr == NULL ? ERR_NO_MEMORY : 0;
}

sqlite3_stmt *directory_prepare(struct directory_call *call, enum directory_kind kind,
                                enum directory_verb verb, struct span name)
{
    sqlite3_stmt *statement = database_statement(call->database, statements[kind][verb]);

    database_bind_text(statement, 1, name);
    return statement;
}

int directory_touch(struct directory_call *call, enum directory_kind kind, struct span name)
{
    sqlite3_stmt *statement = directory_prepare(call, kind, DIRECTORY_VERB_TOUCH, name);

    database_bind_number(statement, 2, call->now_ms);
    return database_run(call->database, statement);
}

/* The entity as JSON; empty when it is not there. */
static int read_json(struct operation *operation, struct span *out)
{
    struct directory_call *call = operation->call;
    sqlite3_stmt *statement = directory_prepare(call, operation->kind, DIRECTORY_VERB_JSON,
                                                operation->name);
    int err = database_step(call->database, statement);

    *out = (struct span){NULL, 0};
    if (err == 0)
        err = directory_copy(call, database_text(statement, 0), out);
    database_finish(statement);
    return err == ERR_NOT_FOUND ? 0 : err;
}

static int check_actor(struct directory_call *call)
{
    if (call->actor.len > 0 && call->actor.len <= DIRECTORY_ACTOR_BYTES_MAX &&
        name_check_line(call->actor) == NULL)
        return 0;
    return directory_refuse(call, ERR_INVALID, DIRECTORY_FIELD_ACTOR,
                            "the actor must be one line of text");
}

int operation_begin(struct operation *operation, struct directory_call *call,
                    enum directory_kind kind, struct span name)
{
    *call->refusal = (struct directory_refusal){.field = ""};
    *operation = (struct operation){.call = call, .kind = kind, .name = name};
    int err = check_actor(call);
    if (err == 0)
        err = directory_check_id(call, name, DIRECTORY_FIELD_NAME);
    if (err == 0)
        err = database_begin(call->database);
    if (err != 0)
        return directory_explain(call, err);
    err = read_json(operation, &operation->before);
    if (err != 0)
        (void)database_end(call->database, err);
    return directory_explain(call, err);
}

static int write_audit(struct operation *operation, const char *verb, struct span after)
{
    const struct audit_row row = {
        .verb = span_of(verb),
        .kind = span_of(directory_kind_word(operation->kind)),
        .name = operation->name,
        .before = operation->before,
        .after = after,
    };

    return audit_add(operation->call, &row);
}

int operation_end(struct operation *operation, const char *verb, int err)
{
    struct directory_call *call = operation->call;
    struct span after = {NULL, 0};

    if (err == 0)
        err = read_json(operation, &after);
    (void)directory_explain(call, err);
    if (err == 0 && !operation->is_change && span_equal(operation->before, after)) {
        (void)database_end(call->database, ERR_AGAIN);
        return 0;
    }
    STOP(CHANGE_WRITTEN);
    if (err == 0)
        err = write_audit(operation, verb, after);
    STOP(AUDIT_WRITTEN);
    err = directory_explain(call, database_end(call->database, err));
    STOP(CHANGE_COMMITTED);
    return err;
}

int operation_expect(struct operation *operation, const struct directory_target *target)
{
    struct directory_call *call = operation->call;
    const char *kind = directory_kind_word(operation->kind);

    if (operation->before.len == 0)
        return directory_refuse(call, ERR_NOT_FOUND, DIRECTORY_FIELD_NAME,
                                "there is no %s of that name", kind);
    if (target->expected_version == 0)
        return 0;
    sqlite3_stmt *statement = directory_prepare(call, operation->kind, DIRECTORY_VERB_VERSION,
                                                operation->name);
    int err = database_step(call->database, statement);
    uint64_t version = err == 0 ? (uint64_t)database_number(statement, 0) : 0;
    database_finish(statement);
    if (err == 0 && version != target->expected_version)
        return directory_refuse(call, ERR_CONFLICT, DIRECTORY_FIELD_VERSION,
                                "the %s was changed meanwhile: it has version %llu", kind,
                                (unsigned long long)version);
    return err;
}

int directory_must_exist(struct directory_call *call, enum directory_kind kind, struct span name,
                         enum directory_field field)
{
    int err = directory_check_id(call, name, field);

    if (err != 0)
        return err;
    sqlite3_stmt *statement = directory_prepare(call, kind, DIRECTORY_VERB_VERSION, name);
    err = database_step(call->database, statement);
    database_finish(statement);
    if (err == ERR_NOT_FOUND)
        return directory_refuse(call, err, field, "there is no %s of that name",
                                directory_kind_word(kind));
    return err;
}

int directory_check_id(struct directory_call *call, struct span name, enum directory_field field)
{
    const char *wrong = name_check_id(name);

    if (wrong == NULL)
        return 0;
    return directory_refuse(call, ERR_INVALID, field, "the name %s", wrong);
}

int directory_check_slugs(struct directory_call *call, const struct directory_models *models,
                          enum directory_field field)
{
    if (models->count > DIRECTORY_LIST_MAX)
        return directory_refuse(call, ERR_INVALID, field, "a list has at most %d models",
                                DIRECTORY_LIST_MAX);
    for (uint32_t i = 0; i < models->count; i++) {
        const char *wrong = name_check_slug(models->slugs[i]);

        if (wrong == NULL)
            continue;
        (void)directory_refuse(call, ERR_INVALID, field, "the slug %s", wrong);
        call->refusal->item = i;
        return ERR_INVALID;
    }
    return 0;
}

static int add_text(struct directory_call *call, struct span text, uint32_t count,
                    struct span **texts)
{
    /* Full at every power of two from the least size on: then it moves to twice the room. */
    if (count == 0 || (count >= TEXTS_MIN && (count & (count - 1)) == 0)) {
        size_t room = count < TEXTS_MIN ? TEXTS_MIN : 2 * (size_t)count;
        struct span *larger = arena_take(call->arena, room * sizeof(*larger));

        if (larger == NULL)
            return ERR_NO_MEMORY;
        if (count > 0)
            memcpy(larger, *texts, count * sizeof(*larger));
        *texts = larger;
    }
    return directory_copy(call, text, &(*texts)[count]);
}

int directory_read_texts(struct directory_call *call, sqlite3_stmt *statement, uint32_t *count,
                         const struct span **out)
{
    struct span *texts = NULL;
    int err;

    *count = 0;
    while ((err = database_step(call->database, statement)) == 0) {
        err = add_text(call, database_text(statement, 0), *count, &texts);
        if (err != 0)
            break;
        (*count)++;
    }
    database_finish(statement);
    *out = texts;
    return err == ERR_NOT_FOUND ? 0 : err;
}
