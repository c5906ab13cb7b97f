/**
 * Connections of the HTTP client. libcurl opens them; then weir reads and writes by itself.
 *
 *   phase       entered by                  the socket belongs to            left by
 *   opening     connection_open()           libcurl, in a multi              libcurl's word, close
 *   open        transfer_on_connected()     http: us; https: libcurl's TLS   rest, close
 *   idle        connection_rest()           as before, on its origin's list  take, age, any event
 *
 * A plain one leaves its multi as soon as it is open: libcurl is told to close the socket, which
 * stays open. One with TLS stays until its end, alone: libcurl walks all connections of a multi
 * for every read and write, and closes those that it finds ended when it opens another.
 */
#ifndef WEIR_NET_CLIENT_CONNECTION_H
#define WEIR_NET_CLIENT_CONNECTION_H

#include "lib/base/span.h"
#include "lib/net/link.h"

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <sys/uio.h>
#include <uv.h>

struct http_client;
struct http_transfer;

enum {
    MULTI_CONNECTIONS_MAX = 8,                  /* plain ones that a multi opens at the same time */
    MULTI_KEPT_MAX = 4 * MULTI_CONNECTIONS_MAX, /* more than a multi has: libcurl evicts none */
    MULTI_IDLE_MS = 60000,                      /* an empty multi gives back its memory */
    CONNECTION_IDLE_MS = 60000,                 /* an idle connection is closed after it */
    CONNECTION_SPARE_MAX = 1024,
    CONNECTION_HANDLES_MAX = 64, /* configured handles of libcurl that are kept */
};

/** One CURLM and what the loop knows about it. */
struct multi {
    CURLM *handle; /* NULL while nothing uses it */
    struct http_client *client;
    struct multis *of;
    uv_timer_t timer;
    struct link kick;  /* client->kicks: its time has come */
    uint64_t due_ms;   /* in the loop's time; UINT64_MAX: never */
    uint64_t used_ms;  /* when a connection last left it */
    uint64_t armed_ms; /* when the timer fires, maybe too early; UINT64_MAX: it is not running */
    uint32_t live;
    uint32_t index;
    bool is_busy; /* libcurl is on the stack */
};

struct multis {
    struct multi **all;
    uint32_t count;
    uint32_t room_from; /* no multi below this one has room */
    uint32_t live_max;  /* connections of each */
};

/** Scheme, host and port: what a connection can be used for. Shared by endpoints. */
struct http_origin {
    struct http_origin *next;
    struct http_client *client;
    struct resolver_name *name; /* NULL: an address, or a name that libcurl knows by itself */
    struct link idle;           /* connections, the last used first */
    uint32_t endpoints;
    uint32_t connections;
    bool is_tls;
    char url[]; /* "https://host:443/", NUL-terminated */
};

struct connection {
    CURL *easy; /* NULL: a plain one that is open */
    struct http_client *client;
    struct http_origin *origin;
    struct multi *multi;
    struct http_transfer *transfer; /* NULL: idle */
    struct link idle;               /* origin->idle, or client->spare_connections */
    struct link age;                /* client->idle */
    struct link unread;             /* client->unread */
    struct curl_slist resolve;      /* what CURLOPT_RESOLVE is given */
    uint64_t idle_since_ms;
    int fd; /* -1: not open yet */
    bool is_reused;
};

/** Where one descriptor stands; an array by descriptor. */
struct socket_place {
    struct multi *multi;           /* libcurl waits for it */
    struct connection *connection; /* we do */
    uint32_t events;               /* what epoll watches; 0: not in the set */
};

/* client_connection.c */

/** An idle one of the origin, now in use; NULL: none. */
struct connection *connection_take(struct http_origin *origin);

/** A new one, for the transfer; transfer_on_connected() follows. NULL when out of memory. */
struct connection *connection_open(struct http_origin *origin, struct http_transfer *transfer);

/** libcurl is done with it. */
void connection_on_opened(struct connection *connection, CURLcode code);

/** Keep it for the next call. */
void connection_rest(struct connection *connection);

/** Close it in this very turn, whatever its phase. */
void connection_close(struct connection *connection);

/** What epoll found. */
void connection_on_events(struct connection *connection, uint32_t events);

/** @return bytes; 0 at the end of the connection; ERR_AGAIN; ERR_IO */
ssize_t connection_receive(struct connection *connection, char *to, size_t room);

/** @return bytes, maybe fewer; ERR_AGAIN; ERR_IO */
ssize_t connection_send(struct connection *connection, struct iovec *parts, size_t count);

/** Close those that are idle since before then. */
void connection_sweep(struct http_client *client, uint64_t idle_since_ms);

/** Close the one that is idle longest. @return false: none is */
bool connection_close_oldest(struct http_client *client);

void connection_free_spare(struct http_client *client);

/* client_multi.c */

/** Have libcurl open the connection. @return 0 or ERR_NO_MEMORY */
int multi_add(struct http_client *client, struct connection *connection);

/** Take it away: libcurl closes its socket. */
void multi_remove(struct connection *connection, CURL *easy);

/** Let libcurl do what is due, then tell of the connections that are open or failed. */
void multi_kick(struct multi *multi);

/** Events of the private epoll set. */
void multi_on_events(uv_poll_t *poll, int status, int events);

/** Give back the memory of empty multis that nothing has used since then. */
void multi_sweep(struct multis *multis, uint64_t unused_since_ms);

void multi_free_all(struct multis *multis);

/* client_socket.c */

/** See to it that epoll watches the descriptor for these events; 0: not at all. */
void socket_watch(struct http_client *client, int fd, uint32_t events);

/** Nobody's any more; close(2) takes it out of the epoll set. */
void socket_forget(struct http_client *client, int fd);

/** libcurl's ways to open and close a socket; `client` is the client. */
curl_socket_t socket_on_open(void *client, curlsocktype purpose, struct curl_sockaddr *address);
int socket_on_close(void *client, curl_socket_t fd);

/* client_tls.c */

/** @return 0, or ERR_CONFIG when no certificate can be read */
int tls_load_store(struct span ca_file, X509_STORE **out);
CURLcode tls_on_context(CURL *easy, void *ssl_context, void *owner);

/* client_origin.c */

/** The origin of an URL, shared. @return 0, ERR_INVALID or ERR_NO_MEMORY */
int origin_take(struct http_client *client, CURLU *url, struct http_origin **out);

/** One endpoint fewer; the last one closes what is idle. Clears the pointer; NULL is fine. */
void origin_return(struct http_origin **origin);

/** Frees it when nothing uses it any more. */
void origin_check(struct http_origin *origin);

/** The client goes; endpoints may outlive it, and free their origins. */
void origin_leave_all(struct http_client *client);

#endif
