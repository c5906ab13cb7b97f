#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/net/client_inner.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HANDLE_AGE_S = 365 * 24 * 3600 };

/* --- handles ---------------------------------------------------------------------------------- */

/* Every option that is the same for all connections. */
static bool set_fixed_options(CURL *easy, struct http_client *client)
{
    unsigned err = 0;

    err |= curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    err |= curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    /* libcurl must not find them too old while they are in use. */
    err |= curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)HANDLE_AGE_S);
    err |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    err |= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    err |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* Not even what the environment says. */
    err |= curl_easy_setopt(easy, CURLOPT_PROXY, "");
    err |= curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    err |= curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, socket_on_open);
    err |= curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, client);
    err |= curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, socket_on_close);
    err |= curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, client);
    err |= curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    /* Debian's default is to parse the bundle for every connection; ours is parsed once. */
    err |= curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    err |= curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    err |= curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, tls_on_context);
    err |= curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, client);
    return err == 0;
}

static CURL *take_handle(struct http_client *client)
{
    if (client->spare_handle_count > 0)
        return client->spare_handles[--client->spare_handle_count];
    CURL *easy = curl_easy_init();
    if (easy != NULL && !set_fixed_options(easy, client)) {
        curl_easy_cleanup(easy);
        return NULL;
    }
    return easy;
}

/* Out of its multi: libcurl closes the socket, if it has one. */
static void return_handle(struct connection *connection)
{
    struct http_client *client = connection->client;
    CURL *easy = connection->easy;

    connection->easy = NULL;
    if (easy == NULL)
        return;
    if (connection->multi != NULL)
        multi_remove(connection, easy);
    if (client->spare_handle_count < CONNECTION_HANDLES_MAX)
        client->spare_handles[client->spare_handle_count++] = easy;
    else
        curl_easy_cleanup(easy);
}

/* --- opening ---------------------------------------------------------------------------------- */

static struct connection *make(struct http_client *client)
{
    struct link *spare = link_take_first(&client->spare_connections);

    if (spare != NULL) {
        client->spare_connection_count--;
        return LINK_OWNER(spare, struct connection, idle);
    }
    struct connection *connection = calloc(1, sizeof(*connection));
    if (connection == NULL)
        return NULL;
    link_init(&connection->idle);
    link_init(&connection->age);
    link_init(&connection->unread);
    return connection;
}

static bool set_options(struct connection *connection)
{
    struct http_origin *origin = connection->origin;
    CURL *easy = connection->easy;
    const char *url = origin->url;
    struct curl_slist *resolve = NULL;
    unsigned err = 0;

    if (origin->name != NULL) {
        connection->resolve = (struct curl_slist){.data = resolver_name_addresses(origin->name)};
        if (connection->resolve.data == NULL)
            return false;
        resolve = &connection->resolve;
    }
    err |= curl_easy_setopt(easy, CURLOPT_RESOLVE, resolve);
    err |= curl_easy_setopt(easy, CURLOPT_URL, url);
    err |= curl_easy_setopt(easy, CURLOPT_PRIVATE, connection);
    err |= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                            (long)connection->transfer->connect_ms);
    return err == 0;
}

struct connection *connection_open(struct http_origin *origin, struct http_transfer *transfer)
{
    struct http_client *client = origin->client;
    struct connection *connection = make(client);

    if (connection == NULL)
        return NULL;
    connection->client = client;
    connection->origin = origin;
    connection->multi = NULL;
    connection->transfer = transfer;
    connection->fd = -1;
    connection->is_reused = false;
    origin->connections++;
    connection->easy = take_handle(client);
    if (connection->easy == NULL || !set_options(connection) ||
        multi_add(client, connection) != 0) {
        connection_close(connection);
        return NULL;
    }
    return connection;
}

static int err_of(CURLcode code)
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
    default:
        return ERR_UPSTREAM_CONNECT;
    }
}

void connection_on_opened(struct connection *connection, CURLcode code)
{
    struct http_client *client = connection->client;
    struct http_transfer *transfer = connection->transfer;
    curl_socket_t fd = CURL_SOCKET_BAD;

    if (code == CURLE_OK)
        curl_easy_getinfo(connection->easy, CURLINFO_ACTIVESOCKET, &fd);
    if (fd == CURL_SOCKET_BAD) {
        transfer_on_connected(transfer, code == CURLE_OK ? ERR_UPSTREAM_CONNECT : err_of(code));
        return;
    }
    connection->fd = fd;
    if (!connection->origin->is_tls) {
        client->kept_fd = fd;
        return_handle(connection);
        client->kept_fd = -1;
    }
    client->sockets[fd].multi = NULL;
    client->sockets[fd].connection = connection;
    transfer_on_connected(transfer, 0);
}

/* --- between two calls ------------------------------------------------------------------------ */

struct connection *connection_take(struct http_origin *origin)
{
    struct link *first = link_take_first(&origin->idle);

    if (first == NULL)
        return NULL;
    struct connection *connection = LINK_OWNER(first, struct connection, idle);
    link_remove(&connection->age);
    connection->is_reused = true;
    return connection;
}

void connection_rest(struct connection *connection)
{
    struct http_client *client = connection->client;

    connection->transfer = NULL;
    connection->idle_since_ms = uv_now(client->loop);
    socket_watch(client, connection->fd, EPOLLIN);
    /* The one that was used last is warm. */
    link_add_last(connection->origin->idle.next, &connection->idle);
    link_add_last(&client->idle, &connection->age);
}

void connection_close(struct connection *connection)
{
    struct http_client *client = connection->client;
    struct http_origin *origin = connection->origin;

    link_remove(&connection->idle);
    link_remove(&connection->age);
    link_remove(&connection->unread);
    if (connection->easy == NULL && connection->fd >= 0) {
        socket_forget(client, connection->fd);
        close(connection->fd);
    }
    return_handle(connection);
    if (client->spare_connection_count < CONNECTION_SPARE_MAX) {
        client->spare_connection_count++;
        link_add_last(client->spare_connections.next, &connection->idle);
    } else {
        free(connection);
    }
    origin->connections--;
    origin_check(origin);
}

bool connection_close_oldest(struct http_client *client)
{
    if (link_is_alone(&client->idle))
        return false;
    connection_close(LINK_OWNER(client->idle.next, struct connection, age));
    return true;
}

void connection_sweep(struct http_client *client, uint64_t idle_since_ms)
{
    while (!link_is_alone(&client->idle)) {
        struct connection *oldest = LINK_OWNER(client->idle.next, struct connection, age);

        /* The analyzer does not see that connection_close() takes what it frees off the list. */
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
        if (oldest->idle_since_ms > idle_since_ms)
            break;
        connection_close(oldest);
    }
}

void connection_free_spare(struct http_client *client)
{
    struct link *spare;

    while ((spare = link_take_first(&client->spare_connections)) != NULL)
        free(LINK_OWNER(spare, struct connection, idle));
    while (client->spare_handle_count > 0)
        curl_easy_cleanup(client->spare_handles[--client->spare_handle_count]);
}

/* --- bytes ------------------------------------------------------------------------------------ */

ssize_t connection_receive(struct connection *connection, char *to, size_t room)
{
    size_t count = 0;
    ssize_t received;

    if (connection->easy != NULL) {
        CURLcode code = curl_easy_recv(connection->easy, to, room, &count);

        if (code == CURLE_OK)
            return (ssize_t)count;
        return code == CURLE_AGAIN ? ERR_AGAIN : ERR_IO;
    }
    do {
        received = recv(connection->fd, to, room, MSG_DONTWAIT);
    } while (received < 0 && errno == EINTR);
    if (received >= 0)
        return received;
    return errno == EAGAIN ? ERR_AGAIN : ERR_IO;
}

static ssize_t send_over_tls(struct connection *connection, const struct iovec *parts, size_t count)
{
    char *out = connection->client->out;
    size_t room = sizeof(connection->client->out);
    size_t len = 0;
    size_t sent = 0;

    for (size_t i = 0; i < count && len < room; i++) {
        size_t piece = parts[i].iov_len < room - len ? parts[i].iov_len : room - len;

        memcpy(out + len, parts[i].iov_base, piece);
        len += piece;
    }
    CURLcode code = curl_easy_send(connection->easy, out, len, &sent);
    if (code == CURLE_OK)
        return (ssize_t)sent;
    return code == CURLE_AGAIN ? ERR_AGAIN : ERR_IO;
}

ssize_t connection_send(struct connection *connection, struct iovec *parts, size_t count)
{
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    ssize_t sent;

    if (connection->easy != NULL)
        return send_over_tls(connection, parts, count);
    do {
        sent = sendmsg(connection->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0)
        return sent;
    return errno == EAGAIN ? ERR_AGAIN : ERR_IO;
}

void connection_on_events(struct connection *connection, uint32_t events)
{
    struct http_client *client = connection->client;
    struct http_transfer *transfer = connection->transfer;

    if (transfer == NULL) {
        /* Nobody asked: an end, or bytes that would pass for the next answer. Over TLS it may be
         * a session ticket. */
        if (connection->easy == NULL ||
            connection_receive(connection, client->in, sizeof(client->in)) != ERR_AGAIN)
            connection_close(connection);
        return;
    }
    if ((events & ~(uint32_t)EPOLLIN) != 0)
        request_send(transfer);
    if (transfer->held == NULL && ((events & ~(uint32_t)EPOLLOUT) != 0 || transfer->is_cut))
        answer_read(transfer);
}
