#include "lib/web/inner.h"

#include "lib/wire/url.h"

/* What comes before the next field. */
static struct span joint(bool *has_field)
{
    struct span mark = *has_field ? SPAN("&amp;") : SPAN("?");

    *has_field = true;
    return mark;
}

static void add_order(struct text *out, struct web_order order, bool *has_field)
{
    if (order.sort == MODEL_SORT_COUNT)
        return;
    text_add(out, joint(has_field));
    text_add(out, SPAN("sort="));
    text_add(out, model_sort_word(order.sort));
    if (order.is_falling)
        text_add(out, SPAN("&amp;order=desc"));
}

void web_add_link(struct text *out, const struct web_view *view, const struct web_link *link)
{
    struct span search = web_query_search(view->query);
    bool has_field = false;

    text_add(out, SPAN("/models"));
    if (search.len > 0) {
        text_add(out, joint(&has_field));
        text_add(out, SPAN("q="));
        url_add_encoded(out, search);
    }
    add_order(out, link->order, &has_field);
    if (link->page > 0) {
        text_add(out, joint(&has_field));
        text_add(out, SPAN("page="));
        text_add_unsigned(out, link->page);
    }
    if (link->has_place) {
        text_add(out, joint(&has_field));
        text_add(out, link->is_after ? SPAN("after=") : SPAN("before="));
        web_add_place(out, view->snapshot, link->order, link->model);
    }
}
