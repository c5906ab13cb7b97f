/* What a steward cannot do any more. Each row is tried in a process of its own. */
#include "steward/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { REFUSED, DONE, OTHER, NO_SANDBOX };

static int answer(long result)
{
    return result >= 0 ? DONE : errno == EPERM ? REFUSED : OTHER;
}

static int start_program(void)
{
    char *const words[] = {NULL};

    return answer(execv("/bin/true", words));
}

static int start_process(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    return answer(pid);
}

static int trace(void)
{
    return answer(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int read_parent(void)
{
    char byte;
    struct iovec mine = {&byte, 1};
    struct iovec theirs = {&byte, 1};

    return answer(process_vm_readv(getppid(), &mine, 1, &theirs, 1, 0));
}

static int mount_something(void)
{
    return answer(mount("none", "/proc/self/fd", "tmpfs", 0, NULL));
}

static void *nothing(void *ctx)
{
    return ctx;
}

static int start_thread(void)
{
    pthread_t thread;

    return pthread_create(&thread, NULL, nothing, NULL) == 0 && pthread_join(thread, NULL) == 0
               ? DONE
               : OTHER;
}

static int write_file(void)
{
    return answer(open("/dev/null", O_WRONLY | O_CLOEXEC));
}

static int try_inside(int (*deed)(void))
{
    int status = 0;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0)
        _exit(steward_sandbox_enter() == 0 ? deed() : NO_SANDBOX);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void it_starts_nothing_and_looks_into_nobody(void **state)
{
    static int (*const deeds[])(void) = {start_program, start_process, trace, read_parent,
                                         mount_something};

    (void)state;
    for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++)
        assert_int_equal(try_inside(deeds[i]), REFUSED);
}

static void it_keeps_its_threads_and_files(void **state)
{
    (void)state;
    assert_int_equal(try_inside(start_thread), DONE);
    assert_int_equal(try_inside(write_file), DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_starts_nothing_and_looks_into_nobody),
        cmocka_unit_test(it_keeps_its_threads_and_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
