#include "tests/unit/master_rig.h"

#include "lib/base/err.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

int rig_set_up(void **state)
{
    struct rig *rig = calloc(1, sizeof(*rig));

    memset(script, 0, sizeof(*script));
    snprintf(rig->folder, sizeof(rig->folder), "/tmp/wsXXXXXX");
    assert_non_null(mkdtemp(rig->folder));
    snprintf(script->control_path, sizeof(script->control_path), "%s/c.sock", rig->folder);
    script->odd_worker = FAKES_EVERYBODY;
    script->workers = 2;
    script->ack_ms = 20000;
    script->load_ms = 30000;
    script->drain_ms = 20000;
    *state = rig;
    return 0;
}

void rig_begin(struct rig *rig)
{
    struct master_input input = {
        .config_path = "unused",
        .restore = fake_restore,
        .loader_main = fake_loader,
        .worker_main = fake_worker,
        .steward_main = fake_steward,
        .bounds = SUPERVISOR_BOUNDS,
    };

    input.bounds.start_ms = RIG_DEADLINE_MS;
    input.bounds.heartbeat_ms = RIG_DEADLINE_MS;
    assert_int_equal(master_init(&rig->master, &input), 0);
}

bool rig_turn_until(struct rig *rig, rig_condition_fn *holds, const void *detail)
{
    struct monotime deadline = monotime_after(monotime_now(), RIG_DEADLINE_MS);

    while (!holds(rig, detail)) {
        if (monotime_reached(monotime_now(), deadline))
            fail_msg("the condition does not come true");
        /* The last turn may bring both what is waited for and the end. */
        if (!master_turn(&rig->master))
            return holds(rig, detail);
    }
    return true;
}

bool rig_never(const struct rig *rig, const void *detail)
{
    (void)rig;
    (void)detail;
    return false;
}

static bool are_slots_settled(const struct supervisor *sup)
{
    struct slot_candidates who = {.workers = sup->workers};
    uint32_t desired[SETTINGS_WORKERS_MAX];

    for (uint32_t i = 0; i < SETTINGS_WORKERS_MAX; i++) {
        if (sup->children[i].state == CHILD_SERVING)
            who.eligible |= UINT64_C(1) << i;
    }
    slots_desired(&sup->slots, &who, desired);
    for (uint32_t i = 0; i < sup->slots.count; i++) {
        if (sup->slots.slots[i].owner != desired[i] || sup->slots.slots[i].next != SLOT_NOBODY)
            return false;
    }
    return true;
}

static bool is_settled(const struct rig *rig, const void *detail)
{
    const struct supervisor *sup = &rig->master.supervisor;
    uint32_t down = supervisor_count(sup, CHILD_DOWN);

    (void)detail;
    return rig->master.ready && supervisor_is_ready(sup) && are_slots_settled(sup) &&
           down == SETTINGS_WORKERS_MAX - sup->workers &&
           sup->children[SUPERVISOR_STEWARD].state == CHILD_SERVING &&
           rig->master.reload.state == RELOAD_IDLE;
}

void rig_settle(struct rig *rig)
{
    assert_true(rig_turn_until(rig, is_settled, NULL));
}

void rig_end(struct rig *rig, int status)
{
    if (!rig->master.stopping)
        raise(SIGTERM);
    assert_false(rig_turn_until(rig, rig_never, NULL));
    assert_true(supervisor_is_empty(&rig->master.supervisor));
    assert_int_equal(master_close(&rig->master), status);
    assert_int_not_equal(access(script->control_path, F_OK), 0);
}

int rig_tear_down(void **state)
{
    struct rig *rig = *state;

    for (uint32_t i = 0; i < SUPERVISOR_CHILDREN_MAX; i++)
        assert_int_equal(rig->master.supervisor.children[i].state, CHILD_DOWN);
    assert_int_equal(rmdir(rig->folder), 0);
    free(rig);
    return 0;
}

int rig_ask(const char *question)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    memcpy(address.sun_path, script->control_path, strlen(script->control_path));
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(send(fd, question, 1, 0), 1);
    return fd;
}

static bool is_readable(const struct rig *rig, const void *detail)
{
    struct pollfd one = {.fd = *(const int *)detail, .events = POLLIN};

    (void)rig;
    return poll(&one, 1, 0) == 1;
}

int rig_take_answer(struct rig *rig, int fd, char line[static RIG_LINE_BYTES])
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec body = {line, RIG_LINE_BYTES - 1};
    struct msghdr message = {.msg_iov = &body,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    int got = -1;

    assert_true(rig_turn_until(rig, is_readable, &fd));
    ssize_t len = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    assert_true(len > 0 && line[len - 1] == '\n');
    line[len - 1] = '\0';
    if (CMSG_FIRSTHDR(&message) != NULL)
        memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(got));
    close(fd);
    return got;
}

void rig_expect_reload(struct rig *rig, const char *beginning)
{
    char line[RIG_LINE_BYTES];
    int report = rig_take_answer(rig, rig_ask("r"), line);

    assert_memory_equal(line, beginning, strlen(beginning));
    if (report >= 0)
        close(report);
}

pid_t rig_pid(const struct rig *rig, uint32_t worker)
{
    return rig->master.supervisor.children[worker].process.pid;
}

bool rig_is_without(const struct rig *rig, const void *detail)
{
    for (uint32_t i = 0; i < SETTINGS_WORKERS_MAX; i++) {
        if (rig_pid(rig, i) == *(const pid_t *)detail)
            return false;
    }
    return true;
}
