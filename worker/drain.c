#include "worker/drain.h"

#include "lib/base/invariant.h"
#include "lib/base/log.h"

enum { ORPHAN_DRAIN_MS = 30000 };

static const unsigned next_phases[WORKER_PHASE_COUNT] = {
    [WORKER_NONE] = 1U << WORKER_STARTING,
    [WORKER_STARTING] = 1U << WORKER_SERVING | 1U << WORKER_DRAINING,
    [WORKER_SERVING] = 1U << WORKER_DRAINING,
    [WORKER_DRAINING] = 1U << WORKER_STOPPED,
};

void worker_enter(struct worker *worker, enum worker_phase next)
{
    INVARIANT((next_phases[worker->phase] & 1U << next) != 0);
    worker->phase = next;
    atomic_store(&worker->slot->phase, next);
}

static void stop(struct worker *worker)
{
    if (worker->phase != WORKER_DRAINING)
        return;
    worker_enter(worker, WORKER_STOPPED);
    uv_stop(&worker->loop);
}

static void on_empty(void *owner)
{
    stop(owner);
}

static void on_deadline(uv_timer_t *timer)
{
    struct worker *worker = timer->data;

    log_write(LOG_NOTICE, "cutting %llu connections that are still open",
              (unsigned long long)server_connection_count(worker->server));
    server_abort_all(worker->server);
    stop(worker);
}

static void set_deadline(struct worker *worker, uint64_t within_ms)
{
    uv_update_time(&worker->loop);
    uv_timer_start(&worker->drain_deadline, on_deadline, within_ms, 0);
}

void drain_begin(struct worker *worker, uint64_t within_ms)
{
    if (worker->phase == WORKER_STOPPED)
        return;
    set_deadline(worker, within_ms);
    if (worker->phase == WORKER_DRAINING)
        return;
    worker_enter(worker, WORKER_DRAINING);
    state_record(worker->slot, BLACK_BOX_DRAIN, 0);
    for (uint64_t slot = 0; slot < SETTINGS_WORKERS_MAX; slot++)
        server_unlisten(worker->server, slot);
    server_drain(worker->server, on_empty);
}

void drain_begin_orphaned(struct worker *worker)
{
    const struct generation *generation = worker->generations.current;

    uv_poll_stop(&worker->channel);
    if (worker->phase == WORKER_DRAINING || worker->phase == WORKER_STOPPED)
        return;
    log_write(LOG_WARNING, "the master is gone: draining");
    drain_begin(worker, generation != NULL ? generation->snapshot.header->settings.drain_ms
                                           : ORPHAN_DRAIN_MS);
}
