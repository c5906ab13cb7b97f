/**
 * Both ends of many streams that nobody reads: more sockets than a test in JavaScript can hold.
 *
 *   slow_streams flood --bytes N
 *   slow_streams read --port N --streams N --path PATH --model SLUG --key KEY
 *
 * `flood` is an upstream that says its port, and answers each request with a stream of N bytes as
 * fast as they are taken. `read` opens the streams, says `open` when each has had its first bytes,
 * and from then on takes one byte a second from each. Sockets have the smallest buffers there are
 * and segments as on Ethernet (those of loopback let the kernel keep megabytes of each stream), so
 * that what waits, waits in the gateway. A line on standard input is answered with one of JSON;
 * the end of input ends it.
 */
#include "tests/bench/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    SOCKET_BUFFER_BYTES = 4096,
    SEGMENT_BYTES = 1460,
    EVENTS_PER_WAIT = 512,
    BACKLOG = 4096,
    OPENING_MAX = 128, /* so that no backlog overflows */
    REQUEST_BYTES_MAX = 2048,
    PIECE_BYTES = 1024,
    TICK_MS = 1000,
    NS_PER_MS = 1000000,
};

struct stream {
    int fd;
    bool is_sent;
    bool is_open;
    bool is_over;
    uint64_t sent; /* of the answer, its head included */
    size_t request_bytes;
    char request[REQUEST_BYTES_MAX];
    struct stream *next;
};

static struct {
    int epoll_fd;
    int listener;
    uint16_t port;
    uint64_t streams;
    uint64_t answer_bytes;
    uint64_t started;
    uint64_t opened;
    uint64_t ended;
    uint64_t bytes;
    size_t request_bytes;
    char request[REQUEST_BYTES_MAX];
    struct stream *all;      /* of the readers */
    struct stream *accepted; /* by the upstream, freed at the end */
} rig;

/** Before it connects or listens; what it accepts inherits both. */
static int open_small(int buffer)
{
    int bytes = SOCKET_BUFFER_BYTES;
    int segment = SEGMENT_BYTES;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, buffer, &bytes, sizeof(bytes)) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof(segment)) != 0)
        fail("slow_streams: no socket");
    return fd;
}

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
}

static void end_stream(struct stream *stream)
{
    if (stream->is_over)
        return;
    stream->is_over = true;
    rig.ended++;
    close(stream->fd);
}

static void report(void)
{
    printf("{\"opened\":%llu,\"ended\":%llu,\"bytes\":%llu}\n", (unsigned long long)rig.opened,
           (unsigned long long)rig.ended, (unsigned long long)rig.bytes);
    (void)fflush(stdout);
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

/* --- the upstream ----------------------------------------------------------------------------- */

static const char answer_head[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

/** Comments of an event stream, the head before them. */
static void fill_piece(const struct stream *stream, char *piece, size_t *len)
{
    if (stream->sent < sizeof(answer_head) - 1) {
        *len = sizeof(answer_head) - 1 - stream->sent;
        memcpy(piece, answer_head + stream->sent, *len);
        return;
    }
    memset(piece, 'x', PIECE_BYTES);
    piece[0] = piece[1] = '\n';
    piece[2] = ':';
    *len = PIECE_BYTES;
}

static void flood(struct stream *stream)
{
    while (!stream->is_over && stream->sent < rig.answer_bytes) {
        char piece[PIECE_BYTES];
        size_t len;

        fill_piece(stream, piece, &len);
        ssize_t sent = send(stream->fd, piece, len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN)
            return;
        if (sent < 0) {
            end_stream(stream);
            return;
        }
        stream->sent += (uint64_t)sent;
        rig.bytes += (uint64_t)sent;
    }
    end_stream(stream);
}

/** A request's end: what the reader's body ends with. */
static bool has_request(struct stream *stream)
{
    size_t room = sizeof(stream->request) - stream->request_bytes;
    ssize_t got = recv(stream->fd, stream->request + stream->request_bytes, room, 0);

    if (got > 0)
        stream->request_bytes += (size_t)got;
    else if (got == 0 || errno != EAGAIN)
        end_stream(stream);
    return stream->request_bytes > 0 && stream->request[stream->request_bytes - 1] == '}';
}

static void accept_streams(void)
{
    int fd;

    while ((fd = accept4(rig.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct stream *stream = calloc(1, sizeof(*stream));

        if (stream == NULL)
            fail("slow_streams: out of memory");
        stream->fd = fd;
        stream->next = rig.accepted;
        rig.accepted = stream;
        rig.opened++;
        watch(rig.epoll_fd, fd, EPOLLIN, stream);
    }
}

static void on_upstream_event(struct stream *stream, uint32_t events)
{
    if (stream->is_over)
        return;
    if (stream->is_sent) {
        if ((events & (EPOLLHUP | EPOLLERR)) != 0)
            end_stream(stream);
        else
            flood(stream);
        return;
    }
    if (!has_request(stream) || stream->is_over)
        return;
    stream->is_sent = true;
    change_watch(rig.epoll_fd, stream->fd, EPOLLOUT, stream);
}

static void run_flood(void)
{
    struct epoll_event events[EVENTS_PER_WAIT];
    struct sockaddr_in address = loopback(0);
    socklen_t len = sizeof(address);

    rig.listener = open_small(SO_SNDBUF);
    if (bind(rig.listener, (struct sockaddr *)(void *)&address, len) != 0 ||
        listen(rig.listener, BACKLOG) != 0)
        fail("listen");
    if (getsockname(rig.listener, (struct sockaddr *)(void *)&address, &len) != 0)
        fail("getsockname");
    watch(rig.epoll_fd, rig.listener, EPOLLIN, &rig);
    printf("%u\n", ntohs(address.sin_port));
    (void)fflush(stdout);
    for (;;) {
        int count = epoll_wait(rig.epoll_fd, events, EVENTS_PER_WAIT, -1);

        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == NULL && !on_input())
                return;
            if (events[i].data.ptr == &rig)
                accept_streams();
            else if (events[i].data.ptr != NULL)
                on_upstream_event(events[i].data.ptr, events[i].events);
        }
    }
}

/* --- the readers ------------------------------------------------------------------------------ */

static void open_streams(void)
{
    struct sockaddr_in address = loopback(rig.port);

    while (rig.started < rig.streams && rig.started - rig.opened < OPENING_MAX) {
        struct stream *stream = &rig.all[rig.started++];

        stream->fd = open_small(SO_RCVBUF);
        if (connect(stream->fd, (struct sockaddr *)(void *)&address, sizeof(address)) != 0 &&
            errno != EINPROGRESS)
            fail("connect");
        watch(rig.epoll_fd, stream->fd, EPOLLIN | EPOLLOUT, stream);
    }
}

static void count_opened(struct stream *stream)
{
    stream->is_open = true;
    /* What comes from now on is taken by the second. */
    if (!stream->is_over)
        change_watch(rig.epoll_fd, stream->fd, 0, stream);
    if (++rig.opened < rig.streams)
        return;
    puts("open");
    (void)fflush(stdout);
}

static void take_byte(struct stream *stream)
{
    char byte;
    ssize_t got = recv(stream->fd, &byte, 1, 0);

    if (got > 0)
        rig.bytes++;
    else if (got == 0 || errno != EAGAIN)
        end_stream(stream);
}

static void on_reader_event(struct stream *stream, uint32_t events)
{
    if (stream->is_over || stream->is_open)
        return;
    if (!stream->is_sent && (events & EPOLLOUT) != 0) {
        stream->is_sent = true;
        change_watch(rig.epoll_fd, stream->fd, EPOLLIN, stream);
        if (send(stream->fd, rig.request, rig.request_bytes, MSG_NOSIGNAL) < 0)
            end_stream(stream);
        return;
    }
    take_byte(stream);
    count_opened(stream);
}

static void run_readers(void)
{
    struct epoll_event events[EVENTS_PER_WAIT];
    uint64_t next_ns = 0;

    for (;;) {
        open_streams();
        int count = epoll_wait(rig.epoll_fd, events, EVENTS_PER_WAIT, TICK_MS);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr != NULL)
                on_reader_event(events[i].data.ptr, events[i].events);
            else if (!on_input())
                return;
        }
        if (rig.opened < rig.streams || now_ns() < next_ns)
            continue;
        next_ns = now_ns() + (uint64_t)TICK_MS * NS_PER_MS;
        for (uint64_t i = 0; i < rig.streams; i++) {
            if (!rig.all[i].is_over)
                take_byte(&rig.all[i]);
        }
    }
}

static void make_request(const char *path, const char *model, const char *key)
{
    char body[256];
    int len = snprintf(body, sizeof(body), "{\"model\":\"%s\",\"stream\":true}", model);
    int bytes = snprintf(rig.request, sizeof(rig.request),
                         "POST %s HTTP/1.1\r\nhost: weir.test\r\nauthorization: Bearer %s\r\n"
                         "content-length: %d\r\n\r\n%s",
                         path, key, len, body);

    if (len < 0 || (size_t)len >= sizeof(body) || bytes < 0 || (size_t)bytes >= sizeof(rig.request))
        fail("slow_streams: the request is too long");
    rig.request_bytes = (size_t)bytes;
}

/** What a request asks for. */
struct asked {
    const char *path;
    const char *model;
    const char *key;
};

/** @return the one word that is no option; NULL: the arguments are not well-formed */
static const char *read_arguments(int argc, char **argv, struct asked *asked)
{
    static const struct option options[] = {
        {"port", required_argument, NULL, 'p'},
        {"streams", required_argument, NULL, 's'},
        {"path", required_argument, NULL, 'u'},
        {"model", required_argument, NULL, 'm'},
        {"bytes", required_argument, NULL, 'b'},
        {"key", required_argument, NULL, 'k'},
        {NULL, 0, NULL, 0},
    };
    int option;

    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'p')
            rig.port = (uint16_t)read_number("--port", optarg, 1, UINT16_MAX);
        else if (option == 's')
            rig.streams = read_number("--streams", optarg, 1, 1000000);
        else if (option == 'b')
            rig.answer_bytes = read_number("--bytes", optarg, 1, UINT32_MAX);
        else if (option == 'u')
            asked->path = optarg;
        else if (option == 'm')
            asked->model = optarg;
        else if (option == 'k')
            asked->key = optarg;
        else
            return NULL;
    }
    return optind + 1 == argc ? argv[optind] : NULL;
}

static void free_streams(void)
{
    while (rig.accepted != NULL) {
        struct stream *stream = rig.accepted;

        rig.accepted = stream->next;
        free(stream);
    }
    free(rig.all);
}

int main(int argc, char **argv)
{
    struct asked asked = {.path = "/v1/chat/completions", .model = "model", .key = "none"};
    const char *role = read_arguments(argc, argv, &asked);

    if (role == NULL)
        return 2;
    rig.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (rig.epoll_fd < 0)
        fail("epoll_create1");
    watch(rig.epoll_fd, STDIN_FILENO, EPOLLIN, NULL);
    if (strcmp(role, "flood") == 0) {
        run_flood();
    } else {
        make_request(asked.path, asked.model, asked.key);
        rig.all = calloc(rig.streams, sizeof(*rig.all));
        if (rig.all == NULL)
            fail("slow_streams: out of memory");
        run_readers();
    }
    free_streams();
    return 0;
}
