#include "lib/base/invariant.h"
#include "lib/net/client_inner.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

void socket_forget(struct http_client *client, int fd)
{
    client->sockets[fd] = (struct socket_place){.multi = NULL};
    client->sockets_open--;
}

void socket_watch(struct http_client *client, int fd, uint32_t events)
{
    struct socket_place *place = &client->sockets[fd];
    struct epoll_event event = {.events = events, .data.fd = fd};
    int operation = EPOLL_CTL_MOD;

    if (place->events == events)
        return;
    if (events == 0)
        operation = EPOLL_CTL_DEL;
    else if (place->events == 0)
        operation = EPOLL_CTL_ADD;
    if (epoll_ctl(client->epoll_fd, operation, fd, &event) != 0) {
        /* libcurl 7.88 closes a socket that never connected without a word, and then says that it
         * need not be watched. */
        INVARIANT(errno == EBADF && operation != EPOLL_CTL_ADD);
        socket_forget(client, fd);
        return;
    }
    place->events = events;
}

curl_socket_t socket_on_open(void *client, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct http_client *owner = client;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

    (void)purpose;
    if (fd < 0)
        return CURL_SOCKET_BAD;
    owner->sockets_open++;
    return fd;
}

int socket_on_close(void *client, curl_socket_t fd)
{
    struct http_client *owner = client;

    if (fd == owner->kept_fd)
        return 0;
    socket_forget(owner, fd);
    return close(fd);
}
