/* The things of two configurations side by side, each described and compared member by member. */
#include "tools/diff.h"

#include "lib/base/err.h"
#include "lib/wire/json_walk.h"
#include "registry/names.h"
#include "tools/describe.h"
#include "tools/value_text.h"

enum { DESCRIPTION_BYTES_MAX = 8 << 20 };

/* --- kinds of things -------------------------------------------------------------------------- */

/* Keys are compared by name: the texts of a rotated one are one key. */
static uint32_t count_models(const struct data *data)
{
    return data->model_count;
}

static uint32_t count_providers(const struct data *data)
{
    return data->provider_count;
}

static uint32_t count_groups(const struct data *data)
{
    return data->group_count;
}

static uint32_t count_users(const struct data *data)
{
    return data->user_count;
}

static uint32_t count_keys(const struct data *data)
{
    return data->key_count - data->directory.old_digest_count;
}

static struct span name_model(const struct data *data, uint32_t i)
{
    return data->models[i].slug;
}

static struct span name_provider(const struct data *data, uint32_t i)
{
    return data->providers[i].name;
}

static struct span name_group(const struct data *data, uint32_t i)
{
    return data->groups[i].name;
}

static struct span name_user(const struct data *data, uint32_t i)
{
    return data->users[i].name;
}

static struct span name_key(const struct data *data, uint32_t i)
{
    return data->keys[i].name;
}

static void write_model(const struct data *data, uint32_t i, struct text *out)
{
    describe_model(data, &data->models[i], out);
}

static void write_provider(const struct data *data, uint32_t i, struct text *out)
{
    describe_provider(&data->providers[i], out);
}

static void write_group(const struct data *data, uint32_t i, struct text *out)
{
    describe_subject(data, &data->groups[i], false, out);
}

static void write_user(const struct data *data, uint32_t i, struct text *out)
{
    describe_subject(data, &data->users[i], true, out);
}

static void write_key(const struct data *data, uint32_t i, struct text *out)
{
    describe_key(data, &data->keys[i], out);
}

static const struct kind {
    const char *section;
    uint32_t (*count)(const struct data *data);
    struct span (*name)(const struct data *data, uint32_t i);
    void (*write)(const struct data *data, uint32_t i, struct text *out);
} kinds[] = {
    {"models", count_models, name_model, write_model},
    {"providers", count_providers, name_provider, write_provider},
    {"groups", count_groups, name_group, write_group},
    {"users", count_users, name_user, write_user},
    {"keys", count_keys, name_key, write_key},
};

/* --- one thing -------------------------------------------------------------------------------- */

struct comparison {
    struct diff *diff;
    const char *section;
    struct span name;
    uint32_t number;    /* of what is only in one of them */
    struct text before; /* the two descriptions */
    struct text after;
};

static struct span keep(const struct diff *diff, struct span text)
{
    return text.len == 0 ? SPAN("") : arena_copy(diff->arena, text);
}

static int add_change(struct comparison *comparison, enum diff_change_kind kind, struct span path,
                      struct span from, struct span to)
{
    struct diff *diff = comparison->diff;
    struct diff_change *change = list_add(&diff->changes);

    if (change == NULL)
        return ERR_NO_MEMORY;
    *change = (struct diff_change){
        .section = comparison->section,
        .name = comparison->name,
        .kind = kind,
        .path = keep(diff, path),
        .from = keep(diff, from),
        .to = keep(diff, to),
        .restart = comparison->name.len == 0 && describe_needs_restart(path),
        .number = comparison->number,
    };
    return change->path.ptr == NULL || change->from.ptr == NULL || change->to.ptr == NULL
               ? ERR_NO_MEMORY
               : 0;
}

static bool has_item(struct span array, struct span wanted)
{
    struct span item;

    for (struct json_walk walk = json_walk_begin(array); json_walk_item(&walk, &item);) {
        if (span_equal(item, wanted))
            return true;
    }
    return false;
}

/* @return how many were told, or an error */
static int compare_items(struct comparison *comparison, struct span path, struct span from,
                         struct span to)
{
    const struct span none = SPAN("");
    struct span item;
    int found = 0;
    int err = 0;

    for (struct json_walk walk = json_walk_begin(from); err == 0 && json_walk_item(&walk, &item);) {
        if (has_item(to, item))
            continue;
        err = add_change(comparison, DIFF_CHANGED, path, item, none);
        found++;
    }
    for (struct json_walk walk = json_walk_begin(to); err == 0 && json_walk_item(&walk, &item);) {
        if (has_item(from, item))
            continue;
        err = add_change(comparison, DIFF_CHANGED, path, none, item);
        found++;
    }
    return err != 0 ? err : found;
}

static int compare_values(struct comparison *comparison, struct span path, struct span from,
                          struct span to)
{
    if (span_equal(from, to))
        return 0;
    if (json_walk_type(from) == JSON_ARRAY && json_walk_type(to) == JSON_ARRAY) {
        int found = compare_items(comparison, path, from, to);

        if (found != 0)
            return found < 0 ? found : 0;
    }
    return add_change(comparison, DIFF_CHANGED, path, from, to);
}

/* Of a walk over the description before: find the same path in the one after. */
struct search {
    struct span path;
    struct span value; /* ptr NULL: it is not there */
};

static int take_if_wanted(void *context, struct span path, struct span value)
{
    struct search *search = context;

    if (search->value.ptr == NULL && span_equal(path, search->path))
        search->value = value;
    return 0;
}

static int find_value(struct span object, struct span path, struct span *out)
{
    struct search search = {.path = path};
    int err = value_walk(object, take_if_wanted, &search);

    *out = search.value.ptr == NULL ? SPAN("null") : search.value;
    return err;
}

static int compare_with_after(void *context, struct span path, struct span value)
{
    struct comparison *comparison = context;
    struct span other;
    int err = find_value(text_span(&comparison->after), path, &other);

    return err != 0 ? err : compare_values(comparison, path, value, other);
}

/* Only maps whose keys people choose have paths that the other one lacks: reasoning levels, sizes. */
static int tell_new_path(void *context, struct span path, struct span value)
{
    struct comparison *comparison = context;
    struct search search = {.path = path};
    int err = value_walk(text_span(&comparison->before), take_if_wanted, &search);

    if (err != 0 || search.value.ptr != NULL)
        return err;
    return compare_values(comparison, path, SPAN("null"), value);
}

static int compare(struct comparison *comparison)
{
    int err = comparison->before.err != 0 ? comparison->before.err : comparison->after.err;

    if (err != 0 || span_equal(text_span(&comparison->before), text_span(&comparison->after)))
        return err;
    err = value_walk(text_span(&comparison->before), compare_with_after, comparison);
    return err != 0 ? err : value_walk(text_span(&comparison->after), tell_new_path, comparison);
}

/* --- all of a kind ---------------------------------------------------------------------------- */

static int add_names(const struct kind *kind, const struct data *data, struct names *names)
{
    const uint32_t count = kind->count(data);
    uint32_t number;
    int err = 0;

    for (uint32_t i = 0; err != ERR_NO_MEMORY && i < count; i++)
        err = names_add(names, kind->name(data, i), (struct report_place){0}, &number);
    return err == ERR_NO_MEMORY ? err : 0;
}

static int compare_one(struct comparison *comparison, const struct kind *kind, uint32_t before,
                       uint32_t after)
{
    comparison->before.len = 0;
    comparison->after.len = 0;
    kind->write(offline_data(comparison->diff->before), before, &comparison->before);
    kind->write(offline_data(comparison->diff->after), after, &comparison->after);
    return compare(comparison);
}

/* It is told as a whole. */
static int tell_removed(struct comparison *comparison, const struct kind *kind, uint32_t i)
{
    struct text *before = &comparison->before;

    before->len = 0;
    comparison->number = i;
    kind->write(offline_data(comparison->diff->before), i, before);
    return before->err != 0
               ? before->err
               : add_change(comparison, DIFF_REMOVED, SPAN(""), text_span(before), SPAN(""));
}

static int tell_added(struct comparison *comparison, const struct kind *kind, uint32_t i)
{
    struct text *after = &comparison->after;

    after->len = 0;
    comparison->number = i;
    kind->write(offline_data(comparison->diff->after), i, after);
    return after->err != 0
               ? after->err
               : add_change(comparison, DIFF_ADDED, SPAN(""), SPAN(""), text_span(after));
}

static int compare_kind(struct comparison *comparison, const struct kind *kind)
{
    const struct data *before = offline_data(comparison->diff->before);
    const struct data *after = offline_data(comparison->diff->after);
    struct names old_names;
    struct names new_names;

    names_init(&old_names, comparison->diff->arena);
    names_init(&new_names, comparison->diff->arena);
    comparison->section = kind->section;
    int err = add_names(kind, before, &old_names);
    if (err == 0)
        err = add_names(kind, after, &new_names);
    for (uint32_t i = 0; err == 0 && i < old_names.count; i++) {
        comparison->name = old_names.entries[i].text;
        int64_t there = names_find(&new_names, comparison->name);

        err = there == NAME_NONE ? tell_removed(comparison, kind, i)
                                 : compare_one(comparison, kind, i, (uint32_t)there);
    }
    for (uint32_t i = 0; err == 0 && i < new_names.count; i++) {
        comparison->name = new_names.entries[i].text;
        if (names_find(&old_names, comparison->name) == NAME_NONE)
            err = tell_added(comparison, kind, i);
    }
    return err;
}

int diff_find_changes(struct diff *diff)
{
    char *before = arena_take(diff->arena, DESCRIPTION_BYTES_MAX);
    char *after = arena_take(diff->arena, DESCRIPTION_BYTES_MAX);
    struct comparison comparison = {.diff = diff};
    int err = before == NULL || after == NULL ? ERR_NO_MEMORY : 0;

    comparison.before = text_over(before, DESCRIPTION_BYTES_MAX);
    comparison.after = text_over(after, DESCRIPTION_BYTES_MAX);
    for (size_t i = 0; err == 0 && i < sizeof(kinds) / sizeof(kinds[0]); i++)
        err = compare_kind(&comparison, &kinds[i]);
    if (err != 0)
        return err;
    comparison.section = "settings";
    comparison.name = SPAN("");
    comparison.before.len = 0;
    comparison.after.len = 0;
    describe_settings(offline_data(diff->before), &comparison.before);
    describe_settings(offline_data(diff->after), &comparison.after);
    return compare(&comparison);
}
