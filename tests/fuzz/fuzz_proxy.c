/*
 * A call's state machine between a client and an upstream that do whatever they may: bytes are
 * events, and what the ports answer.
 *
 * What an upstream may do is modelled here: a transfer is started, tells one head, then bytes, then
 * its end, and nothing after that or after it was aborted; a piece that was not taken comes again.
 * Whatever order things come in: the call ends exactly once, holds nothing then, asks for no attempt
 * after the client's first byte, and passes on every byte of the attempt that became the answer.
 */
#include "lib/base/err.h"
#include "tests/fuzz/fuzz.h"
#include "worker/proxy.h"

enum { ATTEMPTS_MAX = ATTEMPT_LOG_MAX, PIECE_BYTES_MAX = 4 };

enum transfer {
    TRANSFER_NONE, /* none, or aborted, or told its end */
    TRANSFER_STARTED,
    TRANSFER_ANSWERING, /* the head was told */
    TRANSFER_PAUSED,    /* the last piece was not taken */
};

struct scene {
    struct proxy proxy;
    struct span input;
    enum transfer transfer;
    unsigned asked;   /* for attempts */
    unsigned started; /* of them */
    bool is_chosen;   /* an attempt that has not been started */
    bool is_pausing;  /* it is to be started later */
    bool is_last;     /* there is no other attempt */
    bool is_spoiled;  /* the current attempt showed that another should follow */
    bool has_no_more; /* the call may fail without asking for another attempt */
    bool has_head;    /* the current attempt told one */
    bool has_ended_well;
    bool has_begun; /* the client has a head */
    bool is_complete;
    bool is_gone;   /* the client, and it said so */
    bool is_barred; /* the gateway ended it */
    bool is_finished;
    uint64_t given; /* bytes of the current attempt */
    uint64_t kept;  /* of those, while it was too early to judge */
    uint64_t passed;
};

static unsigned take(struct scene *scene)
{
    unsigned byte = 0;

    if (scene->input.len > 0) {
        byte = (unsigned char)scene->input.ptr[0];
        scene->input = span_skip(scene->input, 1);
    }
    return byte;
}

/* --- ports ------------------------------------------------------------------------------------ */

static int upstream_next(void *ctx, enum attempt_result result)
{
    static const int answers[] = {0, ERR_AGAIN, ERR_NOT_FOUND, ERR_UPSTREAM_OPEN};
    struct scene *scene = ctx;
    bool may_go_on = result == ATTEMPT_OPEN || attempt_result_is_again(result);
    int err = answers[take(scene) % 4];

    INVARIANT(!scene->is_finished && !scene->has_begun);
    INVARIANT((result == ATTEMPT_OPEN) == (scene->asked == 0));
    INVARIANT(result != ATTEMPT_ANSWERED && !scene->is_last && !scene->is_chosen);
    if (!may_go_on || scene->asked == ATTEMPTS_MAX)
        err = ERR_NOT_FOUND;
    scene->asked++;
    scene->is_pausing = err == ERR_AGAIN;
    scene->is_chosen = err == 0 || err == ERR_AGAIN;
    scene->is_last = !scene->is_chosen;
    scene->has_no_more = scene->is_last;
    return err;
}

static int upstream_start(void *ctx)
{
    struct scene *scene = ctx;

    INVARIANT(!scene->is_finished && !scene->has_begun);
    INVARIANT(scene->is_chosen && !scene->is_pausing);
    INVARIANT(scene->transfer == TRANSFER_NONE);
    scene->is_chosen = false;
    scene->started++;
    INVARIANT(scene->started <= ATTEMPTS_MAX);
    scene->is_spoiled = false;
    scene->has_head = false;
    scene->has_ended_well = false;
    scene->given = 0;
    scene->kept = 0;
    if (take(scene) % 8 == 7) {
        scene->has_no_more = true;
        return ERR_NO_MEMORY;
    }
    scene->transfer = TRANSFER_STARTED;
    return 0;
}

static void upstream_resume(void *ctx)
{
    struct scene *scene = ctx;

    INVARIANT(!scene->is_finished && scene->has_begun);
    INVARIANT(scene->transfer == TRANSFER_ANSWERING || scene->transfer == TRANSFER_PAUSED);
    scene->transfer = TRANSFER_ANSWERING;
}

static void upstream_abort(void *ctx)
{
    struct scene *scene = ctx;

    INVARIANT(!scene->is_finished);
    scene->transfer = TRANSFER_NONE;
}

static enum attempt_result client_peek(void *ctx, struct span bytes, bool last)
{
    static const enum attempt_result results[] = {ATTEMPT_OPEN, ATTEMPT_ANSWERED,
                                                  ATTEMPT_ERROR_BODY, ATTEMPT_MALFORMED};
    struct scene *scene = ctx;
    enum attempt_result result = results[take(scene) % 4];

    INVARIANT(!scene->is_finished && !scene->has_begun && scene->has_head);
    INVARIANT(last ? bytes.len == 0 && scene->has_ended_well : bytes.len > 0);
    /* What stands is held back until it is whole, or goes through. */
    if ((last && result == ATTEMPT_OPEN) || (scene->proxy.is_judged && result != ATTEMPT_OPEN))
        result = ATTEMPT_ANSWERED;
    if (result == ATTEMPT_OPEN)
        scene->kept += bytes.len;
    else
        scene->is_spoiled = result != ATTEMPT_ANSWERED;
    return result;
}

static int client_error(void *ctx, enum attempt_result result)
{
    struct scene *scene = ctx;

    INVARIANT(!scene->is_finished && !scene->has_begun && result != ATTEMPT_OPEN);
    INVARIANT(scene->proxy.is_judged && scene->has_no_more);
    return take(scene) % 2 == 0 ? proxy_error_of(result) : ERR_UPSTREAM_FAILED;
}

static enum proxy_taken take_bytes(struct scene *scene, struct span bytes)
{
    unsigned answer = take(scene) % 8;

    scene->passed += bytes.len;
    if (answer == 7)
        return PROXY_NOT_TAKEN;
    if (answer == 0 && take(scene) % 4 == 3)
        return PROXY_BROKEN;
    return answer > 4 ? PROXY_TAKEN_FULL : PROXY_TAKEN;
}

static enum proxy_taken client_begin(void *ctx, struct span bytes)
{
    struct scene *scene = ctx;

    INVARIANT(!scene->is_finished && !scene->has_begun && scene->has_head);
    INVARIANT(!scene->is_spoiled || scene->is_last);
    scene->has_begun = true;
    scene->passed = scene->kept;
    return take_bytes(scene, bytes);
}

static enum proxy_taken client_more(void *ctx, struct span bytes)
{
    struct scene *scene = ctx;

    INVARIANT(!scene->is_finished && scene->has_begun && bytes.len > 0);
    INVARIANT(scene->transfer == TRANSFER_ANSWERING);
    return take_bytes(scene, bytes);
}

static int client_complete(void *ctx, int err)
{
    struct scene *scene = ctx;

    INVARIANT(!scene->is_finished && scene->has_begun && !scene->is_complete);
    INVARIANT((err == 0) == scene->has_ended_well);
    INVARIANT(err != 0 || scene->passed == scene->given);
    /* The bytes may say another thing than the transport, either way. */
    if (take(scene) % 4 == 3)
        return err != 0 ? err : ERR_UPSTREAM_CUT;
    if (err != 0 && take(scene) % 4 != 3)
        return err;
    scene->is_complete = true;
    return 0;
}

static enum proxy_taken client_comment(void *ctx)
{
    struct scene *scene = ctx;

    INVARIANT(!scene->is_finished && scene->has_begun && scene->transfer != TRANSFER_NONE);
    return take_bytes(scene, (struct span){NULL, 0});
}

static void finished(void *ctx, enum proxy_outcome outcome, int err)
{
    struct scene *scene = ctx;

    INVARIANT(!scene->is_finished);
    INVARIANT(scene->transfer == TRANSFER_NONE);
    INVARIANT((outcome == PROXY_COMPLETE) == (err == 0));
    INVARIANT((outcome == PROXY_COMPLETE) == scene->is_complete);
    INVARIANT(outcome != PROXY_TRUNCATED || scene->has_begun);
    INVARIANT(outcome != PROXY_FAILED || (!scene->has_begun && scene->has_no_more));
    INVARIANT(!scene->is_gone || outcome == PROXY_CLIENT_GONE);
    INVARIANT(!scene->is_barred || outcome == (scene->has_begun ? PROXY_TRUNCATED : PROXY_FAILED));
    scene->is_finished = true;
}

static const struct proxy_ports ports = {
    .upstream_next = upstream_next,
    .upstream_start = upstream_start,
    .upstream_resume = upstream_resume,
    .upstream_abort = upstream_abort,
    .client_peek = client_peek,
    .client_error = client_error,
    .client_begin = client_begin,
    .client_more = client_more,
    .client_complete = client_complete,
    .client_comment = client_comment,
    .finished = finished,
};

/* --- events ----------------------------------------------------------------------------------- */

/* An attempt that does not go on was aborted; it may be the next one's turn already. */
static void check_attempt(const struct scene *scene, unsigned started, bool goes_on)
{
    if (goes_on)
        INVARIANT(!scene->is_finished && scene->started == started &&
                  scene->transfer == TRANSFER_ANSWERING);
    else
        INVARIANT(scene->transfer == TRANSFER_NONE || scene->started == started + 1);
}

static void on_head(struct scene *scene)
{
    static const int statuses[] = {200, 201, 299, 304, 302, 400, 401, 403,
                                   404, 408, 409, 422, 429, 500, 503, 599};
    unsigned started = scene->started;

    if (scene->transfer != TRANSFER_STARTED)
        return;
    scene->transfer = TRANSFER_ANSWERING;
    scene->has_head = true;
    int status = statuses[take(scene) % 16];
    enum attempt_result result = attempt_result_of_status(status);
    scene->is_spoiled = attempt_result_is_again(result);
    scene->has_no_more = scene->has_no_more || result == ATTEMPT_REJECTED;
    bool goes_on = proxy_on_upstream_head(&scene->proxy, status);
    check_attempt(scene, started, goes_on);
}

static void on_body(struct scene *scene)
{
    unsigned started = scene->started;
    unsigned len = take(scene) % PIECE_BYTES_MAX + 1;

    if (scene->transfer != TRANSFER_ANSWERING)
        return;
    scene->given += len;
    switch (proxy_on_upstream_body(&scene->proxy, (struct span){"data", len})) {
    case PROXY_GO_ON:
        check_attempt(scene, started, true);
        break;
    case PROXY_PAUSE:
        check_attempt(scene, started, true);
        scene->given -= len;
        scene->transfer = TRANSFER_PAUSED;
        break;
    case PROXY_STOP:
        check_attempt(scene, started, false);
        break;
    }
}

static void on_end(struct scene *scene)
{
    static const int errors[] = {0,
                                 0,
                                 ERR_UPSTREAM_RESOLVE,
                                 ERR_UPSTREAM_CONNECT,
                                 ERR_UPSTREAM_TLS,
                                 ERR_UPSTREAM_TIMEOUT,
                                 ERR_UPSTREAM_CUT,
                                 ERR_NO_MEMORY};
    int err = errors[take(scene) % 8];

    if (scene->transfer == TRANSFER_NONE)
        return;
    /* An answer without a head or with a piece that waits does not end well. */
    if (err == 0 && scene->transfer != TRANSFER_ANSWERING)
        err = ERR_UPSTREAM_PROTOCOL;
    scene->transfer = TRANSFER_NONE;
    scene->has_ended_well = err == 0;
    proxy_on_upstream_end(&scene->proxy, err);
}

/* Told of streams only: of answers whose head is there. */
static void on_silence(struct scene *scene)
{
    if (scene->transfer == TRANSFER_ANSWERING || scene->transfer == TRANSFER_PAUSED)
        proxy_on_silence(&scene->proxy);
}

static void on_due(struct scene *scene)
{
    if (scene->is_chosen)
        scene->is_pausing = false;
    proxy_on_due(&scene->proxy);
}

static void on_gone(struct scene *scene)
{
    scene->is_gone = true;
    proxy_on_client_gone(&scene->proxy, ERR_CLIENT_GONE);
    INVARIANT(scene->is_finished);
}

static void on_barred(struct scene *scene)
{
    scene->is_barred = true;
    scene->has_no_more = true;
    proxy_end(&scene->proxy, ERR_KEY_REVOKED);
    INVARIANT(scene->is_finished);
}

static void on_event(struct scene *scene, unsigned event)
{
    switch (event % 16) {
    case 0:
    case 1:
        on_head(scene);
        break;
    case 2:
    case 3:
        on_end(scene);
        break;
    case 4:
        proxy_on_client_sent(&scene->proxy);
        break;
    case 5:
        on_silence(scene);
        break;
    case 6:
        on_due(scene);
        break;
    case 7:
        if (event == 7)
            on_gone(scene);
        else if (event == 7 + 16)
            on_barred(scene);
        break;
    default:
        on_body(scene);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scene scene = {.input = {(const char *)data, size}};

    proxy_init(&scene.proxy, &ports, &scene);
    unsigned first = take(&scene);
    scene.has_no_more = true;
    if (first == 0)
        proxy_refuse(&scene.proxy, ERR_BAD_JSON);
    else if (first != 1)
        proxy_admit(&scene.proxy);
    while (!scene.is_finished && scene.input.len > 0) {
        INVARIANT(scene.proxy.state != PROXY_WAITING || scene.transfer != TRANSFER_NONE);
        INVARIANT(scene.proxy.state != PROXY_ADMITTED || scene.is_pausing);
        on_event(&scene, take(&scene));
    }
    if (!scene.is_finished)
        on_gone(&scene);
    INVARIANT(scene.proxy.state == PROXY_FINISHED);
    INVARIANT(scene.asked <= ATTEMPTS_MAX + 1);
    return 0;
}
