#include "worker/generations.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/base/text.h"
#include "shm/session_key.h"
#include "shm/snapshot_browser.h"

#include <stdlib.h>
#include <unistd.h>

enum { URL_BYTES_MAX = 2048, HEADER_LINE_BYTES_MAX = 8192 };

static const enum wire_protocol protocols[PROVIDER_KIND_COUNT] = {
#define X(name, word, owned_by, page, protocol, ...) [PROVIDER_##name] = PROTOCOL_##protocol,
    PROVIDER_KIND_MAP(X)
#undef X
};

/* Behind the provider's base_url, and behind the model's name where the path has one. */
struct upstream_path {
    struct span before;
    struct span behind;
};

#define PATH(before, behind)           \
    {                                  \
        {before, sizeof(before) - 1},  \
        {                              \
            behind, sizeof(behind) - 1 \
        }                              \
    }

/* An operation without a path is one that the protocol does not have. */
static const struct {
    struct span key_field; /* what stands before the provider's key */
    bool names_model;      /* the path does, not the body */
    struct upstream_path paths[OPERATION_COUNT];
} wires[PROTOCOL_COUNT] = {
    [PROTOCOL_OPENAI] = {{"Authorization: Bearer ", 22},
                         false,
                         {[OPERATION_GENERATE] = PATH("/chat/completions", "")}},
    [PROTOCOL_ANTHROPIC] = {{"x-api-key: ", 11},
                            false,
                            {[OPERATION_GENERATE] = PATH("/v1/messages", ""),
                             [OPERATION_COUNT_TOKENS] = PATH("/v1/messages/count_tokens", "")}},
    [PROTOCOL_GEMINI] = {{"x-goog-api-key: ", 16},
                         true,
                         {[OPERATION_GENERATE] = PATH("/models/", ":generateContent"),
                          [OPERATION_STREAM] = PATH("/models/", ":streamGenerateContent?alt=sse"),
                          [OPERATION_ARRAY] = PATH("/models/", ":streamGenerateContent"),
                          [OPERATION_COUNT_TOKENS] = PATH("/models/", ":countTokens")}},
};

bool generation_speaks(enum wire_protocol protocol, enum call_operation operation)
{
    return wires[protocol].paths[operation].before.len > 0;
}

enum wire_protocol generation_protocol(uint32_t provider_kind)
{
    INVARIANT(provider_kind < PROVIDER_KIND_COUNT);
    return protocols[provider_kind];
}

struct span generation_session_key(const struct generation *generation)
{
    struct span key = secrets_get(&generation->secrets, generation->snapshot.header->session_key);

    return key.len == SESSION_KEY_BYTES ? key : SPAN("");
}

void generations_init(struct generations *generations, uv_loop_t *loop,
                      generations_decided_fn *on_decided, void *owner)
{
    *generations = (struct generations){.loop = loop, .on_decided = on_decided, .owner = owner};
}

static void forget(struct generation *generation)
{
    struct generation **link = &generation->owner->all;

    while (*link != generation)
        link = &(*link)->next;
    *link = generation->next;
}

/* On a thread, while the snapshot is open. */
static void free_browser_keys(struct generation *generation)
{
    uint32_t count = snapshot_rows(&generation->snapshot, SNAPSHOT_BROWSER_KEYS);

    for (uint32_t i = 0; generation->browser_keys != NULL && i < count; i++)
        rs256_key_free(&generation->browser_keys[i]);
    free(generation->browser_keys);
    generation->browser_keys = NULL;
}

/* On a thread: OpenSSL takes longer to make a key than to use it. @return 0 or ERR_NO_MEMORY */
static int make_browser_keys(struct generation *generation)
{
    const struct snapshot *snapshot = &generation->snapshot;
    uint32_t count = snapshot_rows(snapshot, SNAPSHOT_BROWSER_KEYS);

    generation->browser_keys = calloc(count + 1, sizeof(struct rs256_key *));
    if (generation->browser_keys == NULL)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        const struct browser_key_row *row = snapshot_issuer_key(snapshot, i);

        generation->browser_keys[i] = rs256_key_new(snapshot_bytes(snapshot, row->modulus),
                                                    snapshot_bytes(snapshot, row->exponent));
    }
    return 0;
}

/* On a thread. */
static void close_mappings(uv_work_t *work)
{
    struct generation *generation = work->data;

    free_browser_keys(generation);
    snapshot_close(&generation->snapshot);
    secrets_close(&generation->secrets);
}

static void on_closed(uv_work_t *work, int status)
{
    struct generation *generation = work->data;

    (void)status;
    generation->owner->working--;
    generation->owner->mapped--;
    free(generation->endpoints);
    free(generation);
}

void generation_release(struct generation **generation)
{
    struct generation *released = *generation;

    *generation = NULL;
    if (released == NULL)
        return;
    INVARIANT(released->holders > 0);
    if (--released->holders > 0)
        return;
    for (size_t i = 0; i < (size_t)released->deployment_count * OPERATION_COUNT; i++)
        http_endpoint_free(&released->endpoints[i].endpoint);
    forget(released);
    released->owner->working++;
    int err = uv_queue_work(released->owner->loop, &released->work, close_mappings, on_closed);
    INVARIANT(err == 0);
}

struct generation *generation_hold(struct generations *generations)
{
    if (generations->current != NULL)
        generations->current->holders++;
    return generations->current;
}

static void make_label(struct generation *generation)
{
    char hex[DIGEST_HEX_BYTES];
    struct text text = text_over(generation->label, sizeof(generation->label));

    digest_to_hex(&generation->snapshot.header->content, hex);
    text_add_unsigned(&text, generation->number);
    text_add_char(&text, '-');
    text_add(&text, (struct span){hex, 8});
    INVARIANT(text.err == 0);
    generation->label_bytes = (uint32_t)text.len;
}

/* On a thread: nothing here touches the loop. */
static void open_mappings(uv_work_t *work)
{
    struct generation *generation = work->data;

    generation->err = snapshot_open(generation->snapshot_fd, &generation->snapshot);
    if (generation->err == 0)
        generation->err = secrets_open(generation->secrets_fd, &generation->secrets);
    if (generation->err == 0 && generation->snapshot.header->generation != generation->number)
        generation->err = ERR_CORRUPT;
    if (generation->err == 0)
        generation->err = make_browser_keys(generation);
    close(generation->snapshot_fd);
    close(generation->secrets_fd);
    if (generation->err != 0) {
        snapshot_close(&generation->snapshot);
        secrets_close(&generation->secrets);
        return;
    }
    generation->deployment_count = snapshot_rows(&generation->snapshot, SNAPSHOT_DEPLOYMENTS);
    generation->endpoints = calloc((size_t)generation->deployment_count + 1,
                                   OPERATION_COUNT * sizeof(*generation->endpoints));
    if (generation->endpoints == NULL)
        generation->deployment_count = 0;
}

/* It becomes current, unless the worker came to its end meanwhile: then it goes at once. */
static void take_opened(struct generations *generations, struct generation *generation)
{
    struct generation *leaving = generation;

    make_label(generation);
    generation->holders = 1; /* the worker's own, while it is current */
    generation->next = generations->all;
    generations->all = generation;
    generations->mapped++;
    if (!generations->is_closed) {
        leaving = generations->current;
        generations->current = generation;
    }
    generation_release(&leaving);
}

static void on_opened(uv_work_t *work, int status)
{
    struct generation *generation = work->data;
    struct generations *generations = generation->owner;
    uint64_t number = generation->number;
    int err = generation->err;

    (void)status;
    generations->working--;
    if (err == 0)
        take_opened(generations, generation);
    else
        free(generation);
    if (!generations->is_closed)
        generations->on_decided(generations->owner, number, err);
}

void generations_adopt(struct generations *generations, uint64_t number, int snapshot_fd,
                       int secrets_fd)
{
    struct generation *generation = calloc(1, sizeof(*generation));

    if (generation == NULL) {
        close(snapshot_fd);
        close(secrets_fd);
        generations->on_decided(generations->owner, number, ERR_NO_MEMORY);
        return;
    }
    generation->owner = generations;
    generation->number = number;
    generation->snapshot_fd = snapshot_fd;
    generation->secrets_fd = secrets_fd;
    generation->work.data = generation;
    generations->working++;
    int err = uv_queue_work(generations->loop, &generation->work, open_mappings, on_opened);
    INVARIANT(err == 0);
}

void generations_close(struct generations *generations)
{
    generations->is_closed = true;
    generation_release(&generations->current);
}

/* What goes with the calls to a provider: its key, or the token that is good now. */
static int find_secret(const struct generation *generation, const struct secrets *tokens,
                       const struct provider_row *provider, struct token *out)
{
    struct span secret = secrets_get(&generation->secrets, provider->secret);

    *out = (struct token){.text = secret};
    if (provider->auth != PROVIDER_AUTH_TOKEN)
        return 0;
    /* Never a call without it: it would be refused, or worse, be served to nobody in particular. */
    return tokens_find(tokens, secret, monotime_now(), out) ? 0 : ERR_UPSTREAM_AUTH_PENDING;
}

bool generation_account(const struct generation *generation, uint32_t deployment, uint64_t *mark)
{
    const struct snapshot *snapshot = &generation->snapshot;
    const struct provider_row *provider = snapshot_provider(
        snapshot, snapshot_deployment(snapshot, deployment)->provider);

    if (provider->auth != PROVIDER_AUTH_TOKEN)
        return false;
    *mark = account_mark(secrets_get(&generation->secrets, provider->secret));
    return true;
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

/* Percent-encoded; Gemini's own names of a model, "models/x", are as good as "x". */
static void add_model(struct text *url, struct span name)
{
    static const char digits[] = "0123456789ABCDEF";

    if (span_starts_with(name, SPAN("models/")))
        name = span_skip(name, 7);
    for (size_t i = 0; i < name.len; i++) {
        unsigned char byte = (unsigned char)name.ptr[i];

        if (is_plain(name.ptr[i])) {
            text_add_char(url, name.ptr[i]);
            continue;
        }
        text_add_char(url, '%');
        text_add_char(url, digits[byte >> 4]);
        text_add_char(url, digits[byte & 15]);
    }
}

static void add_url(const struct snapshot *snapshot, struct generation_target target,
                    struct text *url)
{
    const struct deployment_row *deployment = snapshot_deployment(snapshot, target.deployment);
    const struct provider_row *provider = snapshot_provider(snapshot, deployment->provider);
    enum wire_protocol protocol = generation_protocol(provider->kind);
    const struct upstream_path *path = &wires[protocol].paths[target.operation];

    INVARIANT(path->before.len > 0);
    text_add(url, snapshot_bytes(snapshot, provider->base_url));
    text_add(url, path->before);
    if (wires[protocol].names_model)
        add_model(url, snapshot_bytes(snapshot, deployment->upstream_model));
    text_add(url, path->behind);
}

static int make_endpoint(const struct generation *generation, struct http_client *client,
                         struct generation_target target, struct span secret,
                         struct http_endpoint **out)
{
    const struct snapshot *snapshot = &generation->snapshot;
    const struct provider_row *provider = snapshot_provider(
        snapshot, snapshot_deployment(snapshot, target.deployment)->provider);
    char url_memory[URL_BYTES_MAX];
    char key_memory[HEADER_LINE_BYTES_MAX];
    struct text url = text_over(url_memory, sizeof(url_memory));
    struct text key = text_over(key_memory, sizeof(key_memory));
    struct span lines[2] = {SPAN("Content-Type: application/json")};

    add_url(snapshot, target, &url);
    text_add(&key, wires[generation_protocol(provider->kind)].key_field);
    text_add(&key, secret);
    if (url.err != 0 || key.err != 0)
        return ERR_INVALID;
    lines[1] = text_span(&key);
    struct http_endpoint_config config = {
        .url = text_span(&url),
        .header_lines = lines,
        .header_count = secret.len > 0 ? 2 : 1,
    };
    int err = http_endpoint_new(client, &config, out);
    explicit_bzero(key_memory, sizeof(key_memory));
    return err;
}

int generation_endpoint(struct generation *generation, const struct generation_means *means,
                        struct generation_target target, struct http_endpoint **out)
{
    const struct snapshot *snapshot = &generation->snapshot;
    struct token token;

    if (target.deployment >= generation->deployment_count)
        return ERR_NO_MEMORY;
    const struct provider_row *provider = snapshot_provider(
        snapshot, snapshot_deployment(snapshot, target.deployment)->provider);
    struct generation_endpoint *place =
        &generation->endpoints[(size_t)target.deployment * OPERATION_COUNT + target.operation];
    int err = find_secret(generation, means->tokens, provider, &token);

    if (err != 0 || place->minted.ms != token.row.minted.ms)
        http_endpoint_free(&place->endpoint);
    if (err == 0 && place->endpoint == NULL)
        err = make_endpoint(generation, means->client, target, token.text, &place->endpoint);
    if (err != 0)
        return err;
    place->minted = token.row.minted;
    *out = place->endpoint;
    return 0;
}
