/* What the service manager is told, seen from its side of the socket. */
#include "master/notify.h"
#include "master/watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void set_variable(const char *name, const char *value)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
    setenv(name, value, 1);
}

static bool is_unset(const char *name)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
    return getenv(name) == NULL;
}

/* An abstract socket, as systemd gives it to services of a user. */
static int manager(void)
{
    char name[64];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int len = snprintf(name, sizeof(name), "@weir-notify-%d", (int)getpid());

    memcpy(address.sun_path + 1, name + 1, (size_t)len - 1);
    socklen_t bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, bytes), 0);
    set_variable("NOTIFY_SOCKET", name);
    return fd;
}

static void expect(int fd, const char *text)
{
    char bytes[512] = {0};
    ssize_t got = recv(fd, bytes, sizeof(bytes) - 1, 0);

    assert_true(got > 0);
    assert_memory_equal(bytes, text, strlen(text));
}

static void each_message_has_its_fields(void **state)
{
    struct notifier notifier;
    int fd = manager();

    (void)state;
    notify_init(&notifier);
    assert_true(is_unset("NOTIFY_SOCKET"));
    notify_ready(&notifier, "fine");
    expect(fd, "READY=1\nSTATUS=fine");
    notify_reloading(&notifier);
    expect(fd, "RELOADING=1\nMONOTONIC_USEC=");
    notify_status(&notifier, "two of two");
    expect(fd, "STATUS=two of two");
    notify_stopping(&notifier);
    expect(fd, "STOPPING=1");
    notify_close(&notifier);
    close(fd);
}

static void the_watchdog_is_fed_at_half_its_time(void **state)
{
    struct notifier notifier;
    struct monotime start = {1000};
    int fd = manager();
    char byte;

    (void)state;
    set_variable("WATCHDOG_USEC", "20000000");
    notify_init(&notifier);
    assert_true(is_unset("WATCHDOG_USEC"));
    struct monotime next = notify_tick(&notifier, start);
    assert_int_equal(next.ms, start.ms + 10000);
    expect(fd, "WATCHDOG=1");
    notify_tick(&notifier, (struct monotime){next.ms - 1});
    assert_int_equal(recv(fd, &byte, 1, 0), -1);
    notify_tick(&notifier, next);
    expect(fd, "WATCHDOG=1");
    notify_close(&notifier);
    close(fd);
}

static void a_watchdog_of_another_process_is_not_ours(void **state)
{
    struct notifier notifier;
    int fd = manager();

    (void)state;
    set_variable("WATCHDOG_USEC", "20000000");
    set_variable("WATCHDOG_PID", "1");
    notify_init(&notifier);
    assert_int_equal(notify_tick(&notifier, (struct monotime){1}).ms, WATCH_NEVER.ms);
    notify_close(&notifier);
    close(fd);
}

static void without_a_manager_nothing_happens(void **state)
{
    static const char *const sockets[] = {NULL, "", "relative"};
    struct notifier notifier;

    (void)state;
    for (size_t i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++) {
        if (sockets[i] != NULL)
            set_variable("NOTIFY_SOCKET", sockets[i]);
        notify_init(&notifier);
        assert_int_equal(notifier.fd, -1);
        notify_ready(&notifier, "nobody hears");
        assert_int_equal(notify_tick(&notifier, (struct monotime){1}).ms, WATCH_NEVER.ms);
        notify_close(&notifier);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_message_has_its_fields),
        cmocka_unit_test(the_watchdog_is_fed_at_half_its_time),
        cmocka_unit_test(a_watchdog_of_another_process_is_not_ours),
        cmocka_unit_test(without_a_manager_nothing_happens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
