#include "master/control.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OWNER_AND_GROUP_ONLY = 0117 }; /* the socket file gets mode 0660 */

void control_init(struct control *control, control_fn *on_question, void *ctx)
{
    *control = (struct control){.fd = -1, .on_question = on_question, .ctx = ctx};
    for (uint32_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        control->clients[i].fd = -1;
}

/* @return 0 when the path is free now */
static int clear_path(const struct sockaddr_un *address)
{
    struct stat status;

    if (lstat(address->sun_path, &status) != 0)
        return errno == ENOENT ? 0 : ERR_IO;
    if (!S_ISSOCK(status.st_mode))
        return ERR_INVALID;

    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return ERR_IO;
    int connected = connect(fd, (const struct sockaddr *)address, sizeof(*address));
    int reason = errno;
    close(fd);
    if (connected == 0 || reason == EAGAIN)
        return ERR_AGAIN;
    if (reason != ECONNREFUSED) {
        errno = reason;
        return ERR_IO;
    }
    return unlink(address->sun_path) == 0 || errno == ENOENT ? 0 : ERR_IO;
}

static int bind_and_listen(int fd, const struct sockaddr_un *address)
{
    mode_t before = umask(OWNER_AND_GROUP_ONLY);
    int bound = bind(fd, (const struct sockaddr *)address, sizeof(*address));

    umask(before);
    if (bound != 0)
        return errno == EADDRINUSE ? ERR_AGAIN : ERR_IO;
    return listen(fd, CONTROL_BACKLOG) == 0 ? 0 : ERR_IO;
}

int control_open(struct control *control, const struct sockaddr_un *address)
{
    struct stat status;

    INVARIANT(control->fd < 0);
    int err = clear_path(address);
    if (err != 0)
        return err;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return ERR_IO;
    err = bind_and_listen(fd, address);
    if (err == 0 && stat(address->sun_path, &status) != 0)
        err = ERR_IO;
    if (err != 0) {
        int reason = errno;
        close(fd);
        errno = reason;
        return err;
    }
    control->fd = fd;
    control->address = *address;
    control->device = status.st_dev;
    control->inode = status.st_ino;
    return 0;
}

static void drop(struct control_client *client)
{
    if (client->fd >= 0)
        close(client->fd);
    *client = (struct control_client){.fd = -1};
}

void control_close(struct control *control)
{
    struct stat status;

    for (uint32_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        drop(&control->clients[i]);
    if (control->fd < 0)
        return;
    close(control->fd);
    control->fd = -1;
    if (stat(control->address.sun_path, &status) == 0 && status.st_dev == control->device &&
        status.st_ino == control->inode)
        unlink(control->address.sun_path);
}

/* Sockets of a fresh connection have room for a line: what does not fit at once is not worth
 * waiting for. */
static void send_line(int to, const char *line, int fd)
{
    char text[CONTROL_LINE_BYTES + 1];
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {.bytes = {0}};
    int len = snprintf(text, sizeof(text), "%s\n", line);

    INVARIANT(len > 0 && (size_t)len < sizeof(text));
    struct iovec body = {text, (size_t)len};
    struct msghdr message = {.msg_iov = &body, .msg_iovlen = 1};
    if (fd >= 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof(control.bytes);
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        INVARIANT(head != NULL);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(head), &fd, sizeof(fd));
    }
    sendmsg(to, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static bool has_our_group(int fd)
{
    gid_t groups[CONTROL_GROUPS_MAX];
    socklen_t bytes = sizeof(groups);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &bytes) != 0)
        return false;
    for (size_t i = 0; i < bytes / sizeof(groups[0]); i++) {
        if (groups[i] == getegid())
            return true;
    }
    return false;
}

static bool is_permitted(int fd)
{
    struct ucred peer;
    socklen_t bytes = sizeof(peer);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) != 0)
        return false;
    return peer.uid == 0 || peer.uid == geteuid() || peer.gid == getegid() || has_our_group(fd);
}

static struct control_client *free_client(struct control *control)
{
    for (uint32_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        if (control->clients[i].fd < 0)
            return &control->clients[i];
    }
    return NULL;
}

static void on_connection(void *ctx, uint32_t number)
{
    struct control *control = ctx;

    (void)number;
    int fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;

    struct control_client *client = free_client(control);
    if (client != NULL && is_permitted(fd)) {
        *client = (struct control_client){
            .fd = fd, .deadline = monotime_after(monotime_now(), CONTROL_ASK_MS)};
        return;
    }
    send_line(fd, client == NULL ? "busy" : "not permitted", -1);
    close(fd);
}

static void on_client(void *ctx, uint32_t number)
{
    struct control *control = ctx;
    struct control_client *client = &control->clients[number];
    char question;

    ssize_t got = read(client->fd, &question, 1);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got != 1 || client->ticket != 0) {
        drop(client);
        return;
    }
    control->on_question(control->ctx, number, question);
}

void control_watch(struct control *control, struct watch_set *set)
{
    for (uint32_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        watch_add(set, control->clients[i].fd, on_client, control, i);
    watch_add(set, control->fd, on_connection, control, 0);
}

struct monotime control_tick(struct control *control, struct monotime now)
{
    struct monotime next = WATCH_NEVER;

    for (uint32_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        struct control_client *client = &control->clients[i];

        if (client->fd < 0 || client->ticket != 0)
            continue;
        if (monotime_reached(now, client->deadline))
            drop(client);
        else if (client->deadline.ms < next.ms)
            next = client->deadline;
    }
    return next;
}

void control_answer(struct control *control, uint32_t client, const char *line, int fd)
{
    INVARIANT(client < CONTROL_CLIENTS_MAX);
    if (control->clients[client].fd < 0)
        return;
    send_line(control->clients[client].fd, line, fd);
    drop(&control->clients[client]);
}

bool control_wait(struct control *control, uint32_t client, uint64_t ticket)
{
    uint32_t waiters = 0;

    INVARIANT(client < CONTROL_CLIENTS_MAX && ticket != 0);
    for (uint32_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        waiters += control->clients[i].ticket != 0 ? 1 : 0;
    if (waiters >= CONTROL_WAITERS_MAX)
        return false;
    control->clients[client].ticket = ticket;
    return true;
}

void control_answer_waiters(struct control *control, uint64_t ticket, const char *line, int fd)
{
    for (uint32_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        if (control->clients[i].ticket != 0 && control->clients[i].ticket <= ticket)
            control_answer(control, i, line, fd);
    }
}
