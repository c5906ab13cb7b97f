/* The sockets of the listener slots, with the kernel's own. */
#include "lib/base/err.h"
#include "master/listen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cmocka.h>

typedef char address_text[SETTINGS_ADDRESS_BYTES];

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

static in_port_t port_of(int fd)
{
    struct sockaddr_in bound = {0};
    socklen_t bytes = sizeof(bound);

    assert_int_equal(getsockname(fd, (struct sockaddr *)&bound, &bytes), 0);
    return bound.sin_port;
}

static void addresses_are_numeric_and_nothing_else(void **state)
{
    static const struct {
        address_text text;
        int err;
    } rows[] = {
        {"127.0.0.1:0", 0},
        {"0.0.0.0:65535", 0},
        {"[::1]:8080", 0},
        {"[::]:1", 0},
        {"", ERR_INVALID},
        {":80", ERR_INVALID},
        {"127.0.0.1", ERR_INVALID},
        {"127.0.0.1:", ERR_INVALID},
        {"127.0.0.1:65536", ERR_INVALID},
        {"127.0.0.1:+1", ERR_INVALID},
        {"127.0.0.1:80 ", ERR_INVALID},
        {"::1:80", ERR_INVALID},
        {"[127.0.0.1]:80", ERR_INVALID},
        {"[]:80", ERR_INVALID},
        {"localhost:80", ERR_INVALID},
    };
    static struct listeners listeners;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(listen_init(&listeners, &rows[i].text, 1), rows[i].err);
        assert_true((listeners.problem[0] != '\0') == (rows[i].err != 0));
    }
}

static void all_slots_of_an_address_share_the_port_that_was_chosen(void **state)
{
    static const address_text addresses[] = {"127.0.0.1:0", "127.0.0.1:0"};
    static struct listeners listeners;
    char name[SETTINGS_ADDRESS_BYTES];
    char expected[SETTINGS_ADDRESS_BYTES];

    (void)state;
    assert_int_equal(listen_init(&listeners, addresses, 2), 0);
    assert_int_equal(listen_grow(&listeners, 3), 0);
    in_port_t port = port_of(listeners.fds[0][0]);
    assert_int_not_equal(port, port_of(listeners.fds[0][1]));
    for (uint32_t slot = 0; slot < 3; slot++)
        assert_int_equal(port_of(listeners.fds[slot][0]), port);
    listen_name(&listeners.addresses[0], name);
    snprintf(expected, sizeof(expected), "127.0.0.1:%u", (unsigned)ntohs(port));
    assert_string_equal(name, expected);
    listen_close(&listeners);
    listen_close(&listeners);
}

static void growing_keeps_the_sockets_that_are_there(void **state)
{
    static const address_text address = "127.0.0.1:0";
    static struct listeners listeners;

    (void)state;
    assert_int_equal(listen_init(&listeners, &address, 1), 0);
    assert_int_equal(listen_grow(&listeners, 1), 0);
    int first = listeners.fds[0][0];
    assert_int_equal(listen_grow(&listeners, 4), 0);
    assert_int_equal(listen_grow(&listeners, 2), 0);
    assert_int_equal(listeners.slot_count, 4);
    assert_int_equal(listeners.fds[0][0], first);
    listen_close(&listeners);
}

static void an_address_of_another_service_is_not_shared(void **state)
{
    static const address_text address = "127.0.0.1:0";
    static struct listeners first;
    static struct listeners second;
    address_text taken;

    (void)state;
    assert_int_equal(listen_init(&first, &address, 1), 0);
    assert_int_equal(listen_grow(&first, 2), 0);
    listen_name(&first.addresses[0], taken);
    assert_int_equal(listen_init(&second, (const address_text *)&taken, 1), 0);
    assert_int_equal(listen_grow(&second, 2), ERR_IO);
    assert_non_null(strstr(second.problem, taken));
    assert_int_equal(second.slot_count, 0);
    listen_close(&second);
    listen_close(&first);
}

static void a_socket_of_systemd_is_shared_by_all_slots(void **state)
{
    static struct listeners listeners;
    const struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    address_text addresses[2] = {"", "127.0.0.1:0"};
    char pid[16];
    int handed = socket(AF_INET, SOCK_STREAM, 0);

    (void)state;
    assert_int_equal(bind(handed, (const struct sockaddr *)&any, sizeof(any)), 0);
    assert_int_equal(listen(handed, 1), 0);
    snprintf(addresses[0], sizeof(addresses[0]), "127.0.0.1:%u", (unsigned)ntohs(port_of(handed)));
    if (handed != LISTEN_FD_FIRST) {
        assert_int_equal(dup2(handed, LISTEN_FD_FIRST), LISTEN_FD_FIRST);
        close(handed);
    }
    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    set_variable("LISTEN_PID", pid);
    set_variable("LISTEN_FDS", "1");
    assert_int_equal(listen_init(&listeners, (const address_text *)addresses, 2), 0);
    assert_true(is_unset("LISTEN_FDS"));
    assert_int_equal(listen_grow(&listeners, 3), 0);
    for (uint32_t slot = 0; slot < 3; slot++) {
        assert_int_equal(listeners.fds[slot][0], LISTEN_FD_FIRST);
        assert_int_not_equal(listeners.fds[slot][1], LISTEN_FD_FIRST);
    }
    assert_int_not_equal(listeners.fds[0][1], listeners.fds[1][1]);
    listen_close(&listeners);
}

static void a_changed_list_is_told_from_the_same_one(void **state)
{
    static const address_text one[] = {"127.0.0.1:0"};
    static const address_text other[] = {"127.0.0.1:1"};
    static const address_text two[] = {"127.0.0.1:0", "[::1]:0"};
    static struct listeners listeners;

    (void)state;
    assert_int_equal(listen_init(&listeners, one, 1), 0);
    assert_true(listen_is_same(&listeners, one, 1));
    assert_false(listen_is_same(&listeners, other, 1));
    assert_false(listen_is_same(&listeners, two, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_numeric_and_nothing_else),
        cmocka_unit_test(a_socket_of_systemd_is_shared_by_all_slots),
        cmocka_unit_test(all_slots_of_an_address_share_the_port_that_was_chosen),
        cmocka_unit_test(growing_keeps_the_sockets_that_are_there),
        cmocka_unit_test(an_address_of_another_service_is_not_shared),
        cmocka_unit_test(a_changed_list_is_told_from_the_same_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
