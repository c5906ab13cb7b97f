#include "lib/net/resolver.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/base/text.h"

#include <arpa/inet.h>
#include <stdlib.h>

enum {
    NAME_BYTES_MAX = 256 + 8,
    ADDRESSES_BYTES_MAX = NAME_BYTES_MAX + 8 * (INET6_ADDRSTRLEN + 3)
};

struct resolver_name {
    struct resolver *resolver;
    struct resolver_name *next;
    uv_getaddrinfo_t request;
    struct link waiting;
    uint64_t asked_ms; /* when the last look-up ended */
    bool is_asking;
    char host[256];
    char port[8];
    char addresses[ADDRESSES_BYTES_MAX]; /* empty: never known */
};

struct resolver {
    uv_loop_t *loop;
    resolver_answered_fn *on_answered;
    struct resolver_name *names;
    uint32_t count;
    uint32_t asking;
    bool is_given_up;
};

struct resolver *resolver_new(uv_loop_t *loop, resolver_answered_fn *on_answered)
{
    struct resolver *resolver = calloc(1, sizeof(*resolver));

    if (resolver == NULL)
        return NULL;
    resolver->loop = loop;
    resolver->on_answered = on_answered;
    return resolver;
}

static void free_all(struct resolver *resolver)
{
    while (resolver->names != NULL) {
        struct resolver_name *name = resolver->names;

        resolver->names = name->next;
        free(name);
    }
    free(resolver);
}

void resolver_free(struct resolver **resolver)
{
    struct resolver *freed = *resolver;

    *resolver = NULL;
    if (freed == NULL)
        return;
    freed->is_given_up = true;
    for (struct resolver_name *name = freed->names; name != NULL; name = name->next) {
        if (name->is_asking)
            uv_cancel((uv_req_t *)&name->request);
    }
    if (freed->asking == 0)
        free_all(freed);
}

static bool add_address(struct text *text, const struct addrinfo *found)
{
    char address[INET6_ADDRSTRLEN + 1];
    int err = ERR_INVALID;

    if (found->ai_family == AF_INET)
        err = uv_ip4_name((const struct sockaddr_in *)(const void *)found->ai_addr, address,
                          sizeof(address));
    else if (found->ai_family == AF_INET6)
        err = uv_ip6_name((const struct sockaddr_in6 *)(const void *)found->ai_addr, address,
                          sizeof(address));
    if (err != 0)
        return false;
    if (found->ai_family == AF_INET6)
        text_add_char(text, '[');
    text_add(text, span_of(address));
    if (found->ai_family == AF_INET6)
        text_add_char(text, ']');
    return true;
}

/* `host:port:address,address`, as CURLOPT_RESOLVE wants it; kept only when it is whole. */
static bool keep_addresses(struct resolver_name *name, const struct addrinfo *found)
{
    char memory[ADDRESSES_BYTES_MAX];
    struct text text = text_over(memory, sizeof(memory));
    uint32_t count = 0;

    text_add(&text, span_of(name->host));
    text_add_char(&text, ':');
    text_add(&text, span_of(name->port));
    text_add_char(&text, ':');
    for (; found != NULL && count < RESOLVER_ADDRESSES_MAX; found = found->ai_next) {
        if (count > 0)
            text_add_char(&text, ',');
        if (!add_address(&text, found))
            return false;
        count++;
    }
    text_add_char(&text, '\0');
    if (text.err != 0 || count == 0)
        return false;
    memcpy(name->addresses, memory, text.len);
    return true;
}

static void tell(struct resolver_name *name, int err)
{
    struct link told;
    struct link *waiting;

    link_init(&told);
    link_move_all(&name->waiting, &told);
    while ((waiting = link_take_first(&told)) != NULL)
        name->resolver->on_answered(waiting, err);
}

static void on_found(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    struct resolver_name *name = request->data;
    struct resolver *resolver = name->resolver;
    bool is_known = status == 0 && keep_addresses(name, found);

    uv_freeaddrinfo(found);
    name->is_asking = false;
    name->asked_ms = uv_now(resolver->loop);
    resolver->asking--;
    if (resolver->is_given_up) {
        if (resolver->asking == 0)
            free_all(resolver);
        return;
    }
    tell(name, is_known || name->addresses[0] != '\0' ? 0 : ERR_UPSTREAM_RESOLVE);
}

static int ask(struct resolver_name *name)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};

    if (name->is_asking)
        return 0;
    name->request.data = name;
    int err = uv_getaddrinfo(name->resolver->loop, &name->request, on_found, name->host, name->port,
                             &hints);
    if (err != 0)
        return ERR_UPSTREAM_RESOLVE;
    name->is_asking = true;
    name->resolver->asking++;
    return 0;
}

struct resolver_name *resolver_take(struct resolver *resolver, const char *host, const char *port)
{
    for (struct resolver_name *name = resolver->names; name != NULL; name = name->next) {
        if (strcmp(name->host, host) == 0 && strcmp(name->port, port) == 0)
            return name;
    }
    if (resolver->count == RESOLVER_NAMES_MAX || strlen(host) >= sizeof(resolver->names->host) ||
        strlen(port) >= sizeof(resolver->names->port))
        return NULL;
    struct resolver_name *name = calloc(1, sizeof(*name));
    if (name == NULL)
        return NULL;
    name->resolver = resolver;
    memcpy(name->host, host, strlen(host) + 1);
    memcpy(name->port, port, strlen(port) + 1);
    link_init(&name->waiting);
    name->next = resolver->names;
    resolver->names = name;
    resolver->count++;
    /* The first call need not wait for it; if this fails, that call asks. */
    (void)ask(name);
    return name;
}

char *resolver_name_addresses(struct resolver_name *name)
{
    if (name->addresses[0] == '\0')
        return NULL;
    /* A refresh that cannot be begun now is tried by the next call. */
    if (uv_now(name->resolver->loop) - name->asked_ms >= RESOLVER_TTL_MS)
        (void)ask(name);
    return name->addresses;
}

void resolver_wait(struct resolver_name *name, struct link *waiting)
{
    link_add_last(&name->waiting, waiting);
    /* Out of threads or memory: whoever waits runs into its own deadline. */
    (void)ask(name);
}
