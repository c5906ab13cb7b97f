/**
 * Sends the same GET again and again over kept connections, one at a time on each.
 *
 *   http_load --port N --connections N --ms N [--path PATH] [--status 200]
 *             [--header 'Name: value'] ...
 *
 * At the end it says in one line of JSON how many answers were complete, how many of them had
 * another status, how many broke off, and how long they took. The body is thrown away inside the
 * kernel: long answers shall keep the server busy, not the load. It never sleeps: who sends to a
 * sleeper pays for waking it.
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
    HEAD_BYTES_MAX = 4096,
    STATUS_BYTES = 12, /* "HTTP/1.1 200" */
    REQUEST_BYTES_MAX = 8192,
    EVENTS_PER_WAIT = 512,
    NS_PER_MS = 1000000,
};

struct connection {
    int fd;
    uint64_t begun_ns;
    size_t left; /* of the answer's body; 0: its head comes next */
};

static struct {
    int epoll_fd;
    uint16_t port;
    uint64_t connections;
    uint64_t ms;
    size_t header_bytes;
    char headers[REQUEST_BYTES_MAX / 2];
    size_t request_bytes;
    char request[REQUEST_BYTES_MAX];
    char status[STATUS_BYTES + 1]; /* how each answer begins */
    uint64_t answers;
    uint64_t differing;
    uint64_t broken;
    struct ages ages;
} load;

static void send_request(struct connection *connection)
{
    connection->begun_ns = now_ns();

    ssize_t sent = send(connection->fd, load.request, load.request_bytes, MSG_NOSIGNAL);
    if (sent != (ssize_t)load.request_bytes)
        (void)shutdown(connection->fd, SHUT_RDWR);
}

static void open_connection(struct connection *connection)
{
    *connection = (struct connection){.fd = connect_to(load.port)};
    watch(load.epoll_fd, connection->fd, EPOLLOUT, connection);
}

static void break_off(struct connection *connection)
{
    load.broken++;
    close(connection->fd);
    open_connection(connection);
}

static void finish_answer(struct connection *connection)
{
    load.answers++;
    ages_add(&load.ages, connection->begun_ns, now_ns());
    send_request(connection);
}

/** The servers send a head in one piece, with a length wherever there is a body. */
static bool read_head(struct connection *connection)
{
    char head[HEAD_BYTES_MAX + 1];
    ssize_t got = recv(connection->fd, head, HEAD_BYTES_MAX, 0);

    if (got < STATUS_BYTES)
        return got < 0 && errno == EAGAIN;
    head[got] = '\0';
    char *end = strstr(head, "\r\n\r\n");
    if (end == NULL)
        return false;
    *end = '\0';
    load.differing += memcmp(load.status, head, STATUS_BYTES) != 0;

    const char *length = strcasestr(head, "\r\ncontent-length: ");
    size_t body = length == NULL ? 0 : strtoull(length + strlen("\r\ncontent-length: "), NULL, 10);
    size_t came = (size_t)(head + got - end) - strlen("\r\n\r\n");

    if (came > body)
        return false;
    connection->left = body - came;
    if (connection->left == 0)
        finish_answer(connection);
    return true;
}

static bool skip_body(struct connection *connection)
{
    ssize_t got = recv(connection->fd, NULL, connection->left, MSG_TRUNC);

    if (got <= 0)
        return got < 0 && errno == EAGAIN;
    connection->left -= (size_t)got;
    if (connection->left == 0)
        finish_answer(connection);
    return true;
}

static void on_event(struct connection *connection, uint32_t events)
{
    bool is_fine = true;

    if (connection->begun_ns == 0) {
        change_watch(load.epoll_fd, connection->fd, EPOLLIN, connection);
        send_request(connection);
        return;
    }
    if ((events & EPOLLIN) != 0 && connection->left == 0)
        is_fine = read_head(connection);
    if (is_fine && connection->left > 0)
        is_fine = skip_body(connection);
    if (!is_fine || (events & (EPOLLERR | EPOLLHUP)) != 0)
        break_off(connection);
}

static void run(struct connection *all)
{
    struct epoll_event events[EVENTS_PER_WAIT];
    uint64_t begun_ns = now_ns();
    uint64_t end_ns = begun_ns + load.ms * NS_PER_MS;

    for (uint64_t i = 0; i < load.connections; i++)
        open_connection(&all[i]);
    while (now_ns() < end_ns) {
        int count = epoll_wait(load.epoll_fd, events, EVENTS_PER_WAIT, 0);

        for (int i = 0; i < count; i++)
            on_event(events[i].data.ptr, events[i].events);
    }
    printf("{\"requests\":%llu,\"duration_us\":%llu,\"socket_errors\":%llu,\"status_errors\":%llu,"
           "\"p50_us\":%llu,\"p99_us\":%llu}\n",
           (unsigned long long)load.answers, (unsigned long long)(now_ns() - begun_ns) / 1000,
           (unsigned long long)load.broken, (unsigned long long)load.differing,
           (unsigned long long)ages_percentile(&load.ages, 500),
           (unsigned long long)ages_percentile(&load.ages, 990));
}

static void add_header(const char *text)
{
    size_t room = sizeof(load.headers) - load.header_bytes;
    int len = snprintf(load.headers + load.header_bytes, room, "%s\r\n", text);

    if (len < 0 || (size_t)len >= room)
        fail("http_load: the headers are too long");
    load.header_bytes += (size_t)len;
}

static void make_request(const char *path)
{
    int len = snprintf(load.request, sizeof(load.request),
                       "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n%s\r\n", path, load.port,
                       load.headers);

    if (len < 0 || (size_t)len >= sizeof(load.request))
        fail("http_load: the request is too long");
    load.request_bytes = (size_t)len;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"port", required_argument, NULL, 'p'},
        {"path", required_argument, NULL, 'u'},
        {"connections", required_argument, NULL, 'c'},
        {"ms", required_argument, NULL, 'm'},
        {"status", required_argument, NULL, 's'},
        {"header", required_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *path = "/";
    uint64_t status = 200;
    int option;

    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'p')
            load.port = (uint16_t)read_number("--port", optarg, 1, UINT16_MAX);
        else if (option == 'c')
            load.connections = read_number("--connections", optarg, 1, 10000);
        else if (option == 'm')
            load.ms = read_number("--ms", optarg, 1, 3600000);
        else if (option == 's')
            status = read_number("--status", optarg, 100, 599);
        else if (option == 'u')
            path = optarg;
        else if (option == 'h')
            add_header(optarg);
        else
            return 2;
    }
    if (load.port == 0 || load.connections == 0 || load.ms == 0)
        fail("http_load: --port, --connections and --ms are needed");
    (void)snprintf(load.status, sizeof(load.status), "HTTP/1.1 %llu", (unsigned long long)status);
    make_request(path);

    struct connection *all = calloc(load.connections, sizeof(*all));

    load.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (all == NULL || load.epoll_fd < 0)
        fail("http_load: out of memory");
    run(all);
    return 0;
}
