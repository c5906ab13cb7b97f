/**
 * A registry made by hand, and the snapshots compiled from it.
 *
 *   models in display order: beta (priority 5), alpha, delta; gamma is disabled
 *   groups: g-alpha grants alpha, g-all everything, g-off beta but is disabled
 *   users:  ada (beta; in g-alpha), off (everything; disabled)
 *   keys:   see fixture_init()
 */
#ifndef WEIR_TESTS_REGISTRY_FIXTURE_H
#define WEIR_TESTS_REGISTRY_FIXTURE_H

#include "lib/base/err.h"
#include "registry/data.h"
#include "registry/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define LEN(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))

enum {
    ALPHA,
    BETA,
    GAMMA,
    DELTA,
    MODEL_COUNT,
};

enum { PROVIDER_COUNT = 2 };
enum { G_ALPHA, G_ALL, G_OFF, GROUP_COUNT };
enum { ADA, OFF, USER_COUNT };
enum { KEY_ADA, KEY_OFF, KEY_GROUP, KEY_BOTH, KEY_NARROW, KEY_GROUP_OFF, KEY_BARE, KEY_COUNT };

#define FIXTURE_SECRET "sk-upstream-3f9c1b7a"

struct fixture {
    struct registry registry;
    struct data_provider providers[PROVIDER_COUNT];
    struct data_deployment deployments[MODEL_COUNT][2];
    struct data_model models[MODEL_COUNT];
    struct data_subject groups[GROUP_COUNT];
    struct data_subject users[USER_COUNT];
    struct data_key keys[KEY_COUNT];
};

extern const uint32_t only_alpha[1];
extern const uint32_t only_beta[1];
extern const uint32_t beta_and_gamma[2];
extern const uint32_t alpha_and_delta[2];
extern const uint32_t only_g_alpha[1];

/** What came of a compile; closed by generation_close(). */
struct generation {
    struct registry_compiled compiled;
    struct snapshot snapshot;
    struct secrets secrets;
};

/** A model of the fixture's kind; `deployments` must be two and outlive it. */
struct data_model fixture_model(const char *slug, int32_t priority,
                                const struct data_deployment *deployments);

/** A key whose digest is made up from its name; the scopes are list and call. */
struct data_key fixture_key(const char *name, uint32_t user, uint32_t group);

/** Start again from what the head of this file says. */
void fixture_init(struct fixture *fx);

/** The input for a generation that follows `previous`; NULL: the first. */
struct registry_compile_input input_after(const struct generation *previous);

/** Compiles and opens; fails the test on any error. */
struct generation compile_with(const struct fixture *fx,
                               const struct registry_compile_input *input);
struct generation compile_after(const struct fixture *fx, const struct generation *previous);

/** One that is unchanged, and so made nothing, is fine. */
void generation_close(struct generation *generation);

struct span bytes_at(const struct generation *generation, struct ref at);

#endif
