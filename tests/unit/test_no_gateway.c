/* Why nobody answers on a socket, and what to do. */
#include "tools/no_gateway.h"
#include "tools/tools.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROOM = 1024 };

/* What is said on standard error for a reason. */
static void check(int reason, const char *wanted)
{
    char said[ROOM] = {0};
    FILE *file = tmpfile();
    const int kept = dup(STDERR_FILENO);

    assert_non_null(file);
    assert_true(kept >= 0);
    assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
    const int result = no_gateway("weir status", "/run/s.sock", reason);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    (void)close(kept);
    assert_true(pread(fileno(file), said, sizeof(said) - 1, 0) > 0);
    (void)fclose(file);
    assert_int_equal(result, TOOL_NO_SERVICE);
    assert_string_equal(said, wanted);
}

static void who_may_not_ask_is_told_whom_to_ask_as(void **state)
{
    (void)state;
    check(EACCES, "weir status: you may not use /run/s.sock: ask as root, or as a member of its "
                  "group\n");
}

static void where_nobody_listens_the_next_step_is_told(void **state)
{
    (void)state;
    check(ENOENT, "weir status: no gateway answers on /run/s.sock (No such file or directory): "
                  "start it with `systemctl start weir`, or name its socket with --socket or "
                  "--config\n");
    check(0, "weir status: no gateway answers on /run/s.sock (no answer): start it with "
             "`systemctl start weir`, or name its socket with --socket or --config\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_may_not_ask_is_told_whom_to_ask_as),
        cmocka_unit_test(where_nobody_listens_the_next_step_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
