/* The routes of users and groups. */
#include "lib/base/err.h"
#include "steward/admin_handlers.h"
#include "steward/admin_page.h"
#include "steward/admin_render.h"
#include "steward/steward_inner.h"

static struct directory_subject subject_of(const struct admin_call *call, struct span name)
{
    const struct admin_input *input = &call->input;

    return (struct directory_subject){
        .name = name,
        .display = input->display,
        .disabled = input->disabled,
        .models = input->models,
        .group_count = input->groups.count,
        .groups = input->groups.names,
    };
}

/* As it is now, as the answer. */
static int show(struct admin_call *call, struct span name, int status)
{
    enum directory_kind kind = call->route->kind;
    struct directory_subject subject;
    int err = directory_subject_show(&call->directory, kind, name, &subject);

    if (err != 0)
        return err;
    struct text *out = admin_call_text(call, RENDER_ENTITY_BYTES_MAX);
    if (out == NULL)
        return ERR_NO_MEMORY;
    render_subject(out, kind, &subject);
    call->answer.status = status;
    call->answer.version = subject.version;
    return 0;
}

int admin_subject_show(struct admin_call *call)
{
    int err = admin_call_read(call);

    return err != 0 ? err : show(call, call->params[0], 200);
}

int admin_subject_list(struct admin_call *call)
{
    enum directory_kind kind = call->route->kind;
    struct directory_subject_page page;
    struct admin_page answer;
    uint32_t limit = 0;
    int err = admin_call_limit(call, &limit);

    if (err == 0)
        err = admin_call_read(call);
    if (err == 0)
        err = directory_subject_list(&call->directory, kind, call->queries[ADMIN_QUERY_AFTER],
                                     limit, &page);
    if (err == 0)
        err = admin_page_begin(call, &answer);
    if (err != 0)
        return err;
    for (uint32_t i = 0; i < page.count; i++) {
        render_subject(admin_page_row(&answer), kind, &page.rows[i]);
        if (!admin_page_keep(&answer, page.rows[i].name))
            break;
    }
    return admin_page_end(&answer, page.next);
}

int admin_subject_add(struct admin_call *call)
{
    const struct directory_subject subject = subject_of(call, call->input.name);
    int err = admin_call_check_new(call, subject.name);

    if (err == 0)
        err = directory_subject_add(&call->directory, call->route->kind, &subject);
    return err != 0 ? err : show(call, subject.name, 201);
}

int admin_subject_change(struct admin_call *call)
{
    const struct directory_subject subject = subject_of(call, call->params[0]);
    const struct directory_target target = admin_call_target(call);
    int err = directory_subject_update(&call->directory, call->route->kind, &target,
                                       admin_input_gives(&call->input), &subject);

    call->revokes = subject.disabled;
    return err != 0 ? err : show(call, target.name, 200);
}

int admin_subject_remove(struct admin_call *call)
{
    const struct directory_target target = admin_call_target(call);
    bool cascade = false;
    int err = admin_call_switch(call, ADMIN_QUERY_CASCADE, &cascade);

    if (err == 0)
        err = directory_subject_remove(&call->directory, call->route->kind, &target, cascade);
    call->answer.status = 204;
    call->revokes = cascade;
    return err;
}
