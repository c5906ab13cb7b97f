#include "steward/admin_request.h"

#include "lib/access/access.h"
#include "lib/base/err.h"
#include "lib/wire/url.h"
#include "shm/rows.h"
#include "steward/steward_inner.h"

#include <pwd.h>
#include <stdio.h>
#include <sys/socket.h>

enum { PASSWD_BYTES = 4096, VERSION_DIGITS_MAX = 18, WAIT_S_DIGITS_MAX = 4 };

/* --- values ----------------------------------------------------------------------------------- */

static int keep_decoded(struct admin_call *call, struct span encoded, const char *field,
                        struct span *out)
{
    char *memory = arena_take(call->arena, encoded.len + 1);

    if (memory == NULL)
        return admin_call_refuse(call, ERR_NO_MEMORY, field, "the request is too large");
    if (url_decode(encoded, memory, encoded.len + 1, out) == 0)
        return 0;
    return admin_call_refuse(call, ERR_INVALID, field, "`%s` has a broken percent-encoding", field);
}

static bool read_digits(struct span text, size_t digits_max, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || i >= digits_max)
            return false;
        *out = *out * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    return text.len > 0;
}

/* --- the query -------------------------------------------------------------------------------- */

static int read_parameter(struct admin_call *call, struct span name, struct span value)
{
    for (unsigned n = 0; n < ADMIN_QUERY_COUNT; n++) {
        const char *word = admin_query_word((enum admin_query)n);

        if ((call->route->queries & 1U << n) == 0 || !span_equal(name, span_of(word)))
            continue;
        if (call->queries[n].ptr != NULL)
            return admin_call_refuse(call, ERR_INVALID, word, "`%s` is there twice", word);
        return keep_decoded(call, value, word, &call->queries[n]);
    }
    return admin_call_refuse(call, ERR_UNKNOWN_MEMBER, "",
                             "the query has a parameter that this path does not know");
}

/* Up to the mark, which is taken off too; what is behind it stays in `text`. */
static struct span take_part(struct span *text, char mark)
{
    const char *end = text->len == 0 ? NULL : memchr(text->ptr, mark, text->len);
    struct span part = {text->ptr, end == NULL ? text->len : (size_t)(end - text->ptr)};

    *text = span_skip(*text, end == NULL ? text->len : part.len + 1);
    return part;
}

static int read_query(struct admin_call *call, struct span query)
{
    int err = 0;

    while (query.len > 0 && err == 0) {
        struct span pair = take_part(&query, '&');
        struct span name = take_part(&pair, '=');

        if (name.len > 0)
            err = read_parameter(call, name, pair);
    }
    return err;
}

/* --- fields ----------------------------------------------------------------------------------- */

/* `"7"`, also weak, or `*`, which is 0. What is no version of ours equals none: UINT64_MAX. */
static uint64_t read_version(struct span tag, bool weak_allowed)
{
    uint64_t version;

    if (span_equal(tag, SPAN("*")))
        return 0;
    if (weak_allowed && span_starts_with(tag, SPAN("W/")))
        tag = span_skip(tag, 2);
    if (tag.len < 3 || tag.ptr[0] != '"' || tag.ptr[tag.len - 1] != '"' ||
        !read_digits((struct span){tag.ptr + 1, tag.len - 2}, VERSION_DIGITS_MAX, &version) ||
        version == 0)
        return UINT64_MAX;
    return version;
}

static void read_preconditions(struct admin_call *call, const struct http_request *http)
{
    struct span value;

    call->has_if_match = http_request_find(http, SPAN("if-match"), &value);
    if (call->has_if_match)
        call->if_match = read_version(value, false);
    call->has_if_none_match = http_request_find(http, SPAN("if-none-match"), &value);
    if (call->has_if_none_match)
        call->if_none_match = read_version(value, true);
}

static int read_wait(struct admin_call *call, const struct http_request *http)
{
    struct span prefer;
    bool wait = false;
    uint64_t seconds;
    int err = 0;

    if (!call->route->changes)
        return 0;
    err = admin_call_switch(call, ADMIN_QUERY_WAIT, &wait);
    if (wait)
        call->wait_ms = ADMIN_WAIT_MS;
    if (!http_request_find(http, SPAN("prefer"), &prefer) ||
        !span_starts_with(prefer, SPAN("wait=")))
        return err;
    /* RFC 7240: a preference that is not understood is ignored. */
    if (read_digits(span_skip(prefer, 5), WAIT_S_DIGITS_MAX, &seconds))
        call->wait_ms = seconds * 1000 < ADMIN_WAIT_MS ? seconds * 1000 : ADMIN_WAIT_MS;
    return err;
}

static int read_request_key(struct admin_call *call, const struct http_request *http)
{
    struct span value;

    if (http->method != HTTP_METHOD_POST ||
        !http_request_find(http, SPAN("idempotency-key"), &value))
        return 0;
    call->request_key = arena_copy(call->arena, value);
    if (call->request_key.ptr == NULL)
        return admin_call_refuse(call, ERR_NO_MEMORY, "", "the request is too large");
    if (value.len == 0)
        return admin_call_refuse(call, ERR_INVALID, "idempotency_key",
                                 "the Idempotency-Key is empty");
    return 0;
}

/* "application/json" with or without parameters; none at all passes, for clients without bodies. */
static bool is_json(const struct http_request *http)
{
    struct span type;

    if (!http_request_find(http, SPAN("content-type"), &type))
        return true;
    const char *semicolon = type.len == 0 ? NULL : memchr(type.ptr, ';', type.len);
    if (semicolon != NULL)
        type = span_trim(span_from(type.ptr, semicolon));
    return span_equal_nocase(type, SPAN("application/json"));
}

int admin_request_read(struct admin_call *call, const struct http_request *http,
                       const struct admin_match *match)
{
    static const char *const words[ADMIN_PARAMS_MAX] = {"name", "slug"};
    int err = 0;

    call->is_json = is_json(http);
    call->target = arena_copy(call->arena, http->target);
    if (call->target.ptr == NULL)
        return admin_call_refuse(call, ERR_NO_MEMORY, "", "the request is too large");
    for (unsigned i = 0; i < ADMIN_PARAMS_MAX && err == 0; i++) {
        if (match->params[i].len > 0)
            err = keep_decoded(call, match->params[i], words[i], &call->params[i]);
    }
    read_preconditions(call, http);
    if (err == 0)
        err = read_query(call, http->query);
    if (err == 0)
        err = read_wait(call, http);
    return err != 0 ? err : read_request_key(call, http);
}

/* --- who asks --------------------------------------------------------------------------------- */

/* The last name that was asked for: a client's requests come in runs. */
static struct {
    bool is_known;
    uid_t uid;
    char name[DIRECTORY_ACTOR_BYTES_MAX];
} known;

static void name_user(uid_t uid)
{
    char memory[PASSWD_BYTES];
    struct passwd entry;
    struct passwd *found = NULL;

    if (known.is_known && known.uid == uid)
        return;
    known.is_known = true;
    known.uid = uid;
    if (getpwuid_r(uid, &entry, memory, sizeof(memory), &found) == 0 && found != NULL &&
        strlen(found->pw_name) < sizeof(known.name) - sizeof("uid:"))
        (void)snprintf(known.name, sizeof(known.name), "uid:%s", found->pw_name);
    else
        (void)snprintf(known.name, sizeof(known.name), "uid:%lu", (unsigned long)uid);
}

static int set_actor(struct admin_call *call, const char *prefix, struct span name)
{
    char actor[DIRECTORY_ACTOR_BYTES_MAX];
    int len = snprintf(actor, sizeof(actor), "%s%.*s", prefix, SPAN_FMT(name));

    if (len < 0 || (size_t)len >= sizeof(actor))
        return ERR_UNKNOWN_KEY;
    call->directory.actor = arena_copy(call->arena, (struct span){actor, (size_t)len});
    return call->directory.actor.ptr == NULL ? ERR_NO_MEMORY : 0;
}

static bool is_local(int fd, uid_t *uid)
{
    struct ucred peer;
    socklen_t bytes = sizeof(peer);
    int domain = 0;
    socklen_t domain_bytes = sizeof(domain);

    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &domain_bytes) != 0 || domain != AF_UNIX ||
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) != 0)
        return false;
    *uid = peer.uid;
    return true;
}

/* The keys of who is disabled do not work, as the gateway sees it too. */
static int check_owner(struct admin_call *call, enum directory_kind kind, struct span name)
{
    struct directory_subject owner;

    if (name.len == 0)
        return 0;
    int err = directory_subject_show(&call->directory, kind, name, &owner);
    return err == 0 && owner.disabled ? ERR_KEY_DISABLED : err;
}

static int check_key(struct admin_call *call, struct span credential)
{
    struct directory_key key;

    if (credential.len == 0)
        return ERR_NO_CREDENTIAL;
    int err = admin_call_read(call);
    if (err != 0)
        return err;
    const struct digest digest = digester_hash(call->directory.digester, credential);
    err = directory_key_find(&call->directory, &digest, &key);
    if (err == ERR_NOT_FOUND || (err == 0 && key.state == DIRECTORY_STATE_REVOKED))
        return ERR_UNKNOWN_KEY;
    if (err != 0)
        return err;
    if (key.state == DIRECTORY_STATE_DISABLED)
        return ERR_KEY_DISABLED;
    if (key.state == DIRECTORY_STATE_EXPIRED)
        return ERR_KEY_EXPIRED;
    if ((key.scopes & KEY_SCOPE_ADMIN) == 0)
        return ERR_SCOPE;
    err = check_owner(call, DIRECTORY_USER, key.user);
    if (err == 0)
        err = check_owner(call, DIRECTORY_GROUP, key.group);
    return err != 0 ? err : set_actor(call, "key:", key.name);
}

int admin_request_identify(struct admin_call *call, const struct http_request *http)
{
    char memory[ACCESS_KEY_BYTES_MAX];
    struct span credential = {NULL, 0};
    uid_t uid = 0;
    int err = access_find_credential(http, memory, sizeof(memory), &credential);

    if (is_local(server_socket(call->conn), &uid)) {
        name_user(uid);
        err = set_actor(call, "", span_of(known.name));
    } else if (err == 0) {
        err = check_key(call, credential);
    }
    if (credential.len > 0)
        explicit_bzero(span_writable(credential), credential.len);
    return err;
}
