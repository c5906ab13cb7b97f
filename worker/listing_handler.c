#include "lib/base/invariant.h"
#include "lib/base/iov.h"
#include "lib/base/text.h"
#include "lib/wire/url.h"
#include "worker/handlers.h"
#include "worker/listing.h"
#include "worker/listing_copies.h"

enum { FIELD_BYTES_MAX = 256 };

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

static void reply_unchanged(const struct request *request, struct span fields,
                            const struct generation *generation)
{
    struct reply reply = {
        .status = 304, .content_length = -1, .fields = fields, .generation = generation};

    reply_small(request, &reply, SPAN(""));
}

static void answer_unchanged(const struct request *request, struct span fields,
                             struct generation *generation)
{
    reply_unchanged(request, fields, generation);
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

enum { ETAG_BYTES = 18 };

/* 16 hex digits in quotes. */
static struct span write_etag(uint64_t hash, char memory[static ETAG_BYTES])
{
    static const char digits[] = "0123456789abcdef";

    memory[0] = '"';
    for (size_t i = ETAG_BYTES - 2; i > 0; i--) {
        memory[i] = digits[hash & 15];
        hash >>= 4;
    }
    memory[ETAG_BYTES - 1] = '"';
    return (struct span){memory, ETAG_BYTES};
}

static struct reply list_reply(uint64_t body_bytes, struct span fields,
                               const struct generation *generation)
{
    return (struct reply){
        .status = 200,
        .content_type = SPAN("application/json"),
        .content_length = (int64_t)body_bytes,
        .fields = fields,
        .generation = generation,
    };
}

/* @return false: it is for going out in pieces */
static bool reply_in_one_piece(const struct request *request, const struct page_request *asked,
                               const struct listing_found *found, const struct reply *reply)
{
    struct listing_copy copy;

    if (request->is_head) {
        reply_small(request, reply, SPAN(""));
        return true;
    }
    if (!listing_copies_keep(request->worker->copies, asked, found, &copy))
        return false;
    reply_behind_head(request, reply, copy.body);
    return true;
}

static void answer_copy(const struct request *request, const struct http_request *http,
                        const struct listing_copy *copy, struct generation *generation)
{
    char memory[FIELD_BYTES_MAX];
    struct text fields = text_over(memory, sizeof(memory));

    if (is_unchanged(http, copy->etag, &fields)) {
        answer_unchanged(request, text_span(&fields), generation);
        return;
    }
    struct reply reply = list_reply(copy->body.len, text_span(&fields), generation);

    if (request->is_head)
        reply_small(request, &reply, SPAN(""));
    else
        reply_behind_head(request, &reply, copy->body);
    generation_release(&generation);
}

static void answer_whole(const struct request *request, const struct http_request *http,
                         const struct page_request *asked, struct generation *generation)
{
    const struct listing_row *row = snapshot_listing(asked->snapshot, asked->grant_set,
                                                     asked->dialect);
    struct span etag = span_of(row->etag);
    char memory[FIELD_BYTES_MAX];
    struct text fields = text_over(memory, sizeof(memory));
    struct listing listing;

    if (is_unchanged(http, etag, &fields)) {
        answer_unchanged(request, text_span(&fields), generation);
        return;
    }
    struct reply reply = list_reply(row->body_bytes, text_span(&fields), generation);

    listing_begin(&listing, asked->snapshot, asked->dialect, asked->grant_set);
    const struct listing_found found = {etag, row->body_bytes, &listing};

    if (reply_in_one_piece(request, asked, &found, &reply)) {
        generation_release(&generation);
        return;
    }
    struct listing_exchange *out = take_exchange(request, generation);
    if (out == NULL)
        return;
    out->listing = listing;
    begin(out, &reply);
}

/* The tag of the whole list names what all of its items say, the page's hash which of them. */
static struct span page_etag(const struct listing_row *row, const struct page *page,
                             char memory[static ETAG_BYTES])
{
    return write_etag(page->hash ^ snapshot_checksum(row->etag, strlen(row->etag)), memory);
}

/* The page is made where it stays until it is sent. */
static void answer_page(const struct request *request, const struct http_request *http,
                        const struct page_request *asked, struct generation *generation)
{
    struct reply_error error = {.generation = generation};
    char memory[FIELD_BYTES_MAX];
    char tag_memory[ETAG_BYTES];
    struct text fields = text_over(memory, sizeof(memory));
    struct listing_exchange *out = take_exchange(request, generation);

    if (out == NULL)
        return;
    error.err = page_answer(asked, &out->page, &error.detail);
    if (error.err != 0) {
        reply_error(request, &error);
        release(out);
        return;
    }
    struct span etag = page_etag(
        snapshot_listing(asked->snapshot, asked->grant_set, asked->dialect), &out->page,
        tag_memory);

    if (is_unchanged(http, etag, &fields)) {
        reply_unchanged(request, text_span(&fields), generation);
        release(out);
        return;
    }
    struct reply reply = list_reply(out->page.body_bytes, text_span(&fields), generation);

    listing_begin_page(&out->listing, asked->snapshot, asked->dialect, &out->page);
    const struct listing_found found = {etag, out->page.body_bytes, &out->listing};

    if (reply_in_one_piece(request, asked, &found, &reply))
        release(out);
    else
        begin(out, &reply);
}

void listing_answer(const struct request *request, const struct http_request *http,
                    const struct route_match *match, struct generation *generation)
{
    const enum dialect dialect = match->dialect;
    bool is_page = page_is_asked(dialect);
    struct listing_copy copy;
    struct access access;
    int err = request_identify(request, http, KEY_SCOPE_LIST, generation, &access);

    if (err != 0) {
        answer_refusal(request, err, generation);
        return;
    }
    const struct page_request asked = {
        .snapshot = &generation->snapshot,
        .grant_set = access.grant_set,
        .dialect = dialect,
        .query = is_page ? http->query : SPAN(""),
        .counts = match->handler == HANDLER_COUNT,
    };

    counters_add(&request->worker->slot->counters, COUNTER_listings, 1);
    if (listing_copies_find(request->worker->copies, &asked, &copy))
        answer_copy(request, http, &copy, generation);
    else if (is_page)
        answer_page(request, http, &asked, generation);
    else
        answer_whole(request, http, &asked, generation);
}

/* A model as a path names it. */
struct named_model {
    uint32_t number;
    struct span slug; /* decoded; empty when no slug is that long */
    char memory[LAYOUT_SLUG_BYTES_MAX + 7];
};

/* The model that an encoded path names, if this caller may use it. */
static int find_one(const struct request *request, const struct http_request *http,
                    const struct route_match *match, const struct generation *generation,
                    struct named_model *out)
{
    const struct span whole_name = SPAN("models/");
    struct access access;
    int err = request_identify(request, http, KEY_SCOPE_LIST, generation, &access);

    if (err != 0)
        return err;
    err = url_decode(match->rest, out->memory, sizeof(out->memory), &out->slug);
    if (err != 0) {
        out->slug = SPAN("");
        /* Longer than any slug: there is no such model. */
        return err == ERR_NO_SPACE ? ERR_UNKNOWN_MODEL : err;
    }
    err = access_admit(&generation->snapshot, &access, out->slug, &out->number);
    /* What Gemini's listing calls `name`, which some clients send behind the path that has it. */
    if (err == ERR_UNKNOWN_MODEL && match->dialect == DIALECT_GEMINI &&
        span_starts_with(out->slug, whole_name)) {
        out->slug = span_skip(out->slug, whole_name.len);
        err = access_admit(&generation->snapshot, &access, out->slug, &out->number);
    }
    return err;
}

static void refuse_one(const struct request *request, int err, struct span slug,
                       struct generation *generation)
{
    struct reply_error error = {.err = err, .subject = slug, .generation = generation};

    if (err == ERR_UNKNOWN_MODEL || err == ERR_NOT_GRANTED)
        error.param = SPAN("model");
    reply_error(request, &error);
    generation_release(&generation);
}

/* What a model reads like in a dialect follows from its content and from when that was published. */
static struct span item_etag(const struct snapshot *snapshot, enum dialect dialect, uint32_t model,
                             char memory[static ETAG_BYTES])
{
    const struct model_row *row = snapshot_model(snapshot, model);
    const uint64_t facts[] = {row->content_hash, (uint64_t)row->created_s, (uint64_t)dialect};

    return write_etag(snapshot_checksum(facts, sizeof(facts)), memory);
}

static void send_one(const struct request *request, enum dialect dialect, uint32_t model,
                     struct span fields, struct generation *generation)
{
    const struct span pieces[] = {dialect_item_head(dialect),
                                  listing_item(&generation->snapshot, dialect, model),
                                  dialect_item_tail(dialect)};
    struct reply reply = {.status = 200,
                          .content_type = SPAN("application/json"),
                          .fields = fields,
                          .generation = generation};

    reply_pieces(request, &reply, pieces, sizeof(pieces) / sizeof(pieces[0]));
    generation_release(&generation);
}

void listing_answer_one(const struct request *request, const struct http_request *http,
                        const struct route_match *match, struct generation *generation)
{
    char memory[FIELD_BYTES_MAX];
    char tag_memory[ETAG_BYTES];
    struct text fields = text_over(memory, sizeof(memory));
    struct named_model model;

    model.slug = SPAN("");
    int err = find_one(request, http, match, generation, &model);

    if (err != 0) {
        refuse_one(request, err, model.slug, generation);
        return;
    }
    struct span etag = item_etag(&generation->snapshot, match->dialect, model.number, tag_memory);

    counters_add(&request->worker->slot->counters, COUNTER_listings, 1);
    if (is_unchanged(http, etag, &fields))
        answer_unchanged(request, text_span(&fields), generation);
    else
        send_one(request, match->dialect, model.number, text_span(&fields), generation);
}
