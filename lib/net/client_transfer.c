#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/net/client_parts.h"

#include <stdlib.h>

/* --- handles ---------------------------------------------------------------------------------- */

static struct http_transfer *make_transfer(struct http_endpoint *endpoint)
{
    struct http_transfer *transfer = calloc(1, sizeof(*transfer));

    if (transfer == NULL)
        return NULL;
    transfer->endpoint = endpoint;
    transfer->easy = curl_easy_init();
    link_init(&transfer->queue);
    link_init(&transfer->alive);
    link_init(&transfer->resume);
    link_init(&transfer->waiting);
    if (transfer->easy == NULL || !transfer_set_fixed_options(transfer)) {
        transfer_free(transfer);
        return NULL;
    }
    return transfer;
}

struct http_transfer *transfer_take(struct http_endpoint *endpoint)
{
    struct link *spare = link_take_first(&endpoint->spare);

    if (spare == NULL)
        return make_transfer(endpoint);
    endpoint->spare_count--;
    return LINK_OWNER(spare, struct http_transfer, queue);
}

void transfer_free(struct http_transfer *transfer)
{
    curl_easy_cleanup(transfer->easy);
    free(transfer);
}

static void return_upload(struct http_transfer *transfer)
{
    chunk_return(&transfer->endpoint->client->uploads, &transfer->upload_chunk);
}

void transfer_return(struct http_transfer *transfer)
{
    struct http_endpoint *endpoint = transfer->endpoint;

    INVARIANT(transfer->multi == NULL);
    return_upload(transfer);
    link_remove(&transfer->alive);
    link_remove(&transfer->resume);
    link_remove(&transfer->waiting);
    link_remove(&transfer->queue);
    transfer->state = TRANSFER_SPARE;
    endpoint->client->open--;
    endpoint->open--;
    if (endpoint->is_given_up || endpoint->spare_count == ENDPOINT_SPARE_MAX) {
        transfer_free(transfer);
    } else {
        /* The one that was used last is warm. */
        link_add_last(endpoint->spare.next, &transfer->queue);
        endpoint->spare_count++;
    }
    endpoint_check(endpoint);
}

uint64_t transfer_deadline_ms(const struct http_transfer *transfer)
{
    return transfer->phase_deadline_ms < transfer->total_deadline_ms ? transfer->phase_deadline_ms
                                                                     : transfer->total_deadline_ms;
}

/* --- ends ------------------------------------------------------------------------------------- */

void transfer_end(struct http_transfer *transfer, int err)
{
    const struct http_transfer_handlers *handlers = transfer->handlers;
    void *ctx = transfer->ctx;

    if (transfer->multi != NULL)
        multi_remove(transfer);
    transfer_return(transfer);
    handlers->on_end(ctx, err);
}

/* `has_begun`: something of an answer has come. */
static int err_of(CURLcode code, bool has_begun)
{
    switch ((int)code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return ERR_UPSTREAM_RESOLVE;
    case CURLE_OPERATION_TIMEDOUT:
        return ERR_UPSTREAM_TIMEOUT;
    case CURLE_OUT_OF_MEMORY:
        return ERR_NO_MEMORY;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
        return ERR_UPSTREAM_TLS;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_WRITE_ERROR:
        return ERR_UPSTREAM_PROTOCOL;
    case CURLE_COULDNT_CONNECT:
        return ERR_UPSTREAM_CONNECT;
    default:
        return has_begun ? ERR_UPSTREAM_CUT : ERR_UPSTREAM_CONNECT;
    }
}

void transfer_on_done(struct http_transfer *transfer, CURLcode code)
{
    int err = transfer->err;

    if (err == 0 && code != CURLE_OK)
        err = err_of(code, transfer->head_bytes > 0);
    /* To libcurl a head that is cut short is an answer. */
    else if (err == 0 && !transfer->has_head)
        err = ERR_UPSTREAM_CUT;
    transfer_end(transfer, err);
}

void http_transfer_abort(struct http_transfer **transfer)
{
    struct http_transfer *aborted = *transfer;

    *transfer = NULL;
    if (aborted == NULL)
        return;
    aborted->is_muted = true;
    if (aborted->multi != NULL && aborted->multi->is_busy) {
        link_remove(&aborted->resume);
        link_remove(&aborted->alive);
        link_add_last(&aborted->multi->doomed, &aborted->queue);
        return;
    }
    if (aborted->multi != NULL)
        multi_remove(aborted);
    transfer_return(aborted);
}

/* --- start ------------------------------------------------------------------------------------ */

void transfer_run(struct http_transfer *transfer)
{
    transfer->state = TRANSFER_RUNNING;
    if (multi_add(transfer->endpoint->client, transfer) != 0)
        transfer_end(transfer, ERR_NO_MEMORY);
}

static void queue_start(struct http_transfer *transfer)
{
    transfer->state = TRANSFER_STARTING;
    link_add_last(&transfer->endpoint->client->starting, &transfer->queue);
}

/* The name of the endpoint for this call, or the wait for it. */
static void resolve(struct http_transfer *transfer)
{
    struct resolver_name *name = transfer->endpoint->name;
    char *addresses = name == NULL ? NULL : resolver_name_addresses(name);

    if (name != NULL && addresses == NULL) {
        transfer->state = TRANSFER_RESOLVING;
        resolver_wait(name, &transfer->waiting);
        return;
    }
    if (name != NULL) {
        transfer->resolve = (struct curl_slist){.data = addresses};
        curl_easy_setopt(transfer->easy, CURLOPT_RESOLVE, &transfer->resolve);
    }
    queue_start(transfer);
}

void transfer_on_resolved(struct link *waiting, int err)
{
    struct http_transfer *transfer = LINK_OWNER(waiting, struct http_transfer, waiting);

    if (err != 0)
        transfer_end(transfer, err);
    else
        resolve(transfer);
}

static void begin(struct http_transfer *transfer, const struct http_call *call)
{
    struct http_client *client = transfer->endpoint->client;
    uint64_t now_ms = uv_now(client->loop);

    transfer->handlers = call->handlers;
    transfer->ctx = call->ctx;
    transfer->upload = call->upload;
    transfer->upload_offset = 0;
    transfer->is_stream = call->is_stream;
    transfer->first_byte_ms = call->first_byte_ms;
    transfer->between_ms = call->between_ms;
    /* The clock of the first byte starts again with each piece of the body that is sent. */
    transfer->phase_deadline_ms = now_ms + call->connect_ms + call->first_byte_ms;
    transfer->total_deadline_ms = now_ms + call->total_ms;
    transfer->content_length = -1;
    transfer->err = 0;
    transfer->head_bytes = 0;
    transfer->status = 0;
    transfer->informational = 0;
    transfer->content_type_bytes = 0;
    transfer->retry_after_bytes = 0;
    transfer->has_head = false;
    transfer->is_paused = false;
    transfer->is_muted = false;
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
    /* Idle connections must not take the descriptors that calls were promised. */
    if (client->sockets_open >= client->transfers_max)
        multi_sweep(client, UINT64_MAX);
    struct http_transfer *transfer = transfer_take(call->endpoint);
    if (transfer == NULL)
        return ERR_NO_MEMORY;
    begin(transfer, call);
    if (!transfer_set_call_options(transfer, call)) {
        transfer_return(transfer);
        return ERR_NO_MEMORY;
    }
    *out = transfer;
    resolve(transfer);
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
    transfer->phase_deadline_ms = uv_now(client->loop) + transfer->between_ms;
    client_watch_deadline(transfer);
    link_add_last(&client->resuming, &transfer->resume);
}
