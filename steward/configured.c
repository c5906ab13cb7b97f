#include "steward/configured.h"

/* Those of the directory stand last in their tables, texts from before a rotation behind them. */
static uint32_t key_count(const struct snapshot *snapshot)
{
    return snapshot_rows(snapshot, SNAPSHOT_KEYS) - snapshot->header->directory_keys -
           snapshot->header->directory_old_keys;
}

static bool has_key(const struct snapshot *snapshot, struct span name)
{
    uint32_t count = key_count(snapshot);

    for (uint32_t n = 0; n < count; n++) {
        if (span_equal(snapshot_bytes(snapshot, snapshot_key(snapshot, n)->name), name))
            return true;
    }
    return false;
}

static bool has_subject(const struct snapshot *snapshot, enum snapshot_table table, uint32_t count,
                        struct span name)
{
    const struct subject_row *rows = snapshot_table(snapshot, table);

    for (uint32_t n = 0; n < count; n++) {
        if (span_equal(snapshot_bytes(snapshot, rows[n].name), name))
            return true;
    }
    return false;
}

bool configured_has_name(const struct snapshot *snapshot, enum directory_kind kind,
                         struct span name)
{
    const struct snapshot_header *header = snapshot->header;

    switch (kind) {
    case DIRECTORY_USER:
        return has_subject(snapshot, SNAPSHOT_USERS,
                           snapshot_rows(snapshot, SNAPSHOT_USERS) - header->directory_users, name);
    case DIRECTORY_GROUP:
        return has_subject(snapshot, SNAPSHOT_GROUPS,
                           snapshot_rows(snapshot, SNAPSHOT_GROUPS) - header->directory_groups,
                           name);
    case DIRECTORY_KEY:
    case DIRECTORY_KIND_COUNT:
        break;
    }
    return has_key(snapshot, name);
}

bool configured_find_digest(const struct snapshot *snapshot, const struct digest *digest,
                            struct span *name)
{
    uint32_t row = snapshot_find_key(snapshot, digest);

    if (row == ROW_NONE || row >= key_count(snapshot))
        return false;
    *name = snapshot_bytes(snapshot, snapshot_key(snapshot, row)->name);
    return true;
}
