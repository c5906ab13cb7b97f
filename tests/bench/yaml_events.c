/** The yardstick for a load: libyaml's events of some files, counted and thrown away. */
#include <stdio.h>
#include <yaml.h>

static int count_events(const char *path, unsigned long *events)
{
    FILE *file = fopen(path, "rbe");
    yaml_parser_t parser;
    yaml_event_t event;
    int is_open = 1;

    if (file == NULL || !yaml_parser_initialize(&parser)) {
        (void)fprintf(stderr, "yaml_events: cannot read %s\n", path);
        return 1;
    }
    yaml_parser_set_input_file(&parser, file);
    while (is_open) {
        if (!yaml_parser_parse(&parser, &event)) {
            (void)fprintf(stderr, "yaml_events: %s:%zu: %s\n", path, parser.problem_mark.line + 1,
                          parser.problem);
            break;
        }
        is_open = event.type != YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
        ++*events;
    }
    yaml_parser_delete(&parser);
    (void)fclose(file);
    return is_open;
}

int main(int argc, char **argv)
{
    unsigned long events = 0;

    for (int i = 1; i < argc; i++) {
        if (count_events(argv[i], &events) != 0)
            return 1;
    }
    printf("%lu\n", events);
    return 0;
}
