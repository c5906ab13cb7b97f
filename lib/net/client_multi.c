#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/net/client_inner.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { EVENTS_MAX = 256, MULTIS_MAX = 1 << 16 };

/* --- time ------------------------------------------------------------------------------------- */

static void want_kick(struct multi *multi)
{
    if (link_is_alone(&multi->kick))
        link_add_last(&multi->client->kicks, &multi->kick);
}

static void arm(struct multi *multi);

/* libcurl moves its timers often and mostly to later: the timer may fire early and look again. */
static void on_timer(uv_timer_t *timer)
{
    struct multi *multi = timer->data;

    multi->armed_ms = UINT64_MAX;
    if (multi->due_ms > uv_now(multi->client->loop)) {
        arm(multi);
        return;
    }
    multi->due_ms = UINT64_MAX;
    want_kick(multi);
}

static void arm(struct multi *multi)
{
    if (multi->due_ms >= multi->armed_ms)
        return;
    multi->armed_ms = multi->due_ms;
    uv_timer_start(&multi->timer, on_timer, multi->due_ms - uv_now(multi->client->loop), 0);
}

/* Called by libcurl, which must not be called back from here. */
static int on_timeout_wanted(CURLM *handle, long timeout_ms, void *owner)
{
    struct multi *multi = owner;

    (void)handle;
    multi->due_ms = UINT64_MAX;
    if (timeout_ms == 0)
        want_kick(multi);
    if (timeout_ms > 0) {
        multi->due_ms = uv_now(multi->client->loop) + (uint64_t)timeout_ms;
        arm(multi);
    }
    return 0;
}

/* --- sockets ---------------------------------------------------------------------------------- */

/*
 * Called by libcurl. A socket that it does not want watched any more mostly is open, and ours from
 * then on: it stays in the set, and leaves it when something comes that nobody waits for.
 */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *owner, void *unused)
{
    struct multi *multi = owner;
    struct http_client *client = multi->client;
    uint32_t events = 0;

    (void)easy;
    (void)unused;
    INVARIANT(fd >= 0 && (uint32_t)fd < client->sockets_max);
    struct socket_place *place = &client->sockets[fd];
    if (what == CURL_POLL_REMOVE || what == CURL_POLL_NONE) {
        place->multi = NULL;
        socket_watch(client, fd, place->events == 0 ? 0 : EPOLLIN);
        return 0;
    }
    if ((what & CURL_POLL_IN) != 0)
        events |= EPOLLIN;
    if ((what & CURL_POLL_OUT) != 0)
        events |= EPOLLOUT;
    place->multi = multi;
    socket_watch(client, fd, events);
    return 0;
}

/* --- libcurl's turn --------------------------------------------------------------------------- */

/* Opened or failed: nothing else ends here. */
static void tell(struct multi *multi)
{
    CURLMsg *message;
    int left;

    while (multi->handle != NULL &&
           (message = curl_multi_info_read(multi->handle, &left)) != NULL) {
        CURLcode code = message->data.result;
        void *connection = NULL;

        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &connection);
        if (message->msg == CURLMSG_DONE)
            connection_on_opened(connection, code);
    }
}

static void act(struct multi *multi, curl_socket_t fd, int events)
{
    int running;

    multi->is_busy = true;
    curl_multi_socket_action(multi->handle, fd, events, &running);
    multi->is_busy = false;
    tell(multi);
}

void multi_kick(struct multi *multi)
{
    if (multi->handle != NULL)
        act(multi, CURL_SOCKET_TIMEOUT, 0);
}

static void on_event(struct http_client *client, const struct epoll_event *event)
{
    struct socket_place *place = &client->sockets[event->data.fd];
    int events = 0;

    if (place->connection != NULL) {
        connection_on_events(place->connection, event->events);
        return;
    }
    if (place->multi == NULL) {
        if (place->events != 0)
            socket_watch(client, event->data.fd, 0);
        return;
    }
    if ((event->events & EPOLLIN) != 0)
        events |= CURL_CSELECT_IN;
    if ((event->events & EPOLLOUT) != 0)
        events |= CURL_CSELECT_OUT;
    if ((event->events & (EPOLLERR | EPOLLHUP)) != 0)
        events |= CURL_CSELECT_ERR;
    act(place->multi, event->data.fd, events);
}

void multi_on_events(uv_poll_t *poll, int status, int events)
{
    struct http_client *client = poll->data;
    struct epoll_event ready[EVENTS_MAX];

    (void)status;
    (void)events;
    /* More than fit here are ready again in the next turn. */
    int count = epoll_wait(client->epoll_fd, ready, EVENTS_MAX, 0);
    for (int i = 0; i < count; i++)
        on_event(client, &ready[i]);
}

/* --- life ------------------------------------------------------------------------------------- */

static int open_handle(struct multi *multi)
{
    if (multi->handle != NULL)
        return 0;
    multi->handle = curl_multi_init();
    if (multi->handle == NULL)
        return ERR_NO_MEMORY;
    curl_multi_setopt(multi->handle, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi->handle, CURLMOPT_SOCKETDATA, multi);
    curl_multi_setopt(multi->handle, CURLMOPT_TIMERFUNCTION, on_timeout_wanted);
    curl_multi_setopt(multi->handle, CURLMOPT_TIMERDATA, multi);
    curl_multi_setopt(multi->handle, CURLMOPT_MAXCONNECTS, (long)MULTI_KEPT_MAX);
    curl_multi_setopt(multi->handle, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    return 0;
}

static struct multi *append(struct http_client *client, struct multis *multis)
{
    if (multis->count == MULTIS_MAX)
        return NULL;
    struct multi **grown = realloc(multis->all, (multis->count + 1) * sizeof(struct multi *));
    if (grown == NULL)
        return NULL;
    multis->all = grown;
    struct multi *multi = calloc(1, sizeof(*multi));
    if (multi == NULL)
        return NULL;
    multi->client = client;
    multi->of = multis;
    multi->index = multis->count;
    multi->due_ms = UINT64_MAX;
    multi->armed_ms = UINT64_MAX;
    link_init(&multi->kick);
    uv_timer_init(client->loop, &multi->timer);
    multi->timer.data = multi;
    multis->all[multis->count++] = multi;
    return multi;
}

/* The lowest one with room, so that the last ones become empty. */
static struct multi *pick(struct http_client *client, struct multis *multis)
{
    while (multis->room_from < multis->count &&
           multis->all[multis->room_from]->live >= multis->live_max)
        multis->room_from++;
    return multis->room_from < multis->count ? multis->all[multis->room_from]
                                             : append(client, multis);
}

int multi_add(struct http_client *client, struct connection *connection)
{
    struct multi *multi = pick(client, connection->origin->is_tls ? &client->tls_multis
                                                                  : &client->plain_multis);

    if (multi == NULL || open_handle(multi) != 0 ||
        curl_multi_add_handle(multi->handle, connection->easy) != CURLM_OK)
        return ERR_NO_MEMORY;
    multi->live++;
    connection->multi = multi;
    return 0;
}

void multi_remove(struct connection *connection, CURL *easy)
{
    struct multi *multi = connection->multi;
    struct multis *multis = multi->of;

    INVARIANT(!multi->is_busy && multi->live > 0);
    CURLMcode code = curl_multi_remove_handle(multi->handle, easy);
    INVARIANT(code == CURLM_OK);
    connection->multi = NULL;
    multi->live--;
    multi->used_ms = uv_now(multi->client->loop);
    if (multi->index < multis->room_from)
        multis->room_from = multi->index;
}

void multi_sweep(struct multis *multis, uint64_t unused_since_ms)
{
    for (uint32_t i = 0; i < multis->count; i++) {
        struct multi *multi = multis->all[i];

        if (multi->handle == NULL || multi->live > 0 || multi->used_ms > unused_since_ms)
            continue;
        INVARIANT(!multi->is_busy);
        curl_multi_cleanup(multi->handle);
        multi->handle = NULL;
        link_remove(&multi->kick);
    }
}

void multi_free_all(struct multis *multis)
{
    for (uint32_t i = 0; i < multis->count; i++)
        free(multis->all[i]);
    free(multis->all);
}
