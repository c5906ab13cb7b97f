/** Listing dialects: how a model, and an error, read in each client's protocol. One table. */
#ifndef WEIR_DIALECT_DIALECT_H
#define WEIR_DIALECT_DIALECT_H

#include "lib/base/text.h"
#include "shm/layout.h"

enum { DIALECT_LEVELS_MAX = 16, DIALECT_WORDS_MAX = 16 };

struct dialect_level {
    struct span effort;
    struct span description;
};

/** All that a dialect may say of a model; filled by the loader, borrowed during the call. */
struct dialect_model {
    struct span slug;
    struct span name;
    struct span description;
    struct span owned_by;
    struct span default_reasoning;  /* empty: null */
    struct span default_verbosity;  /* empty: null */
    struct span client_version_min; /* empty: null */
    struct span input_modalities[DIALECT_WORDS_MAX];
    struct span output_modalities[DIALECT_WORDS_MAX];
    struct span features[DIALECT_WORDS_MAX];
    struct span parameters[DIALECT_WORDS_MAX * 2];
    uint32_t input_modality_count;
    uint32_t output_modality_count;
    uint32_t feature_count;
    uint32_t parameter_count;
    uint32_t level_count;
    struct dialect_level levels[DIALECT_LEVELS_MAX];
    int64_t released_s; /* 0: not given, as with the other two */
    int64_t deprecated_s;
    int64_t retires_s;
    enum provider_kind provider;    /* of the first deployment of the lowest tier */
    uint64_t credits_per_usd;       /* 0: no prices in credits */
    uint64_t credits_margin_micros; /* 1400000 is 1.4 */
    const struct model_row *row;    /* numbers, flags, created_s */
    const struct price_row *price;  /* NULL: no price, which is never a price of zero */
};

/** One model as the list's item: no comma, no newline. */
void dialect_render_model(enum dialect dialect, const struct dialect_model *model,
                          struct text *out);

/** What stands before and after the items of a list. */
struct span dialect_list_head(enum dialect dialect);
struct span dialect_list_tail(enum dialect dialect);

/** What stands before and after a model that is asked for alone; empty in most dialects. */
struct span dialect_item_head(enum dialect dialect);
struct span dialect_item_tail(enum dialect dialect);

/**
 * The dialect whose items and tail follow the tail, or ROW_NONE. What the two lists say together is
 * one body.
 */
uint32_t dialect_list_behind(enum dialect dialect);

/** "openai" … */
const char *dialect_name(enum dialect dialect);

/** How errors read. It belongs to the route. */
enum error_dialect {
    ERRORS_OPENAI,
    ERRORS_ANTHROPIC,
    ERRORS_CREDIT,
    ERRORS_GEMINI,
    ERRORS_OPENROUTER,
    ERRORS_TEXT, /* for people */
    ERRORS_COUNT
};

/** The status of an error: err_http_status(), but for Gemini, where a key is a part of the request. */
int dialect_error_status(enum error_dialect dialect, int err);

/** The media type of an error's body. */
struct span dialect_error_type(enum error_dialect dialect);

/** How errors of a call read. */
enum error_dialect dialect_errors_of(enum wire_protocol protocol);

/** Longer names than a slug's are not repeated: nothing is called that. */
enum { DIALECT_SUBJECT_BYTES_MAX = LAYOUT_SLUG_BYTES_MAX };

/** What an error body says. All spans are borrowed during the call. */
struct dialect_error {
    int err;
    /**
     * What was asked for: the model of ERR_UNKNOWN_MODEL, the version of ERR_API_VERSION, as the
     * client wrote it. Where the protocol's own sentence names it, it stands there; when it is
     * empty, too long or holds other bytes than printable ASCII, err_text() stands for the sentence.
     */
    struct span subject;
    struct span detail; /* more than the sentence says, or empty; never a secret */
    struct span param;  /* the request field the error is about; empty: null */
    struct span request_id;
};

/**
 * The body of an error answer in the route's own envelope, with the sentence that the protocol's own
 * servers say where one is known, and err_text() where none is.
 *
 * OpenAI: {"error":{"message","type","param","code"}}, param and code always written.
 * Anthropic: {"type":"error","error":{"type","message"},"request_id"}.
 * The credit gateway: {"error":{"message","code"}}.
 * OpenRouter: {"error":{"code","message"}}, the code being the status.
 * Gemini: {"error":{"code","message","status"}}, with `details` when the key is refused.
 * For people: the message as a line of text.
 */
void dialect_render_error(enum error_dialect dialect, const struct dialect_error *error,
                          struct text *out);

/** The error as one event of a stream that has begun; the stream then ends without a terminator. */
void dialect_render_error_event(enum wire_protocol protocol, int err, struct span request_id,
                                struct text *out);

#endif
