#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/base/text.h"
#include "lib/net/client_inner.h"

#include <sys/epoll.h>

enum {
    SENDS_MAX = 16,                            /* of a connection in one turn */
    PARTS_MAX = 3 + 2 * HTTP_CALL_HEADERS_MAX, /* of the head and the body in one write */
};

/* --- upload ----------------------------------------------------------------------------------- */

static bool is_small(const struct http_transfer *transfer)
{
    return transfer->upload.bytes <= sizeof(transfer->chunk->bytes);
}

/* The chunk is sent: the next bytes of the upload, if there are any. */
static void fill(struct http_transfer *transfer)
{
    struct chunk *chunk = transfer->chunk;

    if (chunk == NULL || chunk->begin < chunk->end ||
        transfer->read_bytes == transfer->upload.bytes)
        return;
    chunk->begin = 0;
    chunk->end = 0;
    while (chunk->end < sizeof(chunk->bytes) && transfer->read_bytes < transfer->upload.bytes) {
        uint64_t left = transfer->upload.bytes - transfer->read_bytes;
        size_t room = sizeof(chunk->bytes) - chunk->end;
        size_t wanted = left < room ? (size_t)left : room;
        size_t count = transfer->upload.read(transfer->ctx, transfer->read_bytes,
                                             chunk->bytes + chunk->end, wanted);

        INVARIANT(count > 0 && count <= wanted);
        chunk->end += (uint32_t)count;
        transfer->read_bytes += count;
    }
}

int request_begin(struct http_transfer *transfer, const struct http_call *call)
{
    struct text length = text_over(transfer->length, sizeof(transfer->length));

    transfer->upload = call->upload;
    transfer->read_bytes = 0;
    transfer->head_sent = 0;
    transfer->is_sending = true;
    transfer->is_sent = false;
    transfer->is_cut = false;
    transfer->head_bytes = transfer->endpoint->head_bytes;
    transfer->line_count = call->header_count;
    for (uint32_t i = 0; i < call->header_count; i++) {
        transfer->lines[i] = span_of(call->header_lines[i]);
        transfer->head_bytes += transfer->lines[i].len + 2;
    }
    INVARIANT(!transfer->endpoint->is_get || call->upload.bytes == 0);
    if (!transfer->endpoint->is_get) {
        text_add(&length, SPAN("Content-Length: "));
        text_add_unsigned(&length, call->upload.bytes);
        text_add(&length, SPAN("\r\n"));
    }
    text_add(&length, SPAN("\r\n"));
    INVARIANT(length.err == 0);
    transfer->length_bytes = (uint32_t)length.len;
    transfer->head_bytes += length.len;
    if (call->upload.bytes == 0)
        return 0;
    transfer->chunk = chunk_take(&transfer->endpoint->client->uploads);
    if (transfer->chunk == NULL)
        return ERR_NO_MEMORY;
    if (is_small(transfer))
        fill(transfer);
    return 0;
}

void request_rewind(struct http_transfer *transfer)
{
    transfer->head_sent = 0;
    transfer->is_sending = true;
    transfer->is_sent = false;
    transfer->is_cut = false;
    if (transfer->chunk == NULL)
        return;
    transfer->chunk->begin = 0;
    if (is_small(transfer))
        return;
    transfer->chunk->end = 0;
    transfer->read_bytes = 0;
}

void request_end(struct http_transfer *transfer)
{
    chunk_return(&transfer->endpoint->client->uploads, &transfer->chunk);
    transfer->is_sending = false;
}

/* --- sending ---------------------------------------------------------------------------------- */

/** The parts of one write, less what is sent of them already. */
struct gather {
    struct iovec parts[PARTS_MAX];
    size_t count;
    uint64_t skip;
};

static void add(struct gather *gather, struct span bytes)
{
    if (gather->skip >= bytes.len) {
        gather->skip -= bytes.len;
        return;
    }
    bytes = span_skip(bytes, (size_t)gather->skip);
    gather->skip = 0;
    gather->parts[gather->count++] = (struct iovec){span_writable(bytes), bytes.len};
}

static void gather_all(struct gather *gather, const struct http_transfer *transfer)
{
    const struct chunk *chunk = transfer->chunk;

    gather->count = 0;
    gather->skip = transfer->head_sent;
    if (gather->skip < transfer->head_bytes) {
        add(gather, (struct span){transfer->endpoint->head, transfer->endpoint->head_bytes});
        for (uint32_t i = 0; i < transfer->line_count; i++) {
            add(gather, transfer->lines[i]);
            add(gather, SPAN("\r\n"));
        }
        add(gather, (struct span){transfer->length, transfer->length_bytes});
    }
    gather->skip = 0;
    if (chunk != NULL && chunk->begin < chunk->end)
        add(gather, (struct span){chunk->bytes + chunk->begin, chunk->end - chunk->begin});
}

static void advance(struct http_transfer *transfer, size_t sent)
{
    uint64_t head_left = transfer->head_bytes - transfer->head_sent;
    size_t of_head = sent < head_left ? sent : (size_t)head_left;

    transfer->head_sent += of_head;
    if (transfer->chunk != NULL)
        transfer->chunk->begin += (uint32_t)(sent - of_head);
    if (transfer->head_sent < transfer->head_bytes ||
        transfer->read_bytes < transfer->upload.bytes ||
        (transfer->chunk != NULL && transfer->chunk->begin < transfer->chunk->end))
        return;
    transfer->is_sent = true;
    transfer->is_sending = false;
}

static void send_parts(struct http_transfer *transfer)
{
    for (int i = 0; i < SENDS_MAX && transfer->is_sending; i++) {
        struct gather gather;

        fill(transfer);
        gather_all(&gather, transfer);
        ssize_t sent = connection_send(transfer->connection, gather.parts, gather.count);
        if (sent == ERR_AGAIN)
            return;
        if (sent < 0) {
            transfer->is_cut = true;
            transfer->is_sending = false;
            return;
        }
        advance(transfer, (size_t)sent);
        /* The clock of the first byte starts again with each piece that is sent. */
        if (!transfer->has_begun)
            transfer_moved(transfer, transfer->first_byte_ms);
    }
}

void request_send(struct http_transfer *transfer)
{
    uint32_t events = transfer->held == NULL ? EPOLLIN : 0;

    send_parts(transfer);
    /* Its copy is of no use any more: no other connection after the first byte back. */
    if (transfer->is_sent && transfer->has_begun)
        request_end(transfer);
    if (transfer->is_sending)
        events |= EPOLLOUT;
    socket_watch(transfer->endpoint->client, transfer->connection->fd, events);
}
