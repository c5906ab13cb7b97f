#include "lib/access/pair.h"
#include "lib/access/session_cookie.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "shm/snapshot_browser.h"
#include "worker/handlers.h"

enum { STALE_KEYS_LOG_S = 60 };

static void make_id(const struct worker *worker, struct request *request)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t number = request->number;

    memcpy(request->id, "req_", 4);
    memcpy(request->id + 4, worker->request_id_prefix, 8);
    for (size_t i = REQUEST_ID_BYTES; i > 12; i--) {
        request->id[i - 1] = digits[number & 15];
        number >>= 4;
    }
}

static void request_init(struct request *request, struct server_conn *conn)
{
    struct worker *worker = server_owner(conn);
    uint64_t number = atomic_load_explicit(&worker->slot->requests_started, memory_order_relaxed) +
                      1;

    atomic_store_explicit(&worker->slot->requests_started, number, memory_order_relaxed);
    *request = (struct request){
        .worker = worker,
        .conn = conn,
        .number = number,
        .http_minor = 1,
        .protocol = PROTOCOL_OPENAI,
        .errors = ERRORS_OPENAI,
    };
    make_id(worker, request);
}

static int identify_session(const struct request *request, struct span token,
                            const struct generation *generation, struct access *out)
{
    const struct access_basis basis = {&generation->snapshot, &request->worker->revocations};
    const struct session_signer signer = {
        .digester = request->worker->digester,
        .key = generation_session_key(generation),
    };
    struct session session;

    if (signer.key.len == 0)
        return ERR_BAD_SESSION;
    int err = session_read(&signer, token, wall_now_s(), &session);
    if (err != 0)
        return err;
    err = access_identify_digest(&basis, &session.key, KEY_SCOPE_LIST, out);
    /* With its key, whatever became of that. */
    return err_http_status(err) == 401 ? ERR_SESSION_ENDED : err;
}

/* Whoever makes a browser ask for a list learns nothing from it, but a call costs money: the cookie,
 * which a browser sends by itself, opens lists alone. What a client chose to send goes before it. */
static int identify_without_key(const struct request *request, const struct http_request *http,
                                enum key_flag scope, const struct generation *generation,
                                struct access *out)
{
    const struct access_basis basis = {&generation->snapshot, &request->worker->revocations};
    bool https_only = generation->snapshot.header->settings.https_only != 0;
    char memory[SESSION_TOKEN_BYTES];
    struct span token = SPAN("");
    int err = session_cookie_take(http, https_only, memory, &token);

    if (scope != KEY_SCOPE_LIST || (err == 0 && token.len == 0))
        return access_identify(&basis, request->worker->digester, SPAN(""), scope, out);
    if (err == 0)
        err = identify_session(request, token, generation, out);
    span_wipe(token);
    return err;
}

static int identify_key(const struct request *request, const struct http_request *http,
                        enum key_flag scope, const struct generation *generation,
                        struct access *out)
{
    char memory[ACCESS_KEY_BYTES_MAX];
    struct span credential;
    int err = access_find_credential(http, memory, sizeof(memory), &credential);

    if (err != 0)
        return err;
    if (credential.len == 0)
        return identify_without_key(request, http, scope, generation, out);
    const struct access_basis basis = {&generation->snapshot, &request->worker->revocations};
    err = access_identify(&basis, request->worker->digester, credential, scope, out);
    /* It is not needed any more. */
    span_wipe(credential);
    return err;
}

/* Every request of every browser would say it: once in a while is enough to be found. */
static void log_stale_keys(struct worker *worker)
{
    int64_t now_s = wall_now_s();

    if (now_s < worker->stale_keys_logged_s + STALE_KEYS_LOG_S &&
        now_s >= worker->stale_keys_logged_s)
        return;
    worker->stale_keys_logged_s = now_s;
    log_write(LOG_WARNING,
              "tokens of browsers are refused: their issuers' keys were last fetched more than 24 "
              "hours ago; see what the steward says of jwks_url");
}

/* An App Check token makes it a pair, where pairs are accepted; else a key is looked for. */
static int identify_pair(const struct request *request, const struct access_pair *pair,
                         enum key_flag scope, const struct generation *generation,
                         struct access *out)
{
    const struct access_verifier verifier = {
        .digester = request->worker->digester,
        .keys = generation->browser_keys,
        .now_s = wall_now_s(),
    };
    int err = access_identify_pair(&generation->snapshot, &verifier, pair, scope, out);

    if (err == ERR_STALE_KEYS)
        log_stale_keys(request->worker);
    return err;
}

int request_identify(const struct request *request, const struct http_request *http,
                     enum key_flag scope, const struct generation *generation, struct access *out)
{
    struct access_pair pair = {0};

    if (snapshot_has_browser(&generation->snapshot)) {
        int err = access_find_pair(http, &pair);
        if (err != 0)
            return err;
    }
    if (pair.app_check.len != 0) {
        int err = identify_pair(request, &pair, scope, generation, out);
        access_wipe_credentials(http);
        return err;
    }
    int err = identify_key(request, http, scope, generation, out);
    /* Only how it looked is left of the token: it has been wiped. */
    return err == ERR_UNKNOWN_KEY && pair.id_token.len != 0 ? ERR_HALF_PAIR : err;
}

static void answer_health(const struct request *request, bool healthy)
{
    struct span body = healthy ? SPAN("ok\n") : SPAN("not ready\n");
    struct reply reply = {
        .status = healthy ? 200 : 503,
        .content_type = SPAN("text/plain"),
        .content_length = (int64_t)body.len,
        .fields = SPAN("cache-control: no-store\r\n"),
        .generation = request->worker->generations.current,
    };

    reply_small(request, &reply, body);
}

static void dispatch(const struct request *request, const struct http_request *http,
                     const struct route_match *match)
{
    struct worker *worker = request->worker;

    if (match->handler == HANDLER_HEALTH || match->handler == HANDLER_READY) {
        bool ready = worker->generations.current != NULL && worker->phase == WORKER_SERVING;

        answer_health(request, match->handler == HANDLER_HEALTH || ready);
        return;
    }
    if (match->handler == HANDLER_HOME) {
        reply_see_other(request, worker->generations.current, SPAN("/models"), SPAN(""));
        return;
    }
    if (match->handler == HANDLER_ASSET) {
        web_answer_asset(request, http, match->rest);
        return;
    }
    struct generation *generation = generation_hold(&worker->generations);
    if (generation == NULL) {
        reply_error(request, &(struct reply_error){.err = ERR_NOT_READY});
        return;
    }
    switch (match->handler) {
    case HANDLER_LISTING:
    case HANDLER_COUNT:
        listing_answer(request, http, match, generation);
        return;
    case HANDLER_MODEL:
        listing_answer_one(request, http, match, generation);
        return;
    case HANDLER_CALL:
    case HANDLER_TOKENS:
        call_begin(request, http, match, generation);
        return;
    case HANDLER_SIGNIN:
        signin_begin(request, http, generation);
        return;
    case HANDLER_SIGNOUT:
        signout_answer(request, http, generation);
        return;
    case HANDLER_WEB:
        web_answer(request, http, match, generation);
        return;
    case HANDLER_HEALTH:
    case HANDLER_READY:
    case HANDLER_HOME:
    case HANDLER_ASSET:
        break;
    }
    INVARIANT(false);
}

static void refuse_route(const struct request *request, const struct route_match *match, int err)
{
    char memory[64];
    struct text fields = text_over(memory, sizeof(memory));

    if (err == ERR_METHOD) {
        text_add(&fields, SPAN("allow: "));
        text_add(&fields, routes_allow(match->route));
        text_add(&fields, SPAN("\r\n"));
    }
    reply_error(request, &(struct reply_error){.err = err,
                                               .subject = match->refused,
                                               .fields = text_span(&fields),
                                               .generation = request->worker->generations.current});
}

static void on_head(struct server_conn *conn, const struct http_request *http)
{
    struct request request;
    struct route_match match;

    request_init(&request, conn);
    request.http_minor = http->minor;
    request.is_head = http->method == HTTP_METHOD_HEAD;
    counters_add(&request.worker->slot->counters, COUNTER_requests, 1);
    state_record(request.worker->slot, BLACK_BOX_HEAD, request.number);

    int err = routes_find(http, &match);
    request.protocol = (uint8_t)match.protocol;
    request.operation = (uint8_t)match.operation;
    request.errors = (uint8_t)match.errors;
    if (err != 0)
        refuse_route(&request, &match, err);
    else
        dispatch(&request, http, &match);
}

static void on_refused(struct server_conn *conn, const struct server_refusal *refusal)
{
    enum error_dialect errors = routes_errors(http_target_path(refusal->target));
    struct request request;

    request_init(&request, conn);
    request.errors = (uint8_t)errors;
    request.is_head = refusal->is_head;
    counters_add(&request.worker->slot->counters, COUNTER_requests_malformed, 1);
    reply_error(&request, &(struct reply_error){.err = refusal->err,
                                                .generation = request.worker->generations.current});
}

static void on_body(struct server_conn *conn, struct span bytes, bool last)
{
    struct exchange *exchange = server_exchange(conn);

    exchange->table->on_body(exchange, bytes, last);
}

static void on_sent(struct server_conn *conn)
{
    struct exchange *exchange = server_exchange(conn);

    if (exchange != NULL)
        exchange->table->on_sent(exchange);
}

static void on_gone(struct server_conn *conn, int err)
{
    struct exchange *exchange = server_exchange(conn);

    if (exchange != NULL)
        exchange->table->on_gone(exchange, err);
}

const struct server_handlers request_handlers = {
    .on_head = on_head,
    .on_body = on_body,
    .on_sent = on_sent,
    .on_gone = on_gone,
    .on_refused = on_refused,
};
