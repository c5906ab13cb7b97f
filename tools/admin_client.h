/** The admin API's other end: one connection to the steward's socket, one request after another. */
#ifndef WEIR_TOOLS_ADMIN_CLIENT_H
#define WEIR_TOOLS_ADMIN_CLIENT_H

#include "lib/base/arena.h"
#include "tools/admin_request.h"

enum {
    /* The largest page of rows, with room to spare. */
    ADMIN_CLIENT_ANSWER_BYTES = 32 << 20,
    ADMIN_CLIENT_ERROR_BYTES = 16 * 1024,
    ADMIN_CLIENT_WORD_BYTES = 16,
    /* Steps of a change may wait for one another; longer than this nothing takes. */
    ADMIN_CLIENT_SILENCE_S = 300,
};

struct admin_answer {
    long status;                             /* 0: there is none */
    struct span body;                        /* valid until the next request */
    char effective[ADMIN_CLIENT_WORD_BYTES]; /* "published", "late", …; empty: no change */
};

struct admin_client;

/**
 * Nothing is connected yet.
 *
 * @param socket_path  borrowed
 * @param arena        takes the client and its room for answers
 * @return NULL: out of memory, or libcurl cannot be set up
 */
struct admin_client *admin_client_new(struct arena *arena, const char *socket_path);

/** Clears the pointer; NULL is fine. */
void admin_client_close(struct admin_client **client);

/**
 * Send and wait for the whole answer. What went wrong is said on standard error, after `who`.
 *
 * @return TOOL_OK: `out` is whole, whatever its status; TOOL_NO_SERVICE: nobody is there;
 *         TOOL_FAILED: the connection broke, and what became of the request is not known
 */
int admin_client_send(struct admin_client *client, const char *who,
                      const struct admin_request *request, struct admin_answer *out);

/**
 * The same, with the body of a status 200 written to `fd`.
 *
 * @return also TOOL_FAILED: it could not be written
 */
int admin_client_fetch(struct admin_client *client, const char *who,
                       const struct admin_request *request, int fd, struct admin_answer *out);

#endif
