#include "lib/base/err.h"
#include "lib/base/text.h"
#include "lib/net/client_inner.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { URL_BYTES_MAX = 4096, LINE_BYTES_MAX = 8448, FIXED_BYTES_MAX = 1024 };

/* --- head ------------------------------------------------------------------------------------- */

static struct span name_of(struct span line)
{
    const char *colon = line.len == 0 ? NULL : memchr(line.ptr, ':', line.len);

    return colon == NULL ? (struct span){NULL, 0} : span_from(line.ptr, colon);
}

/* A line end inside a line would begin another field; these fields would end the body elsewhere. */
static bool is_clean(struct span line)
{
    struct span name = name_of(line);

    return line.len < LINE_BYTES_MAX && name.len > 0 && memchr(line.ptr, '\0', line.len) == NULL &&
           memchr(line.ptr, '\r', line.len) == NULL && memchr(line.ptr, '\n', line.len) == NULL &&
           !span_equal_nocase(name, SPAN("content-length")) &&
           !span_equal_nocase(name, SPAN("transfer-encoding"));
}

static bool has_field(const struct http_endpoint_config *config, struct span name)
{
    for (uint32_t i = 0; i < config->header_count; i++) {
        if (span_equal_nocase(name_of(config->header_lines[i]), name))
            return true;
    }
    return false;
}

static void write_target(struct text *text, CURLU *url, bool is_get)
{
    char *path = NULL;
    char *query = NULL;

    if (curl_url_get(url, CURLUPART_PATH, &path, 0) != CURLUE_OK) {
        text->err = ERR_NO_MEMORY;
        return;
    }
    text_add(text, is_get ? SPAN("GET ") : SPAN("POST "));
    text_add(text, span_of(path));
    if (curl_url_get(url, CURLUPART_QUERY, &query, 0) == CURLUE_OK) {
        text_add_char(text, '?');
        text_add(text, span_of(query));
    }
    text_add(text, SPAN(" HTTP/1.1\r\n"));
    curl_free(path);
    curl_free(query);
}

static void write_host(struct text *text, CURLU *url)
{
    char *host = NULL;
    char *port = NULL;

    if (curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK) {
        text->err = ERR_NO_MEMORY;
        return;
    }
    text_add(text, SPAN("Host: "));
    text_add(text, span_of(host));
    if (curl_url_get(url, CURLUPART_PORT, &port, CURLU_NO_DEFAULT_PORT) == CURLUE_OK) {
        text_add_char(text, ':');
        text_add(text, span_of(port));
    }
    text_add(text, SPAN("\r\n"));
    curl_free(host);
    curl_free(port);
}

static void write_head(struct text *text, CURLU *url, const struct http_endpoint_config *config)
{
    write_target(text, url, config->is_get);
    if (!has_field(config, SPAN("host")))
        write_host(text, url);
    for (uint32_t i = 0; i < config->header_count; i++) {
        text_add(text, config->header_lines[i]);
        text_add(text, SPAN("\r\n"));
    }
    if (!has_field(config, SPAN("user-agent")))
        text_add(text, SPAN("User-Agent: weir/" WEIR_VERSION "\r\n"));
    if (!has_field(config, SPAN("accept")))
        text_add(text, SPAN("Accept: */*\r\n"));
}

/* Pages of its own: a head holds a provider's key, and no core may hold one. NULL: no memory. */
static char *head_memory(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return NULL;
    if (madvise(memory, bytes, MADV_DONTDUMP) == 0)
        return memory;
    munmap(memory, bytes);
    return NULL;
}

static int make_head(struct http_endpoint *endpoint, CURLU *url,
                     const struct http_endpoint_config *config)
{
    size_t room = config->url.len + FIXED_BYTES_MAX;

    if (config->header_count > HTTP_ENDPOINT_HEADERS_MAX)
        return ERR_INVALID;
    for (uint32_t i = 0; i < config->header_count; i++) {
        if (!is_clean(config->header_lines[i]))
            return ERR_INVALID;
        room += config->header_lines[i].len + 2;
    }
    /* A path may have grown by its percent signs. */
    room += 2 * config->url.len;
    endpoint->head = head_memory(room);
    endpoint->head_room = room;
    if (endpoint->head == NULL)
        return ERR_NO_MEMORY;
    struct text text = text_over(endpoint->head, room);
    write_head(&text, url, config);
    endpoint->head_bytes = text.len;
    endpoint->is_get = config->is_get;
    return text.err == 0 ? 0 : ERR_INVALID;
}

/* --- address ---------------------------------------------------------------------------------- */

static int parse_url(CURLU *parsed, struct span url)
{
    char text[URL_BYTES_MAX];

    if (url.len >= sizeof(text))
        return ERR_INVALID;
    if (!span_starts_with(url, SPAN("http://")) && !span_starts_with(url, SPAN("https://")))
        return ERR_INVALID;
    memcpy(text, url.ptr, url.len);
    text[url.len] = '\0';
    CURLUcode code = curl_url_set(parsed, CURLUPART_URL, text, CURLU_DISALLOW_USER);
    return code == CURLUE_OK ? 0 : ERR_INVALID;
}

/* --- life ------------------------------------------------------------------------------------- */

static void free_now(struct http_endpoint *endpoint)
{
    /* It holds a provider's key: the memory is wiped before it goes back. */
    if (endpoint->head != NULL) {
        explicit_bzero(endpoint->head, endpoint->head_bytes);
        munmap(endpoint->head, endpoint->head_room);
    }
    origin_return(&endpoint->origin);
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
    CURLU *url = curl_url();
    int err = endpoint != NULL && url != NULL ? 0 : ERR_NO_MEMORY;

    if (err == 0)
        err = parse_url(url, config->url);
    if (err == 0)
        err = make_head(endpoint, url, config);
    if (err == 0)
        err = origin_take(client, url, &endpoint->origin);
    curl_url_cleanup(url);
    if (err != 0) {
        if (endpoint != NULL)
            free_now(endpoint);
        return err;
    }
    endpoint->client = client;
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
