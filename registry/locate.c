#include "registry/locate.h"

#include "lib/base/err.h"
#include "registry/data.h"
#include "registry/files.h"
#include "registry/load.h"
#include "registry/yaml_events.h"

struct locator {
    struct yaml_events yaml;
    struct location *locations;
    uint32_t count;
};

/* Those that the path down to here leads to and that go on with `text`. @return is there more in it? */
static bool match(struct locator *locator, uint32_t depth, struct span text)
{
    bool goes_on = false;

    for (uint32_t i = 0; i < locator->count; i++) {
        struct location *location = &locator->locations[i];

        if (location->matched != depth || location->part_count <= depth ||
            !span_equal(location->parts[depth], text))
            continue;
        if (location->part_count > depth + 1) {
            location->matched = depth + 1;
            goes_on = true;
        } else if (location->place.file == NULL) {
            location->place = locator->yaml.place;
        }
    }
    return goes_on;
}

static void leave(struct locator *locator, uint32_t depth)
{
    for (uint32_t i = 0; i < locator->count; i++) {
        if (locator->locations[i].matched > depth)
            locator->locations[i].matched = depth;
    }
}

static bool is_inside(const struct locator *locator)
{
    return locator->yaml.node != NODE_END && locator->yaml.node != NODE_STOP;
}

static void walk_list(struct locator *locator, uint32_t depth)
{
    yaml_events_next(&locator->yaml);
    for (; is_inside(locator); yaml_events_skip(&locator->yaml)) {
        if (locator->yaml.node == NODE_SCALAR)
            (void)match(locator, depth, locator->yaml.scalar);
    }
    yaml_events_next(&locator->yaml);
}

/* NOLINTNEXTLINE(misc-no-recursion): no deeper than a location has parts */
static void walk_map(struct locator *locator, uint32_t depth)
{
    struct yaml_events *yaml = &locator->yaml;

    yaml_events_next(yaml);
    while (is_inside(locator)) {
        bool goes_on = yaml->node == NODE_SCALAR && match(locator, depth, yaml->scalar);

        yaml_events_skip(yaml);
        if (goes_on && yaml->node == NODE_MAP)
            walk_map(locator, depth + 1);
        else if (goes_on && yaml->node == NODE_LIST)
            walk_list(locator, depth + 1);
        else
            yaml_events_skip(yaml);
        leave(locator, depth);
    }
    yaml_events_next(yaml);
}

static int walk_file(struct locator *locator, const char *path, struct report *report)
{
    struct span text = {NULL, 0};
    const char *problem;
    int err = file_content_read(path, LOAD_CONFIG_BYTES_MAX, &text, &problem);

    if (err != 0)
        return err == ERR_NO_MEMORY ? err : 0;
    err = yaml_events_open(&locator->yaml, text, path, report);
    if (err == 0 && locator->yaml.node == NODE_MAP)
        walk_map(locator, 0);
    if (err == 0)
        yaml_events_close(&locator->yaml);
    file_content_free(&text);
    return err;
}

int registry_locate(const struct registry *registry, struct location *locations, uint32_t count)
{
    struct locator locator = {.locations = locations, .count = count};
    struct report *report = report_new(); /* of files that were changed since they were right */
    int err = report == NULL ? ERR_NO_MEMORY : 0;

    for (uint32_t i = 0; i < count; i++) {
        locations[i].matched = 0;
        locations[i].place = (struct report_place){0};
    }
    for (uint32_t i = 0; err == 0 && i < registry->data.file_count; i++)
        err = walk_file(&locator, registry->data.files[i].ptr, report);
    report_free(&report);
    return err;
}
