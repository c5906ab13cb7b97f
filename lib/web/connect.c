#include "lib/web/inner.h"

enum { CHOICES_MAX = 50 };

/* What each kind of provider speaks. */
static const enum wire_protocol protocols[PROVIDER_KIND_COUNT] = {
#define X(name, word, owned_by, page, protocol, ...) [PROVIDER_##name] = PROTOCOL_##protocol,
    PROVIDER_KIND_MAP(X)
#undef X
};

static bool is_chat(const struct web_view *view, uint32_t model)
{
    return snapshot_model(view->snapshot, model)->kind == MODEL_CHAT &&
           snapshot_is_granted(view->snapshot, view->grant_set, model);
}

/* Is that what its first provider speaks? */
static bool is_native(const struct snapshot *snapshot, uint32_t model, enum wire_protocol protocol)
{
    const struct model_facts facts = model_facts_of(snapshot, model);

    return facts.provider < PROVIDER_KIND_COUNT && protocols[facts.provider] == protocol;
}

/*
 * The first model to chat with whose provider speaks that protocol. Any other one would do, because
 * calls are translated, but this is the one that people expect there.
 */
static uint32_t find_first(const struct web_view *view, enum wire_protocol protocol)
{
    uint32_t first = ROW_NONE;

    for (uint32_t n = 0; n < snapshot_rows(view->snapshot, SNAPSHOT_MODELS); n++) {
        if (!is_chat(view, n))
            continue;
        if (is_native(view->snapshot, n, protocol))
            return n;
        if (first == ROW_NONE)
            first = n;
    }
    return first;
}

/* The model that was asked for, if it may be called; else ROW_NONE. */
static uint32_t find_wanted(const struct web_view *view)
{
    const struct web_query *query = view->query;

    if (query == NULL || query->model_bytes == 0)
        return ROW_NONE;
    uint32_t model = snapshot_find_model(view->snapshot,
                                         (struct span){query->model, query->model_bytes});

    if (model == ROW_NONE || !snapshot_is_granted(view->snapshot, view->grant_set, model))
        return ROW_NONE;
    return model;
}

void web_connect_choose(struct web_view *view)
{
    uint32_t wanted = find_wanted(view);

    for (uint32_t n = 0; n < WEB_PROTOCOLS; n++)
        view->models[n] = wanted != ROW_NONE && is_chat(view, wanted)
                              ? wanted
                              : find_first(view, (enum wire_protocol)n);
}

void web_connect_calls(struct web_view *view, struct web_body *body)
{
    static const enum web_template templates[][WEB_PROTOCOLS] = {
        {WEB_TEMPLATE_call_openai, WEB_TEMPLATE_call_anthropic, WEB_TEMPLATE_call_gemini},
        {WEB_TEMPLATE_connect_openai, WEB_TEMPLATE_connect_anthropic, WEB_TEMPLATE_connect_gemini},
    };
    bool is_any = false;

    for (uint32_t n = 0; n < WEB_PROTOCOLS; n++) {
        if (view->models[n] == ROW_NONE)
            continue;
        web_add_template(view, body, templates[view->main == WEB_TEMPLATE_connect][n]);
        is_any = true;
    }
    if (!is_any)
        text_add(&body->text, SPAN("<p class=\"empty\">There is no model yet that you may call: "
                                   "what it takes to call one is shown here then.</p>"));
}

/* The first models that the examples can be for; any other one can be written. */
void web_connect_choices(struct web_view *view, struct web_body *body)
{
    const struct snapshot *snapshot = view->snapshot;
    uint32_t count = 0;

    for (uint32_t n = 0; n < snapshot_rows(snapshot, SNAPSHOT_MODELS) && count < CHOICES_MAX; n++) {
        if (!is_chat(view, n))
            continue;
        text_add(&body->text, SPAN("<option value=\""));
        text_add_html(&body->text, snapshot_bytes(snapshot, snapshot_model(snapshot, n)->slug));
        text_add(&body->text, SPAN("\"></option>"));
        count++;
    }
}

void web_connect_chosen(struct web_view *view, struct web_body *body)
{
    if (view->query != NULL)
        text_add_html(&body->text, (struct span){view->query->model, view->query->model_bytes});
}

/* What became of the model that was asked for. */
void web_connect_note(struct web_view *view, struct web_body *body)
{
    uint32_t wanted = find_wanted(view);
    struct text *out = &body->text;

    if (view->query == NULL || view->query->model_bytes == 0)
        return;
    if (wanted != ROW_NONE && view->models[PROTOCOL_OPENAI] == wanted)
        return;
    text_add(out, SPAN("<p class=\"message\" role=\"status\">"));
    if (wanted == ROW_NONE)
        text_add(out, SPAN("You may call no model named <code>"));
    else
        text_add(out, SPAN("The examples are for chat, which is not what one does with <code>"));
    web_connect_chosen(view, body);
    text_add(out, SPAN("</code>. The examples show another one.</p>"));
}
