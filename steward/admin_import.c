/*
 * `POST /admin/keys/import`: each key is an operation of its own inside one transaction, so that
 * one that is refused does not keep the others out, and all that are taken are there or none after
 * a crash.
 */
#include "lib/base/err.h"
#include "lib/base/names.h"
#include "lib/wire/json_walk.h"
#include "steward/admin_handlers.h"
#include "steward/admin_keys.h"
#include "steward/admin_render.h"
#include "steward/configured.h"
#include "steward/steward_inner.h"

enum { ROW_BYTES_MAX = 1024, FRAME_BYTES_MAX = 256 };

struct import {
    struct admin_call *call;
    struct text *out;
    uint32_t count;
    uint32_t created;
    uint32_t unchanged;
    uint32_t refused;
};

static int check_digest(struct admin_call *call, const struct directory_import *key)
{
    struct digest digest = key->digest;
    struct span name;

    if (key->text.len > 0)
        digest = digester_hash(call->directory.digester, key->text);
    if (!configured_find_digest(&call->steward->snapshot, &digest, &name))
        return 0;
    return admin_call_refuse(call, ERR_EXISTS, key->text.len > 0 ? "key" : "sha256",
                             "the configuration has this key");
}

static int read_item(struct import *import, struct span item, struct directory_import *out,
                     struct span *name)
{
    struct admin_call *call = import->call;
    const struct admin_binding binding = {call->arena, &call->refusal};
    struct admin_input input;
    int err = admin_input_bind(&binding, ADMIN_BODY_KEY_IMPORT, item, &input);

    *name = input.name;
    if (err != 0)
        return err;
    if ((input.key.len > 0) == (input.sha256.len > 0))
        return admin_call_refuse(call, ERR_INVALID, "key", "either `key` or `sha256` is given");
    *out = (struct directory_import){.key = admin_key_of(&input, input.name), .text = input.key};
    if (input.sha256.len > 0 && digest_from_hex(input.sha256, &out->digest) != 0)
        return admin_call_refuse(call, ERR_INVALID, "sha256", "`sha256` is 64 hexadecimal digits");
    err = admin_call_check_new(call, input.name);
    return err != 0 ? err : check_digest(call, out);
}

static bool is_of_the_item(int err)
{
    return err == ERR_INVALID || err == ERR_UNKNOWN_MEMBER || err == ERR_EXISTS ||
           err == ERR_NOT_FOUND || err == ERR_IN_USE || err == ERR_REVOKED;
}

static void add_row(struct import *import, struct span name, int err, bool created)
{
    struct text *out = import->out;

    text_add(out, import->count++ == 0 ? SPAN("{\"name\":") : SPAN(",{\"name\":"));
    text_add_json(out, name.len <= NAME_ID_BYTES_MAX && name.len > 0 ? name : SPAN(""));
    render_text(out, "result",
                err != 0  ? SPAN("refused")
                : created ? SPAN("created")
                          : SPAN("unchanged"));
    if (err != 0) {
        const struct directory_refusal *refusal = &import->call->refusal;

        render_text(out, "code", span_of(err_code(err)));
        render_text(out, "field", span_of(refusal->field));
        render_text(out, "message", span_of(refusal->sentence));
    }
    text_add_char(out, '}');
    import->created += err == 0 && created;
    import->unchanged += err == 0 && !created;
    import->refused += err != 0;
}

static int take_item(struct import *import, struct span item)
{
    struct directory_import_result result = {0};
    struct directory_import key;
    struct span name = SPAN("");
    int err = read_item(import, item, &key, &name);

    if (err == 0)
        err = directory_key_import(&import->call->directory, &key, 1, &result);
    if (err != 0 && !is_of_the_item(err))
        return err;
    add_row(import, name, err, result.created > 0);
    return 0;
}

static int take_all(struct import *import, struct span keys)
{
    struct span item;
    int err = 0;

    text_add(import->out, SPAN("{\"data\":["));
    for (struct json_walk walk = json_walk_begin(keys); err == 0 && json_walk_item(&walk, &item);) {
        err = import->count < ADMIN_IMPORT_MAX
                  ? take_item(import, item)
                  : admin_call_refuse(import->call, ERR_INVALID, "keys",
                                      "one call takes at most %d keys", ADMIN_IMPORT_MAX);
    }
    text_add_char(import->out, ']');
    render_number(import->out, "created", import->created);
    render_number(import->out, "unchanged", import->unchanged);
    render_number(import->out, "refused", import->refused);
    text_add_char(import->out, '}');
    return err;
}

int admin_key_import(struct admin_call *call)
{
    struct import import = {.call = call};

    import.out = admin_call_text(call, ADMIN_IMPORT_MAX * ROW_BYTES_MAX + FRAME_BYTES_MAX);
    if (import.out == NULL)
        return ERR_NO_MEMORY;
    int err = database_begin(call->directory.database);
    if (err != 0)
        return err;
    err = database_end(call->directory.database, take_all(&import, call->input.keys));
    call->answer.status = 200;
    return err;
}
