#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/net/client_parts.h"

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

static void forget(struct http_client *client, int fd)
{
    client->sockets[fd] = (struct socket_place){.multi = NULL};
    client->sockets_open--;
}

static void watch(struct http_client *client, int fd, uint32_t events)
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
        forget(client, fd);
        return;
    }
    place->events = events;
}

/*
 * Called by libcurl. A socket that it does not want watched any more mostly goes idle until the
 * next call on the same connection: it stays in the set, and leaves it when something comes.
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
        watch(client, fd, place->events == 0 ? 0 : EPOLLIN);
        return 0;
    }
    if ((what & CURL_POLL_IN) != 0)
        events |= EPOLLIN;
    if ((what & CURL_POLL_OUT) != 0)
        events |= EPOLLOUT;
    place->multi = multi;
    watch(client, fd, events);
    return 0;
}

curl_socket_t multi_on_open_socket(void *client, curlsocktype purpose,
                                   struct curl_sockaddr *address)
{
    struct http_client *owner = client;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

    (void)purpose;
    if (fd < 0)
        return CURL_SOCKET_BAD;
    owner->sockets_open++;
    return fd;
}

int multi_on_close_socket(void *client, curl_socket_t fd)
{
    struct http_client *owner = client;

    /* close(2) takes it out of the epoll set. */
    forget(owner, fd);
    return close(fd);
}

/* --- libcurl's turn --------------------------------------------------------------------------- */

static struct http_transfer *transfer_of(CURL *easy)
{
    void *transfer = NULL;

    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    return transfer;
}

/* What could not be done while libcurl was on the stack. */
static void after_turn(struct multi *multi)
{
    struct link *link;
    CURLMsg *message;
    int left;

    while ((link = link_take_first(&multi->doomed)) != NULL) {
        struct http_transfer *transfer = LINK_OWNER(link, struct http_transfer, queue);

        multi_remove(transfer);
        transfer_return(transfer);
    }
    while (multi->handle != NULL &&
           (message = curl_multi_info_read(multi->handle, &left)) != NULL) {
        if (message->msg == CURLMSG_DONE)
            transfer_on_done(transfer_of(message->easy_handle), message->data.result);
    }
}

static void act(struct multi *multi, curl_socket_t fd, int events)
{
    int running;

    multi->is_busy = true;
    curl_multi_socket_action(multi->handle, fd, events, &running);
    multi->is_busy = false;
    after_turn(multi);
}

void multi_kick(struct multi *multi)
{
    if (multi->handle != NULL)
        act(multi, CURL_SOCKET_TIMEOUT, 0);
}

void multi_resume(struct http_transfer *transfer)
{
    struct multi *multi = transfer->multi;

    multi->is_busy = true;
    CURLcode code = curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
    multi->is_busy = false;
    /* A write callback that fails in there ends nothing in libcurl. */
    bool has_failed = code != CURLE_OK && !transfer->is_muted;
    after_turn(multi);
    if (has_failed)
        transfer_on_done(transfer, code);
}

static void on_event(struct http_client *client, const struct epoll_event *event)
{
    struct socket_place *place = &client->sockets[event->data.fd];
    int events = 0;

    if (place->multi == NULL) {
        /* Bytes or an end on a connection that nobody uses: libcurl finds out at its next use. */
        if (place->events != 0)
            watch(client, event->data.fd, 0);
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
    curl_multi_setopt(multi->handle, CURLMOPT_MAXCONNECTS, (long)MULTI_CONNECTIONS_MAX);
    curl_multi_setopt(multi->handle, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    return 0;
}

static struct multi *append(struct http_client *client, enum transfer_class class)
{
    struct multi_class *of = &client->classes[class];

    if (of->count == MULTIS_MAX)
        return NULL;
    struct multi **grown = realloc(of->multis, (of->count + 1) * sizeof(struct multi *));
    if (grown == NULL)
        return NULL;
    of->multis = grown;
    struct multi *multi = calloc(1, sizeof(*multi));
    if (multi == NULL)
        return NULL;
    multi->client = client;
    multi->class = (uint8_t) class;
    multi->index = of->count;
    multi->due_ms = UINT64_MAX;
    multi->armed_ms = UINT64_MAX;
    link_init(&multi->kick);
    link_init(&multi->doomed);
    uv_timer_init(client->loop, &multi->timer);
    multi->timer.data = multi;
    of->multis[of->count++] = multi;
    return multi;
}

/* The lowest one with room: calls gather where connections are open already. */
static struct multi *pick(struct http_client *client, enum transfer_class class)
{
    struct multi_class *of = &client->classes[class];

    while (of->room_from < of->count && of->multis[of->room_from]->live >= MULTI_TRANSFERS_MAX)
        of->room_from++;
    return of->room_from < of->count ? of->multis[of->room_from] : append(client, class);
}

int multi_add(struct http_client *client, struct http_transfer *transfer)
{
    struct multi *multi = pick(client, transfer->is_stream ? CLASS_STREAM : CLASS_SHORT);

    if (multi == NULL || open_handle(multi) != 0 ||
        curl_multi_add_handle(multi->handle, transfer->easy) != CURLM_OK)
        return ERR_NO_MEMORY;
    multi->live++;
    transfer->multi = multi;
    return 0;
}

void multi_remove(struct http_transfer *transfer)
{
    struct multi *multi = transfer->multi;
    struct multi_class *of = &multi->client->classes[multi->class];

    INVARIANT(!multi->is_busy && multi->live > 0);
    CURLMcode code = curl_multi_remove_handle(multi->handle, transfer->easy);
    INVARIANT(code == CURLM_OK);
    transfer->multi = NULL;
    multi->live--;
    multi->used_ms = uv_now(multi->client->loop);
    if (multi->index < of->room_from)
        of->room_from = multi->index;
}

void multi_sweep(struct http_client *client, uint64_t unused_since_ms)
{
    for (size_t class = 0; class < CLASS_COUNT; class ++) {
        for (uint32_t i = 0; i < client->classes[class].count; i++) {
            struct multi *multi = client->classes[class].multis[i];

            if (multi->handle == NULL || multi->live > 0 || multi->used_ms > unused_since_ms)
                continue;
            curl_multi_cleanup(multi->handle);
            multi->handle = NULL;
            link_remove(&multi->kick);
        }
    }
}

void multi_free_all(struct http_client *client)
{
    for (size_t class = 0; class < CLASS_COUNT; class ++) {
        for (uint32_t i = 0; i < client->classes[class].count; i++)
            free(client->classes[class].multis[i]);
        free(client->classes[class].multis);
    }
}
