#include "steward/admin_call.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "steward/admin_backup.h"
#include "steward/admin_request.h"
#include "steward/audit.h"
#include "steward/configured.h"
#include "steward/steward_inner.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

enum { BODY_ROOM_FIRST = 16 * 1024 };

/* --- what handlers use ------------------------------------------------------------------------ */

int admin_call_refuse(struct admin_call *call, int err, const char *field, const char *format, ...)
{
    va_list arguments;

    call->refusal.err = err;
    call->refusal.field = field;
    va_start(arguments, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): va_start() stands right above */
    (void)vsnprintf(call->refusal.sentence, sizeof(call->refusal.sentence), format, arguments);
    va_end(arguments);
    return err;
}

static int refuse_database(struct admin_call *call, int err)
{
    if (err == 0)
        return 0;
    return admin_call_refuse(call, err == ERR_DISK_FULL ? err : ERR_DATABASE, "", "%s",
                             call->steward->store.trouble.sentence);
}

int admin_call_read(struct admin_call *call)
{
    return refuse_database(call, store_reader(&call->steward->store, &call->directory.database));
}

int admin_call_write(struct admin_call *call)
{
    return refuse_database(call, store_writer(&call->steward->store, &call->directory.database));
}

struct directory_target admin_call_target(const struct admin_call *call)
{
    return (struct directory_target){call->params[0], call->if_match};
}

struct text *admin_call_text(struct admin_call *call, size_t bytes)
{
    char *memory = arena_take(call->arena, bytes);

    if (memory == NULL)
        return NULL;
    call->answer.text = text_over(memory, bytes);
    return &call->answer.text;
}

int admin_call_limit(struct admin_call *call, uint32_t *out)
{
    struct span given = call->queries[ADMIN_QUERY_LIMIT];
    uint32_t limit = 0;

    *out = ADMIN_PAGE_DEFAULT;
    if (given.ptr == NULL)
        return 0;
    for (size_t i = 0; i < given.len && limit <= DIRECTORY_PAGE_MAX; i++) {
        if (given.ptr[i] < '0' || given.ptr[i] > '9')
            limit = DIRECTORY_PAGE_MAX + 1;
        else
            limit = limit * 10 + (uint32_t)(given.ptr[i] - '0');
    }
    *out = limit;
    if (limit >= 1 && limit <= DIRECTORY_PAGE_MAX)
        return 0;
    return admin_call_refuse(call, ERR_INVALID, "limit", "`limit` must be from 1 to %d",
                             DIRECTORY_PAGE_MAX);
}

int admin_call_switch(struct admin_call *call, enum admin_query query, bool *out)
{
    struct span given = call->queries[query];
    const char *word = admin_query_word(query);

    *out = given.ptr != NULL && span_equal(given, SPAN("true"));
    if (given.ptr == NULL || *out || span_equal(given, SPAN("false")))
        return 0;
    return admin_call_refuse(call, ERR_INVALID, word, "`%s` must be true or false", word);
}

int admin_call_check_new(struct admin_call *call, struct span name)
{
    enum directory_kind kind = call->route->kind;

    if (!configured_has_name(&call->steward->snapshot, kind, name))
        return 0;
    return admin_call_refuse(call, ERR_EXISTS, "name", "the configuration has a %s of that name",
                             directory_kind_word(kind));
}

/* --- running ---------------------------------------------------------------------------------- */

static int bind_body(struct admin_call *call)
{
    const struct admin_binding binding = {call->arena, &call->refusal};
    struct span body = {call->body, call->body_bytes};

    if (call->body_bytes == 0)
        body = SPAN("{}");
    else if (!call->is_json)
        return admin_call_refuse(call, ERR_MEDIA_TYPE, "", "%s", err_text(ERR_MEDIA_TYPE));
    int err = admin_input_check(&binding, body);
    return err != 0 ? err : admin_input_bind(&binding, call->route->body, body, &call->input);
}

static struct digest digest_of(struct admin_call *call)
{
    struct digester *digester = call->directory.digester;

    digester_begin(digester);
    digester_add(digester, call->directory.actor);
    digester_add(digester, SPAN("\n"));
    digester_add(digester, call->target);
    digester_add(digester, SPAN("\n"));
    digester_add(digester, (struct span){call->body, call->body_bytes});
    return digester_end(digester);
}

/* @return true when there was one: the answer is that one, or a refusal */
static bool find_kept(struct admin_call *call, const struct digest *request, int *err)
{
    struct audit_answer kept;

    *err = audit_answer_find(&call->directory, call->request_key, request, &kept);
    if (*err == ERR_NOT_FOUND) {
        *err = 0;
        return false;
    }
    if (*err == ERR_IN_USE)
        *err = admin_call_refuse(call, ERR_REPEATED, "idempotency_key", "%s",
                                 err_text(ERR_REPEATED));
    if (*err != 0)
        return true;
    call->answer.status = (int)kept.status;
    call->answer.is_repeated = true;
    struct text *text = admin_call_text(call, kept.body.len + 1);
    if (text == NULL)
        *err = ERR_NO_MEMORY;
    else
        text_add(text, kept.body);
    return true;
}

/* An answer that is too long to be kept is that of an import, which may be repeated as it is. */
static int keep(struct admin_call *call, const struct digest *request)
{
    struct audit_answer answer = {
        .request = *request,
        .status = (uint32_t)call->answer.status,
        .body = call->answer.kept.len > 0 ? call->answer.kept : text_span(&call->answer.text),
    };

    if (answer.body.len > AUDIT_ANSWER_BYTES_MAX)
        return 0;
    return audit_answer_keep(&call->directory, call->request_key, &answer,
                             call->directory.now_ms + ADMIN_ANSWER_KEPT_S * INT64_C(1000));
}

/* The operation and the answer that is kept for it: both, or none after a crash. */
static int run_once(struct admin_call *call)
{
    const struct digest request = digest_of(call);
    int err = database_begin(call->directory.database);

    if (err != 0)
        return err;
    bool was_there = find_kept(call, &request, &err);
    if (!was_there && err == 0)
        err = call->route->run(call);
    if (!was_there && err == 0)
        err = keep(call, &request);
    return database_end(call->directory.database, err);
}

static int run_change(struct admin_call *call)
{
    struct steward *steward = call->steward;
    int err = admin_call_write(call);

    if (err != 0)
        return err;
    err = call->request_key.len > 0 ? run_once(call) : call->route->run(call);
    store_after(&steward->store, err);
    if (err != 0)
        return err;
    /* It is done: what follows is told also when its number cannot be read. */
    if (call->revokes)
        steward_on_revoked(steward, call->route->kind,
                           call->revoked_name.len > 0 ? call->revoked_name : call->params[0]);
    err = directory_last_change(call->directory.database, &call->answer.change);
    store_after(&steward->store, err);
    publisher_changed(&steward->publisher, call->answer.change);
    return err;
}

static int run_reading(struct admin_call *call)
{
    int err = call->route->run(call);

    /* That it can be read does not say that it can be written. */
    if (err != 0)
        store_after(&call->steward->store, err);
    return err;
}

/* Errors that are the database's are one to the client, with the sentence that says which. */
static int explain(struct admin_call *call, int err)
{
    /* What SQLite writes beside a question is its own business. */
    if (err == ERR_DISK_FULL && call->route != NULL && !call->route->changes)
        err = ERR_IO;
    switch (err) {
    case ERR_AGAIN:
    case ERR_IO:
    case ERR_CORRUPT:
    case ERR_VERSION:
    case ERR_NOT_READY:
        if (call->refusal.sentence[0] == '\0')
            return refuse_database(call, err);
        return ERR_DATABASE;
    default:
        return err;
    }
}

static void on_decided(struct publisher_waiter *waiter, int err)
{
    struct admin_call *call = LINK_OWNER(&waiter->link, struct admin_call, waiter.link);

    call->answer.effective = err == 0             ? SPAN("published")
                             : err == ERR_TIMEOUT ? SPAN("late")
                                                  : SPAN("refused");
    admin_answer_send(call, 0);
}

static bool waits(struct admin_call *call)
{
    struct publisher *publisher = &call->steward->publisher;

    call->answer.effective = SPAN("committed");
    if (call->wait_ms == 0)
        return false;
    call->waiter.change = call->answer.change;
    call->waiter.deadline = monotime_after(monotime_now(), call->wait_ms);
    call->waiter.on_decided = on_decided;
    if (publisher_wait(publisher, &call->waiter))
        return true;
    call->answer.effective = SPAN("published");
    return false;
}

static void run(struct admin_call *call)
{
    int err = call->route->takes_body ? bind_body(call) : 0;

    if (err == 0)
        err = call->route->changes ? run_change(call) : run_reading(call);
    err = explain(call, err);
    if (err == 0 && (call->answer.is_streamed || (call->route->changes && waits(call))))
        return;
    admin_answer_send(call, err);
}

/* --- from the server -------------------------------------------------------------------------- */

static struct admin_call *new_call(struct server_conn *conn)
{
    struct steward *steward = server_owner(conn);
    struct arena *arena = arena_new(ADMIN_ARENA_BYTES_MAX);
    struct admin_call *call = arena == NULL ? NULL : arena_take(arena, sizeof(*call));
    struct timespec now;

    if (call == NULL) {
        arena_free(&arena);
        return NULL;
    }
    clock_gettime(CLOCK_REALTIME, &now);
    call->steward = steward;
    call->conn = conn;
    call->arena = arena;
    call->refusal.field = "";
    call->directory = (struct directory_call){
        .digester = steward->digester,
        .now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000,
        .arena = arena,
        .refusal = &call->refusal,
    };
    link_init(&call->waiter.link);
    server_set_exchange(conn, call);
    return call;
}

void admin_call_end(struct admin_call *call, bool cut)
{
    struct server_conn *conn = call->conn;
    struct arena *arena = call->arena;
    /* Keys are made and brought along by requests with a body: their texts are in it and in answers. */
    bool has_secrets = call->route != NULL && call->route->takes_body;

    publisher_forget(&call->waiter);
    admin_backup_end(call);
    if (has_secrets)
        arena_wipe(&arena);
    else
        arena_free(&arena);
    if (cut)
        server_abort(conn);
    else
        server_end(conn, false);
}

static int read_head(struct admin_call *call, const struct http_request *http)
{
    char memory[ADMIN_ALLOW_BYTES_MAX];
    struct text allow = text_over(memory, sizeof(memory));
    struct admin_match match;
    int err = admin_request_identify(call, http);

    if (err != 0)
        return explain(call, err);
    err = admin_routes_find(http, &match, &allow);
    if (err == ERR_METHOD)
        call->answer.kept = arena_copy(call->arena, text_span(&allow));
    if (err != 0)
        return err;
    call->route = match.route;
    return admin_request_read(call, http, &match);
}

static void on_head(struct server_conn *conn, const struct http_request *http)
{
    struct admin_call *call = new_call(conn);

    if (call == NULL) {
        admin_answer_refused(conn, ERR_NO_MEMORY, http->method == HTTP_METHOD_HEAD);
        return;
    }
    call->is_head = http->method == HTTP_METHOD_HEAD;
    call->http_minor = http->minor;
    int err = read_head(call, http);
    if (err != 0)
        admin_answer_send(call, err);
    else if (call->route->takes_body && http->body_kind != HTTP_BODY_NONE)
        server_want_body(conn);
    else
        run(call);
}

static int add_body(struct admin_call *call, struct span bytes)
{
    size_t needed = call->body_bytes + bytes.len;

    if (needed > call->body_room) {
        size_t room = call->body_room == 0 ? BODY_ROOM_FIRST : 2 * call->body_room;
        char *larger = arena_take(call->arena, room > needed ? room : needed);

        if (larger == NULL)
            return ERR_NO_MEMORY;
        if (call->body_bytes > 0)
            memcpy(larger, call->body, call->body_bytes);
        call->body = larger;
        call->body_room = room > needed ? room : needed;
    }
    if (bytes.len > 0)
        memcpy(call->body + call->body_bytes, bytes.ptr, bytes.len);
    call->body_bytes = needed;
    return 0;
}

static void on_body(struct server_conn *conn, struct span bytes, bool last)
{
    struct admin_call *call = server_exchange(conn);
    int err = add_body(call, bytes);

    /* There may be keys in it. */
    span_wipe(bytes);
    if (err != 0)
        admin_answer_send(call, err);
    else if (last)
        run(call);
}

static void on_sent(struct server_conn *conn)
{
    struct admin_call *call = server_exchange(conn);

    if (call == NULL)
        return;
    if (call->answer.is_streamed)
        admin_backup_go_on(call);
    else
        admin_call_end(call, false);
}

static void on_gone(struct server_conn *conn, int err)
{
    struct admin_call *call = server_exchange(conn);

    if (call == NULL)
        return;
    if (err == ERR_CLIENT_GONE || err == ERR_CLIENT_SLOW)
        admin_call_end(call, true);
    else
        admin_answer_send(call, err);
}

static void on_refused(struct server_conn *conn, const struct server_refusal *refusal)
{
    admin_answer_refused(conn, refusal->err, refusal->is_head);
}

const struct server_handlers admin_handlers = {
    .on_head = on_head,
    .on_body = on_body,
    .on_sent = on_sent,
    .on_gone = on_gone,
    .on_refused = on_refused,
};
