#include "master/listen.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "master/environment.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PORT_DIGITS_MAX = 5 };

static int fail(struct listeners *listeners, const char *what, const char *address, int reason)
{
    snprintf(listeners->problem, sizeof(listeners->problem), "cannot %s %s: %s", what, address,
             strerrordesc_np(reason));
    return ERR_IO;
}

static bool parse_port(const char *text, in_port_t *out)
{
    size_t digits = strspn(text, "0123456789");
    uint32_t port = 0;

    if (digits == 0 || digits > PORT_DIGITS_MAX || text[digits] != '\0')
        return false;
    for (const char *c = text; *c != '\0'; c++)
        port = port * 10 + (uint32_t)(*c - '0');
    if (port > UINT16_MAX)
        return false;
    *out = htons((uint16_t)port);
    return true;
}

static bool parse_host(const char *host, size_t len, in_port_t port, struct listen_address *out)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&out->address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&out->address;
    char name[SETTINGS_ADDRESS_BYTES] = {0};
    bool bracketed = len >= 2 && host[0] == '[' && host[len - 1] == ']';

    if (bracketed) {
        memcpy(name, host + 1, len - 2);
        *v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = port};
        out->bytes = sizeof(*v6);
        return inet_pton(AF_INET6, name, &v6->sin6_addr) == 1;
    }
    memcpy(name, host, len);
    *v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = port};
    out->bytes = sizeof(*v4);
    return inet_pton(AF_INET, name, &v4->sin_addr) == 1;
}

static bool parse_address(const char *text, struct listen_address *out)
{
    size_t len = strnlen(text, SETTINGS_ADDRESS_BYTES);
    in_port_t port = 0;

    *out = (struct listen_address){.inherited = -1};
    if (len == SETTINGS_ADDRESS_BYTES)
        return false;
    memcpy(out->text, text, len);

    const char *colon = strrchr(out->text, ':');
    if (colon == NULL || !parse_port(colon + 1, &port))
        return false;
    return parse_host(out->text, (size_t)(colon - out->text), port, out);
}

static bool is_same_endpoint(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    if (a->ss_family != b->ss_family)
        return false;
    if (a->ss_family == AF_INET) {
        const struct sockaddr_in *left = (const struct sockaddr_in *)a;
        const struct sockaddr_in *right = (const struct sockaddr_in *)b;
        return left->sin_port == right->sin_port && left->sin_addr.s_addr == right->sin_addr.s_addr;
    }
    if (a->ss_family != AF_INET6)
        return false;
    const struct sockaddr_in6 *left = (const struct sockaddr_in6 *)a;
    const struct sockaddr_in6 *right = (const struct sockaddr_in6 *)b;
    return left->sin6_port == right->sin6_port &&
           memcmp(&left->sin6_addr, &right->sin6_addr, sizeof(left->sin6_addr)) == 0;
}

static void inherit(struct listeners *listeners, int fd)
{
    struct sockaddr_storage bound = {0};
    socklen_t bytes = sizeof(bound);

    if (getsockname(fd, (struct sockaddr *)&bound, &bytes) != 0)
        return;
    for (uint32_t i = 0; i < listeners->address_count; i++) {
        struct listen_address *address = &listeners->addresses[i];

        if (address->inherited >= 0 || !is_same_endpoint(&bound, &address->address))
            continue;
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        fcntl(fd, F_SETFL, O_NONBLOCK);
        address->inherited = fd;
        return;
    }
}

static void inherit_all(struct listeners *listeners)
{
    uint64_t count = environment_take_number("LISTEN_FDS");
    uint64_t pid = environment_take_number("LISTEN_PID");

    if (pid != (uint64_t)getpid() || count > LISTEN_FDS_MAX)
        return;
    for (uint64_t i = 0; i < count; i++)
        inherit(listeners, LISTEN_FD_FIRST + (int)i);
}

int listen_init(struct listeners *listeners, const char (*addresses)[SETTINGS_ADDRESS_BYTES],
                uint32_t count)
{
    INVARIANT(count <= SETTINGS_LISTEN_MAX);
    listeners->address_count = 0;
    listeners->slot_count = 0;
    listeners->problem[0] = '\0';
    for (uint32_t i = 0; i < count; i++) {
        if (!parse_address(addresses[i], &listeners->addresses[i])) {
            snprintf(listeners->problem, sizeof(listeners->problem),
                     "cannot listen on %.*s: not an address and a port",
                     (int)strnlen(addresses[i], SETTINGS_ADDRESS_BYTES), addresses[i]);
            return ERR_INVALID;
        }
    }
    listeners->address_count = count;
    inherit_all(listeners);
    return 0;
}

/* @return a bound socket that does not listen yet, or -1 with errno set */
static int bind_socket(const struct listen_address *to, bool shared)
{
    const int on = 1;
    int fd = socket(to->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0)
        goto failed;
    if (shared && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0)
        goto failed;
    if (to->address.ss_family == AF_INET6 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0)
        goto failed;
    if (bind(fd, (const struct sockaddr *)&to->address, to->bytes) == 0)
        return fd;

failed:;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

/* With SO_REUSEPORT two services of one user would silently share their clients; without it, bind
 * and listen fail on an address that somebody listens on. */
static int probe(struct listeners *listeners, const struct listen_address *address)
{
    int fd = bind_socket(address, false);
    int reason = fd < 0 || listen(fd, 1) != 0 ? errno : 0;

    if (fd >= 0)
        close(fd);
    return reason == 0 ? 0 : fail(listeners, "listen on", address->text, reason);
}

static int bind_one(struct listeners *listeners, uint32_t slot, uint32_t number)
{
    struct listen_address *address = &listeners->addresses[number];
    int *fd = &listeners->fds[slot][number];

    if (address->inherited >= 0) {
        *fd = address->inherited;
        return 0;
    }
    if (slot == 0 && probe(listeners, address) != 0)
        return ERR_IO;
    *fd = bind_socket(address, true);
    if (*fd < 0)
        return fail(listeners, "bind", address->text, errno);

    /* Port 0: the other slots take the port that the first one was given. */
    address->bytes = sizeof(address->address);
    if (getsockname(*fd, (struct sockaddr *)&address->address, &address->bytes) != 0)
        return fail(listeners, "bind", address->text, errno);
    return 0;
}

static void close_slots(struct listeners *listeners, uint32_t first, uint32_t end)
{
    for (uint32_t slot = first; slot < end; slot++) {
        for (uint32_t i = 0; i < listeners->address_count; i++) {
            int fd = listeners->fds[slot][i];

            if (fd >= 0 && fd != listeners->addresses[i].inherited)
                close(fd);
            listeners->fds[slot][i] = -1;
        }
    }
}

static int bind_slots(struct listeners *listeners, uint32_t first, uint32_t end)
{
    for (uint32_t slot = first; slot < end; slot++) {
        for (uint32_t i = 0; i < listeners->address_count; i++) {
            int err = bind_one(listeners, slot, i);
            if (err != 0)
                return err;
        }
    }
    return 0;
}

static int listen_slots(struct listeners *listeners, uint32_t first, uint32_t end)
{
    for (uint32_t slot = first; slot < end; slot++) {
        for (uint32_t i = 0; i < listeners->address_count; i++) {
            if (listen(listeners->fds[slot][i], LISTEN_BACKLOG) != 0)
                return fail(listeners, "listen on", listeners->addresses[i].text, errno);
        }
    }
    return 0;
}

int listen_grow(struct listeners *listeners, uint32_t slots)
{
    INVARIANT(slots <= SETTINGS_WORKERS_MAX);
    if (slots <= listeners->slot_count)
        return 0;
    for (uint32_t slot = listeners->slot_count; slot < slots; slot++) {
        for (uint32_t i = 0; i < listeners->address_count; i++)
            listeners->fds[slot][i] = -1;
    }

    /* Nothing listens before everything is bound: connections would be given to a socket that is
     * closed again when a later bind fails. */
    int err = bind_slots(listeners, listeners->slot_count, slots);
    if (err == 0)
        err = listen_slots(listeners, listeners->slot_count, slots);
    if (err != 0) {
        close_slots(listeners, listeners->slot_count, slots);
        return err;
    }
    listeners->slot_count = slots;
    return 0;
}

void listen_close(struct listeners *listeners)
{
    close_slots(listeners, 0, listeners->slot_count);
    for (uint32_t i = 0; i < listeners->address_count; i++) {
        if (listeners->addresses[i].inherited >= 0)
            close(listeners->addresses[i].inherited);
    }
    listeners->slot_count = 0;
    listeners->address_count = 0;
}

bool listen_is_same(const struct listeners *listeners,
                    const char (*addresses)[SETTINGS_ADDRESS_BYTES], uint32_t count)
{
    if (count != listeners->address_count)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (strncmp(listeners->addresses[i].text, addresses[i], SETTINGS_ADDRESS_BYTES) != 0)
            return false;
    }
    return true;
}

void listen_name(const struct listen_address *address, char out[static SETTINGS_ADDRESS_BYTES])
{
    const char *colon = strrchr(address->text, ':');
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address->address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address->address;
    in_port_t port = address->address.ss_family == AF_INET ? v4->sin_port : v6->sin6_port;

    INVARIANT(colon != NULL);
    snprintf(out, SETTINGS_ADDRESS_BYTES, "%.*s:%u", (int)(colon - address->text), address->text,
             (unsigned)ntohs(port));
}
