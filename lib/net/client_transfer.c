#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/net/client_inner.h"

#include <stdlib.h>

/* --- memory ----------------------------------------------------------------------------------- */

static struct http_transfer *take(struct http_client *client)
{
    struct link *spare = link_take_first(&client->spare_transfers);

    if (spare != NULL) {
        client->spare_transfer_count--;
        return LINK_OWNER(spare, struct http_transfer, queue);
    }
    struct http_transfer *transfer = calloc(1, sizeof(*transfer));
    if (transfer == NULL)
        return NULL;
    link_init(&transfer->queue);
    link_init(&transfer->alive);
    link_init(&transfer->resume);
    link_init(&transfer->waiting);
    return transfer;
}

/* Frees a given-up endpoint with its last transfer. */
static void give_back(struct http_transfer *transfer)
{
    struct http_endpoint *endpoint = transfer->endpoint;
    struct http_client *client = endpoint->client;

    INVARIANT(transfer->connection == NULL);
    request_end(transfer);
    chunk_return(&client->held, &transfer->held);
    link_remove(&transfer->alive);
    link_remove(&transfer->resume);
    link_remove(&transfer->waiting);
    link_remove(&transfer->queue);
    transfer->state = TRANSFER_SPARE;
    if (client->speaking == transfer)
        client->speaking = NULL;
    client->open--;
    endpoint->open--;
    if (client->spare_transfer_count == TRANSFER_SPARE_MAX) {
        free(transfer);
    } else {
        /* The one that was used last is warm. */
        link_add_last(client->spare_transfers.next, &transfer->queue);
        client->spare_transfer_count++;
    }
    endpoint_check(endpoint);
}

void transfer_free_spare(struct http_client *client)
{
    struct link *spare;

    while ((spare = link_take_first(&client->spare_transfers)) != NULL)
        free(LINK_OWNER(spare, struct http_transfer, queue));
}

/* --- time ------------------------------------------------------------------------------------- */

uint64_t transfer_deadline_ms(const struct http_transfer *transfer)
{
    return transfer->phase_deadline_ms < transfer->total_deadline_ms ? transfer->phase_deadline_ms
                                                                     : transfer->total_deadline_ms;
}

void transfer_moved(struct http_transfer *transfer, uint64_t wait_ms)
{
    transfer->phase_deadline_ms = uv_now(transfer->endpoint->client->loop) + wait_ms;
    client_watch_deadline(transfer);
}

/* --- ends ------------------------------------------------------------------------------------- */

static void leave_connection(struct http_transfer *transfer, bool is_kept)
{
    struct connection *connection = transfer->connection;

    transfer->connection = NULL;
    if (connection == NULL)
        return;
    if (is_kept)
        connection_rest(connection);
    else
        connection_close(connection);
}

void transfer_end(struct http_transfer *transfer, int err)
{
    const struct http_transfer_handlers *handlers = transfer->handlers;
    void *ctx = transfer->ctx;

    leave_connection(transfer, err == 0 && transfer->is_sent && !transfer->has_surplus &&
                                   http_response_is_kept_alive(&transfer->response));
    give_back(transfer);
    handlers->on_end(ctx, err);
}

void transfer_on_lost(struct http_transfer *transfer)
{
    if (transfer->has_begun || !transfer->connection->is_reused) {
        transfer_end(transfer, transfer->has_begun ? ERR_UPSTREAM_CUT : ERR_UPSTREAM_CONNECT);
        return;
    }
    /* The upstream closed it while it was idle, and we did not know yet. */
    leave_connection(transfer, false);
    request_rewind(transfer);
    transfer->needs_new_connection = true;
    transfer->state = TRANSFER_STARTING;
    transfer_moved(transfer, transfer->connect_ms + transfer->first_byte_ms);
    link_add_last(&transfer->endpoint->client->starting, &transfer->queue);
}

void http_transfer_abort(struct http_transfer **transfer)
{
    struct http_transfer *aborted = *transfer;

    *transfer = NULL;
    if (aborted == NULL)
        return;
    leave_connection(aborted, false);
    give_back(aborted);
}

/* --- start ------------------------------------------------------------------------------------ */

void transfer_on_connected(struct http_transfer *transfer, int err)
{
    if (err != 0) {
        transfer_end(transfer, err);
        return;
    }
    transfer->state = TRANSFER_RUNNING;
    http_response_init(&transfer->response);
    request_send(transfer);
    if (transfer->is_cut)
        answer_read(transfer);
}

void transfer_run(struct http_transfer *transfer)
{
    struct http_origin *origin = transfer->endpoint->origin;
    struct http_client *client = transfer->endpoint->client;

    if (!transfer->needs_new_connection)
        transfer->connection = connection_take(origin);
    if (transfer->connection != NULL) {
        transfer->connection->transfer = transfer;
        transfer_on_connected(transfer, 0);
        return;
    }
    /* Idle connections must not take the descriptors that calls were promised. */
    while (client->sockets_open >= client->transfers_max && connection_close_oldest(client))
        ;
    transfer->state = TRANSFER_CONNECTING;
    transfer->connection = connection_open(origin, transfer);
    if (transfer->connection == NULL)
        transfer_end(transfer, ERR_NO_MEMORY);
}

/* Wait for the name, or for the loop's top. */
static void queue_start(struct http_transfer *transfer)
{
    struct resolver_name *name = transfer->endpoint->origin->name;

    if (name != NULL && resolver_name_addresses(name) == NULL) {
        transfer->state = TRANSFER_RESOLVING;
        resolver_wait(name, &transfer->waiting);
        return;
    }
    transfer->state = TRANSFER_STARTING;
    link_add_last(&transfer->endpoint->client->starting, &transfer->queue);
}

void transfer_on_resolved(struct link *waiting, int err)
{
    struct http_transfer *transfer = LINK_OWNER(waiting, struct http_transfer, waiting);

    if (err != 0) {
        transfer_end(transfer, err);
        return;
    }
    transfer_moved(transfer, transfer->connect_ms + transfer->first_byte_ms);
    queue_start(transfer);
}

static void begin(struct http_transfer *transfer, const struct http_call *call)
{
    struct http_client *client = call->endpoint->client;
    uint64_t now_ms = uv_now(client->loop);

    transfer->endpoint = call->endpoint;
    transfer->handlers = call->handlers;
    transfer->ctx = call->ctx;
    transfer->connect_ms = call->connect_ms;
    transfer->first_byte_ms = call->first_byte_ms;
    transfer->between_ms = call->between_ms;
    transfer->phase_deadline_ms = now_ms + call->connect_ms + call->first_byte_ms;
    transfer->total_deadline_ms = now_ms + call->total_ms;
    transfer->has_begun = false;
    transfer->has_head = false;
    transfer->has_surplus = false;
    transfer->is_paused = false;
    transfer->needs_new_connection = false;
    client->open++;
    transfer->endpoint->open++;
    link_add_last(&client->live, &transfer->alive);
}

/* A line end inside a line would begin another field, or the body. */
static bool has_clean_lines(const struct http_call *call)
{
    if (call->header_count > HTTP_CALL_HEADERS_MAX)
        return false;
    for (uint32_t i = 0; i < call->header_count; i++) {
        if (strpbrk(call->header_lines[i], "\r\n") != NULL)
            return false;
    }
    return true;
}

int http_transfer_start(struct http_client *client, const struct http_call *call,
                        struct http_transfer **out)
{
    if (!has_clean_lines(call))
        return ERR_INVALID;
    if (client->open >= client->transfers_max)
        return ERR_TOO_MANY_CALLS;
    struct http_transfer *transfer = take(client);
    if (transfer == NULL)
        return ERR_NO_MEMORY;
    begin(transfer, call);
    if (request_begin(transfer, call) != 0) {
        give_back(transfer);
        return ERR_NO_MEMORY;
    }
    *out = transfer;
    queue_start(transfer);
    if (transfer->state == TRANSFER_RESOLVING)
        transfer->phase_deadline_ms = uv_now(client->loop) + call->connect_ms;
    client_watch_deadline(transfer);
    return 0;
}

void http_transfer_resume(struct http_transfer *transfer)
{
    struct http_client *client = transfer->endpoint->client;

    if (!transfer->is_paused)
        return;
    transfer->is_paused = false;
    transfer_moved(transfer, transfer->between_ms);
    link_add_last(&client->resuming, &transfer->resume);
}
