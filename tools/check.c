#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "registry/registry.h"
#include "tools/admin_begin.h"
#include "tools/offline.h"
#include "tools/tools.h"

#include <stdio.h>
#include <unistd.h>

struct check_options {
    const char *config;
    bool secrets;
};

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

/* "1 group", "2 groups" */
static void print_count(const char *before, uint32_t count, const char *what)
{
    printf("%s%u %s%s", before, count, what, count == 1 ? "" : "s");
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
    printf("%s: ok: ", options->config);
    print_count("", counts.models, "model");
    print_count(", ", counts.providers, "provider");
    print_count(", ", counts.groups, "group");
    print_count(", ", counts.users, "user");
    print_count(", ", counts.keys, "key");
    if (counts.has_directory) {
        print_count("; in the directory ", counts.directory_groups, "group");
        print_count(", ", counts.directory_users, "user");
        print_count(", ", counts.directory_keys, "key");
    }
    (void)putchar('\n');
    return fflush(stdout) == 0 ? TOOL_OK : TOOL_FAILED;
}

int tool_check(int argc, char **argv)
{
    struct admin_words words;
    char who[ADMIN_WHO_BYTES];
    int result;

    if (!admin_begin(argc, argv, &words, who, &result))
        return result;
    const char *given = words.values[ADMIN_OPTION_FROM_CONFIG];
    const struct check_options options = {
        .config = given == NULL ? OFFLINE_CONFIG_DEFAULT : given,
        .secrets = admin_words_have(&words, ADMIN_OPT(SECRETS)),
    };
    struct report *report = report_new();
    if (report == NULL) {
        fprintf(stderr, "%s: out of memory\n", who);
        return TOOL_FAILED;
    }
    result = check(&options, report);
    report_free(&report);
    if (result != TOOL_OK && given == NULL && access(options.config, F_OK) != 0)
        fprintf(stderr, "%s: another file is named with --config FILE\n", who);
    return result;
}
