/* Where the configuration says something. */
#include "registry/locate.h"
#include "tests/unit/load_fixture.h"

static const char main_text[] =
    "include: [more.yaml]\n"
    "conceal_ungranted: true\n"
    "providers:\n"
    "  p: { kind: openai_compatible, base_url: \"http://127.0.0.1:1/v1\" }\n"
    "models:\n"
    "  \"org/a:1\":\n"
    "    context_window: 10\n"
    "    enabled: false\n"
    "  b: { context_window: 10, deployments: [{ provider: p, model: x }] }\n"
    "users:\n"
    "  u: { models: [b, \"org/a:1\"], groups: [g] }\n"
    "anonymous:\n"
    "  models:\n"
    "    - b\n";

static const char more_text[] = "# of others\n"
                                "groups:\n"
                                "# none yet\n"
                                "  g:\n"
                                "    models:\n"
                                "      - b\n"
                                "      - ${LOCATED_MODEL}\n"
                                "    disabled: true\n";

static const struct {
    const char *parts[LOCATE_PARTS_MAX];
    const char *file; /* NULL: nowhere */
    uint32_t line;
    uint32_t column;
} rows[] = {
    {{"conceal_ungranted"}, "weir.yaml", 2, 1},
    {{"models"}, "weir.yaml", 5, 1},
    {{"models", "org/a:1"}, "weir.yaml", 6, 3},
    {{"models", "org/a:1", "enabled"}, "weir.yaml", 8, 5},
    {{"models", "b"}, "weir.yaml", 9, 3},
    {{"models", "b", "deployments"}, "weir.yaml", 9, 28},
    {{"models", "b", "enabled"}, NULL, 0, 0},
    {{"models", "org/a:1", "deployments"}, NULL, 0, 0}, /* the next one has some */
    {{"models", "c"}, NULL, 0, 0},
    {{"users", "u", "models", "org/a:1"}, "weir.yaml", 11, 20},
    {{"users", "u", "groups", "g"}, "weir.yaml", 11, 41},
    {{"users", "u", "groups", "h"}, NULL, 0, 0},
    {{"anonymous", "models", "b"}, "weir.yaml", 14, 7},
    {{"groups", "g"}, "more.yaml", 4, 3},
    {{"groups", "g", "models", "b"}, "more.yaml", 6, 9},
    {{"groups", "g", "models", "org/a:1"}, NULL, 0, 0}, /* it came out of a reference */
    {{"groups", "g", "disabled"}, "more.yaml", 8, 5},
    {{"groups", "g", "models", "disabled"}, NULL, 0, 0},
    {{"u"}, NULL, 0, 0},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void ask(struct location *locations)
{
    for (size_t i = 0; i < ROWS; i++) {
        locations[i] = (struct location){0};
        while (locations[i].part_count < LOCATE_PARTS_MAX &&
               rows[i].parts[locations[i].part_count] != NULL) {
            locations[i].parts[locations[i].part_count] = span_of(
                rows[i].parts[locations[i].part_count]);
            locations[i].part_count++;
        }
    }
}

static void check_row(const struct location *location, size_t i)
{
    if (rows[i].file == NULL) {
        assert_null(location->place.file);
        return;
    }
    if (location->place.file == NULL)
        fail_msg("row %zu is not found", i);
    assert_non_null(strstr(location->place.file, rows[i].file));
    assert_int_equal(location->place.line, rows[i].line);
    assert_int_equal(location->place.column, rows[i].column);
}

static struct registry *load(struct report *report)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
    (void)setenv("LOCATED_MODEL", "org/a:1", 1);
    load_write_file("more.yaml", more_text);
    struct registry *registry = load_main(main_text, report);
    if (registry == NULL)
        fail_msg("%s", load_printed(report));
    return registry;
}

static void keys_and_items_are_found_over_all_files(void **state)
{
    struct location locations[ROWS];
    struct report *report = report_new();
    struct registry *registry;

    (void)state;
    assert_non_null(report);
    registry = load(report);
    ask(locations);
    assert_int_equal(registry_locate(registry, locations, ROWS), 0);
    for (size_t i = 0; i < ROWS; i++)
        check_row(&locations[i], i);
    registry_free(&registry);
    report_free(&report);
}

static void a_file_that_was_changed_or_is_gone_gives_no_place(void **state)
{
    struct location locations[ROWS];
    struct report *report = report_new();
    struct registry *registry;

    (void)state;
    assert_non_null(report);
    registry = load(report);
    load_write_file("more.yaml", "groups: [unclosed\n");
    load_write_file("weir.yaml", "- a list\n");
    ask(locations);
    assert_int_equal(registry_locate(registry, locations, ROWS), 0);
    for (size_t i = 0; i < ROWS; i++)
        assert_null(locations[i].place.file);
    registry_free(&registry);
    report_free(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_and_items_are_found_over_all_files),
        cmocka_unit_test(a_file_that_was_changed_or_is_gone_gives_no_place),
    };

    return cmocka_run_group_tests(tests, load_set_up, load_tear_down);
}
