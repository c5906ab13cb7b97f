#include "tools/demo_listen.h"

#include "lib/base/err.h"
#include "lib/base/log.h"

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 511 };

/** Split "host:port" or "[host]:port" at its last colon. */
static bool split_address(const char *address, char host[DEMO_ADDRESS_BYTES], const char **port)
{
    const char *colon = strrchr(address, ':');
    size_t len = colon == NULL ? 0 : (size_t)(colon - address);

    if (len == 0 || len >= DEMO_ADDRESS_BYTES)
        return false;
    if (address[0] == '[' && address[len - 1] == ']') {
        address++;
        len -= 2;
    }
    memcpy(host, address, len);
    host[len] = '\0';
    *port = colon + 1;
    return **port != '\0';
}

static int open_socket(const struct addrinfo *info)
{
    int on = 1;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return ERR_IO;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;

    int saved = errno;
    close(fd);
    errno = saved;
    return ERR_IO;
}

static void name_socket(int fd, char *bound, size_t bound_bytes)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    char host[64] = "";
    char port[16] = "";

    if (getsockname(fd, (struct sockaddr *)&address, &len) == 0)
        (void)getnameinfo((struct sockaddr *)&address, len, host, sizeof(host), port, sizeof(port),
                          NI_NUMERICHOST | NI_NUMERICSERV);
    (void)snprintf(bound, bound_bytes, strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s", host, port);
}

int demo_listen(const char *address, char *bound, size_t bound_bytes)
{
    struct addrinfo hints = {
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
        .ai_socktype = SOCK_STREAM,
    };
    struct addrinfo *info = NULL;
    char host[DEMO_ADDRESS_BYTES];
    const char *port = NULL;

    if (!split_address(address, host, &port) || getaddrinfo(host, port, &hints, &info) != 0) {
        log_write(LOG_ERROR, "\"%s\" is not a numeric HOST:PORT", address);
        return ERR_INVALID;
    }

    int fd = open_socket(info);
    freeaddrinfo(info);
    if (fd < 0) {
        log_write(LOG_ERROR, "cannot listen on %s: %s", address, strerrordesc_np(errno));
        return fd;
    }
    name_socket(fd, bound, bound_bytes);
    return fd;
}
