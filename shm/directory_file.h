/**
 * `state_dir/directory`: the keys, users, groups, grants and revocations that the database holds,
 * as the steward last wrote them. The loader and the tools read this file and never the database.
 *
 *   directory_header | table 0 | table 1 | … | text bytes
 *
 * Tables lie in the order of DIRECTORY_TABLE_MAP, 64-byte aligned, without overlap; TEXT is the
 * last. A row is named by its number. All numbers are of this machine's byte order. Any change of
 * a size, an order or a meaning bumps DIRECTORY_VERSION.
 *
 * SLUGS, GROUPS, USERS, KEYS and REVOKED_NAMES are strictly ascending by their text (memcmp),
 * REVOKED_DIGESTS by digest, OLD_DIGESTS by key: nothing stands twice, and texts and digests are
 * found by halving. GRANTS holds the lists of group 0, group 1, …, then of the users, then of the
 * keys, one behind the other, each strictly ascending, and nothing else; MEMBERSHIPS those of the
 * users. Two keys with the same digest are not noticed here: a reader that joins several sources
 * has to look for them anyway.
 *
 * The checksum is snapshot_checksum() over everything behind the field. It is there for torn and
 * foreign files; SHA-256 would cost ten times as much at each load and guard no better, because
 * who can write the file (mode 0600) can also compute its digest.
 *
 * The file is only ever replaced by rename(2), never written in place, so that what was mapped
 * stays as it was.
 */
#ifndef WEIR_SHM_DIRECTORY_FILE_H
#define WEIR_SHM_DIRECTORY_FILE_H

#include "lib/base/digest.h"
#include "shm/layout.h"

enum {
    DIRECTORY_VERSION = 1,
    DIRECTORY_TABLE_ALIGN = 64,
    DIRECTORY_CHECKSUM_FROM = 32, /* the first byte behind `checksum` */
};

#define DIRECTORY_MAGIC UINT64_C(0x3152694472696577) /* "weirDiR1" */

/** X(NAME, row type, what it holds) */
#define DIRECTORY_TABLE_MAP(X)                                                                     \
    X(SLUGS, struct directory_text, "every slug that a grant or a restriction names")              \
    X(GROUPS, struct directory_group_row, "groups, disabled ones among them")                      \
    X(USERS, struct directory_user_row, "users, disabled ones among them")                         \
    X(KEYS, struct directory_key_row, "keys that are not revoked; expired ones may be among them") \
    X(OLD_DIGESTS, struct directory_old_digest_row, "what rotated keys were before, for a while")  \
    X(REVOKED_NAMES, struct directory_revoked_name_row, "keys that are refused, by name")          \
    X(REVOKED_DIGESTS, struct directory_revoked_digest_row, "keys that are refused, by digest")    \
    X(GRANTS, uint32_t, "lists of numbers in SLUGS")                                               \
    X(MEMBERSHIPS, uint32_t, "lists of numbers in GROUPS")                                         \
    X(TEXT, char, "the bytes of all texts")

enum directory_table {
#define X(name, type, what) DIRECTORY_##name,
    DIRECTORY_TABLE_MAP(X) DIRECTORY_TABLE_COUNT,
#undef X
};

/** Bytes in TEXT. */
struct directory_text {
    uint32_t offset;
    uint32_t len;
};

/** A list in GRANTS or MEMBERSHIPS. */
struct directory_list {
    uint32_t first;
    uint32_t count;
};

/** The flags of groups, users and keys; a key's also have the KEY_SCOPE_ bits of enum key_flag. */
enum directory_flag {
    DIRECTORY_DISABLED = KEY_DISABLED,
    /**
     * Of a group or user: everything is granted, whatever its list says. Of a key: it is not
     * restricted, and its list is empty; without the flag a key's list has at least one slug.
     */
    DIRECTORY_MODELS_ALL = 1 << 8,
};

struct directory_group_row {
    struct directory_text name;    /* name_check_id() */
    struct directory_text display; /* name_check_line(); may be empty */
    struct directory_list models;
    uint32_t flags; /* enum directory_flag */
    uint32_t reserved;
};

struct directory_user_row {
    struct directory_text name;
    struct directory_text display;
    struct directory_list models;
    struct directory_list groups;
    uint32_t flags; /* enum directory_flag */
    uint32_t reserved;
};

struct directory_key_row {
    struct digest digest; /* SHA-256 of the key's text */
    int64_t expires_s;    /* Unix time; 0: never */
    int64_t created_s;
    struct directory_text name;   /* the key's identity: it outlives a rotation */
    struct directory_list models; /* what the key is restricted to */
    uint32_t user;                /* row in USERS, or ROW_NONE */
    uint32_t group;               /* row in GROUPS, or ROW_NONE */
    uint32_t flags;               /* enum directory_flag and the scopes of enum key_flag */
    uint32_t reserved;
};

/** The digest that `key` had before it was rotated: it opens the same key until `expires_s`. */
struct directory_old_digest_row {
    struct digest digest;
    int64_t expires_s; /* never 0 */
    uint32_t key;      /* row in KEYS */
    uint32_t reserved;
};

/** A key of this name is refused, wherever it is defined, also in the configuration. */
struct directory_revoked_name_row {
    struct directory_text name;
    int64_t revoked_s;
};

/** A key with this digest is refused, whatever its name. */
struct directory_revoked_digest_row {
    struct digest digest;
    int64_t revoked_s;
};

struct directory_header {
    uint64_t magic;
    uint32_t version;
    uint32_t header_bytes;
    uint64_t total_bytes; /* of the whole file */
    uint64_t checksum;
    /** The number of the last audited change that is in here: it only grows from file to file. */
    uint64_t change;
    int64_t written_ms; /* Unix time */
    struct table_place tables[DIRECTORY_TABLE_COUNT];
};

struct directory_file {
    const struct directory_header *header; /* NULL: closed */
    size_t bytes;
};

/**
 * Map the file and check all of it in one pass without allocating: a million keys take well below
 * a second. Everything that is reached through what is below is then inside the file and in range.
 *
 * @param out  filled only on success
 * @return 0, ERR_NOT_FOUND, ERR_CORRUPT, ERR_VERSION, ERR_NO_MEMORY or ERR_IO (errno says why)
 */
int directory_file_open(const char *path, struct directory_file *out);

/** The same for what lies at `memory`, aligned to DIRECTORY_TABLE_ALIGN. @return 0 or such an ERR_ */
int directory_file_check(const void *memory, size_t bytes);

/** Unmaps and clears; a closed one is fine. */
void directory_file_close(struct directory_file *file);

static inline uint32_t directory_file_rows(const struct directory_file *file,
                                           enum directory_table table)
{
    return file->header->tables[table].rows;
}

/** First row of a table: cast it to the row type of DIRECTORY_TABLE_MAP. */
static inline const void *directory_file_table(const struct directory_file *file,
                                               enum directory_table table)
{
    return (const char *)file->header + file->header->tables[table].offset;
}

/** Row `number`, which must be below directory_file_rows(). */
#define DIRECTORY_ROW(file, TABLE, type, number) \
    (&((const type *)directory_file_table((file), DIRECTORY_##TABLE))[number])

/** Borrowed until directory_file_close(). */
static inline struct span directory_file_text(const struct directory_file *file,
                                              struct directory_text at)
{
    return (struct span){DIRECTORY_ROW(file, TEXT, char, at.offset), at.len};
}

/** The row in SLUGS, GROUPS, USERS, KEYS or REVOKED_NAMES with exactly that text, or ROW_NONE. */
uint32_t directory_file_find(const struct directory_file *file, enum directory_table table,
                             struct span text);

/** Does REVOKED_DIGESTS hold it? */
bool directory_file_is_revoked(const struct directory_file *file, const struct digest *digest);

_Static_assert(offsetof(struct directory_header, change) == DIRECTORY_CHECKSUM_FROM, "checksum");
_Static_assert(sizeof(struct directory_group_row) == 32, "bump DIRECTORY_VERSION");
_Static_assert(sizeof(struct directory_user_row) == 40, "bump DIRECTORY_VERSION");
_Static_assert(sizeof(struct directory_key_row) == 80, "bump DIRECTORY_VERSION");
_Static_assert(sizeof(struct directory_old_digest_row) == 48, "bump DIRECTORY_VERSION");
_Static_assert(sizeof(struct directory_revoked_name_row) == 16, "bump DIRECTORY_VERSION");
_Static_assert(sizeof(struct directory_revoked_digest_row) == 40, "bump DIRECTORY_VERSION");

#endif
