/** Sockets on 127.0.0.1 for tests that drive a libuv loop by hand and wait for conditions. */
#ifndef WEIR_TESTS_LOOPBACK_FIXTURE_H
#define WEIR_TESTS_LOOPBACK_FIXTURE_H

#include "lib/base/clock.h"
#include "lib/base/span.h"

#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { LOOPBACK_DEADLINE_MS = 20000 };

/** One turn of the loop; fails the test when the deadline has passed. */
static inline void loopback_turn(uv_loop_t *loop, struct monotime deadline, const char *awaited)
{
    uv_run(loop, UV_RUN_NOWAIT);
    if (monotime_reached(monotime_now(), deadline))
        fail_msg("never came: %s", awaited);
}

/** Turn the loop until `condition` holds; fails the test when that takes too long. */
#define RUN_UNTIL(loop, condition)                                                         \
    for (struct monotime deadline_ = monotime_after(monotime_now(), LOOPBACK_DEADLINE_MS); \
         !(condition);)                                                                    \
    loopback_turn((loop), deadline_, #condition)

static inline uint16_t loopback_port(int fd)
{
    struct sockaddr_in address = {.sin_port = 0};
    socklen_t len = sizeof(address);

    assert_int_equal(getsockname(fd, (struct sockaddr *)(void *)&address, &len), 0);
    return ntohs(address.sin_port);
}

/** Small buffers that do not grow, so that a test can fill them. */
enum { LOOPBACK_BUFFER_BYTES = 65536 };

static inline void loopback_set_buffer(int fd, int option)
{
    int bytes = LOOPBACK_BUFFER_BYTES;

    assert_int_equal(setsockopt(fd, SOL_SOCKET, option, &bytes, sizeof(bytes)), 0);
}

/** Accepted sockets inherit the small send buffer. */
static inline int loopback_listen(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    loopback_set_buffer(fd, SO_SNDBUF);
    assert_int_equal(bind(fd, (struct sockaddr *)(void *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 1024), 0);
    return fd;
}

static inline int loopback_connect(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    loopback_set_buffer(fd, SO_RCVBUF);
    assert_int_equal(connect(fd, (struct sockaddr *)(void *)&address, sizeof(address)), 0);
    return fd;
}

/** Close with a reset instead of an end. */
static inline void loopback_reset(int *fd)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};

    assert_int_equal(setsockopt(*fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
    close(*fd);
    *fd = -1;
}

/** What came over a connection so far. */
struct received {
    char *bytes; /* NUL-terminated */
    size_t len;
    size_t room;
    int end; /* 0: open; 1: closed in order; else the errno of the reset */
};

static inline void received_free(struct received *received)
{
    free(received->bytes);
    *received = (struct received){NULL, 0, 0, 0};
}

/** Take what the kernel has, at most `max` bytes; never waits. */
static inline void receive_some(int fd, struct received *received, size_t max)
{
    if (received->room - received->len < max + 1) {
        received->room = (received->len + max + 1) * 2;
        received->bytes = realloc(received->bytes, received->room);
        assert_non_null(received->bytes);
    }
    received->bytes[received->len] = '\0';
    if (received->end != 0)
        return;
    ssize_t count = recv(fd, received->bytes + received->len, max, MSG_DONTWAIT);
    if (count > 0)
        received->len += (size_t)count;
    else if (count == 0)
        received->end = 1;
    else if (errno != EAGAIN)
        received->end = errno;
    received->bytes[received->len] = '\0';
}

static inline bool has_received(int fd, struct received *received, const char *text)
{
    receive_some(fd, received, 65536);
    return strstr(received->bytes, text) != NULL;
}

static inline bool has_ended(int fd, struct received *received)
{
    receive_some(fd, received, 65536);
    return received->end != 0;
}

static inline void send_all(int fd, struct span bytes)
{
    while (bytes.len > 0) {
        ssize_t count = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);

        assert_true(count > 0);
        bytes = span_skip(bytes, (size_t)count);
    }
}

/** Sends without waiting; returns how many bytes went. */
static inline size_t send_some(int fd, struct span bytes)
{
    ssize_t count = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);

    return count > 0 ? (size_t)count : 0;
}

static inline size_t count_of(const char *text, const char *part)
{
    size_t count = 0;

    for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
        count++;
    return count;
}

#endif
