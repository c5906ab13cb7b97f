/**
 * The control socket: one byte in, one line out, then it closes. No lengths, no names, nothing to
 * parse; it works when no worker does.
 *
 *   byte   answer
 *   s      the status line
 *   t      the status line, with the state segment as a read-only descriptor
 *   r      the outcome of a reload, when it is decided, with the report as a descriptor if it has
 *          entries
 *
 * Who may ask: root, the service's own user, members of its group.
 */
#ifndef WEIR_MASTER_CONTROL_H
#define WEIR_MASTER_CONTROL_H

#include "master/watch.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/un.h>

enum {
    CONTROL_CLIENTS_MAX = WATCH_CLIENTS_MAX,
    CONTROL_WAITERS_MAX = CONTROL_CLIENTS_MAX / 2, /* the others stay free for status */
    CONTROL_BACKLOG = 64,
    CONTROL_ASK_MS = 5000, /* from the connection to the byte */
    CONTROL_LINE_BYTES = 512,
    CONTROL_GROUPS_MAX = 256,
};

/** A question has arrived: control_answer() it, now, or control_wait(). */
typedef void control_fn(void *ctx, uint32_t client, char question);

struct control_client {
    int fd; /* -1: free */
    struct monotime deadline;
    uint64_t ticket; /* the reload it waits for; 0: none */
};

struct control {
    int fd; /* -1: closed */
    struct sockaddr_un address;
    dev_t device; /* of the socket file that is ours */
    ino_t inode;
    control_fn *on_question;
    void *ctx;
    struct control_client clients[CONTROL_CLIENTS_MAX];
};

/** Closed, so that the other functions may be called. */
void control_init(struct control *control, control_fn *on_question, void *ctx);

/**
 * Bind and listen. A socket file that nobody answers on is replaced; one that somebody answers on,
 * and a file that is no socket, is left alone.
 *
 * @return 0; ERR_AGAIN when another service answers there; ERR_INVALID for another kind of file;
 *         ERR_IO, with errno
 */
int control_open(struct control *control, const struct sockaddr_un *address);

/** Remove the file if it is still ours, close everything; a closed one is fine. */
void control_close(struct control *control);

void control_watch(struct control *control, struct watch_set *set);

/** Drop who is too slow. @return the next deadline */
struct monotime control_tick(struct control *control, struct monotime now);

/**
 * Send the line and close. A client that is gone, or takes nothing, loses it.
 *
 * @param line  without a newline, shorter than CONTROL_LINE_BYTES
 * @param fd    goes with it, stays open here; -1: none
 */
void control_answer(struct control *control, uint32_t client, const char *line, int fd);

/** Keep the client until control_answer_waiters(). @return false when too many wait already */
bool control_wait(struct control *control, uint32_t client, uint64_t ticket);

/** Answer all who wait for `ticket` or an earlier one. */
void control_answer_waiters(struct control *control, uint64_t ticket, const char *line, int fd);

#endif
