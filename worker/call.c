#include "worker/call_translation.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/base/log.h"
#include "lib/base/text.h"

#include <stddef.h>

size_t call_record_bytes(void)
{
    return sizeof(struct call);
}

size_t call_request_record_bytes(void)
{
    return sizeof(struct call_request);
}

static struct call *call_of(struct exchange *exchange)
{
    return (struct call *)exchange;
}

void call_release_request(struct call *call)
{
    struct worker *worker = call->request.worker;
    struct call_request *in = call->in;

    generation_release(&call->generation);
    if (in == NULL)
        return;
    call->in = NULL;
    link_remove(&in->pausing);
    chunk_return_list(&worker->bodies, &in->body_first);
    chunk_return_list(&worker->bodies, &in->translated);
    record_pool_return(&worker->call_requests, in);
}

bool call_may_log(struct call *call, uint32_t *lines)
{
    if (*lines < CALL_LINES_PER_SECOND) {
        ++*lines;
        return true;
    }
    call->request.worker->lines_left_out++;
    return false;
}

void call_limit(struct worker *worker, uint64_t calls_max)
{
    uint64_t open = worker->calls_open;

    worker->calls_max = calls_max;
    http_client_set_limit(worker->client, open > calls_max ? open : calls_max);
}

static void free_call(struct call *call)
{
    struct worker *worker = call->request.worker;

    http_transfer_abort(&call->transfer);
    call_drop_held(call);
    call_release_request(call);
    translation_memory_return(&worker->translation, &call->memory);
    link_remove(&call->open);
    worker->calls_open--;
    call_limit(worker, worker->calls_max);
    record_pool_return(&worker->calls, call);
}

uint64_t call_oldest_named(const struct worker *worker)
{
    struct link *first = worker->open_calls.next;

    /* They are in the order in which they began. */
    return first == &worker->open_calls ? 0
                                        : LINK_OWNER(first, struct call, open)->generation_number;
}

/* --- the client's events ---------------------------------------------------------------------- */

static void on_body(struct exchange *exchange, struct span bytes, bool last)
{
    struct call *call = call_of(exchange);
    int err = call_request_feed(call, bytes);

    if (err == 0 && last)
        err = call_request_end(call);
    if (err != 0) {
        proxy_refuse(&call->proxy, err);
        return;
    }
    if (last) {
        state_record(call->request.worker->slot, BLACK_BOX_ADMITTED, call->request.number);
        proxy_admit(&call->proxy);
    }
}

static void on_sent(struct exchange *exchange)
{
    proxy_on_client_sent(&call_of(exchange)->proxy);
}

static void on_gone(struct exchange *exchange, int err)
{
    struct call *call = call_of(exchange);

    if (err == ERR_CLIENT_GONE || err == ERR_CLIENT_SLOW) {
        call->conn_is_dead = true;
        proxy_on_client_gone(&call->proxy, err);
        return;
    }
    /* The body is late, malformed or too large: the client is there and gets an answer. */
    proxy_refuse(&call->proxy, err);
}

static const struct exchange_table call_table = {
    .on_body = on_body,
    .on_sent = on_sent,
    .on_gone = on_gone,
};

/* --- ports ------------------------------------------------------------------------------------ */

static void upstream_resume(void *ctx)
{
    struct call *call = ctx;

    http_transfer_resume(call->transfer);
}

static void upstream_abort(void *ctx)
{
    struct call *call = ctx;

    http_transfer_abort(&call->transfer);
}

static void count_usage(struct call *call)
{
    struct counters *counters = &call->request.worker->slot->counters;
    const struct usage told = call->translated != NULL ? call_translated_usage(call)
                                                       : call->out.usage;
    const struct usage *usage = &told;

    if (!usage->seen)
        return;
    counters_add(counters, COUNTER_usage_seen, 1);
    counters_add(counters, COUNTER_input_tokens,
                 usage->input + usage->cache_read + usage->cache_write + usage->cache_write_1h);
    counters_add(counters, COUNTER_output_tokens, usage->output);
}

static void count_end(struct call *call, enum proxy_outcome outcome)
{
    static const enum counter by_outcome[] = {
        [PROXY_COMPLETE] = COUNTER_calls_completed,
        [PROXY_TRUNCATED] = COUNTER_calls_truncated,
        [PROXY_CLIENT_GONE] = COUNTER_calls_client_gone,
        [PROXY_FAILED] = COUNTER_calls_failed,
    };
    struct worker_slot *slot = call->request.worker->slot;

    state_record(slot, BLACK_BOX_FINISHED, call->request.number);
    /* A call that was refused on the way in was never an upstream call. */
    if (call->was_started)
        counters_add(&slot->counters, by_outcome[outcome], 1);
    if (!call->has_head)
        return;
    if (outcome != PROXY_COMPLETE && call->translated == NULL)
        call_read_usage(call);
    count_usage(call);
}

static void log_failure(struct call *call, int err)
{
    char memory[CALL_ATTEMPTS_BYTES_MAX];
    struct text attempts = text_over(memory, sizeof(memory));

    if (!call_may_log(call, &call->request.worker->call_lines))
        return;
    call_attempts_render(call, &attempts);
    log_write(LOG_WARNING,
              "call failed: request=%.*s model=%.*s code=%s error=%s status=%d attempts=[%.*s]",
              REQUEST_ID_BYTES, call->request.id, (int)call->slug_json_bytes, call->slug_json,
              err_code(err), err_name(err), call->is_recorded ? call->status : 0, (int)attempts.len,
              memory);
}

/* The client has seen nothing yet. */
static void reply_failed(struct call *call, int err)
{
    char memory[CALL_ATTEMPTS_BYTES_MAX + HUB_DROPPED_BYTES_MAX + 64];
    struct text fields = text_over(memory, sizeof(memory));
    uint64_t wait_s = 0;

    if (err == ERR_UPSTREAM_OPEN)
        wait_s = call_attempts_wait_s(call);
    else if (call->translated != NULL)
        wait_s = call_translated_wait_s(call);

    if (call->in->attempts.count > 0) {
        text_add(&fields, SPAN("x-weir-attempts: "));
        call_attempts_render(call, &fields);
        text_add(&fields, SPAN("\r\n"));
    }
    call_add_dropped(call, &fields);
    INVARIANT(fields.err == 0);
    reply_error(&call->request, &(struct reply_error){
                                    .err = err,
                                    .subject = call->in->reader.slug,
                                    .detail = call->error_detail,
                                    .param = call->error_param,
                                    .fields = text_span(&fields),
                                    .retry_after_s = wait_s,
                                    .generation = call->generation,
                                });
}

static void finished(void *ctx, enum proxy_outcome outcome, int err)
{
    struct call *call = ctx;

    if (outcome == PROXY_TRUNCATED && call->fault != 0)
        err = call->fault;
    count_end(call, outcome);
    switch (outcome) {
    case PROXY_COMPLETE:
        call_attempt_completed(call);
        server_end(call->request.conn, call->closes);
        break;
    case PROXY_TRUNCATED:
        /* What the gateway cut says nothing of the deployment, and the sweep tells of it. */
        if (!call->is_barred) {
            log_failure(call, err);
            call_attempt_cut(call, err);
        }
        call_client_truncated(call, err);
        break;
    case PROXY_CLIENT_GONE:
        if (!call->conn_is_dead)
            server_abort(call->request.conn);
        break;
    case PROXY_FAILED:
        if (err_http_status(err) >= 500)
            log_failure(call, err);
        reply_failed(call, err);
        break;
    }
    free_call(call);
}

static const struct proxy_ports ports = {
    .upstream_next = call_upstream_next,
    .upstream_start = call_upstream_start,
    .upstream_resume = upstream_resume,
    .upstream_abort = upstream_abort,
    .client_peek = call_client_peek,
    .client_error = call_client_error,
    .client_begin = call_client_begin,
    .client_more = call_client_more,
    .client_complete = call_client_complete,
    .client_comment = call_client_comment,
    .finished = finished,
};

void call_bar(struct call *call, int err)
{
    counters_add(&call->request.worker->slot->counters, COUNTER_calls_revoked, 1);
    call->is_barred = true;
    proxy_end(&call->proxy, err);
}

/* --- begin ------------------------------------------------------------------------------------ */

/* All that a head can be refused for, before a byte of the body is asked for. */
static int check_head(const struct request *request, const struct http_request *http,
                      const struct generation *generation, struct access *access)
{
    const struct worker *worker = request->worker;
    int err = request_identify(request, http, KEY_SCOPE_CALL, generation, access);

    if (err != 0)
        return err;
    if (http->body_kind == HTTP_BODY_NONE)
        return ERR_BAD_JSON;
    if (http->body_kind == HTTP_BODY_LENGTH && http->content_length > worker->limits.body_bytes)
        return ERR_BODY_TOO_LARGE;
    return worker->calls_open >= worker->calls_max ? ERR_TOO_MANY_CALLS : 0;
}

/* A call with its request's record; NULL when out of memory. */
static struct call *take_records(struct worker *worker)
{
    struct call *call = record_pool_take(&worker->calls);
    struct call_request *in = record_pool_take(&worker->call_requests);

    if (call == NULL || in == NULL) {
        if (call != NULL)
            record_pool_return(&worker->calls, call);
        if (in != NULL)
            record_pool_return(&worker->call_requests, in);
        return NULL;
    }
    /* The record is large and mostly filled later; only what is read before that is cleared. */
    memset(call, 0, offsetof(struct call, slug_json));
    call->in = in;
    return call;
}

void call_begin(const struct request *request, const struct http_request *http,
                const struct route_match *match, struct generation *generation)
{
    struct worker *worker = request->worker;
    struct access access;
    int err = check_head(request, http, generation, &access);
    struct call *call = err == 0 ? take_records(worker) : NULL;

    if (call == NULL) {
        reply_error(request, &(struct reply_error){.err = err != 0 ? err : ERR_NO_MEMORY,
                                                   .generation = generation});
        generation_release(&generation);
        return;
    }
    call->exchange.table = &call_table;
    call->request = *request;
    call->generation = generation;
    call->generation_number = generation->number;
    call->access = access;
    access_hold(&generation->snapshot, &access, &call->hold);
    link_init(&call->open);
    link_add_last(&worker->open_calls, &call->open);
    worker->calls_open++;
    proxy_init(&call->proxy, &ports, call);
    server_set_exchange(request->conn, call);
    err = call_request_begin(call, http, match->rest);
    if (err != 0)
        proxy_refuse(&call->proxy, err);
    else
        server_want_body(request->conn);
}
