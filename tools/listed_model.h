/** What a list of models says of each, wherever it was learnt. */
#ifndef WEIR_TOOLS_LISTED_MODEL_H
#define WEIR_TOOLS_LISTED_MODEL_H

#include "lib/access/access.h"
#include "lib/base/arena.h"
#include "registry/data.h"
#include "tools/terminal.h"

#include <stdio.h>

enum {
    MODEL_CAPABILITIES = MODEL_REASONING | MODEL_ATTACHMENTS | MODEL_TOOLS,
    MODEL_CAPABILITY_COUNT = 3
};

/** Texts are borrowed. */
struct listed_model {
    struct span slug;
    struct span name;
    struct span provider; /* the filter word of the first deployment's kind, as in /api/models */
    enum model_kind kind;
    uint32_t capabilities;      /* of MODEL_CAPABILITIES */
    uint64_t context_window;    /* 0: not given */
    uint64_t max_input_tokens;  /* 0: not given */
    uint64_t max_output_tokens; /* 0: not given */
    uint64_t input;             /* pico-dollars for a token; PRICE_NONE: not given */
    uint64_t output;
    uint64_t
        image; /* pico-dollars for a piece; PRICE_NONE: not given, or by size; of a file alone */
    const struct data_image_price *image_prices;
    uint32_t image_price_count;
};

struct model_list {
    struct listed_model *rows;
    uint32_t count;
};

/** What is to be listed; zeroed: everything. */
struct model_filter {
    const char *provider; /* NULL: any; letter case does not count */
    uint32_t capability;  /* 0: any */
    bool has_kind;
    enum model_kind kind;
};

/** The words of the configuration for kinds and capabilities; NULL: there is no such thing. */
extern const char *const listed_kind_words[MODEL_KIND_COUNT];
extern const char *const listed_capability_words[MODEL_CAPABILITY_COUNT];

/** The word of a provider's kind; empty: there is no such kind. */
struct span listed_provider_word(uint32_t kind);

/** Is it the word of a kind of provider, in any case of letters? */
bool listed_is_provider_word(const char *word);

bool listed_matches(const struct listed_model *model, const struct model_filter *filter);

/**
 * The enabled models of a generation, in display order; texts are the snapshot's.
 *
 * @param access  only what this caller may use; NULL: all
 * @return 0 or ERR_NO_MEMORY
 */
int model_list_read(const struct snapshot *snapshot, const struct access *access,
                    struct arena *arena, struct model_list *out);

/** Add the prices of images by their size, which no generation has. */
void model_list_add_sizes(struct model_list *list, const struct data *data);

/** A table as wide as the terminal. @return 0 or ERR_NO_SPACE */
int model_list_print(const struct model_list *list, const struct terminal *terminal);

/** JSON, a model a line. @return 0 or ERR_NO_SPACE */
int model_list_print_json(const struct model_list *list, FILE *out);

#endif
