#include "worker/proxy.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"

static const unsigned next_states[PROXY_STATE_COUNT] = {
#define X(name, next, waits_for) [PROXY_##name] = (next),
    PROXY_STATE_MAP(X)
#undef X
};

/* The only place where `state` changes. */
static void enter(struct proxy *proxy, enum proxy_state next)
{
    INVARIANT((next_states[proxy->state] & (1U << next)) != 0);
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

/* An attempt that cannot begin is a failed one. Each turn uses up one of retries.attempts_max. */
static void start(struct proxy *proxy)
{
    int err = proxy->ports->upstream_start(proxy->ctx);

    while (err != 0) {
        enum attempt_result result = attempt_result_of_err(err);
        int next = attempt_result_is_again(result) ? proxy->ports->upstream_next(proxy->ctx, result)
                                                   : ERR_NOT_FOUND;

        if (next == ERR_AGAIN)
            return;
        if (next != 0) {
            finish(proxy, PROXY_FAILED, err);
            return;
        }
        err = proxy->ports->upstream_start(proxy->ctx);
    }
    proxy->is_judged = false;
    proxy->standing = ATTEMPT_OPEN;
    enter(proxy, PROXY_WAITING);
}

void proxy_admit(struct proxy *proxy)
{
    enter(proxy, PROXY_ADMITTED);
    int err = proxy->ports->upstream_next(proxy->ctx, ATTEMPT_OPEN);

    if (err == 0)
        start(proxy);
    else if (err != ERR_AGAIN)
        finish(proxy, PROXY_FAILED, err);
}

void proxy_refuse(struct proxy *proxy, int err)
{
    INVARIANT(proxy->state == PROXY_RECEIVED && err != 0);
    finish(proxy, PROXY_FAILED, err);
}

void proxy_on_due(struct proxy *proxy)
{
    if (proxy->state == PROXY_ADMITTED)
        start(proxy);
}

/* @return false: nothing is left to try, and this failure stands */
static bool move_on(struct proxy *proxy, enum attempt_result result)
{
    int err = proxy->ports->upstream_next(proxy->ctx, result);

    if (err != 0 && err != ERR_AGAIN) {
        proxy->is_judged = true;
        return false;
    }
    proxy->ports->upstream_abort(proxy->ctx);
    enter(proxy, PROXY_ADMITTED);
    if (err == 0)
        start(proxy);
    return true;
}

/* @return false: the client has been told something else, and the call is over */
static bool may_stand(struct proxy *proxy, enum attempt_result result)
{
    int err = proxy->ports->client_error(proxy->ctx, result);

    if (err == 0)
        return true;
    proxy->ports->upstream_abort(proxy->ctx);
    finish(proxy, PROXY_FAILED, err);
    return false;
}

/* These say nothing in their bodies that a client could use: they need not be waited for. */
static bool is_told_by_status(enum attempt_result result)
{
    return result == ATTEMPT_REFUSED || result == ATTEMPT_MISSING || result == ATTEMPT_MALFORMED;
}

bool proxy_on_upstream_head(struct proxy *proxy, int status)
{
    enum attempt_result result = attempt_result_of_status(status);

    INVARIANT(proxy->state == PROXY_WAITING);
    if (result == ATTEMPT_ANSWERED)
        return true;
    if (result == ATTEMPT_REJECTED)
        proxy->is_judged = true;
    else if (move_on(proxy, result))
        return false;
    proxy->standing = (uint8_t)result;
    return !is_told_by_status(result) || may_stand(proxy, result);
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
        proxy->ports->upstream_abort(proxy->ctx);
        finish(proxy, PROXY_CLIENT_GONE, ERR_CLIENT_GONE);
        break;
    case PROXY_BROKEN:
        proxy->ports->upstream_abort(proxy->ctx);
        finish(proxy, PROXY_TRUNCATED, ERR_UPSTREAM_PROTOCOL);
        break;
    }
    return PROXY_STOP;
}

/* Is this the beginning of an answer? What stands by its status stays what it is. */
static enum attempt_result judge(struct proxy *proxy, struct span bytes, bool last)
{
    enum attempt_result result = proxy->ports->client_peek(proxy->ctx, bytes, last);

    return result != ATTEMPT_OPEN && proxy->standing != ATTEMPT_OPEN
               ? (enum attempt_result)proxy->standing
               : result;
}

/* @return false: this is no beginning; the call goes on elsewhere, or is over */
static bool may_begin(struct proxy *proxy, enum attempt_result result)
{
    if (result == ATTEMPT_ANSWERED)
        return true;
    if (!proxy->is_judged && move_on(proxy, result))
        return false;
    return may_stand(proxy, result);
}

enum proxy_verdict proxy_on_upstream_body(struct proxy *proxy, struct span bytes)
{
    if (proxy->state == PROXY_HELD)
        return PROXY_PAUSE;
    if (proxy->state == PROXY_STREAMING)
        return follow(proxy, proxy->ports->client_more(proxy->ctx, bytes));
    enum attempt_result result = judge(proxy, bytes, false);

    if (result == ATTEMPT_OPEN)
        return PROXY_GO_ON;
    if (!may_begin(proxy, result))
        return PROXY_STOP;
    enter(proxy, PROXY_STREAMING);
    return follow(proxy, proxy->ports->client_begin(proxy->ctx, bytes));
}

/* An answer that ended before its first byte went out: its head, and all there is of it. */
static bool begin_late(struct proxy *proxy)
{
    enum proxy_taken taken;

    enter(proxy, PROXY_STREAMING);
    taken = proxy->ports->client_begin(proxy->ctx, (struct span){NULL, 0});
    if (taken == PROXY_TAKEN || taken == PROXY_TAKEN_FULL)
        return true;
    (void)follow(proxy, taken);
    return false;
}

/* The transfer ended before the client got a byte. @return false: the call is not at its end */
static bool end_early(struct proxy *proxy, int err)
{
    if (err == 0)
        return may_begin(proxy, judge(proxy, (struct span){NULL, 0}, true)) && begin_late(proxy);
    if (proxy->is_judged || !move_on(proxy, attempt_result_of_err(err)))
        finish(proxy, PROXY_FAILED, err);
    return false;
}

void proxy_on_upstream_end(struct proxy *proxy, int err)
{
    INVARIANT(proxy->state == PROXY_WAITING || proxy->state == PROXY_STREAMING ||
              proxy->state == PROXY_HELD);
    if (proxy->state == PROXY_WAITING && !end_early(proxy, err))
        return;
    err = proxy->ports->client_complete(proxy->ctx, err);
    finish(proxy, err == 0 ? PROXY_COMPLETE : PROXY_TRUNCATED, err);
}

void proxy_on_silence(struct proxy *proxy)
{
    const struct proxy_ports *ports = proxy->ports;
    enum proxy_taken taken;

    if (proxy->state == PROXY_WAITING) {
        enter(proxy, PROXY_STREAMING);
        taken = ports->client_begin(proxy->ctx, (struct span){NULL, 0});
    } else if (proxy->state == PROXY_STREAMING) {
        taken = ports->client_comment(proxy->ctx);
    } else {
        return;
    }
    (void)follow(proxy, taken);
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

void proxy_end(struct proxy *proxy, int err)
{
    bool has_begun = proxy->state == PROXY_STREAMING || proxy->state == PROXY_HELD;

    INVARIANT(err != 0);
    if (proxy->state != PROXY_RECEIVED)
        proxy->ports->upstream_abort(proxy->ctx);
    finish(proxy, has_begun ? PROXY_TRUNCATED : PROXY_FAILED, err);
}

int proxy_error_of(enum attempt_result result)
{
    static const int errors[ATTEMPT_RESULT_COUNT] = {
        [ATTEMPT_REFUSED] = ERR_UPSTREAM_AUTH,
        [ATTEMPT_MISSING] = ERR_UPSTREAM_MODEL,
        [ATTEMPT_MALFORMED] = ERR_UPSTREAM_PROTOCOL,
        [ATTEMPT_CUT] = ERR_UPSTREAM_CUT,
    };

    return errors[result];
}
