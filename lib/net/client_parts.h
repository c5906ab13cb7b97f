/** What each file of the HTTP client does for the others. Nobody else includes it. */
#ifndef WEIR_NET_CLIENT_PARTS_H
#define WEIR_NET_CLIENT_PARTS_H

#include "lib/net/client_inner.h"

/* client.c */

/** See to it that the transfer's deadlines are looked at in time. */
void client_watch_deadline(struct http_transfer *transfer);

/* client_multi.c */

/** Hand a transfer to the first multi of its class with room. @return 0 or ERR_NO_MEMORY */
int multi_add(struct http_client *client, struct http_transfer *transfer);

/** Take a transfer away; its connection is closed unless its answer was complete. */
void multi_remove(struct http_transfer *transfer);

/** Let libcurl do what is due, then tell of the transfers that ended. */
void multi_kick(struct multi *multi);

/** Go on with a paused transfer; its body callback may come in here. */
void multi_resume(struct http_transfer *transfer);

/** libcurl's ways to open and close a socket; `client` is the client. */
curl_socket_t multi_on_open_socket(void *client, curlsocktype purpose,
                                   struct curl_sockaddr *address);
int multi_on_close_socket(void *client, curl_socket_t fd);

/** Events of the private epoll set. */
void multi_on_events(uv_poll_t *poll, int status, int events);

/** Close the connections of multis that nothing has used for MULTI_IDLE_MS. */
void multi_sweep(struct http_client *client, uint64_t unused_since_ms);

void multi_free_all(struct http_client *client);

/* client_transfer.c */

/** A configured handle of the endpoint; NULL when out of memory. */
struct http_transfer *transfer_take(struct http_endpoint *endpoint);

/** Back to its endpoint; frees a given-up endpoint with its last one. */
void transfer_return(struct http_transfer *transfer);
void transfer_free(struct http_transfer *transfer);

/** libcurl is done with it: tell the owner. The transfer is dead after this. */
void transfer_end(struct http_transfer *transfer, int err);

/** As transfer_end(), with libcurl's word for how it went. */
void transfer_on_done(struct http_transfer *transfer, CURLcode code);

/** Hand it to a multi; ends it when that is not possible. */
void transfer_run(struct http_transfer *transfer);

/** Its name is known, or is not: go on. */
void transfer_on_resolved(struct link *waiting, int err);

/** When it has to be ended if nothing happens. */
uint64_t transfer_deadline_ms(const struct http_transfer *transfer);

/* client_options.c */

/** Every option that is the same for all calls of an endpoint. @return false: out of memory */
bool transfer_set_fixed_options(struct http_transfer *transfer);

/** Every option that can differ between two calls of an endpoint. @return as above */
bool transfer_set_call_options(struct http_transfer *transfer, const struct http_call *call);

/* client_answer.c: libcurl's callbacks for heads, bodies and uploads; `owner` is the transfer */

size_t answer_on_header(char *line, size_t size, size_t count, void *owner);
size_t answer_on_body(char *bytes, size_t size, size_t count, void *owner);
size_t answer_on_read(char *to, size_t size, size_t count, void *owner);
int answer_on_seek(void *owner, curl_off_t offset, int origin);

/* client_tls.c */

/** @return 0, or ERR_CONFIG when no certificate can be read */
int tls_load_store(struct span ca_file, X509_STORE **out);
CURLcode tls_on_context(CURL *easy, void *ssl_context, void *owner);

/* client_endpoint.c */

/** Frees it when it is given up and nothing is open. */
void endpoint_check(struct http_endpoint *endpoint);

#endif
