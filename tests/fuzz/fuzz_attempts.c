/*
 * Failover by itself: a model's deployments, some calls of it that take turns, and whatever results,
 * times and Retry-After come. Bounds hold whatever comes: of a call's attempts, of a round, of what
 * is out, of tiers, of a provider's retry budget.
 *
 * Input: rules, candidates, then steps: which call, what becomes of its attempt, how time goes on.
 */
#include "lib/base/err.h"
#include "tests/fuzz/fuzz.h"
#include "worker/attempts.h"
#include "worker/breaker.h"
#include "worker/retry_budget.h"

enum {
    CALLS = 4,
    PROVIDERS = 4,
    TIERS_STEP = 3, /* a candidate in so many begins a tier */
    ASKS_MAX = 4096,
    BEGIN_MS = 1000000,
};

/** What a call has been told, kept beside what it remembers itself. */
struct call {
    struct attempts attempts;
    uint64_t round;    /* candidates of this round, a bit each */
    uint64_t given_up; /* candidates whose result says: never again by this call */
    uint64_t providers;
    uint32_t candidate;
    uint32_t count;
    bool is_out;  /* an attempt is under way */
    bool is_over; /* it was told that nothing is left */
    enum attempt_result last;
};

struct scene {
    struct attempt_field field;
    struct state_cell health[ATTEMPT_CANDIDATES_MAX];
    struct state_cell budgets[PROVIDERS];
    uint32_t provider[ATTEMPT_CANDIDATES_MAX];
    uint64_t debts[PROVIDERS]; /* by the rule of worker/retry_budget.h */
    struct call calls[CALLS];
    uint64_t now_ms;
    uint64_t random;
};

static unsigned take(struct span *input)
{
    unsigned byte = 0;

    if (input->len > 0) {
        byte = (unsigned char)input->ptr[0];
        *input = span_skip(*input, 1);
    }
    return byte;
}

static uint64_t bit(uint32_t candidate)
{
    return UINT64_C(1) << candidate;
}

static void set_scene(struct scene *scene, struct span *input)
{
    uint32_t tier = 0;

    *scene = (struct scene){.now_ms = BEGIN_MS};
    scene->field.rules = (struct attempt_rules){
        .attempts_max = take(input) % ATTEMPT_LOG_MAX + 1,
        .pause_ms = fuzz_take_number(input) % 10000 + 1,
        .retry_percent = take(input) % 101,
        .retry_after_max_ms = fuzz_take_number(input),
        .failures_max = take(input) % BREAKER_FAILURES_MAX + 1,
        .open_ms = fuzz_take_number(input) + 1,
    };
    scene->field.left_ms = UINT64_MAX;
    scene->field.count = take(input) % (ATTEMPT_CANDIDATES_MAX + 1);
    for (uint32_t i = 0; i < scene->field.count; i++) {
        unsigned byte = take(input);

        tier += byte % TIERS_STEP == 0;
        scene->provider[i] = byte / TIERS_STEP % PROVIDERS;
        scene->field.candidates[i] = (struct attempt_candidate){
            .deployment = i,
            .tier = tier,
            .weight = byte,
            .health = &scene->health[i],
            .budget = &scene->budgets[scene->provider[i]],
        };
    }
}

/* The candidates whose breakers would let a call through. */
static uint64_t allowed(const struct scene *scene, uint64_t at_ms)
{
    uint64_t found = 0;

    for (uint32_t i = 0; i < scene->field.count; i++) {
        if (breaker_allows_look(&scene->health[i], at_ms))
            found |= bit(i);
    }
    return found;
}

/* An attempt at a provider: the call's first one there earns, each further one costs. */
static void count_budget(struct scene *scene, struct call *call, uint32_t provider)
{
    const uint64_t earned = scene->field.rules.retry_percent * RETRY_BUDGET_PER_PERCENT;
    uint64_t *debt = &scene->debts[provider];

    if ((call->providers & bit(provider)) != 0) {
        INVARIANT(scene->field.rules.retry_percent != 0);
        *debt += RETRY_BUDGET_COST;
    } else {
        *debt = *debt > earned ? *debt - earned : 0;
    }
    call->providers |= bit(provider);
    INVARIANT(*debt <= RETRY_BUDGET_MAX);
    for (uint32_t i = 0; i < PROVIDERS; i++) {
        uint64_t told = atomic_load(&scene->budgets[i].words[0]);

        INVARIANT(told == scene->debts[i]);
    }
}

/* No candidate of a lower tier was left that could have been taken. */
static void check_tier(const struct scene *scene, const struct call *call, uint32_t chosen,
                       uint64_t were_allowed)
{
    uint64_t left = were_allowed & ~call->round & ~call->attempts.out;

    for (uint32_t i = 0; i < chosen; i++) {
        bool is_lower = scene->field.candidates[i].tier < scene->field.candidates[chosen].tier;

        INVARIANT(!is_lower || (left & bit(i)) == 0);
    }
}

static void on_attempt(struct scene *scene, struct call *call, const struct attempt *attempt,
                       const uint64_t *words)
{
    const struct attempt_rules *rules = &scene->field.rules;
    uint64_t start_ms = scene->now_ms + attempt->pause_ms;
    uint64_t were_allowed = 0;

    INVARIANT(!call->is_over && attempt->candidate < scene->field.count);
    INVARIANT(call->count < rules->attempts_max && call->count < ATTEMPT_LOG_MAX);
    INVARIANT(call->count == 0 || attempt_result_is_again(call->last));
    INVARIANT(attempt->pause_ms <= ATTEMPT_PAUSE_MS_MAX + ATTEMPT_PAUSE_MS_MAX / 4);
    INVARIANT(attempt->pause_ms == 0 || call->count > 0);
    for (uint32_t i = 0; i < scene->field.count; i++)
        were_allowed |= words[i] <= start_ms ? bit(i) : 0;
    /* A pause begins a round. */
    if (attempt->pause_ms != 0)
        call->round = 0;
    INVARIANT((call->round & bit(attempt->candidate)) == 0);
    INVARIANT((call->given_up & bit(attempt->candidate)) == 0);
    INVARIANT((were_allowed & bit(attempt->candidate)) != 0);
    check_tier(scene, call, attempt->candidate, were_allowed);
    count_budget(scene, call, scene->provider[attempt->candidate]);
    call->round |= bit(attempt->candidate);
    call->candidate = attempt->candidate;
    call->count++;
    call->is_out = true;
    INVARIANT(call->attempts.count == call->count);
}

static void on_none(const struct scene *scene, struct call *call, int err, uint64_t were_allowed)
{
    bool may_go_on = call->count < scene->field.rules.attempts_max;
    uint64_t left = were_allowed & ~call->round & ~call->given_up & ~call->attempts.out;

    INVARIANT(err == (call->count == 0 ? ERR_UPSTREAM_OPEN : ERR_NOT_FOUND));
    if (call->count == 0)
        INVARIANT(were_allowed == 0);
    else if (may_go_on && attempt_result_is_again(call->last))
        INVARIANT(left == 0);
    call->is_over = call->count != 0;
}

static void ask(struct scene *scene, struct call *call)
{
    uint64_t words[ATTEMPT_CANDIDATES_MAX];
    uint64_t were_allowed = allowed(scene, scene->now_ms);
    struct attempt attempt;

    for (uint32_t i = 0; i < scene->field.count; i++)
        words[i] = breaker_until(&scene->health[i]);
    INVARIANT((attempts_soonest_ms(&scene->field, scene->now_ms) == 0) ==
              (were_allowed != 0 || scene->field.count == 0));
    scene->random = scene->random * UINT64_C(6364136223846793005) + 1;
    int err = attempts_next(&call->attempts, &scene->field, scene->now_ms, scene->random, &attempt);
    if (err == 0)
        on_attempt(scene, call, &attempt, words);
    else
        on_none(scene, call, err, were_allowed);
}

static void report(struct scene *scene, struct call *call, unsigned byte, uint64_t retry_after_ms)
{
    enum attempt_result result = ATTEMPT_OPEN + 1 + byte % (ATTEMPT_RESULT_COUNT - 1);
    struct state_cell *health = &scene->health[call->candidate];
    uint64_t before = atomic_load(&health->words[0]) >> 8;
    uint64_t held = atomic_load(&health->words[1]);
    bool has_opened = attempts_report(&call->attempts, &scene->field, result, scene->now_ms,
                                      retry_after_ms);
    uint64_t after = atomic_load(&health->words[0]) >> 8;
    uint64_t latest = scene->now_ms + scene->field.rules.retry_after_max_ms;

    INVARIANT(has_opened == (before == 0 && after != 0));
    INVARIANT(!has_opened || !breaker_allows_look(health, scene->now_ms));
    INVARIANT(result != ATTEMPT_ANSWERED || after == 0);
    INVARIANT(atomic_load(&health->words[1]) <= (held > latest ? held : latest));
    if (result == ATTEMPT_REFUSED || result == ATTEMPT_MISSING)
        call->given_up |= bit(call->candidate);
    call->last = result;
    call->is_out = false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct scene scene;
    struct span input = {(const char *)data, size};

    set_scene(&scene, &input);
    for (unsigned i = 0; i < ASKS_MAX && input.len > 0; i++) {
        unsigned step = take(&input);
        struct call *call = &scene.calls[step % CALLS];

        /* What is over makes room for the next call. */
        if (call->is_over)
            *call = (struct call){.count = 0};
        scene.now_ms += step / CALLS == 63 ? fuzz_take_number(&input) : step / CALLS;
        if (call->is_out)
            report(&scene, call, take(&input), (step & 4) != 0 ? fuzz_take_number(&input) : 0);
        else
            ask(&scene, call);
    }
    return 0;
}
