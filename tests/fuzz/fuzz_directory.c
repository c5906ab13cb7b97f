/*
 * Any bytes as a directory file: what the check accepts, a reader can walk and find its way in.
 *
 * Magic, version, sizes and checksum are made right first, so that the input gets as far as the
 * tables; the bytes lie at the end of an allocation, where ASan sees the first one too many.
 */
#include "lib/base/invariant.h"
#include "lib/base/names.h"
#include "shm/directory_file.h"
#include "shm/snapshot.h"

#include <stdint.h>
#include <stdlib.h>

/* The name is libFuzzer's. NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk_list(const struct directory_file *file, enum directory_table table,
                      struct directory_list list, enum directory_table named)
{
    const uint32_t *numbers = directory_file_table(file, table);

    for (uint32_t i = 0; i < list.count; i++)
        INVARIANT(numbers[list.first + i] < directory_file_rows(file, named));
}

static void walk_name(const struct directory_file *file, enum directory_table table,
                      struct directory_text name, uint32_t number)
{
    INVARIANT(directory_file_find(file, table, directory_file_text(file, name)) == number);
}

static void walk_subjects(const struct directory_file *file)
{
    for (uint32_t n = 0; n < directory_file_rows(file, DIRECTORY_SLUGS); n++)
        walk_name(file, DIRECTORY_SLUGS, *DIRECTORY_ROW(file, SLUGS, struct directory_text, n), n);
    for (uint32_t n = 0; n < directory_file_rows(file, DIRECTORY_GROUPS); n++) {
        const struct directory_group_row *row = DIRECTORY_ROW(file, GROUPS,
                                                              struct directory_group_row, n);

        walk_name(file, DIRECTORY_GROUPS, row->name, n);
        INVARIANT(name_check_line(directory_file_text(file, row->display)) == NULL);
        walk_list(file, DIRECTORY_GRANTS, row->models, DIRECTORY_SLUGS);
    }
    for (uint32_t n = 0; n < directory_file_rows(file, DIRECTORY_USERS); n++) {
        const struct directory_user_row *row = DIRECTORY_ROW(file, USERS, struct directory_user_row,
                                                             n);

        walk_name(file, DIRECTORY_USERS, row->name, n);
        INVARIANT(name_check_line(directory_file_text(file, row->display)) == NULL);
        walk_list(file, DIRECTORY_GRANTS, row->models, DIRECTORY_SLUGS);
        walk_list(file, DIRECTORY_MEMBERSHIPS, row->groups, DIRECTORY_GROUPS);
    }
}

static void walk_keys(const struct directory_file *file)
{
    for (uint32_t n = 0; n < directory_file_rows(file, DIRECTORY_KEYS); n++) {
        const struct directory_key_row *row = DIRECTORY_ROW(file, KEYS, struct directory_key_row,
                                                            n);

        walk_name(file, DIRECTORY_KEYS, row->name, n);
        walk_list(file, DIRECTORY_GRANTS, row->models, DIRECTORY_SLUGS);
        INVARIANT((row->models.count == 0) == ((row->flags & DIRECTORY_MODELS_ALL) != 0));
        INVARIANT(row->user == ROW_NONE || row->user < directory_file_rows(file, DIRECTORY_USERS));
        INVARIANT(row->group == ROW_NONE ||
                  row->group < directory_file_rows(file, DIRECTORY_GROUPS));
    }
    for (uint32_t n = 0; n < directory_file_rows(file, DIRECTORY_OLD_DIGESTS); n++) {
        const struct directory_old_digest_row *row = DIRECTORY_ROW(
            file, OLD_DIGESTS, struct directory_old_digest_row, n);

        INVARIANT(row->key < directory_file_rows(file, DIRECTORY_KEYS));
    }
}

static void walk_revocations(const struct directory_file *file)
{
    for (uint32_t n = 0; n < directory_file_rows(file, DIRECTORY_REVOKED_NAMES); n++) {
        const struct directory_revoked_name_row *row = DIRECTORY_ROW(
            file, REVOKED_NAMES, struct directory_revoked_name_row, n);

        walk_name(file, DIRECTORY_REVOKED_NAMES, row->name, n);
    }
    for (uint32_t n = 0; n < directory_file_rows(file, DIRECTORY_REVOKED_DIGESTS); n++) {
        const struct directory_revoked_digest_row *row = DIRECTORY_ROW(
            file, REVOKED_DIGESTS, struct directory_revoked_digest_row, n);

        INVARIANT(directory_file_is_revoked(file, &row->digest));
    }
}

static void make_plausible(void *memory, size_t size)
{
    struct directory_header *header = memory;

    if (size < sizeof(*header))
        return;
    header->magic = DIRECTORY_MAGIC;
    header->version = DIRECTORY_VERSION;
    header->header_bytes = sizeof(*header);
    header->total_bytes = size;
    header->checksum = snapshot_checksum((char *)memory + DIRECTORY_CHECKSUM_FROM,
                                         size - DIRECTORY_CHECKSUM_FROM);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void *memory = NULL;
    int failed = posix_memalign(&memory, DIRECTORY_TABLE_ALIGN, size);

    INVARIANT(failed == 0);
    if (size != 0)
        memcpy(memory, data, size);
    make_plausible(memory, size);
    if (directory_file_check(memory, size) == 0) {
        const struct directory_file file = {memory, size};

        walk_subjects(&file);
        walk_keys(&file);
        walk_revocations(&file);
    }
    free(memory);
    return 0;
}
