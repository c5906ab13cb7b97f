#include "lib/base/err.h"
#include "lib/net/client_inner.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

enum { ORIGIN_BYTES_MAX = 512 };

/* libcurl answers these by itself, without a thread. */
static bool needs_no_lookup(const char *host)
{
    struct in_addr address;

    return host[0] == '[' || strcmp(host, "localhost") == 0 ||
           inet_pton(AF_INET, host, &address) == 1;
}

static struct http_origin *find(struct http_client *client, const char *url)
{
    for (struct http_origin *origin = client->origins; origin != NULL; origin = origin->next) {
        if (strcmp(origin->url, url) == 0)
            return origin;
    }
    return NULL;
}

static struct http_origin *make(struct http_client *client, const char *url)
{
    size_t bytes = strlen(url) + 1;
    struct http_origin *origin = calloc(1, sizeof(*origin) + bytes);

    if (origin == NULL)
        return NULL;
    memcpy(origin->url, url, bytes);
    origin->client = client;
    origin->is_tls = url[4] == 's';
    link_init(&origin->idle);
    origin->next = client->origins;
    client->origins = origin;
    return origin;
}

static int take(struct http_client *client, const char *host, const char *port, bool is_tls,
                struct http_origin **out)
{
    char url[ORIGIN_BYTES_MAX];
    int len = snprintf(url, sizeof(url), "%s://%s:%s/", is_tls ? "https" : "http", host, port);

    if (len < 0 || (size_t)len >= sizeof(url))
        return ERR_INVALID;
    struct http_origin *origin = find(client, url);
    if (origin == NULL)
        origin = make(client, url);
    if (origin == NULL)
        return ERR_NO_MEMORY;
    origin->endpoints++;
    if (origin->name == NULL && !needs_no_lookup(host))
        origin->name = resolver_take(client->resolver, host, port);
    if (origin->name == NULL && !needs_no_lookup(host)) {
        origin_return(&origin);
        return ERR_NO_MEMORY;
    }
    *out = origin;
    return 0;
}

int origin_take(struct http_client *client, CURLU *url, struct http_origin **out)
{
    char *scheme = NULL;
    char *host = NULL;
    char *port = NULL;
    int err = ERR_INVALID;

    if (curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
        curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
        curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK)
        err = take(client, host, port, strcmp(scheme, "https") == 0, out);
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    return err;
}

void origin_check(struct http_origin *origin)
{
    if (origin->endpoints > 0 || origin->connections > 0)
        return;
    if (origin->client != NULL) {
        struct http_origin **at = &origin->client->origins;

        while (*at != origin)
            at = &(*at)->next;
        *at = origin->next;
    }
    free(origin);
}

void origin_return(struct http_origin **origin)
{
    struct http_origin *returned = *origin;

    *origin = NULL;
    if (returned == NULL)
        return;
    while (returned->endpoints == 1 && !link_is_alone(&returned->idle))
        connection_close(LINK_OWNER(returned->idle.next, struct connection, idle));
    returned->endpoints--;
    origin_check(returned);
}

void origin_leave_all(struct http_client *client)
{
    while (client->origins != NULL) {
        struct http_origin *origin = client->origins;

        client->origins = origin->next;
        origin->client = NULL;
    }
}
