/** Deployments with breakers and budgets of their own, and the questions that a call asks. */
#ifndef WEIR_TESTS_ATTEMPTS_FIXTURE_H
#define WEIR_TESTS_ATTEMPTS_FIXTURE_H

#include "lib/base/err.h"
#include "worker/attempts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

enum {
    NOW = 1000000,
    PAUSE_MS = 200,
    OPEN_MS = 15000,
    FAILURES = 5,
    DRAWS = 10000,
    PROVIDERS = 8,
};

static const struct attempt_rules rules = {
    .attempts_max = 3,
    .pause_ms = PAUSE_MS,
    .retry_percent = 20,
    .retry_after_max_ms = 60000,
    .failures_max = FAILURES,
    .open_ms = OPEN_MS,
};

/* Static where it is used: a sanitizer aligns its stack less than a cell needs. */
struct scene {
    struct attempt_field field;
    struct state_cell health[ATTEMPT_CANDIDATES_MAX];
    struct state_cell budgets[PROVIDERS];
    uint64_t random; /* a linear generator: the same draws in every run */
};

/* What a configuration says of a deployment. */
struct shape {
    uint32_t tier;
    uint32_t weight;
    uint32_t provider;
};

static inline void set_scene(struct scene *scene, const struct shape *shapes, size_t count)
{
    memset(scene, 0, sizeof(*scene));
    scene->random = 1;
    scene->field.rules = rules;
    scene->field.left_ms = UINT64_MAX;
    scene->field.count = (uint32_t)count;
    for (uint32_t i = 0; i < count; i++)
        scene->field.candidates[i] = (struct attempt_candidate){
            .deployment = 100 + i,
            .tier = shapes[i].tier,
            .weight = shapes[i].weight,
            .health = &scene->health[i],
            .budget = &scene->budgets[shapes[i].provider],
        };
}

#define SET_SCENE(scene, ...)                               \
    set_scene((scene), (const struct shape[]){__VA_ARGS__}, \
              LEN(((const struct shape[]){__VA_ARGS__})))

static inline uint64_t next_random(struct scene *scene)
{
    scene->random = scene->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return scene->random;
}

static inline int ask(struct scene *scene, struct attempts *attempts, struct attempt *out)
{
    return attempts_next(attempts, &scene->field, NOW, next_random(scene), out);
}

static inline bool tell(struct scene *scene, struct attempts *attempts, enum attempt_result result)
{
    return attempts_report(attempts, &scene->field, result, NOW, 0);
}

/* The next attempt, which must be `candidate`, comes to that. */
static inline void expect(struct scene *scene, struct attempts *attempts, uint32_t candidate,
                          enum attempt_result result)
{
    struct attempt attempt;

    assert_int_equal(ask(scene, attempts, &attempt), 0);
    assert_int_equal(attempt.candidate, candidate);
    tell(scene, attempts, result);
}

static inline void expect_end(struct scene *scene, struct attempts *attempts, int err)
{
    struct attempt attempt;

    assert_int_equal(ask(scene, attempts, &attempt), err);
}

static inline void open_breaker(struct scene *scene, uint32_t candidate, uint64_t until_ms)
{
    atomic_store(&scene->health[candidate].words[0], until_ms << 8 | FAILURES);
}

#endif
