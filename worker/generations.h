/**
 * The generations that this worker maps: one that new requests begin with, and older ones for as
 * long as a request that began with them has not reached its stream.
 *
 *   phase     entered by                       who holds it
 *   opening   generations_adopt()              a thread: mapping and checking takes milliseconds
 *   current   the thread is done               the worker, and each request that began with it
 *   old       a newer one became current       requests
 *   closing   last generation_release()        a thread: unmapping takes milliseconds too
 */
#ifndef WEIR_WORKER_GENERATIONS_H
#define WEIR_WORKER_GENERATIONS_H

#include "lib/base/rs256.h"
#include "lib/net/http_client.h"
#include "shm/snapshot.h"
#include "worker/operation.h"
#include "worker/tokens.h"

#include <uv.h>

enum { GENERATION_LABEL_BYTES = 32 };

struct generations;

/** Where the calls of a deployment go. */
struct generation_endpoint {
    struct http_endpoint *endpoint; /* NULL until the first call, and when its token has expired */
    struct monotime minted;         /* the token in it; 0: its provider takes a key */
};

struct generation {
    struct snapshot snapshot;
    struct secrets secrets;
    struct generations *owner;
    struct generation *next; /* of all that are mapped */
    uint32_t holders;
    uint32_t deployment_count;             /* that `endpoints` has room for */
    struct generation_endpoint *endpoints; /* OPERATION_COUNT for each deployment */
    struct rs256_key *
        *browser_keys; /* by row of BROWSER_KEYS; NULL for what is no key to OpenSSL */
    uint64_t number;
    uint32_t label_bytes;
    char label[GENERATION_LABEL_BYTES]; /* "12-3f09ab44": x-weir-generation */
    /* While a thread works on it. */
    uv_work_t work;
    int snapshot_fd;
    int secrets_fd;
    int err;
};

/** A generation is current (err 0), or could not be used: `number` says which. */
typedef void generations_decided_fn(void *owner, uint64_t number, int err);

struct generations {
    uv_loop_t *loop;
    struct generation *current; /* NULL before the first */
    struct generation *all;
    generations_decided_fn *on_decided;
    void *owner;
    uint32_t mapped;  /* opening ones excluded */
    uint32_t working; /* threads at work */
    bool is_closed;
};

void generations_init(struct generations *generations, uv_loop_t *loop,
                      generations_decided_fn *on_decided, void *owner);

/**
 * Open in the background, then make it current and call on_decided().
 *
 * @param snapshot_fd, secrets_fd  owned from here on, also on failure
 */
void generations_adopt(struct generations *generations, uint64_t number, int snapshot_fd,
                       int secrets_fd);

/**
 * Let the current one go, for the end of the process. One that is still being opened follows it
 * while the loop runs, and on_decided() is not called any more.
 */
void generations_close(struct generations *generations);

/** Hold the current generation for a request; NULL before the first. */
struct generation *generation_hold(struct generations *generations);

/** Clears the pointer; the last one lets it be unmapped off the loop. NULL is fine. */
void generation_release(struct generation **generation);

/** What an endpoint is made with; both borrowed for the call. */
struct generation_means {
    struct http_client *client;
    const struct secrets *tokens; /* closed: none */
};

/** Where a call goes, and what it asks for there; generation_speaks() must say yes. */
struct generation_target {
    uint32_t deployment;
    enum call_operation operation;
};

/**
 * Its endpoint, made at the first call to it, and anew when its provider's token is another one;
 * calls that are open go on with the old one.
 *
 * @return 0, ERR_NO_MEMORY, ERR_INVALID, or ERR_UPSTREAM_AUTH_PENDING when the provider wants a
 *         token and none is good now
 */
int generation_endpoint(struct generation *generation, const struct generation_means *means,
                        struct generation_target target, struct http_endpoint **out);

/** The account_mark() of the account whose token goes to a deployment. @return false: none does */
bool generation_account(const struct generation *generation, uint32_t deployment, uint64_t *mark);

/** What sessions are signed with; empty: there is none, and so there are no sessions. */
struct span generation_session_key(const struct generation *generation);

/** The wire protocol that a provider kind speaks. */
enum wire_protocol generation_protocol(uint32_t provider_kind);

/** Can an upstream that speaks it be asked for that? */
bool generation_speaks(enum wire_protocol protocol, enum call_operation operation);

#endif
