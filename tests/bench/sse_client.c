/**
 * Opens many streams, reads what comes, and measures how old each chunk is.
 *
 *   sse_client --port N --streams N --path PATH --model SLUG [--key KEY] [--body-bytes N] [--repeat]
 *
 * It says `open` on standard output when every stream has had its first byte. Each line on standard
 * input is answered with one line of JSON about the time since the line before. End of input ends
 * it. With --repeat a stream that was complete is begun again on its connection, and one that
 * failed on a new one.
 */
#include "tests/bench/ages.h"
#include "tests/bench/sockets.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READ_BYTES = 65536,
    EVENTS_PER_WAIT = 512,
    OPENING_MAX = 256, /* connections waiting for their first byte, so that no backlog overflows */
    STATUS_BYTES = 12, /* "HTTP/1.1 200" */
    TAIL_BYTES = 7,    /* "\r\n0\r\n\r\n" */
    REQUEST_BYTES_MAX = 70000,
};

struct stream {
    int fd;
    bool is_sent;
    bool in_stamp;
    bool is_over;
    bool is_counted; /* in client.opened */
    uint64_t stamp;
    size_t received; /* of this answer */
    char status[STATUS_BYTES];
    char tail[TAIL_BYTES]; /* the last bytes received */
};

static struct {
    int epoll_fd;
    uint16_t port;
    bool repeat;
    uint64_t streams;
    uint64_t started;
    uint64_t opened; /* first byte seen */
    size_t request_bytes;
    char request[REQUEST_BYTES_MAX];
    struct stream *all;
} client;

/** Since the last report. */
static struct {
    uint64_t begun_ns;
    uint64_t chunks;
    uint64_t bytes;
    uint64_t completed;
    uint64_t failed;
    struct ages ages;
} seen;

static void connect_stream(struct stream *stream)
{
    *stream = (struct stream){.fd = connect_to(client.port), .is_counted = stream->is_counted};
    watch(client.epoll_fd, stream->fd, EPOLLIN | EPOLLOUT, stream);
}

static void send_request(struct stream *stream)
{
    ssize_t sent = send(stream->fd, client.request, client.request_bytes, MSG_NOSIGNAL);

    stream->is_sent = true;
    stream->received = 0;
    /* A request of a few KB fits into an empty socket buffer; if not, the stream counts as failed. */
    if (sent != (ssize_t)client.request_bytes)
        (void)shutdown(stream->fd, SHUT_RDWR);
}

static void count_opened(struct stream *stream)
{
    if (stream->is_counted)
        return;
    stream->is_counted = true;
    if (++client.opened < client.streams)
        return;
    puts("open");
    (void)fflush(stdout);
}

static void end_stream(struct stream *stream, bool is_complete)
{
    seen.completed += is_complete;
    seen.failed += !is_complete;
    if (stream->received == 0)
        count_opened(stream);
    if (client.repeat && is_complete) {
        send_request(stream);
        return;
    }
    close(stream->fd);
    stream->is_over = true;
    if (client.repeat)
        connect_stream(stream);
}

static void count_age(uint64_t stamp, uint64_t now)
{
    seen.chunks++;
    if (stamp != 0 && now >= stamp)
        ages_add(&seen.ages, stamp, now);
}

/** Find the stamps; one may be cut by the end of what was read. */
static void read_stamps(struct stream *stream, const char *at, const char *end)
{
    uint64_t now = now_ns();

    while (at < end) {
        if (!stream->in_stamp) {
            at = memchr(at, STAMP_MARK, (size_t)(end - at));
            if (at == NULL)
                return;
            at++;
            stream->in_stamp = true;
            stream->stamp = 0;
        }
        while (at < end && *at >= '0' && *at <= '9')
            stream->stamp = stream->stamp * 10 + (uint64_t)(*at++ - '0');
        if (at < end) {
            stream->in_stamp = false;
            count_age(stream->stamp, now);
        }
    }
}

static void keep_ends(struct stream *stream, const char *bytes, size_t len)
{
    if (stream->received < STATUS_BYTES) {
        size_t room = STATUS_BYTES - stream->received;

        memcpy(stream->status + stream->received, bytes, len < room ? len : room);
    }
    if (len >= TAIL_BYTES) {
        memcpy(stream->tail, bytes + len - TAIL_BYTES, TAIL_BYTES);
        return;
    }
    memmove(stream->tail, stream->tail + len, TAIL_BYTES - len);
    memcpy(stream->tail + TAIL_BYTES - len, bytes, len);
}

static void on_readable(struct stream *stream)
{
    static char bytes[READ_BYTES];
    ssize_t got = recv(stream->fd, bytes, sizeof(bytes), 0);

    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        end_stream(stream, false);
        return;
    }
    if (stream->received == 0)
        count_opened(stream);
    seen.bytes += (uint64_t)got;
    keep_ends(stream, bytes, (size_t)got);
    stream->received += (size_t)got;
    read_stamps(stream, bytes, bytes + got);

    if (stream->received < STATUS_BYTES)
        return;
    if (memcmp(stream->status, "HTTP/1.1 200", STATUS_BYTES) != 0)
        end_stream(stream, false);
    else if (memcmp(stream->tail, "\r\n0\r\n\r\n", TAIL_BYTES) == 0)
        end_stream(stream, true);
}

static void report(void)
{
    uint64_t now = now_ns();

    printf("{\"ns\":%llu,\"chunks\":%llu,\"bytes\":%llu,\"completed\":%llu,\"failed\":%llu,"
           "\"p50_us\":%llu,\"p99_us\":%llu,\"p999_us\":%llu}\n",
           (unsigned long long)(now - seen.begun_ns), (unsigned long long)seen.chunks,
           (unsigned long long)seen.bytes, (unsigned long long)seen.completed,
           (unsigned long long)seen.failed, (unsigned long long)ages_percentile(&seen.ages, 500),
           (unsigned long long)ages_percentile(&seen.ages, 990),
           (unsigned long long)ages_percentile(&seen.ages, 999));
    (void)fflush(stdout);
    memset(&seen, 0, sizeof(seen));
    seen.begun_ns = now;
}

/** @return false at the end of the input */
static bool on_input(void)
{
    char bytes[64];
    ssize_t got = read(STDIN_FILENO, bytes, sizeof(bytes));

    for (ssize_t i = 0; i < got; i++) {
        if (bytes[i] == '\n')
            report();
    }
    return got > 0;
}

static void on_event(struct stream *stream, uint32_t events)
{
    if (stream->is_over)
        return;
    if (!stream->is_sent && (events & EPOLLOUT) != 0) {
        change_watch(client.epoll_fd, stream->fd, EPOLLIN, stream);
        send_request(stream);
        return;
    }
    on_readable(stream);
}

static void start_some(void)
{
    while (client.started < client.streams && client.started - client.opened < OPENING_MAX)
        connect_stream(&client.all[client.started++]);
}

static void run(void)
{
    struct epoll_event events[EVENTS_PER_WAIT];

    watch(client.epoll_fd, STDIN_FILENO, EPOLLIN, NULL);
    seen.begun_ns = now_ns();
    for (;;) {
        start_some();

        int count = epoll_wait(client.epoll_fd, events, EVENTS_PER_WAIT, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr != NULL)
                on_event(events[i].data.ptr, events[i].events);
            else if (!on_input())
                return;
        }
    }
}

/** A request in the protocol of the path, up to the text that makes it as long as it shall be. */
static size_t begin_body(char *body, size_t room, const char *path, const char *model)
{
    if (strstr(path, ":streamGenerateContent") != NULL)
        return (size_t)snprintf(body, room,
                                "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"");
    return (size_t)snprintf(body, room,
                            "{\"model\":\"%s\",\"stream\":true,\"max_tokens\":4096,"
                            "\"messages\":[{\"role\":\"user\",\"content\":\"",
                            model);
}

static void make_request(const char *path, const char *model, const char *key, size_t body_bytes)
{
    const char *tail = strstr(path, ":streamGenerateContent") != NULL ? "\"}]}]}" : "\"}]}";
    static char body[REQUEST_BYTES_MAX - 1024];
    size_t len = begin_body(body, sizeof(body), path, model);

    while (len + strlen(tail) < body_bytes)
        body[len++] = 'x';
    memcpy(body + len, tail, strlen(tail) + 1);
    len += strlen(tail);
    client.request_bytes = (size_t)snprintf(
        client.request, sizeof(client.request),
        "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAuthorization: Bearer %s\r\n"
        "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
        path, client.port, key, len, body);
    if (client.request_bytes >= sizeof(client.request))
        fail("sse_client: the request is too long");
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"port", required_argument, NULL, 'p'}, {"streams", required_argument, NULL, 's'},
        {"path", required_argument, NULL, 'u'}, {"model", required_argument, NULL, 'm'},
        {"key", required_argument, NULL, 'k'},  {"body-bytes", required_argument, NULL, 'b'},
        {"repeat", no_argument, NULL, 'r'},     {NULL, 0, NULL, 0},
    };
    const char *path = "/v1/chat/completions";
    const char *model = "model";
    const char *key = "none";
    size_t body_bytes = 1024;
    int option;

    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'p')
            client.port = (uint16_t)read_number("--port", optarg, 1, UINT16_MAX);
        else if (option == 's')
            client.streams = read_number("--streams", optarg, 1, 1000000);
        else if (option == 'b')
            body_bytes = read_number("--body-bytes", optarg, 1, 65536);
        else if (option == 'u')
            path = optarg;
        else if (option == 'm')
            model = optarg;
        else if (option == 'k')
            key = optarg;
        else if (option == 'r')
            client.repeat = true;
        else
            return 2;
    }
    if (client.port == 0 || client.streams == 0)
        fail("sse_client: --port and --streams are needed");
    make_request(path, model, key, body_bytes);
    client.all = calloc(client.streams, sizeof(*client.all));
    client.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (client.all == NULL || client.epoll_fd < 0)
        fail("sse_client: out of memory");
    run();
    return 0;
}
