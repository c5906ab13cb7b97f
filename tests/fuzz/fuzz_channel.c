/*
 * Raw packets with raw counts of descriptors into a channel: the receiver refuses or accepts, and
 * either way holds exactly the descriptors that it says.
 *
 * Input: packets, each led by a byte of how many descriptors go with it and one of its length.
 */
#include "lib/base/err.h"
#include "shm/channel.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DESCRIPTORS_MAX = 24 };

/** How many descriptors go with a word. */
static const struct {
    size_t least;
    size_t most;
} counts[CHANNEL_WORD_COUNT] = {
#define X(name, least, most, meaning) {least, most},
    CHANNEL_MAP(X)
#undef X
};

static void check_message(const struct channel_message *message, size_t count)
{
    INVARIANT(message->word < CHANNEL_WORD_COUNT);
    INVARIANT(message->err <= 0 && message->err > -ERR_ORDINAL_COUNT);
    INVARIANT(message->descriptor_count == count);
    INVARIANT(count >= counts[message->word].least && count <= counts[message->word].most);
}

static int lowest_free(int file)
{
    int fd = fcntl(file, F_DUPFD_CLOEXEC, 0);

    INVARIANT(fd >= 0);
    close(fd);
    return fd;
}

static void send_raw(int fd, int file, struct span packet, size_t count)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
    } control = {.bytes = {0}};
    struct iovec iov = {span_writable(packet), packet.len};
    struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};

    if (count != 0) {
        header.msg_control = &control;
        header.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *cmsg = CMSG_FIRSTHDR(&header);
        cmsg->cmsg_level = SOL_SOCKET;
        cmsg->cmsg_type = SCM_RIGHTS;
        cmsg->cmsg_len = CMSG_LEN(count * sizeof(int));
        for (size_t i = 0; i < count; i++)
            memcpy(CMSG_DATA(cmsg) + i * sizeof(int), &file, sizeof(int));
    }
    ssize_t sent = sendmsg(fd, &header, MSG_NOSIGNAL);
    INVARIANT(sent == (ssize_t)packet.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int ends[2];
    int made = channel_pair(ends);
    int file = open("/dev/null", O_RDONLY | O_CLOEXEC);

    INVARIANT(made == 0 && file >= 0);
    int free_before = lowest_free(file);
    while (size >= 2) {
        size_t count = data[0] % (DESCRIPTORS_MAX + 1);
        size_t len = data[1] < size - 2 ? data[1] : size - 2;
        struct channel_message message;

        send_raw(ends[0], file, (struct span){(const char *)data + 2, len}, count);
        int err = channel_receive(ends[1], &message);
        INVARIANT(err == 0 || err == ERR_CORRUPT || err == ERR_NO_SPACE);
        if (err == 0)
            check_message(&message, count);
        INVARIANT(err == 0 || message.descriptor_count == 0);
        channel_discard(&message);
        int free_after = lowest_free(file);
        INVARIANT(free_after == free_before);
        data += 2 + len;
        size -= 2 + len;
    }
    close(file);
    close(ends[0]);
    close(ends[1]);
    return 0;
}
