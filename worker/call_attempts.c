#include "worker/call_translation.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/base/log.h"
#include "lib/wire/retry_after.h"
#include "worker/breaker.h"
#include "worker/channel_handler.h"

enum { REFUSAL_PAUSE_MS = 1000 }; /* between two words about tokens that were refused */

/* --- what can be tried ------------------------------------------------------------------------ */

/* A request for an answer is translated; token counts are those of the provider's own tokenizer. */
static bool can_try(const struct call *call, const struct provider_row *provider)
{
    enum wire_protocol protocol = generation_protocol(provider->kind);

    return call->request.operation != OPERATION_COUNT_TOKENS || protocol == call->request.protocol;
}

/* The model's deployments, lowest tier first. */
static void list_candidates(struct call *call)
{
    const struct snapshot *snapshot = &call->generation->snapshot;
    const struct model_row *model = snapshot_model(snapshot, call->in->model);
    const struct state *state = &call->request.worker->state;
    struct attempt_field *field = &call->in->field;

    field->rules = attempt_rules_of(&snapshot->header->settings);
    field->count = 0;
    for (uint32_t i = 0; i < model->deployment_count; i++) {
        uint32_t number = model->deployment_first + i;
        const struct deployment_row *row = snapshot_deployment(snapshot, number);
        const struct provider_row *provider = snapshot_provider(snapshot, row->provider);

        if (!can_try(call, provider))
            continue;
        if (field->count == ATTEMPT_CANDIDATES_MAX)
            return;
        field->candidates[field->count++] = (struct attempt_candidate){
            .deployment = number,
            .tier = row->tier,
            .weight = row->weight,
            .health = state_cell(state, row->cell),
            .budget = state_cell(state, provider->cell),
        };
    }
}

static int no_candidates(struct call *call)
{
    call->error_param = SPAN("model");
    call->error_detail = SPAN("Tokens are counted only where the model's provider speaks the "
                              "protocol of the request, and none of this model's does.");
    return ERR_PROTOCOL;
}

/* --- how it went ------------------------------------------------------------------------------ */

static void tell_opening(struct call *call, enum attempt_result result)
{
    struct worker *worker = call->request.worker;

    counters_add(&worker->slot->counters, COUNTER_breakers_opened, 1);
    if (!call_may_log(call, &worker->breaker_lines))
        return;
    log_write(LOG_WARNING, "breaker opened: model=%.*s provider=%.*s last=%s request=%.*s",
              (int)call->slug_json_bytes, call->slug_json, (int)call->provider_bytes,
              call->provider, attempt_result_word(result), REQUEST_ID_BYTES, call->request.id);
}

/* A token that was taken back before its time: the steward asks for another one. */
static void tell_refused(struct call *call)
{
    struct worker *worker = call->request.worker;
    const struct attempts *attempts = &call->in->attempts;
    uint64_t now_ms = uv_now(&worker->loop);
    uint64_t mark;

    if (!generation_account(call->generation, attempts->log[attempts->count - 1].deployment, &mark))
        return;
    uint64_t *said_ms = &worker->refusals_said_ms[mark % TOKEN_REFUSAL_PLACES];
    if (*said_ms != 0 && now_ms < *said_ms + REFUSAL_PAUSE_MS)
        return;
    *said_ms = now_ms;
    channel_handler_say(worker, CHANNEL_TOKEN_REFUSED, mark, 0);
}

static void report(struct call *call, enum attempt_result result)
{
    struct call_request *in = call->in;
    struct span retry_after = {call->retry_after, call->retry_after_bytes};
    uint64_t wait_ms = call->is_recorded ? retry_after_ms(retry_after, wall_now_s()) : 0;

    if (call->is_recorded && call->status == 401)
        tell_refused(call);
    if (attempts_report(&in->attempts, &in->field, result, monotime_now().ms, wait_ms))
        tell_opening(call, result);
}

static void log_move(struct call *call)
{
    char memory[CALL_ATTEMPTS_BYTES_MAX];
    struct text attempts = text_over(memory, sizeof(memory));

    if (call->in->attempts.count < 2 || !call_may_log(call, &call->request.worker->call_lines))
        return;
    call_attempts_render(call, &attempts);
    log_write(LOG_NOTICE, "call moved: request=%.*s model=%.*s attempts=[%.*s]", REQUEST_ID_BYTES,
              call->request.id, (int)call->slug_json_bytes, call->slug_json, (int)attempts.len,
              memory);
}

void call_attempt_answered(struct call *call)
{
    struct attempts *attempts = &call->in->attempts;

    /* A failure that stands was reported before something else was looked for. */
    if (attempts->log[attempts->count - 1].result == ATTEMPT_OPEN) {
        enum attempt_result result = attempt_result_of_status(call->status);

        call->is_answered = result == ATTEMPT_ANSWERED;
        report(call, result);
    }
    log_move(call);
}

void call_attempt_completed(struct call *call)
{
    if (call->is_answered)
        breaker_succeeded(call->health);
}

void call_attempt_cut(struct call *call, int err)
{
    const struct worker *worker = call->request.worker;
    enum attempt_result result = attempt_result_of_err(err);
    /* An answer that goes on beyond total_ms was well: the call's time is over, no more. */
    bool is_late = err == ERR_UPSTREAM_TIMEOUT && uv_now(&worker->loop) >= call->give_up_ms;

    /* A failure that was passed on, whole or not, has been counted already. */
    if (!call->is_answered || is_late || !attempt_result_is_failure(result))
        return;
    if (breaker_failed(call->health, monotime_now().ms, worker->rules.failures_max,
                       worker->rules.open_ms))
        tell_opening(call, result);
}

void call_attempts_render(const struct call *call, struct text *out)
{
    if (call->in != NULL && call->generation != NULL)
        attempts_write(&call->in->attempts, &call->generation->snapshot, out);
}

uint64_t call_attempts_wait_s(const struct call *call)
{
    return (attempts_soonest_ms(&call->in->field, monotime_now().ms) + 999) / 1000;
}

/* --- pauses ----------------------------------------------------------------------------------- */

static struct call *call_of_pause(struct link *link)
{
    return LINK_OWNER(link, struct call_request, pausing)->call;
}

/* The first one that is due; and when the next one will be. */
static struct call *find_due(struct worker *worker, uint64_t *next_ms)
{
    uint64_t now_ms = uv_now(&worker->loop);

    *next_ms = UINT64_MAX;
    for (struct link *each = worker->pausing_calls.next; each != &worker->pausing_calls;
         each = each->next) {
        struct call *call = call_of_pause(each);

        if (call->in->due_ms <= now_ms)
            return call;
        if (call->in->due_ms < *next_ms)
            *next_ms = call->in->due_ms;
    }
    return NULL;
}

void call_attempts_on_due(uv_timer_t *timer)
{
    struct worker *worker = timer->data;
    struct call *call;
    uint64_t next_ms;

    while ((call = find_due(worker, &next_ms)) != NULL) {
        link_remove(&call->in->pausing);
        proxy_on_due(&call->proxy);
    }
    if (next_ms != UINT64_MAX)
        uv_timer_start(timer, call_attempts_on_due, next_ms - uv_now(&worker->loop), 0);
}

static int pause_call(struct call *call, uint64_t due_ms)
{
    struct worker *worker = call->request.worker;
    uint64_t wait_ms = due_ms - uv_now(&worker->loop);

    call->in->due_ms = due_ms;
    link_add_last(&worker->pausing_calls, &call->in->pausing);
    if (!uv_is_active((uv_handle_t *)&worker->pauses) ||
        uv_timer_get_due_in(&worker->pauses) > wait_ms)
        uv_timer_start(&worker->pauses, call_attempts_on_due, wait_ms, 0);
    return ERR_AGAIN;
}

/* --- what is tried ---------------------------------------------------------------------------- */

static void forget_answer(struct call *call)
{
    call_drop_held(call);
    call_forget_translation(call);
    call->is_recorded = false;
    call->is_stream = false;
    call->retry_after_bytes = 0;
    call->fault = 0;
    call->error_detail = SPAN("");
    call->error_param = SPAN("");
}

static void choose(struct call *call, const struct attempt_candidate *chosen)
{
    const struct snapshot *snapshot = &call->generation->snapshot;
    const struct deployment_row *row = snapshot_deployment(snapshot, chosen->deployment);
    struct span name = snapshot_bytes(snapshot, snapshot_provider(snapshot, row->provider)->name);

    INVARIANT(name.len <= sizeof(call->provider));
    memcpy(call->provider, name.ptr, name.len);
    call->provider_bytes = (uint8_t)name.len;
    call->health = chosen->health;
    enum wire_protocol protocol = generation_protocol(
        snapshot_provider(snapshot, row->provider)->kind);

    call->upstream_protocol = (uint8_t)protocol;
    if (!call_is_translated(call))
        call_request_plan(call, chosen->deployment);
}

static size_t read_upload(void *ctx, uint64_t offset, char *to, size_t room)
{
    struct call *call = ctx;

    return upload_read(&call->in->upload, offset, to, room);
}

int call_upstream_next(void *ctx, enum attempt_result result)
{
    struct call *call = ctx;
    struct worker *worker = call->request.worker;
    uint64_t now_ms = uv_now(&worker->loop);
    struct attempt_field *field = &call->in->field;
    struct attempt next;

    if (result == ATTEMPT_OPEN) {
        call->give_up_ms = now_ms + call->generation->snapshot.header->settings.total_ms;
        list_candidates(call);
    } else {
        report(call, result);
    }
    if (field->count == 0)
        return no_candidates(call);
    field->left_ms = call->give_up_ms > now_ms ? call->give_up_ms - now_ms : 0;
    if (result != ATTEMPT_OPEN && (!attempt_result_is_again(result) || field->left_ms == 0))
        return ERR_NOT_FOUND;
    int err = attempts_next(&call->in->attempts, field, monotime_now().ms, worker->draws++, &next);

    if (err != 0)
        return err;
    forget_answer(call);
    choose(call, &field->candidates[next.candidate]);
    return next.pause_ms > 0 ? pause_call(call, now_ms + next.pause_ms) : 0;
}

/* A translated request asks for what its translation is written in; see codec.h. */
static char pinned_version[] = "anthropic-version: 2023-06-01";

static uint32_t add_headers(struct call *call, char *lines[static CALL_HEADERS_MAX])
{
    uint32_t count = 0;

    if (call_is_translated(call)) {
        if (call->upstream_protocol == PROTOCOL_ANTHROPIC)
            lines[count++] = pinned_version;
        return count;
    }
    for (size_t i = 0; i < CALL_HEADERS_MAX; i++) {
        if (call->in->headers[i].line[0] != '\0')
            lines[count++] = call->in->headers[i].line;
    }
    return count;
}

static enum call_operation operation_of(const struct call *call)
{
    if (!call_is_translated(call))
        return call->request.operation;
    return call->translated->wants_stream &&
                   generation_speaks(call->upstream_protocol, OPERATION_STREAM)
               ? OPERATION_STREAM
               : OPERATION_GENERATE;
}

static int start_transfer(struct call *call, uint32_t deployment)
{
    struct worker *worker = call->request.worker;
    const struct settings *settings = &call->generation->snapshot.header->settings;
    struct call_request *in = call->in;
    uint64_t now_ms = uv_now(&worker->loop);
    char *lines[CALL_HEADERS_MAX];
    struct http_call upstream = {
        .upload = {.bytes = in->upload.plan.bytes, .read = read_upload},
        .header_lines = lines,
        .connect_ms = settings->connect_ms,
        .first_byte_ms = settings->first_byte_ms,
        .between_ms = settings->between_events_ms,
        .total_ms = call->give_up_ms > now_ms ? call->give_up_ms - now_ms : 0,
        .handlers = &call_upstream_handlers,
        .ctx = call,
    };

    upstream.header_count = add_headers(call, lines);
    const struct generation_means means = {worker->client, &worker->tokens.current};
    const struct generation_target target = {deployment, operation_of(call)};
    int err = generation_endpoint(call->generation, &means, target, &upstream.endpoint);

    return err != 0 ? err : http_transfer_start(worker->client, &upstream, &call->transfer);
}

int call_upstream_start(void *ctx)
{
    struct call *call = ctx;
    struct worker *worker = call->request.worker;
    const struct attempts *attempts = &call->in->attempts;
    uint32_t deployment = attempts->log[attempts->count - 1].deployment;
    int err = call_is_translated(call) ? call_translate_request(call, deployment) : 0;

    if (err == 0)
        err = start_transfer(call, deployment);
    if (err != 0)
        return err;
    counters_add(&worker->slot->counters, COUNTER_attempts, 1);
    if (call_is_translated(call))
        counters_add(&worker->slot->counters, COUNTER_attempts_translated, 1);
    if (!call->was_started)
        counters_add(&worker->slot->counters, COUNTER_calls, 1);
    call->was_started = true;
    state_record(worker->slot, BLACK_BOX_WAITING, call->request.number);
    return 0;
}
