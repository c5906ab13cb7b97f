/* Names to array indexes, when all files are read and every name is known. */
#include "registry/draft.h"

#include "lib/base/err.h"
#include "registry/suggest.h"
#include "registry/traits.h"

#include <stdio.h>

enum {
    PATH_BYTES = 512,
    HINT_BYTES = 128,
    SHOWN_BYTES_MAX = 128, /* the longest slug */
    /* Candidates that all hints of a load together look at: a file full of mistakes stays fast. */
    HINT_CANDIDATES_MAX = 20000000,
};

struct link {
    struct draft *draft;
    struct arena *arena;
    struct report *report;
    const struct directory_file *directory; /* closed: there is none */
    uint32_t *stamps;                       /* which list named an entity last */
    uint32_t stamp;
    uint32_t hint_candidates;
    bool out_of_memory;
};

/* Where a reference stands: "keys.ada-laptop.allowed_models". */
struct owner {
    const char *section;
    struct span name;
    const char *field;
};

/* What is referred to: its table and its word. */
struct kind {
    const struct names *names;
    const char *word;
    bool in_directory;
    enum directory_table table; /* where the directory has more of them */
};

static struct span directory_name(const struct link *link, enum directory_table table, uint32_t row)
{
    const struct directory_file *file = link->directory;

    return directory_file_text(
        file, table == DIRECTORY_GROUPS
                  ? DIRECTORY_ROW(file, GROUPS, struct directory_group_row, row)->name
                  : DIRECTORY_ROW(file, USERS, struct directory_user_row, row)->name);
}

static const char *hint_for(struct link *link, const struct kind *kind,
                            const struct reference *reference, char memory[static HINT_BYTES])
{
    struct suggestion suggestion = suggestion_begin(reference->name);
    const struct names *names = kind->names;
    bool in_directory = kind->in_directory && link->directory->header != NULL;
    uint32_t more = in_directory ? directory_file_rows(link->directory, kind->table) : 0;

    if (reference->hidden || (uint64_t)names->count + more > link->hint_candidates)
        return "";
    link->hint_candidates -= names->count + more;
    for (uint32_t i = 0; i < names->count; i++)
        suggestion_offer(&suggestion, names->entries[i].text);
    for (uint32_t i = 0; i < more; i++)
        suggestion_offer(&suggestion, directory_name(link, kind->table, i));
    return suggestion_hint(&suggestion, memory, HINT_BYTES);
}

/* @param item  its number in a list, or -1 */
static void refuse_unknown(struct link *link, const struct kind *kind, const struct owner *owner,
                           const struct reference *reference, int64_t item)
{
    bool shown = !reference->hidden && reference->name.len <= SHOWN_BYTES_MAX;
    char path[PATH_BYTES];
    char number[16] = "";
    char hint[HINT_BYTES];

    if (item >= 0)
        (void)snprintf(number, sizeof(number), "[%u]", (unsigned)item);
    (void)snprintf(path, sizeof(path), "%s.%.*s%s%s%s", owner->section, SPAN_FMT(owner->name),
                   owner->field[0] == '\0' ? "" : ".", owner->field, number);
    if (shown)
        report_add(link->report, REPORT_ERROR, reference->place, path,
                   hint_for(link, kind, reference, hint), "there is no %s \"%.*s\"", kind->word,
                   SPAN_FMT(reference->name));
    else
        report_add(link->report, REPORT_ERROR, reference->place, path, "", "there is no such %s",
                   kind->word);
}

/* The directory's rows stand behind the configuration's. */
static uint32_t find(const struct link *link, const struct kind *kind, struct span name)
{
    int64_t number = names_find(kind->names, name);

    if (number != NAME_NONE)
        return (uint32_t)number;
    if (!kind->in_directory || link->directory->header == NULL)
        return ROW_NONE;
    uint32_t row = directory_file_find(link->directory, kind->table, name);
    return row == ROW_NONE ? ROW_NONE : kind->names->count + row;
}

static uint32_t resolve(struct link *link, const struct kind *kind, const struct owner *owner,
                        const struct reference *reference, int64_t item)
{
    if (reference->name.len == 0)
        return ROW_NONE;
    uint32_t number = find(link, kind, reference->name);
    if (number != ROW_NONE)
        return number;
    refuse_unknown(link, kind, owner, reference, item);
    return ROW_NONE;
}

/* Names that are written twice count once: the bitmaps made from the list could not tell. */
static bool is_first(struct link *link, uint32_t number)
{
    bool first = link->stamps[number] != link->stamp;

    link->stamps[number] = link->stamp;
    return first;
}

static uint32_t resolve_list(struct link *link, const struct kind *kind, const struct owner *owner,
                             const struct reference_list *list, const uint32_t **out)
{
    uint32_t *numbers;
    uint32_t count = 0;

    *out = NULL;
    if (list->count == 0)
        return 0;
    numbers = arena_take(link->arena, list->count * sizeof(*numbers));
    if (numbers == NULL) {
        link->out_of_memory = true;
        return 0;
    }
    link->stamp++;
    for (uint32_t i = 0; i < list->count; i++) {
        uint32_t number = resolve(link, kind, owner, &list->items[i], i);

        if (number != ROW_NONE && is_first(link, number))
            numbers[count++] = number;
    }
    *out = numbers;
    return count;
}

static struct data_grant link_grant(struct link *link, const struct owner *owner,
                                    const struct reference_list *list)
{
    const struct kind models = {.names = &link->draft->models.names, .word = "model"};
    struct data_grant grant = {.all = list->all};

    grant.count = resolve_list(link, &models, owner, list, &grant.models);
    return grant;
}

/* Stable: within a tier the order of the configuration stays. */
static void sort_by_tier(struct data_deployment *deployments, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        struct data_deployment moved = deployments[i];
        uint32_t at = i;

        for (; at > 0 && deployments[at - 1].tier > moved.tier; at--)
            deployments[at] = deployments[at - 1];
        deployments[at] = moved;
    }
}

/* A model's `translation` is for all of its deployments, so it may not fit one of them. */
static void link_traits(struct link *link, const struct draft_model *model, uint32_t number,
                        enum provider_kind kind, struct data_deployment *row)
{
    char path[PATH_BYTES];

    row->traits = traits_resolve(kind, &model->row.given_traits, &row->given);
    const char *wrong = traits_problem(kind, &row->traits);
    if (wrong == NULL)
        return;
    (void)snprintf(path, sizeof(path), "models.%.*s.deployments[%u]", SPAN_FMT(model->row.slug),
                   number);
    report_add(link->report, REPORT_ERROR, model->deployments[number].provider.place, path,
               row->given.given == 0 ? "write it in each deployment's own \"translation\"" : "",
               "%s", wrong);
}

static void link_deployments(struct link *link, const struct data_provider *known,
                             struct draft_model *model)
{
    const struct kind providers = {.names = &link->draft->providers.names, .word = "provider"};
    struct data_deployment *rows;
    uint32_t count = 0;

    if (model->deployment_count == 0)
        return;
    rows = arena_take(link->arena, model->deployment_count * sizeof(*rows));
    if (rows == NULL) {
        link->out_of_memory = true;
        return;
    }
    for (uint32_t i = 0; i < model->deployment_count; i++) {
        const struct draft_deployment *deployment = &model->deployments[i];
        char field[64];

        (void)snprintf(field, sizeof(field), "deployments[%u].provider", i);
        const struct owner owner = {"models", model->row.slug, field};
        rows[count] = deployment->row;
        rows[count].provider = resolve(link, &providers, &owner, &deployment->provider, -1);
        if (rows[count].provider == ROW_NONE)
            continue;
        link_traits(link, model, i, known[rows[count].provider].kind, &rows[count]);
        count++;
    }
    sort_by_tier(rows, count);
    model->row.deployments = rows;
    model->row.deployment_count = count;
}

static struct span owned_by_word(enum provider_kind kind)
{
    static const struct span words[] = {
#define X(name, word, owned_by, ...) {owned_by, sizeof(owned_by) - 1},
        PROVIDER_KIND_MAP(X)
#undef X
    };

    return words[kind];
}

/* A model all of whose deployments hang on unresolved references cannot be called: leave it out. */
static void link_models(struct link *link, const struct data_provider *providers, struct data *data)
{
    for (uint32_t i = 0; i < data->model_count; i++) {
        struct draft_model *draft = list_at(&link->draft->models.rows, i);
        struct data_model *model = &draft->row;

        link_deployments(link, providers, draft);
        if (model->deployment_count == 0)
            model->enabled = false;
        else if (model->owned_by.len == 0)
            model->owned_by = owned_by_word(providers[model->deployments[0].provider].kind);
        data->models[i] = *model;
    }
}

static void link_subjects(struct link *link, const struct draft_table *table, const char *section,
                          struct data_subject *out)
{
    const struct kind groups = {&link->draft->groups.names, "group", true, DIRECTORY_GROUPS};

    for (uint32_t i = 0; i < table->rows.count; i++) {
        const struct draft_subject *draft = list_at(&table->rows, i);
        struct owner owner = {section, draft->row.name, "models"};

        out[i] = draft->row;
        out[i].grant = link_grant(link, &owner, &draft->models);
        owner.field = "groups";
        out[i].group_count = resolve_list(link, &groups, &owner, &draft->groups, &out[i].groups);
    }
}

static void link_keys(struct link *link, struct data *data)
{
    const struct kind models = {.names = &link->draft->models.names, .word = "model"};
    const struct kind users = {&link->draft->users.names, "user", true, DIRECTORY_USERS};
    const struct kind groups = {&link->draft->groups.names, "group", true, DIRECTORY_GROUPS};
    const struct list *rows = &link->draft->keys.rows;

    data->key_count = 0;
    for (uint32_t i = 0; i < rows->count; i++) {
        const struct draft_key *draft = list_at(rows, i);
        struct owner owner = {"keys", draft->row.name, "user"};

        struct data_key *key = &data->keys[data->key_count];
        *key = draft->row;
        key->user = resolve(link, &users, &owner, &draft->user, -1);
        owner.field = "group";
        key->group = resolve(link, &groups, &owner, &draft->group, -1);
        owner.field = "allowed_models";
        key->allowed_count = resolve_list(link, &models, &owner, &draft->allowed, &key->allowed);
        key->restricted = key->allowed_count != 0;
        data->key_count += draft->known ? 1 : 0;
    }
}

static void *take_rows(struct link *link, uint32_t count, size_t row_bytes)
{
    void *rows = count == 0 ? NULL : arena_take(link->arena, count * row_bytes);

    if (count > 0 && rows == NULL)
        link->out_of_memory = true;
    return rows;
}

static void link_browser(struct link *link, struct data *data)
{
    const struct kind users = {&link->draft->users.names, "user", true, DIRECTORY_USERS};
    const struct kind groups = {&link->draft->groups.names, "group", true, DIRECTORY_GROUPS};
    const struct list *rows = &link->draft->browser_users.rows;
    const struct owner group = {"browser", {"default_group", 13}, ""};
    struct data_browser_user *linked = take_rows(link, rows->count, sizeof(*linked));

    data->browser.default_group = resolve(link, &groups, &group, &link->draft->browser_group, -1);
    data->browser.users = linked;
    for (uint32_t i = 0; linked != NULL && i < rows->count; i++) {
        const struct draft_browser_user *draft = list_at(rows, i);
        const struct owner owner = {"browser.users", draft->name, ""};

        linked[data->browser.user_count] = draft->row;
        linked[data->browser.user_count].user = resolve(link, &users, &owner, &draft->user, -1);
        data->browser.user_count += linked[data->browser.user_count].user != ROW_NONE ? 1 : 0;
    }
}

static void take_tables(struct link *link, struct data *data)
{
    struct draft *draft = link->draft;
    const struct data_directory *directory = &data->directory;
    uint32_t keys = draft->keys.rows.count + directory->key_count + directory->old_digest_count;

    data->provider_count = draft->providers.rows.count;
    data->providers = take_rows(link, data->provider_count, sizeof(*data->providers));
    data->model_count = draft->models.rows.count;
    data->models = take_rows(link, data->model_count, sizeof(*data->models));
    data->group_count = draft->groups.rows.count + directory->group_count;
    data->groups = take_rows(link, data->group_count, sizeof(*data->groups));
    data->user_count = draft->users.rows.count + directory->user_count;
    data->users = take_rows(link, data->user_count, sizeof(*data->users));
    data->keys = take_rows(link, keys, sizeof(*data->keys));

    uint32_t most = data->model_count > data->group_count ? data->model_count : data->group_count;
    link->stamps = take_rows(link, most, sizeof(*link->stamps));
}

int draft_link(struct draft *draft, struct arena *arena, struct report *report, struct data *data)
{
    static const struct owner anonymous = {"anonymous", {"models", 6}, ""};
    struct link link = {
        .draft = draft,
        .arena = arena,
        .report = report,
        .directory = &data->directory.file,
        .hint_candidates = HINT_CANDIDATES_MAX,
    };

    take_tables(&link, data);
    if (link.out_of_memory)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < data->provider_count; i++)
        data->providers[i] = *(const struct data_provider *)list_at(&draft->providers.rows, i);
    link_models(&link, data->providers, data);
    link_subjects(&link, &draft->groups, "groups", data->groups);
    link_subjects(&link, &draft->users, "users", data->users);
    link_keys(&link, data);
    data->anonymous = link_grant(&link, &anonymous, &draft->anonymous);
    link_browser(&link, data);
    return link.out_of_memory ? ERR_NO_MEMORY : 0;
}
