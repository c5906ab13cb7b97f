/**
 * One call on its way to an upstream and back: what happens when, and nothing about how.
 *
 *   RECEIVED -> ADMITTED -> WAITING -> STREAMING <-> HELD
 *       |           |          |           |          |
 *       +-----------+----------+-----------+----------+--> FINISHED
 *
 * The machine does no I/O: it speaks to its surroundings through ports. The worker passes libuv
 * and libcurl there, the tests a recorder.
 */
#ifndef WEIR_WORKER_PROXY_H
#define WEIR_WORKER_PROXY_H

#include "lib/base/span.h"

#include <stdint.h>

#define PROXY_BIT(name) (1U << PROXY_##name)

/** X(STATE, states it may move to, what the call waits for) */
#define PROXY_STATE_MAP(X)                                                                      \
    X(RECEIVED, PROXY_BIT(ADMITTED) | PROXY_BIT(FINISHED), "the request body")                  \
    X(ADMITTED, PROXY_BIT(WAITING) | PROXY_BIT(FINISHED), "nothing; model and grant are known") \
    X(WAITING, PROXY_BIT(STREAMING) | PROXY_BIT(FINISHED), "the first bytes of the answer")     \
    X(STREAMING, PROXY_BIT(HELD) | PROXY_BIT(FINISHED), "more of the answer")                   \
    X(HELD, PROXY_BIT(STREAMING) | PROXY_BIT(FINISHED), "the client to read what waits for it") \
    X(FINISHED, 0U, "nothing; the record may be freed")

enum proxy_state {
#define X(name, next, waits_for) PROXY_##name,
    PROXY_STATE_MAP(X) PROXY_STATE_COUNT,
#undef X
};

/** How a call ended. */
enum proxy_outcome {
    PROXY_COMPLETE,    /* the client has, or will get, the whole answer */
    PROXY_TRUNCATED,   /* the answer had begun and could not be ended: the client was told so */
    PROXY_CLIENT_GONE, /* nobody is there to be told */
    PROXY_FAILED,      /* no answer had begun: the client gets an error in its dialect */
};

/** What became of bytes that were given to the client's side. */
enum proxy_taken {
    PROXY_TAKEN,      /* go on */
    PROXY_TAKEN_FULL, /* taken, but hold the upstream until proxy_on_client_sent() */
    PROXY_NOT_TAKEN,  /* the client is gone */
};

/** What the upstream's side must do after it delivered bytes. */
enum proxy_verdict { PROXY_GO_ON, PROXY_PAUSE, PROXY_STOP };

/** Both sides of a call. No port calls back into the machine before it returns. */
struct proxy_ports {
    /** Send the request. @return 0 or an ERR_ value; answers come later */
    int (*upstream_start)(void *ctx);
    /** Go on after PROXY_PAUSE; bytes come later. */
    void (*upstream_resume)(void *ctx);
    /** Close the connection now; no event of the upstream follows. */
    void (*upstream_abort)(void *ctx);
    /** The first bytes of the answer, with its head before them. */
    enum proxy_taken (*client_begin)(void *ctx, struct span bytes);
    enum proxy_taken (*client_more)(void *ctx, struct span bytes);
    /**
     * The upstream ended its answer well; write what is left.
     *
     * @return 0, or ERR_UPSTREAM_CUT when the bytes show that it was not whole, and nothing of its
     *         end was written
     */
    int (*client_complete)(void *ctx);
    /** Last of all, exactly once; the record may be freed in it. */
    void (*finished)(void *ctx, enum proxy_outcome outcome, int err);
};

struct proxy {
    const struct proxy_ports *ports;
    void *ctx;
    enum proxy_state state;
};

void proxy_init(struct proxy *proxy, const struct proxy_ports *ports, void *ctx);

/** The request may be served: start the upstream. RECEIVED only; may finish. */
void proxy_admit(struct proxy *proxy);

/** The request may not be served. RECEIVED only; finishes. */
void proxy_refuse(struct proxy *proxy, int err);

/** The upstream's status; 401 and 403 finish the call. WAITING only. @return true: it goes on */
bool proxy_on_upstream_head(struct proxy *proxy, int status);

/** Bytes of the answer. On PROXY_STOP the call has finished, and the upstream must end itself. */
enum proxy_verdict proxy_on_upstream_body(struct proxy *proxy, struct span bytes);

/** The upstream's side is over: 0, or why it was cut. Finishes. */
void proxy_on_upstream_end(struct proxy *proxy, int err);

/** All that waited for the client is gone. */
void proxy_on_client_sent(struct proxy *proxy);

/** The client's side is over, in any state. Finishes. */
void proxy_on_client_gone(struct proxy *proxy, int err);

/** "RECEIVED" …; never NULL. */
const char *proxy_state_name(enum proxy_state state);

#endif
