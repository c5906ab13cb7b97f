#include "tests/bench/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BACKLOG = 4096 };

void fail(const char *format, ...)
{
    int saved = errno;
    va_list args;

    va_start(args, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): clang 14 does not see va_start() here */
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fprintf(stderr, " (%s)\n", strerrordesc_np(saved));
    _exit(1);
}

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr = {htonl(INADDR_LOOPBACK)},
    };
}

static int open_socket(void)
{
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        fail("socket");
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

int listen_on(uint16_t port)
{
    struct sockaddr_in address = loopback(port);
    int on = 1;
    int fd = open_socket();

    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, BACKLOG) != 0)
        fail("cannot listen on port %u", port);
    return fd;
}

int connect_to(uint16_t port)
{
    struct sockaddr_in address = loopback(port);
    int fd = open_socket();

    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0 && errno != EINPROGRESS)
        fail("cannot connect to port %u", port);
    return fd;
}

static void control(int epoll_fd, int op, int fd, struct epoll_event event)
{
    if (epoll_ctl(epoll_fd, op, fd, &event) != 0)
        fail("epoll_ctl");
}

void watch(int epoll_fd, int fd, uint32_t events, void *data)
{
    control(epoll_fd, EPOLL_CTL_ADD, fd, (struct epoll_event){events, {data}});
}

void change_watch(int epoll_fd, int fd, uint32_t events, void *data)
{
    control(epoll_fd, EPOLL_CTL_MOD, fd, (struct epoll_event){events, {data}});
}

uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t read_number(const char *name, const char *text, uint64_t min, uint64_t max)
{
    char *end = NULL;

    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || *text < '0' || *text > '9' || *end != '\0' || value < min || value > max)
        fail("%s: \"%s\" is not a number between %llu and %llu", name, text,
             (unsigned long long)min, (unsigned long long)max);
    return value;
}
