/**
 * Registries that chance makes: what they hold, as YAML that a loader takes, and what follows from
 * it for each key, worked out here and by nothing of ours.
 */
#ifndef WEIR_TESTS_DRAWN_FIXTURE_H
#define WEIR_TESTS_DRAWN_FIXTURE_H

#include "lib/base/digest.h"
#include "shm/layout.h"

enum { DRAWN_MODELS_MAX = 130, DRAWN_SUBJECTS_MAX = 6, DRAWN_KEYS_MAX = 12, DRAWN_SLUG_BYTES = 32 };

/** A grant is a set of models, by their numbers in the order in which they were drawn. */
struct drawn_subject {
    bool grants[DRAWN_MODELS_MAX];
    bool is_disabled;
    bool groups[DRAWN_SUBJECTS_MAX]; /* of a user */
};

struct drawn_key {
    uint32_t user;  /* DRAWN_SUBJECTS_MAX: none */
    uint32_t group; /* likewise */
    bool is_narrowed;
    bool allowed[DRAWN_MODELS_MAX];
    bool is_disabled;
    bool is_expired;
    bool is_revoked;
    uint32_t scopes; /* enum key_flag */
};

struct drawn {
    uint32_t models;
    bool is_enabled[DRAWN_MODELS_MAX];
    int priority[DRAWN_MODELS_MAX];
    uint32_t order[DRAWN_MODELS_MAX]; /* the enabled ones as they are listed */
    uint32_t enabled;
    bool conceals;
    bool anonymous[DRAWN_MODELS_MAX];
    struct drawn_subject groups[DRAWN_SUBJECTS_MAX];
    struct drawn_subject users[DRAWN_SUBJECTS_MAX];
    uint32_t keys;
    struct drawn_key key[DRAWN_KEYS_MAX];
};

/** What comes is the same again for the same seed. */
void drawn_begin(uint64_t seed);

/** A number below `below`. */
uint32_t drawn_number(uint32_t below);

void drawn_registry(struct drawn *drawn);

/** Some models come, go or move, and what some are granted changes: the registry of a later load. */
void drawn_change(struct drawn *drawn);

/** As YAML, NUL-terminated; until the next call. */
const char *drawn_yaml(const struct drawn *drawn, struct digester *digester);

/** What that model is called. */
struct span drawn_slug(uint32_t model, char memory[static DRAWN_SLUG_BYTES]);

/** What a client sends for that key; until the next call. */
const char *drawn_key_text(uint32_t key);

/** May that key use that model? `key` == `drawn->keys`: anybody without a key. */
bool drawn_may_use(const struct drawn *drawn, uint32_t key, uint32_t model);

/** Why it may do nothing at all in that scope: 0 or what access_identify() says. */
int drawn_refusal(const struct drawn *drawn, uint32_t key, enum key_flag scope);

#endif
