#include "lib/web/inner.h"

#include "lib/base/invariant.h"

#define FALLBACK_ORIGIN "http://localhost:8080"

typedef void slot_fn(struct web_view *view, struct web_body *body);

/* --- slots that every page has ---------------------------------------------------------------- */

static void add_title(struct web_view *view, struct web_body *body)
{
    text_add_html(&body->text, view->title);
}

static void add_message(struct web_view *view, struct web_body *body)
{
    if (view->message.len == 0)
        return;
    text_add(&body->text, SPAN("<p class=\"message\" role=\"alert\">"));
    text_add_html(&body->text, view->message);
    text_add(&body->text, SPAN("</p>"));
}

static void add_user(struct web_view *view, struct web_body *body)
{
    text_add_html(&body->text, view->user);
}

static void add_next(struct web_view *view, struct web_body *body)
{
    text_add_html(&body->text, view->next);
}

static void add_search(struct web_view *view, struct web_body *body)
{
    if (view->query != NULL)
        text_add_html(&body->text, web_query_search(view->query));
}

static void mark_current(struct web_body *body, bool is_current)
{
    if (is_current)
        text_add(&body->text, SPAN(" aria-current=\"page\""));
}

static void mark_models(struct web_view *view, struct web_body *body)
{
    mark_current(body, view->main == WEB_TEMPLATE_models);
}

static void mark_connect(struct web_view *view, struct web_body *body)
{
    mark_current(body, view->main == WEB_TEMPLATE_connect);
}

/* Who is not signed in finds the form in the page itself, where there is nothing else on it. */
static void add_account(struct web_view *view, struct web_body *body)
{
    if (view->is_signed_in)
        web_add_template(view, body, WEB_TEMPLATE_signed_in);
    else if (view->main != WEB_TEMPLATE_signin)
        web_add_template(view, body, WEB_TEMPLATE_anonymous);
}

static void add_form(struct web_view *view, struct web_body *body)
{
    web_add_template(view, body, WEB_TEMPLATE_form);
}

static void add_gateway(struct web_view *view, struct web_body *body)
{
    web_add_template(view, body, WEB_TEMPLATE_gateway);
}

static void add_main(struct web_view *view, struct web_body *body)
{
    web_add_template(view, body, view->main);
}

static void add_url(struct web_view *view, struct web_body *body)
{
    text_add_html(&body->text, (struct span){view->origin, view->origin_bytes});
}

static void add_slug(struct web_view *view, struct web_body *body, enum wire_protocol protocol)
{
    const struct snapshot *snapshot = view->snapshot;
    uint32_t model = view->models[protocol];

    if (model != ROW_NONE)
        text_add_html(&body->text, snapshot_bytes(snapshot, snapshot_model(snapshot, model)->slug));
}

static void add_gpt(struct web_view *view, struct web_body *body)
{
    add_slug(view, body, PROTOCOL_OPENAI);
}

static void add_claude(struct web_view *view, struct web_body *body)
{
    add_slug(view, body, PROTOCOL_ANTHROPIC);
}

static void add_gemini(struct web_view *view, struct web_body *body)
{
    add_slug(view, body, PROTOCOL_GEMINI);
}

static slot_fn *const slots[WEB_SLOT_COUNT] = {
    [WEB_SLOT_account] = add_account,
    [WEB_SLOT_at_connect] = mark_connect,
    [WEB_SLOT_at_models] = mark_models,
    [WEB_SLOT_calls] = web_connect_calls,
    [WEB_SLOT_choices] = web_connect_choices,
    [WEB_SLOT_chosen] = web_connect_chosen,
    [WEB_SLOT_claude] = add_claude,
    [WEB_SLOT_form] = add_form,
    [WEB_SLOT_gateway] = add_gateway,
    [WEB_SLOT_gemini] = add_gemini,
    [WEB_SLOT_gpt] = add_gpt,
    [WEB_SLOT_head] = web_models_head,
    [WEB_SLOT_list] = web_models_list,
    [WEB_SLOT_main] = add_main,
    [WEB_SLOT_message] = add_message,
    [WEB_SLOT_next] = add_next,
    [WEB_SLOT_note] = web_connect_note,
    [WEB_SLOT_order] = web_models_order,
    [WEB_SLOT_pager] = web_models_pager,
    [WEB_SLOT_q] = add_search,
    [WEB_SLOT_rows] = web_models_rows,
    [WEB_SLOT_summary] = web_models_summary,
    [WEB_SLOT_title] = add_title,
    [WEB_SLOT_url] = add_url,
    [WEB_SLOT_user] = add_user,
};

void web_add_template(struct web_view *view, struct web_body *body, enum web_template number)
{
    const struct web_pieces *pieces = &web_templates[number];

    for (uint32_t i = 0; i < pieces->count; i++) {
        const struct web_piece *piece = &pieces->pieces[i];

        if (piece->slot == WEB_SLOT_NONE) {
            web_body_add(body, piece->bytes);
            continue;
        }
        INVARIANT(slots[piece->slot] != NULL);
        slots[piece->slot](view, body);
    }
}

/* --- views ------------------------------------------------------------------------------------ */

/* A name or an address with its port; brackets for IPv6. Nothing that a shell would read. */
static bool is_host(struct span host)
{
    if (host.len == 0 || host.len > WEB_ORIGIN_BYTES_MAX - strlen("https://"))
        return false;
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              (c != '\0' && strchr(".-_:[]", c) != NULL)))
            return false;
    }
    return true;
}

static void find_origin(struct web_view *view, const struct http_request *http)
{
    struct text origin = text_over(view->origin, sizeof(view->origin));
    struct span host;
    struct span scheme;

    if (!http_request_find(http, SPAN("host"), &host) || !is_host(host)) {
        text_add(&origin, SPAN(FALLBACK_ORIGIN));
    } else {
        bool is_secure = http_request_find(http, SPAN("x-forwarded-proto"), &scheme) &&
                         span_equal_nocase(scheme, SPAN("https"));

        text_add(&origin, is_secure ? SPAN("https://") : SPAN("http://"));
        text_add(&origin, host);
    }
    INVARIANT(origin.err == 0);
    view->origin_bytes = (uint32_t)origin.len;
}

void web_view_init(struct web_view *view, const struct http_request *http)
{
    *view = (struct web_view){.next = SPAN("/models"), .main = WEB_TEMPLATE_message};
    for (uint32_t i = 0; i < WEB_PROTOCOLS; i++)
        view->models[i] = ROW_NONE;
    find_origin(view, http);
}

void web_view_set_key(struct web_view *view, const struct snapshot *snapshot, uint32_t key)
{
    if (key == ROW_NONE)
        return;
    const struct key_row *row = snapshot_key(snapshot, key);
    struct ref name = row->name;

    if (row->user != ROW_NONE)
        name = SNAPSHOT_ROW(snapshot, USERS, struct subject_row, row->user)->name;
    view->is_signed_in = true;
    view->user = snapshot_bytes(snapshot, name);
}

void web_view_models(struct web_view *view, const struct web_pick *pick)
{
    view->pick = pick;
    view->title = SPAN("Models");
    view->main = WEB_TEMPLATE_models;
    web_connect_choose(view);
}

void web_view_connect(struct web_view *view)
{
    view->title = SPAN("Connect");
    view->main = WEB_TEMPLATE_connect;
    web_connect_choose(view);
}

void web_view_signin(struct web_view *view, struct span message)
{
    view->title = SPAN("Sign in");
    view->main = WEB_TEMPLATE_signin;
    view->message = message;
}

void web_view_message(struct web_view *view, struct span message)
{
    view->title = SPAN("Sorry");
    view->main = WEB_TEMPLATE_message;
    view->message = message;
}

int web_view_render(struct web_view *view, struct web_body *body)
{
    web_body_init(body);
    web_add_template(view, body, WEB_TEMPLATE_frame);
    return web_body_close(body);
}

uint64_t web_view_hash(const struct web_view *view, const struct web_body *body)
{
    uint64_t hash = web_files_hash ^ body->hash;
    uint32_t count = view->main == WEB_TEMPLATE_models ? view->pick->count : 0;

    for (uint32_t i = 0; i < count; i++) {
        uint64_t slug = snapshot_model(view->snapshot, view->pick->models[i])->slug_hash;

        hash = snapshot_fnv(hash, &slug, sizeof(slug));
    }
    return snapshot_fnv(hash, &body->bytes, sizeof(body->bytes));
}
