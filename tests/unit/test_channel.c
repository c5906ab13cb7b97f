/* Messages between processes: what is said arrives, what is malformed is refused, nothing leaks. */
#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/base/span.h"
#include "shm/channel.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define PACKET_BYTES offsetof(struct channel_message, descriptors)

enum {
    DESCRIPTORS_SENT_MAX = 32, /* by a hostile sender; more than a receiver takes */
    DESCRIPTORS_COUNTED = 1024,
};

static int open_descriptors(void)
{
    int count = 0;

    for (int fd = 0; fd < DESCRIPTORS_COUNTED; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* Each test has a pair of ends and one descriptor to send; afterwards none may be left over. */
struct line {
    int open_before;
    int ends[2];
    int file;
};

static int connect_line(void **state)
{
    struct line *line = calloc(1, sizeof(*line));

    if (line == NULL)
        return -1;
    *state = line;
    line->open_before = open_descriptors();
    line->file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return channel_pair(line->ends);
}

static int cut_line(void **state)
{
    struct line *line = *state;

    for (int i = 0; i < 2; i++) {
        if (line->ends[i] >= 0)
            close(line->ends[i]);
    }
    close(line->file);
    int leaked = open_descriptors() - line->open_before;
    free(line);
    return leaked;
}

static void hang_up(struct line *line, int end)
{
    close(line->ends[end]);
    line->ends[end] = -1;
}

static struct channel_message message_of(const struct line *line, uint32_t word, uint32_t count)
{
    struct channel_message message = {.word = word, .descriptor_count = count, .number = 7};

    for (uint32_t i = 0; i < count; i++)
        message.descriptors[i] = line->file;
    return message;
}

/* Any bytes with any number of descriptors, as only a broken or hostile sender would. */
static void send_raw(int fd, const void *bytes, size_t len, const int *descriptors, size_t count)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(DESCRIPTORS_SENT_MAX * sizeof(int))];
    } control = {.bytes = {0}};
    struct iovec iov = {span_writable((struct span){bytes, len}), len};
    struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};

    assert_true(count <= DESCRIPTORS_SENT_MAX);
    if (count != 0) {
        header.msg_control = &control;
        header.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *cmsg = CMSG_FIRSTHDR(&header);
        INVARIANT(cmsg != NULL);
        cmsg->cmsg_level = SOL_SOCKET;
        cmsg->cmsg_type = SCM_RIGHTS;
        cmsg->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(cmsg), descriptors, count * sizeof(int));
    }
    assert_int_equal(sendmsg(fd, &header, MSG_NOSIGNAL), len);
}

static const struct {
    uint32_t word;
    uint32_t least;
    uint32_t most;
} words[] = {
#define X(name, least, most, sentence) {CHANNEL_##name, least, most},
    CHANNEL_MAP(X)
#undef X
};

/* All of them are the same file as the one that was sent, under numbers of their own. */
static void assert_arrived(const struct channel_message *got, int sent)
{
    struct stat original;

    assert_int_equal(fstat(sent, &original), 0);
    for (uint32_t n = 0; n < got->descriptor_count; n++) {
        struct stat arrived;

        assert_int_not_equal(got->descriptors[n], sent);
        assert_int_equal(fstat(got->descriptors[n], &arrived), 0);
        assert_int_equal(arrived.st_ino, original.st_ino);
        assert_int_equal(fcntl(got->descriptors[n], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    }
}

static void assert_passes(const struct line *line, const struct channel_message *message)
{
    struct channel_message got;

    assert_int_equal(channel_send(line->ends[0], message), 0);
    assert_int_equal(channel_receive(line->ends[1], &got), 0);
    assert_int_equal(got.word, message->word);
    assert_int_equal(got.number, message->number);
    assert_int_equal(got.err, message->err);
    assert_int_equal(got.descriptor_count, message->descriptor_count);
    assert_arrived(&got, line->file);
    channel_discard(&got);
    assert_int_equal(got.descriptor_count, 0);
    channel_discard(&got);
}

static void every_word_arrives_with_its_descriptors(void **state)
{
    struct line *line = *state;

    for (size_t i = 0; i < COUNT(words); i++) {
        for (uint32_t count = words[i].least; count <= words[i].most; count++) {
            struct channel_message message = message_of(line, words[i].word, count);

            message.err = -1 - (int32_t)i;
            assert_passes(line, &message);
        }
    }
}

static void messages_keep_their_order_and_their_edges(void **state)
{
    struct line *line = *state;
    struct channel_message message = message_of(line, CHANNEL_ADOPTED, 0);
    struct channel_message got;

    for (message.number = 0; message.number < 10; message.number++)
        assert_int_equal(channel_send(line->ends[1], &message), 0);
    for (uint64_t n = 0; n < 10; n++) {
        assert_int_equal(channel_receive(line->ends[0], &got), 0);
        assert_int_equal(got.number, n);
    }
    assert_int_equal(channel_receive(line->ends[0], &got), ERR_AGAIN);
}

static void the_ends_are_non_blocking_and_close_on_exec(void **state)
{
    struct line *line = *state;

    for (int i = 0; i < 2; i++) {
        assert_int_equal(fcntl(line->ends[i], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        assert_int_equal(fcntl(line->ends[i], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    }
}

static void a_reader_that_sleeps_is_not_waited_for(void **state)
{
    struct line *line = *state;
    struct channel_message message = message_of(line, CHANNEL_GENERATION, 2);
    int err;

    do {
        err = channel_send(line->ends[0], &message);
    } while (err == 0);
    assert_int_equal(err, ERR_AGAIN);
}

static void a_closed_line_is_end_of_file_after_what_was_said_before(void **state)
{
    struct line *line = *state;
    struct channel_message message = message_of(line, CHANNEL_LISTEN, 1);
    struct channel_message got;

    assert_int_equal(channel_send(line->ends[0], &message), 0);
    hang_up(line, 0);
    assert_int_equal(channel_receive(line->ends[1], &got), 0);
    channel_discard(&got);
    assert_int_equal(channel_receive(line->ends[1], &got), ERR_NOT_FOUND);
    assert_int_equal(channel_receive(line->ends[1], &got), ERR_NOT_FOUND);
    assert_int_equal(channel_send(line->ends[1], &message), ERR_IO);
}

/* The kernel says ECONNRESET first when the other side leaves words unread. */
static void last_words_arrive_from_a_side_that_did_not_listen(void **state)
{
    struct line *line = *state;
    struct channel_message message = message_of(line, CHANNEL_DRAIN, 0);
    struct channel_message got;

    assert_int_equal(channel_send(line->ends[0], &message), 0);
    message.word = CHANNEL_ADOPTED;
    assert_int_equal(channel_send(line->ends[1], &message), 0);
    hang_up(line, 1);
    assert_int_equal(channel_receive(line->ends[0], &got), 0);
    assert_int_equal(got.word, CHANNEL_ADOPTED);
    assert_int_equal(channel_receive(line->ends[0], &got), ERR_NOT_FOUND);
}

static void a_malformed_packet_is_refused_and_its_descriptors_are_closed(void **state)
{
    static const struct {
        struct channel_message message;
        size_t bytes;
        size_t descriptors;
        int err;
    } rows[] = {
        {{.word = CHANNEL_WORD_COUNT}, PACKET_BYTES, 0, ERR_CORRUPT},
        {{.word = UINT32_MAX, .descriptor_count = 1}, PACKET_BYTES, 1, ERR_CORRUPT},
        {{.word = CHANNEL_DRAIN, .err = 1}, PACKET_BYTES, 0, ERR_CORRUPT},
        {{.word = CHANNEL_DRAIN, .err = -ERR_ORDINAL_COUNT}, PACKET_BYTES, 0, ERR_CORRUPT},
        {{.word = CHANNEL_DRAIN, .err = INT32_MIN}, PACKET_BYTES, 0, ERR_CORRUPT},
        {{.word = CHANNEL_DRAIN, .reserved = 1}, PACKET_BYTES, 0, ERR_CORRUPT},
        {{.word = CHANNEL_DRAIN, .descriptor_count = 1}, PACKET_BYTES, 1, ERR_CORRUPT},
        {{.word = CHANNEL_DRAIN, .descriptor_count = 1}, PACKET_BYTES, 0, ERR_CORRUPT},
        {{.word = CHANNEL_DRAIN}, PACKET_BYTES, 1, ERR_CORRUPT},
        {{.word = CHANNEL_GENERATION, .descriptor_count = 2}, PACKET_BYTES, 0, ERR_CORRUPT},
        {{.word = CHANNEL_GENERATION, .descriptor_count = 2}, PACKET_BYTES, 1, ERR_CORRUPT},
        {{.word = CHANNEL_GENERATION, .descriptor_count = 1}, PACKET_BYTES, 1, ERR_CORRUPT},
        {{.word = CHANNEL_GENERATION, .descriptor_count = 3}, PACKET_BYTES, 3, ERR_CORRUPT},
        {{.word = CHANNEL_LISTEN}, PACKET_BYTES, 0, ERR_CORRUPT},
        {{.word = CHANNEL_LISTEN, .descriptor_count = UINT32_MAX}, PACKET_BYTES, 1, ERR_CORRUPT},
        {{.word = CHANNEL_LISTEN, .descriptor_count = 17}, PACKET_BYTES, 17, ERR_NO_SPACE},
        {{.word = CHANNEL_LISTEN, .descriptor_count = 32}, PACKET_BYTES, 32, ERR_NO_SPACE},
        {{.word = CHANNEL_DRAIN}, PACKET_BYTES - 1, 0, ERR_CORRUPT},
        {{.word = CHANNEL_DRAIN}, PACKET_BYTES + 1, 0, ERR_CORRUPT},
        {{.word = CHANNEL_GENERATION, .descriptor_count = 2}, PACKET_BYTES + 4, 2, ERR_CORRUPT},
        {{.word = CHANNEL_GENERATION, .descriptor_count = 2}, 1, 2, ERR_CORRUPT},
        {{.word = CHANNEL_DRAIN}, 1, 0, ERR_CORRUPT},
        {{.word = CHANNEL_DRAIN}, 0, 0, ERR_CORRUPT},
        {{.word = CHANNEL_GENERATION}, 0, 2, ERR_CORRUPT},
    };
    struct line *line = *state;
    int descriptors[DESCRIPTORS_SENT_MAX];

    for (size_t i = 0; i < COUNT(descriptors); i++)
        descriptors[i] = line->file;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct channel_message got;
        int before = open_descriptors();

        send_raw(line->ends[0], &rows[i].message, rows[i].bytes, descriptors, rows[i].descriptors);
        int err = channel_receive(line->ends[1], &got);
        if (err != rows[i].err)
            fail_msg("row %zu: %s", i, err_name(err));
        assert_int_equal(got.descriptor_count, 0);
        assert_int_equal(open_descriptors(), before);
        /* The line is not out of step afterwards. */
        assert_int_equal(channel_receive(line->ends[1], &got), ERR_AGAIN);
    }
}

/* Without room in its table a process loses descriptors on the way: the kernel says MSG_CTRUNC. */
static void descriptors_that_were_lost_are_reported(void **state)
{
    struct line *line = *state;
    struct channel_message message = message_of(line, CHANNEL_GENERATION, 2);
    struct channel_message got;
    struct rlimit before;
    int before_count = open_descriptors();

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    for (int spare = 0; spare < 2; spare++) {
        /* The lowest free number is the next one taken; leave room for `spare` more. */
        int next = fcntl(line->file, F_DUPFD_CLOEXEC, 0);
        close(next);
        struct rlimit tight = {(rlim_t)(next + spare), before.rlim_max};

        assert_int_equal(channel_send(line->ends[0], &message), 0);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
        int err = channel_receive(line->ends[1], &got);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        assert_int_equal(err, ERR_NO_SPACE);
        assert_int_equal(got.descriptor_count, 0);
        assert_int_equal(open_descriptors(), before_count);
    }
}

static void words_have_names(void **state)
{
    (void)state;
    assert_string_equal(channel_word_name(CHANNEL_GENERATION), "GENERATION");
    assert_string_equal(channel_word_name(CHANNEL_READY), "READY");
    assert_string_equal(channel_word_name(CHANNEL_WORD_COUNT), "unknown");
    assert_string_equal(channel_word_name(UINT32_MAX), "unknown");
}

#define WITH_LINE(test) cmocka_unit_test_setup_teardown(test, connect_line, cut_line)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LINE(every_word_arrives_with_its_descriptors),
        WITH_LINE(messages_keep_their_order_and_their_edges),
        WITH_LINE(the_ends_are_non_blocking_and_close_on_exec),
        WITH_LINE(a_reader_that_sleeps_is_not_waited_for),
        WITH_LINE(a_closed_line_is_end_of_file_after_what_was_said_before),
        WITH_LINE(last_words_arrive_from_a_side_that_did_not_listen),
        WITH_LINE(a_malformed_packet_is_refused_and_its_descriptors_are_closed),
        WITH_LINE(descriptors_that_were_lost_are_reported),
        cmocka_unit_test(words_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
