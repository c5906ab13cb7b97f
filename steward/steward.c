#include "steward/steward.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/base/log.h"
#include "shm/channel.h"
#include "steward/refusals.h"
#include "steward/sandbox.h"
#include "steward/steward_inner.h"

#include <stdlib.h>
#include <unistd.h>

enum { SECOND_MS = 1000, ORPHAN_DRAIN_MS = 5000 };

int steward_say(struct steward *steward, uint32_t word, uint64_t number, int err)
{
    const struct channel_message message = {.word = word, .number = number, .err = err};

    return channel_send(steward->channel_fd, &message) == 0 ? 0 : ERR_AGAIN;
}

static struct refusals refusals_of(const struct steward *steward)
{
    return (struct refusals){&steward->revocations, &steward->snapshot, steward->channel_fd};
}

void steward_on_revoked(struct steward *steward, enum directory_kind kind, struct span name)
{
    const struct refusals refusals = refusals_of(steward);

    refusals_begin(&refusals, kind, name);
}

/* --- the database ----------------------------------------------------------------------------- */

static void tell_database(struct steward *steward)
{
    int err = steward->store.trouble.err;

    if (err == 0)
        err = steward->publisher.trouble.err;
    if (err != steward->told_err && steward_say(steward, CHANNEL_DATABASE, 0, err) == 0)
        steward->told_err = err;
}

static void on_second(uv_timer_t *timer)
{
    struct steward *steward = timer->data;

    if (steward->generation == 0)
        return;
    store_tick(&steward->store, monotime_now());
    publisher_tick(&steward->publisher);
    admin_tick(&steward->admin);
    /* What is on the disk now includes what the directory's file includes. */
    if (keysets_tick(&steward->keysets, &steward->snapshot))
        (void)steward_say(steward, CHANNEL_RELOAD_WANTED, steward->publisher.exported, 0);
    tell_database(steward);
}

/* --- generations ------------------------------------------------------------------------------ */

/* The first one says where the state lies; that cannot change without a restart. */
static int begin_with(struct steward *steward)
{
    struct span folder = snapshot_bytes(&steward->snapshot, steward->snapshot.header->state_dir);
    int err = store_init(&steward->store, folder);

    if (err != 0)
        return err;
    publisher_init(&steward->publisher, &steward->loop, &steward->store, steward->digester,
                   steward->channel_fd);
    keysets_init(&steward->keysets, &steward->loop, span_of(steward->store.folder));
    return admin_init(&steward->admin, steward);
}

static int adopt(struct steward *steward, const struct channel_message *message)
{
    struct snapshot next = {0};
    int err = snapshot_open(message->descriptors[0], &next);

    if (err != 0)
        return err;
    err = token_service_follow(&steward->tokens, &next, message->descriptors[1]);
    if (err != 0) {
        snapshot_close(&next);
        return err;
    }
    snapshot_close(&steward->snapshot);
    steward->snapshot = next;
    if (steward->generation == 0)
        err = begin_with(steward);
    if (err != 0)
        return err;
    steward->generation = message->number;
    admin_configure(&steward->admin, &steward->snapshot);
    keysets_configure(&steward->keysets, &steward->snapshot);
    publisher_generation(&steward->publisher);
    uv_timer_start(&steward->second, on_second, 0, SECOND_MS);
    return 0;
}

static void on_generation(struct steward *steward, struct channel_message *message)
{
    int err = adopt(steward, message);

    channel_discard(message);
    if (err != 0)
        log_write(LOG_ERROR, "generation %llu cannot be used: %s",
                  (unsigned long long)message->number, err_text(err));
    /* Without the first there is nothing that could be done here. */
    INVARIANT(err == 0 || steward->generation != 0);
    (void)steward_say(steward, err == 0 ? CHANNEL_ADOPTED : CHANNEL_REFUSED, message->number, err);
}

/* Who waits is told that the change is published: by then keys that work must be let through. */
static void on_reloaded(struct steward *steward, const struct channel_message *message)
{
    const struct refusals refusals = refusals_of(steward);

    if (message->err == 0 && message->number >= steward->publisher.changed)
        refusals_settle(&refusals);
    publisher_reloaded(&steward->publisher, message->number, message->err);
}

/* --- the end ---------------------------------------------------------------------------------- */

static void on_empty(struct steward *steward)
{
    uv_stop(&steward->loop);
}

static void on_drain_deadline(uv_timer_t *timer)
{
    struct steward *steward = timer->data;

    uv_stop(&steward->loop);
}

static void drain(struct steward *steward, uint64_t within_ms)
{
    if (steward->is_draining)
        return;
    steward->is_draining = true;
    uv_timer_stop(&steward->second);
    if (steward->generation == 0) {
        uv_stop(&steward->loop);
        return;
    }
    uv_update_time(&steward->loop);
    uv_timer_start(&steward->drain_deadline, on_drain_deadline, within_ms, 0);
    admin_drain(&steward->admin, on_empty);
}

/* --- the channel ------------------------------------------------------------------------------ */

static void follow(struct steward *steward, struct channel_message *message)
{
    switch ((enum channel_word)message->word) {
    case CHANNEL_GENERATION:
        if (steward->is_draining)
            channel_discard(message);
        else
            on_generation(steward, message);
        return;
    case CHANNEL_RELOADED:
        if (steward->generation != 0)
            on_reloaded(steward, message);
        return;
    case CHANNEL_TOKENS:
        token_service_inherit(&steward->tokens, message->number, message->descriptors[0]);
        channel_discard(message);
        return;
    case CHANNEL_TOKEN_REFUSED:
        if (steward->generation != 0)
            token_service_refused(&steward->tokens, message->number);
        return;
    case CHANNEL_DRAIN:
        drain(steward, message->number);
        return;
    case CHANNEL_LISTEN:
    case CHANNEL_UNLISTEN:
    case CHANNEL_ADOPTED:
    case CHANNEL_REFUSED:
    case CHANNEL_LISTENING:
    case CHANNEL_UNLISTENED:
    case CHANNEL_READY:
    case CHANNEL_RELOAD_WANTED:
    case CHANNEL_DATABASE:
    case CHANNEL_REVOKED:
    case CHANNEL_WORD_COUNT:
        break;
    }
    log_write(LOG_WARNING, "the master said %s, which is not for the steward",
              channel_word_name(message->word));
    channel_discard(message);
}

static void on_channel(uv_poll_t *poll, int status, int events)
{
    struct steward *steward = poll->data;
    struct channel_message message;
    int err = status < 0 ? ERR_IO : 0;

    (void)events;
    while (err == 0) {
        err = channel_receive(steward->channel_fd, &message);
        if (err == 0)
            follow(steward, &message);
    }
    if (err == ERR_AGAIN)
        return;
    uv_poll_stop(&steward->channel);
    if (err != ERR_NOT_FOUND && err != ERR_IO) {
        /* What was lost may have been the order to stop: a successor begins afresh. */
        log_write(LOG_ERROR, "a message of the master's was lost: %s", err_text(err));
        steward->exit_status = EXIT_FAILURE;
    }
    drain(steward, ORPHAN_DRAIN_MS);
}

/* --- life ------------------------------------------------------------------------------------- */

static int start(struct steward *steward, const struct steward_boot *boot)
{
    steward->channel_fd = boot->channel_fd;
    steward->told_err = ERR_NOT_READY;
    /* A steward that could not revoke a key must not look like one that can. */
    int err = revocations_open(boot->revocations_fd, &steward->revocations);
    if (err != 0)
        return err;
    steward->digester = digester_new();
    if (steward->digester == NULL || uv_loop_init(&steward->loop) != 0)
        return ERR_NO_MEMORY;
    if (uv_poll_init(&steward->loop, &steward->channel, steward->channel_fd) != 0 ||
        uv_poll_start(&steward->channel, UV_READABLE, on_channel) != 0)
        return ERR_IO;
    uv_timer_init(&steward->loop, &steward->second);
    uv_timer_init(&steward->loop, &steward->drain_deadline);
    steward->channel.data = steward;
    steward->second.data = steward;
    steward->drain_deadline.data = steward;
    err = token_service_init(&steward->tokens, &steward->loop, steward->channel_fd,
                             steward->digester);
    return err != 0 ? err : steward_say(steward, CHANNEL_READY, 0, 0);
}

/* Everything is given back, so that a leak shows in a test. */
static void close_steward(struct steward *steward)
{
    if (steward->generation != 0) {
        admin_close(&steward->admin);
        publisher_close(&steward->publisher);
        keysets_close(&steward->keysets);
    }
    token_service_close(&steward->tokens);
    uv_close((uv_handle_t *)&steward->channel, NULL);
    uv_close((uv_handle_t *)&steward->second, NULL);
    uv_close((uv_handle_t *)&steward->drain_deadline, NULL);
    uv_run(&steward->loop, UV_RUN_DEFAULT);
    if (steward->generation != 0)
        admin_free(&steward->admin);
    store_close(&steward->store);
    digester_free(&steward->digester);
    snapshot_close(&steward->snapshot);
    revocations_close(&steward->revocations);
    INVARIANT(uv_loop_close(&steward->loop) == 0);
}

int steward_main(const struct steward_boot *boot)
{
    static struct steward steward;

    int err = steward_sandbox_enter();
    if (err != 0) {
        log_write(LOG_ERROR, "cannot give up privileges: %s", err_text(err));
        return EXIT_FAILURE;
    }
    err = start(&steward, boot);
    if (err != 0) {
        log_write(LOG_ERROR, "cannot start: %s", err_text(err));
        return EXIT_FAILURE;
    }
    uv_run(&steward.loop, UV_RUN_DEFAULT);
    close_steward(&steward);
    return steward.exit_status;
}
