#include "master/loader.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PACKET_FDS_MAX = 4 };

#define PACKET_MAGIC UINT32_C(0x316c6477)

/** Which descriptors follow, in this order. */
enum packet_has {
    HAS_REPORT = 1 << 0,
    HAS_SNAPSHOT = 1 << 1,
    HAS_SECRETS = 1 << 2,
    HAS_ACCOUNTS = 1 << 3,
};

struct packet {
    uint32_t magic;
    int32_t err;
    uint32_t errors;
    uint32_t warnings;
    uint32_t unchanged;
    uint32_t has; /* enum packet_has */
};

union packet_control {
    char bytes[CMSG_SPACE(PACKET_FDS_MAX * sizeof(int))];
    struct cmsghdr align;
};

int loader_answer(int result_fd, const struct loader_result *result)
{
    const int all[PACKET_FDS_MAX] = {result->report_fd, result->snapshot_fd, result->secrets_fd,
                                     result->accounts_fd};
    struct packet packet = {.magic = PACKET_MAGIC,
                            .err = result->err,
                            .errors = result->errors,
                            .warnings = result->warnings,
                            .unchanged = result->unchanged ? 1 : 0};
    struct iovec body = {&packet, sizeof(packet)};
    union packet_control control = {.bytes = {0}};
    struct msghdr message = {.msg_iov = &body, .msg_iovlen = 1};
    int fds[PACKET_FDS_MAX];
    size_t count = 0;

    for (unsigned i = 0; i < PACKET_FDS_MAX; i++) {
        if (all[i] < 0)
            continue;
        packet.has |= 1U << i;
        fds[count++] = all[i];
    }
    if (count > 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        INVARIANT(head != NULL);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(head), fds, count * sizeof(int));
    }
    return sendmsg(result_fd, &message, MSG_NOSIGNAL) == (ssize_t)sizeof(packet) ? 0 : ERR_IO;
}

int loader_start(struct loader *loader, loader_main_fn *run, const struct loader_boot *boot)
{
    struct spawn_order order = {.keeps_environment = true,
                                .title = "weir: loader",
                                .nice = LOADER_NICE,
                                .ends_with_master = true};
    struct loader_boot own = *boot;
    int ends[2];

    INVARIANT(loader->result_fd < 0);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return ERR_IO;
    own.result_fd = ends[1];
    const int keep[] = {own.result_fd, own.snapshot_fd, own.secrets_fd, own.state_fd};
    for (size_t i = 0; i < sizeof(keep) / sizeof(keep[0]); i++)
        order.keep[order.keep_count++] = keep[i];

    int err = spawn(&order, &loader->process);
    if (err == 0 && loader->process.pid == 0)
        _exit(run(&own));
    close(ends[1]);
    if (err != 0) {
        close(ends[0]);
        return err;
    }
    loader->result_fd = ends[0];
    return 0;
}

static uint32_t take_descriptors(struct msghdr *message, int fds[static PACKET_FDS_MAX])
{
    struct cmsghdr *head = CMSG_FIRSTHDR(message);

    if (head == NULL || head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
        return 0;
    size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    INVARIANT(count <= PACKET_FDS_MAX);
    memcpy(fds, CMSG_DATA(head), count * sizeof(int));
    return (uint32_t)count;
}

/* A result is an error, "unchanged", or the descriptors of a generation; never two of them. */
static bool is_consistent(const struct packet *packet, uint32_t descriptors)
{
    const uint32_t generation = HAS_SNAPSHOT | HAS_SECRETS | HAS_ACCOUNTS;

    if (packet->magic != PACKET_MAGIC || packet->err > 0 || packet->unchanged > 1 ||
        (packet->has & ~(HAS_REPORT | generation)) != 0 ||
        descriptors != (uint32_t)__builtin_popcount(packet->has))
        return false;
    if (packet->err != 0 || packet->unchanged != 0)
        return (packet->has & generation) == 0 && (packet->err == 0 || packet->unchanged == 0);
    return (packet->has & generation) == generation;
}

int loader_receive(const struct loader *loader, struct loader_result *out)
{
    struct packet packet = {0};
    struct iovec body = {&packet, sizeof(packet)};
    union packet_control control = {.bytes = {0}};
    struct msghdr message = {.msg_iov = &body,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    int fds[PACKET_FDS_MAX] = {-1, -1, -1, -1};
    int err = 0;

    *out = LOADER_RESULT_NONE;
    ssize_t got = recvmsg(loader->result_fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? ERR_AGAIN : ERR_IO;
    uint32_t count = take_descriptors(&message, fds);

    if (got == 0)
        err = ERR_NOT_FOUND;
    else if ((message.msg_flags & MSG_CTRUNC) != 0)
        err = ERR_NO_SPACE;
    else if (got != (ssize_t)sizeof(packet) || !is_consistent(&packet, count))
        err = ERR_CORRUPT;
    if (err != 0) {
        for (uint32_t i = 0; i < count; i++)
            close(fds[i]);
        return err;
    }

    uint32_t next = 0;
    out->err = packet.err;
    out->errors = packet.errors;
    out->warnings = packet.warnings;
    out->unchanged = packet.unchanged != 0;
    out->report_fd = (packet.has & HAS_REPORT) != 0 ? fds[next++] : -1;
    out->snapshot_fd = (packet.has & HAS_SNAPSHOT) != 0 ? fds[next++] : -1;
    out->secrets_fd = (packet.has & HAS_SECRETS) != 0 ? fds[next++] : -1;
    out->accounts_fd = (packet.has & HAS_ACCOUNTS) != 0 ? fds[next] : -1;
    return 0;
}

void loader_stop(struct loader *loader)
{
    spawn_kill(&loader->process);
    spawn_close(&loader->process);
    if (loader->result_fd >= 0)
        close(loader->result_fd);
    loader->result_fd = -1;
}

void loader_discard(struct loader_result *result)
{
    const int fds[PACKET_FDS_MAX] = {result->report_fd, result->snapshot_fd, result->secrets_fd,
                                     result->accounts_fd};

    for (unsigned i = 0; i < PACKET_FDS_MAX; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    *result = LOADER_RESULT_NONE;
}
