#include "lib/access/session_cookie.h"
#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/base/iov.h"
#include "lib/web/view.h"
#include "lib/wire/url.h"
#include "worker/handlers.h"
#include "worker/listing.h"

#include <inttypes.h>
#include <stdio.h>

/*
 * Nothing comes from elsewhere and nothing is inline, so that text which escaped its escaping would
 * still run nothing. The referrer stays with our own pages: with none at all, browsers would also
 * hide from /signin which page its form came from.
 */
#define SECURITY_FIELDS                                                                  \
    "content-security-policy: default-src 'none'; style-src 'self'; script-src 'self'; " \
    "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n"    \
    "referrer-policy: same-origin\r\n"                                                   \
    "x-content-type-options: nosniff\r\n"

enum { FIELD_BYTES_MAX = 1024, TAG_BYTES = 24 };

/** A page on its way out; its generation stays mapped until the last byte is with the kernel. */
struct web_exchange {
    struct exchange exchange;
    struct request request;
    struct generation *generation;
    struct web_body body;
    char head[REPLY_HEAD_BYTES_MAX];
};

_Static_assert((int)WEB_PIECES_MAX + 1 <= (int)SERVER_BORROW_MAX, "a page is one write");

size_t web_record_bytes(void)
{
    return sizeof(struct web_exchange);
}

static void release(struct web_exchange *out)
{
    struct worker *worker = out->request.worker;

    generation_release(&out->generation);
    record_pool_return(&worker->pages, out);
}

static void on_sent(struct exchange *exchange)
{
    struct web_exchange *out = (struct web_exchange *)exchange;
    struct server_conn *conn = out->request.conn;

    release(out);
    server_end(conn, false);
}

static void on_gone(struct exchange *exchange, int err)
{
    (void)err;
    release((struct web_exchange *)exchange);
}

static const struct exchange_table web_table = {.on_sent = on_sent, .on_gone = on_gone};

/* --- writing ---------------------------------------------------------------------------------- */

static void write_page(struct web_exchange *out, int status, struct span fields)
{
    const struct reply reply = {
        .status = status,
        .content_type = SPAN("text/html; charset=utf-8"),
        .content_length = (int64_t)out->body.bytes,
        .fields = fields,
        .generation = out->generation,
    };
    struct text head = text_over(out->head, sizeof(out->head));
    struct iovec vec[WEB_PIECES_MAX + 1];
    struct iov_builder iov = {.vec = vec, .cap = WEB_PIECES_MAX + 1};

    reply_head(&out->request, &reply, &head);
    INVARIANT(head.err == 0);
    iov_add(&iov, text_span(&head));
    for (uint32_t i = 0; !out->request.is_head && i < out->body.count; i++)
        iov_add(&iov, out->body.pieces[i]);
    server_set_exchange(out->request.conn, out);
    int64_t waiting = server_write(out->request.conn, iov.vec, iov.len, SERVER_BORROW);

    if (waiting < 0) {
        server_abort(out->request.conn);
        release(out);
    } else if (waiting == 0) {
        on_sent(&out->exchange);
    }
}

static void send_unchanged(struct web_exchange *out, struct span fields)
{
    const struct reply reply = {
        .status = 304, .content_length = -1, .fields = fields, .generation = out->generation};

    reply_small(&out->request, &reply, SPAN(""));
    release(out);
}

/* A page that is the same for as long as nothing changed for who looks at it. */
static void send_page(struct web_exchange *out, const struct http_request *http, uint64_t hash)
{
    char memory[FIELD_BYTES_MAX];
    char tag[TAG_BYTES];
    struct text fields = text_over(memory, sizeof(memory));
    struct span if_none_match;
    int len = snprintf(tag, sizeof(tag), "\"%016" PRIx64 "\"", hash);
    struct span etag = {tag, (size_t)len};

    text_add(&fields, SPAN("etag: "));
    text_add(&fields, etag);
    text_add(&fields, SPAN("\r\n" LISTING_CACHE_FIELDS SECURITY_FIELDS));
    INVARIANT(fields.err == 0);
    if (http_request_find(http, SPAN("if-none-match"), &if_none_match) &&
        listing_etag_matches(if_none_match, etag))
        send_unchanged(out, text_span(&fields));
    else
        write_page(out, 200, text_span(&fields));
}

/* A page that says what is wrong. A session that is over is taken away, so that the next page is
 * for who has none. */
static void send_refusal(struct web_exchange *out, struct web_view *view, int err)
{
    char memory[FIELD_BYTES_MAX];
    struct text fields = text_over(memory, sizeof(memory));
    int status = err_http_status(err);

    text_add(&fields, SPAN("cache-control: no-store\r\n" SECURITY_FIELDS));
    if (status == 401)
        text_add(&fields, SPAN("www-authenticate: Bearer\r\n"));
    if (err == ERR_BAD_SESSION || err == ERR_SESSION_ENDED)
        session_cookie_clear(&fields);
    INVARIANT(fields.err == 0);
    err = web_view_render(view, &out->body);
    INVARIANT(err == 0);
    write_page(out, status, text_span(&fields));
}

/* --- what is on it ---------------------------------------------------------------------------- */

/* Who is not signed in may do so here; what else is wrong is said. */
static void refuse(struct web_exchange *out, struct web_view *view, int err)
{
    if (err_http_status(err) == 401)
        web_view_signin(view, err == ERR_NO_CREDENTIAL ? SPAN("") : span_of(err_text(err)));
    else
        web_view_message(view, span_of(err_text(err)));
    send_refusal(out, view, err);
}

/* Did /signin send the browser back here? */
static bool has_failed_to_sign_in(const struct http_request *http)
{
    struct span value;

    return http->query.len > 0 && url_query_find(http->query, SPAN("signin"), &value) &&
           span_equal(value, SPAN("failed"));
}

/* Who looks; the sentence is for who is not let in. */
static int identify(const struct request *request, const struct http_request *http,
                    const struct generation *generation, struct access *access)
{
    bool has_failed = has_failed_to_sign_in(http);
    int err = request_identify(request, http, KEY_SCOPE_LIST, generation, access);

    if (has_failed && (err == ERR_NO_CREDENTIAL || (err == 0 && access->key == ROW_NONE)))
        return ERR_UNKNOWN_KEY;
    return err;
}

static void answer_models(struct web_exchange *out, const struct http_request *http,
                          struct web_view *view)
{
    const struct listing_row *row = snapshot_listing(view->snapshot, view->grant_set, DIALECT_HTML);
    struct web_pick pick;
    int err = web_pick(view->snapshot, view->grant_set, view->query, &pick);

    if (err != 0) {
        web_view_message(view, SPAN("This link leads to no place in the list."));
        send_refusal(out, view, err);
        return;
    }
    counters_add(&out->request.worker->slot->counters, COUNTER_listings, 1);
    web_view_models(view, &pick);
    err = web_view_render(view, &out->body);
    if (err != 0) {
        refuse(out, view, err);
        return;
    }
    /* The listing's tag names what all of its rows say, the view's hash which of them. */
    send_page(out, http,
              snapshot_fnv(web_view_hash(view, &out->body), row->etag, strlen(row->etag)));
}

static void answer_connect(struct web_exchange *out, const struct http_request *http,
                           struct web_view *view)
{
    web_view_connect(view);
    int err = web_view_render(view, &out->body);

    if (err != 0)
        refuse(out, view, err);
    else
        send_page(out, http, web_view_hash(view, &out->body));
}

/* Takes over the hold on the generation; NULL after an answer that says that there is no memory. */
static struct web_exchange *take_exchange(const struct request *request,
                                          struct generation *generation)
{
    struct web_exchange *out = record_pool_take(&request->worker->pages);

    if (out == NULL) {
        reply_error(request, &(struct reply_error){.err = ERR_NO_MEMORY, .generation = generation});
        generation_release(&generation);
        return NULL;
    }
    out->exchange.table = &web_table;
    out->request = *request;
    out->generation = generation;
    return out;
}

void web_answer(const struct request *request, const struct http_request *http,
                const struct route_match *match, struct generation *generation)
{
    struct web_exchange *out = take_exchange(request, generation);
    struct access access;
    struct web_view view;
    struct web_query query;
    struct span wrong;

    if (out == NULL)
        return;
    web_view_init(&view, http);
    view.snapshot = &generation->snapshot;
    if (match->route == ROUTE_CONNECT)
        view.next = SPAN("/connect");
    int err = identify(request, http, generation, &access);

    if (err != 0) {
        refuse(out, &view, err);
        return;
    }
    view.grant_set = access.grant_set;
    web_view_set_key(&view, &generation->snapshot, access.key);
    err = web_query_read(http->query, &query, &wrong);
    if (err != 0) {
        web_view_message(&view, wrong);
        send_refusal(out, &view, err);
        return;
    }
    view.query = &query;
    if (match->route == ROUTE_CONNECT)
        answer_connect(out, http, &view);
    else
        answer_models(out, http, &view);
}

/* --- assets ----------------------------------------------------------------------------------- */

void web_answer_asset(const struct request *request, const struct http_request *http,
                      struct span name)
{
    const struct web_asset *asset = web_find_asset(name);
    char memory[FIELD_BYTES_MAX];
    struct text fields = text_over(memory, sizeof(memory));
    struct span if_none_match;

    if (asset == NULL) {
        reply_error(request, &(struct reply_error){.err = ERR_NO_ROUTE});
        return;
    }
    text_add(&fields, SPAN("etag: "));
    text_add(&fields, asset->etag);
    text_add(&fields,
             SPAN("\r\ncache-control: public, max-age=31536000, immutable\r\n" SECURITY_FIELDS));
    INVARIANT(fields.err == 0);
    struct reply reply = {.status = 304, .content_length = -1, .fields = text_span(&fields)};

    if (!http_request_find(http, SPAN("if-none-match"), &if_none_match) ||
        !listing_etag_matches(if_none_match, asset->etag)) {
        reply.status = 200;
        reply.content_type = asset->content_type;
        reply.content_length = (int64_t)asset->body.len;
    }
    reply_small(request, &reply, reply.status == 200 ? asset->body : SPAN(""));
}
