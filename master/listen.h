/**
 * The sockets that clients connect to: one SO_REUSEPORT socket for each address and listener slot.
 *
 * They are made once and stay open until listen_close(): closing one throws away the connections
 * that wait in it. A socket that systemd handed over (LISTEN_FDS) is one descriptor that all slots
 * of its address share.
 */
#ifndef WEIR_MASTER_LISTEN_H
#define WEIR_MASTER_LISTEN_H

#include "shm/settings.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
    LISTEN_BACKLOG = 4096, /* cut to net.core.somaxconn by the kernel */
    LISTEN_PROBLEM_BYTES = 192,
    LISTEN_FD_FIRST = 3, /* where systemd's descriptors begin */
    LISTEN_FDS_MAX = 64, /* of systemd; more are left alone */
};

struct listen_address {
    char text[SETTINGS_ADDRESS_BYTES];
    struct sockaddr_storage address; /* with the port that the kernel chose where it was 0 */
    socklen_t bytes;
    int inherited; /* systemd's descriptor, or -1 */
};

struct listeners {
    uint32_t address_count; /* 0: closed */
    uint32_t slot_count;
    struct listen_address addresses[SETTINGS_LISTEN_MAX];
    int fds[SETTINGS_WORKERS_MAX][SETTINGS_LISTEN_MAX];
    char problem[LISTEN_PROBLEM_BYTES]; /* the sentence of the last failure */
};

/**
 * Take the addresses, and the descriptors of systemd that belong to them; no slot yet.
 *
 * @param addresses  NUL-terminated "host:port", host numeric, IPv6 in brackets
 * @return 0, or ERR_INVALID for an address that is none; `problem` names it
 */
int listen_init(struct listeners *listeners, const char (*addresses)[SETTINGS_ADDRESS_BYTES],
                uint32_t count);

/**
 * Have at least `slots` slots. An address that another process already listens on is a failure,
 * although SO_REUSEPORT would let us share it. All or nothing.
 *
 * @return 0 or ERR_IO; `problem` says which address and why
 */
int listen_grow(struct listeners *listeners, uint32_t slots);

/** Close every socket; a closed one is fine. */
void listen_close(struct listeners *listeners);

/** Is this the list that listen_init() was given? */
bool listen_is_same(const struct listeners *listeners,
                    const char (*addresses)[SETTINGS_ADDRESS_BYTES], uint32_t count);

/** "host:port" with the port in use, for people. */
void listen_name(const struct listen_address *address, char out[static SETTINGS_ADDRESS_BYTES]);

#endif
