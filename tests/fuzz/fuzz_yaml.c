/*
 * Any bytes as a configuration file: refused with a report, or loaded and compiled. What is compiled
 * passes the checks of those who map it, and compiled once more it is the same.
 */
#include "registry/load.h"
#include "tests/fuzz/fuzz.h"

#include <unistd.h>

enum { NOW_S = 1800000000 };

struct generation {
    struct snapshot snapshot;
    struct secrets secrets;
};

static void open_both(const struct registry_compiled *compiled, struct generation *out)
{
    int snapshot = snapshot_open(compiled->snapshot_fd, &out->snapshot);
    int secrets = secrets_open(compiled->secrets_fd, &out->secrets);

    INVARIANT(snapshot == 0 && secrets == 0);
    close(compiled->snapshot_fd);
    close(compiled->secrets_fd);
    close(compiled->accounts_fd);
}

static void check_generation(const struct registry *registry, struct report *report)
{
    struct registry_compile_input input = {.generation = 1, .now_s = NOW_S};
    struct registry_compiled compiled;
    struct generation first;
    int err = registry_compile(registry, &input, report, &compiled);

    INVARIANT((err == 0) == (report_errors(report) == 0));
    if (err != 0)
        return;
    INVARIANT(!compiled.unchanged);
    open_both(&compiled, &first);
    input = (struct registry_compile_input){.previous = &first.snapshot,
                                            .previous_secrets = &first.secrets,
                                            .generation = 2,
                                            .acknowledged = 1,
                                            .now_s = NOW_S + 1};
    err = registry_compile(registry, &input, report, &compiled);
    INVARIANT(err == 0 && compiled.unchanged);
    snapshot_close(&first.snapshot);
    secrets_close(&first.secrets);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct report *report = report_new();

    if (report == NULL)
        return 0;
    struct span text = {(const char *)data, size};
    struct registry *registry = registry_load_text(text, "fuzz.yaml", false, report);

    INVARIANT((registry == NULL) == (report_errors(report) > 0));
    if (registry != NULL)
        check_generation(registry, report);
    registry_free(&registry);
    report_free(&report);
    return 0;
}
