#include "steward/refusals.h"

#include "lib/base/log.h"
#include "steward/revoke.h"

static struct span subject_name(const struct snapshot *snapshot, enum snapshot_table table,
                                uint32_t row)
{
    if (row == ROW_NONE)
        return SPAN("");
    const struct subject_row *subjects = snapshot_table(snapshot, table);
    return snapshot_bytes(snapshot, subjects[row].name);
}

static bool is_meant(const struct snapshot *snapshot, const struct key_row *key,
                     enum directory_kind kind, struct span name)
{
    switch (kind) {
    case DIRECTORY_USER:
        return span_equal(subject_name(snapshot, SNAPSHOT_USERS, key->user), name);
    case DIRECTORY_GROUP:
        return span_equal(subject_name(snapshot, SNAPSHOT_GROUPS, key->group), name);
    case DIRECTORY_KEY:
    case DIRECTORY_KIND_COUNT:
        break;
    }
    return span_equal(snapshot_bytes(snapshot, key->name), name);
}

void refusals_begin(const struct refusals *refusals, enum directory_kind kind, struct span name)
{
    const struct snapshot *snapshot = refusals->snapshot;
    bool untold = false;

    for (uint32_t n = 0; n < snapshot_rows(snapshot, SNAPSHOT_KEYS); n++) {
        const struct key_row *key = snapshot_key(snapshot, n);

        if (is_meant(snapshot, key, kind, name))
            untold |= steward_revoke(refusals->revocations, refusals->channel_fd, key->cell) != 0;
    }
    if (untold)
        log_write(LOG_WARNING, "the master does not take REVOKED: workers look within a second");
}

void refusals_settle(const struct refusals *refusals)
{
    const struct snapshot *snapshot = refusals->snapshot;

    if (revocations_changes(refusals->revocations) == 0)
        return;
    for (uint32_t n = 0; n < snapshot_rows(snapshot, SNAPSHOT_KEYS); n++) {
        const struct key_row *key = snapshot_key(snapshot, n);

        if ((key->flags & (KEY_DISABLED | KEY_REVOKED)) == 0 &&
            key->cell < refusals->revocations->cells_max &&
            revocations_has(refusals->revocations, key->cell))
            revocations_clear(refusals->revocations, key->cell);
    }
}
