/* The routes of grants: which models a user, a group or a key may call. */
#include "lib/base/err.h"
#include "steward/admin_handlers.h"
#include "steward/admin_render.h"

static int show(struct admin_call *call)
{
    struct directory_subject subject;
    struct directory_key key;
    bool is_key = call->route->kind == DIRECTORY_KEY;
    int err = is_key ? directory_key_show(&call->directory, call->params[0], &key)
                     : directory_subject_show(&call->directory, call->route->kind, call->params[0],
                                              &subject);

    if (err != 0)
        return err;
    struct text *out = admin_call_text(call, RENDER_ENTITY_BYTES_MAX);
    if (out == NULL)
        return ERR_NO_MEMORY;
    call->answer.version = is_key ? key.version : subject.version;
    call->answer.status = 200;
    render_grants(out, is_key ? &key.allowed : &subject.models, call->answer.version);
    return 0;
}

int admin_grant_list(struct admin_call *call)
{
    int err = admin_call_read(call);

    return err != 0 ? err : show(call);
}

int admin_grant_add(struct admin_call *call)
{
    const struct directory_target target = admin_call_target(call);
    const struct admin_input *input = &call->input;

    if (input->all == (input->model.len > 0))
        return admin_call_refuse(call, ERR_INVALID, input->all ? "all" : "model",
                                 "a grant is {\"model\": SLUG} or {\"all\": true}");
    int err = directory_grant_add(&call->directory, call->route->kind, &target, input->model);
    return err != 0 ? err : show(call);
}

int admin_grant_remove(struct admin_call *call)
{
    const struct directory_target target = admin_call_target(call);
    int err = directory_grant_remove(&call->directory, call->route->kind, &target, call->params[1]);

    return err != 0 ? err : show(call);
}

int admin_grant_remove_all(struct admin_call *call)
{
    const struct directory_target target = admin_call_target(call);
    bool all = false;
    int err = admin_call_switch(call, ADMIN_QUERY_ALL, &all);

    if (err == 0 && !all)
        err = admin_call_refuse(call, ERR_INVALID, "all",
                                "`?all=true` takes the grant of all models away");
    if (err == 0)
        err = directory_grant_remove(&call->directory, call->route->kind, &target, SPAN(""));
    return err != 0 ? err : show(call);
}
