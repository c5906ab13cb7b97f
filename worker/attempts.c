#include "worker/attempts.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "worker/breaker.h"
#include "worker/retry_budget.h"

/** What a result says about the deployment. */
enum breaker_news { BREAKER_NEITHER, BREAKER_FAILURE, BREAKER_ANSWER };

static const struct {
    const char *word;
    enum attempt_again again;
    enum breaker_news news;
    bool is_held; /* by Retry-After */
} results[ATTEMPT_RESULT_COUNT] = {
#define X(name, word, again, news, is_held) {word, ATTEMPT_##again, BREAKER_##news, is_held},
    ATTEMPT_RESULT_MAP(X)
#undef X
};

static const struct {
    int first;
    int last;
    enum attempt_result result;
} statuses[] = {
    {200, 203, ATTEMPT_ANSWERED}, {401, 403, ATTEMPT_REFUSED}, {404, 404, ATTEMPT_MISSING},
    {408, 409, ATTEMPT_UNREADY},  {425, 425, ATTEMPT_UNREADY}, {429, 429, ATTEMPT_BUSY},
    {400, 499, ATTEMPT_REJECTED}, {500, 599, ATTEMPT_BROKEN},
};

static const struct {
    int err;
    enum attempt_result result;
} errors[] = {
    {0, ATTEMPT_ANSWERED},
    {ERR_UPSTREAM_RESOLVE, ATTEMPT_RESOLVE},
    {ERR_UPSTREAM_CONNECT, ATTEMPT_CONNECT},
    {ERR_UPSTREAM_TLS, ATTEMPT_TLS},
    {ERR_UPSTREAM_TIMEOUT, ATTEMPT_TIMEOUT},
    {ERR_UPSTREAM_CUT, ATTEMPT_CUT},
    {ERR_UPSTREAM_PROTOCOL, ATTEMPT_MALFORMED},
    {ERR_UPSTREAM_AUTH_PENDING, ATTEMPT_PENDING},
    {ERR_UPSTREAM_FAILED, ATTEMPT_BROKEN},
    {ERR_UPSTREAM_OVERLOADED, ATTEMPT_BROKEN},
    {ERR_UPSTREAM_BUSY, ATTEMPT_BUSY},
    {ERR_UNTRANSLATABLE, ATTEMPT_UNFIT},
    {ERR_TOO_MANY_VALUES, ATTEMPT_UNFIT},
};

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

enum attempt_result attempt_result_of_status(int status)
{
    for (size_t i = 0; i < LEN(statuses); i++) {
        if (status >= statuses[i].first && status <= statuses[i].last)
            return statuses[i].result;
    }
    return ATTEMPT_MALFORMED;
}

enum attempt_result attempt_result_of_err(int err)
{
    for (size_t i = 0; i < LEN(errors); i++) {
        if (errors[i].err == err)
            return errors[i].result;
    }
    return ATTEMPT_LOCAL;
}

const char *attempt_result_word(enum attempt_result result)
{
    INVARIANT(result < ATTEMPT_RESULT_COUNT);
    return results[result].word;
}

bool attempt_result_is_again(enum attempt_result result)
{
    INVARIANT(result < ATTEMPT_RESULT_COUNT);
    return results[result].again != ATTEMPT_NEVER;
}

bool attempt_result_is_failure(enum attempt_result result)
{
    INVARIANT(result < ATTEMPT_RESULT_COUNT);
    return results[result].news == BREAKER_FAILURE;
}

struct attempt_rules attempt_rules_of(const struct settings *settings)
{
    return (struct attempt_rules){
        .attempts_max = settings->attempts_max,
        .pause_ms = settings->pause_ms,
        .retry_percent = settings->retry_percent,
        .retry_after_max_ms = settings->retry_after_max_ms,
        .failures_max = settings->failures,
        .open_ms = settings->open_ms,
    };
}

static uint64_t bit(uint32_t candidate)
{
    return UINT64_C(1) << candidate;
}

/** One call of attempts_next(). */
struct question {
    const struct attempt_field *field;
    uint64_t now_ms;
    uint64_t random;
};

/* SplitMix64: as many draws as it takes out of the random bits of one question. */
static uint64_t draw(struct question *question)
{
    uint64_t mixed = question->random += UINT64_C(0x9e3779b97f4a7c15);

    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

static uint64_t weight_of(const struct attempt_candidate *candidate)
{
    return candidate->weight == 0 ? 1 : candidate->weight;
}

/* Those of the lowest tier that are not in `passed` and whose breakers let a call through. */
static uint64_t ready_in_lowest_tier(const struct attempt_field *field, uint64_t passed,
                                     uint64_t start_ms)
{
    uint64_t ready = 0;
    uint32_t tier = 0;

    for (uint32_t i = 0; i < field->count; i++) {
        const struct attempt_candidate *candidate = &field->candidates[i];

        if (ready != 0 && candidate->tier != tier)
            break;
        if ((passed & bit(i)) != 0 || !breaker_allows_look(candidate->health, start_ms))
            continue;
        ready |= bit(i);
        tier = candidate->tier;
    }
    return ready;
}

static uint32_t pick(const struct attempt_field *field, uint64_t ready, uint64_t random)
{
    uint64_t total = 0;
    uint32_t last = 0;

    for (uint32_t i = 0; i < field->count; i++) {
        if ((ready & bit(i)) != 0)
            total += weight_of(&field->candidates[i]);
    }
    uint64_t at = random % total;
    for (uint32_t i = 0; i < field->count; i++) {
        if ((ready & bit(i)) == 0)
            continue;
        last = i;
        if (at < weight_of(&field->candidates[i]))
            break;
        at -= weight_of(&field->candidates[i]);
    }
    return last;
}

static bool has_used_provider(const struct attempts *attempts, const struct attempt_field *field,
                              const struct state_cell *budget)
{
    for (uint32_t i = 0; i < field->count; i++) {
        if ((attempts->used & bit(i)) != 0 && field->candidates[i].budget == budget)
            return true;
    }
    return false;
}

/* The budget comes first: what it gave can be brought back, a probe that was won cannot. */
static bool admit(struct attempts *attempts, const struct attempt_field *field, uint32_t number,
                  uint64_t start_ms)
{
    const struct attempt_candidate *candidate = &field->candidates[number];
    bool is_retry = has_used_provider(attempts, field, candidate->budget);

    if (is_retry && !retry_budget_take(candidate->budget, field->rules.retry_percent)) {
        attempts->out |= bit(number);
        return false;
    }
    if (!breaker_admit(candidate->health, start_ms, field->rules.open_ms)) {
        if (is_retry)
            retry_budget_return(candidate->budget);
        return false;
    }
    if (!is_retry)
        retry_budget_earn(candidate->budget, field->rules.retry_percent);
    return true;
}

/* A candidate for a round of which `tried` were tried; each that is not admitted is passed by. */
static bool find(struct attempts *attempts, struct question *question, uint64_t tried,
                 struct attempt *out)
{
    const struct attempt_field *field = question->field;
    const uint64_t start_ms = question->now_ms + out->pause_ms;
    uint64_t passed = tried | attempts->out;
    uint64_t ready;

    while ((ready = ready_in_lowest_tier(field, passed, start_ms)) != 0) {
        out->candidate = pick(field, ready, draw(question));
        if (admit(attempts, field, out->candidate, start_ms))
            return true;
        passed |= bit(out->candidate);
    }
    return false;
}

/* Give or take a quarter, so that calls that failed together do not come back together. */
static uint64_t pause_before_round(const struct attempts *attempts, uint64_t pause_ms,
                                   uint64_t random)
{
    uint64_t pause = pause_ms << attempts->rounds;

    if (pause > ATTEMPT_PAUSE_MS_MAX)
        pause = ATTEMPT_PAUSE_MS_MAX;
    return pause - pause / 4 + random % (pause / 2 + 1);
}

static void note(struct attempts *attempts, const struct attempt_field *field, uint32_t candidate)
{
    attempts->tried |= bit(candidate);
    attempts->used |= bit(candidate);
    attempts->candidate = candidate;
    attempts->log[attempts->count++] = (struct attempt_entry){
        field->candidates[candidate].deployment, ATTEMPT_OPEN};
}

/* After at least one attempt: may there be another? */
static bool may_go_on(const struct attempts *attempts, const struct attempt_rules *rules)
{
    const struct attempt_entry *last = &attempts->log[attempts->count - 1];

    INVARIANT(last->result != ATTEMPT_OPEN);
    return results[last->result].again != ATTEMPT_NEVER && attempts->count < rules->attempts_max &&
           attempts->count < ATTEMPT_LOG_MAX;
}

int attempts_next(struct attempts *attempts, const struct attempt_field *field, uint64_t now_ms,
                  uint64_t random, struct attempt *out)
{
    struct question question = {field, now_ms, random};

    INVARIANT(field->count <= ATTEMPT_CANDIDATES_MAX);
    *out = (struct attempt){0};
    if (attempts->count != 0 && !may_go_on(attempts, &field->rules))
        return ERR_NOT_FOUND;
    if (!find(attempts, &question, attempts->tried, out)) {
        if (attempts->count == 0)
            return ERR_UPSTREAM_OPEN;
        out->pause_ms = pause_before_round(attempts, field->rules.pause_ms, draw(&question));
        if (out->pause_ms >= field->left_ms || !find(attempts, &question, 0, out))
            return ERR_NOT_FOUND;
        attempts->rounds++;
        attempts->tried = 0;
    }
    note(attempts, field, out->candidate);
    return 0;
}

bool attempts_report(struct attempts *attempts, const struct attempt_field *field,
                     enum attempt_result result, uint64_t now_ms, uint64_t retry_after_ms)
{
    const struct attempt_rules *rules = &field->rules;

    INVARIANT(attempts->count != 0 && attempts->candidate < field->count);
    INVARIANT(result != ATTEMPT_OPEN && result < ATTEMPT_RESULT_COUNT);
    struct state_cell *health = field->candidates[attempts->candidate].health;

    attempts->log[attempts->count - 1].result = (uint8_t)result;
    if (results[result].again == ATTEMPT_ELSEWHERE)
        attempts->out |= bit(attempts->candidate);
    if (retry_after_ms > rules->retry_after_max_ms)
        retry_after_ms = rules->retry_after_max_ms;
    if (results[result].is_held && retry_after_ms != 0)
        breaker_hold(health, now_ms + retry_after_ms);
    if (results[result].news == BREAKER_ANSWER)
        breaker_answered(health);
    return attempt_result_is_failure(result) &&
           breaker_failed(health, now_ms, rules->failures_max, rules->open_ms);
}

uint64_t attempts_soonest_ms(const struct attempt_field *field, uint64_t now_ms)
{
    uint64_t soonest = UINT64_MAX;

    for (uint32_t i = 0; i < field->count; i++) {
        uint64_t until = breaker_until(field->candidates[i].health);

        if (until < soonest)
            soonest = until;
    }
    return field->count != 0 && soonest > now_ms ? soonest - now_ms : 0;
}

void attempts_write(const struct attempts *attempts, const struct snapshot *snapshot,
                    struct text *out)
{
    for (uint32_t i = 0; i < attempts->count; i++) {
        uint32_t provider = snapshot_deployment(snapshot, attempts->log[i].deployment)->provider;

        if (i != 0)
            text_add(out, SPAN(", "));
        text_add(out, snapshot_bytes(snapshot, snapshot_provider(snapshot, provider)->name));
        text_add_char(out, '=');
        text_add(out, span_of(results[attempts->log[i].result].word));
    }
}
