#include "registry/compile_access.h"

#include "lib/base/err.h"
#include "registry/slots.h"

static int fill_subjects(struct build *build, enum snapshot_table table,
                         const struct data_subject *subjects, uint32_t count)
{
    struct subject_row *rows = build_take_rows(build, table, count);

    if (rows == NULL)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        rows[i] = (struct subject_row){
            .name = pool_add(&build->pool, subjects[i].name),
            .flags = subjects[i].disabled ? KEY_DISABLED : 0,
        };
    }
    return build->pool.err;
}

int compile_subjects(struct build *build)
{
    const struct data *data = build->data;
    int err = fill_subjects(build, SNAPSHOT_USERS, data->users, data->user_count);

    if (err != 0)
        return err;
    return fill_subjects(build, SNAPSHOT_GROUPS, data->groups, data->group_count);
}

/* A revoked key is a disabled one, too, for whoever looks at that alone. */
static bool is_disabled(const struct data *data, const struct data_key *key)
{
    return (key->flags & (KEY_DISABLED | KEY_REVOKED)) != 0 ||
           (key->user != ROW_NONE && data->users[key->user].disabled);
}

int compile_keys(struct build *build)
{
    const struct data *data = build->data;
    struct key_row *rows = build_take_rows(build, SNAPSHOT_KEYS, data->key_count);

    if (rows == NULL)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < data->key_count; i++) {
        const struct data_key *key = &data->keys[i];

        rows[i] = (struct key_row){
            .digest = key->digest,
            .expires_s = key->expires_s,
            .name = pool_add(&build->pool, key->name),
            .user = key->user,
            .group = key->group,
            .flags = key->flags | (is_disabled(data, key) ? (uint32_t)KEY_DISABLED : 0),
        };
    }
    return build->pool.err;
}

int compile_key_slots(struct build *build)
{
    const struct data *data = build->data;
    uint64_t *hashes = build_take(build, data->key_count, sizeof(*hashes));

    if (hashes == NULL)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < data->key_count; i++)
        hashes[i] = digest_prefix(&data->keys[i].digest);
    int err = slots_build(build, SNAPSHOT_KEY_SLOTS, hashes, data->key_count);
    if (err != ERR_NO_SPACE)
        return err;
    report_add(build->report, REPORT_ERROR, (struct report_place){0}, "keys",
               "a key's sha256 is computed from its text, never chosen",
               "too many digests begin with the same bytes");
    return ERR_CONFIG;
}
