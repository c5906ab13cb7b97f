/* The two forms of the page: one gives a browser a session, the other takes it away. */
#include "lib/access/session_cookie.h"
#include "lib/access/signin.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "worker/handlers.h"

enum { MS_PER_SECOND = 1000 };

_Static_assert(SIGNIN_NEXT_BYTES_MAX + 512 <= REPLY_FIELDS_BYTES_MAX, "a place and a cookie");

/** A form on its way in; it holds its generation until it has been answered. */
struct signin {
    struct exchange exchange;
    struct request request;
    struct generation *generation;
    bool is_secure; /* the browser came by https */
    uint32_t body_bytes;
    char body[SIGNIN_BODY_BYTES_MAX];
};

size_t signin_record_bytes(void)
{
    return sizeof(struct signin);
}

static void release(struct signin *signin)
{
    struct worker *worker = signin->request.worker;

    generation_release(&signin->generation);
    explicit_bzero(signin->body, signin->body_bytes);
    record_pool_return(&worker->signins, signin);
}

/* --- answers ---------------------------------------------------------------------------------- */

static void refuse(const struct request *request, struct generation *generation, int err)
{
    reply_error(request, &(struct reply_error){.err = err,
                                               .fields = SPAN("cache-control: no-store\r\n"),
                                               .generation = generation});
    generation_release(&generation);
}

/* The form is asked for again, by the page that it stood on; the page says that the key is wrong. */
static void answer_failed(const struct signin *signin, struct span next)
{
    char memory[SIGNIN_NEXT_BYTES_MAX + 32];
    struct text where = text_over(memory, sizeof(memory));

    counters_add(&signin->request.worker->slot->counters, COUNTER_signins_refused, 1);
    text_add(&where, signin_page_of(next));
    text_add(&where, SPAN("?signin=failed"));
    INVARIANT(where.err == 0);
    reply_see_other(&signin->request, signin->generation, text_span(&where), SPAN(""));
}

static void answer_signed_in(const struct signin *signin, const struct digest *key,
                             struct span next)
{
    const struct worker *worker = signin->request.worker;
    const struct settings *settings = &signin->generation->snapshot.header->settings;
    const struct session_signer signer = {
        .digester = worker->digester,
        .key = generation_session_key(signin->generation),
    };
    const struct session_cookie cookie = {
        .lifetime_s = settings->lifetime_ms / MS_PER_SECOND,
        .is_secure = signin->is_secure,
    };
    const struct session session = {*key, wall_now_s() + (int64_t)cookie.lifetime_s};
    char token[SESSION_TOKEN_BYTES];
    char memory[256];
    struct text field = text_over(memory, sizeof(memory));

    counters_add(&worker->slot->counters, COUNTER_signins, 1);
    session_write(&signer, &session, token);
    session_cookie_set(&cookie, (struct span){token, sizeof(token)}, &field);
    INVARIANT(field.err == 0);
    reply_see_other(&signin->request, signin->generation, next, text_span(&field));
    explicit_bzero(token, sizeof(token));
    explicit_bzero(memory, field.len);
}

/* --- the form --------------------------------------------------------------------------------- */

static int find_key(const struct signin *signin, struct span text, struct digest *out)
{
    const struct worker *worker = signin->request.worker;
    const struct access_basis basis = {&signin->generation->snapshot, &worker->revocations};
    struct access access;

    /* Nothing at all would be an anonymous caller. */
    if (text.len == 0)
        return ERR_NO_CREDENTIAL;
    *out = digester_hash(worker->digester, text);
    return access_identify_digest(&basis, out, KEY_SCOPE_LIST, &access);
}

static void finish(struct signin *signin)
{
    char memory[SIGNIN_BODY_BYTES_MAX];
    struct signin_form form;
    struct digest key;
    int err = signin_read_form((struct span){signin->body, signin->body_bytes}, memory, &form);

    if (err != 0) {
        reply_error(&signin->request,
                    &(struct reply_error){.err = err, .generation = signin->generation});
    } else if (find_key(signin, form.key, &key) != 0) {
        answer_failed(signin, form.next);
    } else {
        answer_signed_in(signin, &key, form.next);
    }
    explicit_bzero(memory, signin->body_bytes);
    release(signin);
}

static void fail(struct signin *signin, int err)
{
    reply_error(&signin->request,
                &(struct reply_error){.err = err, .generation = signin->generation});
    release(signin);
}

static void on_body(struct exchange *exchange, struct span bytes, bool last)
{
    struct signin *signin = (struct signin *)exchange;
    bool fits = bytes.len <= sizeof(signin->body) - signin->body_bytes;

    if (fits && bytes.len > 0) {
        memcpy(signin->body + signin->body_bytes, bytes.ptr, bytes.len);
        signin->body_bytes += (uint32_t)bytes.len;
    }
    /* The key may be in it, and the buffer is the next request's. */
    span_wipe(bytes);
    if (!fits)
        fail(signin, ERR_BODY_TOO_LARGE);
    else if (last)
        finish(signin);
}

static void on_gone(struct exchange *exchange, int err)
{
    struct signin *signin = (struct signin *)exchange;

    if (err == ERR_CLIENT_GONE || err == ERR_CLIENT_SLOW)
        release(signin);
    else
        fail(signin, err);
}

static const struct exchange_table signin_table = {.on_body = on_body, .on_gone = on_gone};

/* All that a head can be refused for, before a byte of the body is asked for. */
static int check_head(const struct http_request *http, const struct generation *generation,
                      bool *is_secure)
{
    int err = signin_check_origin(http, is_secure);

    if (err != 0)
        return err;
    if (!*is_secure && generation->snapshot.header->settings.https_only != 0)
        return ERR_PLAIN_HTTP;
    if (!signin_is_form(http))
        return ERR_FORM_TYPE;
    if (http->body_kind == HTTP_BODY_LENGTH && http->content_length > SIGNIN_BODY_BYTES_MAX)
        return ERR_BODY_TOO_LARGE;
    return generation_session_key(generation).len == 0 ? ERR_NO_SESSIONS : 0;
}

void signin_begin(const struct request *request, const struct http_request *http,
                  struct generation *generation)
{
    bool is_secure;
    int err = check_head(http, generation, &is_secure);
    struct signin *signin = err == 0 ? record_pool_take(&request->worker->signins) : NULL;

    if (signin == NULL) {
        refuse(request, generation, err != 0 ? err : ERR_NO_MEMORY);
        return;
    }
    signin->exchange.table = &signin_table;
    signin->request = *request;
    signin->generation = generation;
    signin->is_secure = is_secure;
    signin->body_bytes = 0;
    server_set_exchange(request->conn, signin);
    server_want_body(request->conn);
}

void signout_answer(const struct request *request, const struct http_request *http,
                    struct generation *generation)
{
    char memory[256];
    struct text fields = text_over(memory, sizeof(memory));
    bool is_secure;
    int err = signin_check_origin(http, &is_secure);

    if (err != 0) {
        refuse(request, generation, err);
        return;
    }
    session_cookie_clear(&fields);
    /* Else the way back shows what the key could see (W3C Clear Site Data, section 3.1). */
    text_add(&fields, SPAN("clear-site-data: \"cache\"\r\n"));
    INVARIANT(fields.err == 0);
    reply_see_other(request, generation, SPAN("/models"), text_span(&fields));
    generation_release(&generation);
}
