#include "registry/cells.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"

#include <stdlib.h>

/* The directory under construction. */
struct directory {
    struct build *build;
    struct cell_row *rows; /* ascending by identity */
    uint32_t count;
    uint32_t *reusable; /* indexes of rows whose number may be given away, ascending by number */
    uint32_t reusable_count;
    uint32_t taken; /* of `reusable` */
    uint64_t cells_used;
};

struct digest cells_identity(struct digester *digester, enum cell_kind kind,
                             const struct span *parts, size_t part_count)
{
    const char digit = (char)('0' + (int)kind);

    digester_begin(digester);
    digester_add(digester, (struct span){&digit, 1});
    for (size_t i = 0; i < part_count; i++) {
        digester_add(digester, (struct span){"", 1});
        digester_add(digester, parts[i]);
    }
    return digester_end(digester);
}

static void add_identity(struct build *build, struct identity identity)
{
    build->identities[build->identity_count++] = identity;
}

static struct identity identify(struct build *build, enum cell_kind kind, struct span name)
{
    return (struct identity){
        .digest = cells_identity(build->digester, kind, &name, 1),
        .kind = (uint32_t)kind,
    };
}

static void identify_deployments(struct build *build, const struct data_model *model,
                                 struct deployment_row *rows)
{
    for (uint32_t i = 0; i < model->deployment_count; i++) {
        const struct data_deployment *deployment = &model->deployments[i];
        const struct span parts[] = {model->slug, build->data->providers[deployment->provider].name,
                                     deployment->model};

        add_identity(build, (struct identity){
                                .digest = cells_identity(build->digester, CELL_DEPLOYMENT, parts,
                                                         sizeof(parts) / sizeof(parts[0])),
                                .kind = CELL_DEPLOYMENT,
                                .cell = rows != NULL ? &rows[i].cell : NULL,
                            });
    }
}

static void identify_models(struct build *build)
{
    struct model_row *rows = build->tables[SNAPSHOT_MODELS].rows;
    struct deployment_row *deployments = build->tables[SNAPSHOT_DEPLOYMENTS].rows;

    for (uint32_t i = 0; i < build->data->model_count; i++) {
        const struct data_model *model = &build->data->models[i];
        const uint32_t number = build->model_numbers[i];
        struct identity identity = identify(build, CELL_MODEL, model->slug);
        struct deployment_row *of_model = NULL;

        if (number != ROW_NONE) {
            identity.cell = &rows[number].cell;
            of_model = &deployments[rows[number].deployment_first];
        }
        add_identity(build, identity);
        identify_deployments(build, model, of_model);
    }
}

static void identify_providers(struct build *build)
{
    struct provider_row *rows = build->tables[SNAPSHOT_PROVIDERS].rows;

    for (uint32_t i = 0; i < build->data->provider_count; i++) {
        struct identity identity = identify(build, CELL_PROVIDER, build->data->providers[i].name);

        identity.cell = &rows[i].cell;
        add_identity(build, identity);
    }
}

static void identify_subjects(struct build *build, enum cell_kind kind,
                              const struct data_subject *subjects, struct build_table table)
{
    struct subject_row *rows = table.rows;

    for (uint32_t i = 0; i < table.count; i++) {
        struct identity identity = identify(build, kind, subjects[i].name);

        identity.cell = &rows[i].cell;
        add_identity(build, identity);
    }
}

static void identify_keys(struct build *build)
{
    struct key_row *rows = build->tables[SNAPSHOT_KEYS].rows;

    for (uint32_t i = 0; i < build->data->key_count; i++) {
        struct identity identity = identify(build, CELL_KEY, build->data->keys[i].name);

        identity.cell = &rows[i].cell;
        add_identity(build, identity);
    }
}

static int compare_digests(const struct digest *a, const struct digest *b)
{
    return memcmp(a->bytes, b->bytes, DIGEST_BYTES);
}

static int compare_identities(const void *left, const void *right)
{
    const struct identity *a = left;
    const struct identity *b = right;

    return compare_digests(&a->digest, &b->digest);
}

int cells_identify(struct build *build)
{
    const struct data *data = build->data;
    size_t count = (size_t)data->provider_count + data->model_count + data->key_count +
                   data->user_count + data->group_count;

    for (uint32_t i = 0; i < data->model_count; i++)
        count += data->models[i].deployment_count;
    build->identities = build_take(build, count, sizeof(*build->identities));
    if (build->identities == NULL || count >= ROW_NONE)
        return ERR_NO_MEMORY;
    identify_providers(build);
    identify_models(build);
    identify_keys(build);
    identify_subjects(build, CELL_USER, data->users, build->tables[SNAPSHOT_USERS]);
    identify_subjects(build, CELL_GROUP, data->groups, build->tables[SNAPSHOT_GROUPS]);
    INVARIANT(build->identity_count == count);
    qsort(build->identities, count, sizeof(*build->identities), compare_identities);
    return 0;
}

static bool is_held(const struct build *build, uint32_t cell)
{
    const struct state *state = build->input->state;

    if (state == NULL)
        return false;
    return cell >= state->cells_max ||
           atomic_load_explicit(&state_cell(state, cell)->holders, memory_order_acquire) != 0;
}

/* A row of the generation before whose identity is not there now. */
static void retire(struct directory *directory, const struct cell_row *before)
{
    const struct registry_compile_input *input = directory->build->input;
    struct cell_row *row = &directory->rows[directory->count];

    *row = *before;
    if (before->retired == 0)
        row->retired = input->generation;
    else if (before->retired <= input->acknowledged && !is_held(directory->build, before->cell))
        directory->reusable[directory->reusable_count++] = directory->count;
    directory->count++;
}

static void keep(struct directory *directory, const struct cell_row *before)
{
    struct cell_row *row = &directory->rows[directory->count++];

    *row = *before;
    row->retired = 0;
}

static void begin(struct directory *directory, const struct identity *identity)
{
    directory->rows[directory->count++] = (struct cell_row){
        .identity = identity->digest,
        .cell = ROW_NONE,
        .kind = identity->kind,
        .born = directory->build->input->generation,
    };
}

static uint32_t skip_equal(const struct build *build, uint32_t from)
{
    uint32_t next = from + 1;

    while (next < build->identity_count &&
           compare_identities(&build->identities[from], &build->identities[next]) == 0)
        next++;
    return next;
}

/* Both are ascending, so one walk through both meets every identity once. */
static void merge(struct directory *directory, const struct cell_row *before, uint32_t rows)
{
    const struct build *build = directory->build;
    uint32_t row = 0;
    uint32_t wanted = 0;

    while (row < rows || wanted < build->identity_count) {
        const struct identity *identity = &build->identities[wanted];
        int order;

        if (row == rows)
            order = -1;
        else if (wanted == build->identity_count)
            order = 1;
        else
            order = compare_digests(&identity->digest, &before[row].identity);
        if (order < 0)
            begin(directory, identity);
        else if (order > 0)
            retire(directory, &before[row]);
        else
            keep(directory, &before[row]);
        if (order <= 0)
            wanted = skip_equal(build, wanted);
        if (order >= 0)
            row++;
    }
}

/* glibc's qsort_r() hands the rows through to the comparison. */
static int compare_cells(const void *left, const void *right, void *rows)
{
    uint32_t a = ((const struct cell_row *)rows)[*(const uint32_t *)left].cell;
    uint32_t b = ((const struct cell_row *)rows)[*(const uint32_t *)right].cell;

    return (a > b) - (a < b);
}

static void give_numbers(struct directory *directory)
{
    qsort_r(directory->reusable, directory->reusable_count, sizeof(*directory->reusable),
            compare_cells, directory->rows);
    for (uint32_t i = 0; i < directory->count; i++) {
        struct cell_row *row = &directory->rows[i];

        if (row->cell != ROW_NONE)
            continue;
        if (directory->taken < directory->reusable_count) {
            struct cell_row *retired = &directory->rows[directory->reusable[directory->taken++]];

            row->cell = retired->cell;
            retired->kind = 0; /* its row goes, now that another has the number */
        } else {
            row->cell = (uint32_t)directory->cells_used++;
        }
    }
}

static void drop_rows_without_number(struct directory *directory)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < directory->count; i++) {
        if (directory->rows[i].kind != 0)
            directory->rows[kept++] = directory->rows[i];
    }
    directory->count = kept;
}

static void write_numbers(const struct directory *directory)
{
    const struct build *build = directory->build;
    uint32_t row = 0;

    for (uint32_t i = 0; i < build->identity_count; i++) {
        const struct identity *identity = &build->identities[i];

        while (compare_digests(&directory->rows[row].identity, &identity->digest) != 0)
            row++;
        if (identity->cell != NULL)
            *identity->cell = directory->rows[row].cell;
    }
}

static int check_cells_max(const struct build *build, uint64_t cells_used)
{
    const uint64_t cells_max = build->data->settings.cells_max;

    if (cells_used <= cells_max)
        return 0;
    report_add(build->report, REPORT_ERROR, build->data->places.cells_max, "state.cells_max",
               "raise it and restart", "this configuration needs %llu cells and %llu is the limit",
               (unsigned long long)cells_used, (unsigned long long)cells_max);
    return ERR_CONFIG;
}

int cells_assign(struct build *build)
{
    const struct snapshot *previous = build->input->previous;
    const struct cell_row *before = NULL;
    uint32_t rows = 0;

    if (previous != NULL) {
        before = snapshot_table(previous, SNAPSHOT_CELLS);
        rows = snapshot_rows(previous, SNAPSHOT_CELLS);
    }
    struct directory directory = {
        .build = build,
        .rows = build_take(build, (size_t)rows + build->identity_count, sizeof(*directory.rows)),
        .reusable = build_take(build, rows, sizeof(*directory.reusable)),
        .cells_used = previous != NULL ? previous->header->cells_used : 0,
    };
    if (directory.rows == NULL || directory.reusable == NULL)
        return ERR_NO_MEMORY;
    merge(&directory, before, rows);
    give_numbers(&directory);

    int err = check_cells_max(build, directory.cells_used);
    if (err != 0)
        return err;
    drop_rows_without_number(&directory);
    write_numbers(&directory);
    build->header.cells_used = (uint32_t)directory.cells_used;
    build->tables[SNAPSHOT_CELLS] = (struct build_table){directory.rows, directory.count};
    return 0;
}
