#include "worker/proxy.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"

static const struct {
    const char *name;
    unsigned next;
} states[PROXY_STATE_COUNT] = {
#define X(name, next, waits_for) [PROXY_##name] = {#name, next},
    PROXY_STATE_MAP(X)
#undef X
};

/* The only place where `state` changes. */
static void enter(struct proxy *proxy, enum proxy_state next)
{
    INVARIANT((states[proxy->state].next & (1U << next)) != 0);
    proxy->state = next;
}

/* The only way out: every path ends here, once, and does nothing after it. */
static void finish(struct proxy *proxy, enum proxy_outcome outcome, int err)
{
    enter(proxy, PROXY_FINISHED);
    proxy->ports->finished(proxy->ctx, outcome, err);
}

void proxy_init(struct proxy *proxy, const struct proxy_ports *ports, void *ctx)
{
    *proxy = (struct proxy){.ports = ports, .ctx = ctx, .state = PROXY_RECEIVED};
}

void proxy_admit(struct proxy *proxy)
{
    enter(proxy, PROXY_ADMITTED);
    int err = proxy->ports->upstream_start(proxy->ctx);

    if (err != 0) {
        finish(proxy, PROXY_FAILED, err);
        return;
    }
    enter(proxy, PROXY_WAITING);
}

void proxy_refuse(struct proxy *proxy, int err)
{
    INVARIANT(proxy->state == PROXY_RECEIVED && err != 0);
    finish(proxy, PROXY_FAILED, err);
}

bool proxy_on_upstream_head(struct proxy *proxy, int status)
{
    INVARIANT(proxy->state == PROXY_WAITING);
    /* The provider refused our key: that is no fault of the client's, and none of its business. */
    if (status != 401 && status != 403)
        return true;
    proxy->ports->upstream_abort(proxy->ctx);
    finish(proxy, PROXY_FAILED, ERR_UPSTREAM_AUTH);
    return false;
}

static enum proxy_verdict follow(struct proxy *proxy, enum proxy_taken taken)
{
    switch (taken) {
    case PROXY_TAKEN:
        return PROXY_GO_ON;
    case PROXY_TAKEN_FULL:
        enter(proxy, PROXY_HELD);
        return PROXY_GO_ON;
    case PROXY_NOT_TAKEN:
        break;
    }
    finish(proxy, PROXY_CLIENT_GONE, ERR_CLIENT_GONE);
    return PROXY_STOP;
}

enum proxy_verdict proxy_on_upstream_body(struct proxy *proxy, struct span bytes)
{
    if (proxy->state == PROXY_HELD)
        return PROXY_PAUSE;
    if (proxy->state == PROXY_STREAMING)
        return follow(proxy, proxy->ports->client_more(proxy->ctx, bytes));
    enter(proxy, PROXY_STREAMING);
    return follow(proxy, proxy->ports->client_begin(proxy->ctx, bytes));
}

/* An answer without a body never had a first byte: its head goes out with its end. */
static enum proxy_taken begin_empty(struct proxy *proxy)
{
    enter(proxy, PROXY_STREAMING);
    return proxy->ports->client_begin(proxy->ctx, (struct span){NULL, 0});
}

void proxy_on_upstream_end(struct proxy *proxy, int err)
{
    bool begun = proxy->state == PROXY_STREAMING || proxy->state == PROXY_HELD;

    INVARIANT(begun || proxy->state == PROXY_WAITING);
    if (!begun && err != 0) {
        finish(proxy, PROXY_FAILED, err);
        return;
    }
    if (!begun && begin_empty(proxy) == PROXY_NOT_TAKEN) {
        finish(proxy, PROXY_CLIENT_GONE, ERR_CLIENT_GONE);
        return;
    }
    if (err == 0)
        err = proxy->ports->client_complete(proxy->ctx);
    finish(proxy, err == 0 ? PROXY_COMPLETE : PROXY_TRUNCATED, err);
}

void proxy_on_client_sent(struct proxy *proxy)
{
    if (proxy->state != PROXY_HELD)
        return;
    enter(proxy, PROXY_STREAMING);
    proxy->ports->upstream_resume(proxy->ctx);
}

void proxy_on_client_gone(struct proxy *proxy, int err)
{
    if (proxy->state != PROXY_RECEIVED)
        proxy->ports->upstream_abort(proxy->ctx);
    finish(proxy, PROXY_CLIENT_GONE, err);
}

const char *proxy_state_name(enum proxy_state state)
{
    return state < PROXY_STATE_COUNT ? states[state].name : "none";
}
