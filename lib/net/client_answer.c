#include "lib/base/err.h"
#include "lib/net/client_inner.h"

/* --- telling ---------------------------------------------------------------------------------- */

/* @return false: the transfer was aborted in there */
static bool tell_head(struct http_transfer *transfer)
{
    struct http_client *client = transfer->endpoint->client;
    const struct http_response *response = &transfer->response;
    struct http_answer_head head = {
        .status = response->status,
        .content_length = response->content_length,
        .content_type = http_response_type(response),
        .retry_after = http_response_retry(response),
        .max_age_s = response->max_age_s,
    };

    transfer->has_head = true;
    transfer_moved(transfer, transfer->between_ms);
    /* The call's lines were borrowed until now. */
    if (transfer->head_sent < transfer->head_bytes)
        request_end(transfer);
    client->speaking = transfer;
    transfer->handlers->on_head(transfer->ctx, &head);
    return client->speaking == transfer;
}

/* Keep a piece that was not taken, and what came behind it and its framing, up to one read. */
static bool hold(struct http_transfer *transfer, struct span piece, struct span rest)
{
    struct http_client *client = transfer->endpoint->client;
    struct chunk *held = transfer->held;

    if (held == NULL) {
        held = chunk_take(&client->held);
        if (held == NULL)
            return false;
        memcpy(held->bytes, piece.ptr, piece.len);
        if (rest.len > 0)
            memcpy(held->bytes + piece.len, rest.ptr, rest.len);
        held->end = (uint32_t)(piece.len + rest.len);
        transfer->held = held;
        transfer->held_rest = (uint32_t)piece.len;
    } else {
        held->begin = (uint32_t)(piece.ptr - held->bytes);
        transfer->held_rest = held->end - (uint32_t)rest.len;
    }
    transfer->held_piece = (uint32_t)piece.len;
    return true;
}

/* @return false: it is paused, over or dead */
static bool tell_piece(struct http_transfer *transfer, struct span piece, struct span rest)
{
    struct http_client *client = transfer->endpoint->client;

    client->speaking = transfer;
    enum http_body_verdict verdict = transfer->handlers->on_body(transfer->ctx, piece);
    if (client->speaking != transfer)
        return false;
    switch (verdict) {
    case HTTP_BODY_GO_ON:
        return true;
    case HTTP_BODY_PAUSE:
        if (!hold(transfer, piece, rest)) {
            transfer_end(transfer, ERR_NO_MEMORY);
            return false;
        }
        /* The client is slow: that is no silence of the upstream's. */
        transfer->is_paused = true;
        transfer->phase_deadline_ms = UINT64_MAX;
        /* Also takes the socket out of the set, or its end would wake us again and again. */
        request_send(transfer);
        return false;
    case HTTP_BODY_ABORT:
        break;
    }
    transfer_end(transfer, ERR_CLIENT_GONE);
    return false;
}

/* @return true: all is told, and more must come; false: it is paused, over or dead */
static bool tell_all(struct http_transfer *transfer, struct span bytes)
{
    enum http_response_event event;
    struct span piece;

    for (;;) {
        int err = http_response_next(&transfer->response, &bytes, &event, &piece);

        if (err != 0) {
            transfer_end(transfer, err);
            return false;
        }
        switch (event) {
        case HTTP_RESPONSE_MORE:
            return true;
        case HTTP_RESPONSE_HEAD:
            if (!tell_head(transfer))
                return false;
            break;
        case HTTP_RESPONSE_BODY:
            if (!tell_piece(transfer, piece, bytes))
                return false;
            break;
        case HTTP_RESPONSE_END:
            transfer->has_surplus = bytes.len > 0;
            transfer_end(transfer, 0);
            return false;
        }
    }
}

/* --- receiving -------------------------------------------------------------------------------- */

static void on_connection_end(struct http_transfer *transfer, bool is_in_order)
{
    /* An answer without a length ends with its connection, but not with a broken one. */
    if (is_in_order && transfer->has_begun && http_response_close(&transfer->response) == 0)
        transfer_end(transfer, 0);
    else
        transfer_on_lost(transfer);
}

/* @return as tell_all() */
static bool take(struct http_transfer *transfer, struct span bytes)
{
    transfer->has_begun = true;
    if (transfer->is_sent)
        request_end(transfer);
    /* A head that drips must still be whole in time. */
    if (transfer->has_head)
        transfer_moved(transfer, transfer->between_ms);
    return tell_all(transfer, bytes);
}

void answer_read(struct http_transfer *transfer)
{
    struct connection *connection = transfer->connection;
    struct http_client *client = connection->client;
    bool is_tls = connection->easy != NULL;

    for (int i = 0; i < READS_MAX; i++) {
        ssize_t count = connection_receive(connection, client->in, sizeof(client->in));

        if (count == ERR_AGAIN) {
            if (transfer->is_cut)
                transfer_on_lost(transfer);
            return;
        }
        if (count <= 0) {
            on_connection_end(transfer, count == 0);
            return;
        }
        if (!take(transfer, (struct span){client->in, (size_t)count}))
            return;
        if (!is_tls && (size_t)count < sizeof(client->in))
            return;
    }
    /* What the TLS layer has decrypted, epoll does not tell of. */
    if (is_tls)
        client_read_on(connection);
}

void answer_resume(struct http_transfer *transfer)
{
    struct http_client *client = transfer->endpoint->client;
    struct chunk *held = transfer->held;
    struct span piece = {held->bytes + held->begin, transfer->held_piece};
    struct span rest = {held->bytes + transfer->held_rest, held->end - transfer->held_rest};

    if (!tell_piece(transfer, piece, rest) || !tell_all(transfer, rest))
        return;
    chunk_return(&client->held, &transfer->held);
    request_send(transfer);
    answer_read(transfer);
}
