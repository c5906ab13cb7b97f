/* What a reload or a start refuses although the configuration by itself is right. */
#include "tests/unit/registry_fixture.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* Compiles after `previous` and returns what the report prints; the compile must be refused. */
static const char *refusal(const struct fixture *fx, const struct generation *previous)
{
    static char printed[4096];
    const struct registry_compile_input input = input_after(previous);
    struct report *report = report_new();
    struct registry_compiled out;
    int pipe_fds[2];

    assert_int_equal(registry_compile(&fx->registry, &input, report, &out), ERR_CONFIG);
    assert_true(report_errors(report) > 0);
    assert_int_equal(out.snapshot_fd, -1);
    assert_int_equal(out.secrets_fd, -1);
    assert_int_equal(out.accounts_fd, -1);
    assert_int_equal(pipe(pipe_fds), 0);
    assert_int_equal(report_print(report, pipe_fds[1]), 0);
    close(pipe_fds[1]);
    ssize_t len = read(pipe_fds[0], printed, sizeof(printed) - 1);
    assert_true(len > 0);
    printed[len] = '\0';
    close(pipe_fds[0]);
    report_free(&report);
    return printed;
}

static void what_cannot_change_without_a_restart_is_refused_by_name(void **state)
{
    static const char *const paths[] = {"listen", "state_dir", "control_socket", "state.cells_max",
                                        "ca_file"};
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    struct generation one = compile_after(&fx, NULL);
    for (size_t i = 0; i < LEN(paths); i++) {
        char wanted[128];

        fixture_init(&fx);
        struct data *data = &fx.registry.data;
        if (i == 0)
            data->listen[0] = SPAN("127.0.0.1:8081");
        else if (i == 1)
            data->state_dir = SPAN("/elsewhere");
        else if (i == 2)
            data->control_socket = SPAN("/elsewhere.sock");
        else if (i == 3)
            data->settings.cells_max = 2048;
        else
            data->ca_file = SPAN("/elsewhere.pem");
        data->places.cells_max = (struct report_place){"weir.yaml", 7, 3};
        snprintf(wanted, sizeof(wanted), "error: %s: cannot change without a restart", paths[i]);
        const char *printed = refusal(&fx, &one);
        assert_non_null(strstr(printed, wanted));
        if (i == 3)
            assert_non_null(strstr(printed, "weir.yaml:7:3: "));
    }
    fixture_init(&fx);
    fx.registry.data.settings.cells_max = 2048;
    fx.registry.data.listen_count = 2;
    fx.registry.data.listen[1] = SPAN("[::1]:8080");
    assert_non_null(strstr(refusal(&fx, &one), "error: listen: "));
    assert_non_null(strstr(refusal(&fx, &one), "error: state.cells_max: "));
    generation_close(&one);

    struct generation two_addresses = compile_after(&fx, NULL);
    fx.registry.data.listen_count = 1;
    assert_non_null(strstr(refusal(&fx, &two_addresses), "error: listen: "));
    generation_close(&two_addresses);
}

static void an_https_provider_without_certificates_is_refused(void **state)
{
    struct fixture fx;
    struct report *report = report_new();
    const struct registry_compile_input input = {.generation = 1, .now_s = 1};
    struct registry_compiled out;

    (void)state;
    fixture_init(&fx);
    fx.registry.data.ca_file = SPAN("/nowhere/certificates.pem");
    fx.registry.data.providers[0].base_url = SPAN("http://127.0.0.1/v1");
    assert_int_equal(registry_compile(&fx.registry, &input, report, &out), 0);
    close(out.snapshot_fd);
    close(out.secrets_fd);
    close(out.accounts_fd);
    fx.registry.data.providers[0].base_url = SPAN("https://127.0.0.1/v1");
    assert_int_equal(registry_compile(&fx.registry, &input, report, &out), ERR_CONFIG);
    assert_int_equal(report_errors(report), 1);
    report_free(&report);
}

/* Method: a child lowers its hard limit, which cannot be raised again, and compiles under it. */
static void limits_beyond_the_descriptors_of_a_process_are_refused(void **state)
{
    enum { DESCRIPTORS = 300 };
    struct fixture fx;
    int status;

    (void)state;
    fixture_init(&fx);
    /* 100 connections, one address for each of two workers, the rest for calls. */
    fx.registry.data.settings.calls = DESCRIPTORS - 102 - SETTINGS_DESCRIPTORS_SPARE;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct registry_compile_input input = {.generation = 1, .now_s = 1};
        const struct rlimit limit = {DESCRIPTORS, DESCRIPTORS};
        struct report *report = report_new();
        struct registry_compiled out;

        setrlimit(RLIMIT_NOFILE, &limit);
        bool fits = registry_compile(&fx.registry, &input, report, &out) == 0;
        fx.registry.data.settings.connections++;
        bool refused = registry_compile(&fx.registry, &input, report, &out) == ERR_CONFIG;
        _exit(fits && refused && report_errors(report) == 1 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void digests_that_nobody_computed_are_an_error_and_not_a_crash(void **state)
{
    enum { MANY = 2000 };
    static struct data_key keys[MANY];
    static char names[MANY][16];
    struct fixture fx;

    (void)state;
    fixture_init(&fx);
    for (uint32_t i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof(names[i]), "key-%u", i);
        keys[i] = fixture_key(names[i], ADA, ROW_NONE);
        memset(keys[i].digest.bytes, 0, sizeof(uint64_t));
    }
    fx.registry.data.keys = keys;
    fx.registry.data.key_count = MANY;
    assert_non_null(strstr(refusal(&fx, NULL), "error: keys: too many digests begin"));
    fx.registry.data.key_count = 100;
    struct generation one = compile_after(&fx, NULL);
    assert_int_equal(snapshot_find_key(&one.snapshot, &keys[99].digest), 99);
    generation_close(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_change_without_a_restart_is_refused_by_name),
        cmocka_unit_test(an_https_provider_without_certificates_is_refused),
        cmocka_unit_test(limits_beyond_the_descriptors_of_a_process_are_refused),
        cmocka_unit_test(digests_that_nobody_computed_are_an_error_and_not_a_crash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
