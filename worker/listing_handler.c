#include "lib/base/invariant.h"
#include "lib/base/iov.h"
#include "lib/base/text.h"
#include "lib/wire/url.h"
#include "worker/handlers.h"
#include "worker/listing.h"
#include "worker/listing_copies.h"

#include <inttypes.h>
#include <stdio.h>

#define LISTING_CACHE_FIELDS                                                         \
    "cache-control: private, no-cache\r\n"                                           \
    "vary: Authorization, x-api-key, x-goog-api-key, api-key, x-firebase-appcheck, " \
    "anthropic-version, Accept, Cookie\r\n"

/** A listing on its way out; its generation stays mapped until the last byte is with the kernel. */
struct listing_exchange {
    struct exchange exchange;
    struct request request;
    struct generation *generation;
    struct listing listing;
    struct page page; /* when it is one */
    char head[REPLY_HEAD_BYTES_MAX];
};

size_t listing_record_bytes(void)
{
    return sizeof(struct listing_exchange);
}

static void release(struct listing_exchange *out)
{
    struct worker *worker = out->request.worker;

    generation_release(&out->generation);
    record_pool_return(&worker->listings, out);
}

static void finish(struct listing_exchange *out)
{
    struct server_conn *conn = out->request.conn;

    release(out);
    server_end(conn, false);
}

/* Write batches until the kernel takes no more, or the listing is out. */
static void go_on(struct listing_exchange *out, struct span head)
{
    struct iovec vec[SERVER_BORROW_MAX];

    while (!out->listing.is_done) {
        struct iov_builder iov = {.vec = vec, .cap = SERVER_BORROW_MAX};
        struct span piece;

        iov_add(&iov, head);
        head = SPAN("");
        while (iov.len < iov.cap && listing_next(&out->listing, &piece))
            iov_add(&iov, piece);
        int64_t waiting = server_write(out->request.conn, iov.vec, iov.len, SERVER_BORROW);
        if (waiting < 0) {
            server_abort(out->request.conn);
            release(out);
            return;
        }
        if (waiting > 0)
            return;
    }
    finish(out);
}

static void on_sent(struct exchange *exchange)
{
    go_on((struct listing_exchange *)exchange, SPAN(""));
}

static void on_gone(struct exchange *exchange, int err)
{
    (void)err;
    release((struct listing_exchange *)exchange);
}

static const struct exchange_table listing_table = {.on_sent = on_sent, .on_gone = on_gone};

/* Takes over the hold on the generation; NULL after an answer that says that there is no memory. */
static struct listing_exchange *take_exchange(const struct request *request,
                                              struct generation *generation)
{
    struct listing_exchange *out = record_pool_take(&request->worker->listings);

    if (out == NULL) {
        reply_error(request, &(struct reply_error){.err = ERR_NO_MEMORY, .generation = generation});
        generation_release(&generation);
        return NULL;
    }
    out->exchange.table = &listing_table;
    out->request = *request;
    out->generation = generation;
    return out;
}

/* The head is written before the hold on the generation is handed on. */
static void begin(struct listing_exchange *out, const struct reply *reply)
{
    struct text head = text_over(out->head, sizeof(out->head));

    reply_head(&out->request, reply, &head);
    INVARIANT(head.err == 0);
    server_set_exchange(out->request.conn, out);
    go_on(out, text_span(&head));
}

static void answer_refusal(const struct request *request, int err, struct generation *generation)
{
    reply_error(request, &(struct reply_error){.err = err, .generation = generation});
    generation_release(&generation);
}

static void answer_unchanged(const struct request *request, struct span fields,
                             struct generation *generation)
{
    struct reply reply = {
        .status = 304, .content_length = -1, .fields = fields, .generation = generation};

    reply_small(request, &reply, SPAN(""));
    generation_release(&generation);
}

/* A listing as one grant set has it in one dialect. */
struct whole {
    enum dialect dialect;
    uint32_t grant_set;
    const struct listing_row *row;
};

static void answer_whole(const struct request *request, const struct whole *whole,
                         struct span fields, struct generation *generation)
{
    const struct snapshot *snapshot = &generation->snapshot;
    struct listing_exchange *out;
    struct span body = SPAN("");
    struct reply reply = {
        .status = 200,
        .content_type = SPAN("application/json"), .content_length = (int64_t)whole->row->body_bytes,
                             .fields = fields, .generation = generation,
        };

    if (!request->is_head && !listing_copies_take(whole->row)) {
        out = take_exchange(request, generation);
        if (out == NULL)
            return;
        listing_begin(&out->listing, snapshot, whole->dialect, whole->grant_set);
        begin(out, &reply);
        return;
    }
    if (!request->is_head)
        body = listing_copies_get(request->worker->copies, snapshot, whole->dialect,
                                  whole->grant_set);
    reply_small(request, &reply, body);
    generation_release(&generation);
}

/* Does the client have what this entity tag names? `fields` become those of the answer. */
static bool is_unchanged(const struct http_request *http, struct span etag, struct text *fields)
{
    struct span if_none_match;

    text_add(fields, SPAN("etag: "));
    text_add(fields, etag);
    text_add(fields, SPAN("\r\n" LISTING_CACHE_FIELDS));
    INVARIANT(fields->err == 0);
    return http_request_find(http, SPAN("if-none-match"), &if_none_match) &&
                             listing_etag_matches(if_none_match, etag);
}

static void send_page(const struct request *request, const struct page *page, enum dialect dialect,
                      struct span fields, struct generation *generation)
{
    struct reply reply = {
        .status = 200,
        .content_type = SPAN("application/json"), .content_length = (int64_t)page->body_bytes,
                             .fields = fields, .generation = generation,
        };

    if (request->is_head) {
        reply_small(request, &reply, SPAN(""));
        generation_release(&generation);
        return;
    }
    struct listing_exchange *out = take_exchange(request, generation);

    if (out == NULL)
        return;
    out->page = *page;
    listing_begin_page(&out->listing, &generation->snapshot, dialect, &out->page);
    begin(out, &reply);
}

/* The tag of the whole list names what all of its items say, the page's hash which of them. */
static struct span page_etag(const struct listing_row *row, const struct page *page, char *memory,
                             size_t memory_bytes)
{
    uint64_t hash = snapshot_fnv(page->hash, row->etag, strlen(row->etag));
    int len = snprintf(memory, memory_bytes, "\"%016" PRIx64 "\"", hash);

    return (struct span){memory, (size_t)len};
}

static void answer_page(const struct request *request, const struct http_request *http,
                        const struct whole *whole, struct generation *generation)
{
    const struct page_request asked = {&generation->snapshot, whole->grant_set, whole->dialect,
                                       http->query};
    struct reply_error error = {.generation = generation};
    char memory[256];
    char tag_memory[sizeof(whole->row->etag)];
    struct text fields = text_over(memory, sizeof(memory));
    struct page page;

    error.err = page_answer(&asked, &page, &error.detail);
    if (error.err != 0) {
        reply_error(request, &error);
        generation_release(&generation);
        return;
    }
    struct span etag = page_etag(whole->row, &page, tag_memory, sizeof(tag_memory));

    if (is_unchanged(http, etag, &fields))
        answer_unchanged(request, text_span(&fields), generation);
    else
        send_page(request, &page, whole->dialect, text_span(&fields), generation);
}

void listing_answer(const struct request *request, const struct http_request *http,
                    enum dialect dialect, struct generation *generation)
{
    struct access access;
    char memory[256];
    struct text fields = text_over(memory, sizeof(memory));
    int err = request_identify(request, http, KEY_SCOPE_LIST, generation, &access);

    if (err != 0) {
        answer_refusal(request, err, generation);
        return;
    }
    const struct whole whole = {dialect, access.grant_set,
                                snapshot_listing(&generation->snapshot, access.grant_set, dialect)};

    counters_add(&request->worker->slot->counters, COUNTER_listings, 1);
    if (page_is_asked(dialect))
        answer_page(request, http, &whole, generation);
    else if (is_unchanged(http, span_of(whole.row->etag), &fields))
        answer_unchanged(request, text_span(&fields), generation);
    else
        answer_whole(request, &whole, text_span(&fields), generation);
}

/* The model that an encoded path names, if this caller may use it. */
static int find_one(const struct request *request, const struct http_request *http,
                    struct span encoded_id, const struct generation *generation, uint32_t *model)
{
    char memory[LAYOUT_SLUG_BYTES_MAX];
    struct access access;
    struct span slug;
    int err = request_identify(request, http, KEY_SCOPE_LIST, generation, &access);

    if (err != 0)
        return err;
    err = url_decode(encoded_id, memory, sizeof(memory), &slug);
    /* Longer than any slug: there is no such model. */
    if (err == ERR_NO_SPACE)
        return ERR_UNKNOWN_MODEL;
    if (err != 0)
        return err;
    return access_admit(&generation->snapshot, &access, slug, model);
}

void listing_answer_one(const struct request *request, const struct http_request *http,
                        const struct route_match *match, struct generation *generation)
{
    uint32_t model;
    int err = find_one(request, http, match->rest, generation, &model);

    if (err != 0) {
        struct reply_error error = {.err = err, .generation = generation};

        if (err == ERR_UNKNOWN_MODEL || err == ERR_NOT_GRANTED)
            error.param = SPAN("model");
        reply_error(request, &error);
        generation_release(&generation);
        return;
    }
    struct span item = listing_item(&generation->snapshot, match->dialect, model);
    struct reply reply = {
        .status = 200,
        .content_type = SPAN("application/json"), .content_length = (int64_t)item.len,
                             .fields = SPAN(LISTING_CACHE_FIELDS), .generation = generation,
                             };

    counters_add(&request->worker->slot->counters, COUNTER_listings, 1);
    reply_small(request, &reply, item);
    generation_release(&generation);
}
