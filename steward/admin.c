#include "steward/admin.h"

#include "lib/base/err.h"
#include "lib/base/log.h"
#include "steward/admin_backup.h"
#include "steward/steward_inner.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACKLOG = 64, CHUNKS_PER_CONNECTION = 8, CHUNKS_SPARE_MAX = 16, SOCKET_UMASK = 0117 };

static const struct server_limits limits = {
    .connections_max = ADMIN_CONNECTIONS_MAX,
    .head_bytes = ADMIN_HEAD_BYTES_MAX,
    .body_bytes = ADMIN_BODY_BYTES_MAX,
    .idle_ms = 60000,
    .head_ms = 10000,
    .body_ms = 30000,
    .send_ms = 60000,
    .queue_bytes_max = ADMIN_QUEUE_BYTES_MAX,
};

static void on_closing(void *owner)
{
    admin_backup_lose(owner);
}

static int make_server(struct admin *admin, struct admin_listener *listener)
{
    struct server_config config = {
        .loop = &admin->steward->loop,
        .handlers = &admin_handlers,
        .limits = &admin->limits,
        .chunks = &listener->chunks,
        .owner = admin->steward,
    };

    chunk_pool_init(&listener->chunks,
                    (uint64_t)ADMIN_CONNECTIONS_MAX * CHUNKS_PER_CONNECTION * CHUNK_BYTES,
                    CHUNKS_SPARE_MAX);
    listener->server = server_new(&config);
    return listener->server != NULL ? 0 : ERR_NO_MEMORY;
}

int admin_init(struct admin *admin, struct steward *steward)
{
    int err = 0;

    *admin = (struct admin){.steward = steward, .limits = limits};
    for (unsigned place = 0; place < ADMIN_PLACE_COUNT && err == 0; place++)
        err = make_server(admin, &admin->listeners[place]);
    steward->store.on_closing = on_closing;
    steward->store.owner = admin;
    return err;
}

/* --- the socket of the machine ---------------------------------------------------------------- */

/* A socket's file outlives a process that was killed: nobody answers there any more. What is no
 * socket refuses connections too, and is not ours to remove. */
static bool is_abandoned(const struct sockaddr_un *address)
{
    struct stat status;

    if (lstat(address->sun_path, &status) != 0 || !S_ISSOCK(status.st_mode))
        return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return false;
    bool refused = connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0 &&
                   errno == ECONNREFUSED;
    (void)close(fd);
    return refused;
}

static int bind_private(int fd, const struct sockaddr_un *address)
{
    mode_t before = umask(SOCKET_UMASK);
    int failed = bind(fd, (const struct sockaddr *)address, sizeof(*address));
    int saved = errno;

    if (failed != 0 && saved == EADDRINUSE && is_abandoned(address)) {
        (void)unlink(address->sun_path);
        failed = bind(fd, (const struct sockaddr *)address, sizeof(*address));
    } else if (failed != 0) {
        errno = saved;
    }
    (void)umask(before);
    return failed;
}

/* @return a descriptor, or -1 with errno */
static int open_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (bind_private(fd, &address) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int saved = errno;
    (void)close(fd);
    errno = saved;
    return -1;
}

/* --- the address ------------------------------------------------------------------------------ */

/* "127.0.0.1:1" or "[::1]:1", of which the configuration has seen to it that it is one. */
static int parse_address(const char *where, struct sockaddr_storage *out)
{
    char host[SETTINGS_ADDRESS_BYTES];
    const char *colon = strrchr(where, ':');
    const bool is_v6 = where[0] == '[';
    const char *begin = where + (is_v6 ? 1 : 0);
    const char *end = colon == NULL ? begin : colon - (is_v6 ? 1 : 0);

    if (colon == NULL || (size_t)(end - begin) >= sizeof(host))
        return -1;
    memcpy(host, begin, (size_t)(end - begin));
    host[end - begin] = '\0';
    int port = (int)strtol(colon + 1, NULL, 10);
    return is_v6 ? uv_ip6_addr(host, port, (struct sockaddr_in6 *)(void *)out)
                 : uv_ip4_addr(host, port, (struct sockaddr_in *)(void *)out);
}

static int open_address(const char *where)
{
    static const int on = 1;
    struct sockaddr_storage address = {0};

    if (parse_address(where, &address) != 0) {
        errno = EINVAL;
        return -1;
    }
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
        bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
        listen(fd, BACKLOG) == 0)
        return fd;
    int saved = errno;
    (void)close(fd);
    errno = saved;
    return -1;
}

/* --- both ------------------------------------------------------------------------------------- */

static void try_to_open(struct admin *admin, enum admin_place place)
{
    struct admin_listener *listener = &admin->listeners[place];

    if (listener->is_open || listener->where[0] == '\0' || admin->is_draining)
        return;
    int fd = place == ADMIN_SOCKET ? open_socket(listener->where) : open_address(listener->where);
    if (fd >= 0 && server_listen(listener->server, place, fd) == 0) {
        listener->is_open = true;
        listener->was_refused = false;
        log_write(LOG_INFO, "the admin API listens on %s", listener->where);
        return;
    }
    if (!listener->was_refused)
        log_write(LOG_ERROR, "the admin API cannot listen on %s: %s", listener->where,
                  strerrordesc_np(errno));
    listener->was_refused = true;
}

static void close_listener(struct admin *admin, enum admin_place place)
{
    struct admin_listener *listener = &admin->listeners[place];

    if (!listener->is_open)
        return;
    server_unlisten(listener->server, place);
    listener->is_open = false;
    if (place == ADMIN_SOCKET)
        (void)unlink(listener->where);
}

static void set_place(struct admin *admin, enum admin_place place, const char *where)
{
    struct admin_listener *listener = &admin->listeners[place];

    if (strcmp(listener->where, where) == 0)
        return;
    close_listener(admin, place);
    (void)snprintf(listener->where, sizeof(listener->where), "%s", where);
    listener->was_refused = false;
}

void admin_configure(struct admin *admin, const struct snapshot *snapshot)
{
    const struct snapshot_header *header = snapshot->header;
    struct span path = snapshot_bytes(snapshot, header->admin_socket);
    char where[DATABASE_PATH_BYTES_MAX + sizeof("/admin.sock")];

    if (path.len > 0)
        (void)snprintf(where, sizeof(where), "%.*s", SPAN_FMT(path));
    else
        (void)snprintf(where, sizeof(where), "%s/admin.sock", admin->steward->store.folder);
    if (strlen(where) >= sizeof(admin->listeners[0].where)) {
        log_write(LOG_ERROR, "%s is too long for the path of a socket: set admin.socket", where);
        where[0] = '\0';
    }
    set_place(admin, ADMIN_SOCKET, where);
    (void)snprintf(where, sizeof(where), "%.*s",
                   SPAN_FMT(snapshot_bytes(snapshot, header->admin_listen)));
    set_place(admin, ADMIN_ADDRESS, where);
    admin_tick(admin);
}

void admin_tick(struct admin *admin)
{
    for (unsigned place = 0; place < ADMIN_PLACE_COUNT; place++)
        try_to_open(admin, (enum admin_place)place);
}

static void on_server_empty(void *owner)
{
    struct steward *steward = owner;

    if (--steward->admin.draining == 0)
        steward->admin.on_empty(steward);
}

void admin_drain(struct admin *admin, void (*on_empty)(struct steward *steward))
{
    admin->is_draining = true;
    admin->on_empty = on_empty;
    admin->draining = ADMIN_PLACE_COUNT;
    for (unsigned place = 0; place < ADMIN_PLACE_COUNT; place++) {
        close_listener(admin, (enum admin_place)place);
        server_drain(admin->listeners[place].server, on_server_empty);
    }
}

void admin_close(struct admin *admin)
{
    for (unsigned place = 0; place < ADMIN_PLACE_COUNT; place++)
        server_abort_all(admin->listeners[place].server);
}

void admin_free(struct admin *admin)
{
    for (unsigned place = 0; place < ADMIN_PLACE_COUNT; place++)
        server_free(&admin->listeners[place].server);
    uv_run(&admin->steward->loop, UV_RUN_DEFAULT);
    for (unsigned place = 0; place < ADMIN_PLACE_COUNT; place++)
        chunk_pool_close(&admin->listeners[place].chunks);
}
