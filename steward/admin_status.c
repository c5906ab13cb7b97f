/* `GET /admin/status`: also, and above all, when the database cannot be used. */
#include "lib/base/err.h"
#include "steward/admin_handlers.h"
#include "steward/admin_render.h"
#include "steward/steward_inner.h"

enum { STATUS_BYTES_MAX = 8192 };

static void add_trouble(struct text *out, const char *word, const struct database_trouble *trouble)
{
    text_add_char(out, '"');
    text_add(out, span_of(word));
    text_add(out, trouble->err == 0 ? SPAN("\":{\"usable\":true") : SPAN("\":{\"usable\":false"));
    render_text(out, "error", span_of(trouble->err == 0 ? "" : err_name(trouble->err)));
    render_text(out, "reason", span_of(trouble->err == 0 ? "" : trouble->sentence));
}

int admin_status_show(struct admin_call *call)
{
    const struct steward *steward = call->steward;
    const struct publisher *publisher = &steward->publisher;
    struct text *out = admin_call_text(call, STATUS_BYTES_MAX);

    if (out == NULL)
        return ERR_NO_MEMORY;
    text_add_char(out, '{');
    add_trouble(out, "database", &steward->store.trouble);
    render_text(out, "path", span_of(steward->store.path));
    text_add(out, SPAN("},"));
    add_trouble(out, "export", &publisher->trouble);
    render_number(out, "change", publisher->exported);
    text_add(out, SPAN("},\"generation\":"));
    text_add_unsigned(out, steward->generation);
    render_number(out, "changed", publisher->changed);
    render_number(out, "published", publisher->published);
    render_text(out, "reload_error",
                span_of(publisher->reload_err == 0 ? "" : err_name(publisher->reload_err)));
    text_add_char(out, '}');
    call->answer.status = 200;
    return 0;
}
