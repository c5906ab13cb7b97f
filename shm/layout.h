/**
 * What the bytes of a generation mean.
 *
 * A generation is two sealed memfds, the snapshot and the secrets. The loader writes them, the
 * master checks their seals and headers, workers and tools map them read-only; all of them read
 * this file and nothing else. Any change of a size, an order or a meaning bumps LAYOUT_VERSION.
 *
 *   snapshot_header | table 0 | table 1 | … | string bytes | fragment bytes
 *
 * References are byte offsets from the start of the mapping, so a snapshot can be mapped anywhere.
 * Tables are 64-byte aligned arrays of fixed-size rows, in the order of SNAPSHOT_TABLE_MAP and
 * without overlap, also the empty ones; a row is named by its number. All numbers are of this
 * machine's byte order: a snapshot never leaves the host. There is no secret in it.
 *
 * MODEL_SLOTS and KEY_SLOTS: a power of two of slots (at least 1, better twice the rows), of which
 * at least one is empty. An empty slot holds ROW_NONE. The home slot of a row is hash & (slots - 1),
 * where hash is snapshot_hash_slug(slug) or digest_prefix(digest); a row lies in the first slot from
 * there on that was empty, going round at the end; each row lies in exactly one slot, at most
 * LAYOUT_PROBES_MAX slots from home.
 *
 * GRANT_WORDS: set n begins at word n * words, words = (models + 63) / 64; bits above the last model
 * are 0. FRAGMENTS: in each dialect the bytes of model m + 1 follow those of model m at once, so
 * that a run of models is one piece of memory; each begins with dialect_separator(). DEPLOYMENTS:
 * those of model 0 first, then those of model 1, …; a model without one may hold any
 * deployment_first. ORDERS: in each order every model once, as model_order.h compares them.
 * CELLS: strictly ascending by the bytes of the identity (memcmp), and so are BROWSER_USERS.
 * BROWSER_ISSUERS: none, or App Check and at least one other; BROWSER_KEYS: those of issuer 0 first,
 * then those of issuer 1, …; what rs256_is_key() denies is none. A snapshot that differs in any of
 * this, also in what a LISTINGS row counts, is refused.
 *
 * The checksum of snapshot and secrets covers everything behind the field itself: it is
 * snapshot_checksum(memory + LAYOUT_CHECKSUM_FROM, total_bytes - LAYOUT_CHECKSUM_FROM). Write it
 * last. It guards against torn or foreign memory, not against attackers.
 */
#ifndef WEIR_SHM_LAYOUT_H
#define WEIR_SHM_LAYOUT_H

#include "lib/base/digest.h"
#include "shm/browser_rows.h"
#include "shm/rows.h"
#include "shm/settings.h"

#include <stddef.h>
#include <stdint.h>

enum {
    LAYOUT_VERSION = 11,
    LAYOUT_TABLE_ALIGN = 64,
    LAYOUT_PROBES_MAX = 1024,
    LAYOUT_CHECKSUM_FROM = 32, /* in both headers: the first byte behind `checksum` */
};

#define SNAPSHOT_MAGIC UINT64_C(0x31506e5372696577) /* "weirSnP1" */
#define SECRETS_MAGIC  UINT64_C(0x3154635372696577) /* "weirScT1" */

/** X(NAME, row type, what it holds) */
#define SNAPSHOT_TABLE_MAP(X)                                                                     \
    X(PROVIDERS, struct provider_row, "in the order of the configuration")                        \
    X(MODELS, struct model_row, "enabled models, in display order: priority falling, then slug")  \
    X(MODEL_SLOTS, uint32_t, "open addressing: slug hash -> model number")                        \
    X(DEPLOYMENTS, struct deployment_row, "in the order of the models, lower tiers first")        \
    X(KEYS, struct key_row, "in no particular order")                                             \
    X(KEY_SLOTS, uint32_t, "open addressing: digest prefix -> key number")                        \
    X(USERS, struct subject_row, "users")                                                         \
    X(GROUPS, struct subject_row, "groups")                                                       \
    X(GRANT_SETS, struct grant_set_row, "distinct sets of models; row 0 is the empty set")        \
    X(GRANT_WORDS, uint64_t, "bitmaps of the sets: bit n of a set is model n")                    \
    X(LISTINGS, struct listing_row, "set-major: row = set * DIALECT_COUNT + dialect")             \
    X(FRAGMENTS, struct ref, "dialect-major: row = dialect * models + model")                     \
    X(DIALECTS, struct dialect_row, "head and tail of each dialect's listing")                    \
    X(ORDERS, uint32_t, "order-major: row = order * models + place -> model number")              \
    X(SEARCH_TEXTS, struct ref, "by model number: slug, newline, name; A-Z as a-z")               \
    X(PRICES, struct price_row, "immutable price rows")                                           \
    X(CELLS, struct cell_row, "identity -> cell number, ordered by identity")                     \
    X(BROWSER_ISSUERS, struct browser_issuer_row, "who signs browsers' tokens; row 0: App Check") \
    X(BROWSER_KEYS, struct browser_key_row, "public keys, in the order of the issuers")           \
    X(BROWSER_USERS, struct browser_user_row, "whose grants a subject has, ordered by identity")

enum snapshot_table {
#define X(name, type, what) SNAPSHOT_##name,
    SNAPSHOT_TABLE_MAP(X) SNAPSHOT_TABLE_COUNT,
#undef X
};

struct table_place {
    uint64_t offset;
    uint32_t rows;
    uint32_t row_bytes;
};

struct snapshot_header {
    uint64_t magic;
    uint32_t version;
    uint32_t header_bytes;
    uint64_t total_bytes; /* of the whole memfd */
    uint64_t checksum;    /* over everything behind it */
    uint64_t generation;  /* 1, 2, …; the only field that may differ between equal contents */
    /** Over everything that clients or operators can observe; equal means "unchanged". */
    struct digest content;
    int64_t published_s; /* when this content was first published, Unix time */
    uint32_t anonymous_grant_set;
    uint32_t cells_used; /* the highest cell number in CELLS, plus one */
    struct ref config_path;
    struct ref state_dir;
    struct ref control_socket;
    struct ref ca_file;
    uint32_t browser_grant_set; /* of browsers' subjects without a row in BROWSER_USERS */
    uint32_t browser_group;     /* whose grants those are: row in GROUPS, or ROW_NONE */
    struct ref admin_socket;    /* empty: `admin.sock` in state_dir */
    struct ref admin_listen;    /* "host:port"; empty: none */
    uint32_t listen_count;
    /** 1: an export of the directory was merged in. Not a part of `content`: an empty one is none. */
    uint32_t has_directory;
    uint32_t directory_groups; /* of GROUPS, the last ones: those of the directory */
    uint32_t directory_users;  /* of USERS; likewise */
    uint32_t directory_keys;   /* of KEYS; behind them are the texts they had before a rotation: */
    uint32_t directory_old_keys;
    uint32_t session_key; /* row of the secrets: what sessions are signed with; ROW_NONE: none */
    uint32_t reserved;
    char listen[SETTINGS_LISTEN_MAX][SETTINGS_ADDRESS_BYTES]; /* NUL-terminated "host:port" */
    struct settings settings;
    struct table_place tables[SNAPSHOT_TABLE_COUNT];
};

/**
 * Secrets: header, rows, bytes. Never dumped. Three kinds of memfds have this form: the provider
 * keys of a generation and the key of its sessions, for workers; its service accounts, for the steward (shm/accounts.h); and
 * the tokens that the steward mints for those, for workers (shm/tokens.h).
 */
struct secrets_header {
    uint64_t magic;
    uint32_t version;
    uint32_t zero;
    uint64_t total_bytes;
    uint64_t checksum; /* over everything behind it */
    uint64_t generation;
    struct digest content; /* equal means the secrets did not change */
    uint32_t rows;
    uint32_t reserved;
};

struct secret_row {
    uint64_t offset; /* from the start of the mapping; the rows follow the header at once */
    uint32_t len;
    uint32_t reserved;
};

_Static_assert(offsetof(struct snapshot_header, generation) == LAYOUT_CHECKSUM_FROM, "checksum");
_Static_assert(offsetof(struct secrets_header, generation) == LAYOUT_CHECKSUM_FROM, "checksum");

#endif
