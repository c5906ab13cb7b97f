#include "lib/access/access.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"

static int identify_anonymous(const struct snapshot *snapshot, enum key_flag scope,
                              struct access *out)
{
    uint32_t grant_set = snapshot->header->anonymous_grant_set;
    uint32_t models = SNAPSHOT_ROW(snapshot, GRANT_SETS, struct grant_set_row, grant_set)->models;

    if (models == 0 || (scope != KEY_SCOPE_LIST && scope != KEY_SCOPE_CALL))
        return ERR_NO_CREDENTIAL;
    *out = (struct access){.grant_set = grant_set, .key = ROW_NONE};
    return 0;
}

static int judge(const struct key_row *key, enum key_flag scope, int64_t now_s)
{
    if ((key->flags & KEY_REVOKED) != 0)
        return ERR_KEY_REVOKED;
    if ((key->flags & KEY_DISABLED) != 0)
        return ERR_KEY_DISABLED;
    if (access_is_expired(key->expires_s, now_s))
        return ERR_KEY_EXPIRED;
    return (key->flags & scope) != 0 ? 0 : ERR_SCOPE;
}

int access_identify_digest(const struct access_basis *basis, const struct digest *digest,
                           enum key_flag scope, struct access *out)
{
    const struct snapshot *snapshot = basis->snapshot;
    uint32_t number = snapshot_find_key(snapshot, digest);

    if (number == ROW_NONE)
        return ERR_UNKNOWN_KEY;
    const struct key_row *key = snapshot_key(snapshot, number);
    if (revocations_has(basis->revocations, key->cell))
        return ERR_KEY_REVOKED;
    /* Most keys have no end, and the clock costs more than all the rest of this. */
    int err = judge(key, scope, key->expires_s != 0 ? wall_now_s() : 0);
    if (err == 0)
        *out = (struct access){.grant_set = key->grant_set, .key = number};
    return err;
}

int access_identify(const struct access_basis *basis, struct digester *digester,
                    struct span credential, enum key_flag scope, struct access *out)
{
    if (credential.len == 0)
        return identify_anonymous(basis->snapshot, scope, out);

    struct digest digest = digester_hash(digester, credential);
    return access_identify_digest(basis, &digest, scope, out);
}
