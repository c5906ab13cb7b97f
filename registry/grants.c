#include "registry/grants.h"

#include "lib/base/err.h"

/* Bitmaps are built here before they are interned; users share theirs as keys share their sets. */
struct granter {
    struct build *build;
    size_t words;
    uint64_t *bits;        /* under construction */
    uint64_t *mask;        /* the allowed models of a key */
    uint64_t *everything;  /* all enabled models */
    struct intern sources; /* what users and groups grant */
    uint32_t *of_groups;   /* numbers in `sources` */
    uint32_t *of_users;
};

static void clear(const struct granter *granter, uint64_t *bits)
{
    memset(bits, 0, granter->words * sizeof(*bits));
}

static void add_models(const struct granter *granter, uint64_t *bits, const uint32_t *models,
                       uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t number = granter->build->model_numbers[models[i]];

        if (number != ROW_NONE)
            bits[number / 64] |= UINT64_C(1) << (number % 64);
    }
}

static void unite(const struct granter *granter, uint64_t *bits, const uint64_t *more)
{
    for (size_t i = 0; i < granter->words; i++)
        bits[i] |= more[i];
}

static void add_grant(const struct granter *granter, const struct data_grant *grant)
{
    if (grant->all)
        unite(granter, granter->bits, granter->everything);
    else
        add_models(granter, granter->bits, grant->models, grant->count);
}

static int intern_groups(struct granter *granter)
{
    const struct data *data = granter->build->data;
    int err = 0;

    for (uint32_t i = 0; err == 0 && i < data->group_count; i++) {
        clear(granter, granter->bits);
        if (!data->groups[i].disabled)
            add_grant(granter, &data->groups[i].grant);
        err = intern_add(&granter->sources, granter->bits, &granter->of_groups[i]);
    }
    return err;
}

static void add_user(struct granter *granter, const struct data_subject *user)
{
    add_grant(granter, &user->grant);
    for (uint32_t i = 0; i < user->group_count; i++) {
        unite(granter, granter->bits,
              intern_row(&granter->sources, granter->of_groups[user->groups[i]]));
    }
}

static int intern_users(struct granter *granter)
{
    const struct data *data = granter->build->data;
    int err = 0;

    for (uint32_t i = 0; err == 0 && i < data->user_count; i++) {
        clear(granter, granter->bits);
        if (!data->users[i].disabled)
            add_user(granter, &data->users[i]);
        err = intern_add(&granter->sources, granter->bits, &granter->of_users[i]);
    }
    return err;
}

static void restrict_to_allowed(const struct granter *granter, const struct data_key *key)
{
    clear(granter, granter->mask);
    add_models(granter, granter->mask, key->allowed, key->allowed_count);
    for (size_t i = 0; i < granter->words; i++)
        granter->bits[i] &= granter->mask[i];
}

static int intern_keys(struct granter *granter)
{
    const struct data *data = granter->build->data;
    struct key_row *rows = granter->build->tables[SNAPSHOT_KEYS].rows;
    int err = 0;

    for (uint32_t i = 0; err == 0 && i < data->key_count; i++) {
        const struct data_key *key = &data->keys[i];

        clear(granter, granter->bits);
        if (key->user != ROW_NONE)
            unite(granter, granter->bits,
                  intern_row(&granter->sources, granter->of_users[key->user]));
        if (key->group != ROW_NONE)
            unite(granter, granter->bits,
                  intern_row(&granter->sources, granter->of_groups[key->group]));
        if (key->restricted)
            restrict_to_allowed(granter, key);
        err = intern_add(&granter->build->grant_sets, granter->bits, &rows[i].grant_set);
    }
    return err;
}

/* What subjects of browsers' tokens have is their users', or the default group's. */
static int intern_browser(struct granter *granter)
{
    struct build *build = granter->build;
    const struct data_browser *browser = &build->data->browser;
    struct browser_user_row *rows = build->tables[SNAPSHOT_BROWSER_USERS].rows;
    int err = 0;

    build->header.browser_group = ROW_NONE;
    if (browser->issuer_count != 0 && browser->default_group != ROW_NONE) {
        build->header.browser_group = browser->default_group;
        clear(granter, granter->bits);
        unite(granter, granter->bits,
              intern_row(&granter->sources, granter->of_groups[browser->default_group]));
        err = intern_add(&build->grant_sets, granter->bits, &build->header.browser_grant_set);
    }
    for (uint32_t i = 0; err == 0 && i < build->tables[SNAPSHOT_BROWSER_USERS].count; i++) {
        clear(granter, granter->bits);
        unite(granter, granter->bits,
              intern_row(&granter->sources, granter->of_users[rows[i].user]));
        err = intern_add(&build->grant_sets, granter->bits, &rows[i].grant_set);
    }
    return err;
}

static int intern_all(struct granter *granter)
{
    struct build *build = granter->build;
    uint32_t empty;

    /* The empty set comes first and so has number 0. */
    int err = intern_add(&build->grant_sets, granter->bits, &empty);
    if (err == 0) {
        add_grant(granter, &build->data->anonymous);
        err = intern_add(&build->grant_sets, granter->bits, &build->header.anonymous_grant_set);
    }
    if (err == 0)
        err = intern_groups(granter);
    if (err == 0)
        err = intern_users(granter);
    if (err == 0)
        err = intern_keys(granter);
    if (err == 0)
        err = intern_browser(granter);
    return err;
}

static int make_tables(struct build *build)
{
    const struct intern *sets = &build->grant_sets;
    size_t words = build_bitmap_words(build);
    struct grant_set_row *rows = build_take_rows(build, SNAPSHOT_GRANT_SETS, sets->count);

    if (rows == NULL || sets->count * words >= ROW_NONE)
        return ERR_NO_MEMORY;
    for (uint32_t set = 0; set < sets->count; set++) {
        const uint64_t *bits = intern_row(sets, set);

        rows[set].first_word = (uint32_t)(set * words);
        for (size_t i = 0; i < words; i++)
            rows[set].models += (uint32_t)__builtin_popcountll(bits[i]);
    }
    build->tables[SNAPSHOT_GRANT_WORDS] = (struct build_table){sets->rows,
                                                               (uint32_t)(sets->count * words)};
    return 0;
}

int grants_build(struct build *build)
{
    size_t words = build_bitmap_words(build);
    struct granter granter = {
        .build = build,
        .words = words,
        .bits = build_take(build, words, sizeof(uint64_t)),
        .mask = build_take(build, words, sizeof(uint64_t)),
        .everything = build_take(build, words, sizeof(uint64_t)),
        .of_groups = build_take(build, build->data->group_count, sizeof(uint32_t)),
        .of_users = build_take(build, build->data->user_count, sizeof(uint32_t)),
    };

    if (granter.bits == NULL || granter.mask == NULL || granter.everything == NULL ||
        granter.of_groups == NULL || granter.of_users == NULL)
        return ERR_NO_MEMORY;
    add_models(&granter, granter.everything, build->model_indexes, build->model_count);
    intern_init(&granter.sources, build->arena, words * sizeof(uint64_t));
    intern_init(&build->grant_sets, build->arena, words * sizeof(uint64_t));
    int err = intern_all(&granter);
    return err != 0 ? err : make_tables(build);
}
