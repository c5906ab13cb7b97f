/**
 * The admin API's listeners: a socket of the machine, and an address when one is configured.
 *
 *   phase      entered by                         listens
 *   open       admin_init()                       -
 *   serving    admin_configure()                  on what the newest generation says
 *   draining   admin_drain()                      no more; what is open is finished
 *   closed     admin_close(), the loop, admin_free()
 *
 * Whoever may open the socket (0660) may do everything; over TCP each request needs a key with the
 * scope `admin`. What cannot be listened on is tried again each second and said once.
 */
#ifndef WEIR_STEWARD_ADMIN_H
#define WEIR_STEWARD_ADMIN_H

#include "lib/net/server.h"
#include "shm/snapshot.h"

#include <sys/un.h>

struct steward;

enum {
    ADMIN_CONNECTIONS_MAX =
        64, /* to each place: whoever fills the one keeps nobody from the other */
    ADMIN_HEAD_BYTES_MAX = 32 * 1024,
    ADMIN_BODY_BYTES_MAX = 1024 * 1024,
    ADMIN_QUEUE_BYTES_MAX = 64 * 1024,
};

enum admin_place { ADMIN_SOCKET, ADMIN_ADDRESS, ADMIN_PLACE_COUNT };

struct admin_listener {
    struct server *server;
    struct chunk_pool chunks;
    char where[sizeof(((struct sockaddr_un *)NULL)->sun_path)]; /* empty: nowhere */
    bool is_open;
    bool was_refused; /* and said so */
};

struct admin {
    struct steward *steward;
    struct server_limits limits;
    struct admin_listener listeners[ADMIN_PLACE_COUNT];
    struct admin_call *backup; /* the one that copies the database; NULL: none */
    void (*on_empty)(struct steward *steward);
    uint32_t draining; /* places that have connections left */
    bool is_draining;
};

/** @return 0 or ERR_NO_MEMORY */
int admin_init(struct admin *admin, struct steward *steward);

/** Listen where the generation says; a place that has not changed stays open. */
void admin_configure(struct admin *admin, const struct snapshot *snapshot);

/** Once a second. */
void admin_tick(struct admin *admin);

/** Stop listening; `on_empty` is called once when no connection is left. */
void admin_drain(struct admin *admin, void (*on_empty)(struct steward *steward));

/** Cuts what is open. The loop must run once more, then admin_free(). */
void admin_close(struct admin *admin);
void admin_free(struct admin *admin);

#endif
