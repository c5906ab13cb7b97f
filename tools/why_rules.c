#include "tools/why.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/timestamp.h"

#include <stdarg.h>
#include <stdio.h>

enum { TIME_BYTES = 40 };

const char *why_answer_word(enum why_answer answer)
{
    static const char *const words[] = {
#define X(name, word) [WHY_##name] = (word),
        WHY_ANSWER_MAP(X)
#undef X
    };

    return words[answer];
}

/* --- adding rules ----------------------------------------------------------------------------- */

static struct why_rule *add_rule(struct why *why, const char *name, enum why_answer answer,
                                 const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Always gives one to fill in: after the memory ran out one that nobody will see. */
static struct why_rule *add_rule(struct why *why, const char *name, enum why_answer answer,
                                 const char *format, ...)
{
    static struct why_rule spare;
    struct why_rule *rule = list_add(&why->rules);
    va_list arguments;

    why->out_of_memory = why->out_of_memory || rule == NULL;
    rule = rule == NULL ? &spare : rule;
    rule->name = name;
    rule->answer = answer;
    rule->location_first = why->locations.count;
    va_start(arguments, format);
    (void)vsnprintf(rule->text, sizeof(rule->text), format, arguments);
    va_end(arguments);
    return rule;
}

/* One more place where it may be written; an empty part ends the path. */
static void look_at(struct why *why, struct why_rule *rule, const struct span *parts)
{
    struct location *location = list_add(&why->locations);

    if (location == NULL) {
        why->out_of_memory = true;
        return;
    }
    while (location->part_count < LOCATE_PARTS_MAX && parts[location->part_count].len > 0) {
        location->parts[location->part_count] = parts[location->part_count];
        location->part_count++;
    }
    rule->location_count++;
}

/* --- whose, and where ------------------------------------------------------------------------- */

/* A row of the configuration, or one of the directory. */
struct entity {
    const char *section; /* "keys" */
    struct span name;
    struct why_row row;
};

static struct entity entity_of(const char *section, struct span name, uint32_t number,
                               uint32_t own_count)
{
    struct entity entity = {.section = section, .name = name};

    if (number >= own_count)
        entity.row = (struct why_row){section, number - own_count};
    return entity;
}

static struct entity key_entity(const struct data *data, uint32_t key)
{
    const struct data_directory *directory = &data->directory;
    const uint32_t own = data->key_count - directory->key_count - directory->old_digest_count;
    struct entity entity = entity_of("keys", data->keys[key].name, key, own);

    if (key >= own + directory->key_count)
        entity.row = (struct why_row){"old_digests", key - own - directory->key_count};
    return entity;
}

static struct entity user_entity(const struct data *data, uint32_t user)
{
    return entity_of("users", data->users[user].name, user,
                     data->user_count - data->directory.user_count);
}

static struct entity group_entity(const struct data *data, uint32_t group)
{
    return entity_of("groups", data->groups[group].name, group,
                     data->group_count - data->directory.group_count);
}

/* The item of the field, the field, or what has it. Empty: there is none. */
static void place_at(struct why *why, struct why_rule *rule, const struct entity *entity,
                     struct span field, struct span item)
{
    const struct span parts[LOCATE_PARTS_MAX] = {span_of(entity->section), entity->name, field,
                                                 item};
    struct span shorter[LOCATE_PARTS_MAX] = {parts[0], parts[1], parts[2]};

    rule->row = entity->row;
    if (entity->row.table != NULL)
        return;
    if (item.len > 0)
        look_at(why, rule, parts);
    if (field.len > 0)
        look_at(why, rule, shorter);
    shorter[2] = SPAN("");
    look_at(why, rule, shorter);
}

/* --- the key ---------------------------------------------------------------------------------- */

static const struct data *data_of(const struct why *why)
{
    return offline_data(why->offline);
}

/* The export tells of keys that are gone for ever by their names alone. */
static void add_missing_key(struct why *why)
{
    const struct directory_file *file = &data_of(why)->directory.file;
    const struct span name = span_of(why->key);
    char memory[OFFLINE_HINT_BYTES];
    uint32_t row = ROW_NONE;

    if (strcmp(why->key, "-") == 0) {
        (void)add_rule(why, "key", WHY_NO, "no key has this text");
        return;
    }
    if (file->header != NULL)
        row = directory_file_find(file, DIRECTORY_REVOKED_NAMES, name);
    if (row == ROW_NONE) {
        (void)add_rule(why, "key", WHY_NO, "there is no key \"%s\"%s", why->key,
                       offline_key_hint(why->offline, why->key, memory));
        return;
    }
    struct why_rule *rule = add_rule(why, "key", WHY_NO, "the key \"%s\" was revoked for ever",
                                     why->key);
    rule->row = (struct why_row){"revoked_names", row};
}

static void add_expiry(struct why *why, const struct entity *entity, const struct data_key *key)
{
    char memory[TIME_BYTES];
    struct text time = text_over(memory, sizeof(memory));
    struct why_rule *rule;

    if (key->expires_s == 0) {
        (void)add_rule(why, "expiry", WHY_YES, "it does not expire");
        return;
    }
    timestamp_add(&time, key->expires_s);
    if (access_is_expired(key->expires_s, wall_now_s()))
        rule = add_rule(why, "expiry", WHY_NO, "it expired at %.*s", SPAN_FMT(text_span(&time)));
    else
        rule = add_rule(why, "expiry", WHY_YES, "it expires at %.*s", SPAN_FMT(text_span(&time)));
    place_at(why, rule, entity, SPAN("expires"), SPAN(""));
}

static void add_revocation(struct why *why, const struct data_key *key)
{
    const struct directory_file *file = &data_of(why)->directory.file;
    struct why_rule *rule;
    uint32_t row = ROW_NONE;

    if ((key->flags & KEY_REVOKED) == 0) {
        (void)add_rule(why, "revocation", WHY_YES, "it is not revoked");
        return;
    }
    if (file->header != NULL)
        row = directory_file_find(file, DIRECTORY_REVOKED_NAMES, key->name);
    rule = add_rule(why, "revocation", WHY_NO, "it was revoked for ever, by its %s",
                    row != ROW_NONE ? "name" : "text");
    rule->row = row != ROW_NONE ? (struct why_row){"revoked_names", row}
                                : (struct why_row){"revoked_digests", ROW_NONE};
}

static void add_key(struct why *why)
{
    const struct data *data = data_of(why);
    const struct data_key *key = &data->keys[why->caller.key];
    const struct entity entity = key_entity(data, why->caller.key);
    const bool is_old = entity.row.table != NULL && strcmp(entity.row.table, "old_digests") == 0;
    const bool is_disabled = (key->flags & KEY_DISABLED) != 0;
    const bool has_scope = (key->flags & KEY_SCOPE_CALL) != 0;

    struct why_rule *rule = add_rule(why, "key", WHY_YES, "the key \"%.*s\" exists%s",
                                     SPAN_FMT(key->name),
                                     is_old ? "; this is its text from before a rotation" : "");
    place_at(why, rule, &entity, SPAN(""), SPAN(""));
    rule = add_rule(why, "enabled", is_disabled ? WHY_NO : WHY_YES,
                    is_disabled ? "it is disabled" : "it is enabled");
    place_at(why, rule, &entity, SPAN("disabled"), SPAN(""));
    add_expiry(why, &entity, key);
    add_revocation(why, key);
    rule = add_rule(why, "scope", has_scope ? WHY_YES : WHY_NO,
                    has_scope ? "it has the scope `call`" : "it lacks the scope `call`");
    place_at(why, rule, &entity, SPAN("scopes"), SPAN(""));
}

static const struct data_model *find_model(const struct data *data, struct span slug)
{
    for (uint32_t i = 0; i < data->model_count; i++) {
        if (span_equal(data->models[i].slug, slug))
            return &data->models[i];
    }
    return NULL;
}

/* --- grants ----------------------------------------------------------------------------------- */

static bool has_model(const struct data *data, const uint32_t *models, uint32_t count,
                      struct span slug)
{
    for (uint32_t i = 0; i < count; i++) {
        if (span_equal(data->models[models[i]].slug, slug))
            return true;
    }
    return false;
}

/* @param whose  "the user", "the user's group" */
static void add_source(struct why *why, const char *name, const char *whose,
                       const struct entity *entity, const struct data_subject *subject)
{
    const struct data *data = data_of(why);
    const struct data_grant *grant = &subject->grant;
    const bool is_listed = has_model(data, grant->models, grant->count, why->slug);
    const bool grants = !subject->disabled && (grant->all || is_listed);
    const char *how = grants && grant->all ? "grants all models"
                      : grants             ? "grants it"
                      : subject->disabled  ? "is disabled and grants nothing"
                                           : "does not grant it";
    struct why_rule *rule = add_rule(why, name, grants ? WHY_GRANTS : WHY_NOTHING, "%s \"%.*s\" %s",
                                     whose, SPAN_FMT(entity->name), how);

    why->grants += grants ? 1 : 0;
    if (subject->disabled)
        place_at(why, rule, entity, SPAN("disabled"), SPAN(""));
    else
        place_at(why, rule, entity, SPAN("models"), is_listed ? why->slug : SPAN(""));
}

static void add_user(struct why *why, uint32_t user)
{
    const struct data *data = data_of(why);
    const struct data_subject *subject = &data->users[user];
    const struct entity entity = user_entity(data, user);
    struct why_rule *rule = add_rule(
        why, "user", subject->disabled ? WHY_NO : WHY_YES, "the user \"%.*s\" is %s",
        SPAN_FMT(entity.name), subject->disabled ? "disabled, and so are its keys" : "enabled");

    place_at(why, rule, &entity, SPAN("disabled"), SPAN(""));
    add_source(why, "user's grants", "the user", &entity, subject);
    for (uint32_t i = 0; i < subject->group_count; i++) {
        const struct entity group = group_entity(data, subject->groups[i]);

        add_source(why, "group's grants", "the user's group", &group,
                   &data->groups[subject->groups[i]]);
    }
}

static void add_grants(struct why *why)
{
    const struct data *data = data_of(why);
    const struct data_key *key = &data->keys[why->caller.key];

    if (key->user != ROW_NONE)
        add_user(why, key->user);
    if (key->group != ROW_NONE) {
        const struct entity group = group_entity(data, key->group);

        add_source(why, "group's grants", "the key's group", &group, &data->groups[key->group]);
    }
    if (key->user == ROW_NONE && key->group == ROW_NONE)
        (void)add_rule(why, "granted", WHY_NO, "the key has neither a user nor a group");
    else if (find_model(data, why->slug) == NULL)
        (void)add_rule(why, "granted", WHY_NOTHING, "there is no such model to grant");
    else
        (void)add_rule(why, "granted", why->grants > 0 ? WHY_YES : WHY_NO, "%s",
                       why->grants > 0 ? "somebody grants it" : "nobody grants it");
}

static void add_allowed(struct why *why)
{
    const struct data *data = data_of(why);
    const struct data_key *key = &data->keys[why->caller.key];
    const struct entity entity = key_entity(data, why->caller.key);
    const bool is_allowed = has_model(data, key->allowed, key->allowed_count, why->slug);

    if (!key->restricted) {
        (void)add_rule(why, "allowed_models", WHY_YES, "the key is not restricted");
        return;
    }
    struct why_rule *rule = add_rule(why, "allowed_models", is_allowed ? WHY_YES : WHY_NO,
                                     is_allowed ? "the key is restricted to models, and it is one"
                                                : "the key is restricted to other models");
    place_at(why, rule, &entity, SPAN("allowed_models"), is_allowed ? why->slug : SPAN(""));
}

static void add_anonymous(struct why *why)
{
    const struct data *data = data_of(why);
    const struct data_grant *grant = &data->anonymous;
    const bool grants = grant->all || has_model(data, grant->models, grant->count, why->slug);
    const struct span item[LOCATE_PARTS_MAX] = {SPAN("anonymous"), SPAN("models"), why->slug};
    const struct span field[LOCATE_PARTS_MAX] = {SPAN("anonymous"), SPAN("models")};
    struct why_rule *rule;

    if (find_model(data, why->slug) == NULL)
        rule = add_rule(why, "anonymous", WHY_NOTHING, "there is no such model to grant");
    else
        rule = add_rule(why, "anonymous", grants ? WHY_YES : WHY_NO,
                        "callers without a key are%s granted it", grants ? "" : " not");

    if (grants && !grant->all)
        look_at(why, rule, item);
    look_at(why, rule, field);
}

/* --- the model -------------------------------------------------------------------------------- */

static const struct data_model *find_upstream(const struct data *data, struct span name)
{
    for (uint32_t i = 0; i < data->model_count; i++) {
        const struct data_model *model = &data->models[i];

        for (uint32_t n = 0; n < model->deployment_count; n++) {
            if (span_equal(model->deployments[n].model, name))
                return model;
        }
    }
    return NULL;
}

static void add_missing_model(struct why *why)
{
    const struct data_model *upstream = find_upstream(data_of(why), why->slug);
    char memory[OFFLINE_HINT_BYTES];

    if (upstream != NULL)
        (void)add_rule(why, "model", WHY_NO,
                       "it is a provider's own name; clients know the model as \"%.*s\"",
                       SPAN_FMT(upstream->slug));
    else
        (void)add_rule(why, "model", WHY_NO, "there is no model \"%.*s\"%s", SPAN_FMT(why->slug),
                       offline_model_hint(why->offline, why->slug.ptr, memory));
}

/* Without deployments that can be called, a model counts as disabled. */
static void add_model(struct why *why)
{
    const struct data_model *model = find_model(data_of(why), why->slug);
    const struct entity entity = {.section = "models", .name = why->slug};

    if (model == NULL) {
        add_missing_model(why);
        return;
    }
    struct why_rule *rule = add_rule(why, "model", model->enabled ? WHY_YES : WHY_NO,
                                     "the model is %s", model->enabled ? "enabled" : "disabled");
    place_at(why, rule, &entity, SPAN("enabled"), SPAN(""));
    rule = add_rule(why, "deployments", model->deployment_count > 0 ? WHY_YES : WHY_NO,
                    "it has %u deployment%s", model->deployment_count,
                    model->deployment_count == 1 ? "" : "s");
    place_at(why, rule, &entity, SPAN("deployments"), SPAN(""));
}

/* What the client is told is less than the truth. */
static void add_concealment(struct why *why)
{
    const struct span parts[LOCATE_PARTS_MAX] = {SPAN("conceal_ungranted")};

    if (why->verdict == ERR_UNKNOWN_MODEL && data_of(why)->settings.conceal_ungranted != 0 &&
        snapshot_find_model(&why->offline->snapshot, why->slug) != ROW_NONE)
        look_at(why,
                add_rule(why, "concealment", WHY_NOTHING,
                         "the model exists, and who has no grant is told that it does not"),
                parts);
}

/* --- asking ----------------------------------------------------------------------------------- */

int why_ask(struct why *why)
{
    why->rules = (struct list){.row_bytes = sizeof(struct why_rule)};
    why->locations = (struct list){.row_bytes = sizeof(struct location)};
    why->verdict = offline_admit(why->offline, &why->caller, why->slug);
    if (why->caller.is_anonymous) {
        add_anonymous(why);
    } else if (why->caller.key == ROW_NONE) {
        add_missing_key(why);
    } else {
        add_key(why);
        add_grants(why);
        add_allowed(why);
    }
    add_model(why);
    add_concealment(why);
    if (why->out_of_memory)
        return ERR_NO_MEMORY;
    return registry_locate(why->offline->registry, (struct location *)(void *)why->locations.rows,
                           why->locations.count);
}

void why_close(struct why *why)
{
    list_close(&why->rules);
    list_close(&why->locations);
}

struct report_place why_place(const struct why *why, const struct why_rule *rule)
{
    for (uint32_t i = 0; i < rule->location_count; i++) {
        const struct location *location = list_at(&why->locations, rule->location_first + i);

        if (location->place.file != NULL)
            return location->place;
    }
    return (struct report_place){0};
}
