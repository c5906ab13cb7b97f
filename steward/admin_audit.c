/* `GET /admin/audit`. */
#include "lib/base/err.h"
#include "steward/admin_handlers.h"
#include "steward/admin_page.h"
#include "steward/admin_render.h"

enum { CURSOR_DIGITS_MAX = 18, CURSOR_BYTES = 24 };

static int read_before(struct admin_call *call, uint64_t *out)
{
    struct span given = call->queries[ADMIN_QUERY_BEFORE];

    *out = 0;
    for (size_t i = 0; i < given.len; i++) {
        if (given.ptr[i] < '0' || given.ptr[i] > '9' || i == CURSOR_DIGITS_MAX)
            return admin_call_refuse(call, ERR_INVALID, "before",
                                     "`before` is the number of a change");
        *out = *out * 10 + (uint64_t)(given.ptr[i] - '0');
    }
    return 0;
}

static struct span cursor_of(struct admin_call *call, uint64_t change)
{
    char memory[CURSOR_BYTES];
    struct text text = text_over(memory, sizeof(memory));

    if (change == 0)
        return SPAN("");
    text_add_unsigned(&text, change);
    return arena_copy(call->arena, text_span(&text));
}

int admin_audit_list(struct admin_call *call)
{
    struct audit_filter filter = {
        .kind = call->queries[ADMIN_QUERY_KIND],
        .name = call->queries[ADMIN_QUERY_NAME],
    };
    struct audit_page page;
    struct admin_page answer;
    int err = admin_call_limit(call, &filter.limit);

    if (err == 0)
        err = read_before(call, &filter.before);
    if (err == 0)
        err = admin_call_read(call);
    if (err == 0)
        err = audit_list(&call->directory, &filter, &page);
    if (err == 0)
        err = admin_page_begin(call, &answer);
    if (err != 0)
        return err;
    for (uint32_t i = 0; i < page.count; i++) {
        render_audit(admin_page_row(&answer), &page.rows[i]);
        if (!admin_page_keep(&answer, cursor_of(call, page.rows[i].change)))
            break;
    }
    return admin_page_end(&answer, cursor_of(call, page.next));
}
