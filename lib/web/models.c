#include "lib/web/inner.h"

enum { PAGES_AROUND = 3 /* numbers on each side of the current page's */ };

/* The columns in their order; those that nobody would sort by have no link. */
static const struct {
    struct span name;
    struct span unit;
    bool is_sortable;
    enum model_sort sort;
} columns[] = {
    {{"Slug", 4}, {"", 0}, true, MODEL_SORT_SLUG},
    {{"Name", 4}, {"", 0}, true, MODEL_SORT_NAME},
    {{"Kind", 4}, {"", 0}, false, MODEL_SORT_COUNT},
    {{"Context", 7}, {"tokens", 6}, true, MODEL_SORT_CONTEXT},
    {{"Max out", 7}, {"tokens", 6}, true, MODEL_SORT_MAX_OUTPUT},
    {{"Capabilities", 12}, {"", 0}, false, MODEL_SORT_COUNT},
    {{"Input", 5}, {"$/Mtok", 6}, true, MODEL_SORT_INPUT},
    {{"Output", 6}, {"$/Mtok", 6}, true, MODEL_SORT_OUTPUT},
    {{"Provider", 8}, {"", 0}, true, MODEL_SORT_PROVIDER},
};

enum { COLUMN_COUNT = sizeof(columns) / sizeof(columns[0]) };

static void add_count(struct text *out, uint32_t count, struct span what)
{
    text_add_unsigned(out, count);
    text_add(out, what);
    if (count != 1)
        text_add_char(out, 's');
}

void web_models_summary(struct web_view *view, struct web_body *body)
{
    struct span search = web_query_search(view->query);
    const struct web_pick *pick = view->pick;
    struct text *out = &body->text;

    if (search.len == 0) {
        add_count(out, pick->granted, SPAN(" model"));
        text_add(out, SPAN(" you may call."));
        return;
    }
    text_add_unsigned(out, pick->total);
    text_add(out, SPAN(" of "));
    add_count(out, pick->granted, SPAN(" model"));
    text_add(out, SPAN(" with \xe2\x80\x9c"));
    text_add_html(out, search);
    text_add(out, SPAN("\xe2\x80\x9d in slug or name. <a href=\"/models\">Show all</a>"));
}

/* A search keeps the order that the list has. */
void web_models_order(struct web_view *view, struct web_body *body)
{
    const struct web_order *order = &view->query->order;
    struct text *out = &body->text;

    if (order->sort == MODEL_SORT_COUNT)
        return;
    text_add(out, SPAN("<input type=\"hidden\" name=\"sort\" value=\""));
    text_add(out, model_sort_word(order->sort));
    text_add(out, SPAN("\">"));
    if (order->is_falling)
        text_add(out, SPAN("<input type=\"hidden\" name=\"order\" value=\"desc\">"));
}

static void add_unit(struct text *out, uint32_t column)
{
    if (columns[column].unit.len == 0)
        return;
    text_add(out, SPAN(" <small>"));
    text_add(out, columns[column].unit);
    text_add(out, SPAN("</small>"));
}

static void add_sort_link(struct text *out, const struct web_view *view, uint32_t column,
                          bool is_sorted)
{
    const struct web_link link = {
        .order = {columns[column].sort, is_sorted && !view->query->order.is_falling},
    };

    text_add(out, SPAN("><a href=\""));
    web_add_link(out, view, &link);
    text_add(out, SPAN("\">"));
    text_add(out, columns[column].name);
    text_add(out, SPAN("</a>"));
}

void web_models_head(struct web_view *view, struct web_body *body)
{
    const struct web_order *order = &view->query->order;
    struct text *out = &body->text;

    for (uint32_t column = 0; column < COLUMN_COUNT; column++) {
        bool is_sorted = columns[column].is_sortable && order->sort == columns[column].sort;

        text_add(out, SPAN("<th scope=\"col\""));
        if (is_sorted)
            text_add(out, order->is_falling ? SPAN(" aria-sort=\"descending\"")
                                            : SPAN(" aria-sort=\"ascending\""));
        if (columns[column].is_sortable) {
            add_sort_link(out, view, column, is_sorted);
        } else {
            text_add_char(out, '>');
            text_add(out, columns[column].name);
        }
        add_unit(out, column);
        text_add(out, SPAN("</th>"));
    }
}

static void add_empty(struct web_view *view, struct web_body *body)
{
    const struct web_pick *pick = view->pick;
    const struct web_link first = {.order = view->query->order};

    if (pick->granted == 0) {
        text_add(&body->text, SPAN("<p class=\"empty\">No model is granted to you yet. "
                                   "Whoever runs this gateway can change that.</p>"));
        return;
    }
    if (pick->total == 0) {
        text_add(&body->text, SPAN("<p class=\"empty\">No slug and no name has that in it.</p>"));
        return;
    }
    text_add(&body->text, SPAN("<p class=\"empty\">The list ends before this page. <a href=\""));
    web_add_link(&body->text, view, &first);
    text_add(&body->text, SPAN("\">Go to its beginning</a></p>"));
}

void web_models_list(struct web_view *view, struct web_body *body)
{
    if (view->pick->count > 0)
        web_add_template(view, body, WEB_TEMPLATE_table);
    else
        add_empty(view, body);
}

void web_models_rows(struct web_view *view, struct web_body *body)
{
    const struct web_pick *pick = view->pick;

    for (uint32_t i = 0; i < pick->count;) {
        struct span run = snapshot_fragment(view->snapshot, DIALECT_HTML, pick->models[i++]);

        /* Rows of models that are next to each other lie next to each other. */
        while (i < pick->count && pick->models[i] == pick->models[i - 1] + 1)
            run.len += snapshot_fragment(view->snapshot, DIALECT_HTML, pick->models[i++]).len;
        web_body_add(body, run);
    }
}

static void add_page_link(struct text *out, const struct web_view *view,
                          const struct web_link *link, struct span text)
{
    text_add(out, SPAN("<a href=\""));
    web_add_link(out, view, link);
    text_add(out, SPAN("\">"));
    text_add(out, text);
    text_add(out, SPAN("</a>"));
}

static void add_page_number(struct text *out, const struct web_view *view, uint32_t page,
                            bool is_current)
{
    const struct web_link link = {.order = view->query->order, .page = page};

    text_add(out, SPAN("<a href=\""));
    web_add_link(out, view, &link);
    text_add(out, is_current ? SPAN("\" aria-current=\"page\">") : SPAN("\">"));
    text_add(out, SPAN("<span class=\"sr\">Page </span>"));
    text_add_unsigned(out, page);
    text_add(out, SPAN("</a>"));
}

/* The first page, the last one, and those around the current one; a gap is an ellipsis. */
static void add_page_numbers(struct text *out, const struct web_view *view)
{
    const struct web_pick *pick = view->pick;
    const uint32_t pages = (pick->total + WEB_PAGE_MODELS - 1) / WEB_PAGE_MODELS;
    const uint32_t current = pick->first / WEB_PAGE_MODELS + 1;
    uint32_t last = 0;

    for (uint32_t page = 1; page <= pages; page++) {
        bool is_near = page + PAGES_AROUND >= current && page <= current + PAGES_AROUND;

        if (page != 1 && page != pages && !is_near)
            continue;
        if (page != last + 1)
            text_add(out, SPAN("<span>\xe2\x80\xa6</span>"));
        add_page_number(out, view, page, page == current);
        last = page;
    }
}

void web_models_pager(struct web_view *view, struct web_body *body)
{
    const struct web_pick *pick = view->pick;
    struct text *out = &body->text;
    struct web_link link = {.order = view->query->order, .has_place = true};

    if (pick->count == 0 || pick->total <= WEB_PAGE_MODELS)
        return;
    text_add(out, SPAN("<nav class=\"pager\" aria-label=\"Pages of the list\"><p>"));
    text_add_unsigned(out, pick->first + 1);
    text_add(out, SPAN("\xe2\x80\x93"));
    text_add_unsigned(out, pick->first + pick->count);
    text_add(out, SPAN(" of "));
    text_add_unsigned(out, pick->total);
    text_add(out, SPAN("</p>"));
    link.model = pick->models[0];
    if (pick->first > 0)
        add_page_link(out, view, &link, SPAN("Previous"));
    add_page_numbers(out, view);
    link.model = pick->models[pick->count - 1];
    link.is_after = true;
    if (pick->first + pick->count < pick->total)
        add_page_link(out, view, &link, SPAN("Next"));
    text_add(out, SPAN("</nav>"));
}
