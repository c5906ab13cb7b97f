#include "lib/net/client_parts.h"

#include <stdlib.h>

enum { CONNECTION_AGE_S = 60, UPLOAD_BUFFER_BYTES = 16384 };

#define USER_AGENT "weir/" WEIR_VERSION

bool transfer_set_fixed_options(struct http_transfer *transfer)
{
    CURL *easy = transfer->easy;
    struct http_client *client = transfer->endpoint->client;
    unsigned err = 0;

    err |= curl_easy_setopt(easy, CURLOPT_CURLU, transfer->endpoint->url);
    err |= curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    err |= curl_easy_setopt(easy, CURLOPT_POST, 1L);
    err |= curl_easy_setopt(easy, CURLOPT_USERAGENT, USER_AGENT);
    err |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    err |= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    err |= curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    err |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* Not even what the environment says. */
    err |= curl_easy_setopt(easy, CURLOPT_PROXY, "");
    err |= curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    err |= curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)CONNECTION_AGE_S);
    err |= curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    err |= curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER_BYTES);
    err |= curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, answer_on_header);
    err |= curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    err |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, answer_on_body);
    err |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    err |= curl_easy_setopt(easy, CURLOPT_READFUNCTION, answer_on_read);
    err |= curl_easy_setopt(easy, CURLOPT_READDATA, transfer);
    err |= curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, answer_on_seek);
    err |= curl_easy_setopt(easy, CURLOPT_SEEKDATA, transfer);
    err |= curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, multi_on_open_socket);
    err |= curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, client);
    err |= curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, multi_on_close_socket);
    err |= curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, client);
    err |= curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    /* Debian's default is to parse the bundle for every connection; ours is parsed once. */
    err |= curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    err |= curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    err |= curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, tls_on_context);
    err |= curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, client);
    return err == 0;
}

/* The call's own fields stand in front of the endpoint's, which all calls share. */
static struct curl_slist *chain_headers(struct http_transfer *transfer,
                                        const struct http_call *call)
{
    struct curl_slist *first = transfer->endpoint->headers;

    for (uint32_t i = call->header_count; i > 0; i--) {
        transfer->own_headers[i - 1] = (struct curl_slist){.data = call->header_lines[i - 1],
                                                           .next = first};
        first = &transfer->own_headers[i - 1];
    }
    return first;
}

/* A small body goes out with the head in one piece; a large one is asked for as it is sent. */
static bool take_small_upload(struct http_transfer *transfer, const struct http_call *call)
{
    struct chunk *chunk = NULL;

    if (call->upload.bytes > sizeof(chunk->bytes))
        return true;
    chunk = chunk_take(&transfer->endpoint->client->uploads);
    if (chunk == NULL)
        return false;
    while (chunk->end < call->upload.bytes)
        chunk->end += (uint32_t)call->upload.read(call->ctx, chunk->end, chunk->bytes + chunk->end,
                                                  call->upload.bytes - chunk->end);
    transfer->upload_chunk = chunk;
    return true;
}

bool transfer_set_call_options(struct http_transfer *transfer, const struct http_call *call)
{
    CURL *easy = transfer->easy;
    long buffer_bytes = call->is_stream ? TRANSFER_STREAM_BUFFER_BYTES : TRANSFER_BUFFER_BYTES;
    unsigned err = 0;

    if (!take_small_upload(transfer, call))
        return false;
    const char *fields = transfer->upload_chunk == NULL ? NULL : transfer->upload_chunk->bytes;
    err |= curl_easy_setopt(easy, CURLOPT_POSTFIELDS, fields);
    err |= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->upload.bytes);
    err |= curl_easy_setopt(easy, CURLOPT_HTTPHEADER, chain_headers(transfer, call));
    err |= curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, buffer_bytes);
    err |= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)call->connect_ms);
    return err == 0;
}
