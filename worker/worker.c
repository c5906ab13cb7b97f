#include "worker/worker.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/base/log.h"
#include "worker/call.h"
#include "worker/channel_handler.h"
#include "worker/drain.h"
#include "worker/listing.h"
#include "worker/listing_copies.h"
#include "worker/sandbox.h"
#include "worker/sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

enum {
    CHUNKS_SPARE_MAX = 256,
    BODIES_SPARE_MAX = 256,
    RECORDS_SPARE_MAX = 1024,
    PEEKS_SPARE_MAX = 64,
    SIGNINS_SPARE_MAX = 16,
    PAGES_SPARE_MAX = 16,
    SECOND_MS = 1000,
};

/* --- settings --------------------------------------------------------------------------------- */

static void apply_settings(struct worker *worker, const struct settings *settings)
{
    worker->limits = (struct server_limits){
        .connections_max = settings->connections,
        .head_bytes = settings->head_bytes,
        .body_bytes = settings->body_bytes,
        .idle_ms = settings->client_idle_ms,
        .head_ms = settings->client_head_ms,
        .body_ms = settings->client_body_ms,
        .send_ms = settings->client_send_ms,
        .queue_bytes_max = settings->stream_buffer_bytes,
    };
    call_limit(worker, settings->calls);
    worker->rules = attempt_rules_of(settings);
    worker->keepalive_ms = settings->keepalive_ms;
    worker->bodies.live_max = settings->body_memory / sizeof(struct chunk);
    /* Each connection may hold a partial head, pipelined bytes and its queue; and beyond those,
     * together, what was translated as a whole. */
    worker->chunks.live_max = settings->connections *
                                  (settings->stream_buffer_bytes / CHUNK_BYTES + 4) +
                              settings->translation_memory / CHUNK_BYTES;
}

/* The client needs the certificates of a configuration, so it is made with the first one. */
static int start_client(struct worker *worker, const struct generation *generation)
{
    const struct snapshot_header *header = generation->snapshot.header;
    struct http_client_config config = {
        .loop = &worker->loop,
        .transfers_max = header->settings.calls,
        .ca_file = snapshot_bytes(&generation->snapshot, header->ca_file),
    };

    if (worker->client != NULL)
        return 0;
    int err = http_client_new(&config, &worker->client);
    /* The loader has seen to it that no provider is called by https then. */
    if (err == ERR_CONFIG) {
        log_write(LOG_NOTICE, "no certificates can be read from ca_file: https is off");
        config.ca_file = SPAN("");
        err = http_client_new(&config, &worker->client);
    }
    return err != 0 ? err : sandbox_limit_files(config.ca_file);
}

/* In between it may be too old, which only keeps retired cells from being reused. */
static void tell_oldest(struct worker *worker)
{
    atomic_store(&worker->slot->oldest_named, call_oldest_named(worker));
}

static void on_generation_decided(void *owner, uint64_t number, int err)
{
    struct worker *worker = owner;

    if (err == 0)
        err = translation_memory_fit(&worker->translation,
                                     &worker->generations.current->snapshot.header->settings);
    if (err == 0) {
        /* Before the master hears of it: it gives cells of keys that are gone to others then. */
        sweep_removed(worker);
        err = start_client(worker, worker->generations.current);
    }
    if (err != 0) {
        log_write(LOG_ERROR, "generation %llu cannot be used: %s", (unsigned long long)number,
                  err_text(err));
        channel_handler_say(worker, CHANNEL_REFUSED, number, err);
        return;
    }
    apply_settings(worker, &worker->generations.current->snapshot.header->settings);
    atomic_store(&worker->slot->generation, number);
    /* Before the master hears of it: calls go on with the cells of their generations. */
    tell_oldest(worker);
    counters_add(&worker->slot->counters, COUNTER_generations_adopted, 1);
    state_record(worker->slot, BLACK_BOX_GENERATION, number);
    channel_handler_say(worker, CHANNEL_ADOPTED, number, 0);
}

/* --- loop ------------------------------------------------------------------------------------- */

static void write_date(struct worker *worker)
{
    time_t now = (time_t)wall_now_s();
    struct tm parts;

    gmtime_r(&now, &parts);
    strftime(worker->date, sizeof(worker->date), "%a, %d %b %Y %H:%M:%S GMT", &parts);
}

static void on_second(uv_timer_t *timer)
{
    struct worker *worker = timer->data;

    atomic_store(&worker->slot->heartbeat_ms, monotime_now().ms);
    write_date(worker);
    if (worker->lines_left_out > 0)
        log_write(LOG_WARNING, "%u lines about calls and breakers were left out in this second",
                  worker->lines_left_out);
    worker->call_lines = 0;
    worker->breaker_lines = 0;
    worker->lines_left_out = 0;
    tell_oldest(worker);
    sweep_all(worker);
    call_answer_tick(worker);
}

static void set_counter(struct worker *worker, enum counter which, uint64_t *before, uint64_t now)
{
    counters_add(&worker->slot->counters, which, now - *before);
    *before = now;
}

/* Once a loop turn: what others changed, and what others keep count of. */
static void on_turn(uv_check_t *check)
{
    struct worker *worker = check->data;
    struct counters *counters = &worker->slot->counters;

    sweep_revoked(worker);
    set_counter(worker, COUNTER_connections_accepted, &worker->accepted_counted,
                server_accepted_count(worker->server));
    set_counter(worker, COUNTER_connections_refused, &worker->refused_counted,
                server_refused_count(worker->server));
    counters_set(counters, GAUGE_connections_open, server_connection_count(worker->server));
    counters_set(counters, GAUGE_calls_open, worker->calls_open);
    counters_set(counters, GAUGE_body_bytes, worker->bodies.live * sizeof(struct chunk));
    counters_set(counters, GAUGE_generations_held, worker->generations.mapped);
}

static void on_channel(uv_poll_t *poll, int status, int events)
{
    (void)events;
    if (status < 0)
        drain_begin_orphaned(poll->data);
    else
        channel_handler_read(poll->data);
}

/* --- life ------------------------------------------------------------------------------------- */

static int draw_randoms(struct worker *worker)
{
    uint32_t random;

    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random) ||
        getrandom(&worker->draws, sizeof(worker->draws), 0) != (ssize_t)sizeof(worker->draws))
        return ERR_IO;
    snprintf(worker->request_id_prefix, sizeof(worker->request_id_prefix), "%08x", random);
    return 0;
}

static int start_handles(struct worker *worker)
{
    int err = uv_poll_init(&worker->loop, &worker->channel, worker->channel_fd);

    if (err == 0)
        err = uv_poll_start(&worker->channel, UV_READABLE, on_channel);
    if (err != 0)
        return ERR_IO;
    uv_timer_init(&worker->loop, &worker->second);
    uv_timer_init(&worker->loop, &worker->drain_deadline);
    uv_timer_init(&worker->loop, &worker->pauses);
    uv_check_init(&worker->loop, &worker->turn);
    worker->channel.data = worker;
    worker->second.data = worker;
    worker->drain_deadline.data = worker;
    worker->pauses.data = worker;
    worker->turn.data = worker;
    uv_timer_start(&worker->second, on_second, 0, SECOND_MS);
    uv_check_start(&worker->turn, on_turn);
    return 0;
}

static int start_server(struct worker *worker)
{
    struct server_config config = {
        .loop = &worker->loop,
        .handlers = &request_handlers,
        .limits = &worker->limits,
        .chunks = &worker->chunks,
        .owner = worker,
    };

    worker->server = server_new(&config);
    worker->digester = digester_new();
    worker->copies = listing_copies_new();
    return worker->server != NULL && worker->digester != NULL && worker->copies != NULL
               ? 0
               : ERR_NO_MEMORY;
}

static int start(struct worker *worker, const struct worker_boot *boot)
{
    worker->number = boot->number;
    worker->channel_fd = boot->channel_fd;
    int err = state_open(boot->state_fd, &worker->state);

    if (err == 0)
        err = revocations_open_readonly(boot->revocations_fd, &worker->revocations);
    if (err != 0)
        return err;
    worker->slot = state_slot(&worker->state, boot->number);
    atomic_store(&worker->slot->generation, 0);
    atomic_store(&worker->slot->oldest_named, 0);
    atomic_store(&worker->slot->heartbeat_ms, monotime_now().ms);
    worker_enter(worker, WORKER_STARTING);
    chunk_pool_init(&worker->chunks, 0, CHUNKS_SPARE_MAX);
    chunk_pool_init(&worker->bodies, 0, BODIES_SPARE_MAX);
    record_pool_init(&worker->calls, call_record_bytes(), RECORDS_SPARE_MAX);
    record_pool_init(&worker->call_requests, call_request_record_bytes(), RECORDS_SPARE_MAX);
    record_pool_init(&worker->peeks, PEEK_BYTES_MAX, PEEKS_SPARE_MAX);
    link_init(&worker->open_calls);
    link_init(&worker->pausing_calls);
    record_pool_init(&worker->listings, listing_record_bytes(), RECORDS_SPARE_MAX);
    record_pool_init(&worker->signins, signin_record_bytes(), SIGNINS_SPARE_MAX);
    record_pool_init(&worker->pages, web_record_bytes(), PAGES_SPARE_MAX);
    write_date(worker);
    err = draw_randoms(worker);
    if (err == 0 && uv_loop_init(&worker->loop) != 0)
        err = ERR_IO;
    if (err != 0)
        return err;
    generations_init(&worker->generations, &worker->loop, on_generation_decided, worker);
    worker_tokens_init(&worker->tokens, &worker->loop);
    err = start_handles(worker);
    return err != 0 ? err : start_server(worker);
}

static void close_handles(struct worker *worker)
{
    uv_close((uv_handle_t *)&worker->channel, NULL);
    uv_close((uv_handle_t *)&worker->second, NULL);
    uv_close((uv_handle_t *)&worker->drain_deadline, NULL);
    uv_close((uv_handle_t *)&worker->pauses, NULL);
    uv_close((uv_handle_t *)&worker->turn, NULL);
}

/* Everything is given back, so that a leak shows in a test instead of in a year. */
static void close_worker(struct worker *worker)
{
    generations_close(&worker->generations);
    worker_tokens_close(&worker->tokens);
    http_client_free(&worker->client);
    server_free(&worker->server);
    close_handles(worker);
    uv_run(&worker->loop, UV_RUN_DEFAULT);
    digester_free(&worker->digester);
    chunk_pool_close(&worker->chunks);
    chunk_pool_close(&worker->bodies);
    record_pool_close(&worker->calls);
    record_pool_close(&worker->call_requests);
    record_pool_close(&worker->peeks);
    record_pool_close(&worker->listings);
    translation_memory_close(&worker->translation);
    record_pool_close(&worker->signins);
    record_pool_close(&worker->pages);
    listing_copies_free(&worker->copies);
    INVARIANT(uv_loop_close(&worker->loop) == 0);
    revocations_close(&worker->revocations);
    state_close(&worker->state);
}

int worker_main(const struct worker_boot *boot)
{
    struct worker *worker = calloc(1, sizeof(*worker));
    char name[24];

    snprintf(name, sizeof(name), "worker %u", boot->number);
    log_set_process(name);
    if (worker == NULL)
        return EXIT_FAILURE;
    sandbox_warm_up();
    int err = sandbox_enter();
    if (err == 0)
        err = start(worker, boot);
    if (err != 0) {
        /* Crash-only: what start() had begun goes with the process. */
        log_write(LOG_ERROR, "cannot start: %s", err_text(err));
        free(worker);
        return EXIT_FAILURE;
    }
    uv_run(&worker->loop, UV_RUN_DEFAULT);
    close_worker(worker);
    free(worker);
    return EXIT_SUCCESS;
}
