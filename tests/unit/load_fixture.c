#include "tests/unit/load_fixture.h"

#include <glob.h>
#include <sys/mman.h>
#include <unistd.h>

/* NOLINTBEGIN(concurrency-mt-unsafe): a test has one thread */

static char folder[] = "/tmp/weir-load-XXXXXX";

const char *load_folder(void)
{
    return folder;
}

void load_assert_text(struct span actual, const char *expected)
{
    char terminated[1024];

    assert_true(actual.len < sizeof(terminated));
    (void)snprintf(terminated, sizeof(terminated), "%.*s", SPAN_FMT(actual));
    assert_string_equal(terminated, expected);
}

static void path_in_folder(char path[static 256], const char *name)
{
    (void)snprintf(path, 256, "%s/%s", folder, name);
}

void load_write_file(const char *name, const char *content)
{
    char path[256];

    path_in_folder(path, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

void load_read_whole(int fd, char output[static LOAD_OUTPUT_BYTES])
{
    ssize_t len = pread(fd, output, LOAD_OUTPUT_BYTES - 1, 0);

    assert_true(len >= 0);
    output[len] = '\0';
}

const char *load_printed(const struct report *report)
{
    static char output[LOAD_OUTPUT_BYTES];
    int fd = memfd_create("report", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(report_print(report, fd), 0);
    load_read_whole(fd, output);
    (void)close(fd);
    return output;
}

struct registry *load_good(const char *text)
{
    struct report *report = report_new();
    struct registry *registry = registry_load_text(span_of(text), "good.yaml", true, report);

    if (registry == NULL)
        fail_msg("%s", load_printed(report));
    report_free(&report);
    return registry;
}

const char *load_bad(const char *text, bool resolve)
{
    struct report *report = report_new();
    struct registry *registry = registry_load_text(span_of(text), "bad.yaml", resolve, report);
    const char *said = load_printed(report);

    assert_null(registry);
    report_free(&report);
    return said;
}

struct registry *load_main(const char *text, struct report *report)
{
    char path[256];

    load_write_file("weir.yaml", text);
    path_in_folder(path, "weir.yaml");
    return registry_load(path, true, NULL, report);
}

int load_set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    load_write_file("anthropic", "sk-ant-1\n");
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
    assert_int_equal(setenv("OPENAI_API_KEY", "sk-openai-1", 1), 0);
    assert_int_equal(setenv("WEIR_TEST_SECRET", "s3cr3t-value", 1), 0);
    assert_int_equal(setenv("WEIR_TEST_EMPTY", "", 1), 0);
    assert_int_equal(unsetenv("WEIR_TEST_UNSET"), 0);
    return 0;
}

int load_tear_down(void **state)
{
    char pattern[256];
    glob_t found;

    (void)state;
    path_in_folder(pattern, "*");
    if (glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++)
            (void)remove(found.gl_pathv[i]);
    }
    globfree(&found);
    return rmdir(folder);
}

/* NOLINTEND(concurrency-mt-unsafe) */
