/** What the load generators share: sockets, an epoll descriptor, time, arguments. */
#ifndef WEIR_TESTS_BENCH_SOCKETS_H
#define WEIR_TESTS_BENCH_SOCKETS_H

#include <stdint.h>

/** Marks the time of sending in a chunk: the mark, then CLOCK_MONOTONIC in nanoseconds. */
enum { STAMP_MARK = '@' };

/** Every function ends the process with a sentence when the system refuses. */
int listen_on(uint16_t port);
int connect_to(uint16_t port); /* non-blocking; writable once connected */
void watch(int epoll_fd, int fd, uint32_t events, void *data);
void change_watch(int epoll_fd, int fd, uint32_t events, void *data);

uint64_t now_ns(void);

/** A whole number between `min` and `max`, or the process ends with a sentence that names it. */
uint64_t read_number(const char *name, const char *text, uint64_t min, uint64_t max);

_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
