/**
 * One call on its way to an upstream and back: what happens when, and nothing about how.
 *
 *   RECEIVED -> ADMITTED <-> WAITING -> STREAMING <-> HELD
 *       |           |           |           |          |
 *       +-----------+-----------+-----------+----------+--> FINISHED
 *
 * Until the first byte goes to the client an attempt may fail and another one follow: the call goes
 * back to ADMITTED, perhaps for a pause. The answer's head is held back until its beginning shows
 * that it is one (see peek.h), or until all of it is here, where it must be translated as a whole.
 * When nothing is left to try, the last failure stands: what the upstream answered goes through, and
 * what it did not answer, or cannot be passed on, is an error in the client's dialect.
 *
 * The machine does no I/O: it speaks to its surroundings through ports. The worker passes libuv
 * and the HTTP client there, the tests a recorder.
 */
#ifndef WEIR_WORKER_PROXY_H
#define WEIR_WORKER_PROXY_H

#include "lib/base/span.h"
#include "worker/attempts.h"

#include <stdint.h>

#define PROXY_BIT(name) (1U << PROXY_##name)

/** X(STATE, states it may move to, what the call waits for) */
#define PROXY_STATE_MAP(X)                                                                      \
    X(RECEIVED, PROXY_BIT(ADMITTED) | PROXY_BIT(FINISHED), "the request body")                  \
    X(ADMITTED, PROXY_BIT(WAITING) | PROXY_BIT(FINISHED), "the pause before an attempt")        \
    X(WAITING, PROXY_BIT(ADMITTED) | PROXY_BIT(STREAMING) | PROXY_BIT(FINISHED),                \
      "the beginning of the answer")                                                            \
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
    PROXY_BROKEN,     /* the answer cannot go on: it ends here, truncated */
};

/** What the upstream's side must do after it delivered bytes. */
enum proxy_verdict { PROXY_GO_ON, PROXY_PAUSE, PROXY_STOP };

/** Both sides of a call. No port calls back into the machine before it returns. */
struct proxy_ports {
    /**
     * Choose the next attempt.
     *
     * @param result  how the one before failed; ATTEMPT_OPEN: there was none
     * @return 0: start it now; ERR_AGAIN: after a pause, proxy_on_due() tells; else nothing is left
     */
    int (*upstream_next)(void *ctx, enum attempt_result result);
    /** Send the request to what was chosen. @return 0 or an ERR_ value; answers come later */
    int (*upstream_start)(void *ctx);
    /** Go on after PROXY_PAUSE; bytes come later. */
    void (*upstream_resume)(void *ctx);
    /** Close the connection now; no event of the upstream follows. Fine when there is none. */
    void (*upstream_abort)(void *ctx);
    /**
     * Judge the beginning of the answer.
     *
     * @param last  the answer has ended; `bytes` is empty
     * @return ATTEMPT_OPEN: too early to say (never for the last), `bytes` are kept for
     *         client_begin(); ATTEMPT_ANSWERED: an answer; else why it is none. What stands, whatever
     *         it is (proxy.is_judged), is ATTEMPT_OPEN or, as good as any other, ATTEMPT_ANSWERED
     */
    enum attempt_result (*client_peek)(void *ctx, struct span bytes, bool last);
    /**
     * A failure stands.
     *
     * @return what the client is told instead of what the upstream sent; 0: that goes through
     */
    int (*client_error)(void *ctx, enum attempt_result result);
    /** The first bytes of the answer, with its head and what was kept before them. */
    enum proxy_taken (*client_begin)(void *ctx, struct span bytes);
    enum proxy_taken (*client_more)(void *ctx, struct span bytes);
    /**
     * The upstream's side is over; write what is left of a whole answer.
     *
     * @param err  0, or why the transfer was cut; the bytes know better whether a stream was whole
     * @return 0, or why the answer is not whole, and nothing of its end was written
     */
    int (*client_complete)(void *ctx, int err);
    /** Nothing has been sent for a while: say that the stream is alive. */
    enum proxy_taken (*client_comment)(void *ctx);
    /** Last of all, exactly once; the record may be freed in it. */
    void (*finished)(void *ctx, enum proxy_outcome outcome, int err);
};

struct proxy {
    const struct proxy_ports *ports;
    void *ctx;
    enum proxy_state state;
    bool is_judged;   /* no other attempt follows, whatever the upstream sends */
    uint8_t standing; /* enum attempt_result of the failure that stands, by its status */
};

void proxy_init(struct proxy *proxy, const struct proxy_ports *ports, void *ctx);

/** The request may be served: start the upstream. RECEIVED only; may finish. */
void proxy_admit(struct proxy *proxy);

/** The request may not be served. RECEIVED only; finishes. */
void proxy_refuse(struct proxy *proxy, int err);

/** The pause is over. Nothing unless ADMITTED; may finish. */
void proxy_on_due(struct proxy *proxy);

/** The upstream's status. WAITING only. @return true: this attempt goes on */
bool proxy_on_upstream_head(struct proxy *proxy, int status);

/** Bytes of the answer. On PROXY_STOP this attempt is over, aborted already. */
enum proxy_verdict proxy_on_upstream_body(struct proxy *proxy, struct span bytes);

/** The attempt's transfer is over: 0, or why it was cut. Finishes, unless another one follows. */
void proxy_on_upstream_end(struct proxy *proxy, int err);

/**
 * The client has got nothing for a while, and the upstream's answer is a stream. A head that is
 * still held back goes out now: from here on there is no other attempt.
 */
void proxy_on_silence(struct proxy *proxy);

/** All that waited for the client is gone. */
void proxy_on_client_sent(struct proxy *proxy);

/** The client's side is over, in any state. Finishes. */
void proxy_on_client_gone(struct proxy *proxy, int err);

/**
 * The gateway ends the call: its key works no more. In any state; the upstream is cut. A client that
 * has got nothing yet gets `err` in its dialect, another one sees a truncated answer. Finishes.
 */
void proxy_end(struct proxy *proxy, int err);

/**
 * What a client is told of a failure that stands and whose answer, if there was one, is not passed
 * on: our key, or our name for the model, are no fault of the client's and none of its business.
 *
 * @return 0 for the others: what the upstream said is what the client should see
 */
int proxy_error_of(enum attempt_result result);

#endif
