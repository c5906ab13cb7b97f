#include "tools/gateway.h"

#include "tools/admin_json.h"
#include "tools/ask.h"
#include "tools/tools.h"

#include <errno.h>
#include <stdio.h>

enum { URL_BYTES_MAX = 4096, FIELD_BYTES_MAX = 1024, MESSAGE_BYTES = 1024 };

struct gateway {
    CURL *curl;
    const char *who;
    const char *url;
    const char *key;
    char *memory;
    struct text body;
    char generation[GATEWAY_GENERATION_BYTES];
};

/* --- what arrives ----------------------------------------------------------------------------- */

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is libcurl's */
static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
    struct gateway *gateway = context;

    text_add(&gateway->body, (struct span){bytes, size * count});
    return gateway->body.err == 0 ? size * count : 0;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is libcurl's */
static size_t on_header(char *bytes, size_t size, size_t count, void *context)
{
    struct gateway *gateway = context;

    ask_take_field((struct span){bytes, size * count}, SPAN("x-weir-generation:"),
                   gateway->generation, sizeof(gateway->generation));
    return size * count;
}

/* --- the gateway ------------------------------------------------------------------------------ */

struct gateway *gateway_new(const char *who, const char *url, const char *key, struct arena *arena)
{
    struct gateway *gateway = arena_take(arena, sizeof(*gateway));
    char *memory = arena_take(arena, GATEWAY_ANSWER_BYTES_MAX);

    if (gateway == NULL || memory == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return NULL;
    gateway->who = who;
    gateway->url = url;
    gateway->key = key == NULL ? "" : key;
    gateway->memory = memory;
    gateway->curl = curl_easy_init();
    return gateway->curl == NULL ? NULL : gateway;
}

void gateway_close(struct gateway **gateway)
{
    if (*gateway == NULL)
        return;
    curl_easy_cleanup((*gateway)->curl);
    curl_global_cleanup();
    *gateway = NULL;
}

static int explain(const struct gateway *gateway, CURLcode result)
{
    switch ((int)result) {
    case CURLE_OK:
        return TOOL_OK;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        fprintf(stderr, "%s: \"%s\" is not the URL of a gateway, such as http://127.0.0.1:8080\n",
                gateway->who, gateway->url);
        return TOOL_USAGE;
    case CURLE_OUT_OF_MEMORY:
        fprintf(stderr, "%s: out of memory\n", gateway->who);
        return TOOL_FAILED;
    case CURLE_WRITE_ERROR:
        fprintf(stderr, "%s: the answer is longer than %d bytes\n", gateway->who,
                GATEWAY_ANSWER_BYTES_MAX);
        return TOOL_FAILED;
    default:
        break;
    }
    long number = 0;
    curl_easy_getinfo(gateway->curl, CURLINFO_OS_ERRNO, &number);
    fprintf(stderr, "%s: no gateway answers at %s: %s\n", gateway->who, gateway->url,
            result == CURLE_COULDNT_CONNECT && number != 0 ? strerrordesc_np((int)number)
                                                           : curl_easy_strerror(result));
    return TOOL_NO_SERVICE;
}

/* The sentence of an error in OpenAI's or Anthropic's envelope; empty: it is another one. */
static struct span message_of(struct span body, char *memory)
{
    struct text out = text_over(memory, MESSAGE_BYTES);
    struct span error;
    struct span message;

    if (!admin_json_is_whole(body) || !admin_json_member(body, "error", &error) ||
        !admin_json_member(error, "message", &message))
        return SPAN("");
    admin_json_add(&out, SPAN("message"), message);
    return text_span(&out);
}

static int refuse(const struct gateway *gateway, long status)
{
    char memory[MESSAGE_BYTES];
    const struct span message = message_of(text_span(&gateway->body), memory);

    if (status == 401 && gateway->key[0] == '\0')
        fprintf(stderr, "%s: %s: there is no key in $WEIR_API_KEY\n", gateway->who, gateway->url);
    else if (status == 401)
        fprintf(stderr, "%s: %s: the key in $WEIR_API_KEY is not accepted: %.*s\n", gateway->who,
                gateway->url, SPAN_FMT(message));
    else if (status == 403 || status == 503)
        fprintf(stderr, "%s: %s: %.*s (status %ld)\n", gateway->who, gateway->url,
                SPAN_FMT(message.len > 0 ? message : SPAN("it does not answer this")), status);
    else
        fprintf(stderr, "%s: %s is no weir: it answers with status %ld\n", gateway->who,
                gateway->url, status);
    return TOOL_NO_SERVICE;
}

static void prepare(struct gateway *gateway, struct curl_slist *fields, const char *url)
{
    CURL *curl = gateway->curl;

    ask_prepare(curl, fields, GATEWAY_SILENCE_S);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, gateway);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, gateway);
}

static bool add_fields(struct curl_slist **fields, const struct gateway *gateway, const char *field)
{
    char memory[FIELD_BYTES_MAX];

    if (field != NULL && !ask_add_field(fields, field))
        return false;
    if (gateway->key[0] == '\0')
        return true;
    (void)snprintf(memory, sizeof(memory), "authorization: Bearer %s", gateway->key);
    bool added = ask_add_field(fields, memory);
    explicit_bzero(memory, sizeof(memory));
    return added;
}

/* The address of a gateway is often at hand as that of OpenAI's clients, which ends with /v1. */
static struct span base_of(const char *url)
{
    static const struct span version = {"/v1", 3};
    struct span base = span_of(url);

    while (base.len > 0 && base.ptr[base.len - 1] == '/')
        base.len--;
    if (base.len > version.len && span_equal(span_skip(base, base.len - version.len), version))
        base.len -= version.len;
    while (base.len > 0 && base.ptr[base.len - 1] == '/')
        base.len--;
    return base;
}

static CURLcode perform(struct gateway *gateway, const char *path, const char *field)
{
    struct curl_slist *fields = NULL;
    CURLcode result = CURLE_OUT_OF_MEMORY;
    char url[URL_BYTES_MAX];
    const struct span base = base_of(gateway->url);

    int len = snprintf(url, sizeof(url), "%.*s%s", SPAN_FMT(base), path);
    if (len < 0 || (size_t)len >= sizeof(url))
        return CURLE_URL_MALFORMAT;
    gateway->body = text_over(gateway->memory, GATEWAY_ANSWER_BYTES_MAX);
    gateway->generation[0] = '\0';
    if (add_fields(&fields, gateway, field)) {
        prepare(gateway, fields, url);
        result = curl_easy_perform(gateway->curl);
    }
    curl_slist_free_all(fields);
    return result;
}

int gateway_get(struct gateway *gateway, const char *path, const char *field,
                struct gateway_answer *out)
{
    long status = 0;
    int result = explain(gateway, perform(gateway, path, field));

    if (result != TOOL_OK)
        return result;
    curl_easy_getinfo(gateway->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200)
        return refuse(gateway, status);
    out->body = text_span(&gateway->body);
    memcpy(out->generation, gateway->generation, sizeof(out->generation));
    if (out->generation[0] != '\0' && admin_json_is_whole(out->body))
        return TOOL_OK;
    fprintf(stderr, "%s: %s answers, and is no weir\n", gateway->who, gateway->url);
    return TOOL_NO_SERVICE;
}
