#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "registry/registry.h"
#include "tools/tools.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char usage[] = "usage: weir check [--secrets] [--config FILE]\n";

struct check_options {
    const char *config;
    bool secrets;
};

static bool parse_options(int argc, char **argv, struct check_options *options)
{
    *options = (struct check_options){.config = "/etc/weir/weir.yaml"};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--secrets") == 0)
            options->secrets = true;
        else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
            options->config = argv[++i];
        else
            return false;
    }
    return true;
}

static void close_fd(int fd)
{
    if (fd >= 0)
        (void)close(fd);
}

/* What only compiling finds: limits that do not fit this process's own. Nothing is published. */
static void compile(const struct registry *registry, struct report *report)
{
    const struct registry_compile_input input = {.generation = 1, .now_s = wall_now_s()};
    struct registry_compiled compiled = REGISTRY_COMPILED_NONE;
    int err = registry_compile(registry, &input, report, &compiled);

    if (err != 0 && report_errors(report) == 0)
        report_add(report, REPORT_ERROR, (struct report_place){0}, "", "",
                   "the generation cannot be made: %s", err_text(err));
    if (err == 0) {
        close_fd(compiled.snapshot_fd);
        close_fd(compiled.secrets_fd);
        close_fd(compiled.accounts_fd);
    }
}

static int check(const struct check_options *options, struct report *report)
{
    struct registry *registry = registry_load(options->config, options->secrets, NULL, report);
    struct registry_counts counts = {0};

    if (registry != NULL) {
        registry_count(registry, &counts);
        compile(registry, report);
    }
    registry_free(&registry);
    if (report_print(report, STDERR_FILENO) != 0 || report_errors(report) != 0)
        return TOOL_FAILED;
    printf("%s: ok: %u models, %u providers, %u groups, %u users, %u keys", options->config,
           counts.models, counts.providers, counts.groups, counts.users, counts.keys);
    if (counts.has_directory)
        printf("; in the directory %u groups, %u users, %u keys", counts.directory_groups,
               counts.directory_users, counts.directory_keys);
    (void)putchar('\n');
    return fflush(stdout) == 0 ? TOOL_OK : TOOL_FAILED;
}

int tool_check(int argc, char **argv)
{
    struct check_options options;

    if (!parse_options(argc, argv, &options)) {
        (void)fputs(usage, stderr);
        return TOOL_USAGE;
    }
    struct report *report = report_new();
    if (report == NULL) {
        (void)fputs("weir check: out of memory\n", stderr);
        return TOOL_FAILED;
    }
    int status = check(&options, report);
    report_free(&report);
    return status;
}
