/*
 * Accepting. Not by uv_listen(): on an error that stays, such as no memory for a socket, libuv
 * would go on accepting without end.
 */
#include "lib/net/server_inner.h"

#include "lib/base/err.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { UNSENT_BYTES_MAX = 131072 }; /* in the kernel, for a client that does not read */

/** One listening socket. */
struct listener {
    uv_poll_t poll;
    struct server *server;
    struct link link;
    uint64_t slot;
    int fd;
};

static void on_readable(uv_poll_t *poll, int status, int events);

static void poll_all(struct server *server, bool start)
{
    for (struct link *link = server->listeners.next; link != &server->listeners;
         link = link->next) {
        struct listener *listener = LINK_OWNER(link, struct listener, link);

        if (start)
            uv_poll_start(&listener->poll, UV_READABLE, on_readable);
        else
            uv_poll_stop(&listener->poll);
    }
}

static void on_pause_over(uv_timer_t *timer)
{
    struct server *server = timer->data;

    server->is_accept_paused = false;
    poll_all(server, true);
}

/* No descriptor or no memory: the connection stays in the kernel's queue for a moment. */
static void pause_accepting(struct server *server)
{
    server->is_accept_paused = true;
    poll_all(server, false);
    uv_timer_start(&server->accept_pause, on_pause_over, SERVER_ACCEPT_PAUSE_MS, 0);
}

static bool is_passing(int error)
{
    /* What accept(2) reports about the one connection that it dropped. */
    return error == EINTR || error == ECONNABORTED || error == EPROTO || error == EPERM ||
           error == ENETDOWN || error == ENETUNREACH || error == EHOSTDOWN ||
           error == EHOSTUNREACH || error == ENONET || error == ENOPROTOOPT || error == EOPNOTSUPP;
}

static void take_socket(struct server *server, int fd)
{
    if (server->conn_count >= server->limits->connections_max) {
        server->refused_count++;
        close(fd);
        return;
    }
    if (conn_open(server, fd) == 0)
        server->accepted_count++;
    else
        server->refused_count++;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct listener *listener = poll->data;
    struct server *server = listener->server;

    (void)status;
    (void)events;
    for (int i = 0; i < SERVER_ACCEPTS_MAX; i++) {
        int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            take_socket(server, fd);
        } else if (errno == EAGAIN) {
            return;
        } else if (!is_passing(errno)) {
            pause_accepting(server);
            return;
        }
    }
}

/* Accepted sockets inherit both. They fail on sockets that are not TCP and need neither. */
static void set_options(int fd)
{
    static const int on = 1;
    static const int unsent_max = UNSENT_BYTES_MAX;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_max, sizeof(unsent_max));
}

int server_listen(struct server *server, uint64_t slot, int fd)
{
    struct listener *listener = malloc(sizeof(*listener));

    if (listener == NULL) {
        close(fd);
        return ERR_NO_MEMORY;
    }
    *listener = (struct listener){.server = server, .slot = slot, .fd = fd};
    if (uv_poll_init(server->loop, &listener->poll, fd) != 0) {
        close(fd);
        free(listener);
        return ERR_IO;
    }
    set_options(fd);
    listener->poll.data = listener;
    link_add_last(&server->listeners, &listener->link);
    if (!server->is_accept_paused)
        uv_poll_start(&listener->poll, UV_READABLE, on_readable);
    return 0;
}

static void on_poll_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void server_unlisten(struct server *server, uint64_t slot)
{
    struct link *next;

    for (struct link *link = server->listeners.next; link != &server->listeners; link = next) {
        struct listener *listener = LINK_OWNER(link, struct listener, link);

        next = link->next;
        if (listener->slot != slot)
            continue;
        link_remove(link);
        uv_poll_stop(&listener->poll);
        uv_close((uv_handle_t *)&listener->poll, on_poll_closed);
        close(listener->fd);
    }
}

void server_unlisten_all(struct server *server)
{
    while (!link_is_alone(&server->listeners))
        server_unlisten(server, LINK_OWNER(server->listeners.next, struct listener, link)->slot);
}
