/* The routes of keys: what is shown and changed. */
#include "steward/admin_keys.h"
#include "lib/base/err.h"
#include "shm/rows.h"
#include "steward/admin_handlers.h"
#include "steward/admin_page.h"
#include "steward/admin_render.h"
#include "steward/configured.h"
#include "steward/key_text.h"
#include "steward/steward_inner.h"

enum { REVOKED_BYTES_MAX = 512 };

static int show(struct admin_call *call, struct span name, struct directory_key *key)
{
    int err = directory_key_show(&call->directory, name, key);

    if (err != 0)
        return err;
    struct text *out = admin_call_text(call, RENDER_ENTITY_BYTES_MAX);
    if (out == NULL)
        return ERR_NO_MEMORY;
    render_key(out, key, false);
    call->answer.status = 200;
    call->answer.version = key->version;
    return 0;
}

/* The key with its text, which is shown this once; and without it, for a repetition. */
static int show_secret(struct admin_call *call, struct span name, int status,
                       const struct directory_secret *secret)
{
    struct directory_key key;
    int err = show(call, name, &key);

    if (err != 0)
        return err;
    struct text *out = &call->answer.text;
    out->len--; /* the brace */
    size_t bytes = out->len;
    text_add(out, SPAN(",\"key\":null}"));
    call->answer.kept = arena_copy(call->arena, text_span(out));
    if (call->answer.kept.ptr == NULL)
        return ERR_NO_MEMORY;
    out->len = bytes;
    render_text(out, "key", span_of(secret->text));
    text_add_char(out, '}');
    call->answer.status = status;
    return 0;
}

int admin_key_show(struct admin_call *call)
{
    struct directory_key key;
    int err = admin_call_read(call);

    return err != 0 ? err : show(call, call->params[0], &key);
}

static int read_state(struct admin_call *call, enum directory_state *out)
{
    struct span given = call->queries[ADMIN_QUERY_STATE];

    *out = DIRECTORY_STATE_ANY;
    if (given.ptr == NULL)
        return 0;
    for (unsigned n = DIRECTORY_STATE_ANY + 1; n < DIRECTORY_STATE_COUNT; n++) {
        if (span_equal(given, span_of(directory_state_word((enum directory_state)n)))) {
            *out = (enum directory_state)n;
            return 0;
        }
    }
    return admin_call_refuse(call, ERR_INVALID, "state",
                             "`state` is active, disabled, expired or revoked");
}

int admin_key_list(struct admin_call *call)
{
    struct directory_key_filter filter = {
        .user = call->queries[ADMIN_QUERY_USER],
        .group = call->queries[ADMIN_QUERY_GROUP],
        .after = call->queries[ADMIN_QUERY_AFTER],
    };
    struct directory_key_page page;
    struct admin_page answer;
    int err = admin_call_limit(call, &filter.limit);

    if (err == 0)
        err = read_state(call, &filter.state);
    if (err == 0)
        err = admin_call_read(call);
    if (err == 0)
        err = directory_key_list(&call->directory, &filter, &page);
    if (err == 0)
        err = admin_page_begin(call, &answer);
    if (err != 0)
        return err;
    for (uint32_t i = 0; i < page.count; i++) {
        render_key(admin_page_row(&answer), &page.rows[i], false);
        if (!admin_page_keep(&answer, page.rows[i].name))
            break;
    }
    return admin_page_end(&answer, page.next);
}

/* Without a word about it a key may list and call every model that its owner may. */
struct directory_key admin_key_of(const struct admin_input *input, struct span name)
{
    const struct directory_models all = {.all = true};
    bool has_models = (input->given & ADMIN_HAS(ALLOWED_MODELS)) != 0;
    bool has_scopes = (input->given & ADMIN_HAS(SCOPES)) != 0;

    return (struct directory_key){
        .name = name,
        .user = input->user,
        .group = input->group,
        .allowed = has_models ? input->allowed : all,
        .expires_s = input->expires_s,
        .scopes = has_scopes ? input->scopes : KEY_SCOPE_LIST | KEY_SCOPE_CALL,
        .disabled = input->disabled,
    };
}

int admin_key_create(struct admin_call *call)
{
    const struct directory_key key = admin_key_of(&call->input, call->input.name);
    struct directory_key created;
    struct directory_secret secret;
    int err = admin_call_check_new(call, key.name);

    if (err == 0)
        err = directory_key_create(&call->directory, &key, &created, &secret);
    if (err != 0)
        return err;
    err = show_secret(call, created.name, 201, &secret);
    directory_secret_wipe(&secret);
    return err;
}

int admin_key_change(struct admin_call *call)
{
    const struct directory_target target = admin_call_target(call);
    const struct directory_key key = admin_key_of(&call->input, target.name);
    struct directory_key now;
    int err = directory_key_update(&call->directory, &target, admin_input_gives(&call->input),
                                   &key);

    if (err == 0)
        err = show(call, target.name, &now);
    call->revokes = err == 0 && now.state != DIRECTORY_STATE_ACTIVE;
    return err;
}

int admin_key_remove(struct admin_call *call)
{
    const struct directory_target target = admin_call_target(call);

    call->answer.status = 204;
    call->revokes = true;
    return directory_key_remove(&call->directory, &target);
}

int admin_key_rotate(struct admin_call *call)
{
    const struct directory_target target = admin_call_target(call);
    const uint64_t grace_s = call->input.grace_s;
    struct directory_secret secret;

    if (grace_s > (uint64_t)DIRECTORY_GRACE_MAX_S)
        return admin_call_refuse(call, ERR_INVALID, "grace", "`grace` is at most %lld seconds",
                                 (long long)DIRECTORY_GRACE_MAX_S);
    int64_t until_s = grace_s == 0 ? 0 : call->directory.now_ms / 1000 + (int64_t)grace_s;
    int err = directory_key_rotate(&call->directory, &target, until_s, &secret);
    if (err != 0)
        return err;
    err = show_secret(call, target.name, 200, &secret);
    directory_secret_wipe(&secret);
    call->revokes = grace_s == 0;
    return err;
}

/* A name that nobody has is mistyped: to refuse it for ever would help nobody. */
static int expect_key(struct admin_call *call, struct span name)
{
    struct directory_key key;

    if (configured_has_name(&call->steward->snapshot, DIRECTORY_KEY, name))
        return 0;
    return directory_key_show(&call->directory, name, &key);
}

/* A key of the configuration is revoked by its name alone, and there is nothing else to show. */
int admin_key_revoke(struct admin_call *call)
{
    const struct directory_target target = admin_call_target(call);
    int err = expect_key(call, target.name);

    if (err == 0)
        err = directory_key_revoke(&call->directory, &target);
    if (err != 0)
        return err;
    struct text *out = admin_call_text(call, REVOKED_BYTES_MAX);
    if (out == NULL)
        return ERR_NO_MEMORY;
    text_add(out, SPAN("{\"name\":"));
    text_add_json(out, target.name);
    text_add(out, SPAN(",\"state\":\"revoked\"}"));
    call->answer.status = 200;
    call->revokes = true;
    return 0;
}

static int read_digest(struct admin_call *call, struct digest *out)
{
    const struct admin_input *input = &call->input;
    const char *wrong;

    if ((input->key.len > 0) == (input->sha256.len > 0))
        return admin_call_refuse(call, ERR_INVALID, "key", "either `key` or `sha256` is given");
    if (input->sha256.len > 0)
        return digest_from_hex(input->sha256, out) == 0
                   ? 0
                   : admin_call_refuse(call, ERR_INVALID, "sha256",
                                       "`sha256` is 64 hexadecimal digits");
    wrong = key_text_check(input->key);
    if (wrong != NULL)
        return admin_call_refuse(call, ERR_INVALID, "key", "%s", wrong);
    *out = digester_hash(call->directory.digester, input->key);
    return 0;
}

int admin_key_revoke_text(struct admin_call *call)
{
    char hex[DIGEST_HEX_BYTES];
    struct digest digest;
    struct span name;
    int err = read_digest(call, &digest);

    if (err == 0)
        err = directory_digest_revoke(&call->directory, &digest, &name);
    if (err != 0)
        return err;
    /* What the directory has has been looked for; an old text of a key there is not that key. */
    if (name.len == 0)
        (void)configured_find_digest(&call->steward->snapshot, &digest, &name);
    struct text *out = admin_call_text(call, REVOKED_BYTES_MAX);
    if (out == NULL)
        return ERR_NO_MEMORY;
    digest_to_hex(&digest, hex);
    text_add(out, SPAN("{\"state\":\"revoked\""));
    render_text(out, "name", name);
    render_text(out, "sha256", (struct span){hex, sizeof(hex)});
    text_add_char(out, '}');
    call->answer.status = 200;
    call->revoked_name = name;
    call->revokes = name.len > 0;
    return 0;
}
