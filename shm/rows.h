/**
 * The rows of a snapshot's tables: layout.h says where they lie, this file what is in one.
 *
 * A row names another by its number. Any change here bumps LAYOUT_VERSION.
 */
#ifndef WEIR_SHM_ROWS_H
#define WEIR_SHM_ROWS_H

#include "lib/base/digest.h"
#include "shm/listing_rows.h"
#include "shm/traits.h"

#include <stdint.h>

enum {
    LAYOUT_SLUG_BYTES_MAX = 128,
    LAYOUT_PROVIDER_BYTES_MAX = 64, /* a provider's name */
    LAYOUT_UPSTREAM_MODEL_BYTES_MAX = 256,
};

/** X(NAME, word in the configuration, owned_by, page word, wire protocol, credit word, filter word) */
#define PROVIDER_KIND_MAP(X)                                                                    \
    X(OPENAI, "openai", "openai", "OpenAI", OPENAI, "openai", "openai")                         \
    X(ANTHROPIC, "anthropic", "anthropic", "Anthropic", ANTHROPIC, "anthropic", "anthropic")    \
    X(OPENAI_COMPATIBLE, "openai_compatible", "openai_compatible", "OpenAI-compatible", OPENAI, \
      "openai", "openai_compatible")                                                            \
    X(GEMINI, "gemini", "google", "Gemini", GEMINI, "vertex", "gemini")                         \
    X(OPENROUTER, "openrouter", "openrouter", "OpenRouter", OPENAI, "openrouter", "openrouter")

enum provider_kind {
#define X(name, ...) PROVIDER_##name,
    PROVIDER_KIND_MAP(X) PROVIDER_KIND_COUNT,
#undef X
};

/** What is spoken on the wire, by a client or by an upstream. */
enum wire_protocol { PROTOCOL_OPENAI, PROTOCOL_ANTHROPIC, PROTOCOL_GEMINI, PROTOCOL_COUNT };

struct provider_row {
    struct ref name;
    struct ref base_url; /* without a trailing slash, e.g. "https://api.openai.com/v1" */
    uint32_t kind;       /* enum provider_kind */
    uint32_t secret;     /* number in the secrets memfd, or ROW_NONE */
    uint32_t cell;       /* of its retry budget */
    uint32_t auth;       /* enum provider_auth, shm/accounts.h */
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
    MODEL_STRICT_PARAMS = 1 << 8, /* what a translation would leave out is refused */
};

enum model_kind { MODEL_CHAT, MODEL_EMBEDDING, MODEL_IMAGE, MODEL_KIND_COUNT };

/** In the order of the words in the configuration, after the one that is assumed. */
enum model_lifecycle {
    LIFECYCLE_ACTIVE,
    LIFECYCLE_PREVIEW,
    LIFECYCLE_DEPRECATED,
    LIFECYCLE_RETIRED,
    LIFECYCLE_COUNT,
};

/** What a model takes and gives; the numbers are bits of model_row.inputs and .outputs. */
#define MODALITY_MAP(X) \
    X(TEXT, "text")     \
    X(IMAGE, "image")   \
    X(AUDIO, "audio")   \
    X(VIDEO, "video")   \
    X(FILE, "file")     \
    X(EMBEDDINGS, "embeddings")

enum modality {
#define X(name, word) MODALITY_##name,
    MODALITY_MAP(X) MODALITY_COUNT,
#undef X
};

struct model_row {
    uint64_t slug_hash;
    struct ref slug;
    struct ref name;
    struct ref parameters; /* what calls may set: words with a comma between two */
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
    int64_t created_s; /* when this model's content was first published */
    uint64_t
        content_hash; /* over what its fragments say without created, and what a call is held to */
    int32_t priority;
    uint32_t lifecycle; /* enum model_lifecycle */
    uint32_t inputs;    /* bits, 1 << enum modality */
    uint32_t outputs;
};

struct deployment_row {
    struct ref upstream_model; /* the provider's own name for the model */
    uint32_t provider;
    uint32_t model;
    uint32_t tier;
    uint32_t weight;
    uint32_t cell;
    uint32_t reserved;
    struct traits traits;
};

enum key_flag {
    KEY_DISABLED = 1 << 0,
    KEY_SCOPE_LIST = 1 << 1,
    KEY_SCOPE_CALL = 1 << 2,
    KEY_SCOPE_ADMIN = 1 << 3,
    KEY_REVOKED = 1 << 4, /* for ever, wherever the key is defined; KEY_DISABLED is set as well */
};

struct key_row {
    struct digest digest; /* SHA-256 of the key's text */
    int64_t expires_s;    /* 0: never */
    struct ref name;      /* also the row's of the text from before a rotation; so is the cell */
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
enum cell_kind { CELL_KEY = 1, CELL_USER, CELL_GROUP, CELL_MODEL, CELL_DEPLOYMENT, CELL_PROVIDER };

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

_Static_assert(sizeof(struct provider_row) == 48, "bump LAYOUT_VERSION");
_Static_assert(sizeof(struct model_row) == 144, "bump LAYOUT_VERSION");
_Static_assert(sizeof(struct deployment_row) == 56, "bump LAYOUT_VERSION");
_Static_assert(sizeof(struct key_row) == 80, "bump LAYOUT_VERSION");
_Static_assert(sizeof(struct subject_row) == 24, "bump LAYOUT_VERSION");
_Static_assert(sizeof(struct cell_row) == 56, "bump LAYOUT_VERSION");

#endif
