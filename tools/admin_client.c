#include "tools/admin_client.h"

#include "tools/ask.h"
#include "tools/no_gateway.h"
#include "tools/tools.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { FIELD_BYTES = 64 };

struct admin_client {
    CURL *curl;
    const char *socket_path;
    struct text body;
    char *memory;
    int fd; /* of a body that is written as it comes; -1: it is kept */
    int write_errno;
    char effective[ADMIN_CLIENT_WORD_BYTES];
};

/* --- what arrives ----------------------------------------------------------------------------- */

static bool write_all(struct admin_client *client, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t written = write(client->fd, bytes, len);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            client->write_errno = errno;
            return false;
        }
        bytes += written;
        len -= (size_t)written;
    }
    return true;
}

/* An error's body is kept, also when a file waits for another one. */
static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
    struct admin_client *client = context;
    long status = 0;

    if (client->fd >= 0)
        curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    if (client->fd >= 0 && status == 200)
        return write_all(client, bytes, size * count) ? size * count : 0;
    text_add(&client->body, (struct span){bytes, size * count});
    return client->body.err == 0 ? size * count : 0;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is libcurl's */
static size_t on_header(char *bytes, size_t size, size_t count, void *context)
{
    struct admin_client *client = context;

    ask_take_field((struct span){bytes, size * count}, SPAN("x-weir-effective:"), client->effective,
                   sizeof(client->effective));
    return size * count;
}

/* --- the client ------------------------------------------------------------------------------- */

struct admin_client *admin_client_new(struct arena *arena, const char *socket_path)
{
    struct admin_client *client = arena_take(arena, sizeof(*client));
    char *memory = arena_take(arena, ADMIN_CLIENT_ANSWER_BYTES);

    if (client == NULL || memory == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return NULL;
    client->socket_path = socket_path;
    client->memory = memory;
    client->curl = curl_easy_init();
    return client->curl == NULL ? NULL : client;
}

void admin_client_close(struct admin_client **client)
{
    if (*client == NULL)
        return;
    curl_easy_cleanup((*client)->curl);
    curl_global_cleanup();
    *client = NULL;
}

static int explain(const struct admin_client *client, const char *who, CURLcode result)
{
    long reason = 0;

    if (result == CURLE_OK)
        return TOOL_OK;
    curl_easy_getinfo(client->curl, CURLINFO_OS_ERRNO, &reason);
    if (result == CURLE_COULDNT_CONNECT)
        return no_gateway(who, client->socket_path, (int)reason);
    if (client->write_errno != 0)
        fprintf(stderr, "%s: cannot write: %s\n", who, strerrordesc_np(client->write_errno));
    else if (client->body.err != 0)
        fprintf(stderr, "%s: the answer is longer than %d bytes\n", who, ADMIN_CLIENT_ANSWER_BYTES);
    else
        fprintf(stderr,
                "%s: the connection to the gateway broke: %s. Whether it was done is not known\n",
                who, curl_easy_strerror(result));
    return TOOL_FAILED;
}

static void prepare(struct admin_client *client, const struct admin_request *request,
                    struct curl_slist *fields, const char *url)
{
    CURL *curl = client->curl;

    ask_prepare(curl, fields, ADMIN_CLIENT_SILENCE_S);
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, client->socket_path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, client);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, client);
    if (request->body.ptr != NULL) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.ptr);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
}

static bool add_fields(struct curl_slist **fields, const struct admin_request *request)
{
    char memory[FIELD_BYTES];

    if (request->body.ptr != NULL && !ask_add_field(fields, "content-type: application/json"))
        return false;
    if (request->if_version == 0)
        return true;
    (void)snprintf(memory, sizeof(memory), "if-match: \"%" PRIu64 "\"", request->if_version);
    return ask_add_field(fields, memory);
}

static int run(struct admin_client *client, const char *who, const struct admin_request *request,
               struct admin_answer *out)
{
    static char url[ADMIN_REQUEST_PATH_BYTES + FIELD_BYTES];
    struct curl_slist *fields = NULL;
    CURLcode result = CURLE_OUT_OF_MEMORY;

    *out = (struct admin_answer){0};
    client->body = text_over(client->memory, ADMIN_CLIENT_ANSWER_BYTES);
    client->write_errno = 0;
    client->effective[0] = '\0';
    (void)snprintf(url, sizeof(url), "http://localhost%s", request->path);
    if (add_fields(&fields, request)) {
        prepare(client, request, fields, url);
        result = curl_easy_perform(client->curl);
    }
    curl_slist_free_all(fields);
    int failed = explain(client, who, result);
    if (failed != TOOL_OK)
        return failed;
    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &out->status);
    out->body = text_span(&client->body);
    memcpy(out->effective, client->effective, sizeof(out->effective));
    return TOOL_OK;
}

int admin_client_send(struct admin_client *client, const char *who,
                      const struct admin_request *request, struct admin_answer *out)
{
    client->fd = -1;
    return run(client, who, request, out);
}

int admin_client_fetch(struct admin_client *client, const char *who,
                       const struct admin_request *request, int fd, struct admin_answer *out)
{
    client->fd = fd;
    return run(client, who, request, out);
}
