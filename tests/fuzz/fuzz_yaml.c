/* Any bytes as a configuration file: refused with a report, or loaded, and never anything else. */
#include "lib/base/invariant.h"
#include "registry/load.h"

/* The name is libFuzzer's. NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct report *report = report_new();

    if (report == NULL)
        return 0;
    struct span text = {(const char *)data, size};
    struct registry *registry = registry_load_text(text, "fuzz.yaml", false, report);

    INVARIANT((registry == NULL) == (report_errors(report) > 0));
    registry_free(&registry);
    report_free(&report);
    return 0;
}
