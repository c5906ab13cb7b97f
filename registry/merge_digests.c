/* The texts of all keys, of both sources, in one table: no two are equal, and some are revoked. */
#include "registry/merge.h"

#include "lib/base/err.h"

#include <stdio.h>

enum { PATH_BYTES = 128 };

struct table {
    const struct data_key *keys;
    uint32_t *slots; /* number + 1; 0 is empty; at most half are used */
    uint32_t mask;
};

/* The slot of the key with that digest, or the empty one where it belongs. */
static uint32_t *probe(const struct table *table, const struct digest *digest)
{
    uint32_t at = (uint32_t)digest_prefix(digest) & table->mask;

    for (;; at = (at + 1) & table->mask) {
        uint32_t *slot = &table->slots[at];

        if (*slot == 0 || digest_equal(&table->keys[*slot - 1].digest, digest))
            return slot;
    }
}

static void refuse_equal(const struct merge *merge, uint32_t first, uint32_t second, uint32_t own)
{
    const struct data *data = merge->data;
    const struct data_key *a = &data->keys[first];
    const struct data_key *b = &data->keys[second];
    char path[PATH_BYTES];

    /* Two of the configuration: binding has said so. */
    if (second < own)
        return;
    if (first >= own) {
        report_add(merge->report, REPORT_ERROR, merge_place(merge), "", "",
                   "the keys \"%.*s\" and \"%.*s\" of the directory have the same digest",
                   SPAN_FMT(a->name), SPAN_FMT(b->name));
        return;
    }
    (void)snprintf(path, sizeof(path), "keys.%.*s.sha256", SPAN_FMT(a->name));
    report_add(merge->report, REPORT_ERROR, merge_digest_place(merge, a), path, "",
               "the directory's key \"%.*s\" has this digest too (%s, change %llu)",
               SPAN_FMT(b->name), data->directory.path.ptr,
               (unsigned long long)data->directory.file.header->change);
}

static void revoke_digests(const struct merge *merge, const struct table *table, uint32_t own)
{
    const struct directory_file *file = &merge->data->directory.file;

    for (uint32_t n = 0; n < directory_file_rows(file, DIRECTORY_REVOKED_DIGESTS); n++) {
        const struct directory_revoked_digest_row *row = DIRECTORY_ROW(
            file, REVOKED_DIGESTS, struct directory_revoked_digest_row, n);
        uint32_t slot = *probe(table, &row->digest);

        if (slot != 0 && (table->keys[slot - 1].flags & KEY_REVOKED) == 0)
            merge_revoke(merge, slot - 1, own, "by its digest");
    }
}

int merge_digests(const struct merge *merge, uint32_t own)
{
    const struct data *data = merge->data;
    struct table table = {.keys = data->keys};
    uint64_t slots = 1;

    while (slots < 2 * (uint64_t)data->key_count)
        slots *= 2;
    table.slots = arena_take(merge->scratch, slots * sizeof(*table.slots));
    if (table.slots == NULL)
        return ERR_NO_MEMORY;
    table.mask = (uint32_t)(slots - 1);
    for (uint32_t i = 0; i < data->key_count; i++) {
        uint32_t *slot = probe(&table, &data->keys[i].digest);

        if (*slot != 0)
            refuse_equal(merge, *slot - 1, i, own);
        else
            *slot = i + 1;
    }
    revoke_digests(merge, &table, own);
    return 0;
}
