#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/net/client_parts.h"

#include <arpa/inet.h>
#include <stdlib.h>

enum { URL_BYTES_MAX = 4096, LINE_BYTES_MAX = 8448 };

/* --- headers ---------------------------------------------------------------------------------- */

/* A field holds a provider's key: its memory is wiped before it goes back. */
static void free_headers(struct curl_slist *headers)
{
    for (struct curl_slist *line = headers; line != NULL; line = line->next)
        explicit_bzero(line->data, strlen(line->data));
    curl_slist_free_all(headers);
}

static int add_header(struct curl_slist **headers, struct span line)
{
    char text[LINE_BYTES_MAX];

    if (line.len >= sizeof(text) || memchr(line.ptr, '\0', line.len) != NULL ||
        memchr(line.ptr, '\r', line.len) != NULL || memchr(line.ptr, '\n', line.len) != NULL)
        return ERR_INVALID;
    memcpy(text, line.ptr, line.len);
    text[line.len] = '\0';
    struct curl_slist *grown = curl_slist_append(*headers, text);
    explicit_bzero(text, sizeof(text));
    if (grown == NULL)
        return ERR_NO_MEMORY;
    *headers = grown;
    return 0;
}

static int make_headers(struct http_endpoint *endpoint, const struct http_endpoint_config *config)
{
    int err = config->header_count <= HTTP_ENDPOINT_HEADERS_MAX ? 0 : ERR_INVALID;

    /* libcurl would wait for a `100 Continue` before it sends a large body, and call it a form. */
    if (err == 0)
        err = add_header(&endpoint->headers, SPAN("Expect:"));
    if (err == 0)
        err = add_header(&endpoint->headers, SPAN("Content-Type:"));
    /* It says nothing, and libcurl takes its time over every byte of a head. */
    if (err == 0)
        err = add_header(&endpoint->headers, SPAN("Accept:"));
    for (uint32_t i = 0; i < config->header_count && err == 0; i++)
        err = add_header(&endpoint->headers, config->header_lines[i]);
    return err;
}

/* --- address ---------------------------------------------------------------------------------- */

static int parse_url(struct http_endpoint *endpoint, struct span url)
{
    char text[URL_BYTES_MAX];

    if (url.len >= sizeof(text))
        return ERR_INVALID;
    if (!span_starts_with(url, SPAN("http://")) && !span_starts_with(url, SPAN("https://")))
        return ERR_INVALID;
    memcpy(text, url.ptr, url.len);
    text[url.len] = '\0';
    endpoint->url = curl_url();
    if (endpoint->url == NULL)
        return ERR_NO_MEMORY;
    CURLUcode code = curl_url_set(endpoint->url, CURLUPART_URL, text, CURLU_DISALLOW_USER);
    return code == CURLUE_OK ? 0 : ERR_INVALID;
}

/* libcurl answers these by itself, without a thread. */
static bool needs_no_lookup(const char *host)
{
    struct in_addr address;

    return host[0] == '[' || strcmp(host, "localhost") == 0 ||
           inet_pton(AF_INET, host, &address) == 1;
}

static int take_name(struct http_endpoint *endpoint)
{
    char *host = NULL;
    char *port = NULL;
    int err = ERR_INVALID;

    if (curl_url_get(endpoint->url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
        curl_url_get(endpoint->url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK)
        err = 0;
    if (err == 0 && !needs_no_lookup(host)) {
        endpoint->name = resolver_take(endpoint->client->resolver, host, port);
        err = endpoint->name != NULL ? 0 : ERR_NO_MEMORY;
    }
    curl_free(host);
    curl_free(port);
    return err;
}

/* --- life ------------------------------------------------------------------------------------- */

static void free_now(struct http_endpoint *endpoint)
{
    struct link *spare;

    while ((spare = link_take_first(&endpoint->spare)) != NULL)
        transfer_free(LINK_OWNER(spare, struct http_transfer, queue));
    free_headers(endpoint->headers);
    curl_url_cleanup(endpoint->url);
    free(endpoint);
}

void endpoint_check(struct http_endpoint *endpoint)
{
    if (endpoint->is_given_up && endpoint->open == 0)
        free_now(endpoint);
}

int http_endpoint_new(struct http_client *client, const struct http_endpoint_config *config,
                      struct http_endpoint **out)
{
    struct http_endpoint *endpoint = calloc(1, sizeof(*endpoint));

    if (endpoint == NULL)
        return ERR_NO_MEMORY;
    endpoint->client = client;
    link_init(&endpoint->spare);
    int err = parse_url(endpoint, config->url);
    if (err == 0)
        err = take_name(endpoint);
    if (err == 0)
        err = make_headers(endpoint, config);
    if (err != 0) {
        free_now(endpoint);
        return err;
    }
    *out = endpoint;
    return 0;
}

void http_endpoint_free(struct http_endpoint **endpoint)
{
    struct http_endpoint *given_up = *endpoint;

    *endpoint = NULL;
    if (given_up == NULL)
        return;
    given_up->is_given_up = true;
    endpoint_check(given_up);
}
