#include "registry/merge.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"

#include <inttypes.h>
#include <stdio.h>

enum { PATH_BYTES = 128 };

static const char one_owner[] = "each has one owner: take it out of the file or of the directory";

/* While the directory's rows are filled in. */
struct filling {
    const struct merge *merge;
    const struct directory_file *file;
    uint32_t own_groups; /* how many the configuration has */
    uint32_t own_users;
    uint32_t own_keys;
    uint32_t *slug_models; /* by row of SLUGS: index into data.models; ROW_NONE: there is none */
    uint32_t *models;      /* what GRANTS comes to, list behind list */
    uint32_t models_used;
    uint32_t *groups; /* what MEMBERSHIPS comes to: the same lists as indexes into data.groups */
};

static void *take_numbers(const struct merge *merge, uint32_t count)
{
    return arena_take(merge->arena, (size_t)(count == 0 ? 1 : count) * sizeof(uint32_t));
}

static unsigned long long change_of(const struct merge *merge)
{
    return (unsigned long long)merge->data->directory.file.header->change;
}

struct report_place merge_digest_place(const struct merge *merge, const struct data_key *key)
{
    const struct names *digests = &merge->draft->digests;
    int64_t number = names_find(digests,
                                (struct span){(const char *)key->digest.bytes, DIGEST_BYTES});

    INVARIANT(number != NAME_NONE);
    return digests->entries[number].place;
}

static void refuse_names(const struct filling *filling, const struct names *names,
                         enum directory_table table, const char *section)
{
    const struct merge *merge = filling->merge;
    char path[PATH_BYTES];

    for (uint32_t i = 0; i < names->count; i++) {
        const struct name *name = &names->entries[i];

        if (directory_file_find(filling->file, table, name->text) == ROW_NONE)
            continue;
        (void)snprintf(path, sizeof(path), "%s.%.*s", section, SPAN_FMT(name->text));
        report_add(merge->report, REPORT_ERROR, name->place, path, one_owner,
                   "the directory has this name too (%s, change %llu)",
                   merge->data->directory.path.ptr, change_of(merge));
    }
}

/* A grant of a slug without a model waits for the model; one that was mistyped waits for ever. */
static void find_models(struct filling *filling)
{
    const struct merge *merge = filling->merge;
    uint32_t slugs = directory_file_rows(filling->file, DIRECTORY_SLUGS);
    struct span first = {NULL, 0};
    uint32_t missing = 0;

    for (uint32_t n = 0; n < slugs; n++) {
        struct span slug = directory_file_text(
            filling->file, *DIRECTORY_ROW(filling->file, SLUGS, struct directory_text, n));
        int64_t number = names_find(&merge->draft->models.names, slug);

        filling->slug_models[n] = number == NAME_NONE ? ROW_NONE : (uint32_t)number;
        if (number == NAME_NONE && missing++ == 0)
            first = slug;
    }
    if (missing == 1)
        report_add(merge->report, REPORT_WARNING, merge_place(merge), "", "",
                   "the directory grants \"%.*s\", and there is no such model", SPAN_FMT(first));
    else if (missing > 1)
        report_add(merge->report, REPORT_WARNING, merge_place(merge), "", "",
                   "the directory grants \"%.*s\" and %" PRIu32 " more slugs without a model",
                   SPAN_FMT(first), missing - 1);
}

/* Lists of GRANTS are met in the order of the file, so each begins where the last one ended. */
static uint32_t fill_models(struct filling *filling, struct directory_list list,
                            const uint32_t **out)
{
    const uint32_t *slugs = DIRECTORY_ROW(filling->file, GRANTS, uint32_t, list.first);
    uint32_t first = filling->models_used;

    *out = filling->models + first;
    for (uint32_t i = 0; i < list.count; i++) {
        uint32_t model = filling->slug_models[slugs[i]];

        if (model != ROW_NONE)
            filling->models[filling->models_used++] = model;
    }
    return filling->models_used - first;
}

static struct data_grant fill_grant(struct filling *filling, struct directory_list list,
                                    uint32_t flags)
{
    struct data_grant grant = {.all = (flags & DIRECTORY_MODELS_ALL) != 0};

    grant.count = fill_models(filling, list, &grant.models);
    return grant;
}

static void fill_groups(struct filling *filling)
{
    struct data *data = filling->merge->data;

    for (uint32_t n = 0; n < data->directory.group_count; n++) {
        const struct directory_group_row *row = DIRECTORY_ROW(filling->file, GROUPS,
                                                              struct directory_group_row, n);

        data->groups[filling->own_groups + n] = (struct data_subject){
            .name = directory_file_text(filling->file, row->name),
            .disabled = (row->flags & DIRECTORY_DISABLED) != 0,
            .grant = fill_grant(filling, row->models, row->flags),
        };
    }
}

static void fill_users(struct filling *filling)
{
    struct data *data = filling->merge->data;
    uint32_t memberships = directory_file_rows(filling->file, DIRECTORY_MEMBERSHIPS);

    for (uint32_t i = 0; i < memberships; i++)
        filling->groups[i] = filling->own_groups +
                             *DIRECTORY_ROW(filling->file, MEMBERSHIPS, uint32_t, i);
    for (uint32_t n = 0; n < data->directory.user_count; n++) {
        const struct directory_user_row *row = DIRECTORY_ROW(filling->file, USERS,
                                                             struct directory_user_row, n);

        data->users[filling->own_users + n] = (struct data_subject){
            .name = directory_file_text(filling->file, row->name),
            .disabled = (row->flags & DIRECTORY_DISABLED) != 0,
            .grant = fill_grant(filling, row->models, row->flags),
            .group_count = row->groups.count,
            .groups = filling->groups + row->groups.first,
        };
    }
}

enum { KEY_FLAGS = KEY_DISABLED | KEY_SCOPE_LIST | KEY_SCOPE_CALL | KEY_SCOPE_ADMIN };

static void fill_keys(struct filling *filling)
{
    struct data *data = filling->merge->data;

    for (uint32_t n = 0; n < data->directory.key_count; n++) {
        const struct directory_key_row *row = DIRECTORY_ROW(filling->file, KEYS,
                                                            struct directory_key_row, n);
        struct data_key *key = &data->keys[data->key_count++];

        *key = (struct data_key){
            .name = directory_file_text(filling->file, row->name),
            .digest = row->digest,
            .user = row->user == ROW_NONE ? ROW_NONE : filling->own_users + row->user,
            .group = row->group == ROW_NONE ? ROW_NONE : filling->own_groups + row->group,
            .flags = row->flags & KEY_FLAGS,
            .expires_s = row->expires_s,
            .restricted = (row->flags & DIRECTORY_MODELS_ALL) == 0,
        };
        key->allowed_count = fill_models(filling, row->models, &key->allowed);
    }
}

/* The same key by the text it had before: a row of its own, with the name and so the cell. */
static void fill_old_digests(struct filling *filling)
{
    struct data *data = filling->merge->data;

    for (uint32_t n = 0; n < data->directory.old_digest_count; n++) {
        const struct directory_old_digest_row *row = DIRECTORY_ROW(
            filling->file, OLD_DIGESTS, struct directory_old_digest_row, n);
        struct data_key *key = &data->keys[data->key_count++];

        *key = data->keys[filling->own_keys + row->key];
        key->digest = row->digest;
        if (key->expires_s == 0 || row->expires_s < key->expires_s)
            key->expires_s = row->expires_s;
    }
}

void merge_revoke(const struct merge *merge, uint32_t key, uint32_t own, const char *how)
{
    struct data_key *row = &merge->data->keys[key];
    char path[PATH_BYTES];

    row->flags |= KEY_REVOKED;
    if (key >= own)
        return;
    (void)snprintf(path, sizeof(path), "keys.%.*s", SPAN_FMT(row->name));
    report_add(merge->report, REPORT_WARNING, merge_digest_place(merge, row), path, "",
               "the key is revoked %s in the directory (%s, change %llu): it is refused", how,
               merge->data->directory.path.ptr, change_of(merge));
}

/* By row of the draft's keys: index into data.keys, or ROW_NONE for one that was left out. */
static const uint32_t *number_own_keys(const struct filling *filling)
{
    const struct list *rows = &filling->merge->draft->keys.rows;
    uint32_t *numbers = arena_take(filling->merge->scratch,
                                   (size_t)(rows->count + 1) * sizeof(*numbers));
    uint32_t number = 0;

    for (uint32_t i = 0; numbers != NULL && i < rows->count; i++) {
        const struct draft_key *key = list_at(rows, i);

        numbers[i] = key->known ? number++ : ROW_NONE;
    }
    return numbers;
}

static int revoke_names(const struct filling *filling)
{
    const struct merge *merge = filling->merge;
    const struct directory_file *file = filling->file;
    const uint32_t *numbers = number_own_keys(filling);

    if (numbers == NULL)
        return ERR_NO_MEMORY;
    for (uint32_t n = 0; n < directory_file_rows(file, DIRECTORY_REVOKED_NAMES); n++) {
        struct span name = directory_file_text(
            file, DIRECTORY_ROW(file, REVOKED_NAMES, struct directory_revoked_name_row, n)->name);
        int64_t own = names_find(&merge->draft->keys.names, name);
        uint32_t row = directory_file_find(file, DIRECTORY_KEYS, name);

        if (own != NAME_NONE && numbers[own] != ROW_NONE)
            merge_revoke(merge, numbers[own], filling->own_keys, "by its name");
        if (row != ROW_NONE)
            merge_revoke(merge, filling->own_keys + row, filling->own_keys, "by its name");
    }
    return 0;
}

static int fill(struct filling *filling)
{
    const struct merge *merge = filling->merge;

    filling->slug_models = take_numbers(merge, directory_file_rows(filling->file, DIRECTORY_SLUGS));
    filling->models = take_numbers(merge, directory_file_rows(filling->file, DIRECTORY_GRANTS));
    filling->groups = take_numbers(merge,
                                   directory_file_rows(filling->file, DIRECTORY_MEMBERSHIPS));
    if (filling->slug_models == NULL || filling->models == NULL || filling->groups == NULL)
        return ERR_NO_MEMORY;
    find_models(filling);
    fill_groups(filling);
    fill_users(filling);
    fill_keys(filling);
    int err = revoke_names(filling);
    if (err != 0)
        return err;
    fill_old_digests(filling);
    return merge_digests(merge, filling->own_keys);
}

int merge_rows(const struct merge *merge)
{
    const struct data *data = merge->data;
    struct filling filling = {
        .merge = merge,
        .file = &data->directory.file,
        .own_groups = data->group_count - data->directory.group_count,
        .own_users = data->user_count - data->directory.user_count,
        .own_keys = data->key_count,
    };

    if (filling.file->header == NULL)
        return 0;
    refuse_names(&filling, &merge->draft->groups.names, DIRECTORY_GROUPS, "groups");
    refuse_names(&filling, &merge->draft->users.names, DIRECTORY_USERS, "users");
    refuse_names(&filling, &merge->draft->keys.names, DIRECTORY_KEYS, "keys");
    return fill(&filling);
}
