/*
 * Whoever owns what: a registry that is divided between the configuration and the directory in any
 * way comes to the same rights as one that stands in the configuration alone.
 */
#include "lib/base/text.h"
#include "shm/directory_writer.h"
#include "tests/unit/export_fixture.h"
#include "tests/unit/load_fixture.h"

#include <unistd.h>

/* NOLINTBEGIN(concurrency-mt-unsafe): a test has one thread */

enum {
    ROUNDS = 150,
    MODELS = 70, /* more than a word of a bitmap */
    GROUPS = 6,
    USERS = 6,
    KEYS = 14,
    NAME_BYTES = 16,
    LIST_BYTES = 512,
    TEXT_BYTES = 64 * 1024,
    PERCENT = 100,
};

struct subject {
    char name[NAME_BYTES];
    bool in_directory;
    bool all;
    bool disabled;
    bool models[MODELS];
    bool groups[GROUPS]; /* of a user */
};

struct key {
    char name[NAME_BYTES];
    char text[NAME_BYTES];
    bool in_directory;
    bool restricted;
    bool disabled;
    bool models[MODELS];
    uint32_t user;  /* ROW_NONE: none */
    uint32_t group; /* likewise */
    int64_t expires_s;
    uint32_t scopes;
};

struct world {
    uint64_t seed;
    bool enabled[MODELS];
    struct subject groups[GROUPS];
    struct subject users[USERS];
    struct key keys[KEYS];
    char lists[GROUPS + 2 * USERS + KEYS][LIST_BYTES]; /* of the plan */
    uint32_t list_count;
};

/* splitmix64 */
static uint32_t draw(struct world *world, uint32_t below)
{
    uint64_t mixed = world->seed += UINT64_C(0x9e3779b97f4a7c15);

    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((mixed ^ mixed >> 31) % below);
}

static bool chance(struct world *world, uint32_t percent)
{
    return draw(world, PERCENT) < percent;
}

static void draw_models(struct world *world, bool models[static MODELS])
{
    uint32_t percent = draw(world, 3) * 10;

    for (uint32_t i = 0; i < MODELS; i++)
        models[i] = chance(world, percent);
}

static void draw_subject(struct world *world, struct subject *subject, const char *kind,
                         uint32_t number)
{
    (void)snprintf(subject->name, NAME_BYTES, "%s%u", kind, number);
    subject->in_directory = chance(world, 50);
    subject->all = chance(world, 10);
    subject->disabled = chance(world, 15);
    draw_models(world, subject->models);
}

/* What the directory has refers to what it has itself: its database knows nothing else. */
static void draw_key(struct world *world, struct key *key, uint32_t number)
{
    (void)snprintf(key->name, NAME_BYTES, "k%u", number);
    (void)snprintf(key->text, NAME_BYTES, "t%u", number);
    key->user = chance(world, 80) ? draw(world, USERS) : ROW_NONE;
    key->group = chance(world, 40) ? draw(world, GROUPS) : ROW_NONE;
    key->in_directory = chance(world, 70) &&
                        (key->user == ROW_NONE || world->users[key->user].in_directory) &&
                        (key->group == ROW_NONE || world->groups[key->group].in_directory);
    key->disabled = chance(world, 10);
    key->expires_s = chance(world, 30) ? INT64_C(4102444800) : 0;
    key->scopes = 1 + draw(world, 7);
    draw_models(world, key->models);
    for (uint32_t i = 0; i < MODELS; i++)
        key->restricted = key->restricted || key->models[i];
}

static void draw_world(struct world *world, uint64_t seed)
{
    memset(world, 0, sizeof(*world));
    world->seed = seed;
    for (uint32_t i = 0; i < MODELS; i++)
        world->enabled[i] = chance(world, 80);
    for (uint32_t i = 0; i < GROUPS; i++)
        draw_subject(world, &world->groups[i], "g", i);
    for (uint32_t i = 0; i < USERS; i++) {
        struct subject *user = &world->users[i];

        draw_subject(world, user, "u", i);
        for (uint32_t group = 0; group < GROUPS; group++) {
            user->groups[group] = chance(world, 25);
            if (user->groups[group] && !world->groups[group].in_directory)
                user->in_directory = false;
        }
    }
    for (uint32_t i = 0; i < KEYS; i++)
        draw_key(world, &world->keys[i], i);
}

static void add_format(struct text *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add_format(struct text *out, const char *format, ...)
{
    char piece[LIST_BYTES];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(piece, sizeof(piece), format, args);
    va_end(args);
    text_add(out, span_of(piece));
}

static void add_names(struct text *out, const char *kind, const bool *which, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (which[i])
            add_format(out, "%s%u,", kind, i);
    }
}

static void add_yaml_subject(struct text *out, const struct subject *subject, bool is_user)
{
    add_format(out, "  %s: { disabled: %s, models: ", subject->name,
               subject->disabled ? "true" : "false");
    if (subject->all) {
        text_add(out, SPAN("all"));
    } else {
        text_add(out, SPAN("["));
        add_names(out, "m", subject->models, MODELS);
        text_add(out, SPAN("]"));
    }
    if (is_user) {
        text_add(out, SPAN(", groups: ["));
        add_names(out, "g", subject->groups, GROUPS);
        text_add(out, SPAN("]"));
    }
    text_add(out, SPAN(" }\n"));
}

static void add_yaml_key(struct text *out, const struct key *key)
{
    const struct digest digest = export_plan_digest(key->text);
    char hex[DIGEST_HEX_BYTES];

    digest_to_hex(&digest, hex);
    add_format(out, "  %s: { sha256: \"%.*s\", disabled: %s, scopes: [%s%s%s]", key->name,
               DIGEST_HEX_BYTES, hex, key->disabled ? "true" : "false",
               (key->scopes & 1) != 0 ? "list," : "", (key->scopes & 2) != 0 ? "call," : "",
               (key->scopes & 4) != 0 ? "admin," : "");
    if (key->user != ROW_NONE)
        add_format(out, ", user: u%u", key->user);
    if (key->group != ROW_NONE)
        add_format(out, ", group: g%u", key->group);
    if (key->expires_s != 0)
        text_add(out, SPAN(", expires: 2100-01-01"));
    text_add(out, SPAN(", allowed_models: ["));
    add_names(out, "m", key->models, MODELS);
    text_add(out, SPAN("] }\n"));
}

static bool belongs(bool in_directory, bool whole)
{
    return whole || !in_directory;
}

/* `whole`: all of it; else what the directory has not. */
static void add_yaml(struct text *out, const struct world *world, bool whole)
{
    add_format(out,
               "state_dir: \"%s\"\nlimits: { connections: 100, calls: 100 }\n"
               "providers: { p: { kind: openai_compatible, base_url: \"http://127.0.0.1/v1\" } }\n"
               "models:\n",
               whole ? "/nonexistent" : load_folder());
    for (uint32_t i = 0; i < MODELS; i++)
        add_format(out, "  m%u: { enabled: %s, deployments: [{ provider: p, model: x }] }\n", i,
                   world->enabled[i] ? "true" : "false");
    text_add(out, SPAN("groups:\n  own: { models: [] }\n"));
    for (uint32_t i = 0; i < GROUPS; i++) {
        if (belongs(world->groups[i].in_directory, whole))
            add_yaml_subject(out, &world->groups[i], false);
    }
    text_add(out, SPAN("users:\n  own: { models: [] }\n"));
    for (uint32_t i = 0; i < USERS; i++) {
        if (belongs(world->users[i].in_directory, whole))
            add_yaml_subject(out, &world->users[i], true);
    }
    text_add(out, SPAN("keys:\n  own: { group: own, sha256: "
                       "\"5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8\" }\n"));
    for (uint32_t i = 0; i < KEYS; i++) {
        if (belongs(world->keys[i].in_directory, whole))
            add_yaml_key(out, &world->keys[i]);
    }
    text_add_char(out, '\0');
    assert_int_equal(out->err, 0);
}

static const char *plan_list(struct world *world, const char *kind, const bool *which,
                             uint32_t count)
{
    char *list = world->lists[world->list_count++];
    struct text out = text_over(list, LIST_BYTES);

    for (uint32_t i = 0; i < count; i++) {
        if (which[i])
            add_format(&out, "%s%u ", kind, i);
    }
    text_add_char(&out, '\0');
    assert_int_equal(out.err, 0);
    return list;
}

static uint32_t plan_subjects(struct world *world, struct subject *subjects, uint32_t count,
                              struct plan_subject *rows)
{
    uint32_t planned = 0;

    for (uint32_t i = 0; i < count; i++) {
        const struct subject *subject = &subjects[i];

        if (!subject->in_directory)
            continue;
        rows[planned++] = (struct plan_subject){
            .name = subject->name,
            .models = plan_list(world, "m", subject->models, MODELS),
            .groups = plan_list(world, "g", subject->groups, GROUPS),
            .all = subject->all,
            .disabled = subject->disabled,
        };
    }
    return planned;
}

static uint32_t make_plan(struct world *world, struct plan *plan)
{
    uint32_t planned = 0;

    *plan = (struct plan){.change = 1};
    uint32_t subjects = plan_subjects(world, world->groups, GROUPS, plan->groups) +
                        plan_subjects(world, world->users, USERS, plan->users);
    for (uint32_t i = 0; i < KEYS; i++) {
        const struct key *key = &world->keys[i];

        if (!key->in_directory)
            continue;
        plan->keys[planned++] = (struct plan_key){
            .name = key->name,
            .text = key->text,
            .user = key->user == ROW_NONE ? NULL : world->users[key->user].name,
            .group = key->group == ROW_NONE ? NULL : world->groups[key->group].name,
            .models = key->restricted ? plan_list(world, "m", key->models, MODELS) : NULL,
            .disabled = key->disabled,
            .scopes = key->scopes << 1,
            .expires_s = key->expires_s,
        };
    }
    return planned + subjects;
}

static struct snapshot compile(const struct world *world, bool whole)
{
    static char memory[TEXT_BYTES];
    const struct registry_compile_input input = {.generation = 1, .now_s = 1000};
    struct text text = text_over(memory, sizeof(memory));
    struct report *report = report_new();
    struct registry_compiled compiled;
    struct snapshot snapshot;

    add_yaml(&text, world, whole);
    struct registry *registry = load_main(memory, report);
    if (registry == NULL || registry_compile(registry, &input, report, &compiled) != 0)
        fail_msg("%s", load_printed(report));
    assert_int_equal(snapshot_open(compiled.snapshot_fd, &snapshot), 0);
    (void)close(compiled.snapshot_fd);
    (void)close(compiled.secrets_fd);
    registry_free(&registry);
    report_free(&report);
    return snapshot;
}

static struct span owner_name(const struct snapshot *snapshot, enum snapshot_table table,
                              uint32_t number)
{
    const struct subject_row *rows = snapshot_table(snapshot, table);

    return number == ROW_NONE ? SPAN("(none)") : snapshot_bytes(snapshot, rows[number].name);
}

static void assert_equal_key(const struct snapshot *a, const struct snapshot *b,
                             const struct digest *digest)
{
    const struct key_row *left = snapshot_key(a, snapshot_find_key(a, digest));
    const struct key_row *right = snapshot_key(b, snapshot_find_key(b, digest));

    assert_int_equal(left->flags, right->flags);
    assert_int_equal(left->expires_s, right->expires_s);
    assert_true(span_equal(snapshot_bytes(a, left->name), snapshot_bytes(b, right->name)));
    assert_true(span_equal(owner_name(a, SNAPSHOT_USERS, left->user),
                           owner_name(b, SNAPSHOT_USERS, right->user)));
    assert_true(span_equal(owner_name(a, SNAPSHOT_GROUPS, left->group),
                           owner_name(b, SNAPSHOT_GROUPS, right->group)));
    for (uint32_t model = 0; model < snapshot_rows(a, SNAPSHOT_MODELS); model++)
        assert_int_equal(snapshot_is_granted(a, left->grant_set, model),
                         snapshot_is_granted(b, right->grant_set, model));
}

static void assert_equal_tables(const struct snapshot *a, const struct snapshot *b)
{
    static const enum snapshot_table tables[] = {SNAPSHOT_MODELS,     SNAPSHOT_KEYS,
                                                 SNAPSHOT_USERS,      SNAPSHOT_GROUPS,
                                                 SNAPSHOT_GRANT_SETS, SNAPSHOT_CELLS};

    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        assert_int_equal(snapshot_rows(a, tables[i]), snapshot_rows(b, tables[i]));
    /* The same identities, whoever owns them: a key that moves keeps its cell. */
    for (uint32_t n = 0; n < snapshot_rows(a, SNAPSHOT_CELLS); n++)
        assert_memory_equal(&SNAPSHOT_ROW(a, CELLS, struct cell_row, n)->identity,
                            &SNAPSHOT_ROW(b, CELLS, struct cell_row, n)->identity, DIGEST_BYTES);
}

static void a_divided_registry_comes_to_the_same_rights(void **state)
{
    static struct world world;
    static struct plan plan;
    uint32_t moved = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        draw_world(&world, seed);
        moved += make_plan(&world, &plan);
        export_plan_write(load_folder(), &plan);
        struct snapshot whole = compile(&world, true);
        struct snapshot divided = compile(&world, false);

        assert_equal_tables(&whole, &divided);
        for (uint32_t i = 0; i < KEYS; i++) {
            const struct digest digest = export_plan_digest(world.keys[i].text);

            assert_equal_key(&whole, &divided, &digest);
        }
        snapshot_close(&whole);
        snapshot_close(&divided);
    }
    /* Not vacuous: about a third of all went to the directory. */
    assert_true(moved > ROUNDS * (GROUPS + USERS + KEYS) / 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_divided_registry_comes_to_the_same_rights),
    };

    return cmocka_run_group_tests(tests, load_set_up, load_tear_down);
}

/* NOLINTEND(concurrency-mt-unsafe) */
