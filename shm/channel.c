#include "shm/channel.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What goes over the wire: the message without its descriptors, which travel beside it. */
enum { PACKET_BYTES = offsetof(struct channel_message, descriptors) };

_Static_assert(PACKET_BYTES == 24, "both sides are one binary, but an upgrade is two");

static const struct {
    const char *name;
    uint32_t descriptors_min;
    uint32_t descriptors_max;
} words[CHANNEL_WORD_COUNT] = {
#define X(name, min, max, sentence) {#name, min, max},
    CHANNEL_MAP(X)
#undef X
};

/* Room for the descriptors of one message; aligned as the kernel wants it. */
union control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(CHANNEL_DESCRIPTORS_MAX * sizeof(int))];
};

int channel_pair(int ends[2])
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0
               ? 0
               : ERR_IO;
}

static bool is_count_right(const struct channel_message *message)
{
    return message->descriptor_count >= words[message->word].descriptors_min &&
           message->descriptor_count <= words[message->word].descriptors_max;
}

static void attach(struct msghdr *header, union control *control,
                   const struct channel_message *message)
{
    size_t bytes = message->descriptor_count * sizeof(int);

    memset(control, 0, sizeof(*control));
    header->msg_control = control;
    header->msg_controllen = CMSG_SPACE(bytes);
    struct cmsghdr *cmsg = CMSG_FIRSTHDR(header);
    *cmsg = (struct cmsghdr){
        .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(bytes)};
    memcpy(CMSG_DATA(cmsg), message->descriptors, bytes);
}

int channel_send(int fd, const struct channel_message *message)
{
    INVARIANT(message->word < CHANNEL_WORD_COUNT && is_count_right(message));
    struct channel_message packet = *message;
    struct iovec iov = {&packet, PACKET_BYTES};
    struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};
    union control control;
    ssize_t sent;

    packet.reserved = 0;
    if (message->descriptor_count != 0)
        attach(&header, &control, message);
    do {
        sent = sendmsg(fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    if (sent == PACKET_BYTES)
        return 0;
    /* Descriptors count as in flight until the other side takes them; there is a limit on those. */
    return errno == EAGAIN || errno == ETOOMANYREFS ? ERR_AGAIN : ERR_IO;
}

/* Take over every descriptor that the kernel gave this process with the packet. */
static void collect(struct msghdr *header, struct channel_message *message)
{
    struct cmsghdr *cmsg = CMSG_FIRSTHDR(header);

    message->descriptor_count = 0;
    for (; cmsg != NULL; cmsg = CMSG_NXTHDR(header, cmsg)) {
        if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        /* The room for control data was made for no more. */
        INVARIANT(count <= CHANNEL_DESCRIPTORS_MAX - message->descriptor_count);
        memcpy(&message->descriptors[message->descriptor_count], CMSG_DATA(cmsg),
               count * sizeof(int));
        message->descriptor_count += (uint32_t)count;
    }
}

/* A packet without bytes reads like end of file; only a closed other side is one. */
static bool is_gone(int fd)
{
    struct pollfd other = {.fd = fd, .events = POLLRDHUP};

    return poll(&other, 1, 0) == 1 && (other.revents & (POLLRDHUP | POLLHUP)) != 0;
}

static int judge(const struct channel_message *message, uint32_t announced)
{
    if (message->word >= CHANNEL_WORD_COUNT || message->reserved != 0)
        return ERR_CORRUPT;
    if (message->err > 0 || message->err <= -ERR_ORDINAL_COUNT)
        return ERR_CORRUPT;
    return announced == message->descriptor_count && is_count_right(message) ? 0 : ERR_CORRUPT;
}

static ssize_t receive(int fd, struct msghdr *header)
{
    ssize_t got;

    /* ECONNRESET says once that the other side closed with packets unread; its own may still wait. */
    do {
        got = recvmsg(fd, header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    } while (got < 0 && (errno == EINTR || errno == ECONNRESET));
    return got;
}

int channel_receive(int fd, struct channel_message *out)
{
    union control control;
    struct iovec iov = {out, PACKET_BYTES};
    struct msghdr header = {.msg_iov = &iov,
                            .msg_iovlen = 1,
                            .msg_control = &control,
                            .msg_controllen = sizeof(control)};

    *out = (struct channel_message){0};
    ssize_t got = receive(fd, &header);
    if (got < 0)
        return errno == EAGAIN ? ERR_AGAIN : ERR_IO;

    uint32_t announced = out->descriptor_count;
    int err;
    collect(&header, out);
    if ((header.msg_flags & MSG_CTRUNC) != 0)
        err = ERR_NO_SPACE;
    else if (got == 0 && out->descriptor_count == 0 && is_gone(fd))
        err = ERR_NOT_FOUND;
    else if (got != PACKET_BYTES || (header.msg_flags & MSG_TRUNC) != 0)
        err = ERR_CORRUPT;
    else
        err = judge(out, announced);
    if (err != 0)
        channel_discard(out);
    return err;
}

void channel_discard(struct channel_message *message)
{
    for (uint32_t i = 0; i < message->descriptor_count; i++)
        close(message->descriptors[i]);
    message->descriptor_count = 0;
}

const char *channel_word_name(uint32_t word)
{
    return word < CHANNEL_WORD_COUNT ? words[word].name : "unknown";
}
