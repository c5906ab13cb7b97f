#include "worker/sweep.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "worker/call.h"

/* 0, or why the call's key works no more. */
typedef int judge_fn(const struct worker *worker, struct access_hold *hold, int64_t now_s);

static int check(const struct worker *worker, struct access_hold *hold, int64_t now_s)
{
    return access_check(hold, &worker->revocations, now_s);
}

static int renew(const struct worker *worker, struct access_hold *hold, int64_t now_s)
{
    const struct access_basis basis = {&worker->generations.current->snapshot,
                                       &worker->revocations};

    return access_renew(hold, &basis, now_s);
}

static void sweep(struct worker *worker, judge_fn *judge, const char *reason)
{
    int64_t now_s = wall_now_s();
    uint64_t ended = 0;
    struct link *next;

    for (struct link *each = worker->open_calls.next; each != &worker->open_calls; each = next) {
        struct call *call = LINK_OWNER(each, struct call, open);

        next = each->next;
        int err = judge(worker, &call->hold, now_s);
        if (err == 0)
            continue;
        call_bar(call, err);
        ended++;
    }
    if (ended > 0)
        log_write(LOG_NOTICE, "%llu calls ended: their keys %s", (unsigned long long)ended, reason);
}

void sweep_revoked(struct worker *worker)
{
    /* The number before the bits: one that is set meanwhile is found now or in the next turn. */
    uint64_t changes = revocations_changes(&worker->revocations);

    if (changes == worker->revocations_seen)
        return;
    worker->revocations_seen = changes;
    sweep(worker, check, "are revoked");
}

void sweep_all(struct worker *worker)
{
    sweep(worker, check, "are revoked or have expired");
}

void sweep_removed(struct worker *worker)
{
    sweep(worker, renew, "are not in the new generation, or do not work in it");
}
