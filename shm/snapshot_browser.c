#include "shm/snapshot_browser.h"

#include "lib/base/rs256.h"
#include "shm/snapshot_rows.h"

bool snapshot_issuer_is_stale(const struct browser_issuer_row *issuer, int64_t now_s)
{
    /* 0, for never, is long ago. */
    return issuer->fetched_s < now_s - BROWSER_KEYS_AGE_MAX_S ||
           issuer->fetched_s > now_s + BROWSER_CLOCK_AHEAD_MAX_S;
}

uint32_t snapshot_stale_issuers(const struct snapshot *snapshot, int64_t now_s)
{
    uint32_t stale = 0;

    for (uint32_t n = 0; n < snapshot_rows(snapshot, SNAPSHOT_BROWSER_ISSUERS); n++)
        stale += snapshot_issuer_is_stale(snapshot_issuer(snapshot, n), now_s);
    return stale;
}

const struct browser_user_row *snapshot_find_browser_user(const struct snapshot *snapshot,
                                                          const struct digest *identity)
{
    const struct browser_user_row *rows = snapshot_table(snapshot, SNAPSHOT_BROWSER_USERS);
    uint32_t low = 0;
    uint32_t high = snapshot_rows(snapshot, SNAPSHOT_BROWSER_USERS);

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = memcmp(rows[middle].identity.bytes, identity->bytes, DIGEST_BYTES);

        if (order == 0)
            return &rows[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static bool is_text(const struct snapshot *snapshot, struct ref at)
{
    return at.len != 0 && snapshot_holds(snapshot, at);
}

static bool is_key_sound(const struct snapshot *snapshot, const struct browser_key_row *row)
{
    return is_text(snapshot, row->key_id) && snapshot_holds(snapshot, row->modulus) &&
           snapshot_holds(snapshot, row->exponent) &&
           rs256_is_key(snapshot_bytes(snapshot, row->modulus),
                        snapshot_bytes(snapshot, row->exponent));
}

static bool are_issuers_sound(const struct snapshot *snapshot)
{
    uint32_t issuers = snapshot_rows(snapshot, SNAPSHOT_BROWSER_ISSUERS);
    uint32_t keys = snapshot_rows(snapshot, SNAPSHOT_BROWSER_KEYS);
    uint32_t seen = 0;

    if (issuers == 1 || issuers > BROWSER_ISSUERS_MAX)
        return false;
    for (uint32_t n = 0; n < issuers; n++) {
        const struct browser_issuer_row *row = snapshot_issuer(snapshot, n);

        if (!is_text(snapshot, row->issuer) || !is_text(snapshot, row->audience) ||
            !is_text(snapshot, row->keys_url) || row->fetched_s < 0 || row->key_first != seen ||
            row->key_count > keys - seen)
            return false;
        seen += row->key_count;
    }
    return seen == keys;
}

static bool are_users_sound(const struct snapshot *snapshot)
{
    const struct browser_user_row *rows = snapshot_table(snapshot, SNAPSHOT_BROWSER_USERS);

    for (uint32_t n = 0; n < snapshot_rows(snapshot, SNAPSHOT_BROWSER_USERS); n++) {
        if (rows[n].user >= snapshot_rows(snapshot, SNAPSHOT_USERS) ||
            rows[n].grant_set >= snapshot_rows(snapshot, SNAPSHOT_GRANT_SETS))
            return false;
        if (n != 0 && memcmp(rows[n - 1].identity.bytes, rows[n].identity.bytes, DIGEST_BYTES) >= 0)
            return false;
    }
    return true;
}

bool snapshot_browser_is_sound(const struct snapshot *snapshot)
{
    const struct snapshot_header *header = snapshot->header;

    if (header->browser_grant_set >= snapshot_rows(snapshot, SNAPSHOT_GRANT_SETS) ||
        (header->browser_group != ROW_NONE &&
         header->browser_group >= snapshot_rows(snapshot, SNAPSHOT_GROUPS)))
        return false;
    for (uint32_t n = 0; n < snapshot_rows(snapshot, SNAPSHOT_BROWSER_KEYS); n++) {
        if (!is_key_sound(snapshot, snapshot_issuer_key(snapshot, n)))
            return false;
    }
    return are_issuers_sound(snapshot) && are_users_sound(snapshot);
}
