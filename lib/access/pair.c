#include "lib/access/pair.h"

#include "lib/access/jwt.h"
#include "lib/base/err.h"
#include "shm/snapshot_browser.h"

struct digest access_subject_identity(struct digester *digester, struct span issuer,
                                      struct span subject)
{
    digester_begin(digester);
    digester_add(digester, issuer);
    digester_add(digester, (struct span){"", 1});
    digester_add(digester, subject);
    return digester_end(digester);
}

/* Rows of issuers: App Check alone, or the others. */
struct issuers {
    uint32_t first;
    uint32_t end;
};

static const struct browser_issuer_row *find_issuer(const struct snapshot *snapshot,
                                                    struct issuers among, struct span issuer)
{
    for (uint32_t n = among.first; n < among.end; n++) {
        const struct browser_issuer_row *row = snapshot_issuer(snapshot, n);

        if (span_equal(snapshot_bytes(snapshot, row->issuer), issuer))
            return row;
    }
    return NULL;
}

static struct rs256_key *find_key(const struct snapshot *snapshot,
                                  const struct access_verifier *verifier,
                                  const struct browser_issuer_row *issuer, struct span key_id)
{
    for (uint32_t i = 0; i < issuer->key_count; i++) {
        uint32_t number = issuer->key_first + i;

        if (span_equal(snapshot_bytes(snapshot, snapshot_issuer_key(snapshot, number)->key_id),
                       key_id))
            return verifier->keys[number];
    }
    return NULL;
}

/* What the token says counts when this returns 0. */
static int verify(const struct snapshot *snapshot, const struct access_verifier *verifier,
                  struct issuers among, struct span token, struct jwt *jwt)
{
    int err = jwt_parse(token, jwt);
    if (err != 0)
        return err;

    const struct browser_issuer_row *issuer = find_issuer(snapshot, among, jwt->issuer);
    if (issuer == NULL)
        return ERR_BAD_TOKEN;
    if (snapshot_issuer_is_stale(issuer, verifier->now_s))
        return ERR_STALE_KEYS;
    struct rs256_key *key = find_key(snapshot, verifier, issuer, jwt->key_id);
    if (key == NULL || !jwt_is_signed(jwt, verifier->digester, key))
        return ERR_BAD_TOKEN;

    const struct jwt_terms terms = {
        .issuer = snapshot_bytes(snapshot, issuer->issuer),
        .audience = snapshot_bytes(snapshot, issuer->audience),
        .now_s = verifier->now_s,
    };
    return jwt_check(jwt, &terms);
}

static int admit_subject(const struct snapshot *snapshot, struct digester *digester,
                         const struct jwt *jwt, struct access *out)
{
    struct digest identity = access_subject_identity(digester, jwt->issuer, jwt->subject);
    const struct browser_user_row *row = snapshot_find_browser_user(snapshot, &identity);

    *out = (struct access){.grant_set = snapshot->header->browser_grant_set, .key = ROW_NONE};
    if (row == NULL)
        return 0;
    out->grant_set = row->grant_set;
    const struct subject_row *user = SNAPSHOT_ROW(snapshot, USERS, struct subject_row, row->user);
    return (user->flags & KEY_DISABLED) != 0 ? ERR_KEY_DISABLED : 0;
}

int access_identify_pair(const struct snapshot *snapshot, const struct access_verifier *verifier,
                         const struct access_pair *pair, enum key_flag scope, struct access *out)
{
    const struct issuers app_check = {BROWSER_APP_CHECK, BROWSER_APP_CHECK + 1};
    const struct issuers users = {BROWSER_APP_CHECK + 1,
                                  snapshot_rows(snapshot, SNAPSHOT_BROWSER_ISSUERS)};
    struct jwt jwt;
    int err = verify(snapshot, verifier, app_check, pair->app_check, &jwt);

    if (err == 0)
        err = verify(snapshot, verifier, users, pair->id_token, &jwt);
    if (err == 0)
        err = admit_subject(snapshot, verifier->digester, &jwt, out);
    explicit_bzero(jwt.memory, jwt.memory_bytes);
    if (err != 0)
        return err;
    return scope == KEY_SCOPE_LIST || scope == KEY_SCOPE_CALL ? 0 : ERR_SCOPE;
}
