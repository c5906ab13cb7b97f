#include "worker/call.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/base/log.h"
#include "lib/base/text.h"

size_t call_record_bytes(void)
{
    return sizeof(struct call);
}

static struct call *call_of(struct exchange *exchange)
{
    return (struct call *)exchange;
}

void call_release_request(struct call *call)
{
    struct worker *worker = call->request.worker;

    generation_release(&call->generation);
    chunk_return_list(&worker->bodies, &call->body_first);
    call->body_last = NULL;
}

static void free_call(struct call *call)
{
    struct worker *worker = call->request.worker;

    http_transfer_abort(&call->transfer);
    call_release_request(call);
    worker->calls_open--;
    record_pool_return(&worker->calls, call);
}

/* --- the request's way in --------------------------------------------------------------------- */

/* The chunk that the next bytes go to; NULL when limits.body_memory is used up. */
static struct chunk *chunk_with_room(struct call *call)
{
    struct worker *worker = call->request.worker;
    struct chunk *last = call->body_last;

    if (last != NULL && last->end < sizeof(last->bytes))
        return last;
    struct chunk *chunk = chunk_take(&worker->bodies);
    if (chunk == NULL) {
        counters_add(&worker->slot->counters, COUNTER_body_memory_refused, 1);
        return NULL;
    }
    if (last == NULL)
        call->body_first = chunk;
    else
        last->next = chunk;
    call->body_last = chunk;
    return chunk;
}

static int keep_body(struct call *call, struct span bytes)
{
    while (bytes.len > 0) {
        struct chunk *chunk = chunk_with_room(call);

        if (chunk == NULL)
            return ERR_BODY_MEMORY;
        size_t room = sizeof(chunk->bytes) - chunk->end;
        size_t count = bytes.len < room ? bytes.len : room;
        memcpy(chunk->bytes + chunk->end, bytes.ptr, count);
        chunk->end += (uint32_t)count;
        bytes = span_skip(bytes, count);
    }
    return 0;
}

/* The first deployment of the lowest tier; the rows of a model lie together, lowest tier first. */
static int choose_deployment(struct call *call, uint32_t model)
{
    const struct snapshot *snapshot = &call->generation->snapshot;

    call->deployment = snapshot_model(snapshot, model)->deployment_first;
    const struct provider_row *provider = snapshot_provider(
        snapshot, snapshot_deployment(snapshot, call->deployment)->provider);
    enum wire_protocol protocol = generation_protocol(provider->kind);

    if (protocol == call->request.protocol)
        return 0;
    call->error_param = SPAN("model");
    call->error_detail = protocol == PROTOCOL_ANTHROPIC ? SPAN("Call it at /v1/messages.")
                                                        : SPAN("Call it at /v1/chat/completions.");
    return ERR_PROTOCOL;
}

static void keep_slug(struct call *call, struct span slug)
{
    struct text text = text_over(call->slug_json, sizeof(call->slug_json));

    /* A slug that is in the registry has no character that JSON escapes. */
    text_add_json(&text, slug);
    INVARIANT(text.err == 0);
    call->slug_json_bytes = (uint8_t)text.len;
}

/* The body is whole: which model, may it be called, and what is changed on the way. */
static int admit(struct call *call)
{
    struct call_reader *reader = &call->in.reader;
    const struct snapshot *snapshot = &call->generation->snapshot;
    struct call_plan plan;
    uint32_t model = ROW_NONE;
    int err = call_reader_end(reader);

    call->error_param = err == ERR_BAD_JSON ? SPAN("") : SPAN("model");
    if (err == 0)
        err = access_admit(snapshot, &call->access, reader->slug, &model);
    if (err == 0)
        err = choose_deployment(call, model);
    if (err != 0)
        return err;

    struct text name = text_over(call->in.upstream_model, sizeof(call->in.upstream_model));
    text_add_json(
        &name,
        snapshot_bytes(snapshot, snapshot_deployment(snapshot, call->deployment)->upstream_model));
    if (name.err != 0)
        return ERR_INTERNAL;
    keep_slug(call, reader->slug);
    call_plan_make(reader, text_span(&name), &plan);
    upload_init(&call->upload, call->body_first, reader->bytes, &plan);
    return 0;
}

static void on_body(struct exchange *exchange, struct span bytes, bool last)
{
    struct call *call = call_of(exchange);
    int err = keep_body(call, bytes);

    if (err == 0)
        err = call_reader_feed(&call->in.reader, bytes);
    if (err == ERR_BAD_MODEL || err == ERR_DUPLICATE_MODEL)
        call->error_param = SPAN("model");
    if (err == 0 && last)
        err = admit(call);
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

static size_t read_upload(void *ctx, uint64_t offset, char *to, size_t room)
{
    struct call *call = ctx;

    return upload_read(&call->upload, offset, to, room);
}

static int upstream_start(void *ctx)
{
    struct call *call = ctx;
    struct worker *worker = call->request.worker;
    const struct settings *settings = &call->generation->snapshot.header->settings;
    char *lines[CALL_HEADERS_MAX];
    struct http_call upstream = {
        .upload = {.bytes = call->upload.plan.bytes, .read = read_upload},
        .header_lines = lines,
        .connect_ms = settings->connect_ms,
        .first_byte_ms = settings->first_byte_ms,
        .between_ms = settings->between_events_ms,
        .total_ms = settings->total_ms,
        .handlers = &call_upstream_handlers,
        .ctx = call,
    };

    for (size_t i = 0; i < CALL_HEADERS_MAX; i++) {
        if (call->in.headers[i].line[0] != '\0')
            lines[upstream.header_count++] = call->in.headers[i].line;
    }
    int err = generation_endpoint(call->generation, worker->client, call->deployment,
                                  &upstream.endpoint);
    if (err == 0)
        err = http_transfer_start(worker->client, &upstream, &call->transfer);
    if (err == 0) {
        counters_add(&worker->slot->counters, COUNTER_calls, 1);
        state_record(worker->slot, BLACK_BOX_WAITING, call->request.number);
    }
    return err;
}

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

static void count_end(struct call *call, enum proxy_outcome outcome)
{
    static const enum counter by_outcome[] = {
        [PROXY_COMPLETE] = COUNTER_calls_completed,
        [PROXY_TRUNCATED] = COUNTER_calls_truncated,
        [PROXY_CLIENT_GONE] = COUNTER_calls_client_gone,
        [PROXY_FAILED] = COUNTER_calls_failed,
    };
    struct counters *counters = &call->request.worker->slot->counters;

    state_record(call->request.worker->slot, BLACK_BOX_FINISHED, call->request.number);
    /* A call that was refused on the way in was never an upstream call. */
    if (call->upload.plan.bytes > 0)
        counters_add(counters, by_outcome[outcome], 1);
    if (!call->is_recorded)
        return;
    if (outcome != PROXY_COMPLETE)
        call_read_usage(call);
    if (!call->out.usage.seen)
        return;
    counters_add(counters, COUNTER_usage_seen, 1);
    counters_add(counters, COUNTER_input_tokens,
                 call->out.usage.input + call->out.usage.cache_read + call->out.usage.cache_write +
                     call->out.usage.cache_write_1h);
    counters_add(counters, COUNTER_output_tokens, call->out.usage.output);
}

/* A storm of failures must not become a storm of lines. */
static void log_failure(struct call *call, int err)
{
    struct worker *worker = call->request.worker;

    if (worker->failures_logged >= FAILURE_LINES_PER_SECOND) {
        worker->failures_unlogged++;
        return;
    }
    worker->failures_logged++;
    log_write(LOG_WARNING, "call failed: request=%.*s model=%.*s error=%s status=%d",
              REQUEST_ID_BYTES, call->request.id, (int)call->slug_json_bytes, call->slug_json,
              err_name(err), call->is_recorded ? call->status : 0);
}

static void finished(void *ctx, enum proxy_outcome outcome, int err)
{
    struct call *call = ctx;

    count_end(call, outcome);
    switch (outcome) {
    case PROXY_COMPLETE:
        server_end(call->request.conn, call->closes);
        break;
    case PROXY_TRUNCATED:
        log_failure(call, err);
        call_client_truncated(call, err);
        break;
    case PROXY_CLIENT_GONE:
        if (!call->conn_is_dead)
            server_abort(call->request.conn);
        break;
    case PROXY_FAILED:
        if (err_http_status(err) >= 500)
            log_failure(call, err);
        reply_error(&call->request, &(struct reply_error){.err = err,
                                                          .detail = call->error_detail,
                                                          .param = call->error_param,
                                                          .generation = call->generation});
        break;
    }
    free_call(call);
}

static const struct proxy_ports ports = {
    .upstream_start = upstream_start,
    .upstream_resume = upstream_resume,
    .upstream_abort = upstream_abort,
    .client_begin = call_client_begin,
    .client_more = call_client_more,
    .client_complete = call_client_complete,
    .finished = finished,
};

/* --- begin ------------------------------------------------------------------------------------ */

static int keep_header(struct call_header *header, const struct http_request *http,
                       struct span name, struct span otherwise)
{
    struct text text = text_over(header->line, sizeof(header->line));
    struct span value = otherwise;

    http_request_find(http, name, &value);
    if (value.len > 0) {
        text_add(&text, name);
        text_add(&text, SPAN(": "));
        text_add(&text, value);
    }
    text_add_char(&text, '\0');
    return text.err == 0 ? 0 : ERR_HEAD_TOO_LARGE;
}

/* The version is a client's choice and goes through untouched; a client that names none gets the
 * one that every Anthropic server knows. */
static int keep_headers(struct call *call, const struct http_request *http)
{
    call->in.headers[0].line[0] = '\0';
    call->in.headers[1].line[0] = '\0';
    if (call->request.protocol != PROTOCOL_ANTHROPIC)
        return 0;
    int err = keep_header(&call->in.headers[0], http,
                          SPAN("anthropic-version"), SPAN("2023-06-01"));
    return err != 0 ? err
                    : keep_header(&call->in.headers[1], http, SPAN("anthropic-beta"), SPAN(""));
}

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

void call_begin(const struct request *request, const struct http_request *http,
                struct generation *generation)
{
    struct worker *worker = request->worker;
    struct access access;
    int err = check_head(request, http, generation, &access);
    struct call *call = err == 0 ? record_pool_take(&worker->calls) : NULL;

    if (call == NULL) {
        reply_error(request, &(struct reply_error){.err = err != 0 ? err : ERR_NO_MEMORY,
                                                   .generation = generation});
        generation_release(&generation);
        return;
    }
    /* The record is large and mostly filled later; only what is read before that is cleared. */
    memset(call, 0, offsetof(struct call, content_type));
    call->exchange.table = &call_table;
    call->request = *request;
    call->generation = generation;
    call->access = access;
    worker->calls_open++;
    proxy_init(&call->proxy, &ports, call);
    call_reader_init(&call->in.reader, request->protocol,
                     (uint16_t)generation->snapshot.header->settings.json_depth);
    server_set_exchange(request->conn, call);
    err = keep_headers(call, http);
    if (err != 0)
        proxy_refuse(&call->proxy, err);
    else
        server_want_body(request->conn);
}
