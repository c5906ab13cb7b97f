/*
 * Writes `state_dir/directory` with as many keys as wanted, as make_config.py writes them as YAML:
 * each group grants a window over the models, each key belongs to one group. The texts of the keys
 * are `bench-key-0`, `bench-key-1` …
 *
 *   export_keys STATE_DIR KEYS GROUPS MODELS
 */
#include "lib/base/digest.h"
#include "lib/base/err.h"
#include "shm/directory_writer.h"

#include <stdio.h>
#include <stdlib.h>

enum { NAME_BYTES = 32, LIST_MIN = 10, LIST_KINDS = 7 };

struct order {
    uint32_t keys;
    uint32_t groups;
    uint32_t models;
};

static struct directory_text add_text(struct directory_writer *writer, const char *form,
                                      uint32_t number)
{
    char name[NAME_BYTES];

    (void)snprintf(name, sizeof(name), "%s%0*u", form, form[0] == 'b' ? 3 : 8, number);
    return directory_writer_text(writer, span_of(name));
}

static int compare_numbers(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

static uint32_t list_length(uint32_t group)
{
    return LIST_MIN + group % LIST_KINDS;
}

static void add_groups(struct directory_writer *writer, const struct order *order)
{
    for (uint32_t n = 0; n < order->groups; n++) {
        uint32_t models[LIST_MIN + LIST_KINDS];
        struct directory_group_row row = {
            .name = add_text(writer, "group-", n),
            .models = {directory_writer_next(writer, DIRECTORY_GRANTS), list_length(n)},
        };

        for (uint32_t i = 0; i < row.models.count; i++)
            models[i] = (n + i) % order->models;
        qsort(models, row.models.count, sizeof(models[0]), compare_numbers);
        for (uint32_t i = 0; i < row.models.count; i++)
            directory_writer_add(writer, DIRECTORY_GRANTS, &models[i]);
        directory_writer_add(writer, DIRECTORY_GROUPS, &row);
    }
}

static void add_keys(struct directory_writer *writer, const struct order *order,
                     struct digester *digester)
{
    for (uint32_t n = 0; n < order->keys; n++) {
        char text[NAME_BYTES];
        struct directory_key_row row = {
            .name = add_text(writer, "key-", n),
            .models = {directory_writer_next(writer, DIRECTORY_GRANTS), 0},
            .user = ROW_NONE,
            .group = n % order->groups,
            .flags = DIRECTORY_MODELS_ALL | KEY_SCOPE_LIST | KEY_SCOPE_CALL,
        };

        (void)snprintf(text, sizeof(text), "bench-key-%u", n);
        row.digest = digester_hash(digester, span_of(text));
        directory_writer_add(writer, DIRECTORY_KEYS, &row);
    }
}

static int write_export(const char *state_dir, const struct order *order)
{
    struct directory_writer *writer = calloc(1, sizeof(*writer));
    struct digester *digester = digester_new();
    uint32_t rows[DIRECTORY_TABLE_COUNT] = {
        [DIRECTORY_SLUGS] = order->models,
        [DIRECTORY_GROUPS] = order->groups,
        [DIRECTORY_KEYS] = order->keys,
    };

    for (uint32_t n = 0; n < order->groups; n++)
        rows[DIRECTORY_GRANTS] += list_length(n);
    int err = writer == NULL || digester == NULL
                  ? ERR_NO_MEMORY
                  : directory_writer_begin(writer, state_dir, rows, 1);
    if (err == 0) {
        for (uint32_t n = 0; n < order->models; n++) {
            struct directory_text slug = add_text(writer, "bench-model-", n);

            directory_writer_add(writer, DIRECTORY_SLUGS, &slug);
        }
        add_groups(writer, order);
        add_keys(writer, order, digester);
        err = directory_writer_commit(writer, 0, NULL);
    }
    digester_free(&digester);
    free(writer);
    return err;
}

/* @return false unless it is a number from 1 on */
static bool read_number(const char *text, uint32_t *out)
{
    char *end = NULL;
    unsigned long number = strtoul(text, &end, 10);

    *out = (uint32_t)number;
    return *end == '\0' && number > 0 && number <= UINT32_MAX;
}

int main(int argc, char **argv)
{
    struct order order;

    if (argc != 5 || !read_number(argv[2], &order.keys) || !read_number(argv[3], &order.groups) ||
        !read_number(argv[4], &order.models) || order.models > 1000 ||
        order.models < LIST_MIN + LIST_KINDS) {
        fputs("usage: export_keys STATE_DIR KEYS GROUPS MODELS\n", stderr);
        return 2;
    }
    int err = write_export(argv[1], &order);
    if (err != 0)
        fprintf(stderr, "export_keys: %s\n", err_text(err));
    return err == 0 ? 0 : 1;
}
