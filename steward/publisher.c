#include "steward/publisher.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/base/log.h"
#include "shm/channel.h"
#include "steward/audit.h"
#include "steward/export.h"

#include <stdio.h>

void publisher_init(struct publisher *publisher, uv_loop_t *loop, struct store *store,
                    struct digester *digester, int channel_fd)
{
    *publisher = (struct publisher){.store = store, .digester = digester, .channel_fd = channel_fd};
    link_init(&publisher->waiters);
    uv_timer_init(loop, &publisher->timer);
    publisher->timer.data = publisher;
}

void publisher_close(struct publisher *publisher)
{
    INVARIANT(link_is_alone(&publisher->waiters));
    uv_close((uv_handle_t *)&publisher->timer, NULL);
}

/* --- reloads ---------------------------------------------------------------------------------- */

static void ask(struct publisher *publisher)
{
    const struct channel_message message = {.word = CHANNEL_RELOAD_WANTED,
                                            .number = publisher->exported};

    if (publisher->asked != 0 || publisher->exported <= publisher->published)
        return;
    /* A master that does not read now is asked again by the next tick. */
    if (channel_send(publisher->channel_fd, &message) == 0)
        publisher->asked = publisher->exported;
}

/* Tell those who wait for a change up to this one, or whose time is over. */
static void tell(struct publisher *publisher, uint64_t change, int err)
{
    struct monotime now = monotime_now();
    struct link told;
    struct link *next;

    link_init(&told);
    for (struct link *link = publisher->waiters.next; link != &publisher->waiters; link = next) {
        struct publisher_waiter *waiter = LINK_OWNER(link, struct publisher_waiter, link);

        next = link->next;
        if (waiter->change > change && !monotime_reached(now, waiter->deadline))
            continue;
        link_remove(link);
        link_add_last(&told, link);
    }
    struct link *link;
    while ((link = link_take_first(&told)) != NULL) {
        struct publisher_waiter *waiter = LINK_OWNER(link, struct publisher_waiter, link);

        waiter->on_decided(waiter, waiter->change <= change ? err : ERR_TIMEOUT);
    }
}

void publisher_reloaded(struct publisher *publisher, uint64_t change, int err)
{
    /* An answer to a steward that was here before says as much about the workers. */
    if (change >= publisher->asked)
        publisher->asked = 0;
    publisher->reload_err = err;
    if (err == 0 && change > publisher->published)
        publisher->published = change;
    tell(publisher, change, err);
    if (err == 0 || publisher->exported > change)
        ask(publisher);
}

void publisher_generation(struct publisher *publisher)
{
    ask(publisher);
}

/* --- exports ---------------------------------------------------------------------------------- */

static void on_timer(uv_timer_t *timer);

static void arm(struct publisher *publisher, uint64_t delay_ms)
{
    publisher->is_armed = true;
    uv_update_time(publisher->timer.loop);
    uv_timer_start(&publisher->timer, on_timer, delay_ms, 0);
}

static struct directory_call call_of(struct publisher *publisher, struct database *database,
                                     struct directory_refusal *refusal)
{
    return (struct directory_call){
        .database = database,
        .digester = publisher->digester,
        .now_ms = wall_now_s() * 1000,
        .refusal = refusal,
        .actor = SPAN("steward"),
    };
}

static int export_now(struct publisher *publisher, struct database *database,
                      struct export_result *result)
{
    struct directory_refusal refusal = {.field = ""};
    struct directory_call call = call_of(publisher, database, &refusal);
    int err = export_if_behind(&call, publisher->store->folder, result);

    if (err != 0)
        (void)snprintf(publisher->trouble.sentence, sizeof(publisher->trouble.sentence), "%s",
                       refusal.sentence);
    return err;
}

static void take_export(struct publisher *publisher, const struct export_result *result)
{
    publisher->trouble = (struct database_trouble){0};
    publisher->exported = result->change;
    if (result->change > publisher->changed)
        publisher->changed = result->change;
    publisher->exported_at_ms = uv_now(publisher->timer.loop);
    ask(publisher);
}

/* The loop has stood still while the export was made. */
static void set_pause(struct publisher *publisher, struct monotime began)
{
    uint64_t pause_ms = (monotime_now().ms - began.ms) * PUBLISHER_SHARE;

    publisher->pause_ms = pause_ms > PUBLISHER_PAUSE_MS ? pause_ms : PUBLISHER_PAUSE_MS;
    uv_update_time(publisher->timer.loop);
}

static void run(struct publisher *publisher)
{
    struct export_result result = {0};
    struct database *database;

    /* What keeps the database away is the store's to say; its next opening begins again here. */
    if (store_reader(publisher->store, &database) != 0)
        return;
    const struct monotime began = monotime_now();
    int err = export_now(publisher, database, &result);
    set_pause(publisher, began);
    if (err == 0) {
        take_export(publisher, &result);
        return;
    }
    if (publisher->trouble.err != err)
        log_write(LOG_ERROR, "the directory cannot be exported: %s", publisher->trouble.sentence);
    publisher->trouble.err = err;
    arm(publisher, PUBLISHER_RETRY_MS);
}

static void on_timer(uv_timer_t *timer)
{
    struct publisher *publisher = timer->data;

    publisher->is_armed = false;
    run(publisher);
}

void publisher_changed(struct publisher *publisher, uint64_t change)
{
    uint64_t now_ms = uv_now(publisher->timer.loop);
    uint64_t due_ms = publisher->exported_at_ms + publisher->pause_ms;

    if (change > publisher->changed)
        publisher->changed = change;
    if (!publisher->is_armed)
        arm(publisher, publisher->exported_at_ms != 0 && due_ms > now_ms ? due_ms - now_ms : 0);
}

/* Answers, digests and audit rows whose time is over: nobody sees them, and nobody waits for this. */
static void sweep(struct publisher *publisher)
{
    struct directory_refusal refusal = {.field = ""};
    struct database *database;

    if (publisher->sweep_in_s > 0) {
        publisher->sweep_in_s--;
        return;
    }
    if (store_writer(publisher->store, &database) != 0)
        return;
    struct directory_call call = call_of(publisher, database, &refusal);
    publisher->sweep_in_s = PUBLISHER_SWEEP_S;
    store_after(publisher->store, audit_sweep(&call));
}

void publisher_tick(struct publisher *publisher)
{
    sweep(publisher);
    if (publisher->store->database != NULL &&
        publisher->store_attempts != publisher->store->attempts) {
        publisher->store_attempts = publisher->store->attempts;
        publisher_changed(publisher, 0);
    }
    if (publisher->reload_err == 0)
        ask(publisher);
    tell(publisher, publisher->published, 0);
}

bool publisher_wait(struct publisher *publisher, struct publisher_waiter *waiter)
{
    if (waiter->change <= publisher->published)
        return false;
    link_add_last(&publisher->waiters, &waiter->link);
    return true;
}

void publisher_forget(struct publisher_waiter *waiter)
{
    if (waiter->link.next != NULL)
        link_remove(&waiter->link);
}
