/**
 * The checked registry between loading and compiling. All memory is the registry's arena; spans
 * point into it. registry_load() fills it; registry_compile() and the commands that explain a
 * configuration read it; nobody else includes this.
 *
 * What is here has passed every check: names resolve to array indexes, ranges hold, identifiers
 * have their form. Arrays keep the order of the configuration.
 */
#ifndef WEIR_REGISTRY_DATA_H
#define WEIR_REGISTRY_DATA_H

#include "lib/base/arena.h"
#include "lib/base/digest.h"
#include "lib/dialect/dialect.h"
#include "registry/data_access.h"
#include "registry/data_browser.h"
#include "registry/report.h"
#include "shm/accounts.h"
#include "shm/directory_file.h"
#include "shm/layout.h"

struct data_provider {
    struct span name;
    struct span base_url; /* the kind's default where none is written; no trailing slash */
    enum provider_kind kind;
    bool has_secret;
    bool has_account;       /* `credentials` instead of `api_key`: then has_secret is false */
    struct span secret;     /* resolved; empty when references are not being resolved */
    struct account account; /* secrets like it; its provider's name is always there */
    struct report_place place;
};

/** One entry of `image: {1024x1024/hd: "0.08"}`: what a picture of that size or quality costs. */
struct data_image_price {
    struct span name;
    uint64_t pico_usd;
};

/** What a `translation` section says; a trait whose bit is not set has the value of its kind. */
struct data_traits {
    uint32_t given;
    struct traits values;
};

/** A switch that may be left out. */
enum data_tristate { DATA_UNSET, DATA_OFF, DATA_ON };

struct data_deployment {
    uint32_t provider;
    struct span model;
    uint32_t weight;
    uint32_t tier;
    struct data_traits given;
    struct traits traits; /* what they come to with the model's and the kind's */
};

struct data_model {
    struct span slug;
    struct span name; /* the slug where none is written */
    struct span description;
    struct span owned_by;
    struct span default_reasoning;
    struct span default_verbosity;
    struct span client_version_min;
    enum model_kind kind;
    enum model_lifecycle lifecycle;
    uint32_t flags; /* enum model_flag */
    bool enabled;
    bool has_price;
    enum data_tristate strict_params;
    struct data_traits given_traits;
    int32_t priority;
    int64_t released_s; /* 0: not given */
    int64_t deprecated_s;
    int64_t retires_s;
    uint64_t context_window;
    uint64_t max_input_tokens;
    uint64_t max_output_tokens;
    uint64_t media_tokens;
    struct price_row price;     /* rates that were not given are PRICE_NONE */
    uint32_t image_price_count; /* 0: `image` is one price, in `price`, or not given */
    const struct data_image_price *image_prices;
    uint32_t input_modality_count;
    uint32_t output_modality_count;
    uint32_t feature_count;
    uint32_t parameter_count;
    uint32_t level_count;
    struct span input_modalities[DIALECT_WORDS_MAX];
    struct span output_modalities[DIALECT_WORDS_MAX];
    struct span features[DIALECT_WORDS_MAX];
    struct span parameters[DIALECT_WORDS_MAX * 2];
    struct dialect_level levels[DIALECT_LEVELS_MAX];
    uint32_t deployment_count;
    const struct data_deployment *deployments; /* ordered by tier */
    struct report_place place;
};

/**
 * What the directory's export adds. Its groups, users and keys stand behind the configuration's;
 * behind its keys, the texts that rotated ones had before, as keys of the same name.
 */
struct data_directory {
    struct directory_file file; /* mapped while the registry lives, for names; closed: none */
    struct span path;           /* NUL-terminated; empty: nobody looked */
    uint32_t group_count;
    uint32_t user_count;
    uint32_t key_count;
    uint32_t old_digest_count;
};

struct data {
    struct settings settings;
    /** Where each setting was written, for messages; line 0 when it has its default. */
    struct {
#define X(section, name, ...) struct report_place name;
        SETTINGS_MAP(X)
        struct report_place listen, state_dir, control_socket, ca_file;
#undef X
    } places;
    struct span config_path;
    uint32_t file_count;
    const struct span *files; /* that were read, in their order, NUL-terminated */
    struct span state_dir;
    struct span control_socket;
    struct span ca_file;
    struct span admin_socket; /* empty: `admin.sock` in state_dir */
    struct span admin_listen; /* empty: no address */
    uint32_t listen_count;
    struct span listen[SETTINGS_LISTEN_MAX];
    uint32_t provider_count;
    struct data_provider *providers;
    uint32_t model_count;
    struct data_model *models;
    uint32_t group_count;
    struct data_subject *groups;
    uint32_t user_count;
    struct data_subject *users;
    uint32_t key_count;
    struct data_key *keys;
    struct data_directory directory;
    struct data_grant anonymous;
    struct data_browser browser;
    uint64_t credits_per_usd;       /* 0: not given */
    uint64_t credits_margin_micros; /* 1400000 is 1.4 */
};

struct registry {
    struct arena *arena;
    struct data data;
};

#endif
