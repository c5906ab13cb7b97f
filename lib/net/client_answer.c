#include "lib/base/err.h"
#include "lib/net/client_parts.h"

#include <stdlib.h>

enum { STATUS_AT = 9, STATUS_DIGITS = 3, LENGTH_DIGITS_MAX = 18 };

/* --- head ------------------------------------------------------------------------------------- */

/* "HTTP/1.1 200 OK": a new head begins, the last one was informational. */
static bool take_status(struct http_transfer *transfer, struct span line)
{
    if (line.len < STATUS_AT + STATUS_DIGITS)
        return false;
    transfer->status = 0;
    for (size_t i = STATUS_AT; i < STATUS_AT + STATUS_DIGITS; i++) {
        if (line.ptr[i] < '0' || line.ptr[i] > '9')
            return false;
        transfer->status = (uint16_t)(transfer->status * 10 + (line.ptr[i] - '0'));
    }
    transfer->content_length = -1;
    transfer->is_chunked = false;
    transfer->content_type_bytes = 0;
    transfer->retry_after_bytes = 0;
    return transfer->status >= 100;
}

/* What may be passed on: no control byte that could forge a field of ours. */
static uint8_t keep_value(char *memory, struct span value)
{
    if (value.len > TRANSFER_VALUE_BYTES_MAX)
        return 0;
    for (size_t i = 0; i < value.len; i++) {
        unsigned char byte = (unsigned char)value.ptr[i];

        if (byte < 0x20 || byte == 0x7f)
            return 0;
        memory[i] = value.ptr[i];
    }
    return (uint8_t)value.len;
}

static int64_t length_of(struct span value)
{
    int64_t length = 0;

    if (value.len == 0 || value.len > LENGTH_DIGITS_MAX)
        return -1;
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] < '0' || value.ptr[i] > '9')
            return -1;
        length = length * 10 + (value.ptr[i] - '0');
    }
    return length;
}

/* Two lengths that differ make two readers of one answer disagree about its end. */
static bool take_length(struct http_transfer *transfer, struct span value)
{
    int64_t length = length_of(value);

    if (length < 0 || (transfer->content_length >= 0 && transfer->content_length != length))
        return false;
    transfer->content_length = length;
    return true;
}

static bool take_field(struct http_transfer *transfer, struct span line)
{
    const char *colon = memchr(line.ptr, ':', line.len);

    if (colon == NULL)
        return true;
    struct span name = span_from(line.ptr, colon);
    struct span value = span_trim(span_from(colon + 1, line.ptr + line.len));

    if (span_equal_nocase(name, SPAN("content-length")))
        return take_length(transfer, value);
    if (span_equal_nocase(name, SPAN("content-type")))
        transfer->content_type_bytes = keep_value(transfer->content_type, value);
    else if (span_equal_nocase(name, SPAN("retry-after")))
        transfer->retry_after_bytes = keep_value(transfer->retry_after, value);
    else if (span_equal_nocase(name, SPAN("transfer-encoding")))
        transfer->is_chunked = true;
    return true;
}

/* Once the whole request is out, its copy is of no use: no reconnect after the first byte back. */
static void return_sent_upload(struct http_transfer *transfer)
{
    curl_off_t sent = 0;

    curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
    if (transfer->upload_chunk != NULL && (uint64_t)sent >= transfer->upload.bytes)
        chunk_return(&transfer->endpoint->client->uploads, &transfer->upload_chunk);
}

static bool end_head(struct http_transfer *transfer)
{
    struct http_answer_head head = {
        .status = transfer->status,
        /* Beside chunks it means nothing (RFC 9112 section 6.3). */
        .content_length = transfer->is_chunked ? -1 : transfer->content_length,
        .content_type = {transfer->content_type, transfer->content_type_bytes},
        .retry_after = {transfer->retry_after, transfer->retry_after_bytes},
    };

    /* Nobody asked for another protocol, and libcurl would take what follows for a body. */
    if (transfer->status == 101)
        return false;
    if (transfer->status < 200)
        return ++transfer->informational <= TRANSFER_INFORMATIONAL_MAX;
    transfer->has_head = true;
    return_sent_upload(transfer);
    transfer->handlers->on_head(transfer->ctx, &head);
    return !transfer->is_muted;
}

static bool take_line(struct http_transfer *transfer, struct span line)
{
    while (line.len > 0 && (line.ptr[line.len - 1] == '\n' || line.ptr[line.len - 1] == '\r'))
        line.len--;
    if (line.len == 0)
        return end_head(transfer);
    if (span_starts_with(line, SPAN("HTTP/")))
        return take_status(transfer, line);
    return take_field(transfer, line);
}

static void moved(struct http_transfer *transfer, uint64_t wait_ms)
{
    transfer->phase_deadline_ms = uv_now(transfer->endpoint->client->loop) + wait_ms;
    client_watch_deadline(transfer);
}

/* One line a call. Whatever is not `size * count` ends the transfer. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the type is libcurl's */
size_t answer_on_header(char *line, size_t size, size_t count, void *owner)
{
    struct http_transfer *transfer = owner;
    size_t bytes = size * count;

    if (transfer->is_muted)
        return 0;
    /* Trailers are read and dropped. */
    if (transfer->has_head)
        return bytes;
    transfer->head_bytes += (uint32_t)bytes;
    moved(transfer, transfer->between_ms);
    if (transfer->head_bytes <= TRANSFER_HEAD_BYTES_MAX &&
        take_line(transfer, (struct span){line, bytes}))
        return bytes;
    transfer->err = ERR_UPSTREAM_PROTOCOL;
    return 0;
}

/* --- body ------------------------------------------------------------------------------------- */

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is libcurl's */
size_t answer_on_body(char *bytes, size_t size, size_t count, void *owner)
{
    struct http_transfer *transfer = owner;
    struct span piece = {bytes, size * count};

    if (transfer->is_muted || transfer->err != 0)
        return 0;
    moved(transfer, transfer->between_ms);
    enum http_body_verdict verdict = transfer->handlers->on_body(transfer->ctx, piece);
    /* Aborted in there: were the piece taken, a whole answer would keep its connection. */
    if (transfer->is_muted)
        return 0;
    switch (verdict) {
    case HTTP_BODY_GO_ON:
        return piece.len;
    case HTTP_BODY_PAUSE:
        /* The client is slow: that is no silence of the upstream's. */
        transfer->is_paused = true;
        transfer->phase_deadline_ms = UINT64_MAX;
        return CURL_WRITEFUNC_PAUSE;
    case HTTP_BODY_ABORT:
        break;
    }
    transfer->err = ERR_CLIENT_GONE;
    return 0;
}

/* --- upload ----------------------------------------------------------------------------------- */

size_t answer_on_read(char *to, size_t size, size_t count, void *owner)
{
    struct http_transfer *transfer = owner;
    uint64_t left = transfer->upload.bytes - transfer->upload_offset;
    size_t room = size * count < left ? size * count : (size_t)left;

    if (transfer->is_muted)
        return CURL_READFUNC_ABORT;
    if (room == 0)
        return 0;
    if (!transfer->has_head)
        moved(transfer, transfer->first_byte_ms);
    size_t taken = transfer->upload.read(transfer->ctx, transfer->upload_offset, to, room);
    transfer->upload_offset += taken;
    return taken;
}

/* A reconnect sends the body from its start. */
int answer_on_seek(void *owner, curl_off_t offset, int origin)
{
    struct http_transfer *transfer = owner;

    if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > transfer->upload.bytes)
        return CURL_SEEKFUNC_FAIL;
    transfer->upload_offset = (uint64_t)offset;
    return CURL_SEEKFUNC_OK;
}
