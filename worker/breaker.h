/**
 * The circuit breaker of a deployment, shared by all workers of a host.
 *
 * It lives in the two first words of the deployment's cell, by compare-and-swap only; a cell of
 * zeros is a closed breaker that is not held.
 *
 *   words[0] = until_ms << 8 | failures in a row      words[1] = held until, in ms
 *
 *   state      is            calls     leaves it by
 *   closed     until == 0    all       `failures_max` failures in a row -> open
 *   open       until > now   none      time -> half-open; an answer -> closed
 *   half-open  until <= now  one       being admitted moves `until` to now + open_ms (-> open), and
 *                                      only one caller's swap can: the probe. So does a failure.
 *
 * A row of failures ends with a whole answer, not with the beginning of one: else a deployment that
 * cuts each of its answers would never be left alone. An open breaker need not wait for that, for an
 * answer may take minutes: its beginning closes it, and a new row begins.
 *
 * A probe holds nothing: when its worker dies or its client leaves, the next one comes open_ms
 * later. Beside all that a provider's Retry-After holds the deployment for a time, which no answer
 * shortens.
 *
 * Times are of monotime_now(), which is the same clock in all processes of a host.
 */
#ifndef WEIR_WORKER_BREAKER_H
#define WEIR_WORKER_BREAKER_H

#include "shm/state.h"

#include <stdbool.h>

enum { BREAKER_FAILURES_MAX = 255 };

/** Would a call be admitted at `now_ms`, as things stand? Changes nothing; `now_ms` may be to come. */
bool breaker_allows_look(const struct state_cell *cell, uint64_t now_ms);

/**
 * May a call go out at `now_ms`? In the half-open state the one that is told so is the probe.
 * A closed breaker is not written to.
 */
bool breaker_admit(struct state_cell *cell, uint64_t now_ms, uint64_t open_ms);

/**
 * A call failed by the deployment's fault.
 *
 * @param failures_max  1 … BREAKER_FAILURES_MAX
 * @return true for exactly one caller of each opening: the one that left the closed state. What
 *         fails while it is open or half-open belongs to the same opening.
 */
bool breaker_failed(struct state_cell *cell, uint64_t now_ms, uint64_t failures_max,
                    uint64_t open_ms);

/** Admit nothing before `until_ms`; never shortens what was asked for before. */
void breaker_hold(struct state_cell *cell, uint64_t until_ms);

/** An answer has begun: closed, whoever asked. A breaker that is closed is not written to. */
void breaker_answered(struct state_cell *cell);

/** An answer was whole: no failures, and closed. Does not write to a cell without failures. */
void breaker_succeeded(struct state_cell *cell);

/** When it lets calls through again; 0 or a past time: it does. */
uint64_t breaker_until(const struct state_cell *cell);

#endif
