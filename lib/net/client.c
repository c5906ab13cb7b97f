#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/net/client_inner.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    CHUNKS_SPARE_MAX = 64,
    DEADLINE_GRAIN_MS = 20, /* deadlines are looked at no more often than this */
    SOCKETS_MAX = 1 << 20,
};

/* --- queues ----------------------------------------------------------------------------------- */

static void run_starting(struct http_client *client)
{
    struct link *link;

    while ((link = link_take_first(&client->starting)) != NULL)
        transfer_run(LINK_OWNER(link, struct http_transfer, queue));
}

static void run_resuming(struct http_client *client)
{
    struct link resuming;
    struct link *link;

    /* One that pauses again at once waits for the next turn. */
    link_init(&resuming);
    link_move_all(&client->resuming, &resuming);
    while ((link = link_take_first(&resuming)) != NULL)
        answer_resume(LINK_OWNER(link, struct http_transfer, resume));
}

static void run_kicks(struct http_client *client)
{
    struct link kicks;
    struct link *link;

    link_init(&kicks);
    link_move_all(&client->kicks, &kicks);
    while ((link = link_take_first(&kicks)) != NULL)
        multi_kick(LINK_OWNER(link, struct multi, kick));
}

static void run(struct http_client *client)
{
    run_starting(client);
    run_resuming(client);
    run_kicks(client);
}

static void on_unread(uv_idle_t *idle)
{
    struct http_client *client = idle->data;
    struct link unread;
    struct link *link;

    link_init(&unread);
    link_move_all(&client->unread, &unread);
    while ((link = link_take_first(&unread)) != NULL) {
        struct http_transfer *transfer = LINK_OWNER(link, struct connection, unread)->transfer;

        if (transfer != NULL && transfer->held == NULL)
            answer_read(transfer);
    }
    if (link_is_alone(&client->unread))
        uv_idle_stop(idle);
}

void client_read_on(struct connection *connection)
{
    struct http_client *client = connection->client;

    if (link_is_alone(&connection->unread))
        link_add_last(&client->unread, &connection->unread);
    uv_idle_start(&client->unread_idle, on_unread);
}

/* After a turn's events: what they started goes out in the same turn. */
static void on_check(uv_check_t *check)
{
    run(check->data);
}

/* Before the loop blocks: nothing may be left, or it would wait for an unrelated event. */
static void on_prepare(uv_prepare_t *prepare)
{
    struct http_client *client = prepare->data;

    while (!link_is_alone(&client->starting) || !link_is_alone(&client->resuming) ||
           !link_is_alone(&client->kicks))
        run(client);
}

/* --- deadlines -------------------------------------------------------------------------------- */

static void arm(struct http_client *client, uint64_t due_ms);

/* Progress only moves deadlines, so most transfers are looked at once and found early. */
static void on_deadlines(uv_timer_t *timer)
{
    struct http_client *client = timer->data;
    uint64_t now_ms = uv_now(client->loop);
    uint64_t next_ms = UINT64_MAX;
    struct link late;
    struct link *link;

    client->deadlines_armed_ms = UINT64_MAX;
    link_init(&late);
    for (link = client->live.next; link != &client->live;) {
        struct http_transfer *transfer = LINK_OWNER(link, struct http_transfer, alive);
        uint64_t due_ms = transfer_deadline_ms(transfer);

        link = link->next;
        if (due_ms <= now_ms) {
            link_remove(&transfer->alive);
            link_add_last(&late, &transfer->alive);
        } else if (due_ms < next_ms) {
            next_ms = due_ms;
        }
    }
    if (next_ms != UINT64_MAX)
        arm(client, next_ms);
    while ((link = link_take_first(&late)) != NULL)
        transfer_end(LINK_OWNER(link, struct http_transfer, alive), ERR_UPSTREAM_TIMEOUT);
}

static void arm(struct http_client *client, uint64_t due_ms)
{
    uint64_t now_ms = uv_now(client->loop);
    uint64_t delay_ms = due_ms > now_ms ? due_ms - now_ms : 0;

    if (delay_ms < DEADLINE_GRAIN_MS)
        delay_ms = DEADLINE_GRAIN_MS;
    client->deadlines_armed_ms = now_ms + delay_ms;
    uv_timer_start(&client->deadlines, on_deadlines, delay_ms, 0);
}

void client_watch_deadline(struct http_transfer *transfer)
{
    struct http_client *client = transfer->endpoint->client;
    uint64_t due_ms = transfer_deadline_ms(transfer);

    if (due_ms < client->deadlines_armed_ms)
        arm(client, due_ms);
}

static void on_sweep(uv_timer_t *timer)
{
    struct http_client *client = timer->data;
    uint64_t now_ms = uv_now(client->loop);

    connection_sweep(client, now_ms > CONNECTION_IDLE_MS ? now_ms - CONNECTION_IDLE_MS : 0);
    multi_sweep(&client->plain_multis, now_ms > MULTI_IDLE_MS ? now_ms - MULTI_IDLE_MS : 0);
    multi_sweep(&client->tls_multis, now_ms > MULTI_IDLE_MS ? now_ms - MULTI_IDLE_MS : 0);
}

/* --- life ------------------------------------------------------------------------------------- */

static void start_handles(struct http_client *client)
{
    int err = uv_poll_init(client->loop, &client->poll, client->epoll_fd);

    INVARIANT(err == 0);
    uv_check_init(client->loop, &client->check);
    uv_prepare_init(client->loop, &client->prepare);
    uv_idle_init(client->loop, &client->unread_idle);
    uv_timer_init(client->loop, &client->deadlines);
    uv_timer_init(client->loop, &client->sweep);
    client->poll.data = client;
    client->check.data = client;
    client->prepare.data = client;
    client->unread_idle.data = client;
    client->deadlines.data = client;
    client->sweep.data = client;
    client->handles_open = 6;
    client->deadlines_armed_ms = UINT64_MAX;
    uv_poll_start(&client->poll, UV_READABLE, multi_on_events);
    uv_check_start(&client->check, on_check);
    uv_prepare_start(&client->prepare, on_prepare);
    uv_timer_start(&client->sweep, on_sweep, MULTI_IDLE_MS / 2, MULTI_IDLE_MS / 2);
}

static void free_parts(struct http_client *client)
{
    chunk_pool_close(&client->uploads);
    chunk_pool_close(&client->held);
    transfer_free_spare(client);
    connection_free_spare(client);
    resolver_free(&client->resolver);
    X509_STORE_free(client->store);
    if (client->epoll_fd >= 0)
        close(client->epoll_fd);
    free(client->sockets);
    free(client);
}

static int make_parts(struct http_client *client, const struct http_client_config *config)
{
    struct rlimit files = {.rlim_cur = 1024};

    getrlimit(RLIMIT_NOFILE, &files);
    client->sockets_max = files.rlim_cur < SOCKETS_MAX ? (uint32_t)files.rlim_cur : SOCKETS_MAX;
    client->sockets = calloc(client->sockets_max, sizeof(*client->sockets));
    client->resolver = resolver_new(config->loop, transfer_on_resolved);
    client->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (client->sockets == NULL || client->resolver == NULL)
        return ERR_NO_MEMORY;
    if (client->epoll_fd < 0)
        return ERR_IO;
    return config->ca_file.len == 0 ? 0 : tls_load_store(config->ca_file, &client->store);
}

int http_client_new(const struct http_client_config *config, struct http_client **out)
{
    struct http_client *client = calloc(1, sizeof(*client));

    if (client == NULL)
        return ERR_NO_MEMORY;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(client);
        return ERR_IO;
    }
    client->loop = config->loop;
    link_init(&client->starting);
    link_init(&client->resuming);
    link_init(&client->kicks);
    link_init(&client->live);
    link_init(&client->unread);
    link_init(&client->idle);
    link_init(&client->spare_connections);
    link_init(&client->spare_transfers);
    client->plain_multis.live_max = MULTI_CONNECTIONS_MAX;
    client->tls_multis.live_max = 1;
    client->kept_fd = -1;
    chunk_pool_init(&client->uploads, 0, CHUNKS_SPARE_MAX);
    chunk_pool_init(&client->held, 0, CHUNKS_SPARE_MAX);
    http_client_set_limit(client, config->transfers_max);
    int err = make_parts(client, config);
    if (err != 0) {
        free_parts(client);
        curl_global_cleanup();
        return err;
    }
    start_handles(client);
    *out = client;
    return 0;
}

void http_client_set_limit(struct http_client *client, uint64_t transfers_max)
{
    client->transfers_max = transfers_max;
    client->uploads.live_max = transfers_max;
    /* At most one for each open transfer; those that are open may be more than a new limit. */
    client->held.live_max = UINT64_MAX;
}

uint64_t http_client_open_count(const struct http_client *client)
{
    return client->open;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct http_client *client = handle->data;

    if (--client->handles_open > 0)
        return;
    multi_free_all(&client->plain_multis);
    multi_free_all(&client->tls_multis);
    free_parts(client);
    curl_global_cleanup();
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct multi *multi = handle->data;

    handle->data = multi->client;
    on_handle_closed(handle);
}

static void close_multis(struct http_client *client, struct multis *multis)
{
    multi_sweep(multis, UINT64_MAX);
    for (uint32_t i = 0; i < multis->count; i++) {
        client->handles_open++;
        uv_close((uv_handle_t *)&multis->all[i]->timer, on_timer_closed);
    }
}

void http_client_free(struct http_client **client)
{
    struct http_client *freed = *client;

    *client = NULL;
    if (freed == NULL)
        return;
    while (!link_is_alone(&freed->live)) {
        struct http_transfer *open = LINK_OWNER(freed->live.next, struct http_transfer, alive);

        http_transfer_abort(&open);
    }
    connection_sweep(freed, UINT64_MAX);
    close_multis(freed, &freed->plain_multis);
    close_multis(freed, &freed->tls_multis);
    origin_leave_all(freed);
    uv_close((uv_handle_t *)&freed->poll, on_handle_closed);
    uv_close((uv_handle_t *)&freed->check, on_handle_closed);
    uv_close((uv_handle_t *)&freed->prepare, on_handle_closed);
    uv_close((uv_handle_t *)&freed->unread_idle, on_handle_closed);
    uv_close((uv_handle_t *)&freed->deadlines, on_handle_closed);
    uv_close((uv_handle_t *)&freed->sweep, on_handle_closed);
}
