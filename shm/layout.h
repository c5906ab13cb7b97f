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
 * Tables are 64-byte aligned arrays of fixed-size rows; a row is named by its number. All numbers
 * are of this machine's byte order: a snapshot never leaves the host. There is no secret in it.
 */
#ifndef WEIR_SHM_LAYOUT_H
#define WEIR_SHM_LAYOUT_H

#include "lib/base/digest.h"
#include "shm/settings.h"

#include <stdint.h>

enum {
    LAYOUT_VERSION = 1,
    LAYOUT_TABLE_ALIGN = 64,
    LAYOUT_SLUG_BYTES_MAX = 128,
};

#define SNAPSHOT_MAGIC UINT64_C(0x31506e5372696577) /* "weirSnP1" */
#define SECRETS_MAGIC  UINT64_C(0x3154635372696577) /* "weirScT1" */

/** No row: what a row number holds where there is none. */
#define ROW_NONE UINT32_MAX

/** Bytes inside the snapshot. A zero length means empty, whatever the offset. */
struct ref {
    uint64_t offset;
    uint32_t len;
    uint32_t reserved;
};

/** X(NAME, row type, what it holds) */
#define SNAPSHOT_TABLE_MAP(X)                                                                    \
    X(PROVIDERS, struct provider_row, "in the order of the configuration")                       \
    X(MODELS, struct model_row, "enabled models, in display order: priority falling, then slug") \
    X(MODEL_SLOTS, uint32_t, "open addressing: slug hash -> model number")                       \
    X(DEPLOYMENTS, struct deployment_row, "each model's together, lower tiers first")            \
    X(KEYS, struct key_row, "in no particular order")                                            \
    X(KEY_SLOTS, uint32_t, "open addressing: digest prefix -> key number")                       \
    X(USERS, struct subject_row, "users")                                                        \
    X(GROUPS, struct subject_row, "groups")                                                      \
    X(GRANT_SETS, struct grant_set_row, "distinct sets of models; row 0 is the empty set")       \
    X(GRANT_WORDS, uint64_t, "bitmaps of the sets: bit n of a set is model n")                   \
    X(LISTINGS, struct listing_row, "set-major: row = set * DIALECT_COUNT + dialect")            \
    X(FRAGMENTS, struct ref, "dialect-major: row = dialect * models + model")                    \
    X(DIALECTS, struct dialect_row, "head and tail of each dialect's listing")                   \
    X(PRICES, struct price_row, "immutable price rows")                                          \
    X(CELLS, struct cell_row, "identity -> cell number, ordered by identity")

enum snapshot_table {
#define X(name, type, what) SNAPSHOT_##name,
    SNAPSHOT_TABLE_MAP(X) SNAPSHOT_TABLE_COUNT,
#undef X
};

/** The listing dialects whose fragments the loader renders; the order is that of the rows. */
#define DIALECT_MAP(X) X(OPENAI, "openai")

enum dialect {
#define X(name, word) DIALECT_##name,
    DIALECT_MAP(X) DIALECT_COUNT,
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
    uint64_t generation;  /* 1, 2, …; the only field that may differ between equal contents */
    /** Over everything that clients or operators can observe; equal means "unchanged". */
    struct digest content;
    /** FNV-1a 64 over all bytes after the header: against torn or foreign memory, not attackers. */
    uint64_t checksum;
    int64_t published_s; /* when this content was first published, Unix time */
    uint32_t anonymous_grant_set;
    uint32_t cells_used; /* the highest cell number in CELLS, plus one */
    struct ref config_path;
    struct ref state_dir;
    struct ref control_socket;
    struct ref ca_file;
    uint32_t listen_count;
    uint32_t reserved;
    char listen[SETTINGS_LISTEN_MAX][SETTINGS_ADDRESS_BYTES]; /* NUL-terminated "host:port" */
    struct settings settings;
    struct table_place tables[SNAPSHOT_TABLE_COUNT];
};

/** X(NAME, word in the configuration, owned_by, page word, wire protocol) */
#define PROVIDER_KIND_MAP(X)                                       \
    X(OPENAI, "openai", "openai", "OpenAI", OPENAI)                \
    X(ANTHROPIC, "anthropic", "anthropic", "Anthropic", ANTHROPIC) \
    X(OPENAI_COMPATIBLE, "openai_compatible", "openai_compatible", "OpenAI-compatible", OPENAI)

enum provider_kind {
#define X(name, ...) PROVIDER_##name,
    PROVIDER_KIND_MAP(X) PROVIDER_KIND_COUNT,
#undef X
};

/** What is spoken on the wire, by a client or by an upstream. */
enum wire_protocol { PROTOCOL_OPENAI, PROTOCOL_ANTHROPIC, PROTOCOL_COUNT };

struct provider_row {
    struct ref name;
    struct ref base_url; /* without a trailing slash, e.g. "https://api.openai.com/v1" */
    uint32_t kind;       /* enum provider_kind */
    uint32_t secret;     /* number in the secrets memfd, or ROW_NONE */
};

enum model_flag {
    MODEL_REASONING = 1 << 0,
    MODEL_ATTACHMENTS = 1 << 1,
    MODEL_TOOLS = 1 << 2,
    MODEL_SUMMARIES = 1 << 3,
    MODEL_VERBOSITY = 1 << 4,
    MODEL_PARALLEL_TOOL_CALLS = 1 << 5,
    MODEL_WEBSOCKETS = 1 << 6,
    MODEL_IN_API = 1 << 7,
};

enum model_kind { MODEL_CHAT, MODEL_EMBEDDING, MODEL_IMAGE, MODEL_KIND_COUNT };

struct model_row {
    uint64_t slug_hash;
    struct ref slug;
    struct ref name;
    uint32_t kind;
    uint32_t flags; /* enum model_flag */
    uint32_t deployment_first;
    uint32_t deployment_count;
    uint32_t price; /* row in PRICES, or ROW_NONE */
    uint32_t cell;  /* number in the state segment */
    uint64_t context_window;
    uint64_t max_input_tokens;
    uint64_t max_output_tokens; /* 0: not given */
    uint64_t media_tokens;
    int64_t created_s;     /* when this model's content was first published */
    uint64_t content_hash; /* over what its fragments say, without created */
    int32_t priority;
    uint32_t reserved;
};

struct deployment_row {
    struct ref upstream_model; /* the provider's own name for the model */
    uint32_t provider;
    uint32_t model;
    uint32_t tier;
    uint32_t weight;
    uint32_t cell;
    uint32_t reserved;
};

enum key_flag {
    KEY_DISABLED = 1 << 0,
    KEY_SCOPE_LIST = 1 << 1,
    KEY_SCOPE_CALL = 1 << 2,
    KEY_SCOPE_ADMIN = 1 << 3,
};

struct key_row {
    struct digest digest; /* SHA-256 of the key's text */
    int64_t expires_s;    /* 0: never */
    struct ref name;
    uint32_t grant_set;
    uint32_t user;  /* row in USERS, or ROW_NONE */
    uint32_t group; /* row in GROUPS, or ROW_NONE */
    uint32_t flags; /* enum key_flag */
    uint32_t cell;
    uint32_t reserved;
};

/** A user or a group: what stands beside its grants. */
struct subject_row {
    struct ref name;
    uint32_t cell;
    uint32_t flags; /* KEY_DISABLED */
};

struct grant_set_row {
    uint32_t first_word; /* in GRANT_WORDS; each set has (models + 63) / 64 words */
    uint32_t models;     /* bits set */
};

/** One grant set's listing in one dialect. */
struct listing_row {
    uint64_t body_bytes; /* head, fragments with their commas, tail */
    char etag[24];       /* with its quotes, NUL-terminated */
    uint32_t runs;       /* of adjacent models */
    uint32_t reserved;
};

/** Each fragment begins with a comma; a listing leaves out the first one of its first run. */
struct dialect_row {
    struct ref head;
    struct ref tail;
};

/**
 * USD in pico-dollars: per token, or per piece for request and image. A rate of PRICE_NONE was
 * not given; it is never zero by accident.
 */
#define PRICE_NONE UINT64_MAX

#define PRICE_MAP(X) \
    X(input)         \
    X(output)        \
    X(cache_read)    \
    X(cache_write)   \
    X(cache_write_1h) X(audio_input) X(audio_output) X(image_input) X(request) X(image)

struct price_row {
#define X(name) uint64_t name;
    PRICE_MAP(X)
#undef X
    uint64_t above_tokens; /* 0: no second step */
    uint64_t above_input;
    uint64_t above_output;
};

/** What a cell belongs to; the number is part of the identity. */
enum cell_kind { CELL_KEY = 1, CELL_USER, CELL_GROUP, CELL_MODEL, CELL_DEPLOYMENT };

/**
 * An identity keeps its cell for as long as it exists. One that left is `retired`: its number is
 * given to a new identity only by a generation begun after every worker acknowledged the
 * generation that dropped it, and only while nothing holds the cell.
 */
struct cell_row {
    struct digest identity; /* SHA-256 of kind, NUL, name */
    uint32_t cell;
    uint32_t kind;    /* enum cell_kind */
    uint64_t born;    /* the generation that gave it the number */
    uint64_t retired; /* the generation that dropped it; 0 while in use */
};

/** The secrets memfd: header, rows, bytes. Mapped by workers only; never dumped. */
struct secrets_header {
    uint64_t magic;
    uint32_t version;
    uint32_t rows;
    uint64_t total_bytes;
    uint64_t generation;
    struct digest content; /* equal means the secrets did not change */
    uint64_t checksum;     /* FNV-1a 64 over all bytes after the header */
};

struct secret_row {
    uint64_t offset;
    uint32_t len;
    uint32_t reserved;
};

_Static_assert(sizeof(struct ref) == 16, "bump LAYOUT_VERSION");
_Static_assert(sizeof(struct provider_row) == 40, "bump LAYOUT_VERSION");
_Static_assert(sizeof(struct deployment_row) == 40, "bump LAYOUT_VERSION");
_Static_assert(sizeof(struct key_row) == 80, "bump LAYOUT_VERSION");
_Static_assert(sizeof(struct subject_row) == 24, "bump LAYOUT_VERSION");
_Static_assert(sizeof(struct listing_row) == 40, "bump LAYOUT_VERSION");
_Static_assert(sizeof(struct cell_row) == 56, "bump LAYOUT_VERSION");

#endif
