#include "tests/unit/export_fixture.h"

#include "shm/directory_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Distinct texts, ascending. */
struct set {
    uint32_t count;
    char *texts[PLAN_NAMES_MAX];
};

struct writing {
    struct directory_writer writer;
    struct set slugs;
    struct set groups;
    struct set users;
};

struct digest export_plan_digest(const char *text)
{
    struct digester *digester = digester_new();

    assert_non_null(digester);
    struct digest digest = digester_hash(digester, span_of(text));
    digester_free(&digester);
    return digest;
}

static int compare_texts(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void set_add(struct set *set, struct span word)
{
    for (uint32_t i = 0; i < set->count; i++) {
        if (span_equal(span_of(set->texts[i]), word))
            return;
    }
    assert_true(set->count < PLAN_NAMES_MAX);
    set->texts[set->count] = strndup(word.ptr, word.len);
    assert_non_null(set->texts[set->count]);
    set->count++;
    qsort(set->texts, set->count, sizeof(set->texts[0]), compare_texts);
}

static void set_add_words(struct set *set, const char *words)
{
    while (words != NULL && *words != '\0') {
        size_t len = strcspn(words, " ");

        if (len > 0)
            set_add(set, (struct span){words, len});
        words += len + (words[len] == ' ' ? 1 : 0);
    }
}

static void set_close(struct set *set)
{
    for (uint32_t i = 0; i < set->count; i++)
        free(set->texts[i]);
    set->count = 0;
}

static uint32_t set_find(const struct set *set, const char *text)
{
    for (uint32_t i = 0; i < set->count; i++) {
        if (strcmp(set->texts[i], text) == 0)
            return i;
    }
    fail_msg("the plan has no \"%s\"", text);
    return ROW_NONE;
}

static uint32_t count_words(const char *words)
{
    struct set set = {0};

    set_add_words(&set, words);
    uint32_t count = set.count;
    set_close(&set);
    return count;
}

static struct directory_list add_list(struct writing *writing, enum directory_table table,
                                      const struct set *all, const char *words)
{
    uint32_t first = directory_writer_next(&writing->writer, table);
    struct set set = {0};

    set_add_words(&set, words);
    for (uint32_t i = 0; i < set.count; i++) {
        uint32_t number = set_find(all, set.texts[i]);

        directory_writer_add(&writing->writer, table, &number);
    }
    set_close(&set);
    return (struct directory_list){first, directory_writer_next(&writing->writer, table) - first};
}

static int compare_subjects(const void *left, const void *right)
{
    return strcmp(((const struct plan_subject *)left)->name,
                  ((const struct plan_subject *)right)->name);
}

static int compare_keys(const void *left, const void *right)
{
    return strcmp(((const struct plan_key *)left)->name, ((const struct plan_key *)right)->name);
}

static int compare_digests(const void *left, const void *right)
{
    return memcmp(left, right, DIGEST_BYTES);
}

static uint32_t note_subjects(struct plan_subject *rows, struct set *names, struct set *slugs)
{
    uint32_t count = 0;

    for (; count < PLAN_ROWS_MAX && rows[count].name != NULL; count++) {
        set_add_words(names, rows[count].name);
        set_add_words(slugs, rows[count].models);
    }
    qsort(rows, count, sizeof(*rows), compare_subjects);
    return count;
}

static uint32_t flags_of(bool all, bool disabled)
{
    return (all ? (uint32_t)DIRECTORY_MODELS_ALL : 0) |
           (disabled ? (uint32_t)DIRECTORY_DISABLED : 0);
}

static void add_groups(struct writing *writing, const struct plan *plan, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct plan_subject *from = &plan->groups[i];
        const struct directory_group_row row = {
            .name = directory_writer_text(&writing->writer, span_of(from->name)),
            .models = add_list(writing, DIRECTORY_GRANTS, &writing->slugs, from->models),
            .flags = flags_of(from->all, from->disabled),
        };

        directory_writer_add(&writing->writer, DIRECTORY_GROUPS, &row);
    }
}

static void add_users(struct writing *writing, const struct plan *plan, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct plan_subject *from = &plan->users[i];
        const struct directory_user_row row = {
            .name = directory_writer_text(&writing->writer, span_of(from->name)),
            .models = add_list(writing, DIRECTORY_GRANTS, &writing->slugs, from->models),
            .groups = add_list(writing, DIRECTORY_MEMBERSHIPS, &writing->groups, from->groups),
            .flags = flags_of(from->all, from->disabled),
        };

        directory_writer_add(&writing->writer, DIRECTORY_USERS, &row);
    }
}

static void add_keys(struct writing *writing, const struct plan *plan, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct plan_key *from = &plan->keys[i];
        const struct directory_key_row row = {
            .digest = export_plan_digest(from->text),
            .expires_s = from->expires_s,
            .name = directory_writer_text(&writing->writer, span_of(from->name)),
            .models = add_list(writing, DIRECTORY_GRANTS, &writing->slugs, from->models),
            .user = from->user == NULL ? ROW_NONE : set_find(&writing->users, from->user),
            .group = from->group == NULL ? ROW_NONE : set_find(&writing->groups, from->group),
            .flags = flags_of(from->models == NULL, from->disabled) |
                     (from->scopes != 0 ? from->scopes
                                        : (uint32_t)(KEY_SCOPE_LIST | KEY_SCOPE_CALL)),
        };

        directory_writer_add(&writing->writer, DIRECTORY_KEYS, &row);
        if (from->old_text == NULL)
            continue;
        const struct directory_old_digest_row old = {
            .digest = export_plan_digest(from->old_text),
            .expires_s = from->old_expires_s,
            .key = i,
        };
        directory_writer_add(&writing->writer, DIRECTORY_OLD_DIGESTS, &old);
    }
}

static void add_revoked(struct writing *writing, const struct plan *plan)
{
    struct digest digests[PLAN_NAMES_MAX];
    struct set names = {0};
    struct set texts = {0};

    set_add_words(&names, plan->revoked_names);
    set_add_words(&texts, plan->revoked_texts);
    for (uint32_t i = 0; i < names.count; i++) {
        const struct directory_revoked_name_row row = {
            directory_writer_text(&writing->writer, span_of(names.texts[i])), 1};

        directory_writer_add(&writing->writer, DIRECTORY_REVOKED_NAMES, &row);
    }
    for (uint32_t i = 0; i < texts.count; i++)
        digests[i] = export_plan_digest(texts.texts[i]);
    qsort(digests, texts.count, sizeof(digests[0]), compare_digests);
    for (uint32_t i = 0; i < texts.count; i++) {
        const struct directory_revoked_digest_row row = {digests[i], 1};

        directory_writer_add(&writing->writer, DIRECTORY_REVOKED_DIGESTS, &row);
    }
    set_close(&names);
    set_close(&texts);
}

static void count_lists(const struct plan *plan, uint32_t rows[static DIRECTORY_TABLE_COUNT])
{
    for (uint32_t i = 0; i < rows[DIRECTORY_GROUPS]; i++)
        rows[DIRECTORY_GRANTS] += count_words(plan->groups[i].models);
    for (uint32_t i = 0; i < rows[DIRECTORY_USERS]; i++) {
        rows[DIRECTORY_GRANTS] += count_words(plan->users[i].models);
        rows[DIRECTORY_MEMBERSHIPS] += count_words(plan->users[i].groups);
    }
    for (uint32_t i = 0; i < rows[DIRECTORY_KEYS]; i++) {
        rows[DIRECTORY_GRANTS] += count_words(plan->keys[i].models);
        rows[DIRECTORY_OLD_DIGESTS] += plan->keys[i].old_text != NULL;
    }
    rows[DIRECTORY_REVOKED_NAMES] = count_words(plan->revoked_names);
    rows[DIRECTORY_REVOKED_DIGESTS] = count_words(plan->revoked_texts);
}

void export_plan_write(const char *folder, struct plan *plan)
{
    struct writing *writing = calloc(1, sizeof(*writing));
    uint32_t rows[DIRECTORY_TABLE_COUNT] = {0};

    assert_non_null(writing);
    rows[DIRECTORY_GROUPS] = note_subjects(plan->groups, &writing->groups, &writing->slugs);
    rows[DIRECTORY_USERS] = note_subjects(plan->users, &writing->users, &writing->slugs);
    for (; rows[DIRECTORY_KEYS] < PLAN_ROWS_MAX && plan->keys[rows[DIRECTORY_KEYS]].name != NULL;
         rows[DIRECTORY_KEYS]++)
        set_add_words(&writing->slugs, plan->keys[rows[DIRECTORY_KEYS]].models);
    qsort(plan->keys, rows[DIRECTORY_KEYS], sizeof(plan->keys[0]), compare_keys);
    count_lists(plan, rows);
    rows[DIRECTORY_SLUGS] = writing->slugs.count;

    assert_int_equal(directory_writer_begin(&writing->writer, folder, rows, plan->change), 0);
    for (uint32_t i = 0; i < writing->slugs.count; i++) {
        struct directory_text row = directory_writer_text(&writing->writer,
                                                          span_of(writing->slugs.texts[i]));

        directory_writer_add(&writing->writer, DIRECTORY_SLUGS, &row);
    }
    add_groups(writing, plan, rows[DIRECTORY_GROUPS]);
    add_users(writing, plan, rows[DIRECTORY_USERS]);
    add_keys(writing, plan, rows[DIRECTORY_KEYS]);
    add_revoked(writing, plan);
    assert_int_equal(directory_writer_commit(&writing->writer, plan->written_ms, NULL), 0);
    set_close(&writing->slugs);
    set_close(&writing->groups);
    set_close(&writing->users);
    free(writing);
}
