#include "lib/access/access.h"

#include "lib/base/err.h"

void access_hold(const struct snapshot *snapshot, const struct access *access,
                 struct access_hold *out)
{
    *out = (struct access_hold){.cell = ROW_NONE};
    if (access->key == ROW_NONE)
        return;
    const struct key_row *key = snapshot_key(snapshot, access->key);

    *out = (struct access_hold){key->digest, key->expires_s, key->cell};
}

int access_check(const struct access_hold *hold, const struct revocations *revocations,
                 int64_t now_s)
{
    if (hold->cell == ROW_NONE)
        return 0;
    if (revocations_has(revocations, hold->cell))
        return ERR_KEY_REVOKED;
    return access_is_expired(hold->expires_s, now_s) ? ERR_KEY_EXPIRED : 0;
}

int access_renew(struct access_hold *hold, const struct access_basis *basis, int64_t now_s)
{
    if (hold->cell == ROW_NONE)
        return 0;
    uint32_t number = snapshot_find_key(basis->snapshot, &hold->digest);

    if (number == ROW_NONE)
        return ERR_UNKNOWN_KEY;
    const struct key_row *key = snapshot_key(basis->snapshot, number);
    hold->expires_s = key->expires_s;
    hold->cell = key->cell;
    int err = access_check(hold, basis->revocations, now_s);
    if ((key->flags & KEY_REVOKED) != 0)
        return ERR_KEY_REVOKED;
    if (err != ERR_KEY_REVOKED && (key->flags & KEY_DISABLED) != 0)
        return ERR_KEY_DISABLED;
    return err;
}
