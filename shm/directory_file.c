#include "shm/directory_file.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/base/names.h"
#include "shm/mapping.h"
#include "shm/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint32_t row_bytes[DIRECTORY_TABLE_COUNT] = {
#define X(name, type, what) sizeof(type),
    DIRECTORY_TABLE_MAP(X)
#undef X
};

/* Where the text by which a table is ordered lies in its rows. */
static const struct {
    bool is_there;
    size_t offset;
} names[DIRECTORY_TABLE_COUNT] = {
    [DIRECTORY_SLUGS] = {true, 0},
    [DIRECTORY_GROUPS] = {true, offsetof(struct directory_group_row, name)},
    [DIRECTORY_USERS] = {true, offsetof(struct directory_user_row, name)},
    [DIRECTORY_KEYS] = {true, offsetof(struct directory_key_row, name)},
    [DIRECTORY_REVOKED_NAMES] = {true, offsetof(struct directory_revoked_name_row, name)},
};

typedef const char *check_fn(struct span text);

/* What is checked, and where in the lists of the file the check has come to. */
struct walk {
    const struct directory_file *file;
    uint32_t grants;
    uint32_t memberships;
};

static int order(struct span a, struct span b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int difference = common == 0 ? 0 : memcmp(a.ptr, b.ptr, common);

    if (difference != 0)
        return difference;
    return a.len < b.len ? -1 : a.len > b.len;
}

static const char *row_at(const struct directory_file *file, enum directory_table table,
                          uint32_t number)
{
    const char *first = directory_file_table(file, table);

    return first + (size_t)number * row_bytes[table];
}

static struct directory_text name_at(const struct directory_file *file, enum directory_table table,
                                     uint32_t number)
{
    struct directory_text name;

    memcpy(&name, row_at(file, table, number) + names[table].offset, sizeof(name));
    return name;
}

static bool are_tables_in_place(const struct directory_file *file)
{
    const struct table_place *tables = file->header->tables;
    uint64_t end = sizeof(struct directory_header);

    for (size_t i = 0; i < DIRECTORY_TABLE_COUNT; i++) {
        if (tables[i].row_bytes != row_bytes[i] || tables[i].offset < end ||
            tables[i].offset % DIRECTORY_TABLE_ALIGN != 0 || tables[i].offset > file->bytes ||
            tables[i].rows > (file->bytes - tables[i].offset) / row_bytes[i])
            return false;
        end = tables[i].offset + (uint64_t)tables[i].rows * row_bytes[i];
    }
    return end == file->bytes;
}

static bool is_text(const struct directory_file *file, struct directory_text at, check_fn *check)
{
    uint64_t end = (uint64_t)at.offset + at.len;

    return end <= directory_file_rows(file, DIRECTORY_TEXT) &&
           check(directory_file_text(file, at)) == NULL;
}

/* All names of a table: of their form, and strictly ascending. */
static bool are_names_sound(const struct directory_file *file, enum directory_table table,
                            check_fn *check)
{
    uint32_t rows = directory_file_rows(file, table);
    struct span before = {NULL, 0};

    for (uint32_t n = 0; n < rows; n++) {
        struct directory_text at = name_at(file, table, n);

        if (!is_text(file, at, check))
            return false;
        struct span name = directory_file_text(file, at);
        if (n > 0 && order(before, name) >= 0)
            return false;
        before = name;
    }
    return true;
}

/* The list begins where the one before ended, and its numbers ascend and are below `limit`. */
static bool is_list(const struct directory_file *file, enum directory_table table,
                    struct directory_list list, uint32_t *at, uint32_t limit)
{
    const uint32_t *numbers = directory_file_table(file, table);

    if (list.first != *at || list.count > directory_file_rows(file, table) - *at)
        return false;
    for (uint32_t i = *at; i < *at + list.count; i++) {
        if (numbers[i] >= limit || (i > *at && numbers[i] <= numbers[i - 1]))
            return false;
    }
    *at += list.count;
    return true;
}

static bool are_grants(struct walk *walk, struct directory_list list)
{
    return is_list(walk->file, DIRECTORY_GRANTS, list, &walk->grants,
                   directory_file_rows(walk->file, DIRECTORY_SLUGS));
}

enum { SUBJECT_FLAGS = DIRECTORY_DISABLED | DIRECTORY_MODELS_ALL };
enum { SCOPE_FLAGS = KEY_SCOPE_LIST | KEY_SCOPE_CALL | KEY_SCOPE_ADMIN };

static bool has_only(uint32_t flags, unsigned allowed)
{
    return (flags & ~allowed) == 0;
}

static bool are_groups_sound(struct walk *walk)
{
    for (uint32_t n = 0; n < directory_file_rows(walk->file, DIRECTORY_GROUPS); n++) {
        const struct directory_group_row *row = DIRECTORY_ROW(walk->file, GROUPS,
                                                              struct directory_group_row, n);

        if (!is_text(walk->file, row->display, name_check_line) || row->reserved != 0 ||
            !has_only(row->flags, SUBJECT_FLAGS) || !are_grants(walk, row->models))
            return false;
    }
    return true;
}

static bool are_users_sound(struct walk *walk)
{
    uint32_t groups = directory_file_rows(walk->file, DIRECTORY_GROUPS);

    for (uint32_t n = 0; n < directory_file_rows(walk->file, DIRECTORY_USERS); n++) {
        const struct directory_user_row *row = DIRECTORY_ROW(walk->file, USERS,
                                                             struct directory_user_row, n);

        if (!is_text(walk->file, row->display, name_check_line) || row->reserved != 0 ||
            !has_only(row->flags, SUBJECT_FLAGS) || !are_grants(walk, row->models) ||
            !is_list(walk->file, DIRECTORY_MEMBERSHIPS, row->groups, &walk->memberships, groups))
            return false;
    }
    return walk->memberships == directory_file_rows(walk->file, DIRECTORY_MEMBERSHIPS);
}

static bool is_row_or_none(const struct directory_file *file, enum directory_table table,
                           uint32_t number)
{
    return number == ROW_NONE || number < directory_file_rows(file, table);
}

static bool are_keys_sound(struct walk *walk)
{
    for (uint32_t n = 0; n < directory_file_rows(walk->file, DIRECTORY_KEYS); n++) {
        const struct directory_key_row *row = DIRECTORY_ROW(walk->file, KEYS,
                                                            struct directory_key_row, n);
        bool is_free = (row->flags & DIRECTORY_MODELS_ALL) != 0;

        if (row->reserved != 0 || !has_only(row->flags, SUBJECT_FLAGS | SCOPE_FLAGS) ||
            row->expires_s < 0 || is_free != (row->models.count == 0))
            return false;
        if (!is_row_or_none(walk->file, DIRECTORY_USERS, row->user) ||
            !is_row_or_none(walk->file, DIRECTORY_GROUPS, row->group) ||
            !are_grants(walk, row->models))
            return false;
    }
    return walk->grants == directory_file_rows(walk->file, DIRECTORY_GRANTS);
}

static bool are_old_digests_sound(const struct directory_file *file)
{
    uint32_t keys = directory_file_rows(file, DIRECTORY_KEYS);
    uint32_t least = 0;

    for (uint32_t n = 0; n < directory_file_rows(file, DIRECTORY_OLD_DIGESTS); n++) {
        const struct directory_old_digest_row *row = DIRECTORY_ROW(
            file, OLD_DIGESTS, struct directory_old_digest_row, n);

        if (row->expires_s <= 0 || row->reserved != 0 || row->key < least || row->key >= keys)
            return false;
        least = row->key + 1;
    }
    return true;
}

static const struct directory_revoked_digest_row *revoked_digest(const struct directory_file *file,
                                                                 uint32_t number)
{
    return DIRECTORY_ROW(file, REVOKED_DIGESTS, struct directory_revoked_digest_row, number);
}

static bool are_revoked_digests_sound(const struct directory_file *file)
{
    for (uint32_t n = 1; n < directory_file_rows(file, DIRECTORY_REVOKED_DIGESTS); n++) {
        if (memcmp(revoked_digest(file, n - 1)->digest.bytes, revoked_digest(file, n)->digest.bytes,
                   DIGEST_BYTES) >= 0)
            return false;
    }
    return true;
}

static int check_header(const struct directory_header *header, size_t bytes)
{
    if (bytes < sizeof(*header) || header->magic != DIRECTORY_MAGIC)
        return ERR_CORRUPT;
    if (header->version != DIRECTORY_VERSION)
        return ERR_VERSION;
    if (header->header_bytes != sizeof(*header) || header->total_bytes != bytes)
        return ERR_CORRUPT;
    uint64_t sum = snapshot_checksum((const char *)header + DIRECTORY_CHECKSUM_FROM,
                                     bytes - DIRECTORY_CHECKSUM_FROM);
    return sum == header->checksum ? 0 : ERR_CORRUPT;
}

int directory_file_check(const void *memory, size_t bytes)
{
    const struct directory_file file = {memory, bytes};
    struct walk walk = {.file = &file};
    int err = check_header(file.header, bytes);

    if (err != 0)
        return err;
    if (!are_tables_in_place(&file) || !are_names_sound(&file, DIRECTORY_SLUGS, name_check_slug) ||
        !are_names_sound(&file, DIRECTORY_GROUPS, name_check_id) ||
        !are_names_sound(&file, DIRECTORY_USERS, name_check_id) ||
        !are_names_sound(&file, DIRECTORY_KEYS, name_check_id) ||
        !are_names_sound(&file, DIRECTORY_REVOKED_NAMES, name_check_id))
        return ERR_CORRUPT;
    if (!are_groups_sound(&walk) || !are_users_sound(&walk) || !are_keys_sound(&walk) ||
        !are_old_digests_sound(&file) || !are_revoked_digests_sound(&file))
        return ERR_CORRUPT;
    return 0;
}

static int map(int fd, struct directory_file *out)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return ERR_IO;
    if (!S_ISREG(status.st_mode) || status.st_size < (off_t)sizeof(struct directory_header))
        return ERR_CORRUPT;
    size_t bytes = (size_t)status.st_size;
    void *memory = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (memory == MAP_FAILED)
        return errno == ENOMEM ? ERR_NO_MEMORY : ERR_IO;
    *out = (struct directory_file){memory, bytes};
    return 0;
}

int directory_file_open(const char *path, struct directory_file *out)
{
    struct directory_file file = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    int err = map(fd, &file);
    (void)close(fd);
    if (err == 0)
        err = directory_file_check(file.header, file.bytes);
    if (err == 0)
        *out = file;
    else
        directory_file_close(&file);
    return err;
}

void directory_file_close(struct directory_file *file)
{
    mapping_close(file->header, file->bytes);
    *file = (struct directory_file){0};
}

uint32_t directory_file_find(const struct directory_file *file, enum directory_table table,
                             struct span text)
{
    uint32_t low = 0;
    uint32_t high = directory_file_rows(file, table);

    INVARIANT(names[table].is_there);
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int difference = order(directory_file_text(file, name_at(file, table, middle)), text);

        if (difference == 0)
            return middle;
        if (difference < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return ROW_NONE;
}

bool directory_file_is_revoked(const struct directory_file *file, const struct digest *digest)
{
    uint32_t low = 0;
    uint32_t high = directory_file_rows(file, DIRECTORY_REVOKED_DIGESTS);

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int difference = memcmp(revoked_digest(file, middle)->digest.bytes, digest->bytes,
                                DIGEST_BYTES);

        if (difference == 0)
            return true;
        if (difference < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}
