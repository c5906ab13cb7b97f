#include "steward/admin_page.h"

#include "lib/base/err.h"

enum { END_BYTES = 1024 }; /* kept free for the cursor */

int admin_page_begin(struct admin_call *call, struct admin_page *page)
{
    *page = (struct admin_page){.call = call};
    page->out = admin_call_text(call, ADMIN_ANSWER_BYTES_MAX);
    if (page->out == NULL)
        return ERR_NO_MEMORY;
    page->out->cap -= END_BYTES;
    text_add(page->out, SPAN("{\"data\":["));
    page->kept_bytes = page->out->len;
    return 0;
}

struct text *admin_page_row(struct admin_page *page)
{
    if (page->count > 0)
        text_add_char(page->out, ',');
    return page->out;
}

bool admin_page_keep(struct admin_page *page, struct span cursor)
{
    if (page->out->err != 0) {
        page->out->err = 0;
        page->out->len = page->kept_bytes;
        page->is_full = true;
        return false;
    }
    page->kept_bytes = page->out->len;
    page->last = cursor;
    page->count++;
    return true;
}

int admin_page_end(struct admin_page *page, struct span next)
{
    struct text *out = page->out;

    if (page->is_full)
        next = page->last;
    out->cap += END_BYTES;
    text_add(out, SPAN("],\"next\":"));
    if (next.len > 0)
        text_add_json(out, next);
    else
        text_add(out, SPAN("null"));
    text_add_char(out, '}');
    page->call->answer.status = 200;
    return 0;
}
