/**
 * Failover: which deployment of a model a call tries, and which after that one failed.
 *
 * Decides and remembers, and does no I/O. The life of a call in it:
 *
 *   attempts_next()    0          try out->candidate after out->pause_ms, then report; or an error
 *   attempts_report()  a result   ask attempts_next() again when attempt_result_is_again() of it
 *                                 and nothing of an answer went to the client yet
 *
 * Candidates are drawn by weight from the lowest tier that has one which was not tried in this
 * round and which its breaker lets through; then from the next tier. When all were tried, a new
 * round over all begins after a pause that doubles each time. What breakers and budgets know is
 * shared by all workers; `struct attempts` is the call's own.
 */
#ifndef WEIR_WORKER_ATTEMPTS_H
#define WEIR_WORKER_ATTEMPTS_H

#include "lib/base/text.h"
#include "shm/settings.h"
#include "shm/snapshot.h"
#include "shm/state.h"

#include <stdbool.h>
#include <stdint.h>

/** What may follow a failed attempt: nothing, another deployment, or also the same one later. */
enum attempt_again { ATTEMPT_NEVER, ATTEMPT_ELSEWHERE, ATTEMPT_ANYWHERE };

/**
 * X(NAME, word in headers and logs, tried again, what it is to the breaker, Retry-After holds it)
 *
 * The breaker is told of a FAILURE and of an ANSWER; what is NEITHER was the client's doing, our
 * own, or passes by itself.
 */
#define ATTEMPT_RESULT_MAP(X)                             \
    X(OPEN, "pending", NEVER, NEITHER, false)             \
    X(ANSWERED, "ok", NEVER, ANSWER, false)               \
    X(RESOLVE, "resolve", ANYWHERE, FAILURE, false)       \
    X(CONNECT, "connect", ANYWHERE, FAILURE, false)       \
    X(TLS, "tls", ANYWHERE, FAILURE, false)               \
    X(TIMEOUT, "timeout", ANYWHERE, FAILURE, false)       \
    X(CUT, "cut", ANYWHERE, FAILURE, false)               \
    X(MALFORMED, "malformed", ANYWHERE, FAILURE, false)   \
    X(BUSY, "busy", ANYWHERE, NEITHER, true)              \
    X(UNREADY, "unready", ANYWHERE, NEITHER, false)       \
    X(BROKEN, "broken", ANYWHERE, FAILURE, true)          \
    X(REFUSED, "refused", ELSEWHERE, FAILURE, false)      \
    X(MISSING, "missing", ELSEWHERE, FAILURE, false)      \
    X(ERROR_BODY, "error_body", ANYWHERE, FAILURE, false) \
    X(PENDING, "auth_pending", ANYWHERE, NEITHER, false)  \
    X(UNFIT, "unfit", ELSEWHERE, NEITHER, false)          \
    X(REJECTED, "rejected", NEVER, NEITHER, false)        \
    X(LOCAL, "local", NEVER, NEITHER, false)

enum attempt_result {
#define X(name, ...) ATTEMPT_##name,
    ATTEMPT_RESULT_MAP(X) ATTEMPT_RESULT_COUNT,
#undef X
};

/**
 * Of the status of an upstream's answer. 429 is BUSY; 408, 409 and 425 UNREADY; 401, 402 and 403
 * REFUSED, for it is our key or our account; 404 MISSING; other 4xx REJECTED; 5xx BROKEN; and what
 * is no final status, a redirect, which nobody follows, or a success without a body, MALFORMED.
 */
enum attempt_result attempt_result_of_status(int status);

/**
 * Of what ended a transfer (lib/net/http_client.h), or kept it from starting: 0 is ANSWERED,
 * ERR_UPSTREAM_AUTH_PENDING is PENDING; UNFIT is a request that cannot be translated for this
 * deployment, which says nothing of others; and what no upstream did is LOCAL.
 */
enum attempt_result attempt_result_of_err(int err);

/** "ok", "broken" …; never NULL. */
const char *attempt_result_word(enum attempt_result result);

/** May the call be tried again after it? */
bool attempt_result_is_again(enum attempt_result result);

/** Does it count as a failure of the deployment? */
bool attempt_result_is_failure(enum attempt_result result);

/** The settings of sections `retries` and `breaker`. */
struct attempt_rules {
    uint64_t attempts_max;
    uint64_t pause_ms;
    uint64_t retry_percent;
    uint64_t retry_after_max_ms;
    uint64_t failures_max;
    uint64_t open_ms;
};

struct attempt_rules attempt_rules_of(const struct settings *settings);

enum {
    ATTEMPT_CANDIDATES_MAX = 64,  /* deployments of a model beyond it are not tried */
    ATTEMPT_LOG_MAX = 16,         /* the most that attempts_max can be */
    ATTEMPT_PAUSE_MS_MAX = 30000, /* where doubling ends */
};

struct attempt_candidate {
    uint32_t deployment; /* row in DEPLOYMENTS */
    uint32_t tier;
    uint32_t weight;           /* 0 is taken as 1 */
    struct state_cell *health; /* the deployment's */
    struct state_cell *budget; /* its provider's; equal for deployments of one provider */
};

/** Borrowed; from one generation, and but for left_ms the same in all questions of a call. */
struct attempt_field {
    struct attempt_rules rules;
    uint64_t left_ms; /* of the call's time: a pause that would last until its end is not begun */
    uint32_t count;
    struct attempt_candidate candidates[ATTEMPT_CANDIDATES_MAX]; /* tiers ascending */
};

struct attempt_entry {
    uint32_t deployment;
    uint8_t result; /* enum attempt_result */
};

/** Of one call; begins as zeros. Bit n of a word is candidate n. */
struct attempts {
    uint64_t tried;     /* in this round */
    uint64_t used;      /* ever */
    uint64_t out;       /* not again by this call */
    uint32_t candidate; /* of the last attempt */
    uint8_t count;
    uint8_t rounds; /* begun after the first */
    struct attempt_entry log[ATTEMPT_LOG_MAX];
};

struct attempt {
    uint32_t candidate; /* in the field */
    uint64_t pause_ms;  /* to wait before it starts; 0 in the first round */
};

/**
 * The next attempt, admitted by breaker and budget, and logged as OPEN.
 *
 * A second attempt at a provider within a call passes that provider's retry budget
 * (worker/retry_budget.h); a candidate that is refused there is out for this call.
 *
 * @param now_ms  monotime_now()
 * @param random  another number for each question; mixed in here, so that a count will do
 * @return 0; ERR_UPSTREAM_OPEN when nothing was tried because no breaker lets a call through;
 *         ERR_NOT_FOUND when nothing is left to try: the last failure stands
 */
int attempts_next(struct attempts *attempts, const struct attempt_field *field, uint64_t now_ms,
                  uint64_t random, struct attempt *out);

/**
 * What became of the last attempt. A later result replaces it. How an answer goes on after its
 * beginning is the breaker's business alone: breaker_succeeded(), breaker_failed().
 *
 * @param retry_after_ms  what the provider asked for, 0 for nothing; longer than
 *                        rules.retry_after_max_ms is taken as that
 * @return true when this call opened the breaker: for the one line in the log
 */
bool attempts_report(struct attempts *attempts, const struct attempt_field *field,
                     enum attempt_result result, uint64_t now_ms, uint64_t retry_after_ms);

/**
 * Milliseconds until the first breaker lets a call through; 0 when one does, or when there is no
 * candidate. For Retry-After beside ERR_UPSTREAM_OPEN.
 */
uint64_t attempts_soonest_ms(const struct attempt_field *field, uint64_t now_ms);

/** The value of `x-weir-attempts`, by names of providers: "openai=broken, azure=ok". */
void attempts_write(const struct attempts *attempts, const struct snapshot *snapshot,
                    struct text *out);

#endif
