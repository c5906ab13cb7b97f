/* The control socket: who is answered, what is left alone, and that nobody is waited for. */
#include "lib/base/err.h"
#include "master/control.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct desk {
    char folder[64];
    struct sockaddr_un address;
    struct control control;
    struct watch_set watch;
    char asked[64];
    uint32_t asked_count;
    uint32_t last_client;
};

static void on_question(void *ctx, uint32_t client, char question)
{
    struct desk *desk = ctx;

    desk->asked[desk->asked_count++] = question;
    desk->last_client = client;
    if (question != 'r')
        control_answer(&desk->control, client, "a line", -1);
}

static int set_up(void **state)
{
    struct desk *desk = calloc(1, sizeof(*desk));

    snprintf(desk->folder, sizeof(desk->folder), "/tmp/weir-control-XXXXXX");
    assert_non_null(mkdtemp(desk->folder));
    desk->address.sun_family = AF_UNIX;
    snprintf(desk->address.sun_path, sizeof(desk->address.sun_path), "%s/control.sock",
             desk->folder);
    control_init(&desk->control, on_question, desk);
    *state = desk;
    return 0;
}

static int tear_down(void **state)
{
    struct desk *desk = *state;

    control_close(&desk->control);
    unlink(desk->address.sun_path);
    rmdir(desk->folder);
    free(desk);
    return 0;
}

static int dial(const struct desk *desk)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(connect(fd, (const struct sockaddr *)&desk->address, sizeof(desk->address)),
                     0);
    return fd;
}

/* Everything that is readable now is handled: connections first, then what came with them. */
static void run(struct desk *desk)
{
    for (int i = 0; i < 100; i++) {
        watch_begin(&desk->watch, monotime_now());
        control_watch(&desk->control, &desk->watch);
        watch_turn(&desk->watch);
    }
}

static void expect(int fd, const char *text)
{
    char bytes[CONTROL_LINE_BYTES + 2] = {0};
    ssize_t got = recv(fd, bytes, sizeof(bytes) - 1, 0);

    assert_true(got >= 0);
    assert_string_equal(bytes, text);
    close(fd);
}

static void one_byte_in_one_line_out(void **state)
{
    struct desk *desk = *state;
    struct stat status;

    assert_int_equal(control_open(&desk->control, &desk->address), 0);
    assert_int_equal(stat(desk->address.sun_path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0660);
    int fd = dial(desk);
    assert_int_equal(send(fd, "s", 1, 0), 1);
    run(desk);
    assert_string_equal(desk->asked, "s");
    expect(fd, "a line\n");
}

static void a_dead_services_socket_is_replaced_and_a_living_ones_is_not(void **state)
{
    struct desk *desk = *state;
    struct control second;
    int stale = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(stale, (const struct sockaddr *)&desk->address, sizeof(desk->address)),
                     0);
    close(stale);
    assert_int_equal(control_open(&desk->control, &desk->address), 0);

    control_init(&second, on_question, desk);
    assert_int_equal(control_open(&second, &desk->address), ERR_AGAIN);
    control_close(&second);
    close(dial(desk));
}

static void a_file_that_is_no_socket_is_left_alone(void **state)
{
    struct desk *desk = *state;
    int file = open(desk->address.sun_path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

    assert_true(file >= 0);
    close(file);
    assert_int_equal(control_open(&desk->control, &desk->address), ERR_INVALID);
    assert_int_equal(access(desk->address.sun_path, F_OK), 0);
}

static void a_missing_folder_is_an_error(void **state)
{
    struct desk *desk = *state;
    struct sockaddr_un address = desk->address;

    snprintf(address.sun_path, sizeof(address.sun_path), "%s/none/control.sock", desk->folder);
    assert_int_equal(control_open(&desk->control, &address), ERR_IO);
}

static void closing_removes_only_the_file_that_is_ours(void **state)
{
    struct desk *desk = *state;
    struct control second;

    assert_int_equal(control_open(&desk->control, &desk->address), 0);
    assert_int_equal(unlink(desk->address.sun_path), 0);
    control_init(&second, on_question, desk);
    assert_int_equal(control_open(&second, &desk->address), 0);
    control_close(&desk->control);
    assert_int_equal(access(desk->address.sun_path, F_OK), 0);
    control_close(&second);
    assert_int_not_equal(access(desk->address.sun_path, F_OK), 0);
}

static void a_client_that_says_nothing_is_dropped(void **state)
{
    struct desk *desk = *state;

    assert_int_equal(control_open(&desk->control, &desk->address), 0);
    int fd = dial(desk);
    run(desk);
    struct monotime now = monotime_now();
    struct monotime next = control_tick(&desk->control, now);
    assert_true(next.ms > now.ms && next.ms <= now.ms + CONTROL_ASK_MS);
    assert_int_equal(control_tick(&desk->control, next).ms, WATCH_NEVER.ms);
    expect(fd, "");
}

static void one_client_too_many_is_told_so(void **state)
{
    struct desk *desk = *state;
    int fds[CONTROL_CLIENTS_MAX];

    assert_int_equal(control_open(&desk->control, &desk->address), 0);
    for (uint32_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        fds[i] = dial(desk);
    run(desk);
    int extra = dial(desk);
    run(desk);
    expect(extra, "busy\n");
    for (uint32_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        close(fds[i]);
    run(desk);
    int fd = dial(desk);
    assert_int_equal(send(fd, "s", 1, 0), 1);
    run(desk);
    expect(fd, "a line\n");
}

static void waiters_get_the_answer_of_their_reload(void **state)
{
    struct desk *desk = *state;
    int fds[3];

    assert_int_equal(control_open(&desk->control, &desk->address), 0);
    for (uint32_t i = 0; i < 3; i++) {
        fds[i] = dial(desk);
        assert_int_equal(send(fds[i], "r", 1, 0), 1);
        run(desk);
        assert_true(control_wait(&desk->control, desk->last_client, i == 0 ? 7 : 8));
    }
    /* Waiting has no deadline of its own. */
    assert_int_equal(control_tick(&desk->control, WATCH_NEVER).ms, WATCH_NEVER.ms);
    control_answer_waiters(&desk->control, 7, "first", -1);
    expect(fds[0], "first\n");
    close(fds[2]);
    run(desk);
    control_answer_waiters(&desk->control, 8, "second", -1);
    expect(fds[1], "second\n");
    run(desk);
}

static void status_finds_room_beside_waiting_clients(void **state)
{
    struct desk *desk = *state;
    int fds[CONTROL_WAITERS_MAX + 1];

    assert_int_equal(control_open(&desk->control, &desk->address), 0);
    for (uint32_t i = 0; i <= CONTROL_WAITERS_MAX; i++) {
        fds[i] = dial(desk);
        assert_int_equal(send(fds[i], "r", 1, 0), 1);
        run(desk);
        assert_int_equal(control_wait(&desk->control, desk->last_client, 1),
                         i < CONTROL_WAITERS_MAX);
    }
    for (uint32_t i = 0; i <= CONTROL_WAITERS_MAX; i++)
        close(fds[i]);
}

static void a_descriptor_goes_with_the_line(void **state)
{
    struct desk *desk = *state;
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    char text[16];
    int got = -1;
    struct iovec body = {text, sizeof(text)};
    struct msghdr message = {.msg_iov = &body,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    assert_int_equal(control_open(&desk->control, &desk->address), 0);
    int fd = dial(desk);
    assert_int_equal(send(fd, "r", 1, 0), 1);
    run(desk);
    control_answer(&desk->control, desk->last_client, "here", null);
    assert_int_equal(recvmsg(fd, &message, MSG_CMSG_CLOEXEC), 5);
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (head != NULL)
        memcpy(&got, CMSG_DATA(head), sizeof(got));
    assert_true(got >= 0);
    close(got);
    close(null);
    close(fd);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(one_byte_in_one_line_out),
        TEST(a_dead_services_socket_is_replaced_and_a_living_ones_is_not),
        TEST(a_file_that_is_no_socket_is_left_alone),
        TEST(a_missing_folder_is_an_error),
        TEST(closing_removes_only_the_file_that_is_ours),
        TEST(a_client_that_says_nothing_is_dropped),
        TEST(one_client_too_many_is_told_so),
        TEST(waiters_get_the_answer_of_their_reload),
        TEST(status_finds_room_beside_waiting_clients),
        TEST(a_descriptor_goes_with_the_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
