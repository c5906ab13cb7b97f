#include "tools/demo_server.h"

#include "tools/demo.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/iov.h"
#include "lib/dialect/dialect.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    HEAD_BYTES_MAX = 512, /* of an answer */
    CHUNK_HEAD_BYTES = 32,
    PARTS_MAX = 3,        /* of one write */
    EVENTS_PER_TURN = 16, /* of one unpaced stream, so that the others get their turn */
};

/**
 * One call: freed when its timer has closed.
 *
 *   reading   on_head()         the body is collected
 *   telling   begin_answer()    the timer, or the client's pace, asks for the next event
 *   over      end_call()        the connection does not know it any more
 */
struct demo_call {
    struct demo_server *demo;
    struct server_conn *conn; /* NULL: over */
    uv_timer_t timer;
    enum wire_protocol protocol;
    bool is_chunked; /* HTTP/1.1: the stream is framed; else its end is the connection's */
    size_t body_bytes;
    size_t body_room;
    char *body;
    struct demo_answer answer;
};

static void on_timer_closed(uv_handle_t *handle)
{
    struct demo_call *call = handle->data;

    free(call->body);
    free(call);
}

/** The connection is done with the call, whoever ended it. */
static void end_call(struct demo_call *call)
{
    server_set_exchange(call->conn, NULL);
    call->conn = NULL;
    uv_close((uv_handle_t *)&call->timer, on_timer_closed);
}

/** @return bytes that wait for the client, or an ERR_ value: then the exchange must be aborted */
static int64_t write_parts(struct server_conn *conn, const struct span *parts, size_t count)
{
    struct iovec vec[PARTS_MAX];
    struct iov_builder iov = {.vec = vec, .cap = PARTS_MAX};

    for (size_t i = 0; i < count; i++)
        iov_add(&iov, parts[i]);
    return server_write(conn, vec, iov.len, SERVER_COPY);
}

/** A whole answer that is not a stream; ends the exchange. */
static void answer_with(struct server_conn *conn, int status, struct span extra, struct span body)
{
    char memory[HEAD_BYTES_MAX];
    struct text head = text_over(memory, sizeof(memory));
    bool keep = server_keeps_alive(conn);

    text_add(&head, SPAN("HTTP/1.1 "));
    text_add_signed(&head, status);
    text_add(&head, status == 200 ? SPAN(" OK\r\n") : SPAN(" Error\r\n"));
    text_add(&head, SPAN("Content-Type: application/json\r\nContent-Length: "));
    text_add_unsigned(&head, body.len);
    text_add(&head, SPAN("\r\n"));
    text_add(&head, extra);
    text_add(&head, keep ? SPAN("\r\n") : SPAN("Connection: close\r\n\r\n"));
    if (write_parts(conn, (struct span[]){text_span(&head), body}, 2) >= 0)
        server_end(conn, !keep);
    else
        server_abort(conn);
}

static void answer_error(struct server_conn *conn, enum wire_protocol protocol, int err,
                         struct span extra)
{
    char memory[1024];
    struct text body = text_over(memory, sizeof(memory));
    struct dialect_error error = {.err = err, .request_id = SPAN("demo")};

    if (err == ERR_INVALID)
        error.param = SPAN("messages");
    dialect_render_error(dialect_errors_of(protocol), &error, &body);
    answer_with(conn, err_http_status(err), extra, text_span(&body));
}

/* The stream. */

/** @return bytes that wait for the client, or an ERR_ value; a stream's event as one chunk */
static int64_t write_event(struct demo_call *call, struct span event)
{
    char memory[CHUNK_HEAD_BYTES];
    int len = snprintf(memory, sizeof(memory), "%zx\r\n", event.len);
    struct span parts[] = {{memory, (size_t)len}, event, SPAN("\r\n")};

    return call->is_chunked ? write_parts(call->conn, parts, 3)
                            : write_parts(call->conn, &event, 1);
}

static void finish_stream(struct demo_call *call)
{
    struct server_conn *conn = call->conn;
    bool is_chunked = call->is_chunked;
    struct span tail = SPAN("0\r\n\r\n");

    end_call(call);
    if (is_chunked && write_parts(conn, &tail, 1) < 0)
        server_abort(conn);
    else
        server_end(conn, !is_chunked);
}

/** Write one event. @return true when another may follow at once */
static bool tell_event(struct demo_call *call)
{
    char memory[DEMO_EVENT_BYTES];
    struct text event = text_over(memory, sizeof(memory));
    bool more = true;

    while (more && event.len == 0)
        more = demo_answer_next(&call->answer, &event);

    int64_t waiting = event.len == 0 ? 0 : write_event(call, text_span(&event));
    if (waiting < 0) {
        struct server_conn *conn = call->conn;

        end_call(call);
        server_abort(conn);
        return false;
    }
    if (!more) {
        finish_stream(call);
        return false;
    }
    return waiting == 0;
}

static void on_timer(uv_timer_t *timer);

/** Tell what may be told now; the timer or on_sent() goes on. The call may be over afterwards. */
static void go_on(struct demo_call *call)
{
    uint64_t pace_ms = call->demo->pace_ms;
    int events = pace_ms == 0 ? EVENTS_PER_TURN : 1;

    while (events-- > 0) {
        if (!tell_event(call))
            return;
    }
    uv_timer_start(&call->timer, on_timer, pace_ms, 0);
}

static void on_timer(uv_timer_t *timer)
{
    go_on(timer->data);
}

static void begin_stream(struct demo_call *call)
{
    struct span head =
        call->is_chunked
            ? SPAN("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache"
                   "\r\nTransfer-Encoding: chunked\r\n\r\n")
            : SPAN("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache"
                   "\r\nConnection: close\r\n\r\n");

    if (write_parts(call->conn, &head, 1) < 0) {
        struct server_conn *conn = call->conn;

        end_call(call);
        server_abort(conn);
        return;
    }
    uv_timer_start(&call->timer, on_timer, call->demo->pace_ms, 0);
}

/** The body is there: read it, and answer. The call may be over afterwards. */
static void begin_answer(struct demo_call *call)
{
    struct span body = {call->body, call->body_bytes};
    struct demo_ask ask;
    int err = demo_ask_read(body, call->protocol, &ask);

    if (err != 0) {
        struct server_conn *conn = call->conn;
        enum wire_protocol protocol = call->protocol;

        end_call(call);
        answer_error(conn, protocol, err, SPAN(""));
        return;
    }
    demo_answer_init(&call->answer, &ask, ++call->demo->answers, wall_now_s());
    if (ask.is_stream) {
        begin_stream(call);
        return;
    }

    char memory[DEMO_WHOLE_BYTES];
    struct text document = text_over(memory, sizeof(memory));
    struct server_conn *conn = call->conn;

    demo_answer_whole(&call->answer, &document);
    end_call(call);
    answer_with(conn, 200, SPAN(""), text_span(&document));
}

/* What the server tells. */

static struct demo_call *call_new(struct server_conn *conn, const struct http_request *request)
{
    struct demo_server *demo = server_owner(conn);
    struct demo_call *call = calloc(1, sizeof(*call));

    if (call == NULL)
        return NULL;
    call->demo = demo;
    call->conn = conn;
    call->is_chunked = request->minor > 0;
    call->timer.data = call;
    uv_timer_init(&demo->loop, &call->timer);
    return call;
}

enum route_answer { ROUTE_CALL, ROUTE_MODELS };

static const struct route {
    struct span path;
    enum route_answer answer;
    enum wire_protocol protocol;
} routes[] = {
    {{"/v1/chat/completions", 20}, ROUTE_CALL, PROTOCOL_OPENAI},
    {{"/chat/completions", 17}, ROUTE_CALL, PROTOCOL_OPENAI},
    {{"/v1/messages", 12}, ROUTE_CALL, PROTOCOL_ANTHROPIC},
    {{"/messages", 9}, ROUTE_CALL, PROTOCOL_ANTHROPIC},
    {{"/v1/models", 10}, ROUTE_MODELS, PROTOCOL_OPENAI},
    {{"/models", 7}, ROUTE_MODELS, PROTOCOL_OPENAI},
};

static const struct route *find_route(struct span path)
{
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if (span_equal(routes[i].path, path))
            return &routes[i];
    }
    return NULL;
}

static void on_head(struct server_conn *conn, const struct http_request *request)
{
    const struct route *route = find_route(request->path);

    if (route == NULL) {
        answer_error(conn, PROTOCOL_OPENAI, ERR_NO_ROUTE, SPAN(""));
        return;
    }
    if (route->answer == ROUTE_MODELS) {
        if (request->method == HTTP_METHOD_GET)
            answer_with(conn, 200, SPAN(""), demo_model_list());
        else
            answer_error(conn, route->protocol, ERR_METHOD, SPAN("Allow: GET\r\n"));
        return;
    }
    if (request->method != HTTP_METHOD_POST) {
        answer_error(conn, route->protocol, ERR_METHOD, SPAN("Allow: POST\r\n"));
        return;
    }

    struct demo_call *call = call_new(conn, request);
    if (call == NULL) {
        answer_error(conn, route->protocol, ERR_NO_MEMORY, SPAN(""));
        return;
    }
    call->protocol = route->protocol;
    server_set_exchange(conn, call);
    server_want_body(conn);
}

/** Make room for more of the body. The server has checked it against BODY_BYTES_MAX. */
static bool grow_body(struct demo_call *call, size_t bytes)
{
    size_t room = call->body_room == 0 ? CHUNK_BYTES : call->body_room;

    while (room < call->body_bytes + bytes)
        room *= 2;
    if (room == call->body_room)
        return true;

    char *body = realloc(call->body, room);
    if (body == NULL)
        return false;
    call->body = body;
    call->body_room = room;
    return true;
}

static void on_body(struct server_conn *conn, struct span bytes, bool last)
{
    struct demo_call *call = server_exchange(conn);

    if (!grow_body(call, bytes.len)) {
        enum wire_protocol protocol = call->protocol;

        end_call(call);
        answer_error(conn, protocol, ERR_NO_MEMORY, SPAN(""));
        return;
    }
    if (bytes.len > 0)
        memcpy(call->body + call->body_bytes, bytes.ptr, bytes.len);
    call->body_bytes += bytes.len;
    if (last)
        begin_answer(call);
}

static void on_sent(struct server_conn *conn)
{
    struct demo_call *call = server_exchange(conn);

    if (call != NULL && !uv_is_active((uv_handle_t *)&call->timer))
        uv_timer_start(&call->timer, on_timer, call->demo->pace_ms, 0);
}

static void on_gone(struct server_conn *conn, int err)
{
    struct demo_call *call = server_exchange(conn);
    enum wire_protocol protocol = call == NULL ? PROTOCOL_OPENAI : call->protocol;

    if (call != NULL)
        end_call(call);
    if (err != ERR_CLIENT_GONE && err != ERR_CLIENT_SLOW)
        answer_error(conn, protocol, err, SPAN(""));
}

static void on_refused(struct server_conn *conn, const struct server_refusal *refusal)
{
    answer_error(conn, PROTOCOL_OPENAI, refusal->err, SPAN(""));
}

const struct server_handlers demo_handlers = {
    .on_head = on_head,
    .on_body = on_body,
    .on_sent = on_sent,
    .on_gone = on_gone,
    .on_refused = on_refused,
};
