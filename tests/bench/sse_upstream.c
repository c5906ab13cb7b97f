/**
 * A model server for load: every request is answered with a stream of chunks, as OpenAI writes
 * them, at a fixed pace. Each chunk carries the time of its sending.
 *
 *   sse_upstream --port N --chunks N --interval-ms N [--bytes N]
 *
 * Streams start at different phases of the interval, so that chunks are spread over it. An interval
 * of 0 sends as fast as the reader reads.
 */
#include "tests/bench/sockets.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    EVENT_BYTES_MAX = 2048,
    EVENT_BYTES_DEFAULT = 200,
    REQUEST_BYTES_MAX = 8192,
    INTERVAL_MS_MAX = 60000,
    EVENTS_PER_WAIT = 512,
    NS_PER_MS = 1000000,
};

struct stream {
    int fd;
    bool is_answering;
    bool waits_for_room;
    uint64_t sent;       /* chunks of this answer */
    uint32_t slot;       /* of the wheel */
    struct stream *next; /* in the slot */
    struct stream **link;
    size_t request_bytes;
    char request[REQUEST_BYTES_MAX];
    size_t out_at;
    size_t out_bytes;
    char out[EVENT_BYTES_MAX + 512];
};

static struct {
    int epoll_fd;
    uint64_t chunks;
    uint32_t interval_ms;
    size_t event_bytes;
    uint32_t phase;
    /** One slot a millisecond of the interval; a paced stream stands in one of them. */
    struct stream *wheel[INTERVAL_MS_MAX];
} server;

static const char usage_event[] =
    "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,"
    "\"model\":\"upstream-model\",\"choices\":[],\"usage\":{\"prompt_tokens\":11,"
    "\"completion_tokens\":22,\"total_tokens\":33}}\n\ndata: [DONE]\n\n";

static const char stream_head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                                  "Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n";

static void leave_wheel(struct stream *stream)
{
    if (stream->link == NULL)
        return;
    *stream->link = stream->next;
    if (stream->next != NULL)
        stream->next->link = stream->link;
    stream->link = NULL;
}

static void enter_wheel(struct stream *stream)
{
    struct stream **head = &server.wheel[stream->slot];

    stream->next = *head;
    stream->link = head;
    if (*head != NULL)
        (*head)->link = &stream->next;
    *head = stream;
}

static void close_stream(struct stream *stream)
{
    leave_wheel(stream);
    close(stream->fd);
    free(stream);
}

/** @return false when the stream is gone */
static bool flush(struct stream *stream)
{
    ssize_t sent = send(stream->fd, stream->out + stream->out_at,
                        stream->out_bytes - stream->out_at, MSG_NOSIGNAL);

    if (sent < 0 && errno != EAGAIN) {
        close_stream(stream);
        return false;
    }
    stream->out_at += sent < 0 ? 0 : (size_t)sent;

    bool waits = stream->out_at < stream->out_bytes;
    if (waits != stream->waits_for_room)
        change_watch(server.epoll_fd, stream->fd, waits ? EPOLLIN | EPOLLOUT : EPOLLIN, stream);
    stream->waits_for_room = waits;
    return true;
}

static void put(struct stream *stream, const char *bytes, size_t len)
{
    memcpy(stream->out + stream->out_bytes, bytes, len);
    stream->out_bytes += len;
}

static void put_chunk(struct stream *stream, const char *bytes, size_t len)
{
    char head[16];

    put(stream, head, (size_t)snprintf(head, sizeof(head), "%zx\r\n", len));
    put(stream, bytes, len);
    put(stream, "\r\n", 2);
}

static void put_event(struct stream *stream)
{
    static const char tail[] = "\"},\"finish_reason\":null}]}\n\n";
    char event[EVENT_BYTES_MAX];
    size_t len = (size_t)snprintf(
        event, sizeof(event),
        "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,"
        "\"model\":\"upstream-model\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%c%llu ",
        STAMP_MARK, (unsigned long long)now_ns());

    while (len + sizeof(tail) - 1 < server.event_bytes)
        event[len++] = 'x';
    memcpy(event + len, tail, sizeof(tail) - 1);
    put_chunk(stream, event, len + sizeof(tail) - 1);
}

/** Send what comes next. @return false when the stream is gone or has to wait for something */
static bool send_next(struct stream *stream)
{
    stream->out_at = 0;
    stream->out_bytes = 0;
    if (stream->sent < server.chunks) {
        put_event(stream);
        stream->sent++;
    } else {
        put_chunk(stream, usage_event, sizeof(usage_event) - 1);
        put(stream, "0\r\n\r\n", 5);
        stream->is_answering = false;
        leave_wheel(stream);
    }
    return flush(stream) && stream->is_answering && !stream->waits_for_room;
}

static void send_many(struct stream *stream)
{
    for (int i = 0; i < EVENTS_PER_WAIT; i++) {
        if (!send_next(stream))
            return;
    }
    /* The others get their turn; the loop comes back because there is room. */
    stream->waits_for_room = true;
    change_watch(server.epoll_fd, stream->fd, EPOLLIN | EPOLLOUT, stream);
}

static void begin_answer(struct stream *stream)
{
    stream->is_answering = true;
    stream->sent = 0;
    stream->out_at = 0;
    stream->out_bytes = 0;
    put(stream, stream_head, sizeof(stream_head) - 1);
    put_event(stream);
    stream->sent++;
    if (!flush(stream))
        return;
    if (server.interval_ms == 0) {
        send_many(stream);
        return;
    }
    /* A stride that is prime to most intervals spreads the phases without randomness. */
    server.phase += 7919;
    stream->slot = server.phase % server.interval_ms;
    enter_wheel(stream);
}

/** Bytes of the whole request once its head is there; 0: not yet. */
static size_t request_length(const struct stream *stream)
{
    const char *end = memmem(stream->request, stream->request_bytes, "\r\n\r\n", 4);
    const char *field = strcasestr(stream->request, "\r\ncontent-length:");

    if (end == NULL)
        return 0;

    size_t head = (size_t)(end - stream->request) + 4;
    return field == NULL || field > end ? head : head + strtoul(field + 17, NULL, 10);
}

static void on_readable(struct stream *stream)
{
    ssize_t got = recv(stream->fd, stream->request + stream->request_bytes,
                       sizeof(stream->request) - 1 - stream->request_bytes, 0);

    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        close_stream(stream);
        return;
    }
    stream->request_bytes += (size_t)got;
    stream->request[stream->request_bytes] = '\0';

    size_t length = request_length(stream);
    if (length == 0 || stream->request_bytes < length)
        return;
    stream->request_bytes = 0;
    begin_answer(stream);
}

static void accept_all(int listener)
{
    int fd;

    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct stream *stream = calloc(1, sizeof(*stream));

        if (stream == NULL)
            fail("out of memory");
        stream->fd = fd;
        watch(server.epoll_fd, fd, EPOLLIN, stream);
    }
}

static void on_event(struct stream *stream, uint32_t events)
{
    if ((events & EPOLLOUT) != 0 && stream->waits_for_room) {
        if (!flush(stream))
            return;
        if (server.interval_ms == 0 && stream->is_answering && !stream->waits_for_room) {
            send_many(stream);
            return;
        }
    }
    if ((events & ~(uint32_t)EPOLLOUT) != 0)
        on_readable(stream);
}

/** Every paced stream whose turn came since the last tick sends a chunk; a slow reader misses it. */
static void tick(uint64_t *ticks)
{
    uint64_t now = now_ns() / NS_PER_MS;

    if (server.interval_ms == 0)
        return;
    for (; *ticks < now; ++*ticks) {
        struct stream *next = NULL;

        for (struct stream *at = server.wheel[*ticks % server.interval_ms]; at != NULL; at = next) {
            next = at->next;
            if (!at->waits_for_room)
                (void)send_next(at);
        }
    }
}

static void run(int listener)
{
    struct epoll_event events[EVENTS_PER_WAIT];
    uint64_t ticks = now_ns() / NS_PER_MS;

    watch(server.epoll_fd, listener, EPOLLIN, NULL);
    for (;;) {
        int count = epoll_wait(server.epoll_fd, events, EVENTS_PER_WAIT,
                               server.interval_ms == 0 ? -1 : 1);

        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == NULL)
                accept_all(listener);
            else
                on_event(events[i].data.ptr, events[i].events);
        }
        tick(&ticks);
    }
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"port", required_argument, NULL, 'p'},
        {"chunks", required_argument, NULL, 'c'},
        {"interval-ms", required_argument, NULL, 'i'},
        {"bytes", required_argument, NULL, 'b'},
        {NULL, 0, NULL, 0},
    };
    uint16_t port = 0;
    int option;

    server.event_bytes = EVENT_BYTES_DEFAULT;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'p')
            port = (uint16_t)read_number("--port", optarg, 1, UINT16_MAX);
        else if (option == 'c')
            server.chunks = read_number("--chunks", optarg, 1, UINT64_MAX);
        else if (option == 'i')
            server.interval_ms = (uint32_t)read_number("--interval-ms", optarg, 0, INTERVAL_MS_MAX);
        else if (option == 'b')
            server.event_bytes = read_number("--bytes", optarg, 1, EVENT_BYTES_MAX - 64);
        else
            return 2;
    }
    if (port == 0 || server.chunks == 0)
        fail("sse_upstream: --port and --chunks are needed");
    server.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    run(listen_on(port));
    return 0;
}
